/** Builds `dist/server.mjs`, the whole program in one file with nothing to install beside it. `npm run build` runs this. */
import { build, type Plugin } from 'esbuild';

/**
 * In an ES module every `import` of a Node built-in is loaded at start, also those of parts that are used later or never (HTTP/2 for
 * the sandbox, child processes for the CLI login). As CommonJS members of the bundle they load when their importer runs.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(bundle) {
    bundle.onResolve({ filter: /^(node:)?[a-z0-9_]+(\/[a-z_]+)?$/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, '');
      if (!process.getBuiltinModule(`node:${name}`) || kind === 'entry-point') return undefined;
      return { path: `node:${name}`, namespace: 'builtin' };
    });
    bundle.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

/**
 * The SDK loads ajv at start, as the default checker of what people answer in consent dialogs. The server checks that one boolean itself
 * (`src/server.ts`), so the default is never used.
 */
const withoutDefaultValidator: Plugin = {
  name: 'without-default-validator',
  setup(bundle) {
    bundle.onLoad(
      { filter: /modelcontextprotocol[\\/]sdk[\\/]dist[\\/]esm[\\/]validation[\\/]ajv-provider\.js$/ },
      () => ({
        contents: 'export class AjvJsonSchemaValidator {}',
      }),
    );
  },
};

/**
 * The index of undici also loads fetch, WebSocket, caches and mocks: two thirds of its half megabyte, which every start would parse. Here it is
 * what `src/rest` and `src/auth` import. `fetch/body.js` would come back through FormData bodies, which are never sent.
 */
const undiciInUse: Plugin = {
  name: 'undici-in-use',
  setup(bundle) {
    bundle.onLoad({ filter: /node_modules[\\/]undici[\\/]index\.js$/ }, () => ({
      contents: `
        const Dispatcher = require('./lib/dispatcher/dispatcher');
        const api = require('./lib/api');
        Object.assign(Dispatcher.prototype, api);
        exports.Pool = require('./lib/dispatcher/pool');
        exports.Agent = require('./lib/dispatcher/agent');
        exports.EnvHttpProxyAgent = require('./lib/dispatcher/env-http-proxy-agent');
        exports.request = (url, options) => {
          const { origin, pathname, search } = new URL(url);
          return options.dispatcher.request({ ...options, origin, path: pathname + search });
        };`,
    }));
    bundle.onLoad({ filter: /undici[\\/]lib[\\/]web[\\/]fetch[\\/]body\.js$/ }, () => ({ contents: '' }));
  },
};

await build({
  entryPoints: ['src/main.ts'],
  outfile: 'dist/server.mjs',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.18',
  minify: true,
  legalComments: 'eof',
  banner: { js: '#!/usr/bin/env node' },
  plugins: [lazyBuiltins, withoutDefaultValidator, undiciInUse],
  logLevel: 'warning',
});

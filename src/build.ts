/** Builds `dist/server.mjs`, the whole program in one file with nothing to install beside it. `npm run build` runs this. */
import { build, type Plugin } from 'esbuild';

/**
 * In an ES module every `import` of a Node built-in is loaded at start, also those of parts that are used later or never (HTTP/2 for
 * the sandbox, child processes for the CLI login). As CommonJS members of the bundle they load when their importer runs.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(bundle) {
    bundle.onResolve({ filter: /^(node:)?[a-z_]+(\/[a-z_]+)?$/ }, ({ path, kind }) => {
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
  plugins: [lazyBuiltins, withoutDefaultValidator],
  logLevel: 'warning',
});

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
 * (`src/mcp/server.ts`), so the default is never used.
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

/** Parts that no start needs: what talks HTTP, signs in, or is the sandbox. They know nothing of the rest, so they can be built apart. */
const LATER = {
  undici: 'undici',
  './auth/index.ts': './src/auth/index.ts',
  './sandbox/index.ts': './src/sandbox/index.ts',
};

const options = {
  bundle: true,
  platform: 'node',
  target: 'node20.18',
  minify: true,
  logLevel: 'warning',
} as const;

/** These parts as the text of one CommonJS module. Node would parse them at every start; as a text they cost next to nothing until they are used. */
async function laterParts(): Promise<string> {
  const contents = Object.values(LATER)
    .map((path) => `exports[${JSON.stringify(path)}] = () => require(${JSON.stringify(path)});`)
    .join('\n');
  const built = await build({
    ...options,
    stdin: { contents, resolveDir: '.' },
    format: 'cjs',
    legalComments: 'none',
    plugins: [lazyBuiltins],
    write: false,
  });
  return built.outputFiles[0]?.text ?? '';
}

/** A dynamic `import()` of one of these parts compiles the text once and hands out the part. */
function later(text: string): Plugin {
  const paths = new Map<string, string>(Object.entries(LATER));
  return {
    name: 'later',
    setup(bundle) {
      bundle.onResolve({ filter: /./ }, ({ path, kind }) => {
        const known = path.startsWith('../') ? `./${path.slice(3)}` : path;
        const part = kind === 'dynamic-import' ? paths.get(known) : undefined;
        if (part !== undefined) return { path: part, namespace: 'part' };
        return path === 'later-parts' ? { path, namespace: 'later' } : undefined;
      });
      bundle.onLoad({ filter: /./, namespace: 'part' }, ({ path }) => ({
        contents: `module.exports = require('later-parts')[${JSON.stringify(path)}]();`,
      }));
      bundle.onLoad({ filter: /./, namespace: 'later' }, () => ({
        contents: `
          const text = ${JSON.stringify(text)};
          const { compileFunction } = process.getBuiltinModule('node:vm');
          compileFunction(text, ['module', 'exports'], { filename: 'server.mjs (later parts)' })(module, exports);`,
      }));
    },
  };
}

await build({
  ...options,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/server.mjs',
  format: 'esm',
  legalComments: 'eof',
  banner: { js: '#!/usr/bin/env node' },
  plugins: [later(await laterParts()), lazyBuiltins, withoutDefaultValidator],
});

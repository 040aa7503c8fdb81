/**
 * Builds `dist/`: ES modules with all packages in them, split at each `import()`. `server.mjs` is the file to start. `npm run build` runs this.
 *
 * Splitting keeps undici, authentication and the sandbox out of a start: they load at first use. One single file costs a start 41 ms more on Node 20
 * and 25 ms more on Node 24. Code as text, compiled with `vm` at first use, starts no faster than split files. Its stacks name no file, and its
 * classes are not those of the rest of the program. The files are not minified: that would save 4 ms and take the names out of every stack.
 *
 * All figures here are milliseconds of processor time from the spawn to the answer, lower quartiles of twelve starts or more. A start takes
 * 68 ms more than a bare `node -e 0` on Node 20, and 50 ms more on Node 24 with its compile cache. `npm run bench` judges the limits.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { tools } from '../tools/index.ts';
import { describe } from './mcp/tool-list.ts';
import { bundledPackages, notices } from './notices.ts';

const OUT = 'dist';

/**
 * The SDK's server imports ajv, to check the answers of dialogs. `src/mcp/server.ts` checks its one dialog itself and never calls this class.
 * Without ajv a start is 10 ms shorter. The sandbox has an ajv of its own, which loads with it.
 */
const withoutAjv: Plugin = {
  name: 'without-ajv',
  setup({ onLoad }) {
    onLoad({ filter: /modelcontextprotocol[\\/]sdk[\\/]dist[\\/]esm[\\/]validation[\\/]ajv-provider\.js$/ }, () => ({
      contents: 'export class AjvJsonSchemaValidator {}',
    }));
  },
};

/**
 * The SDK makes a schema for every message of the protocol, also for those that this server neither sends nor receives. Marked as pure, the unused
 * ones fall away, and a start is 5 to 10 ms shorter.
 */
const unusedSchemas: Plugin = {
  name: 'unused-schemas',
  setup({ onLoad }) {
    onLoad({ filter: /modelcontextprotocol[\\/]sdk[\\/]dist[\\/]esm[\\/]types\.js$/ }, async ({ path }) => ({
      // The next statement begins at the margin, and not with a bracket.
      contents: (await readFile(path, 'utf8')).replace(
        /^((?:export )?const \w+ = )((?:z|\w+Schema)\b[\s\S]*?);$(?=\n[^\s)}\]])/gm,
        '$1/* @__PURE__ */ (() => $2)();',
      ),
    }));
  },
};

/**
 * An `import` of a built-in module loads it and reads all its exports. `node:crypto` takes 3 to 5 ms, and `node:util` of Node 24 as much: among its
 * exports is a differ, which opens stderr. So the code that a start loads looks a function up when it calls it. Other exports than functions do not
 * work this way, and the build refuses them.
 */
const builtinsAtFirstCall: Plugin = {
  name: 'builtins-at-first-call',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path, importer }) =>
      /^(tools|src)[\\/](?!auth|sandbox|bin\.)/.test(relative('.', importer))
        ? { path, namespace: 'builtin' }
        : undefined,
    );
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => {
      const functions = Object.entries(process.getBuiltinModule(path) ?? {}).filter(
        ([name, value]) => typeof value === 'function' && /^[a-z]\w*$/.test(name),
      );
      const module = `process.getBuiltinModule(${JSON.stringify(path)})`;
      return {
        contents: functions
          .map(([name]) => `export const ${name} = (...args) => ${module}.${name}(...args);`)
          .join('\n'),
      };
    });
  },
};

/** Computes the list of tools and puts it where `src/mcp/prepared-list.ts` has an empty one. */
const preparedList: Plugin = {
  name: 'prepared-list',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/]mcp[\\/]prepared-list\.ts$/ }, () => ({
      contents: `export const preparedList = ${JSON.stringify(tools.map(describe))};`,
    }));
  },
};

const { metafile } = await build({
  entryPoints: { server: 'src/bin.ts' },
  outdir: OUT,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.18',
  logLevel: 'warning',
  legalComments: 'none', // the notices carry them
  metafile: true,
  // undici is CommonJS and requires built-in modules.
  banner: { js: "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
  plugins: [withoutAjv, unusedSchemas, builtinsAtFirstCall, preparedList],
});

const NOTICES = 'THIRD_PARTY_NOTICES.txt';
await writeFile(join(OUT, NOTICES), notices(bundledPackages(metafile, '.')));

// The names of parts change with their content: those of earlier builds go last, when nothing new refers to them.
const written = new Set([NOTICES, ...Object.keys(metafile.outputs).map((path) => basename(path))]);
const old = (await readdir(OUT)).filter((name) => !written.has(name));
await Promise.all(old.map((name) => rm(join(OUT, name), { recursive: true })));

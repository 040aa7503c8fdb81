/**
 * Builds `dist/`: ES modules with all packages in them, split at each `import()`. `server.mjs` is the file to start. `npm run build` runs this.
 *
 * Splitting keeps the tools, undici, authentication and the sandbox out of a start: they load at first use. A single file costs a start 45 ms more on
 * Node 20 and 50 ms more on Node 24. Code as text, compiled with `vm` at first use, starts no faster than split files. Its stacks name no file, and
 * its classes are not those of the rest of the program. The files are not minified. That would save 6 ms on Node 20 and nothing on Node 24, and the
 * stacks would lose their names.
 *
 * All figures here are milliseconds of processor time from the spawn to the answer, lower quartiles of twelve starts. A start takes 60 ms more
 * than a bare `node -e 0` on Node 20, and 45 ms more on Node 24 with its compile cache. `npm run bench` judges the limits.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';
import { build, type Plugin } from 'esbuild';
import { tools } from '../tools/index.ts';
import { bundleViews } from './mcp/bundle-views.ts';
import { listed } from './mcp/describe-tool.ts';
import { CLIENTS } from './options.ts';
import { bundledPackages, notices } from './package/notices.ts';

const OUT = 'dist';

/**
 * The SDK's server imports ajv, to check the answers of dialogs. `src/mcp/sdk-v1.ts` checks its one dialog itself and never calls this class.
 * Without ajv a start is 12 to 15 ms shorter. The sandbox has an ajv of its own, which loads with it.
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
 * The entry of undici requires all of it: fetch, caches, mocks and web sockets. This program needs three parts, and the modules that they require.
 * A build fails when a source imports another one by its name.
 */
const neededUndici: Plugin = {
  name: 'needed-undici',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]node_modules[\\/]undici[\\/]index\.js$/ }, () => ({
      contents: `import api from './lib/api/index.js';
import buildConnector from './lib/core/connect.js';
import Agent from './lib/dispatcher/agent.js';
import Dispatcher from './lib/dispatcher/dispatcher.js';
import Pool from './lib/dispatcher/pool.js';
Object.assign(Dispatcher.prototype, api);
export { Agent, buildConnector, Pool };
export default { Agent, buildConnector, Pool };`,
    }));
  },
};

/**
 * The SDK makes a schema for every message of the protocol, also for those that this server neither sends nor receives. Marked as pure, the unused
 * ones fall away, and a start is 5 ms shorter.
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
 * An `import` of a built-in module loads it and reads all its exports. A start needs no `node:crypto`, and on Node 24 one export of `node:util` loads
 * a differ, which opens stderr. So the code of a start looks a function up when it calls it, which saves 8 ms on Node 24 and 1 ms on Node 20. This
 * works for functions alone, and the build refuses the import of anything else.
 */
const builtinsAtFirstCall: Plugin = {
  name: 'builtins-at-first-call',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path, importer }) =>
      /^(tools|src)[\\/](?!auth|sandbox|install|doctor|bin\.)/.test(relative('.', importer))
        ? { path, namespace: 'builtin' }
        : undefined,
    );
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => {
      const functions = Object.entries(process.getBuiltinModule(path) ?? {}).filter(
        ([name, value]) => typeof value === 'function' && /^[a-z]\w*$/.test(name),
      );
      const lookUp = `let found;\nconst module = () => (found ??= process.getBuiltinModule(${JSON.stringify(path)}));`;
      const each = functions.map(([name]) => `export const ${name} = (...args) => module().${name}(...args);`);
      return { contents: [lookUp, ...each].join('\n') };
    });
  },
};

/**
 * The bundler puts code that several entries share into a file for each set of entries, and each `import()` is an entry. The code of a start would be
 * in twenty files. All of it has loaded before the first `import()` in it runs, so the modules loaded by one may import it too: then it is in one file.
 */
const oneFileForTheStart: Plugin = {
  name: 'one-file-for-the-start',
  async setup({ onLoad }) {
    const main = resolve('src/main.ts');
    const start = [
      ...(await readFile(main, 'utf8')).matchAll(/^import (?!type )(?:[^'"]* from )?'(\.\/[^']+\.ts)';$/gm),
    ].map(([, path = '']) => resolve(dirname(main), path));
    const effects = start.map((path) => `import ${JSON.stringify(path)};`).join('');
    const listed = ['src', 'tools'].map(async (folder) =>
      (await readdir(folder, { recursive: true })).map((path) => resolve(folder, path)),
    );
    const sources = (await Promise.all(listed)).flat().filter((path) => path.endsWith('.ts'));
    const later = new Set<string>();
    for (const path of sources) {
      const targets = (await readFile(path, 'utf8')).matchAll(/\bimport\('(\.[^']+\.ts)'\)/g);
      for (const [, target = ''] of targets) later.add(resolve(dirname(path), target));
    }
    later.delete(main); // bin.ts loads it after it has switched the compile cache on
    onLoad({ filter: /\.ts$/ }, async ({ path }) =>
      later.has(path) ? { contents: `${await readFile(path, 'utf8')}\n${effects}`, loader: 'ts' } : undefined,
    );
  },
};

/** Computes the list of tools and puts it where `src/mcp/prepared-list.ts` has an empty one. */
const preparedList: Plugin = {
  name: 'prepared-list',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/]mcp[\\/]prepared-list\.ts$/ }, () => ({
      contents: `export const preparedList = ${JSON.stringify(tools.map(listed))};`,
    }));
  },
};

/**
 * The evidence of the sandbox is for those who change it. `doctor --contract` needs the rows that its checks and the answers name, and the number of
 * all rows. The others stay empty, which makes a package 13 kB smaller.
 */
const namedEvidence: Plugin = {
  name: 'named-evidence',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]sandbox[\\/]evidence\.json$/ }, async ({ path }) => {
      const folders = ['src/doctor', 'src/sandbox/answers'].map(async (folder) =>
        Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8'))),
      );
      const sources = (await Promise.all(folders)).flat().join('');
      const { rows }: { rows: Record<string, string>[] } = JSON.parse(await readFile(path, 'utf8'));
      const kept = rows.map(({ source: _told, ...row }) => (sources.includes(`'${row.id}'`) ? row : {}));
      return { contents: JSON.stringify({ rows: kept }), loader: 'json' };
    });
  },
};

const SQLITE = 'sqlite.wasm.br';

/**
 * The SQL engine of the sandbox is a file of its own, which the first statement reads. Compressed, it has 0.29 MB instead of 0.69, and packages
 * hold it as it is. It takes 10 ms to unpack.
 */
const compressedSqlite: Plugin = {
  name: 'compressed-sqlite',
  setup({ onLoad }) {
    // It looks for the file next to itself, with a name that modules do not have.
    onLoad({ filter: /[\\/]sql\.js[\\/]dist[\\/]sql-wasm\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll('__dirname', '""'),
    }));
    onLoad({ filter: /[\\/]sandbox[\\/]engine[\\/]wasm\.ts$/ }, () => ({
      contents: `import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
export async function sqliteWasm() {
  return promisify(brotliDecompress)(await readFile(new URL('./${SQLITE}', import.meta.url)));
}`,
    }));
  },
};

const VIEWS = 'views.json.br';

/** The script and the style of the views are a file of their own, which the first reader of a view unpacks. It takes 2 ms. */
const compressedViews: Plugin = {
  name: 'compressed-views',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/]mcp[\\/]view-parts\.ts$/ }, () => ({
      contents: `import { readFile } from 'node:fs/promises';
import { brotliDecompressSync } from 'node:zlib';
export async function viewParts() {
  return JSON.parse(brotliDecompressSync(await readFile(new URL('./${VIEWS}', import.meta.url))));
}`,
    }));
  },
};

/** Older versions of Node lack this function, and would end with a stack. The person may not know which Node a client starts. */
const OLD_NODE = `if (!process.getBuiltinModule) {
  process.stderr.write(\`databricks-serving-mcp needs Node 20.18.1, 22.3 or later, and \${process.execPath} is \${process.version}\\n\`);
  process.exit(1);
}
`;
/** undici is CommonJS and requires built-in modules. */
const REQUIRE = "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);";

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
  banner: { js: OLD_NODE + REQUIRE },
  // Its main file hides what it requires from a bundler. Its modules do not.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  plugins: [
    ...[withoutAjv, neededUndici, unusedSchemas, builtinsAtFirstCall, preparedList],
    ...[namedEvidence, compressedSqlite, compressedViews, oneFileForTheStart],
  ],
});

const NOTICES = 'THIRD_PARTY_NOTICES.txt';
const wasm = await readFile(createRequire(import.meta.url).resolve('sql.js/dist/sql-wasm.wasm'));
const views = await bundleViews(resolve('.'));
const packed = promisify(brotliCompress);
await writeFile(join(OUT, SQLITE), await packed(wasm));
await writeFile(join(OUT, VIEWS), await packed(JSON.stringify(views.parts)));
await writeFile(join(OUT, NOTICES), notices(bundledPackages([metafile, views.metafile], '.')));

// The names of parts change with their content: those of earlier builds go last, when nothing new refers to them.
const written = new Set([NOTICES, SQLITE, VIEWS, ...Object.keys(metafile.outputs).map((path) => basename(path))]);
const old = (await readdir(OUT)).filter((name) => !written.has(name));
await Promise.all(old.map((name) => rm(join(OUT, name), { recursive: true })));

// Silent for other scripts: `npm pack --json` and the like run this, and their stdout belongs to them.
if (process.env.npm_config_loglevel !== 'silent') {
  const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
  const server = join(OUT, 'server.mjs');
  process.stdout.write(
    [
      `Built ${OUT}/: ${Object.keys(metafile.outputs).length} files, ${(bytes / 1e6).toFixed(1)} MB. Clients start ${resolve(server)}`,
      '',
      'Next:',
      `  node ${server} install CLIENT --sandbox   add it to a client: ${CLIENTS.join(', ')}`,
      `  node ${server} --help                     list the commands and options`,
      '',
    ].join('\n'),
  );
}

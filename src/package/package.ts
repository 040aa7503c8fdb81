/**
 * Makes the packages from `dist/`: `npm run package` builds it first and then runs this. All of them come from one staged folder, and the folder
 * itself can be installed in Claude Code, Cursor and Gemini CLI.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.ts';
import { APP_FOLDER, appFiles } from './databricks-app.ts';
import { PRODUCT } from './product.ts';
import { missing, type Publisher, parsePublisher } from './publisher.ts';
import { PLACEHOLDER, serverJson, tagOf } from './server-json.ts';
import { stage, stageApp, writeJson } from './stage.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
const PUBLISHER = 'src/package/publisher.json';

try {
  run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

function run(args: string[]): void {
  const { values } = parseArgs({
    args,
    // Tests fill in a publisher of their own, and pack into a folder of their own.
    options: { publisher: { type: 'string' }, out: { type: 'string' } },
  });
  const publisherFile = resolve(values.publisher ?? join(ROOT, PUBLISHER));
  const out = resolve(values.out ?? join(ROOT, 'packages'));
  const publisher = parsePublisher(readFileSync(publisherFile, 'utf8'), relative(process.cwd(), publisherFile));

  mkdirSync(out, { recursive: true });
  for (const old of readdirSync(out).filter((name) => /\.(tgz|mcpb)$|^server\.json$/.test(name)))
    rmSync(join(out, old));
  const folder = join(out, PRODUCT.name);
  stage({ root: ROOT, files: packed(ROOT, ['--dry-run']).files, folder, product: PRODUCT, publisher });

  stageApp({ folder: join(out, APP_FOLDER), from: folder, files: appFiles(PRODUCT) });

  const tarball = packed(folder, ['--pack-destination', out]).filename;
  const mcpb = `${PRODUCT.name}-${PRODUCT.version}.mcpb`;
  const { bytes, sha256 } = bundle(folder);
  writeFileSync(join(out, mcpb), bytes);
  writeJson(join(out, 'server.json'), serverJson(PRODUCT, publisher, { file: mcpb, sha256 }));

  const shown = (name: string) => relative(process.cwd(), join(out, name)) || '.';
  const size = (name: string) => `${Math.ceil(statSync(join(out, name)).size / 1000)} kB`;
  process.stdout.write(
    [
      `Packages of version ${PRODUCT.version}:`,
      `  ${shown(PRODUCT.name)}/  the folder: a plugin of Claude Code and Cursor, an extension of Gemini CLI`,
      `  ${shown(tarball)}  npm, ${size(tarball)}`,
      `  ${shown(mcpb)}  Claude Desktop, ${size(mcpb)}`,
      `  ${shown('server.json')}  the MCP registry`,
      `  ${shown(APP_FOLDER)}/  a Databricks App`,
      '',
      ...toFillIn(publisher),
    ].join('\n'),
  );
}

/** What keeps the packages from being published. */
function toFillIn(publisher: Publisher): string[] {
  const open = missing(publisher);
  if (open.length === 0) return [`Ready to publish. The git tag of this release is ${tagOf(PRODUCT.version)}.`, ''];
  return [
    `Before you publish, fill in ${PUBLISHER}:`,
    ...open.map(({ field, meaning }) => `  ${field}: ${meaning}`),
    'Until then, the packages start and lack these fields, and npm refuses to publish the folder.',
    ...(publisher.repository === null
      ? [`server.json has the placeholder ${PLACEHOLDER} in its name, and no entry for the bundle.`]
      : []),
    ...(publisher.author === null ? [`Where a format requires an author, it is "${PRODUCT.contributors}".`] : []),
    '',
  ];
}

/** Runs `npm pack`: its list of files, and the name of the file that it makes. */
function packed(cwd: string, options: string[]): { files: string[]; filename: string } {
  const stdout = execFileSync('npm', ['pack', '--json', '--ignore-scripts', ...options], {
    cwd,
    encoding: 'utf8',
    // Its list of files on stderr repeats the one in the answer.
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  const [{ files, filename }] = JSON.parse(stdout) as [{ files: { path: string }[]; filename: string }]; // npm's own format
  return { files: files.map(({ path }) => path), filename };
}

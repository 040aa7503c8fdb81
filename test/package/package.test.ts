/**
 * The package of the repository itself, which an installation from git makes: packed from a clean copy of the sources, and installed without a
 * registry. `test/installs` has the packages that are published.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import metadata from '../../package.json' with { type: 'json' };
import { RUN_ALL } from '../support/selection.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const ROOT = join(import.meta.dirname, '..', '..');
const NAME = 'databricks-serving-mcp';
const folder = mkdtempSync(join(tmpdir(), 'package-'));
const source = join(folder, 'source');
const project = join(folder, 'project');
const installed = join(project, 'node_modules', NAME);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Without the settings of the npm that runs the tests, of this machine and of this user: no registry, no cache, no credentials. */
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm|databricks)_/i.test(name))),
  HOME: folder,
  npm_config_cache: join(folder, 'cache'),
  npm_config_offline: 'true',
  npm_config_update_notifier: 'false',
};

async function npm(cwd: string, ...args: string[]): Promise<string> {
  return (await promisify(execFile)('npm', args, { cwd, env })).stdout;
}

function copySources(to: string): void {
  const left = new Set(['node_modules', 'dist', 'packages', '.git', 'coverage']);
  cpSync(ROOT, to, { recursive: true, filter: (path) => path === ROOT || !left.has(basename(path)) });
}

describe.runIf(RUN_ALL)('the package', () => {
  beforeAll(async () => {
    copySources(source);
    symlinkSync(join(ROOT, 'node_modules'), join(source, 'node_modules'), 'junction');
    // `prepare` builds. Its output must not mix with the JSON.
    expect(JSON.parse(await npm(source, 'pack', '--json', '--pack-destination', folder))).toHaveLength(1);
    mkdirSync(project);
    await npm(project, 'init', '--yes');
    await npm(project, 'install', join(folder, `${NAME}-${metadata.version}.tgz`));
  });

  it('packing builds, and the package holds the built program and documents, no sources', () => {
    const all = readdirSync(installed, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
    const shipped = all.map(({ parentPath, name }) =>
      relative(installed, join(parentPath, name)).replaceAll('\\', '/'),
    );
    const built = readdirSync(join(source, 'dist')).map((name) => `dist/${name}`);
    expect(built).toEqual(expect.arrayContaining(['dist/server.mjs', 'dist/THIRD_PARTY_NOTICES.txt']));
    const documents = shipped.filter((name) => name !== 'package.json' && !name.startsWith('dist/'));
    expect(documents).toEqual(
      expect.arrayContaining(['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'mcp.json']),
    );
    expect(documents.filter((name) => !/^LICENSE$|\.(md|json|svg|webp)$/.test(name))).toEqual([]);
    expect(shipped.filter((name) => name.startsWith('dist/')).sort()).toEqual(built.sort());
    for (const each of documents)
      expect(readFileSync(join(installed, each), 'utf8')).toBe(readFileSync(join(ROOT, each), 'utf8'));
  });

  it('needs no other package', () => {
    expect(readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([NAME]);
  });

  it('the commands of mcp.json start a file of the package', () => {
    const { mcpServers } = JSON.parse(readFileSync(join(installed, 'mcp.json'), 'utf8'));
    const files = Object.values<{ args: string[] }>(mcpServers).map(({ args }) => join(installed, args[0] ?? ''));
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });

  it('a copy without the development packages installs without a build', async () => {
    const bare = join(folder, 'bare');
    copySources(bare);
    await npm(bare, 'ci', '--omit=dev');
    expect(existsSync(join(bare, 'dist'))).toBe(false);
  });
});

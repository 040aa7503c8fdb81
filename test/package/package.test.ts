/** The package as a user gets it: packed from a clean copy of the sources, installed without a registry, and started by its name. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import metadata from '../../package.json' with { type: 'json' };
import { tools } from '../../tools/index.ts';
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
  const left = new Set(['node_modules', 'dist', '.git', 'coverage']);
  cpSync(ROOT, to, { recursive: true, filter: (path) => path === ROOT || !left.has(basename(path)) });
}

describe.runIf(RUN_ALL)('the package', () => {
  beforeAll(async () => {
    copySources(source);
    symlinkSync(join(ROOT, 'node_modules'), join(source, 'node_modules'), 'junction');
    await npm(source, 'pack', '--pack-destination', folder);
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
    expect(documents).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'SECURITY.md', 'mcp.json']));
    expect(documents.filter((name) => !/^LICENSE$|\.(md|json|svg)$/.test(name))).toEqual([]);
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

  describe('npx starts it by its name', () => {
    const npx = ['--no-install', NAME];

    it('to print its version', async () => {
      const { stdout } = await promisify(execFile)('npx', [...npx, '--version'], { cwd: project, env });
      expect(stdout).toBe(`${metadata.version}\n`);
    });

    it('to serve a client with the sandbox', async () => {
      const client = new Client({ name: 'package', version: '1.0.0' });
      await client.connect(
        new StdioClientTransport({ command: 'npx', args: [...npx, '--sandbox'], cwd: project, env, stderr: 'inherit' }),
      );
      try {
        expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(tools.map(({ name }) => name));
        const { isError, structuredContent } = await client.callTool({ name: 'list_endpoints', arguments: {} });
        expect(isError, JSON.stringify(structuredContent)).not.toBe(true);
        expect(structuredContent).toMatchObject({ total: expect.any(Number) });
      } finally {
        await client.close();
      }
    });
  });

  it('a copy without the development packages installs without a build', async () => {
    const bare = join(folder, 'bare');
    copySources(bare);
    await npm(bare, 'ci', '--omit=dev');
    expect(existsSync(join(bare, 'dist'))).toBe(false);
  });
});

/** Bridges from a local client to the App: each is started with the words of `src/mcp/README.md`, against the stand-in for the platform. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { appFiles } from '../../src/package/databricks-app.ts';
import { PRODUCT } from '../../src/package/product.ts';
import { stageApp } from '../../src/package/stage.ts';
import { APP_CLIENT, ENGINEER, type RunningApp, startApp } from '../support/databricks-app.ts';
import { ENVIRONMENT, install, PYTHON, python } from './python-environment.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'bridges-'));
let app: RunningApp;
beforeAll(async () => {
  await install();
  stageApp({ folder: join(folder, 'app'), from: ROOT, files: appFiles(PRODUCT) });
  app = await startApp({ folder: join(folder, 'app'), client: APP_CLIENT });
}, 600_000);
afterAll(async () => {
  await app?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The entry of a bridge in the document: its version, and its words after the address of the App. */
function documented(bridge: string): { version: string; words: string[] } {
  const document = readFileSync(join(ROOT, 'src', 'mcp', 'README.md'), 'utf8');
  for (const [, json = ''] of document.matchAll(/```json\n([\s\S]*?)```/g)) {
    const [entry] = Object.values(JSON.parse(json).mcpServers ?? {}) as { command: string; args: string[] }[];
    const at = entry?.args.findIndex((each) => each.startsWith(`${bridge}@`)) ?? -1;
    if (entry && at >= 0) return { version: entry.args[at]?.split('@')[1] ?? '', words: entry.args.slice(at + 1) };
  }
  throw new Error(`src/mcp/README.md has no entry for ${bridge}`);
}

/** Does a small job over a bridge. @param env the whole environment. */
async function job(command: string, args: string[], env: Record<string, string>): Promise<void> {
  const client = new Client({ name: 'bridges', version: '1.0.0' });
  await client.connect(new StdioClientTransport({ command, args, env, cwd: folder, stderr: 'ignore' }));
  onTestFinished(() => client.close());
  expect(client.getServerVersion()?.name).toBe(PRODUCT.name);
  expect(client.getInstructions()).toContain('forwarded token');
  const names = (await client.listTools()).tools.map(({ name }) => name);
  expect(names).toContain('swap_version');
  expect(names).not.toContain('set_alias');
  const call = async (name: string, args: Record<string, unknown>) => {
    const { structuredContent, isError } = await client.callTool({ name, arguments: args });
    expect(isError ?? false, JSON.stringify(structuredContent)).toBe(false);
    return structuredContent;
  };
  expect(JSON.stringify(await call('list_endpoints', {}))).toContain('house-price');
  const shown = await call('wait_for_endpoint', { endpoint: 'house-price', wait_seconds: 5 });
  expect(shown).toMatchObject({ outcome: 'ready' });
}

it('mcp-remote, with the token of a user in a file of headers', async () => {
  const { version, words } = documented('mcp-remote');
  const home = join(import.meta.dirname, 'node_modules', 'mcp-remote');
  expect(JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')).version).toBe(version);
  const file = join(folder, 'header');
  writeFileSync(file, `Authorization: Bearer ${app.loginOf(ENGINEER)}\n`);
  const args = words.map((word) => word.replace('APP/', `${app.proxy.url}/`).replace(/^\/home\/.*/, file));
  const env = { PATH: dirname(process.execPath), HOME: folder };
  await job(process.execPath, [join(home, 'dist', 'proxy.js'), ...args], env);
  expect(app.proxy.passed.at(-1)?.['x-forwarded-email']).toBe(ENGINEER);
});

it.skipIf(python === undefined)('uc-mcp-proxy, with the login of a service principal', async () => {
  const { version, words } = documented('uc-mcp-proxy');
  expect(readFileSync(join(import.meta.dirname, 'python', 'requirements.in'), 'utf8')).toContain(
    `uc-mcp-proxy==${version}`,
  );
  const profile = [
    '[DEFAULT]',
    `host = ${app.sandbox.host}`,
    `client_id = ${APP_CLIENT.id}`,
    `client_secret = ${APP_CLIENT.secret}`,
  ];
  writeFileSync(join(folder, '.databrickscfg'), `${profile.join('\n')}\n`);
  const args = words.map((word) => word.replace('APP/', `${app.proxy.url}/`));
  const env = { PATH: join(ENVIRONMENT, 'bin'), HOME: folder };
  await job(PYTHON, ['-m', 'uc_mcp_proxy', ...args], env);
  expect(app.proxy.passed.at(-1)?.['x-forwarded-email']).toBe(APP_CLIENT.id);
});

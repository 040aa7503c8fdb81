/** `install` and `uninstall` of the built server as a process, and the entry started as its client does. `npm test` builds it first. */
import { execFile } from 'node:child_process';
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { parse } from 'smol-toml';
import { expect, it } from 'vitest';
import { type Home, home } from './command.ts';

const SERVER = fileURLToPath(new URL('../../dist/server.mjs', import.meta.url));

/** Runs without a terminal, in a home of its own. */
function run(
  where: Home,
  ...given: string[] | [{ script: string; args: string[] }]
): Promise<{ code: number; output: string; errors: string }> {
  const [first] = given;
  const { script, args } = typeof first === 'object' ? first : { script: SERVER, args: given as string[] };
  return new Promise((resolve) => {
    const env = { HOME: where.path, USERPROFILE: where.path, PATH: '' };
    const child = execFile(process.execPath, [script, ...args], { cwd: where.path, env }, (error, output, errors) =>
      resolve({ code: Number(error?.code ?? 0), output, errors }),
    );
    child.stdin?.end();
  });
}

async function tools(where: Home, command: string, args: string[]): Promise<string[]> {
  const client = new Client({ name: 'install-test', version: '1.0.0' });
  await client.connect(new StdioClientTransport({ command, args, cwd: '/', env: { HOME: where.path } }));
  const { tools } = await client.listTools();
  await client.close();
  return tools.map(({ name }) => name);
}

it('writes entries that start the server from any folder, with their options, and removes them', async () => {
  const where = home({ '.codex/config.toml': '# mine\nmodel = "o"\n', 'rules.json': '{"allow_create": false}' });
  const options = ['--sandbox', '--read-only', '--policy', 'rules.json'];
  const codex = await run(where, 'install', 'codex', ...options, '--yes');
  expect(codex).toMatchObject({ code: 0, errors: '' });
  const { mcp_servers } = parse(where.read('.codex/config.toml')) as unknown as { mcp_servers: Record<string, Entry> };
  const entry = mcp_servers['databricks-sandbox'];
  expect(entry).toMatchObject({
    command: process.execPath,
    args: [SERVER, '--read-only', '--policy', join(where.path, 'rules.json'), '--sandbox'],
  });
  const offered = await tools(where, entry?.command ?? '', entry?.args ?? []);
  expect(offered).toContain('list_endpoints');
  expect(offered).not.toContain('create_endpoint');

  const removed = await run(where, 'uninstall', 'codex', '--sandbox', '--yes');
  expect(removed).toMatchObject({ code: 0, errors: '' });
  expect(where.read('.codex/config.toml')).toBe('# mine\nmodel = "o"\n');
});

it('names its commands as they can be typed here', async () => {
  const { output } = await run(home(), 'install');
  expect(output).toContain(`node ${SERVER} install CLIENT`);
  expect(output).toContain(`node ${SERVER} uninstall CLIENT`);
});

it('from the cache of npx, names the package as it was published', async () => {
  const where = home();
  const cache = '.npm/_npx/1a2b';
  const own = { name: '@acme/serving', version: '9.8.7' };
  cpSync(dirname(SERVER), join(where.path, cache, 'node_modules/@acme/serving/dist'), { recursive: true });
  where.write(`${cache}/node_modules/@acme/serving/package.json`, JSON.stringify(own));
  where.write(`${cache}/package.json`, JSON.stringify({ _npx: { packages: ['@acme/serving@9.8.7'] } }));
  const script = join(where.path, cache, 'node_modules/@acme/serving/dist/server.mjs');
  const args = ['install', 'cursor', '--sandbox', '--yes'];
  expect(await run(where, { script, args })).toMatchObject({ code: 0, errors: '' });
  const { mcpServers } = JSON.parse(where.read('.cursor/mcp.json')) as { mcpServers: Record<string, Entry> };
  const words = [mcpServers['databricks-sandbox']?.command, ...(mcpServers['databricks-sandbox']?.args ?? [])];
  expect(words.slice(process.platform === 'win32' ? 2 : 0)).toEqual(['npx', '-y', '@acme/serving@9.8.7', '--sandbox']);
  expect(await run(where, { script, args })).toMatchObject({ output: expect.stringContaining('Nothing to do') });
});

interface Entry {
  command: string;
  args: string[];
}

it.each<[name: string, args: string[], code: number, output: RegExp, errors: RegExp]>([
  ['no client', ['install'], 0, /claude-desktop .*\n(.*\n)+.*gemini /, /^$/],
  ['a difference without consent', ['install', 'cursor', '--sandbox'], 1, /^\+.*--sandbox/m, /add --yes/],
  ['a wrong option', ['install', 'cursor', '--projet'], 2, /^$/, /did you mean "--project"\?/],
  ['a wrong profile', ['install', 'cursor', '--profile', 'DEFULT'], 2, /^$/, /Did you mean "DEFAULT"\?/],
  [
    'a broken file',
    ['install', 'gemini', '--sandbox', '--yes'],
    1,
    /^$/,
    /settings\.json, line 1, column 2: .*Nothing was changed/,
  ],
])('%s: output, errors and exit code', async (_name, args, code, output, errors) => {
  const where = home({
    '.databrickscfg': '[DEFAULT]\nhost = https://dbc-1.cloud.databricks.com\n',
    '.gemini/settings.json': '{',
  });
  expect(await run(where, ...args)).toEqual({
    code,
    output: expect.stringMatching(output),
    errors: expect.stringMatching(errors),
  });
  expect(where.files()).toEqual(['.databrickscfg', '.gemini/settings.json']);
});

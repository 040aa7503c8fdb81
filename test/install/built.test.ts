/** `install` and `uninstall` of the built server as a process, and the entry started as its client does. `npm test` builds it first. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { parse } from 'smol-toml';
import { expect, it } from 'vitest';
import { type Home, home } from './command.ts';

const SERVER = fileURLToPath(new URL('../../dist/server.mjs', import.meta.url));

/** Runs without a terminal, in a home of its own. */
function run(where: Home, ...args: string[]): Promise<{ code: number; output: string; errors: string }> {
  return new Promise((resolve) => {
    const env = { HOME: where.path, USERPROFILE: where.path, PATH: '' };
    const child = execFile(process.execPath, [SERVER, ...args], { cwd: where.path, env }, (error, output, errors) =>
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

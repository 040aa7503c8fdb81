/** The command line of the built program: what it prints, and that it starts nothing on a guess. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { OPTIONS } from '../../src/config.ts';
import { endAll, startServer } from './server-process.ts';

vi.setConfig({ testTimeout: 60_000 });
const folder = mkdtempSync(join(tmpdir(), 'command-line-'));
afterAll(endAll);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...args: string[]) {
  const server = startServer(args);
  const { code } = await server.exited;
  return { code, stdout: server.stdout(), stderr: server.stderr() };
}

test.concurrent.each([
  [['--sandox'], 'unknown option "--sandox": did you mean "--sandbox"?'],
  [['--profil=dev'], 'unknown option "--profil": did you mean "--profile"?'],
  [['--sandbox', '--sandbox-minute-per-second', '5'], 'did you mean "--sandbox-minutes-per-second"?'],
  [['--zzz'], 'unknown option "--zzz"; see --help'],
  [['sandbx'], 'unexpected argument "sandbx": did you mean "sandbox"?'],
  [['--profile'], '--profile needs a value'],
  [['--sandbox', '--host', 'https://example.cloud.databricks.com'], 'give one of the two'],
  [['--sandbox-seed', 'x.json'], '--sandbox-seed needs --sandbox'],
  [['sandbox', '--port', '70000'], '--port takes'],
])('%j stops the start with exit code 2', async (args, words) => {
  const { code, stdout, stderr } = await run(...args);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(words);
  expect(stderr.trimEnd()).not.toContain('\n'); // one clear line, no stack
});

test.concurrent('--help lists every option and --version says the version of the package', async () => {
  const help = await run('--help');
  expect([help.code, help.stderr]).toEqual([0, '']);
  for (const { name } of OPTIONS) expect(help.stdout).toContain(`--${name}`);
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test.concurrent.each([
  [
    'a missing field',
    '{"models":[{"full_name":"a.b.c","versions":[{"version":1}]}]}',
    /models\[0\]\.versions\[0\].*status/,
  ],
  ['an unknown field', '{"endpoints":[{"name":"x","trafic":{}}]}', /endpoints\[0\].*trafic/],
  ['no JSON', '{"models":', /seed-2\.json is not JSON/],
])('a seed file with %s is refused with the place of the fault', async (_what, text, words) => {
  const file = join(
    folder,
    text.startsWith('{"models":[') ? 'seed-0.json' : text.endsWith('}') ? 'seed-1.json' : 'seed-2.json',
  );
  writeFileSync(file, text);
  for (const args of [
    ['--sandbox', '--sandbox-seed', file],
    ['sandbox', '--sandbox-seed', file],
  ]) {
    const { code, stdout, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(words);
    expect(stderr.trimEnd()).not.toContain('\n');
  }
});

test.concurrent('a seed file that does not exist is refused by name', async () => {
  const { code, stderr } = await run('--sandbox', '--sandbox-seed', join(folder, 'nowhere.json'));
  expect(code).toBe(2);
  expect(stderr).toContain('nowhere.json');
});

test.concurrent('a good seed file is what the sandbox serves', async () => {
  const file = join(folder, 'good.json');
  // With the byte order mark that some editors write.
  writeFileSync(file, '\uFEFF{"users":[{"user_name":"admin@example.com","admin":true}]}');
  const server = startServer(['--sandbox', '--sandbox-seed', file]);
  await server.initialize();
  expect((await server.callTool(1, 'list_endpoints')).structuredContent.total).toBe(0);
});

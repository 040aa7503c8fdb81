/** Entries of clients: whether the server would start with them, and how the doctor writes them again. */
import { afterAll, describe, expect, test } from 'vitest';
import type { Check } from '../../src/doctor/check.ts';
import { asText } from '../../src/doctor/report.ts';
import { examineHere, type Given, makeHome, removeHomes } from './run-doctor.ts';

afterAll(removeHomes);

const PROFILES = '[dev]\nhost = https://a.example\ntoken = t\n[my own]\nhost = https://a.example\ntoken = t\n';
/** The file of the server, and what its options name. */
const FILES = { 'server.mjs': '', '.databrickscfg': PROFILES, 'policy.json': '{}', 'bad.json': '{"x": 1}' };

/** The checks of clients for one entry of Cursor. No workspace is configured, so nothing else is asked. */
async function checked(entry: unknown, files: Given['files'] = {}, name = 'databricks-serving'): Promise<Check[]> {
  const given = {
    files: { ...FILES, ...files, '.cursor/mcp.json': JSON.stringify({ mcpServers: { [name]: entry } }) },
  };
  const { report } = await examineHere(given, {
    trySeed: async () => {
      throw new Error('seed.models: must be array');
    },
  });
  return report.checks.filter(({ client }) => client !== undefined);
}

/** What a client puts a value for. */
const filledIn = (name: string) => `$\{${name}}`;

const run = (...options: string[]) => ({ command: process.execPath, args: ['HOME/server.mjs', ...options] });

describe.concurrent('an entry with which the server would end at its start', () => {
  test.each<[string, object, RegExp]>([
    ['an unknown option', run('--sandbox', '--bogus'), /unknown option "--bogus"/],
    ['an unknown toolset', run('--sandbox', '--toolsets', 'bogus'), /--toolsets has no toolset "bogus"/],
    [
      'a policy that is gone',
      run('--sandbox', '--policy', '/gone.json'),
      /--policy: cannot read \/gone\.json \(ENOENT\)/,
    ],
    ['a policy with an unknown rule', run('--sandbox', '--policy', 'HOME/bad.json'), /bad\.json.*unknown rule x/],
    ['a profile for the sandbox', run('--sandbox', '--profile', 'zz'), /--profile is for a real workspace/],
    ['an unknown consent', run('--sandbox', '--consent', 'maybe'), /--consent must be dialog or confirm, not "maybe"/],
    ['a journal that is a folder', run('--sandbox', '--journal', 'HOME/'), /--journal: .* it is a folder/],
    ['a wrong seed', run('--sandbox', '--sandbox-seed', 'HOME/policy.json'), /seed\.models: must be array/],
    ['a seed that is gone', run('--sandbox', '--sandbox-seed', '/gone'), /--sandbox-seed: cannot read \/gone/],
    ['a host without https', run('--host', 'http://a.example'), /--host: .* not https/],
    ['an unknown method', run('--auth-type', 'pad'), /--auth-type: there is no method "pad"/],
    ['the sandbox command', run('sandbox'), /start the sandbox command, and a client needs the server/],
    ['the doctor', run('doctor', '--sandbox'), /start the doctor command/],
    ['the help', run('--help'), /only print the help/],
    ['a word', run('servee'), /unexpected argument "servee"/],
    ['npx', { command: 'HOME/npx', args: ['-y', 'databricks-serving-mcp@1', '--bogus'] }, /unknown option "--bogus"/],
    ['the program itself', { command: 'HOME/databricks-serving-mcp', args: ['doctor'] }, /start the doctor command/],
    [
      'a wrong variable',
      { ...run('--profile', 'dev'), env: { DATABRICKS_SERVING_READ_ONLY: 'yes' } },
      /DATABRICKS_SERVING_READ_ONLY must be true or false, not "yes"/,
    ],
    [
      'options of Node before it',
      { ...run(), args: ['-r', 'x', 'HOME/server.mjs', '--bogus'] },
      /unknown option "--bogus"/,
    ],
  ])('%s', async (_what, entry, says) => {
    const [check] = await checked(entry, { 'databricks-serving-mcp': '', npx: '' });
    expect(check).toMatchObject({
      status: 'failed',
      says: expect.stringMatching(says),
      remedy: expect.stringMatching(/^Correct this entry in .*\.cursor\/mcp\.json\.$/),
    });
    expect(check?.says).toMatch(/the server cannot start with this entry: /);
  });

  test('a profile that is missing, with arguments and with variables', async () => {
    for (const entry of [run('--profile', 'deev'), { ...run(), env: { DATABRICKS_CONFIG_PROFILE: 'deev' } }])
      expect(await checked(entry)).toMatchObject([
        { status: 'failed', remedy: expect.stringMatching(/^Did you mean dev\?/) },
      ]);
  });

  test('names no secret of the entry', async () => {
    const entry = { ...run('quiet-token-of-mine'), env: { DATABRICKS_TOKEN: 'quiet-token-of-mine' } };
    expect(JSON.stringify(await checked(entry))).not.toContain('quiet-token');
  });
});

test.each<[string, object]>([
  ['valid options', run('--profile', 'dev', '--read-only', '--toolsets', 'query', '--policy', 'HOME/policy.json')],
  ['the sandbox by a variable', { ...run(), env: { DATABRICKS_SERVING_SANDBOX: 'true' } }],
  [
    'what the client fills in',
    run(
      '--consent',
      filledIn('input:consent'),
      '--profile',
      filledIn('input:profile'),
      '--policy',
      `${filledIn('x')}/p`,
    ),
  ],
  ['a file in a folder that only the client knows', run('--sandbox', '--policy', 'p.json')],
  ['a program around the server', { command: process.execPath, args: ['HOME/.databrickscfg', '--own'] }],
])('the doctor accepts an entry with %s', async (_what, entry) => {
  expect((await checked(entry)).filter(({ status }) => status === 'failed')).toEqual([]);
});

describe.concurrent('the remedy keeps the options of an entry', () => {
  const gone = (...options: string[]) => ({ command: process.execPath, args: ['/old/dist/server.mjs', ...options] });
  const again = 'Run: databricks-serving-mcp install cursor --name databricks-serving';
  test.each<[string, object, string]>([
    ['whose file is gone', gone('--profile', 'dev', '--read-only'), `${again} --profile dev --read-only`],
    [
      'without a command',
      { args: ['/old/dist/server.mjs', '--read-only=true', '--no-query'] },
      `${again} --read-only --no-query`,
    ],
    ['whose command is gone', { ...gone('--sandbox'), command: '/gone/node' }, `${again} --sandbox`],
    ['with a name of two words', gone('--profile=my own'), `${again} --profile "my own"`],
    ['with a sign of the shell', gone('--profile', '$(touch x)`y`"'), `${again} --profile "\\$(touch x)\\\`y\\\`\\""`],
    [
      'with a command of npx',
      { command: '/gone/npx', args: ['-y', 'databricks-serving-mcp@1', '--read-only'] },
      `${again} --read-only`,
    ],
  ])('%s', async (_what, entry, remedy) => {
    expect(await checked(entry)).toMatchObject([{ status: 'failed', remedy }]);
  });

  test.each<[string, object, RegExp]>([
    ['a wrong one', gone('--read-only', '--bogus'), /, and keep its options --read-only, --bogus\.$/],
    ['a login', gone('--host', 'https://me:quiet-words@a.example'), /, and keep its options --host\.$/],
    [
      'what the client fills in',
      gone('--profile', filledIn('input:x'), '--read-only'),
      /, and keep its options --profile, --read-only\.$/,
    ],
    ['a file next to the client', gone('--policy', 'p.json'), /, and keep its options --policy\.$/],
    ['another program', { command: '/gone/wrapper', args: ['--x', '1'] }, /mcp\.json\.$/],
  ])('in words for %s', async (_what, entry, remedy) => {
    const [check] = await checked(entry);
    expect(check?.remedy).toMatch(/^Correct or remove this entry in /);
    expect(check?.remedy).toMatch(remedy);
    expect(JSON.stringify(check)).not.toContain('quiet-words');
  });
});

test('an entry of the project in this folder counts for a client that is not on the machine', async () => {
  const home = makeHome({
    'server.mjs': '',
    'project/.mcp.json': JSON.stringify({ mcpServers: { 'databricks-sandbox': run('--sandbox') } }),
    'project/.codex/config.toml':
      '[mcp_servers.databricks-serving]\ncommand = "/gone/node"\nargs = ["/gone/server.mjs", "--read-only"]\n',
    'project/.cursor/mcp.json': '{"mcpServers": {}}',
  });
  const { report } = await examineHere({ env: { HOME: home } }, { homeDir: home, cwd: `${home}/project` });
  expect(report.checks.filter(({ check }) => check === 'clients')).toEqual([
    expect.objectContaining({
      client: 'claude-code',
      status: 'ok',
      says: expect.stringMatching(/^databricks-sandbox in .*\.mcp\.json \(in this project\): starts node/),
    }),
    expect.objectContaining({
      client: 'codex',
      status: 'failed',
      remedy: 'Run: databricks-serving-mcp install codex --name databricks-serving --project --read-only',
    }),
  ]);
});

test('a file with thousands of levels is a finding of its client alone', async () => {
  const deep = `{"mcpServers": {"databricks-serving": ${'['.repeat(5_000)}${']'.repeat(5_000)}}}`;
  const files = {
    '.cursor/mcp.json': deep,
    '.claude.json': `{"projects": ${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`,
  };
  const { report } = await examineHere({ files: { ...files, '.gemini/settings.json': '{}' } });
  expect(report.checks.filter(({ client }) => client !== undefined)).toMatchObject([
    {
      client: 'claude-code',
      status: 'failed',
      says: expect.stringMatching(/nested/),
      remedy: expect.stringMatching(/^Correct /),
    },
    {
      client: 'cursor',
      status: 'failed',
      says: expect.stringMatching(/nested/),
      remedy: expect.stringMatching(/^Correct /),
    },
  ]);
  expect(report.checks.at(-1)?.says).toContain('Gemini CLI');
});

test('many bad entries make a short line that counts the rest, and none of them is lost in JSON', async () => {
  const bad = Array.from({ length: 30 }, (_, index) => [
    `server-${index}`,
    { command: '/gone/databricks-serving-mcp' },
  ]);
  const files = { '.cursor/mcp.json': JSON.stringify({ mcpServers: Object.fromEntries(bad) }) };
  const { report } = await examineHere({ files });
  expect(report.checks.filter(({ client }) => client === 'cursor')).toHaveLength(30);
  const lines = asText(report).split('\n');
  const [line = ''] = lines.filter((each) => each.includes('server-0'));
  expect(line).toMatch(/; and \d\d more, which --json shows$/);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(1_000);
});

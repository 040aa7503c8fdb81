/** The command line of the built program: what it prints, and that it starts nothing on a guess. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { OPTIONS } from '../../src/options.ts';
import { RUN_ALL } from '../support/selection.ts';
import { endAll, startServer, strayLines } from './server-process.ts';

vi.setConfig({ testTimeout: 60_000 });
const folder = mkdtempSync(join(tmpdir(), 'command-line-'));
/** Windows has neither. */
const PIPES: [string[], string][] =
  process.platform === 'win32'
    ? []
    : [
        [['--sandbox', '--journal', '/dev/null'], 'it is a device, not a regular file'],
        [['--journal', join(folder, 'pipe')], 'it is a named pipe, not a regular file'],
      ];
if (PIPES.length > 0) execFileSync('mkfifo', [join(folder, 'pipe')]);
afterAll(endAll);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every process takes a while. `npm test` starts one for each way through the program; the parser of the command line has tests of its own. */
const some = <T>(rows: readonly T[], chosen: (row: T, at: number) => boolean) =>
  rows.filter((row, at) => RUN_ALL || chosen(row, at));

async function run(...args: string[]) {
  const server = startServer(args);
  const { code } = await server.exited;
  return { code, stdout: server.stdout(), stderr: server.stderr() };
}

describe.concurrent('a closed pipe ends every command quietly', () => {
  const COMMANDS: [string[]][] = [
    [['--help']],
    [['--version']],
    [['install']],
    [['install', 'cursor', '--sandbox', '--dry-run']],
    [['doctor', '--sandbox']],
    [['sandbox']],
  ];
  test.each(some(COMMANDS, ([[command]]) => command === '--help' || command === 'sandbox'))(
    '%j without a reader of stdout',
    async (args) => {
      const program = startServer(args);
      program.stopReading();
      const { code, signal } = await program.exited;
      expect([signal, program.stderr()]).toEqual([null, '']);
      expect([0, 1]).toContain(code);
    },
  );

  const CODES: [string[], number[]][] = [
    [
      ['doctor', '--contract', '--sandbox'],
      [0, 1],
    ],
    [['--bogus'], [2]],
    [['--sandbox'], [0]],
  ];
  test.each(some(CODES, ([[command]]) => command === '--sandbox'))(
    '%j without a reader of stderr',
    async (args, codes) => {
      const env = { NODE_DEBUG: 'databricks-serving-mcp' };
      const program = startServer(args, env, { stderr: 'closed' });
      program.end();
      const { code, signal } = await program.exited;
      expect(signal).toBeNull();
      expect(codes).toContain(code);
      if (args.includes('--contract')) expect(program.stdout()).toContain('#');
    },
  );
});

test('a port in use ends the sandbox command, with what to do', async () => {
  const busy = createServer().listen(0, '127.0.0.1');
  await once(busy, 'listening');
  try {
    const { port } = busy.address() as AddressInfo; // it listens on a port
    const { code, stderr } = await run('sandbox', '--port', String(port));
    expect(code).toBe(2);
    expect(stderr).toBe(
      `databricks-serving-mcp: port ${port} is in use. Choose another one with --port, or omit --port\n`,
    );
  } finally {
    busy.close();
  }
});

const REFUSED: [string[], string][] = [
  [['--sandox'], 'unknown option "--sandox": did you mean "--sandbox"?'],
  [['--profil=dev'], 'unknown option "--profil": did you mean "--profile"?'],
  [['--sandbox', '--sandbox-minute-per-second', '5'], 'did you mean "--sandbox-minutes-per-second"?'],
  [['--zzz'], 'unknown option "--zzz"; see --help'],
  [['sandbx'], 'unexpected argument "sandbx": did you mean "sandbox"?'],
  [['--profile'], '--profile needs a value'],
  [['--sandbox', '--host', 'https://example.cloud.databricks.com'], 'cannot be used with --sandbox'],
  [['--sandbox-seed', 'x.json'], '--sandbox-seed needs --sandbox'],
  [['sandbox', '--port', '70000'], '--port must be'],
  [['--host', 'notaurl'], '--host: the configured host is a word, not an address. Set the host to the address'],
  [['--host', 'http://dbc-1.cloud.databricks.com'], '--host: the host http://dbc-1.cloud.databricks.com is not https'],
  [['--sandbox', '--policy', '/nowhere/rules.json'], '--policy: cannot read /nowhere/rules.json (ENOENT)'],
  [['--sandbox', '--sandbox-seed', '/nowhere/seed.json'], '--sandbox-seed: cannot read /nowhere/seed.json (ENOENT)'],
  [['--sandbox', '--policy', tmpdir()], '(EISDIR)'],
  [['--sandbox', '--consent', 'never'], '--consent must be dialog or confirm, not "never"'],
  [
    ['--sandbox', '--toolsets', 'qery'],
    '--toolsets has no toolset "qery": did you mean "query"? (toolsets: all, endpoints, ',
  ],
  [
    ['--sandbox', '--journal', tmpdir()],
    'it is a folder, not a regular file. Name a regular file, or use --no-journal',
  ],
  ...PIPES,
];
/** An option that does not exist, a file that cannot be read, and journals that cannot be written. */
const REFUSED_ALWAYS = /^--sandox$|rules\.json|^--journal$/;

test.concurrent.each(some(REFUSED, ([args]) => args.some((each) => REFUSED_ALWAYS.test(each))))(
  '%j stops the start with exit code 2',
  async (args, words) => {
    const { code, stdout, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(words);
    expect(stderr.trimEnd()).not.toContain('\n'); // one clear line, no stack
  },
);

test.concurrent('--help lists every option and --version says the version of the package', async () => {
  const help = await run('--help');
  expect([help.code, help.stderr]).toEqual([0, '']);
  for (const { name } of OPTIONS) expect(help.stdout).toContain(`--${name}`);
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

const WRONG_SEEDS: [string, string, RegExp][] = [
  [
    'a missing field',
    '{"models":[{"full_name":"a.b.c","versions":[{"version":1}]}]}',
    /models\[0\]\.versions\[0\].*status/,
  ],
  ['an unknown field', '{"endpoints":[{"name":"x","trafic":{}}]}', /endpoints\[0\].*trafic/],
  ['no JSON', '{"models":', /seed-2\.json is not JSON/],
];
test.concurrent.each(some(WRONG_SEEDS, (_row, at) => at === 0))(
  'a seed file with %s is refused with the place of the fault',
  async (_what, text, words) => {
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
  },
);

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

/** Makes a process believe that its stdin is a terminal. */
const TERMINAL = {
  NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent('process.stdin.isTTY = true;')}`,
};

test.concurrent('a start in a terminal says what the server waits for; a client gets no such text', async () => {
  const server = startServer(['--sandbox'], TERMINAL);
  await server.initialize();
  expect(server.stderr()).toMatch(
    /^databricks-serving-mcp is an MCP server and waits for a client on stdin\..*--help.*\n$/,
  );
  expect(strayLines(server)).toEqual([]);
  const piped = startServer(['--sandbox']);
  await piped.initialize();
  expect(piped.stderr()).toBe('');
});

describe.concurrent('the answer to initialize says where the server works, before anything is asked', () => {
  const instructionsOf = async (args: string[], env: Record<string, string> = {}): Promise<string> => {
    const server = startServer(args, env);
    return (await server.initialize()).result.instructions;
  };

  test('a sandbox that may not be written to', async () => {
    const text = await instructionsOf(['--sandbox', '--read-only', '--no-query']);
    expect(text).toMatch(/^Sandbox: .*Nothing here is real/m);
    expect(text).toMatch(/^Read-only: /m);
    expect(text).not.toMatch(/create_endpoint|query_endpoint|Workspace: /);
  });

  const WHERE: [string[], Record<string, string>, string | undefined][] = [
    [['--host', 'https://a.example/?o=1'], {}, 'https://a.example'],
    [[], { DATABRICKS_HOST: 'https://user:word@a.example/x', DATABRICKS_CONFIG_PROFILE: 'dev' }, 'https://a.example'],
    [['--profile', 'dev'], {}, 'profile dev'],
    [[], { DATABRICKS_CONFIG_PROFILE: 'dev' }, 'profile dev'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a field of a form that was left empty
    [[], { DATABRICKS_HOST: '${user_config.host}' }, undefined],
    [[], { DATABRICKS_HOST: 'notaurl' }, undefined],
    [[], {}, undefined],
  ];
  test.each(some(WHERE, (_row, at) => at % 3 === 0))('%j with %j', async (args, env, where) => {
    const text = await instructionsOf(args, env);
    expect(/^Workspace: (.*)$/m.exec(text)?.[1]).toBe(where);
    expect(text).not.toContain('Sandbox');
  });

  test('a wrong choice of consent in the environment stops the start, and a valid one is stated', async () => {
    const wrong = startServer(['--sandbox'], { DATABRICKS_SERVING_CONSENT: 'never' });
    expect((await wrong.exited).code).toBe(2);
    expect(wrong.stderr()).toContain('DATABRICKS_SERVING_CONSENT must be dialog or confirm, not "never"');
    const text = await instructionsOf(['--sandbox'], { DATABRICKS_SERVING_CONSENT: 'confirm' });
    expect(text).toMatch(/^This server shows no dialogs\./m);
  });

  test('a policy', async () => {
    const file = join(folder, 'rules.json');
    writeFileSync(file, '{"allow_endpoints":["dev-*"],"protect_models":["*.prod.*"]}');
    expect(await instructionsOf(['--policy', file])).toContain(': allow_endpoints dev-*; protect_models *.prod.*.');
  });
});

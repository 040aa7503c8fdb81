import { describe, expect, it } from 'vitest';
import { asksRollout, readConfig, UsageError } from '../src/config.ts';
import { INCIDENTS } from '../src/incidents.ts';
import { help, OPTIONS } from '../src/options.ts';
import { TOOLSET_NAMES } from '../src/toolsets.ts';

const NOTHING = { profile: undefined, host: undefined, authType: undefined, configFile: undefined, sandbox: undefined };

describe('the command line', () => {
  it.each<[string[], object]>([
    [[], { command: 'serve', ...NOTHING }],
    [['--help'], { command: 'help' }],
    [['--version'], { command: 'version' }],
    [['--help', '--version'], { command: 'help' }],
    [['--profile', 'dev'], { command: 'serve', profile: 'dev' }],
    [['--profile=dev'], { profile: 'dev' }],
    [['--host', 'https://x.example'], { host: 'https://x.example' }],
    [['--auth-type', 'oauth-m2m', '--config-file', '/tmp/a b'], { authType: 'oauth-m2m', configFile: '/tmp/a b' }],
    [['--sandbox'], { command: 'serve', sandbox: { seedFile: undefined, minutesPerSecond: 1, port: 0 } }],
    [
      ['--sandbox', '--sandbox-seed', 'seed.json', '--sandbox-minutes-per-second', '0.5'],
      { sandbox: { seedFile: 'seed.json', minutesPerSecond: 0.5, port: 0 } },
    ],
    [
      ['--sandbox', '--sandbox-incident', 'callers-turned-away'],
      { sandbox: { incident: { name: 'callers-turned-away', wording: 1 } } },
    ],
    [
      ['sandbox', '--sandbox-incident=callers-turned-away:3'],
      { sandbox: { incident: { name: 'callers-turned-away', wording: 3 } } },
    ],
    [['sandbox', '--port', '8080'], { command: 'sandbox', sandbox: { port: 8080 } }],
    [['--port', '0', 'sandbox'], { command: 'sandbox', sandbox: { port: 0 } }],
    [[], { consent: 'dialog' }],
    [['--consent', 'dialog'], { consent: 'dialog' }],
    [['--consent=confirm', '--sandbox'], { consent: 'confirm' }],
    [['install'], { command: 'install', install: { client: undefined, serverOptions: [] } }],
    [
      ['install', 'cursor', '--read-only', '--profile', 'dev', '--yes'],
      {
        command: 'install',
        install: {
          client: 'cursor',
          name: undefined,
          project: false,
          dryRun: false,
          yes: true,
          serverOptions: [
            { name: 'profile', value: 'dev' },
            { name: 'read-only', value: true },
          ],
        },
      },
    ],
    [
      ['--sandbox', 'uninstall', 'codex', '--name', 'mine', '--dry-run', '--project'],
      { command: 'uninstall', install: { client: 'codex', name: 'mine', project: true, dryRun: true, yes: false } },
    ],
    [['doctor'], { command: 'doctor', doctor: { json: false, contract: false, reportFile: undefined } }],
    [
      ['doctor', '--contract', '--report', 'r.md', '--json', '--profile', 'dev'],
      { profile: 'dev', doctor: { json: true, contract: true, reportFile: 'r.md' } },
    ],
    [['doctor', '--help'], { command: 'help' }],
    [
      ['dashboard'],
      { command: 'dashboard', dashboard: { file: undefined, output: undefined, port: 0, allowChanges: false } },
    ],
    [
      ['dashboard', '--sandbox', '--allow-changes', '--port', '4000', '--policy', 'p.json', '--no-journal'],
      { policyFile: 'p.json', noJournal: true, dashboard: { port: 4000, allowChanges: true } },
    ],
    [
      ['dashboard', 'report.json', '--output', 'report.html'],
      { dashboard: { file: 'report.json', output: 'report.html' } },
    ],
    [['dashboard', 'report.json', '--port=4000'], { dashboard: { file: 'report.json', port: 4000 } }],
    [['dashboard', 'report.json', '--help'], { command: 'help' }],
    [
      ['doctor', '--read-only', '--no-query', '--toolsets', 'query', '--consent', 'confirm'],
      { command: 'doctor', readOnly: true, noQuery: true, consent: 'confirm' },
    ],
  ])('%j', (argv, expected) => {
    expect(readConfig(argv)).toMatchObject(expected);
  });

  it.each<[string[], RegExp]>([
    [['--profil', 'x'], /unknown option "--profil": did you mean "--profile"\?/],
    [['--sandbx'], /did you mean "--sandbox"\?/],
    [['--unheard-of'], /unknown option "--unheard-of"; see --help/],
    [['-h'], /unknown option "-h"/],
    [['sandbx'], /unexpected argument "sandbx": did you mean "sandbox"\?/],
    [['run'], /unexpected argument "run"/],
    [['--profile'], /--profile needs a value: --profile NAME/],
    [['--profile', '--sandbox'], /--profile needs a value/],
    [['--sandbox=yes'], /--sandbox takes no value/],
    [['--host', 'a', '--host', 'b'], /--host was given twice/],
    [['--sandbox-seed', 'x'], /--sandbox-seed needs --sandbox/],
    [['--sandbox-minutes-per-second', '2'], /needs --sandbox/],
    [['--sandbox-incident', 'callers-turned-away'], /--sandbox-incident needs --sandbox/],
    [
      ['--sandbox', '--sandbox-incident', 'caller-turned-away'],
      /no incident "caller-turned-away": did you mean "callers-turned-away"\? \(incidents: .*assistant-silent/,
    ],
    [['--sandbox', '--sandbox-incident', 'zzz'], /no incident "zzz"; see --help \(incidents: /],
    [
      ['sandbox', '--sandbox-incident', 'callers-turned-away:4'],
      /callers-turned-away:1 to callers-turned-away:3, not "callers-turned-away:4"/,
    ],
    [['sandbox', '--sandbox-incident', 'callers-turned-away:'], /not "callers-turned-away:"/],
    [
      ['--sandbox', '--sandbox-seed', 'x', '--sandbox-incident', 'callers-turned-away'],
      /either --sandbox-seed or --sandbox-incident/,
    ],
    [['--sandbox', '--sandbox-incident', ''], /no incident ""/],
    [['--port', '80'], /--port is an option of the sandbox command/],
    [['--sandbox', '--port', '80'], /--port is an option of the sandbox command/],
    [['--sandbox', '--profile', 'prod'], /--profile is for a real workspace/],
    [['sandbox', '--host', 'x'], /--host is for a real workspace and cannot be used with the sandbox command/],
    [['--toolsets', 'query;observe'], /write a comma between the toolsets, query,observe/],
    [['--toolsets', 'query observe, apps'], /write a comma between the toolsets, query,observe/],
    [['sandbox', '--read-only'], /--read-only is an option of the server, not of the sandbox command/],
    [['sandbox', '--no-query'], /--no-query is an option of the server/],
    [['sandbox', '--policy', 'x'], /--policy is an option of the server/],
    [['sandbox', '--journal', 'x'], /--journal is an option of the server/],
    [['sandbox', '--no-journal'], /--no-journal is an option of the server/],
    [['--consent', 'confirmed'], /--consent must be dialog or confirm, not "confirmed"/],
    [['--consent', 'Confirm'], /--consent must be dialog or confirm/],
    [['--consent='], /--consent must be dialog or confirm/],
    [['--consent', 'none'], /--consent must be dialog or confirm/],
    [['--consent'], /--consent needs a value: --consent dialog\|confirm/],
    [['sandbox', '--consent', 'confirm'], /--consent is an option of the server/],
    [['instal', 'cursor'], /unexpected argument "instal": did you mean "install"\?/],
    [
      ['install', 'claud-code'],
      /install does not know the client "claud-code": did you mean "claude-code"\? \(clients: /,
    ],
    [['install', 'zed'], /does not know the client "zed"; see --help \(clients: claude-desktop, claude-code, cursor, /],
    [['install', 'cursor', 'vscode'], /unexpected argument "vscode" after "install"/],
    [['doctor', 'cursor'], /unexpected argument "cursor" after "doctor"/],
    [['install', 'cursor', '--json'], /--json is an option of the doctor command, not of the install command/],
    [['uninstall', 'cursor', '--profile', 'x'], /--profile is an option of the server, not of the uninstall command/],
    [['--yes'], /--yes is an option of the install command/],
    [['dashboard', '--toolsets', 'query'], /--toolsets is an option of the server, not of the dashboard command/],
    [['--allow-changes'], /--allow-changes is an option of the dashboard command/],
    [['http', '--output', 'x'], /--output is an option of the dashboard command, not of the http command/],
    [['dashboard', '--output', 'x.html'], /--output needs the file of a saved report/],
    [['dashboard', 'a.json', '--output', 'x.html', '--port', '1'], /either --output or --port/],
    [['dashboard', 'a.json', '--allow-changes'], /--allow-changes is for a workspace/],
    [['dashboard', 'a.json', '--sandbox'], /--sandbox is for a workspace/],
    [['dashboard', '--port', '65536'], /--port must be a whole number from 0 to 65535, not "65536"/],
    [['dashbord'], /did you mean "dashboard"\?/],
    [['doctor', '--toolsets', 'bogus'], /--toolsets has no toolset "bogus"/],
    [['doctor', '--consent', 'maybe'], /--consent must be dialog or confirm, not "maybe"/],
    [['doctor', '--port', '1'], /--port is an option of the sandbox command, not of the doctor command/],
    [['doctor', '--yes'], /--yes is an option of the install command, not of the doctor command/],
    [['doctor', '--report', 'x'], /--report needs --contract/],
    [['install', 'cursor', '--yes', '--dry-run'], /either --dry-run or --yes/],
    [['install', 'cursor', '--sandbox', '--profile', 'x'], /--profile is for a real workspace/],
    [['sandbox', '--port', '70000'], /--port must be a whole number from 0 to 65535, not "70000"/],
    [['sandbox', '--port', '80.5'], /--port must be a whole number/],
    [['sandbox', '--port', ''], /--port must be/],
    [['--sandbox', '--sandbox-minutes-per-second', '0'], /must be a number from 0.001/],
    [['--sandbox', '--sandbox-minutes-per-second', 'fast'], /not "fast"/],
    [['--sandbox', '--sandbox-minutes-per-second', 'NaN'], /not "NaN"/],
  ])('%j is refused', (argv, message) => {
    expect(() => readConfig(argv)).toThrow(UsageError);
    expect(() => readConfig(argv)).toThrow(message);
  });
});

it('--allow-changes of the dashboard does not lift --read-only, nor its variable', () => {
  const changes = ['dashboard', '--allow-changes'];
  expect(() => readConfig([...changes, '--read-only'])).toThrow(/cannot be used with --read-only, which forbids/);
  const env = { DATABRICKS_SERVING_READ_ONLY: 'true' };
  expect(() => readConfig(changes, env)).toThrow(/cannot be used with DATABRICKS_SERVING_READ_ONLY/);
  expect(readConfig(changes, { DATABRICKS_SERVING_READ_ONLY: 'false' }).dashboard?.allowChanges).toBe(true);
});

it('the doctor accepts every option of the server', () => {
  const values: Record<string, string> = {
    toolsets: 'all',
    consent: 'confirm',
    'sandbox-incident': 'callers-turned-away',
  };
  const options = OPTIONS.filter(({ commands }) => commands?.[0] === 'serve');
  expect(options.length).toBeGreaterThan(10);
  for (const { name, value } of options) {
    const needs = name.startsWith('sandbox-') ? ['--sandbox'] : [];
    const words = [...needs, `--${name}`, ...(value === undefined ? [] : [values[name] ?? '1'])];
    expect(readConfig(['doctor', ...words])).toEqual({
      ...readConfig(words),
      command: 'doctor',
      doctor: expect.anything(),
    });
  }
});

describe('the switches that the environment sets, or a client that fills in their word', () => {
  const READ_ONLY = 'DATABRICKS_SERVING_READ_ONLY';
  const SANDBOX = 'DATABRICKS_SERVING_SANDBOX';

  it.each<[env: Record<string, string>, argv: string[], chosen: [readOnly: boolean, sandbox: boolean]]>([
    [{}, [], [false, false]],
    [{ [READ_ONLY]: 'true' }, [], [true, false]],
    [{ [READ_ONLY]: 'false' }, [], [false, false]],
    [{ [READ_ONLY]: 'false' }, ['--read-only'], [true, false]],
    [{ [READ_ONLY]: ' true ' }, [], [true, false]],
    [{}, ['--read-only=true'], [true, false]],
    [{}, ['--read-only=false'], [false, false]],
    [{}, ['--read-only='], [true, false]],
    [{}, [`--read-only=\${user_config.read_only}`], [true, false]],
    [{ [READ_ONLY]: 'true' }, ['--read-only=false'], [true, false]],
    [{ [READ_ONLY]: '' }, [], [false, false]],
    [{ [READ_ONLY]: `\${user_config.read_only}` }, [], [false, false]],
    [{ [SANDBOX]: 'true' }, [], [false, true]],
    [{ [SANDBOX]: 'true', [READ_ONLY]: 'true' }, [], [true, true]],
    [{ [SANDBOX]: 'true' }, ['--sandbox'], [false, true]],
    [{ [SANDBOX]: 'true' }, ['--sandbox-seed', 'seed.json'], [false, true]],
    [{ [SANDBOX]: 'true' }, ['doctor'], [false, true]],
    [{ [SANDBOX]: 'true', [READ_ONLY]: 'true' }, ['install', 'cursor'], [false, false]],
    [{ [SANDBOX]: 'yes', [READ_ONLY]: 'yes' }, ['install', 'cursor'], [false, false]],
    [{ [SANDBOX]: 'false' }, ['--profile', 'dev'], [false, false]],
  ])('%j with %j', (env, argv, [readOnly, sandbox]) => {
    const config = readConfig(argv, env);
    expect([config.readOnly, config.sandbox !== undefined]).toEqual([readOnly, sandbox]);
  });

  it.each<[env: Record<string, string>, argv: string[], message: string]>([
    [{ [READ_ONLY]: 'True' }, [], `${READ_ONLY} must be true or false, not "True"`],
    [{}, ['--read-only=yes'], '--read-only must be true or false, not "yes"'],
    [{}, ['--read-only=false', '--read-only'], '--read-only was given twice'],
    [{}, ['--no-query=false'], '--no-query takes no value'],
    [{ [READ_ONLY]: '1' }, [], `${READ_ONLY} must be true or false, not "1"`],
    [{ [READ_ONLY]: 'no' }, ['--sandbox'], `${READ_ONLY} must be true or false, not "no"`],
    [{ [SANDBOX]: 'on' }, [], `${SANDBOX} must be true or false, not "on"`],
    [
      { [SANDBOX]: 'true' },
      ['--profile', 'dev'],
      `--profile is for a real workspace and cannot be used while ${SANDBOX} is true`,
    ],
  ])('%j with %j is refused', (env, argv, message) => {
    expect(() => readConfig(argv, env)).toThrow(new UsageError(message));
  });
});

describe('the consent that the environment chooses', () => {
  it.each<[word: string | undefined, argv: string[], chosen: string]>([
    [undefined, [], 'dialog'],
    ['', [], 'dialog'],
    ['confirm', [], 'confirm'],
    ['confirm', ['--consent', 'dialog'], 'dialog'],
    ['nonsense', ['--consent', 'confirm'], 'confirm'],
    [`\${user_config.consent}`, [], 'dialog'],
  ])('%j with %j: %s', (word, argv, chosen) => {
    expect(readConfig(argv, { DATABRICKS_SERVING_CONSENT: word }).consent).toBe(chosen);
  });

  it('a wrong word is refused with the valid ones, as on the command line', () => {
    const env = { DATABRICKS_SERVING_CONSENT: 'yes' };
    expect(() => readConfig([], env)).toThrow(/DATABRICKS_SERVING_CONSENT must be dialog or confirm, not "yes"/);
  });
});

describe('the toolsets', () => {
  const VARIABLE = 'DATABRICKS_SERVING_TOOLSETS';

  it.each<[word: string | undefined, argv: string[], names: string[] | undefined, from?: string]>([
    [undefined, [], undefined],
    [undefined, ['--toolsets', 'query'], ['query'], '--toolsets'],
    [undefined, ['--toolsets=observe,query'], ['query', 'observe'], '--toolsets'],
    [undefined, ['--toolsets', ' query , query,observe, '], ['query', 'observe'], '--toolsets'],
    [undefined, ['--toolsets', 'all'], undefined],
    [undefined, ['--toolsets', 'query,all'], undefined],
    ['query', [], ['query'], VARIABLE],
    [' query, observe ', [], ['query', 'observe'], VARIABLE],
    ['all', [], undefined],
    ['', [], undefined],
    [`\${user_config.toolsets}`, [], undefined],
    ['query', ['--toolsets', 'observe'], ['observe'], '--toolsets'],
    ['nonsense', ['--toolsets', 'observe'], ['observe'], '--toolsets'],
    ['nonsense', ['install', 'cursor'], undefined],
  ])('%j with %j: %j', (word, argv, names, from) => {
    expect(readConfig(argv, { [VARIABLE]: word }).toolsets).toEqual(names && { names, from });
  });

  const choice = `(toolsets: all, ${TOOLSET_NAMES.join(', ')})`;

  it.each<[word: string | undefined, argv: string[], message: string]>([
    [undefined, ['--toolsets', 'rolout'], `--toolsets has no toolset "rolout": did you mean "rollout"? ${choice}`],
    [
      undefined,
      ['--toolsets', 'query,Observe'],
      `--toolsets has no toolset "Observe": did you mean "observe"? ${choice}`,
    ],
    [undefined, ['--toolsets', 'all,zzz'], `--toolsets has no toolset "zzz"; see --help ${choice}`],
    [undefined, ['--toolsets', ''], `--toolsets names no toolset ${choice}`],
    [undefined, ['--toolsets', ' , '], `--toolsets names no toolset ${choice}`],
    ['rolout', [], `${VARIABLE} has no toolset "rolout": did you mean "rollout"? ${choice}`],
    [',', [], `${VARIABLE} names no toolset ${choice}`],
    [undefined, ['--toolsets'], '--toolsets needs a value: --toolsets LIST'],
    [
      undefined,
      ['install', 'cursor', '--toolsets', 'rolout'],
      `--toolsets has no toolset "rolout": did you mean "rollout"? ${choice}`,
    ],
    [
      undefined,
      ['sandbox', '--toolsets', 'query'],
      '--toolsets is an option of the server, not of the sandbox command',
    ],
  ])('%j with %j is refused with the nearest name and the list', (word, argv, message) => {
    expect(() => readConfig(argv, { [VARIABLE]: word })).toThrow(new UsageError(message));
  });

  it('are in the help', () => {
    expect(help()).toContain(`LIST has commas between its names: all, ${TOOLSET_NAMES.join(', ')}.`);
  });
});

it('the help shows every option with its value', () => {
  const text = help();
  for (const { name, value, help: words } of OPTIONS) {
    expect(text).toContain(`--${name}${value ? ` ${value}` : ''} `);
    expect(text).toContain(words);
  }
  for (const { name, symptom } of INCIDENTS) expect(text).toMatch(new RegExp(`  ${name} +${symptom}`));
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(140);
});

describe('the warehouse and the payloads', () => {
  const VARIABLE = 'DATABRICKS_WAREHOUSE_ID';
  it.each<[argv: string[], env: Record<string, string>, warehouse: string | undefined]>([
    [[], {}, undefined],
    [['--warehouse', 'Main'], { [VARIABLE]: 'abc' }, 'Main'],
    [[], { [VARIABLE]: ' abc ' }, 'abc'],
    // A client leaves the placeholder of an empty field as it is.
    [[], { [VARIABLE]: `$\{${VARIABLE}}` }, undefined],
    // It is one of the real workspace, as DATABRICKS_HOST is.
    [['--sandbox'], { [VARIABLE]: 'abc' }, undefined],
    [['--sandbox', '--warehouse', 'Main'], {}, 'Main'],
    [['install', 'cursor'], { [VARIABLE]: 'abc' }, undefined],
  ])('%j with %j', (argv, env, warehouse) => {
    expect(readConfig(argv, env).warehouse).toBe(warehouse);
  });

  it('bodies are shown only if a person says so', () => {
    expect(readConfig([]).payloads).toBe(false);
    expect(readConfig(['--payloads']).payloads).toBe(true);
    expect(readConfig([], { DATABRICKS_SERVING_PAYLOADS: 'true' }).payloads).toBe(true);
    expect(readConfig([], { DATABRICKS_SERVING_PAYLOADS: '' }).payloads).toBe(false);
    expect(() => readConfig([], { DATABRICKS_SERVING_PAYLOADS: 'yes' })).toThrow(/must be true or false, not "yes"/);
    expect(() => readConfig(['--payloads=true'])).toThrow(/--payloads takes no value/);
  });
});

describe('the rollout command', () => {
  it('reads its options, of which one has the name of a switch', () => {
    const argv = ['rollout', 'churn', '--version', '3', '--alias', 'champion', '--action', 'resume', '--yes'];
    const { command, rollout } = readConfig([...argv, '--profile', 'prod', '--read-only']);
    expect(command).toBe('rollout');
    expect(rollout).toMatchObject({ endpoint: 'churn', version: '3', alias: 'champion', action: 'resume', yes: true });
    expect(readConfig(['--version']).command).toBe('version');
    expect(readConfig(['rollout', '--help']).command).toBe('help');
  });

  it.each<[string[], string]>([
    [['rollout', '--version', '3'], 'rollout needs the name of an endpoint: rollout ENDPOINT --version N'],
    [['rollout', 'churn'], 'rollout needs a version: rollout ENDPOINT --version N'],
    [['rollout', 'churn', '--version'], '--version needs a value: --version N'],
    [['rollout', 'churn', 'other', '--version', '3'], 'unexpected argument "other" after "rollout"'],
    [['rollout', 'churn', '--version', '3', '--alais', 'x'], 'unknown option "--alais": did you mean "--alias"?'],
    [
      ['rollout', 'churn', '--version', '3', '--toolsets', 'all'],
      '--toolsets is an option of the server, not of the rollout command',
    ],
    [['--alias', 'champion'], '--alias is an option of the rollout command'],
  ])('%j is refused', (argv, message) => {
    expect(() => readConfig(argv)).toThrow(new UsageError(message));
  });

  it('is known in a wrong command line too, which ends with its own exit code', () => {
    expect(asksRollout(['--profile', 'rollout', '--bogus'])).toBe(false);
    expect(asksRollout(['--profile', 'prod', 'rollout', '--bogus'])).toBe(true);
  });
});

/** The options of an entry: wrong ones stop the command and name the nearest right one; paths become absolute. */
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { type Place, serverArguments, shellNotes } from '../../src/install/server-arguments.ts';
import { Stop } from '../../src/install/stop.ts';

const PROFILES = [
  '[DEFAULT]',
  'host = https://dbc-a1b2c3d4-e5f6.cloud.databricks.com',
  '[staging]',
  'host = adb-1234567890123456.7.azuredatabricks.net',
].join('\n');

function place(given: Partial<Place> & { files?: Record<string, string> } = {}): Place {
  const { files = { '/home/ana/.databrickscfg': PROFILES }, ...rest } = given;
  return {
    platform: 'linux',
    home: '/home/ana',
    cwd: '/srv',
    env: {},
    async read(path) {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return text;
    },
    list: (folder) =>
      Object.keys(files).flatMap((path) => (path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : [])),
    ...rest,
  };
}

const optionsOf = (line: string) =>
  readConfig(['install', 'codex', ...line.split(' ').filter(Boolean)]).install?.serverOptions ?? [];

describe('right options', () => {
  it.each<[line: string, where: Place, words: string[]]>([
    ['', place(), []],
    ['--profile staging --read-only', place(), ['--profile', 'staging', '--read-only']],
    [
      '--host https://dbc-a1b2c3d4-e5f6.cloud.databricks.com',
      place(),
      ['--host', 'https://dbc-a1b2c3d4-e5f6.cloud.databricks.com'],
    ],
    ['--host https://serving.example.com', place(), ['--host', 'https://serving.example.com']],
    ['--host http://127.0.0.1:9000', place(), ['--host', 'http://127.0.0.1:9000']],
    [
      '--host https://serving.example.com/x?token=hush&o=12#hush',
      place(),
      ['--host', 'https://serving.example.com/?o=12'],
    ],
    ['--host serving.example.com/?a=hush&w=hush', place(), ['--host', 'https://serving.example.com']],
    ['--auth-type azure-cli', place(), ['--auth-type', 'azure-cli']],
    ['--journal changes.jsonl', place(), ['--journal', '/srv/changes.jsonl']],
    [
      '--policy rules.json',
      place({ files: { '/srv/rules.json': '{"protect_endpoints": ["prod-*"]}' } }),
      ['--policy', '/srv/rules.json'],
    ],
    [
      '--sandbox --sandbox-seed ../s.json',
      place({ files: { '/s.json': '{}' } }),
      ['--sandbox', '--sandbox-seed', '/s.json'],
    ],
    [
      '--config-file ~/cfg --profile x',
      place({ files: { '/home/ana/cfg': '[x]\nhost = h.cloud.databricks.com' } }),
      ['--profile', 'x', '--config-file', '/home/ana/cfg'],
    ],
    [
      '--profile x',
      place({ env: { DATABRICKS_CONFIG_FILE: '/c' }, files: { '/c': '[x]\nhost = h.cloud.databricks.com' } }),
      ['--profile', 'x'],
    ],
    [
      '--journal j.jsonl',
      place({ platform: 'win32', home: 'C:\\Users\\ana', cwd: 'D:\\models', files: {} }),
      ['--journal', 'D:\\models\\j.jsonl'],
    ],
  ])('%s', async (line, where, words) => {
    expect(await serverArguments(optionsOf(line), where)).toEqual(words);
  });
});

describe('wrong options stop the command', () => {
  it.each<[line: string, where: Place, message: RegExp]>([
    ['--profile stagin', place(), /no profile "stagin"\. Did you mean "staging"\? It has: DEFAULT, staging/],
    ['--profile x', place(), /has no profile "x"\. It has: DEFAULT, staging\. .*databricks auth login --profile x/],
    ['--profile x', place({ files: {} }), /\.databrickscfg does not exist\. To create the profile/],
    ['--profile x', place({ files: { '/home/ana/.databrickscfg': 'token' } }), /cannot parse .*Correct line 1/],
    ['--host staging', place(), /Did you mean --profile staging\?/],
    ['--host http://example.com', place(), /not https/],
    ['--host https://accounts.cloud.databricks.com', place(), /account console/],
    [
      '--host https://dbc-a1b2c3d4-e5f7.cloud.databricks.com',
      place(),
      /Did you mean https:\/\/dbc-a1b2c3d4-e5f6\.cloud\.databricks\.com\?/,
    ],
    [
      '--host https://adb-1234567890123456.8.azuredatabricks.net',
      place(),
      /Did you mean https:\/\/adb-1234567890123456\.7\.azuredatabricks\.net\?/,
    ],
    ['--host https://dbc-9.cloud.databrick.com', place(), /Did you mean https:\/\/dbc-9\.cloud\.databricks\.com\?/],
    ['--auth-type azurecli', place(), /no method "azurecli"\. Did you mean "azure-cli"\?/],
    [
      '--policy rule.json',
      place({ files: { '/srv/rules.json': '{}' } }),
      /cannot read \/srv\/rule\.json \(ENOENT\)\. Did you mean \/srv\/rules\.json\?/,
    ],
    [
      '--policy rules.json',
      place({ files: { '/srv/rules.json': '{"protect_endpoint": []}' } }),
      /unknown rule protect_endpoint: did you mean protect_endpoints\?/,
    ],
    ['--sandbox --sandbox-seed s.json', place({ files: { '/srv/s.json': '{' } }), /s\.json is not JSON/],
    ['--config-file missing', place(), /cannot read \/srv\/missing \(ENOENT\)/],
  ])('%s', async (line, where, message) => {
    const stopped = serverArguments(optionsOf(line), where);
    await expect(stopped).rejects.toThrow(Stop);
    await expect(stopped).rejects.toThrow(message);
  });
});

it.each([
  '--host https://u:hush-1@h.example.com',
  '--host https://hush-1@h.example.com',
  '--host u:hush-1@h.example.com',
  '--host "https://u:hush-1@h.example.com"',
  '--host https:\\\\u:hush-1@h.example.com',
  '--journal https://u:hush-1@h.example.com/j',
  '--profile dapi0123456789abcdef0123456789abcdef',
  '--journal dapi0123456789abcdef0123456789abcdef',
])('a credential in %s stops the command and is not repeated', async (line) => {
  const stopped = serverArguments(optionsOf(line), place());
  await expect(stopped).rejects.toThrow(/never holds a secret/);
  await expect(stopped).rejects.not.toThrow(/hush-1|dapi0/);
});

describe('a client does not see the shell', () => {
  const notes = (line: string, env: Record<string, string>, profiles = ['DEFAULT']) =>
    shellNotes(optionsOf(line), place({ env }), profiles);

  it('so a token there is named, but never its value', () => {
    const [note = '', ...others] = notes('', { DATABRICKS_HOST: 'https://h', DATABRICKS_TOKEN: 'dapi-made-up' });
    expect(note).toMatch(/DATABRICKS_TOKEN is set in this shell only.*install with --profile NAME/);
    expect(note).not.toContain('made-up');
    expect(others).toEqual([]);
  });

  it.each<[line: string, env: Record<string, string>, profiles: string[], note: RegExp[]]>([
    ['', { DATABRICKS_CONFIG_PROFILE: 'DEV' }, ['DEV'], [/--profile DEV/]],
    ['', { DATABRICKS_CONFIG_FILE: '/c' }, ['DEFAULT'], [/--config-file \/c/]],
    ['', {}, [], [/no profile yet.*databricks auth login/]],
    ['', {}, ['DEV', 'PROD'], [/no profile DEFAULT.*DEV, PROD/]],
    ['', {}, ['DEFAULT'], []],
    ['--profile DEV', { DATABRICKS_TOKEN: 'made-up' }, ['DEV'], []],
    ['--sandbox', { DATABRICKS_TOKEN: 'made-up' }, [], []],
    ['', { DATABRICKS_HOST: 'https://h' }, ['DEFAULT'], [/DATABRICKS_HOST .*add --host https:\/\/h$/]],
    ['--sandbox', { DATABRICKS_SERVING_READ_ONLY: 'true' }, [], [/add --read-only$/]],
    ['--sandbox', { DATABRICKS_SERVING_READ_ONLY: 'false' }, [], []],
    ['--profile DEV --read-only', { DATABRICKS_SERVING_READ_ONLY: 'true' }, [], []],
  ])('%s %j', (line, env, profiles, expected) => {
    const found = notes(line, env, profiles);
    expect(found).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(found[index]).toMatch(pattern);
  });
});

/** The files of `install` and `uninstall`: what changes, what stays, and what stops them. */
import { chmodSync, linkSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { CLIENTS, filesOf } from '../../src/install/clients.ts';
import { machine } from '../../src/install/machine.ts';
import { type Home, home, run } from './command.ts';

const SECRET = 'hush-hush';
const CODE = '.config/Code/User/mcp.json';
const DESKTOP = '.config/Claude/claude_desktop_config.json';

/** Files as their clients and people write them. */
const FILES: Record<string, [path: string, text: string]> = {
  'claude-desktop': [
    DESKTOP,
    `{\n  "globalShortcut": "",\n  "mcpServers": {\n    "git": {\n      "command": "uvx",\n      "env": { "T": "${SECRET}" }\n    }\n  }\n}`,
  ],
  'claude-code': [
    '.claude.json',
    `{\n  "numStartups": 3,\n  "mcpServers": {},\n  "oauthAccount": {\n    "x": "${SECRET}"\n  }\n}\n`,
  ],
  cursor: ['.cursor/mcp.json', '{}'],
  vscode: [
    CODE,
    `{\r\n\t// mine\r\n\t"servers": {\r\n\t\t"git": { "command": "uvx" }, // keep\r\n\t},\r\n\t"inputs": [],\r\n}\r\n`,
  ],
  codex: [
    '.codex/config.toml',
    `\uFEFFmodel = "o" # mine\n\n[mcp_servers.git]\ncommand = "uvx"\nenv = { T = "${SECRET}" }`,
  ],
  gemini: ['.gemini/settings.json', '{\n  // mine\n  "mcpServers": { }\n}\n'],
};

const pathOf = (where: Home, name: string) => {
  const client = CLIENTS.find((each) => each.name === name);
  return client
    ? (filesOf(client, 'user', machine({ platform: 'linux', env: {}, home: where.path, cwd: where.path }))[0] ?? '')
    : '';
};

describe.each(Object.entries(FILES))('%s', (client, [path, text]) => {
  it('install keeps the rest, and uninstall leaves the file as it was', async () => {
    const where = home({ [path]: text });
    chmodSync(join(where.path, path), 0o640);
    const installed = await run(where, `install ${client} --sandbox --yes`);
    expect(installed).toMatchObject({ code: 0, errors: '' });
    expect(where.read(path)).toContain('/opt/databricks-serving-mcp/dist/server.mjs');
    expect(installed.output).toContain('+');
    expect(installed.output).not.toContain(SECRET);
    const again = await run(where, `install ${client} --sandbox`);
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining('already has this entry') });
    const removed = await run(where, `uninstall ${client} --sandbox --yes`);
    expect(removed).toMatchObject({ code: 0, errors: '' });
    expect(removed.output).not.toContain(SECRET);
    expect(where.read(path)).toBe(text);
    expect(statSync(join(where.path, path)).mode & 0o777).toBe(0o640);
  });

  it('a file that install made goes with its entry', async () => {
    const where = home();
    expect(await run(where, `install ${client} --sandbox --yes`)).toMatchObject({ code: 0 });
    expect(where.files()).toEqual([path]);
    expect(statSync(pathOf(where, client)).mode & 0o777).toBe(0o600);
    expect(await run(where, `uninstall ${client} --sandbox --yes`)).toMatchObject({ code: 0 });
    expect(where.files()).toEqual([]);
  });

  it('--dry-run shows the change and writes nothing', async () => {
    const where = home({ [path]: text });
    const { code, output } = await run(where, `install ${client} --sandbox --dry-run`);
    expect(code).toBe(0);
    expect(output).toMatch(/^\+.*server\.mjs/m);
    expect(where.files()).toEqual([path]);
    expect(where.read(path)).toBe(text);
  });
});

describe('the project', () => {
  it.each([
    ['claude-code', '.mcp.json'],
    ['cursor', '.cursor/mcp.json'],
    ['vscode', '.vscode/mcp.json'],
    ['codex', '.codex/config.toml'],
    ['gemini', '.gemini/settings.json'],
  ])('of %s is %s', async (client, path) => {
    const where = home();
    const { code, output } = await run(where, `install ${client} --sandbox --project --yes`);
    expect({ code, files: where.files() }).toEqual({ code: 0, files: [path] });
    // The file of a project is for a team, unlike that of a person.
    expect(statSync(join(where.path, path)).mode & 0o777).toBe(0o666 & ~process.umask());
    expect(output).toContain('paths of this machine');
    await run(where, `uninstall ${client} --sandbox --project --yes`);
    expect(where.files()).toEqual([]);
  });

  it('of Claude Desktop does not exist', async () => {
    const { code, errors } = await run(home(), 'install claude-desktop --project --yes');
    expect({ code, errors }).toEqual({ code: 2, errors: expect.stringContaining('none for projects') });
  });
});

describe('consent', () => {
  const [path, text] = FILES.vscode ?? ['', ''];

  it.each(['y\n', 'Yes\n'])('%j writes', async (answer) => {
    const where = home({ [path]: text });
    expect(await run(where, 'install vscode --sandbox', { answer })).toMatchObject({ code: 0, errors: '' });
    expect(where.read(path)).not.toBe(text);
  });

  it.each(['n\n', '\n', '', 'yesno\n'])('%j writes nothing', async (answer) => {
    const where = home({ [path]: text });
    const { code, errors } = await run(where, 'install vscode --sandbox', { answer });
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining('Nothing was changed') });
    expect([where.files(), where.read(path)]).toEqual([[path], text]);
  });

  it('ends with Ctrl-C at the question, with a line end and nothing changed', async () => {
    const where = home({ [path]: text });
    const stop = new AbortController();
    const { code, errors, output } = await run(where, 'install vscode --sandbox', {
      answer: undefined,
      given: { interrupted: stop.signal, input: Object.assign(new PassThrough(), { isTTY: true }) },
      whileAsking: () => stop.abort(),
    });
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining('Nothing was changed') });
    expect(output).toMatch(/\[y\/N\] \n$/);
    expect([where.files(), where.read(path)]).toEqual([[path], text]);
  });

  it('without a terminal needs --yes', async () => {
    const where = home({ [path]: text });
    const { code, errors } = await run(where, 'install vscode --sandbox');
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining('add --yes') });
    expect([where.files(), where.read(path)]).toEqual([[path], text]);
  });

  it.each([
    ['changes', '{"servers": {"other": {}}}'],
    ['appears', undefined],
  ])('a file that %s while it is asked for is not written', async (_name, before) => {
    const where = home(before === undefined ? {} : { [path]: before });
    const changed = '{"servers": {"new": {}}}';
    const { code, errors } = await run(where, 'install vscode --sandbox', {
      answer: 'y\n',
      whileAsking: () => void where.write(path, changed),
    });
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining('has changed since it was read') });
    expect(where.read(path)).toBe(changed);
    expect(errors).toContain('Nothing was changed');
    expect(where.files()).toEqual([path]);
  });
});

describe('a backup', () => {
  it('lies next to the file, has its content and mode, and is named in the output', async () => {
    const [path, text] = FILES.codex ?? ['', ''];
    const where = home({ [path]: text });
    chmodSync(join(where.path, path), 0o600);
    const { output } = await run(where, 'install codex --sandbox --yes');
    const backup = /Backup: (.*\.bak)$/m.exec(output)?.[1] ?? '';
    expect(backup).toMatch(/\.codex\/config\.toml\.\d{8}T\d{6}\.bak$/);
    expect(readFileSync(backup, 'utf8')).toBe(text);
    expect(statSync(backup).mode & 0o777).toBe(0o600);
  });

  it('of the same second does not replace another one', async () => {
    const where = home({ '.cursor/mcp.json': '{}' });
    const given = { now: () => 0 };
    await run(where, 'install cursor --sandbox --yes', { given });
    await run(where, 'install cursor --yes', { given });
    expect(where.files().filter((file) => file.endsWith('.bak'))).toEqual([
      '.cursor/mcp.json.19700101T000000-2.bak',
      '.cursor/mcp.json.19700101T000000.bak',
    ]);
  });
});

describe('links', () => {
  it('are written through', async () => {
    const where = home({ 'dotfiles/mcp.json': '{}' });
    mkdirSync(join(where.path, '.cursor'));
    symlinkSync('../dotfiles/mcp.json', join(where.path, '.cursor/mcp.json'));
    const { output } = await run(where, 'install cursor --sandbox --yes');
    expect(output).toContain(`(a link to ${where.path}/dotfiles/mcp.json)`);
    expect(lstatSync(join(where.path, '.cursor/mcp.json')).isSymbolicLink()).toBe(true);
    expect(where.read('dotfiles/mcp.json')).toContain('server.mjs');
  });
});

describe('a file that cannot be used stops the command, and nothing changes', () => {
  it.each<[name: string, client: string, prepare: (where: Home) => void, message: RegExp]>([
    [
      'a syntax error',
      'cursor',
      (where) => where.write('.cursor/mcp.json', '{\n "a" 1}'),
      /mcp\.json, line 2, column 6: the file is not JSON: a colon is missing.*Nothing was changed/,
    ],
    ['a list', 'cursor', (where) => where.write('.cursor/mcp.json', '[]'), /line 1, column 1: the file is a list/],
    [
      'a key twice',
      'cursor',
      (where) => where.write('.cursor/mcp.json', '{"mcpServers": {},\n"mcpServers": {}}'),
      /line 2, column 1: .*twice/,
    ],
    [
      'servers as a list',
      'cursor',
      (where) => where.write('.cursor/mcp.json', '{"mcpServers": []}'),
      /line 1, column 16: .*as a list/,
    ],
    [
      'no UTF-8',
      'cursor',
      (where) => where.write('.cursor/mcp.json', Buffer.from('{\n"a": "\xe9"}', 'latin1')),
      /line 2, column 1: the file is not UTF-8/,
    ],
    [
      'UTF-16',
      'cursor',
      (where) => where.write('.cursor/mcp.json', Buffer.from('\uFEFF{}', 'utf16le')),
      /the file is UTF-16/,
    ],
    [
      'a folder',
      'cursor',
      (where) => mkdirSync(join(where.path, '.cursor/mcp.json'), { recursive: true }),
      /is a folder, but must be a file/,
    ],
    ['read-only', 'cursor', (where) => chmodSync(where.write('.cursor/mcp.json', '{}'), 0o444), /is read-only/],
    [
      'a link to nothing',
      'cursor',
      (where) => {
        mkdirSync(join(where.path, '.cursor'));
        symlinkSync('gone.json', join(where.path, '.cursor/mcp.json'));
      },
      /is a link to a file that does not exist/,
    ],
    [
      'a link that leads to itself',
      'cursor',
      (where) => {
        mkdirSync(join(where.path, '.cursor'));
        symlinkSync('mcp.json', join(where.path, '.cursor/mcp.json'));
      },
      /ELOOP.*Remove the link\. Nothing was changed/,
    ],
    [
      'a file in the place of its folder',
      'cursor',
      (where) => where.write('.cursor', ''),
      /ENOTDIR.*Its folder is a file\. .*Nothing was changed/,
    ],
    [
      'JSON with many levels',
      'cursor',
      (where) => where.write('.cursor/mcp.json', `{"a":\n${'['.repeat(2_000)}${']'.repeat(2_000)}}`),
      /line 2, column 100: the file is nested more than 100 levels deep\. Nothing was changed/,
    ],
    [
      'TOML with many levels',
      'codex',
      (where) => where.write('.codex/config.toml', `[${'a.'.repeat(2_000)}b]\n`),
      /nested more than 100 levels deep\. Nothing was changed/,
    ],
    [
      'TOML with very many levels',
      'codex',
      (where) => where.write('.codex/config.toml', `a = ${'['.repeat(50_000)}${']'.repeat(50_000)}\n`),
      /Nothing was changed/,
    ],
    [
      'TOML with an error',
      'codex',
      (where) => where.write('.codex/config.toml', 'a = 1\nb = \n'),
      /config\.toml, line 2, column \d+: the file is not TOML/,
    ],
  ])('%s', async (_name, client, prepare, message) => {
    const where = home();
    prepare(where);
    const before = where.files().map((file) => [file, where.read(file)]);
    for (const command of ['install', 'uninstall']) {
      const { code, errors, output } = await run(where, `${command} ${client} --sandbox --yes`);
      expect({ code, output, errors }).toEqual({ code: 1, output: '', errors: expect.stringMatching(message) });
    }
    expect(where.files().map((file) => [file, where.read(file)])).toEqual(before);
  });

  it('one of two files: the other one does not change either', async () => {
    const where = home({ [CODE]: '{}', '.config/Code - Insiders/User/mcp.json': '{' });
    const { code, errors } = await run(where, 'install vscode --sandbox --yes');
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining('Insiders') });
    expect(where.read(CODE)).toBe('{}');
  });
});

it('both editions of VS Code get the entry', async () => {
  const where = home({ [CODE]: '{}', '.config/Code - Insiders/User/settings.json': '{}' });
  await run(where, 'install vscode --sandbox --yes');
  for (const edition of ['Code', 'Code - Insiders'])
    expect(JSON.parse(where.read(`.config/${edition}/User/mcp.json`)).servers).toHaveProperty('databricks-sandbox');
});

describe('another entry', () => {
  it('of the same name shows its change, and keeps the fields of the person', async () => {
    const where = home({
      '.cursor/mcp.json': `{"mcpServers": {"databricks-sandbox": {"command": "node", "args": ["/gone/server.mjs"], "env": {"A": "${SECRET}"}}}}`,
    });
    const { output } = await run(where, 'install cursor --sandbox --yes');
    expect(output).toContain('change the entry');
    expect(output).not.toContain(SECRET);
    expect(JSON.parse(where.read('.cursor/mcp.json')).mcpServers['databricks-sandbox']).toMatchObject({
      command: '/usr/bin/node',
      env: { A: SECRET },
    });
  });

  it.each([
    ['uninstall cursor --name git', /starts another program/],
    ['uninstall cursor', /has no entry "databricks-serving"\. Did you mean --name databricks-sandbox\?/],
  ])('%s stops', async (line, message) => {
    const where = home({
      '.cursor/mcp.json': '{"mcpServers": {"git": {"command": "uvx"}, "databricks-sandbox": {"command": "x"}}}',
    });
    const { code, errors } = await run(where, `${line} --yes`);
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringMatching(message) });
  });

  it.each<[name: string, entry: string]>([
    ['another program', '{"command": "npx", "args": ["gh", "--ro"], "env": {"A": "b"}, "cwd": "/c"}'],
    ['a folder of this server as an argument', '{"command": "npx", "args": ["files", "/x/databricks-serving-mcp"]}'],
    ['a remote server', '{"url": "https://example.com/mcp", "headers": {"X": "y"}}'],
    ['a remote server of Gemini', '{"httpUrl": "https://example.com/mcp"}'],
    ['a remote server by its type', '{"type": "http", "address": "https://example.com"}'],
  ])('stays when install would replace it: %s', async (_name, entry) => {
    for (const name of ['github', 'databricks-sandbox']) {
      const text = `{"mcpServers":{"${name}":${entry}}}`;
      const where = home({ '.claude.json': text });
      const { code, errors, output } = await run(where, `install claude-code --name ${name} --sandbox --yes`);
      expect({ code, output, errors }).toEqual({ code: 1, output: '', errors: expect.stringMatching(/add --name/) });
      expect([where.files(), where.read('.claude.json')]).toEqual([['.claude.json'], text]);
    }
  });

  it.each([
    '{"command": "/usr/bin/node", "args": ["/opt/databricks-serving-mcp/dist/server.mjs", "--profile", "x"]}',
    '{"command": "npx", "args": ["-y", "databricks-serving-mcp@1.0.0"]}',
    '{"command": "cmd", "args": ["/c", "npx", "-y", "@acme/databricks-serving-mcp"]}',
    '{"command": "C:\\\\bin\\\\databricks-serving-mcp.cmd"}',
    '{"command": "bash", "args": ["-lc", "node /x/databricks-serving-mcp/dist/server.mjs --sandbox"]}',
    '{"disabled": true}',
  ])('of this server under another name is changed: %s', async (entry) => {
    const where = home({ '.claude.json': `{"mcpServers":{"mine":${entry}}}` });
    expect(await run(where, 'install claude-code --name mine --sandbox --yes')).toMatchObject({ code: 0, errors: '' });
  });

  it('stays when uninstall finds nothing', async () => {
    const where = home({ '.cursor/mcp.json': '{"mcpServers": {"git": {"command": "uvx"}}}' });
    expect(await run(where, 'uninstall cursor')).toMatchObject({
      code: 0,
      output: expect.stringContaining('Nothing to do'),
    });
  });
});

describe('warns', () => {
  const NODE = '"command": "node", "args": ["/gone/server.mjs"';
  it.each<[name: string, entry: string, options: string, warning: RegExp]>([
    [
      'of guards that go',
      `{${NODE}, "--profile", "dev", "--read-only", "--no-query", "--toolsets=query", "--policy", "/p"]}`,
      '--sandbox',
      /^Warning: .*without --read-only, --no-query, --policy, --toolsets, --profile, .*another workspace.* add it to this command\.$/m,
    ],
    [
      'of another value',
      `{${NODE}, "--toolsets", "query"]}`,
      '--sandbox --toolsets observe',
      /another value of --toolsets/,
    ],
    ['of an entry that is off', `{${NODE}], "disabled": true}`, '--sandbox', /stays switched off \(disabled: true\)/],
    ['not of what stays', `{${NODE}, "--read-only"]}`, '--sandbox --read-only', /^(?![\s\S]*Warning)/],
    ['not of a switch that was off', `{${NODE}, "--read-only=false"]}`, '--sandbox', /^(?![\s\S]*Warning)/],
  ])('%s', async (_name, entry, options, warning) => {
    const where = home({ '.cursor/mcp.json': `{"mcpServers": {"databricks-sandbox": ${entry}}}` });
    const { code, output } = await run(where, `install cursor ${options} --yes`);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(warning) });
  });

  it('of an entry of Codex that is off, and of hard links', async () => {
    const where = home({ '.codex/config.toml': '[mcp_servers.databricks-sandbox]\nenabled = false\n' });
    linkSync(join(where.path, '.codex/config.toml'), join(where.path, 'other.toml'));
    const { output } = await run(where, 'install codex --sandbox --yes');
    expect(output).toMatch(/^Warning: .*stays switched off \(enabled: false\)/m);
    expect(output).toMatch(/^Warning: .*has 1 other name \(hard links\)\. They keep the old content\.$/m);
  });
});

it('reads a long text and many lines in one go', async () => {
  const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`k${index}`, 'word']));
  const text = JSON.stringify({ a: 'x1'.repeat(600_000), many, mcpServers: {} }, undefined, 1);
  const where = home({ '.claude.json': text });
  expect(await run(where, 'install claude-code --sandbox --yes')).toMatchObject({ code: 0, errors: '' });
  expect(await run(where, 'uninstall claude-code --sandbox --yes')).toMatchObject({ code: 0, errors: '' });
  expect(where.read('.claude.json') === text).toBe(true);
}, 30_000);

it.each(['a.b', '-x', '__proto__', 'a'.repeat(33)])('the name %j is refused', async (name) => {
  const { code, errors } = await run(home(), `install cursor --sandbox --yes --name=${name}`);
  expect({ code, errors }).toEqual({ code: 2, errors: expect.stringContaining('at most 32 letters') });
});

it('without a client, lists the clients with their state', async () => {
  const where = home({
    '.cursor/mcp.json': '{"mcpServers": {"databricks-serving": {"command": "x"}}}',
    '.codex/config.toml': 'a = ',
  });
  const { code, output } = await run(where, 'install');
  expect(code).toBe(0);
  expect(output).toMatch(/^ {2}cursor +found \(.*\.cursor\); has "databricks-serving" in /m);
  expect(output).toMatch(/^ {2}codex +found .*its file is broken/m);
  expect(output).toMatch(/^ {2}gemini +not found$/m);
});

it('says what to do next, with the doctor for the same workspace', async () => {
  const where = home({ '.databrickscfg': '[DEV]\nhost = https://dbc-1.cloud.databricks.com\n', '.codex/x': '' });
  const { output } = await run(where, 'install codex --profile DEV --read-only --yes');
  expect(output).toMatch(/^Next: Start Codex again/m);
  expect(output).toContain('doctor --profile DEV\n');
  expect(output).toContain('default_tools_approval_mode');
  expect(output).not.toContain('was not found on this machine');
});

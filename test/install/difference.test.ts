/** The difference that a person sees shows the change and no secret. */
import { structuredPatch } from 'diff';
import { describe, expect, it } from 'vitest';
import { clientOf } from '../../src/install/clients.ts';
import { difference } from '../../src/install/difference.ts';
import { withEntry } from '../../src/install/entries.ts';

const RUN = { command: 'node', args: ['/opt/server.mjs', '--profile', 'DEV'] };
const OWN = { script: '/opt/server.mjs' };
const NAME = 'databricks-serving';

function shown(client: Parameters<typeof clientOf>[0], text: string): string {
  const found = clientOf(client);
  return difference({ client: found, path: '/c', name: NAME, own: OWN }, text, withEntry(found, text, NAME, RUN));
}

it('has the lines around the change, with their numbers', () => {
  expect(shown('gemini', '{\n  // mine\n  "theme": "dark",\n  "mcpServers": {\n    "git": {}\n  }\n}\n')).toBe(
    [
      '--- /c',
      '+++ /c',
      '@@ -2,6 +2,14 @@',
      '   // …',
      '   "theme": …,',
      '   "mcpServers": {',
      '-    "git": {}',
      '+    "git": {},',
      `+    "${NAME}": {`,
      '+      "command": "node",',
      '+      "args": [',
      '+        "/opt/server.mjs",',
      '+        "--profile",',
      '+        "DEV"',
      '+      ]',
      '+    }',
      '   }',
      ' }',
    ].join('\n'),
  );
});

/** Every text, number and name with this word is hidden. */
const SECRET = /hush|4711/;

describe('hides', () => {
  const json = (servers: string, rest = '') => `{\n${rest}  "mcpServers": {\n    ${servers}\n  }\n}\n`;
  const ours = (entry: string) => json(`"${NAME}": {${entry}}`);
  const own = '"command": "node", "args": ["/opt/server.mjs"';
  const toml = (fields: string) => `[mcp_servers.a]\n${fields}\n`;
  const table = (fields: string) => `[mcp_servers.${NAME}]\n${fields}\n`;
  it.each<[name: string, client: Parameters<typeof clientOf>[0], text: string]>([
    ['variables', 'cursor', json('"a": {"env": {"REGION": "hush-1", "PIN": 4711}}')],
    ['headers', 'cursor', json('"a": {"url": "https://x", "headers": {"X-Mine": "hush-1"}}')],
    ['arguments of other servers', 'cursor', json('"a": {"command": "x", "args": ["--key", "hush-1"]}')],
    ['commands of other servers', 'cursor', json('"a": {"command": "hush-1"}')],
    ['addresses of other servers', 'cursor', json('"a": {"url": "https://x/hush-1/mcp"}')],
    ['names in fields of other servers', 'cursor', json('"a": {"x": {"y": {"hush-1": 1}}}')],
    ['variables of this entry', 'cursor', ours(`${own}], "env": {"A": "hush-1", "PIN": 4711}`)],
    ['a field of this entry', 'cursor', ours(`${own}], "clientId": "hush-1", "pin": 4711, "cwd": "/hush"`)],
    ['an address in this entry', 'cursor', ours('"url": "https://h/hush-1/mcp"')],
    ['another type of this entry', 'cursor', ours(`${own}], "type": "hush"`)],
    ['a command of words', 'cursor', ours('"command": "A=hush /x/databricks-serving-mcp", "args": []')],
    ['words before node', 'cursor', ours('"command": "PASS=hush /bin/node", "args": ["/opt/server.mjs"]')],
    ['another program of this entry', 'cursor', ours('"command": "npx", "args": ["x", "--profile", "hush"]')],
    ['arguments that are no options', 'cursor', ours(`${own}, "--profile", "a", "hush"]`)],
    ['unknown options', 'cursor', ours(`${own}, "--header", "X: hush-1", "--key=hush"]`)],
    ['a host with a password', 'cursor', ours(`${own}, "--host", "https://u:hush@h"]`)],
    ['a host with a query', 'cursor', ours(`${own}, "--host=https://h/?x=hush"]`)],
    ['a line for a shell', 'cursor', ours('"command": "sh", "args": ["-c", "T=hush node /opt/server.mjs"]')],
    ['options of node', 'cursor', ours('"command": "node", "args": ["--x=hush", "/opt/server.mjs"]')],
    ['values elsewhere', 'claude-code', json('"a": {}', '  "theme": "hush-1",\n  "pin": 4711,\n')],
    ['values in the same line', 'claude-code', '{"a":"hush-1","mcpServers":{}}'],
    ['values of a line without line ends', 'claude-code', '{"mcpServers":{"a":{}},"x":"hush-1"}'],
    ['accounts and projects', 'claude-code', json('"a": {}', '  "projects": {"/hush/x": {"y": ["hush"]}},\n')],
    ['names that are tokens', 'claude-code', json('"a": {}', '  "dapi0123456789abcdef0123456789hush": 1,\n')],
    ['comments', 'cursor', json('// "env": {"FOO": "hush-1"}\n    "a": {} // hush')],
    ['comments of several lines', 'cursor', json('/* "url":\n "https://x/hush/mcp" */ "a": {} /* hush */')],
    ['comments in lists of this entry', 'cursor', ours(`${own}, // hush\n /* hush */ "--sandbox"]`)],
    ['variables in TOML', 'codex', toml('command = "x"\nenv = { REGION = "hush-1", PIN = 4711 }')],
    ['a table of variables in TOML', 'codex', '[mcp_servers.a.env]\nREGION = "hush-1"\nPIN = 4711\n'],
    ['headers in TOML', 'codex', toml('url = "https://x/hush"\nhttp_headers = { "X-Mine" = "hush-1" }')],
    ['texts of several lines in TOML', 'codex', '[mcp_servers.a.env]\nREGION = """\nhush-1\n"""\n'],
    ['lists of several lines in TOML', 'codex', toml('args = [\n  "hush-1", # hush\n  4711,\n]')],
    ['values elsewhere in TOML', 'codex', 'api_key = "hush-1"\nmodel = "hush"\n'],
    ['projects in TOML', 'codex', '[projects."/hush/x"]\ntrust_level = "hush"\n'],
    ['comments in TOML', 'codex', '[mcp_servers.a] # hush\n# FOO = "hush"\ncommand = "x" # hush\n'],
    ['an address of this entry in TOML', 'codex', table('url = "https://x/hush/mcp"')],
    ['other arguments of this entry in TOML', 'codex', table('command = "node"\nargs = ["/opt/server.mjs", "hush"]')],
    ['variables of this entry in TOML', 'codex', table(`command = "node"\nargs = []\nenv.A = "hush"\nenv.PIN = 4711`)],
    ['approvals that are none in TOML', 'codex', table('command = "x"\ndefault_tools_approval_mode = "hush"')],
  ])('%s', (_name, client, text) => {
    expect(text).toMatch(SECRET);
    const visible = shown(client, text);
    expect(visible).not.toMatch(SECRET);
    expect(visible).toContain('…');
    // What we write stays readable.
    expect(visible).toMatch(/^\+.*"--profile"/m);
    expect(visible).toContain('"DEV"');
    expect(visible).toContain('/opt/server.mjs');
  });
});

it.each([
  '"command": "npx", "args": ["-y", "databricks-serving-mcp@1.0.0", "--read-only", "--toolsets=query", "--host", "https://h.example.com/?o=12"]',
  '"command": "C:\\\\Program Files\\\\nodejs\\\\node.exe", "args": ["/gone/server.mjs", "--sandbox"]',
  '"command": "cmd", "args": ["/c", "npx", "-y", "databricks-serving-mcp@1.0.0"]',
  '"type": "stdio", "disabled": true, "command": "/x/databricks-serving-mcp", "args": ["--policy", "/x y/rules.json"]',
])('shows an entry of this server: %s', (entry) => {
  const text = `{"mcpServers": {"${NAME}": {${entry}}}}\n`;
  const subject = { client: clientOf('cursor'), path: '/c', name: NAME, own: OWN };
  expect(difference(subject, text, '{}\n')).toContain(`-${text}`);
});

it('shows no control characters of the file', () => {
  expect(shown('cursor', '{"mcpServers": {"a\u009b31m": {}}}')).not.toMatch(/\u009b/);
});

it('shows the entry alone when the file is one long line', () => {
  const others = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`git${index}`, { command: 'x' }]));
  const visible = shown('claude-desktop', JSON.stringify({ mcpServers: others }));
  expect(visible).not.toContain('git1');
  expect(visible).toContain(`+  "${NAME}": {`);
});

it('cuts long lines around the change, and a change of many lines', () => {
  const line = JSON.stringify(Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, {}])));
  const visible = shown('cursor', `{"mcpServers": {\n"a": ${line}\n,\n"b": {}\n}}\n`);
  expect(Math.max(...visible.split('\n').map(({ length }) => length))).toBeLessThan(310);
  const env = JSON.stringify(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`K${index}`, ''])), null, 1);
  const subject = { client: clientOf('cursor'), path: '/c', name: NAME, own: OWN };
  const removed = difference(subject, `{"mcpServers": {"${NAME}": {"env": ${env}}}}\n`, '{}\n').split('\n');
  expect(removed).toHaveLength(203);
  expect(removed.at(-1)).toMatch(/^… \(\d+ more lines\)$/);
});

it.each([0, 1, 3, 4, 50])('counts the lines of the whole file: %i around the change', (count) => {
  const around = (name: string) => Array.from({ length: count }, (_, index) => `"${name}${index}": 1,\n`).join('');
  const text = (servers: string) => `{\n${around('a')}"mcpServers": ${servers},\n${around('b')}"z": 1\n}\n`;
  const subject = { client: clientOf('cursor'), path: '/c', name: NAME, own: OWN };
  const [before, after] = [text('{}'), text('{\n"x": {}\n}')];
  const heads = structuredPatch('', '', before, after, '', '', { context: 3 }).hunks.map(
    ({ oldStart, oldLines, newStart, newLines }) => `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
  );
  expect(difference(subject, before, after).match(/^@@.*$/gm)).toEqual(heads);
});

it('of a file that is new, or goes, has the headers of a patch', () => {
  const subject = { client: clientOf('cursor'), path: '/c', name: NAME, own: OWN };
  expect(difference(subject, undefined, '{}\n')).toBe('--- /dev/null\n+++ /c\n@@ -0,0 +1,1 @@\n+{}');
  expect(difference(subject, '{}\n', undefined)).toBe('--- /c\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-{}');
});

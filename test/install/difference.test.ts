/** The difference that a person sees shows the change and no secret. */
import { describe, expect, it } from 'vitest';
import { clientOf } from '../../src/install/clients.ts';
import { difference } from '../../src/install/difference.ts';
import { withEntry } from '../../src/install/entries.ts';

const RUN = { command: 'node', args: ['/opt/server.mjs', '--profile', 'DEV'] };
const NAME = 'databricks-serving';

function shown(client: Parameters<typeof clientOf>[0], text: string): string {
  const found = clientOf(client);
  return difference(found, '/c', NAME, text, withEntry(found, text, NAME, RUN));
}

it('has the lines around the change, with their numbers', () => {
  expect(shown('gemini', '{\n  // mine\n  "theme": "dark",\n  "mcpServers": {\n    "git": {}\n  }\n}\n')).toBe(
    [
      '--- /c',
      '+++ /c',
      '@@ -2,6 +2,14 @@',
      '   // mine',
      '   "theme": "dark",',
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

describe('hides', () => {
  const json = (servers: string, rest = '') => `{\n${rest}  "mcpServers": {\n    ${servers}\n  }\n}\n`;
  it.each<[name: string, client: Parameters<typeof clientOf>[0], text: string, secret: string]>([
    ['variables with harmless names', 'cursor', json('"a": {"env": {"REGION": "hush-1"}}'), 'hush-1'],
    ['headers', 'cursor', json('"a": {"url": "https://x", "headers": {"X-Mine": "hush-1"}}'), 'hush-1'],
    ['arguments of other servers', 'cursor', json('"a": {"command": "x", "args": ["--key", "hush-1"]}'), 'hush-1'],
    [
      'addresses of other servers, which may hold a key',
      'cursor',
      json('"a": {"url": "https://x/hush-1/mcp"}'),
      'hush-1',
    ],
    [
      'variables that a person added to this entry',
      'cursor',
      json(`"${NAME}": {"command": "x", "args": [], "env": {"A": "hush-1"}}`),
      'hush-1',
    ],
    ['secret fields elsewhere', 'claude-code', json('"a": {}', '  "apiKey": "hush-1",\n'), 'hush-1'],
    [
      'accounts and projects',
      'claude-code',
      json('"a": {}', '  "oauthAccount": {"emailAddress": "hush-1@x"},\n'),
      'hush-1',
    ],
    ['random texts elsewhere', 'claude-code', json('"a": {}', '  "seen": ["q8Zr2LmT9xWv4KpB"],\n'), 'q8Zr2LmT9xWv4KpB'],
    ['tokens in comments', 'cursor', json('"a": {} // dapi0123456789abcdef0123456789abcdef'), 'dapi0123'],
    ['variables in TOML', 'codex', '[mcp_servers.a]\ncommand = "x"\nenv = { REGION = "hush-1" }\n', 'hush-1'],
    ['a table of variables in TOML', 'codex', '[mcp_servers.a.env]\nREGION = "hush-1"\n', 'hush-1'],
    [
      'headers in TOML',
      'codex',
      '[mcp_servers.a]\nurl = "https://x"\nhttp_headers = { "X-Mine" = "hush-1" }\n',
      'hush-1',
    ],
    ['texts of several lines in TOML', 'codex', '[mcp_servers.a.env]\nREGION = """\nhush-1\n"""\n', 'hush-1'],
    ['secret fields elsewhere in TOML', 'codex', 'api_key = "hush-1"\n', 'hush-1'],
  ])('%s', (_name, client, text, secret) => {
    expect(text).toContain(secret);
    const visible = shown(client, text);
    expect(visible).not.toContain(secret);
    expect(visible).toContain('***');
    expect(visible).toContain('--profile');
  });
});

it('shows no control characters of the file', () => {
  expect(shown('cursor', '{"mcpServers": {"a\u009b31m": {}}}')).not.toMatch(/\u009b/);
});

it('shows the entry alone when the file is one long line', () => {
  const visible = shown('claude-desktop', JSON.stringify({ note: 'word '.repeat(200), mcpServers: { git: {} } }));
  expect(visible).not.toContain('word');
  expect(visible).toContain(`+  "${NAME}": {`);
});

/** Edits of the clients' files keep every byte that they do not mean, and say where a broken file is broken. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLIENTS, type Client, clientOf } from '../../src/install/clients.ts';
import { entriesIn, withEntry, withoutEntry } from '../../src/install/entries.ts';
import { FileProblem } from '../../src/install/problem.ts';

const RUN = { command: '/usr/bin/node', args: ['/opt/server.mjs', '--profile', 'DEV'] };
const NAME = 'databricks-serving';

const OTHER = (root: string) => `{
  "${root}": {
    "git": { "command": "uvx", "args": ["git"], "env": { "GIT_TOKEN": "made-up" } }
  }
}
`;

/** Realistic files, in which install and then uninstall leave no trace even without a backup. */
const JSON_FILES: [name: string, text: (root: string) => string, needs?: 'comments' | 'commas'][] = [
  ['two spaces', OTHER],
  ['tabs', (root) => OTHER(root).replaceAll('  ', '\t')],
  ['CRLF', (root) => OTHER(root).replaceAll('\n', '\r\n')],
  ['a byte order mark', (root) => `\uFEFF${OTHER(root)}`],
  ['no line end at the end', (root) => OTHER(root).trimEnd()],
  ['one line', (root) => `{"theme":"dark","${root}":{"git":{"command":"uvx"}}}`],
  ['one line with spaces', (root) => `{ "${root}": { "git": { "command": "uvx" } } }`],
  ['no servers yet', () => '{\n    "theme": "dark",\n    "list": [1, 2]\n}\n'],
  [
    'a comment after the last entry',
    (root) => `// mine\n{\n  "${root}": {\n    "git": {} // keep\n    /* end */\n  }\n}\n`,
    'comments',
  ],
  ['a line comment after an entry in a line', (root) => `{ "${root}": { "git": {} // keep\n  }\n}\n`, 'comments'],
  ['a line comment behind another comment', (root) => `{ "${root}": { "git": {} /* a */ // keep\n  }\n}\n`, 'comments'],
  ['a trailing comma', (root) => `{\n  "${root}": {\n    "git": {},\n  },\n}\n`, 'commas'],
  ['a trailing comma before a comment', (root) => `{\n  "${root}": {\n    "git": {}, // keep\n  },\n}\n`, 'commas'],
];

const TOML_FILES: [name: string, text: string][] = [
  [
    'other servers',
    'model = "o" # mine\n\n[mcp_servers.git]\ncommand = "uvx"\nargs = [\n  "git", # [x]\n]\nenv = { T = "made-up" }\n',
  ],
  ['no line end at the end', '[mcp_servers.git]\ncommand = "uvx"'],
  ['CRLF', '# mine\r\nmodel = "o"\r\n\r\n[a."b.c"]\r\nd = 1\r\n'],
  ['a byte order mark', '\uFEFFmodel = "o"\n'],
  [
    'headers in texts',
    'notes = """\n[mcp_servers.databricks-serving]\ncommand = "no"\n"""\n[x]\ny = \'\'\'\n[z]\'\'\'\n',
  ],
  ['arrays of tables and dates', '[[p]]\na = 1979-05-27T07:32:00Z\n[[p]]\nb = [[1, 2], ["]"]]\n\n\n'],
  ['only comments', '# nothing yet\n'],
  ['an empty line', '\n'],
];

const jsonClients = CLIENTS.filter(({ format }) => format.syntax === 'json');

describe('install and uninstall', () => {
  const cases = jsonClients.flatMap((client) =>
    JSON_FILES.filter(([, , needs]) => {
      const { format } = client;
      if (format.syntax !== 'json' || needs === undefined) return true;
      return needs === 'comments' ? format.comments : format.comments && format.trailingCommas;
    }).map(([name, text]) => [client.name, name, client, text(client.rootKey)] as const),
  );

  it.each(cases)('leave a file of %s as it was: %s', (_client, _name, client, text) => {
    const installed = withEntry(client, text, NAME, RUN);
    expect(entriesIn(client, installed).get(NAME)).toMatchObject(RUN);
    expect([...entriesIn(client, installed)].filter(([name]) => name !== NAME)).toEqual([...entriesIn(client, text)]);
    expect(withoutEntry(client, installed, NAME)).toBe(text);
  });

  it.each(TOML_FILES)('leave a file of Codex as it was: %s', (_name, text) => {
    const codex = clientOf('codex');
    const installed = withEntry(codex, text, NAME, RUN);
    expect(entriesIn(codex, installed).get(NAME)).toMatchObject(RUN);
    expect(withoutEntry(codex, installed, NAME)).toBe(text);
  });

  it.each(CLIENTS.map((client) => [client.name, client] as const))(
    'twice change nothing the second time: %s',
    (_n, client) => {
      const once = withEntry(client, '', NAME, RUN);
      expect(withEntry(client, once, NAME, RUN)).toBe(once);
    },
  );

  const word = fc.string({
    unit: fc.constantFrom('a', 'b', '"', '\\', '[', '#', '/', '\n', 'é', '{', ','),
    maxLength: 8,
  });
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      word,
      fc.integer(),
      fc.boolean(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(word, tie('value'), { maxKeys: 3 }),
    ),
  })).value;
  const entry = fc.dictionary(fc.constantFrom('command', 'args', 'env', 'x'), value, { maxKeys: 3 });
  const servers = fc.dictionary(word, entry, { minKeys: 1, maxKeys: 3 });

  it('are inverse for every JSON file with a server, and leave the others alone', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...jsonClients),
        servers,
        fc.dictionary(word, value, { maxKeys: 3 }),
        fc.constantFrom('', '  ', '\t'),
        fc.constantFrom('\n', '\r\n'),
        fc.array(fc.string({ maxLength: 6 }), { maxLength: 3 }),
        (client, others, rest, indent, eol, args) => {
          const text = JSON.stringify({ ...rest, [client.rootKey]: others, last: 1 }, undefined, indent).replaceAll(
            '\n',
            eol,
          );
          const installed = withEntry(client, text, NAME, { command: 'node', args });
          const entries = entriesIn(client, installed);
          expect(entries.get(NAME)).toMatchObject({ command: 'node', args });
          entries.delete(NAME);
          expect([...entries]).toEqual([...entriesIn(client, text)]);
          expect(withoutEntry(client, installed, NAME)).toBe(text);
        },
      ),
    );
  });

  it('are inverse wherever comments, blanks and trailing commas are', () => {
    const client = clientOf('vscode');
    const filler = fc.constantFrom('', ' ', '\n\t', '  \r\n  ', '/* c */', ' // x\n', '\n  // y, {\n  ', '/* a\nb */ ');
    const values = fc.constantFrom('"a,}"', '{}', '[1, /* x */ 2,]', '{"k": "v", // q\n}');
    const members = fc.array(fc.tuple(filler, filler, values, filler), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        members,
        filler,
        fc.constantFrom('', ','),
        filler,
        fc.boolean(),
        (parts, tail, comma, around, hasRoot) => {
          const inside =
            parts.map(([a, b, c, d], index) => `${a}"s${index}":${b}{"v": ${c}}${d}`).join(',') + comma + tail;
          const text = hasRoot ? `${around}{"servers":${around}{${inside}}${around}}` : `${around}{${inside}}${around}`;
          const installed = withEntry(client, text, NAME, RUN);
          expect(entriesIn(client, installed).get(NAME)).toMatchObject(RUN);
          expect(withoutEntry(client, installed, NAME)).toBe(text);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are inverse for every TOML file that is made of these lines', () => {
    const codex = clientOf('codex');
    const lines = fc.constantFrom(
      '',
      '# c',
      '[mcp_servers.other]',
      '[t]',
      'a = 1',
      'b = "#["',
      "c = '''\n[x]\n'''",
      'd = [\n"]",\n]',
      '[mcp_servers.o.env]',
      'K = "made-up"',
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(lines, { maxLength: 9 }),
        fc.constantFrom('', '\n'),
        fc.constantFrom('\n', '\r\n'),
        (chosen, end, eol) => {
          const text = (chosen.join('\n') + end).replaceAll('\n', eol);
          const installed = withEntry(codex, text, NAME, RUN);
          expect(withoutEntry(codex, installed, NAME)).toBe(text);
        },
      ),
    );
  });
});

describe('an entry of the same name', () => {
  it.each(jsonClients.map((client) => [client.name, client] as const))(
    'keeps what a person added: %s',
    (_name, client) => {
      const text = `{"${client.rootKey}": {"${NAME}": {"args": ["old"], "env": {"A": "b"}, "command": "x"}}}`;
      const { fields } = client;
      expect(entriesIn(client, withEntry(client, text, NAME, RUN)).get(NAME)).toEqual({
        ...fields,
        ...RUN,
        env: { A: 'b' },
      });
    },
  );

  it('keeps the approval that a person chose for Codex', () => {
    const codex = clientOf('codex');
    const text = `[mcp_servers.${NAME}]\n# mine\ncommand = "old"\ndefault_tools_approval_mode = "prompt"\n[mcp_servers.${NAME}.env]\nA = "b"\n`;
    expect(withEntry(codex, text, NAME, RUN)).toBe(
      `[mcp_servers.${NAME}]\n# mine\ncommand = "/usr/bin/node"\ndefault_tools_approval_mode = "prompt"\nargs = ["/opt/server.mjs", "--profile", "DEV"]\nstartup_timeout_sec = 30\ntool_timeout_sec = 300\n[mcp_servers.${NAME}.env]\nA = "b"\n`,
    );
  });

  it.each(CLIENTS.map((client) => [client.name, client] as const))(
    'replaces a remote server whole: %s',
    (_name, client) => {
      const url = 'https://example.com/mcp';
      const toml = client.format.syntax === 'toml';
      const text = toml
        ? `[mcp_servers.${NAME}]\nurl = "${url}"\n`
        : `{"${client.rootKey}": {"${NAME}": {"url": "${url}"}}}`;
      expect(entriesIn(client, withEntry(client, text, NAME, RUN)).get(NAME)).toEqual({
        ...client.defaults,
        ...client.fields,
        ...RUN,
      });
    },
  );
});

describe('a new file', () => {
  const json = (root: string, type: string) =>
    `{\n  "${root}": {\n    "${NAME}": {\n${type}      "command": "/usr/bin/node",\n      "args": [\n        "/opt/server.mjs",\n        "--profile",\n        "DEV"\n      ]\n    }\n  }\n}\n`;
  const stdio = '      "type": "stdio",\n';
  it.each<[Client['name'], string]>([
    ['claude-desktop', json('mcpServers', '')],
    ['claude-code', json('mcpServers', stdio)],
    ['cursor', json('mcpServers', stdio)],
    ['vscode', json('servers', stdio)],
    ['gemini', json('mcpServers', '')],
  ])('%s', (name, text) => {
    expect(withEntry(clientOf(name), '', NAME, RUN)).toBe(text);
  });
});

it('Codex gets its approval mode with the reason', () => {
  expect(withEntry(clientOf('codex'), '', NAME, RUN)).toMatch(
    /# Without this, `codex exec` refuses.*\n# .*\ndefault_tools_approval_mode = "approve"\n/,
  );
});

describe('a broken file is refused with its place', () => {
  it.each<[name: string, client: Client['name'], text: string, message: RegExp, place: [number, number] | undefined]>([
    ['cut off', 'cursor', '{\n  "mcpServers": {', /ends too early/, [2, 18]],
    ['a comma is missing', 'cursor', '{\n  "a": 1\n  "b": 2\n}', /comma is missing/, [3, 3]],
    ['a comment where the client reads none', 'claude-desktop', '{\n  // mine\n}', /comment/, [2, 3]],
    ['a trailing comma where the client reads none', 'gemini', '{\n  "a": 1,\n}', /comma before }/, [3, 1]],
    ['brackets without end', 'cursor', '['.repeat(200_000), /nested more than 100 levels/, [1, 101]],
    ['a list', 'claude-code', '[]', /is a list, but must be an object/, [1, 1]],
    ['a text', 'claude-code', '"x"', /is a text/, [1, 1]],
    ['a line end in a text', 'claude-code', '{"a": "x\n"}', /no closing quote/, [1, 7]],
    [
      'a key twice',
      'vscode',
      '{\n  "servers": {},\n  "servers": {}\n}',
      /key "servers" twice \(first in line 2\)/,
      [3, 3],
    ],
    ['servers as a list', 'claude-desktop', '{"mcpServers": []}', /"mcpServers" as a list/, [1, 16]],
    ['servers as null', 'claude-desktop', '{"mcpServers": null}', /"mcpServers" as null/, [1, 16]],
    ['an entry that is none', 'claude-desktop', '{"mcpServers": {"a": 1}}', /"mcpServers\.a" as a number/, [1, 22]],
    ['behind a byte order mark', 'claude-code', '\uFEFF{,}', /is unexpected/, [1, 2]],
    ['TOML', 'codex', 'a = 1\nb == 2\n', /is not TOML/, [2, 4]],
    ['TOML with a table twice', 'codex', '[a]\n[a]\n', /is not TOML/, [2, 2]],
    ['TOML with another kind', 'codex', 'mcp_servers = 3\n', /"mcp_servers" as a number/, undefined],
    ['TOML in one line', 'codex', `mcp_servers = { git = { command = "uvx" } }\n`, /cannot be edited/, undefined],
  ])('%s', (_name, name, text, message, place) => {
    const problem = problemOf(() => withEntry(clientOf(name), text, NAME, RUN));
    expect(problem.message).toMatch(message);
    expect(problem.line === undefined ? undefined : [problem.line, problem.column]).toEqual(place);
  });

  it('and no word of the file is in the message', () => {
    const problem = problemOf(() => withEntry(clientOf('codex'), 'token = dapi0123456789\n', NAME, RUN));
    expect(problem.message).not.toContain('dapi');
  });
});

function problemOf(run: () => unknown): FileProblem {
  try {
    run();
  } catch (error) {
    if (error instanceof FileProblem) return error;
    throw error;
  }
  throw new Error('accepted');
}

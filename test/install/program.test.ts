/** What an entry starts: a place that lasts, on each platform. */
import { describe, expect, it } from 'vitest';
import { ownCommand, programOf, type Started } from '../../src/install/program.ts';
import { Stop } from '../../src/install/stop.ts';

const CACHE = '/home/ana/.npm/_npx/1a2b';
const WINDOWS_CACHE = 'C:\\Users\\ana\\AppData\\Local\\npm-cache\\_npx\\1a2b';

function started(given: Partial<Started> & { files?: Record<string, unknown> }): Started {
  const { files = {}, ...rest } = given;
  return {
    platform: 'linux',
    node: '/usr/bin/node',
    started: '/opt/databricks-serving-mcp/dist/server.mjs',
    script: '/opt/databricks-serving-mcp/dist/server.mjs',
    command: 'databricks-serving-mcp',
    version: '1.2.3',
    readText: (path) => (path in files ? JSON.stringify(files[path]) : undefined),
    real: () => undefined,
    ...rest,
  };
}

/** A run from the cache of npx, as npx 11 records it. */
const cached = (spec: string, name = 'databricks-serving-mcp'): Started =>
  started({
    script: `${CACHE}/node_modules/${name}/dist/server.mjs`,
    files: {
      [`${CACHE}/package.json`]: { dependencies: { [name]: spec }, _npx: { packages: [spec] } },
      [`${CACHE}/node_modules/${name}/package.json`]: { name, version: '1.2.3' },
    },
  });

describe('the program of an entry', () => {
  it.each<[name: string, started: Started, command: string, args: string[]]>([
    ['a clone', started({}), '/usr/bin/node', ['/opt/databricks-serving-mcp/dist/server.mjs']],
    [
      'a global installation on Windows',
      started({
        platform: 'win32',
        node: 'C:\\Program Files\\nodejs\\node.exe',
        script: 'C:\\Users\\ana\\AppData\\Roaming\\npm\\node_modules\\databricks-serving-mcp\\dist\\server.mjs',
      }),
      'C:\\Program Files\\nodejs\\node.exe',
      ['C:\\Users\\ana\\AppData\\Roaming\\npm\\node_modules\\databricks-serving-mcp\\dist\\server.mjs'],
    ],
    ['npx with a version', cached('databricks-serving-mcp@1.2.3'), 'npx', ['-y', 'databricks-serving-mcp@1.2.3']],
    ['npx without a version', cached('databricks-serving-mcp'), 'npx', ['-y', 'databricks-serving-mcp@1.2.3']],
    ['npx with a range', cached('^1.0.0'), 'npx', ['-y', 'databricks-serving-mcp@1.2.3']],
    ['npx with a scope', cached('@acme/serving@latest', '@acme/serving'), 'npx', ['-y', '@acme/serving@1.2.3']],
    [
      'npx without a record',
      started({ script: `${CACHE}/node_modules/databricks-serving-mcp/dist/server.mjs` }),
      'npx',
      ['-y', 'databricks-serving-mcp@1.2.3'],
    ],
    [
      'npx on Windows: a client cannot start a batch file',
      started({
        platform: 'win32',
        script: `${WINDOWS_CACHE}\\node_modules\\databricks-serving-mcp\\dist\\server.mjs`,
        files: { [`${WINDOWS_CACHE}\\package.json`]: { _npx: { packages: ['databricks-serving-mcp'] } } },
      }),
      'cmd',
      ['/c', 'npx', '-y', 'databricks-serving-mcp@1.2.3'],
    ],
    [
      'Homebrew: its link outlives the next update',
      started({
        node: '/opt/homebrew/Cellar/node/24.1.0/bin/node',
        real: () => '/opt/homebrew/Cellar/node/24.1.0/bin/node',
      }),
      '/opt/homebrew/bin/node',
      ['/opt/databricks-serving-mcp/dist/server.mjs'],
    ],
    [
      'Homebrew, with another Node as the current one',
      started({
        node: '/opt/homebrew/Cellar/node@22/22.1.0/bin/node',
        real: () => '/opt/homebrew/Cellar/node/24.1.0/bin/node',
      }),
      '/opt/homebrew/Cellar/node@22/22.1.0/bin/node',
      ['/opt/databricks-serving-mcp/dist/server.mjs'],
    ],
  ])('%s', (_name, given, command, args) => {
    expect(programOf(given)).toEqual({ command, args });
  });

  it.each<[name: string, started: Started, message: RegExp]>([
    [
      'npx with a file',
      cached('./databricks-serving-mcp-1.2.3.tgz'),
      /npm install --global \.\/databricks-serving-mcp-1\.2\.3\.tgz/,
    ],
    ['npx with an address', cached('https://example.com/a.tgz'), /npm install --global https:\/\/example\.com\/a\.tgz/],
    ['npx with a repository', cached('github:acme/serving'), /npm install --global github:acme\/serving/],
    ['npx with a folder', cached('..'), /npm install --global \.\./],
    [
      'pnpm dlx',
      started({ script: '/home/ana/.cache/pnpm/dlx/x/1/node_modules/databricks-serving-mcp/dist/server.mjs' }),
      /package manager removes/,
    ],
    [
      'bunx',
      started({
        script: '/tmp/bunx-501-databricks-serving-mcp@latest/node_modules/databricks-serving-mcp/dist/server.mjs',
      }),
      /package manager removes/,
    ],
    ['the sources', started({ script: '/opt/databricks-serving-mcp/src/main.ts' }), /npm run build/],
  ])('is refused for %s, with what to do', (_name, given, message) => {
    expect(() => programOf(given)).toThrow(Stop);
    expect(() => programOf(given)).toThrow(message);
  });
});

const NAME = 'databricks-serving-mcp';
it.each<[name: string, started: string, file: string, line: string]>([
  ['a clone', '/a/dist/server.mjs', '/a/dist/server.mjs', 'node /a/dist/server.mjs'],
  ['a clone in a folder with a blank', '/a b/dist/server.mjs', '/a b/dist/server.mjs', 'node "/a b/dist/server.mjs"'],
  ['a global command', `/usr/bin/${NAME}`, `/usr/lib/node_modules/${NAME}/dist/server.mjs`, NAME],
  ['a command of a project', `/p/node_modules/.bin/${NAME}`, `/p/node_modules/${NAME}/dist/server.mjs`, `npx ${NAME}`],
  [
    'npx',
    `${CACHE}/node_modules/.bin/${NAME}`,
    `${CACHE}/node_modules/${NAME}/dist/server.mjs`,
    `npx -y ${NAME}@1.2.3`,
  ],
  [
    'npx with a scope',
    `${CACHE}/node_modules/.bin/${NAME}`,
    `${CACHE}/node_modules/@acme/serving/dist/server.mjs`,
    'npx -y @acme/serving@1.2.3',
  ],
  [
    'npx with a scope on Windows',
    `${WINDOWS_CACHE}\\node_modules\\@acme\\serving\\dist\\server.mjs`,
    `${WINDOWS_CACHE}\\node_modules\\@acme\\serving\\dist\\server.mjs`,
    'npx -y @acme/serving@1.2.3',
  ],
])('a person starts the program again as before: %s', (_name, path, script, line) => {
  expect(ownCommand(started({ started: path, script }), ['doctor', '--policy', '/a b'])).toBe(
    `${line} doctor --policy "/a b"`,
  );
});

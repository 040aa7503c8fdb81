/** Where each client keeps its configuration, on each platform. */
import { describe, expect, it } from 'vitest';
import { CLIENTS, clientOf, filesOf, type Machine } from '../../src/install/clients.ts';
import type { CLIENTS as NAMES } from '../../src/options.ts';

const HOMES = { linux: '/home/ana', darwin: '/Users/ana', win32: 'C:\\Users\\ana' };

function machine(platform: keyof typeof HOMES, given: Partial<Machine> & { files?: string[] } = {}): Machine {
  const { files = [], ...rest } = given;
  return {
    platform,
    env: {},
    home: HOMES[platform],
    cwd: platform === 'win32' ? 'D:\\models\\churn' : '/srv/churn',
    exists: (path) =>
      files.some((file) => file === path || file.startsWith(`${path}/`) || file.startsWith(`${path}\\`)),
    list: (folder) => [
      ...new Set(
        files
          .filter((file) => file.startsWith(`${folder}\\`))
          .map((file) => file.slice(folder.length + 1).split('\\')[0] ?? ''),
      ),
    ],
    ...rest,
  };
}

describe('the user file', () => {
  const C = 'C:\\Users\\ana\\AppData';
  it.each<[name: string, client: (typeof NAMES)[number], where: Machine, files: string[]]>([
    [
      'a relative CLAUDE_CONFIG_DIR',
      'claude-code',
      machine('linux', { env: { CLAUDE_CONFIG_DIR: 'rel/cc' } }),
      ['/srv/churn/rel/cc/.claude.json'],
    ],
    [
      'a relative CODEX_HOME',
      'codex',
      machine('win32', { env: { CODEX_HOME: 'rel' } }),
      ['D:\\models\\churn\\rel\\config.toml'],
    ],
    ['', 'claude-desktop', machine('linux'), ['/home/ana/.config/Claude/claude_desktop_config.json']],
    [
      'XDG_CONFIG_HOME',
      'claude-desktop',
      machine('linux', { env: { XDG_CONFIG_HOME: '/x' } }),
      ['/x/Claude/claude_desktop_config.json'],
    ],
    [
      'a relative XDG_CONFIG_HOME does not count',
      'claude-desktop',
      machine('linux', { env: { XDG_CONFIG_HOME: 'x' } }),
      ['/home/ana/.config/Claude/claude_desktop_config.json'],
    ],
    [
      '',
      'claude-desktop',
      machine('darwin'),
      ['/Users/ana/Library/Application Support/Claude/claude_desktop_config.json'],
    ],
    ['without %APPDATA%', 'claude-desktop', machine('win32'), [`${C}\\Roaming\\Claude\\claude_desktop_config.json`]],
    [
      '%APPDATA% elsewhere',
      'claude-desktop',
      machine('win32', { env: { APPDATA: 'E:\\Roaming' } }),
      ['E:\\Roaming\\Claude\\claude_desktop_config.json'],
    ],
    [
      'a packaged app reads only the folder of its package',
      'claude-desktop',
      machine('win32', {
        files: [
          `${C}\\Local\\Packages\\Claude_pzs8sxrjxfjjc\\x`,
          `${C}\\Local\\Packages\\Other_1\\x`,
          `${C}\\Roaming\\Claude\\claude_desktop_config.json`,
        ],
      }),
      [`${C}\\Local\\Packages\\Claude_pzs8sxrjxfjjc\\LocalCache\\Roaming\\Claude\\claude_desktop_config.json`],
    ],
    ['', 'claude-code', machine('linux'), ['/home/ana/.claude.json']],
    ['', 'claude-code', machine('win32'), ['C:\\Users\\ana\\.claude.json']],
    ['CLAUDE_CONFIG_DIR', 'claude-code', machine('linux', { env: { CLAUDE_CONFIG_DIR: '/c' } }), ['/c/.claude.json']],
    [
      'the old file wins where it exists',
      'claude-code',
      machine('linux', { files: ['/home/ana/.claude/.config.json'] }),
      ['/home/ana/.claude/.config.json'],
    ],
    ['', 'cursor', machine('darwin'), ['/Users/ana/.cursor/mcp.json']],
    ['', 'cursor', machine('win32'), ['C:\\Users\\ana\\.cursor\\mcp.json']],
    ['', 'vscode', machine('linux'), ['/home/ana/.config/Code/User/mcp.json']],
    ['', 'vscode', machine('darwin'), ['/Users/ana/Library/Application Support/Code/User/mcp.json']],
    ['', 'vscode', machine('win32'), [`${C}\\Roaming\\Code\\User\\mcp.json`]],
    [
      'only Insiders',
      'vscode',
      machine('linux', { files: ['/home/ana/.config/Code - Insiders/User/x'] }),
      ['/home/ana/.config/Code - Insiders/User/mcp.json'],
    ],
    [
      'both editions',
      'vscode',
      machine('linux', { files: ['/home/ana/.config/Code - Insiders/x', '/home/ana/.config/Code/x'] }),
      ['/home/ana/.config/Code/User/mcp.json', '/home/ana/.config/Code - Insiders/User/mcp.json'],
    ],
    [
      'VSCODE_PORTABLE',
      'vscode',
      machine('win32', { env: { VSCODE_PORTABLE: 'D:\\p' } }),
      ['D:\\p\\user-data\\User\\mcp.json'],
    ],
    ['VSCODE_APPDATA', 'vscode', machine('linux', { env: { VSCODE_APPDATA: '/a' } }), ['/a/Code/User/mcp.json']],
    ['', 'codex', machine('linux'), ['/home/ana/.codex/config.toml']],
    ['', 'codex', machine('win32'), ['C:\\Users\\ana\\.codex\\config.toml']],
    ['CODEX_HOME', 'codex', machine('linux', { env: { CODEX_HOME: '/c' } }), ['/c/config.toml']],
    ['', 'gemini', machine('linux'), ['/home/ana/.gemini/settings.json']],
    [
      'GEMINI_CLI_HOME',
      'gemini',
      machine('win32', { env: { GEMINI_CLI_HOME: 'D:\\g' } }),
      ['D:\\g\\.gemini\\settings.json'],
    ],
  ])('%s %s', (_name, client, where, files) => {
    expect(filesOf(clientOf(client), 'user', where)).toEqual(files);
  });
});

it.each<[client: (typeof NAMES)[number], posix: string[], windows: string[]]>([
  ['claude-desktop', [], []],
  ['claude-code', ['/srv/churn/.mcp.json'], ['D:\\models\\churn\\.mcp.json']],
  ['cursor', ['/srv/churn/.cursor/mcp.json'], ['D:\\models\\churn\\.cursor\\mcp.json']],
  ['vscode', ['/srv/churn/.vscode/mcp.json'], ['D:\\models\\churn\\.vscode\\mcp.json']],
  ['codex', ['/srv/churn/.codex/config.toml'], ['D:\\models\\churn\\.codex\\config.toml']],
  ['gemini', ['/srv/churn/.gemini/settings.json'], ['D:\\models\\churn\\.gemini\\settings.json']],
])('the project file of %s', (client, posix, windows) => {
  expect(filesOf(clientOf(client), 'project', machine('linux'))).toEqual(posix);
  expect(filesOf(clientOf(client), 'project', machine('win32'))).toEqual(windows);
});

describe('the sign that a client is on the machine', () => {
  it.each(CLIENTS.map((client) => [client.name, client] as const))('%s: none on an empty machine', (_name, client) => {
    for (const platform of ['linux', 'darwin', 'win32'] as const)
      expect(client.sign(machine(platform))).toBeUndefined();
  });

  it.each<[client: (typeof NAMES)[number], where: Machine, sign: string]>([
    ['claude-desktop', machine('darwin', { files: ['/Applications/Claude.app/x'] }), '/Applications/Claude.app'],
    [
      'claude-desktop',
      machine('linux', { env: { PATH: '/usr/bin' }, files: ['/usr/bin/claude-desktop'] }),
      '/usr/bin/claude-desktop',
    ],
    ['claude-code', machine('linux', { env: { PATH: ':/opt/bin' }, files: ['/opt/bin/claude'] }), '/opt/bin/claude'],
    [
      'claude-code',
      machine('win32', { env: { Path: 'C:\\npm;D:\\x' }, files: ['D:\\x\\claude.cmd'] }),
      'D:\\x\\claude.cmd',
    ],
    ['claude-code', machine('linux', { files: ['/home/ana/.claude.json'] }), '/home/ana/.claude.json'],
    ['cursor', machine('linux', { files: ['/home/ana/.cursor/x'] }), '/home/ana/.cursor'],
    [
      'vscode',
      machine('darwin', { files: ['/Users/ana/Applications/Visual Studio Code.app/x'] }),
      '/Users/ana/Applications/Visual Studio Code.app',
    ],
    ['codex', machine('linux', { env: { CODEX_HOME: '/c' }, files: ['/c/auth.json'] }), '/c'],
    ['gemini', machine('linux', { files: ['/home/ana/.gemini/settings.json'] }), '/home/ana/.gemini/settings.json'],
  ])('%s', (client, where, sign) => {
    expect(clientOf(client).sign(where)).toBe(sign);
  });

  it('a folder ~/.gemini alone is no sign: another program makes it, too', () => {
    expect(clientOf('gemini').sign(machine('linux', { files: ['/home/ana/.gemini/other/x'] }))).toBeUndefined();
  });
});

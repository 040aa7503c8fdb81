/**
 * The clients that `install` can configure: where each keeps its list of MCP servers, in which format, and how to tell that it is on this machine.
 * The table is data; the machine is an argument. `entries.ts` reads and edits the text of these files.
 */
import { posix, win32 } from 'node:path';
import { type ClientName, CLIENTS as NAMES } from '../options.ts';

/** The machine as the table needs it. `exists` and `list` look at the file system and never throw. */
export interface Machine {
  platform: string;
  env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder. */
  home: string;
  /** The folder of the command line: the project of `--project`. */
  cwd: string;
  exists(path: string): boolean;
  /** Names in a folder. Empty when it is missing or cannot be read. */
  list(folder: string): string[];
}

export type Scope = 'user' | 'project';

/** How a client reads its file. A client that cannot read comments must not get a file that has some. */
export type Format = { syntax: 'json'; comments: boolean; trailingCommas: boolean } | { syntax: 'toml' };

export interface Client {
  name: ClientName;
  /** As its makers write it. */
  title: string;
  format: Format;
  /** The key of the object whose members are the servers. */
  rootKey: 'mcpServers' | 'servers' | 'mcp_servers';
  /** Fields that every entry of this client has besides `command` and `args`. */
  fields: Readonly<Record<string, string>>;
  /** Fields that a new entry gets. A person may have chosen other values, so `install` adds them only where they are missing. */
  defaults: Readonly<Record<string, string | number>>;
  /**
   * The files of the user's configuration. Several, when several editions of the client are on the machine. Never empty: the first one is where
   * the client would create it.
   */
  userFiles(machine: Machine): string[];
  /** The file of a project, relative to its folder. Absent for a client without projects. */
  projectFile: readonly string[] | undefined;
  /** What shows that the client is on this machine: a path, a program in the search path, or undefined. */
  sign(machine: Machine): string | undefined;
  /** What a person does next, so that the client reads its configuration again. */
  restart: string;
  /** The same for the configuration of a project, where the client asks first. */
  inProject?: string;
  /** What a person should know before the entry is written. */
  note?: string;
}

const STRICT: Format = { syntax: 'json', comments: false, trailingCommas: false };

const claudeDesktop: Client = {
  name: 'claude-desktop',
  title: 'Claude Desktop',
  format: STRICT,
  rootKey: 'mcpServers',
  fields: {},
  defaults: {},
  userFiles(machine) {
    const { join } = pathOf(machine);
    const packaged = packagedFolders(machine);
    const folders = packaged.length > 0 ? packaged : [join(applicationData(machine), 'Claude')];
    return folders.map((folder) => join(folder, 'claude_desktop_config.json'));
  },
  projectFile: undefined,
  sign(machine) {
    const { join } = pathOf(machine);
    return (
      packagedFolders(machine)[0] ??
      firstExisting(machine, [
        join(applicationData(machine), 'Claude'),
        ...(machine.platform === 'win32' ? [join(localData(machine), 'AnthropicClaude')] : []),
        ...applications(machine, 'Claude.app'),
      ]) ??
      (machine.platform === 'linux' ? program(machine, 'claude-desktop') : undefined)
    );
  },
  restart: 'Quit Claude Desktop completely, also from the tray or menu bar, and start it again.',
};

/**
 * Windows runs the packaged Claude Desktop with a folder of its own in the place of %APPDATA%, and the app reads only that one (since 2026-02). The
 * last part of the package's name depends on its publisher.
 */
function packagedFolders(machine: Machine): string[] {
  if (machine.platform !== 'win32') return [];
  const packages = win32.join(localData(machine), 'Packages');
  return machine
    .list(packages)
    .filter((name) => /^Claude_/i.test(name))
    .sort()
    .map((name) => win32.join(packages, name, 'LocalCache', 'Roaming', 'Claude'));
}

const claudeCode: Client = {
  name: 'claude-code',
  title: 'Claude Code',
  format: STRICT,
  rootKey: 'mcpServers',
  fields: { type: 'stdio' },
  defaults: {},
  userFiles(machine) {
    const { join } = pathOf(machine);
    const chosen = givenFolder(machine, 'CLAUDE_CONFIG_DIR');
    const old = join(chosen ?? join(machine.home, '.claude'), '.config.json'); // takes precedence in the client, too
    return [machine.exists(old) ? old : join(chosen ?? machine.home, '.claude.json')];
  },
  projectFile: ['.mcp.json'],
  sign(machine) {
    const { join } = pathOf(machine);
    const own = givenFolder(machine, 'CLAUDE_CONFIG_DIR') ?? join(machine.home, '.claude');
    return program(machine, 'claude') ?? firstExisting(machine, [own, ...this.userFiles(machine)]);
  },
  restart: 'Start a new session of Claude Code. /mcp there lists the server.',
  inProject: 'Start Claude Code in this folder and approve the server. /mcp there lists it.',
};

const cursor: Client = {
  name: 'cursor',
  title: 'Cursor',
  format: { syntax: 'json', comments: true, trailingCommas: true },
  rootKey: 'mcpServers',
  fields: { type: 'stdio' },
  defaults: {},
  userFiles: (machine) => [pathOf(machine).join(machine.home, '.cursor', 'mcp.json')],
  projectFile: ['.cursor', 'mcp.json'],
  sign(machine) {
    const { join } = pathOf(machine);
    const places = [
      join(machine.home, '.cursor'),
      join(applicationData(machine), 'Cursor'),
      ...applications(machine, 'Cursor.app'),
    ];
    return firstExisting(machine, places) ?? program(machine, 'cursor');
  },
  restart: 'Open Cursor Settings, MCP, and switch the server on if it is off. An open window may need a restart.',
};

const vscode: Client = {
  name: 'vscode',
  title: 'VS Code',
  format: { syntax: 'json', comments: true, trailingCommas: true },
  rootKey: 'servers',
  fields: { type: 'stdio' },
  defaults: {},
  userFiles(machine) {
    const { join } = pathOf(machine);
    const found = editions(machine).filter((folder) => machine.exists(folder));
    return (found.length > 0 ? found : editions(machine).slice(0, 1)).map((folder) => join(folder, 'User', 'mcp.json'));
  },
  projectFile: ['.vscode', 'mcp.json'],
  sign(machine) {
    return (
      firstExisting(machine, [
        ...editions(machine),
        ...applications(machine, 'Visual Studio Code.app'),
        ...applications(machine, 'Visual Studio Code - Insiders.app'),
      ]) ??
      program(machine, 'code') ??
      program(machine, 'code-insiders')
    );
  },
  restart: 'VS Code reads the file at once. "MCP: List Servers" in its command palette starts the server.',
};

/** The folders of user data, in the order in which VS Code itself looks for its own. Stable first. */
function editions(machine: Machine): string[] {
  const { join } = pathOf(machine);
  const portable = givenFolder(machine, 'VSCODE_PORTABLE');
  if (portable !== undefined) return [join(portable, 'user-data')];
  const folder = givenFolder(machine, 'VSCODE_APPDATA') ?? applicationData(machine);
  return ['Code', 'Code - Insiders'].map((edition) => join(folder, edition));
}

const codex: Client = {
  name: 'codex',
  title: 'Codex',
  format: { syntax: 'toml' },
  rootKey: 'mcp_servers',
  fields: {},
  // The limits are those of current versions, in seconds. Older ones stop waiting for a start after 10 and for a call after 60. Without the
  // approval mode, `codex exec` refuses every tool that is not read-only.
  defaults: { startup_timeout_sec: 30, tool_timeout_sec: 300, default_tools_approval_mode: 'approve' },
  userFiles: (machine) => [pathOf(machine).join(codexFolder(machine), 'config.toml')],
  projectFile: ['.codex', 'config.toml'],
  sign: (machine) => program(machine, 'codex') ?? firstExisting(machine, [codexFolder(machine)]),
  restart: 'Start Codex again. /mcp there lists the server.',
  inProject: 'Start Codex in this folder and trust the project. /mcp there lists the server.',
  note: 'Codex runs the tools of this entry without a question of its own (default_tools_approval_mode). Without that, `codex exec` refuses every tool that writes. The server still asks for consent. To be asked for each tool, change it to "prompt".',
};

const codexFolder = (machine: Machine) =>
  givenFolder(machine, 'CODEX_HOME') ?? pathOf(machine).join(machine.home, '.codex');

const gemini: Client = {
  name: 'gemini',
  title: 'Gemini CLI',
  // It strips comments, and then expects strict JSON.
  format: { syntax: 'json', comments: true, trailingCommas: false },
  rootKey: 'mcpServers',
  fields: {},
  defaults: {},
  userFiles(machine) {
    const { join } = pathOf(machine);
    return [join(givenFolder(machine, 'GEMINI_CLI_HOME') ?? machine.home, '.gemini', 'settings.json')];
  },
  projectFile: ['.gemini', 'settings.json'],
  sign(machine) {
    // Another program uses the folder ~/.gemini, so the folder alone says nothing.
    return program(machine, 'gemini') ?? firstExisting(machine, this.userFiles(machine));
  },
  restart: 'Start Gemini CLI again, in a folder that it trusts. /mcp there lists the server.',
};

const TABLE: Readonly<Record<ClientName, Client>> = {
  'claude-desktop': claudeDesktop,
  'claude-code': claudeCode,
  cursor,
  vscode,
  codex,
  gemini,
};

/** All clients, in the order of the command line's help. */
export const CLIENTS: readonly Client[] = NAMES.map((name) => TABLE[name]);

export const clientOf = (name: ClientName): Client => TABLE[name];

/** The files that `install` writes, as absolute paths. Empty when the client has no projects. */
export function filesOf(client: Client, scope: Scope, machine: Machine): string[] {
  if (scope === 'user') return client.userFiles(machine);
  return client.projectFile ? [pathOf(machine).join(machine.cwd, ...client.projectFile)] : [];
}

/** The rules of paths of the machine's platform. */
export function pathOf({ platform }: { platform: string }): typeof posix {
  return platform === 'win32' ? win32 : posix;
}

/** A variable that names a folder. An empty one counts as absent. */
function given({ env }: Machine, variable: string): string | undefined {
  return env[variable] || undefined;
}

/** The same as an absolute path: the clients, too, count a relative one from the folder in which they start. */
function givenFolder(machine: Machine, variable: string): string | undefined {
  const folder = given(machine, variable);
  return folder === undefined ? undefined : pathOf(machine).resolve(machine.cwd, folder);
}

/** Where desktop programs keep their data. */
function applicationData(machine: Machine): string {
  const { home, platform } = machine;
  if (platform === 'win32') return given(machine, 'APPDATA') ?? win32.join(home, 'AppData', 'Roaming');
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support');
  const xdg = given(machine, 'XDG_CONFIG_HOME');
  return xdg !== undefined && posix.isAbsolute(xdg) ? xdg : posix.join(home, '.config');
}

function localData(machine: Machine): string {
  return given(machine, 'LOCALAPPDATA') ?? win32.join(machine.home, 'AppData', 'Local');
}

/** The places of an application on macOS. */
function applications({ platform, home }: Machine, name: string): string[] {
  return platform === 'darwin' ? [posix.join('/Applications', name), posix.join(home, 'Applications', name)] : [];
}

function firstExisting(machine: Machine, paths: readonly string[]): string | undefined {
  return paths.find((path) => machine.exists(path));
}

/** A program in the search path. */
function program(machine: Machine, name: string): string | undefined {
  const path = pathOf(machine);
  const windows = machine.platform === 'win32';
  const folders = (machine.env.PATH ?? machine.env.Path ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const endings = windows ? ['.exe', '.cmd', '.bat'] : [''];
  return firstExisting(
    machine,
    folders.flatMap((folder) => endings.map((ending) => path.join(folder, name + ending))),
  );
}

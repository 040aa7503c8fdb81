/** The commands and options of the program: one table for the parser, `--help` and the documents. */

import { INCIDENTS, WORDINGS } from './incidents.ts';
import { ALL, TOOLSET_NAMES } from './toolsets.ts';

/** What the program can be asked to do. The server is what runs without a word. */
export const COMMANDS = ['serve', 'sandbox', 'install', 'uninstall', 'doctor'] as const;
export type Command = (typeof COMMANDS)[number];

/** The clients whose configuration `install` can write. */
export const CLIENTS = ['claude-desktop', 'claude-code', 'cursor', 'vscode', 'codex', 'gemini'] as const;
export type ClientName = (typeof CLIENTS)[number];

export interface Option {
  name: string;
  /** Placeholder of the value in the help. Absent for a switch. */
  value?: string;
  help: string;
  /**
   * The switch may say true or false after a `=`, for clients that fill in a setting there. Empty, or still a placeholder, it is on: a setting that
   * no person made must not switch a protection off.
   */
  settable?: true;
  /** Variable that says the same where the option is absent. A switch takes the word true or false. */
  variable?: string;
  /** The commands that accept it, its own command first. Absent when all do. */
  commands?: readonly Command[];
  /** The value is a path. It counts from the folder of the command line, so `install` writes it as an absolute path. */
  path?: true;
}

/** Options that start a server. `install` writes them into the entry of the client, and the doctor takes the same command line. */
const SERVER = ['serve', 'install', 'doctor'] as const;
const ENTRY = ['install', 'uninstall'] as const;

export const OPTIONS: readonly Option[] = [
  {
    name: 'profile',
    value: 'NAME',
    help: 'Profile in the Databricks config file.',
    variable: 'DATABRICKS_CONFIG_PROFILE',
    commands: SERVER,
  },
  {
    name: 'host',
    value: 'URL',
    help: 'Workspace address, https://….',
    variable: 'DATABRICKS_HOST',
    commands: SERVER,
  },
  {
    name: 'auth-type',
    value: 'NAME',
    help: 'Use only this authentication method.',
    variable: 'DATABRICKS_AUTH_TYPE',
    commands: SERVER,
  },
  {
    name: 'config-file',
    value: 'PATH',
    help: 'Config file to use instead of ~/.databrickscfg.',
    variable: 'DATABRICKS_CONFIG_FILE',
    commands: SERVER,
    path: true,
  },
  {
    name: 'read-only',
    help: 'Never change anything. Tools that write are hidden and refused.',
    settable: true,
    variable: 'DATABRICKS_SERVING_READ_ONLY',
    commands: SERVER,
  },
  { name: 'no-query', help: 'Never send inference requests, which cost money.', commands: SERVER },
  {
    name: 'warehouse',
    value: 'NAME',
    help: 'SQL warehouse for usage and costs, by id or name.',
    variable: 'DATABRICKS_WAREHOUSE_ID',
    commands: SERVER,
  },
  {
    name: 'payloads',
    help: 'Let get_usage show failing requests. See SECURITY.md.',
    variable: 'DATABRICKS_SERVING_PAYLOADS',
    commands: SERVER,
  },
  {
    name: 'toolsets',
    value: 'LIST',
    help: 'Publish only these groups of tools, such as query,observe.',
    variable: 'DATABRICKS_SERVING_TOOLSETS',
    commands: SERVER,
  },
  {
    name: 'policy',
    value: 'FILE',
    help: 'JSON file with rules about what may be changed. See SECURITY.md.',
    commands: SERVER,
    path: true,
  },
  {
    name: 'consent',
    value: 'dialog|confirm',
    help: 'How a person agrees to a loss. See SECURITY.md.',
    variable: 'DATABRICKS_SERVING_CONSENT',
    commands: SERVER,
  },
  {
    name: 'journal',
    value: 'FILE',
    help: 'Record changes in this file, and metrics in a folder next to it.',
    commands: SERVER,
    path: true,
  },
  {
    name: 'no-journal',
    help: 'Do not record changes or metrics. undo_change then has nothing to undo.',
    commands: SERVER,
  },
  {
    name: 'sandbox',
    help: 'Use a simulated workspace on this machine. No account is needed.',
    variable: 'DATABRICKS_SERVING_SANDBOX',
    commands: [...SERVER, 'sandbox', 'uninstall'],
  },
  {
    name: 'sandbox-seed',
    value: 'FILE',
    help: 'Load the sandbox workspace from this JSON file.',
    commands: [...SERVER, 'sandbox'],
    path: true,
  },
  {
    name: 'sandbox-incident',
    value: 'NAME',
    help: 'Rehearse an incident in the sandbox workspace. The names are below.',
    commands: [...SERVER, 'sandbox'],
  },
  {
    name: 'sandbox-minutes-per-second',
    value: 'N',
    help: 'Sandbox minutes per real second (default: 1).',
    commands: [...SERVER, 'sandbox'],
  },
  {
    name: 'port',
    value: 'N',
    help: 'Port of the sandbox command on 127.0.0.1 (default: any free port).',
    commands: ['sandbox'],
  },
  {
    name: 'name',
    value: 'NAME',
    help: 'Name of the entry (default: databricks-serving, or databricks-sandbox with --sandbox).',
    commands: ENTRY,
  },
  {
    name: 'project',
    help: 'Use the configuration of the project in this folder, not that of the user.',
    commands: ENTRY,
  },
  { name: 'dry-run', help: 'Show the change and write nothing.', commands: ENTRY },
  { name: 'yes', help: 'Write without asking.', commands: ENTRY },
  {
    name: 'contract',
    help: 'Compare the answers of the workspace with those of the sandbox. It only reads.',
    commands: ['doctor'],
  },
  {
    name: 'report',
    value: 'FILE',
    help: 'Write the comparison to this file, not to the terminal.',
    commands: ['doctor'],
    path: true,
  },
  { name: 'json', help: 'Print the result as JSON.', commands: ['doctor'] },
  { name: 'help', help: 'Show this help and exit.' },
  { name: 'version', help: 'Show the version and exit.' },
];

/** Whether a command takes an option. */
export function takes(command: Command, option: Option): boolean {
  return option.commands?.includes(command) ?? true;
}

const USAGE: readonly (readonly [line: string, meaning: string])[] = [
  ['[options]', 'serve MCP on stdin and stdout'],
  ['sandbox [options]', 'run only the sandbox workspace, for any Databricks client'],
  ['install CLIENT [options]', 'add the server to a client, with these options'],
  ['uninstall CLIENT [options]', 'remove it from the client'],
  ['doctor [options]', 'check what works on this machine and in the workspace'],
];

const GROUPS: readonly { title: string; of: (option: Option) => boolean }[] = [
  { title: 'Options of the server:', of: ({ commands }) => commands?.[0] === 'serve' || commands === undefined },
  { title: 'Options of the sandbox command:', of: ({ commands }) => commands?.[0] === 'sandbox' },
  { title: 'Options of install and uninstall:', of: ({ commands }) => commands?.[0] === 'install' },
  { title: 'Options of the doctor:', of: ({ commands }) => commands?.[0] === 'doctor' },
];

/** The text of `--help`. */
export function help(): string {
  const usage = USAGE.map(([line, meaning]) => [`databricks-serving-mcp ${line}`, meaning] as const);
  const rows = GROUPS.map(({ title, of }) => ({ title, options: OPTIONS.filter(of).map(row) }));
  const width = Math.max(...rows.flatMap(({ options }) => options).map(([left]) => left.length)) + 2;
  const usageWidth = Math.max(...usage.map(([left]) => left.length)) + 3;
  return [
    'databricks-serving-mcp: an MCP server (stdio) for Databricks Model Serving.',
    '',
    ...usage.map(
      ([left, meaning], index) => `${index === 0 ? 'Usage:' : '      '} ${left.padEnd(usageWidth)}${meaning}`,
    ),
    '',
    ...rows.flatMap(({ title, options }) => [
      title,
      ...options.map(([left, right]) => `  ${left.padEnd(width)}${right}`),
      '',
    ]),
    'Incidents of --sandbox-incident:',
    ...INCIDENTS.map(({ name, symptom }) => `  ${name.padEnd(width)}${symptom}`),
    `NAME:2 and NAME:${WORDINGS} are the same incident with other names, texts and numbers.`,
    '',
    `CLIENT is one of: ${CLIENTS.join(', ')}. install also takes the options of the server and writes them.`,
    'It shows the change and asks first. Exit codes: 0 done or nothing to do, 1 nothing changed, 2 wrong command line.',
    `LIST has commas between its names: ${[ALL, ...TOOLSET_NAMES].join(', ')}.`,
    'The doctor takes all options of the server, so the word doctor can go in front of those of an entry.',
    'It changes nothing, and ends with 0 when no check failed, with 1 when one did, and with 2 for a wrong command line.',
    '',
    'Authentication follows Databricks unified authentication: environment variables, ~/.databrickscfg, Databricks CLI.',
    '',
  ].join('\n');
}

function row(option: Option): readonly [left: string, right: string] {
  return [`--${option.name}${option.value ? ` ${option.value}` : ''}`, meaning(option)];
}

/** The meaning of an option for people: its help, and the variable that says the same. */
export function meaning({ help, variable, value }: Option): string {
  return variable === undefined ? help : `${help} Also ${variable}${value === undefined ? '=true' : ''}.`;
}

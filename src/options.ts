/** The commands and options of the program: one table for the parser, `--help` and the documents. */

import { INCIDENTS, WORDINGS } from './incidents.ts';
import { ALL, TOOLSET_NAMES } from './toolsets.ts';

/** What the program can be asked to do. The server is what runs without a word. */
export const COMMANDS = ['serve', 'http', 'sandbox', 'rollout', 'dashboard', 'install', 'uninstall', 'doctor'] as const;
export type Command = (typeof COMMANDS)[number];

/** The clients whose configuration `install` can write. */
export const CLIENTS = ['claude-desktop', 'claude-code', 'cursor', 'vscode', 'codex', 'gemini'] as const;
export type ClientName = (typeof CLIENTS)[number];

/** What the rollout command can do by hand. */
export const ROLLOUT_ACTIONS = ['hold', 'resume', 'promote', 'finish', 'abort'] as const;
export type RolloutCommandAction = (typeof ROLLOUT_ACTIONS)[number];

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
const SERVER = ['serve', 'install', 'doctor', 'http'] as const;
/** Those that commands without a client need too: the way to the workspace, its limits and its record. */
const WORKSPACE = [...SERVER, 'rollout', 'dashboard'] as const;
const HTTP = ['http'] as const;
const ENTRY = ['install', 'uninstall'] as const;
const ROLLOUT = ['rollout'] as const;
const DASHBOARD = ['dashboard'] as const;

export const OPTIONS: readonly Option[] = [
  {
    name: 'profile',
    value: 'NAME',
    help: 'Profile in the Databricks config file.',
    variable: 'DATABRICKS_CONFIG_PROFILE',
    commands: WORKSPACE,
  },
  {
    name: 'host',
    value: 'URL',
    help: 'Workspace address, https://….',
    variable: 'DATABRICKS_HOST',
    commands: WORKSPACE,
  },
  {
    name: 'auth-type',
    value: 'NAME',
    help: 'Use only this authentication method.',
    variable: 'DATABRICKS_AUTH_TYPE',
    commands: WORKSPACE,
  },
  {
    name: 'config-file',
    value: 'PATH',
    help: 'Config file to use instead of ~/.databrickscfg.',
    variable: 'DATABRICKS_CONFIG_FILE',
    commands: WORKSPACE,
    path: true,
  },
  {
    name: 'read-only',
    help: 'Never change anything. Tools that write are hidden and refused.',
    settable: true,
    variable: 'DATABRICKS_SERVING_READ_ONLY',
    commands: WORKSPACE,
  },
  { name: 'no-query', help: 'Never send inference requests, which cost money.', commands: WORKSPACE },
  {
    name: 'warehouse',
    value: 'NAME',
    help: 'SQL warehouse for usage and costs, by id or name.',
    variable: 'DATABRICKS_WAREHOUSE_ID',
    commands: WORKSPACE,
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
    commands: WORKSPACE,
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
    commands: WORKSPACE,
    path: true,
  },
  {
    name: 'no-journal',
    help: 'Do not record changes or metrics. undo_change then has nothing to undo.',
    commands: WORKSPACE,
  },
  {
    name: 'sandbox',
    help: 'Use a simulated workspace on this machine. No account is needed.',
    variable: 'DATABRICKS_SERVING_SANDBOX',
    commands: [...WORKSPACE, 'sandbox', 'uninstall'],
  },
  {
    name: 'sandbox-seed',
    value: 'FILE',
    help: 'Load the sandbox workspace from this JSON file.',
    commands: [...WORKSPACE, 'sandbox'],
    path: true,
  },
  {
    name: 'sandbox-incident',
    value: 'NAME',
    help: 'Rehearse an incident in the sandbox workspace. The names are below.',
    commands: [...WORKSPACE, 'sandbox'],
  },
  {
    name: 'sandbox-minutes-per-second',
    value: 'N',
    help: 'Sandbox minutes per real second (default: 1).',
    commands: [...WORKSPACE, 'sandbox'],
  },
  {
    name: 'port',
    value: 'N',
    help: 'Port of the sandbox command on 127.0.0.1 (default: any free port).',
    commands: ['sandbox'],
  },
  {
    name: 'port',
    value: 'N',
    help: 'Port of the http command on 127.0.0.1 (default: 8000).',
    commands: HTTP,
  },
  {
    name: 'allow-host',
    value: 'LIST',
    help: 'Further names that clients reach the server by, such as mcp.example.com.',
    commands: HTTP,
  },
  {
    name: 'allow-origin',
    value: 'LIST',
    help: 'Origins of web pages that may call the server, such as https://app.example.com.',
    commands: HTTP,
  },
  {
    name: 'app-identity',
    value: 'USE',
    help: 'In a Databricks App, what may run under its own identity: off, reads or all (default: off).',
    commands: HTTP,
  },
  { name: 'max-calls', value: 'N', help: 'Calls that run at a time (default: 256).', commands: HTTP },
  {
    name: 'max-calls-per-user',
    value: 'N',
    help: 'Calls of one user that run at a time (default: 8).',
    commands: HTTP,
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
  { name: 'version', value: 'N', help: 'Version to roll out, or @alias.', commands: ROLLOUT },
  { name: 'alias', value: 'NAME', help: 'Move this alias to the new version at the end.', commands: ROLLOUT },
  {
    name: 'plan',
    value: 'JSON|FILE',
    help: 'Plan of the rollout, as the tool roll_out takes it.',
    commands: ROLLOUT,
  },
  {
    name: 'probes',
    value: 'FILE',
    help: 'JSON list of request bodies that both versions must answer alike.',
    commands: ROLLOUT,
    path: true,
  },
  { name: 'remove-old', help: 'Remove the old version at the end. It needs --yes.', commands: ROLLOUT },
  { name: 'observe-only', help: 'Measure this step, report the verdicts, and decide nothing.', commands: ROLLOUT },
  {
    name: 'action',
    value: 'NAME',
    help: `Act by hand first: ${ROLLOUT_ACTIONS.join(', ')}. finish needs --yes.`,
    commands: ROLLOUT,
  },
  { name: 'dry-run', help: 'Show the plan with all of its requests, and send none.', commands: ROLLOUT },
  { name: 'yes', help: 'Agree to what a dialog would ask.', commands: ROLLOUT },
  {
    name: 'port',
    value: 'N',
    help: 'Port of the dashboard command on 127.0.0.1 (default: any free port).',
    commands: DASHBOARD,
  },
  {
    name: 'allow-changes',
    help: 'Let the page hold, resume, promote and abort rollouts. Without it, the page only reads.',
    commands: DASHBOARD,
  },
  {
    name: 'output',
    value: 'FILE',
    help: 'Write the page of a saved report to this new file, and start no server.',
    commands: DASHBOARD,
    path: true,
  },
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

/** The options as one command reads them. Where two have the same name, it is the one of the command. */
export function optionsOf(command: Command): readonly Option[] {
  return OPTIONS.filter((option) => {
    const same = OPTIONS.filter(({ name }) => name === option.name);
    const own = same.find(({ commands }) => commands?.includes(command)) ?? same.find((each) => takes(command, each));
    return option === (own ?? same[0]);
  });
}

const USAGE: readonly (readonly [line: string, meaning: string])[] = [
  ['[options]', 'serve MCP on stdin and stdout'],
  ['http [options]', 'serve MCP over HTTP, here or as a Databricks App'],
  ['sandbox [options]', 'run only the sandbox workspace, for any Databricks client'],
  ['rollout ENDPOINT --version N [options]', 'roll a version out, in a shell, CI or a job'],
  ['dashboard [FILE] [options]', 'look at a workspace or a saved report on a page of this machine'],
  ['install CLIENT [options]', 'add the server to a client, with these options'],
  ['uninstall CLIENT [options]', 'remove it from the client'],
  ['doctor [options]', 'check what works on this machine and in the workspace'],
];

const GROUPS: readonly { title: string; of: (option: Option) => boolean }[] = [
  { title: 'Options of the server:', of: ({ commands }) => commands?.[0] === 'serve' || commands === undefined },
  {
    title: 'Options of the http command, along with those of the server:',
    of: ({ commands }) => commands?.[0] === 'http',
  },
  { title: 'Options of the sandbox command:', of: ({ commands }) => commands?.[0] === 'sandbox' },
  {
    title: 'Options of the rollout command, along with those of the workspace:',
    of: ({ commands }) => commands?.[0] === 'rollout',
  },
  {
    title: 'Options of the dashboard command, along with those of the workspace:',
    of: ({ commands }) => commands?.[0] === 'dashboard',
  },
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
    'databricks-serving-mcp: an MCP server for Databricks Model Serving.',
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
    'http serves /mcp and /healthz until Ctrl-C or SIGTERM. Running calls then have ten seconds.',
    '',
    'rollout writes its progress to stderr and its report to stdout, as one JSON document. Exit codes: 0 done, 1 invalid and',
    'nothing sent, 2 held, 3 rolled back, 4 failed. Ctrl-C or SIGTERM holds the rollout at its present step. A second signal',
    'ends the process at once. The same command continues a running rollout, and --action resume a held one.',
    '',
    'dashboard prints an address that works once, for a browser on this machine. Enter prints a new one, and Ctrl-C stops it. FILE is',
    'the report of the rollout command, or an answer of a tool such as diagnose_endpoint, as JSON. It needs no workspace.',
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

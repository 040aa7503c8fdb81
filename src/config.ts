/** Command line → Config, or a clear error. `src/options.ts` has the table of the options. */
import { parseArgs } from 'node:util';
import {
  type DashboardConfig,
  type HttpConfig,
  type RolloutConfig,
  readDashboard,
  readHttp,
  readRollout,
} from './command-options.ts';
import { INCIDENTS, WORDINGS } from './incidents.ts';
import { CLIENTS, type ClientName, COMMANDS, type Command, OPTIONS, type Option, optionsOf, takes } from './options.ts';
import { closest } from './text/did-you-mean.ts';
import { ALL, type ChosenToolsets, TOOLSET_NAMES, type Toolset } from './toolsets.ts';

/**
 * How a person agrees to a loss. `dialog`: in a dialog where the client has one, and elsewhere by a second call. `confirm`: always by a second call.
 */
const CONSENTS = ['dialog', 'confirm'] as const;
export type Consent = (typeof CONSENTS)[number];

export interface SandboxConfig {
  seedFile: string | undefined;
  /** The incident to rehearse, and which of its wordings. */
  incident: { name: string; wording: number } | undefined;
  minutesPerSecond: number;
  port: number;
}

/** What `install` and `uninstall` write, and where. */
export interface InstallConfig {
  /** Absent: list the clients. */
  client: ClientName | undefined;
  /** Name of the entry. Absent: the default name. */
  name: string | undefined;
  /** The configuration of the project in the current folder, not that of the user. */
  project: boolean;
  dryRun: boolean;
  /** Write without asking. */
  yes: boolean;
  /** The options of the server as given, in the order of the table. `true` is a switch. */
  serverOptions: readonly { name: string; value: string | true }[];
}

export interface DoctorConfig {
  json: boolean;
  /** Compare the answers of the workspace with those of the sandbox. */
  contract: boolean;
  reportFile: string | undefined;
}

export interface Config {
  command: Command | 'help' | 'version';
  profile: string | undefined;
  host: string | undefined;
  authType: string | undefined;
  configFile: string | undefined;
  readOnly: boolean;
  noQuery: boolean;
  /** The SQL warehouse of statements, by id or name. */
  warehouse: string | undefined;
  /** Bodies of requests and answers may be read from inference tables. */
  payloads: boolean;
  /** Absent: all of them. */
  toolsets: ChosenToolsets | undefined;
  policyFile: string | undefined;
  consent: Consent;
  journalFile: string | undefined;
  noJournal: boolean;
  /** Present with --sandbox and for the sandbox command. */
  sandbox: SandboxConfig | undefined;
  /** Present for install and uninstall. */
  install: InstallConfig | undefined;
  /** Present for the doctor. */
  doctor: DoctorConfig | undefined;
  /** Present for the rollout command. */
  rollout: RolloutConfig | undefined;
  /** Present for the http command. */
  http: HttpConfig | undefined;
  /** Present for the dashboard command. */
  dashboard: DashboardConfig | undefined;
}

/** An invalid command line. The program never starts on a guess. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Reads the command line, and from the environment what an option does not say.
 * @throws UsageError that names the closest valid option for a mistyped one.
 */
export function readConfig(argv: readonly string[], env: Record<string, string | undefined> = {}): Config {
  const { values, command, client, endpoint, file } = parse(argv);
  const text = (name: string) => {
    const value = values.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const sandboxVariable = !values.has('sandbox') && switchedOn('sandbox', command, env);
  const asksSandbox = values.has('sandbox') || command === 'sandbox' || sandboxVariable;
  for (const name of ['sandbox-seed', 'sandbox-incident', 'sandbox-minutes-per-second']) {
    if (values.has(name) && !asksSandbox) throw new UsageError(`--${name} needs --sandbox`);
  }
  if (values.has('sandbox-seed') && values.has('sandbox-incident'))
    throw new UsageError(
      'use either --sandbox-seed or --sandbox-incident, not both: an incident has a workspace of its own',
    );
  if (values.has('journal') && values.has('no-journal'))
    throw new UsageError('use either --journal or --no-journal, not both');
  if (asksSandbox) {
    for (const name of ['profile', 'host', 'auth-type', 'config-file']) {
      if (!values.has(name)) continue;
      const given = command === 'sandbox' ? 'with the sandbox command' : 'with --sandbox';
      const sandbox = sandboxVariable ? `while ${variableOf('sandbox')} is true` : given;
      throw new UsageError(`--${name} is for a real workspace and cannot be used ${sandbox}`);
    }
  }
  for (const option of optionsOf(command)) {
    if (!values.has(option.name) || takes(command, option)) continue;
    const home = nameOf(option.commands?.[0] ?? 'serve');
    const here = command === 'serve' ? '' : `, not of ${nameOf(command)}`;
    throw new UsageError(`--${option.name} is an option of ${home}${here}`);
  }
  const readOnlyVariable = switchedOn('read-only', command, env) ? variableOf('read-only') : undefined;
  const readOnlyBy = values.has('read-only') ? '--read-only' : readOnlyVariable;
  if (values.has('report') && !values.has('contract')) throw new UsageError('--report needs --contract');
  if (values.has('dry-run') && values.has('yes')) throw new UsageError('use either --dry-run or --yes, not both');
  return {
    command: values.has('help') ? 'help' : values.get('version') === true ? 'version' : command,
    profile: text('profile'),
    host: text('host'),
    authType: text('auth-type'),
    configFile: text('config-file'),
    readOnly: readOnlyBy !== undefined,
    noQuery: values.has('no-query'),
    // The variable names a warehouse of the real workspace.
    warehouse:
      text('warehouse')?.trim() || (readsVariables(command) && !asksSandbox ? variable('warehouse', env) : undefined),
    payloads: values.has('payloads') || switchedOn('payloads', command, env),
    toolsets: toolsets(text('toolsets'), command, env),
    policyFile: text('policy'),
    consent: consent(text('consent'), env),
    journalFile: text('journal'),
    noJournal: values.has('no-journal'),
    sandbox: asksSandbox
      ? {
          seedFile: text('sandbox-seed'),
          incident: incident(text('sandbox-incident')),
          minutesPerSecond: number(
            'sandbox-minutes-per-second',
            text('sandbox-minutes-per-second') ?? '1',
            0.001,
            100_000,
          ),
          port: number('port', command === 'sandbox' ? (text('port') ?? '0') : '0', 0, 65_535, Number.isInteger),
        }
      : undefined,
    install:
      command === 'install' || command === 'uninstall'
        ? {
            client,
            name: text('name'),
            project: values.has('project'),
            dryRun: values.has('dry-run'),
            yes: values.has('yes'),
            serverOptions: OPTIONS.filter((option) => option.commands?.[0] === 'serve').flatMap(({ name }) => {
              const value = values.get(name);
              return value === undefined ? [] : [{ name, value }];
            }),
          }
        : undefined,
    doctor:
      command === 'doctor'
        ? { json: values.has('json'), contract: values.has('contract'), reportFile: text('report') }
        : undefined,
    rollout: command === 'rollout' && !values.has('help') ? checked(readRollout(endpoint, values)) : undefined,
    http: command === 'http' ? checked(readHttp(values)) : undefined,
    dashboard:
      command === 'dashboard' && !values.has('help') ? checked(readDashboard(file, values, readOnlyBy)) : undefined,
  };
}

/** @throws UsageError with the sentence that a reader returned. */
function checked<T>(read: T | string): T {
  if (typeof read === 'string') throw new UsageError(read);
  return read;
}

/** Whether a command line, also a wrong one, is of the rollout command: a wrong one of it has its own exit code. */
export function asksRollout(argv: readonly string[]): boolean {
  return firstWord(argv) === 'rollout';
}

/** The first word that is neither an option nor the value of one. */
function firstWord(argv: readonly string[]): string | undefined {
  return tokensOf(argv, OPTIONS_OF_SERVER).find((token) => token.kind === 'positional')?.value;
}

const OPTIONS_OF_SERVER = optionsOf('serve');

function tokensOf(argv: readonly string[], options: readonly Option[]) {
  return parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      options.map((option) => [option.name, { type: option.value ? 'string' : 'boolean' } as const]),
    ),
  }).tokens;
}

/** @throws UsageError for an unknown incident, with those that exist, and for an unknown wording. */
function incident(text: string | undefined): SandboxConfig['incident'] {
  if (text === undefined) return undefined;
  const [name = '', wording = '1', ...rest] = text.split(':');
  const names = INCIDENTS.map((each) => each.name);
  if (!names.includes(name))
    throw new UsageError(
      `--sandbox-incident has no incident "${name}"${suggestion(name, names)} (incidents: ${names.join(', ')})`,
    );
  const number = Number(wording);
  if (rest.length > 0 || !Number.isInteger(number) || number < 1 || number > WORDINGS || wording === '')
    throw new UsageError(
      `--sandbox-incident: the wordings of ${name} are ${name}:1 to ${name}:${WORDINGS}, not "${text}"`,
    );
  return { name, wording: number };
}

/** A command as messages name it. */
function nameOf(command: Command): string {
  return command === 'serve' ? 'the server' : `the ${command} command`;
}

interface Parsed {
  values: Map<string, string | true>;
  command: Command;
  client: ClientName | undefined;
  /** Of the rollout command. */
  endpoint?: string | undefined;
  /** Of the dashboard command. */
  file?: string | undefined;
}

function parse(argv: readonly string[]): Parsed {
  const word = firstWord(argv);
  const options = optionsOf(COMMANDS.find((each) => each === word) ?? 'serve');
  const names = options.map((option) => option.name);
  const tokens = tokensOf(argv, options);
  const values = new Map<string, string | true>();
  const given = new Set<string>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') {
      words.push(token.value);
    } else if (token.kind === 'option') {
      const option = options.find((each) => each.name === token.name);
      if (!option || token.rawName !== `--${token.name}`) {
        throw new UsageError(
          `unknown option "${token.rawName}"${suggestion(
            `--${token.name}`,
            names.map((name) => `--${name}`),
          )}`,
        );
      }
      if (option.value && (token.value === undefined || (!token.inlineValue && token.value.startsWith('--')))) {
        throw new UsageError(`--${option.name} needs a value: --${option.name} ${option.value}`);
      }
      if (!option.value && token.value !== undefined && !option.settable)
        throw new UsageError(`--${option.name} takes no value`);
      if (given.has(option.name)) throw new UsageError(`--${option.name} was given twice`);
      given.add(option.name);
      if (option.value) values.set(option.name, token.value ?? true);
      else if (isOn(`--${option.name}`, filledIn(token.value)) ?? true) values.set(option.name, true);
    }
  }
  return { values, ...commandOf(words) };
}

const TAKES_WORD: ReadonlySet<Command> = new Set(['install', 'uninstall', 'rollout', 'dashboard']);

/**
 * The words that are no options: a command, the client of `install` and `uninstall`, the endpoint of `rollout`, and the file of `dashboard`. The server
 * is no word: it runs without one.
 */
function commandOf([first, second, third]: readonly string[]): Omit<Parsed, 'values'> {
  if (first === undefined) return { command: 'serve', client: undefined };
  const known = COMMANDS.filter((each) => each !== 'serve');
  const command = known.find((each) => each === first);
  if (command === undefined) throw new UsageError(`unexpected argument "${first}"${suggestion(first, known)}`);
  const surplus = TAKES_WORD.has(command) ? third : second;
  if (surplus !== undefined) throw new UsageError(`unexpected argument "${surplus}" after "${command}"`);
  if (command === 'rollout') return { command, client: undefined, endpoint: second };
  if (command === 'dashboard') return { command, client: undefined, file: second };
  const client = CLIENTS.find((each) => each === second);
  if (second !== undefined && client === undefined)
    throw new UsageError(
      `${command} does not know the client "${second}"${suggestion(second, CLIENTS)} (clients: ${CLIENTS.join(', ')})`,
    );
  return { command, client };
}

/** @throws UsageError for any other word. A mistyped one must not switch the dialogs off, nor leave them on where no person sees them. */
function consent(option: string | undefined, env: Record<string, string | undefined>): Consent {
  const [source, word] =
    option === undefined ? [variableOf('consent'), variable('consent', env) ?? 'dialog'] : ['--consent', option];
  const found = CONSENTS.find((each) => each === word);
  if (found === undefined) throw new UsageError(`${source} must be ${CONSENTS.join(' or ')}, not "${word}"`);
  return found;
}

/**
 * The chosen toolsets, each once, in the order of the table. Blanks and repetitions do no harm.
 * @throws UsageError for an unknown name, and for a list without names: a server without tools is of no use.
 */
function toolsets(
  option: string | undefined,
  command: Command,
  env: Record<string, string | undefined>,
): ChosenToolsets | undefined {
  const [from, list] =
    option === undefined
      ? [variableOf('toolsets'), readsVariables(command) ? variable('toolsets', env) : undefined]
      : ['--toolsets', option];
  if (list === undefined) return undefined;
  const known: readonly string[] = [ALL, ...TOOLSET_NAMES];
  const names = list.split(',').flatMap((name) => name.trim() || []);
  const choice = `(toolsets: ${known.join(', ')})`;
  if (names.length === 0) throw new UsageError(`${from} names no toolset ${choice}`);
  for (const name of names) {
    const several = name.split(/[\s;:+|]+/);
    if (several.length > 1 && several.every((each) => known.includes(each)))
      throw new UsageError(`${from}: write a comma between the toolsets, ${several.join(',')}`);
    if (!known.includes(name))
      throw new UsageError(`${from} has no toolset "${name}"${suggestion(name, known)} ${choice}`);
  }
  if (names.includes(ALL)) return undefined;
  const isChosen = (each: Toolset) => names.includes(each);
  return { names: TOOLSET_NAMES.filter(isChosen), from };
}

/** Whether the variable of a switch is true. @throws UsageError for any word but true and false. */
function switchedOn(name: string, command: Command, env: Record<string, string | undefined>): boolean {
  return readsVariables(command) && (isOn(variableOf(name), variable(name, env)) ?? false);
}

/** `install` writes what its command line says, so it reads no variables of server options. */
function readsVariables(command: Command): boolean {
  return command !== 'install' && command !== 'uninstall' && command !== 'sandbox';
}

/** @throws UsageError for any other word. A mistyped one must neither allow writes nor reach a real workspace. */
function isOn(source: string, word: string | undefined): boolean | undefined {
  if (word === undefined) return undefined;
  if (word !== 'true' && word !== 'false') throw new UsageError(`${source} must be true or false, not "${word}"`);
  return word === 'true';
}

/** The variable of an option, if it is filled in. */
function variable(name: string, env: Record<string, string | undefined>): string | undefined {
  return filledIn(env[variableOf(name)]);
}

/** A value without blanks around it. Undefined when it is empty, or still the placeholder of a setting that a client left out. */
function filledIn(text: string | undefined): string | undefined {
  const value = text?.trim() ?? '';
  return value === '' || /^\$\{[^}]*\}$/.test(value) ? undefined : value;
}

function variableOf(name: string): string {
  return OPTIONS.find((option) => option.name === name)?.variable ?? '';
}

function suggestion(word: string, known: readonly string[]): string {
  const hint = closest(word, known);
  return hint === undefined ? '; see --help' : `: did you mean "${hint}"?`;
}

function number(
  name: string,
  text: string,
  min: number,
  max: number,
  fits: (value: number) => boolean = Number.isFinite,
): number {
  const value = Number(text);
  if (text.trim() === '' || !fits(value) || value < min || value > max) {
    const kind = fits === Number.isInteger ? 'a whole number' : 'a number';
    throw new UsageError(`--${name} must be ${kind} from ${min} to ${max}, not "${text}"`);
  }
  return value;
}

/** One entry of a client that starts this server: whether its program, its file and its profile exist. */
import { basename, isAbsolute, posix, win32 } from 'node:path';
import { shellWord } from '../auth/profile.ts';
import { findOnPath } from '../auth/run.ts';
import type { Entry } from '../install/entries.ts';
import { startsServer } from '../install/known.ts';
import { closest } from '../text/did-you-mean.ts';
import { type Finding, failed, notChecked, ok, warning } from './check.ts';
import { installNewer, type Program, whatItLacks } from './program.ts';

/** What the check of an entry asks the machine. */
export interface EntryEnvironment {
  program: Program;
  platform: string;
  env: Record<string, string | undefined>;
  exists(path: string): boolean;
  /** What a program prints for `--version`. Undefined when it does not start or does not end in time. */
  versionOf(command: string): Promise<string | undefined>;
  /** The profiles in a file: the named one, else that of the variables of the entry, else the usual one. */
  profilesOf(configFile: string | undefined, env: Record<string, string | undefined>): Promise<Profiles>;
}

export interface Profiles {
  path: string;
  names: string[];
  /** Whether an entry without a profile finds one. */
  hasDefault: boolean;
}

/** The names that `install` gives. An entry with such a name was meant to start this server, even if its file has moved. */
const NAMES = /^databricks-(?:serving|sandbox)(?:-mcp)?$/;

export function isOurs(name: string, entry: Entry, { file }: Program): boolean {
  return NAMES.test(name) || startsServer(entry, file);
}

/** Command and arguments, without the shell that Windows needs for scripts. */
function wordsOf({ command, args }: Entry): string[] {
  const all = [command, ...(Array.isArray(args) ? args : [])].filter((word) => typeof word === 'string');
  const isShell = /^cmd(?:\.exe)?$/i.test(nameOf(all[0] ?? '')) && /^\/c$/i.test(all[1] ?? '');
  return isShell ? all.slice(2) : all;
}

/** The last part of a path of either system. */
const nameOf = (path: string) => win32.basename(basename(path));

/** Where an entry comes from. */
export interface Origin {
  /**
   * The file belongs to the project in this folder, so others may have written it. A client asks before it starts what such a file names, and the
   * doctor never starts it.
   */
  isProject: boolean;
  /** How the entry is written again. */
  remedy: string;
}

export async function checkEntry(entry: Entry, environment: EntryEnvironment, origin: Origin): Promise<Finding> {
  const { remedy } = origin;
  const [command, ...args] = wordsOf(entry);
  if (typeof entry.url === 'string' || typeof entry.httpUrl === 'string')
    return notChecked('the entry is a remote server, which the doctor does not reach');
  if (command === undefined || command.trim() === '') return failed('the entry has no command', remedy);
  const program = await checkProgram(command, environment, remedy);
  if (typeof program !== 'string') return program;
  const isNode = /^node(?:\.exe)?$/i.test(nameOf(command));
  if (isNode) {
    const isOwn = !/[/\\]/.test(command) || (isPath(command) && !origin.isProject);
    const problem =
      (isOwn ? await checkVersion(program, environment) : undefined) ?? checkScript(args, environment, remedy);
    if (problem) return problem;
  }
  const script = isNode ? (args.find((word) => !word.startsWith('-')) ?? '') : '';
  const options = script === '' ? args : args.slice(args.indexOf(script) + 1);
  const profile = await checkProfile(options, entry, environment);
  if (profile) return profile;
  if (entry.disabled === true || entry.enabled === false)
    return warning('the entry is switched off', 'Switch it on in the settings of the client.');
  return ok(`starts ${[nameOf(command), ...(script === '' ? [] : [script])].join(' ')}`);
}

/** The path of the program, or the problem. The client may have another search path than this terminal. */
async function checkProgram(
  command: string,
  { platform, env, exists }: EntryEnvironment,
  remedy: string,
): Promise<string | Finding> {
  if (isPlaceholder(command)) return command;
  if (/[/\\]/.test(command)) {
    if (!isPath(command) || exists(command)) return command;
    return failed(`the command ${command} does not exist`, remedy);
  }
  const names = platform === 'win32' ? ['.exe', '.cmd', '.bat', ''].map((ending) => command + ending) : [command];
  const [found] = await findOnPath(names, env, platform);
  return found?.path ?? failed(`the command ${command} is not in the search path (PATH)`, remedy);
}

async function checkVersion(node: string, { program, versionOf }: EntryEnvironment): Promise<Finding | undefined> {
  const version = /^v(\d+\.\d+\.\d+)/.exec((await versionOf(node)) ?? '')?.[1];
  const lacks = version === undefined ? undefined : whatItLacks(version, program.engines);
  if (lacks === undefined) return undefined;
  return failed(
    `${node} is Node ${version}, which ${lacks}`,
    `${installNewer(program.engines)}, or write the path of a newer one into the entry.`,
  );
}

function checkScript(args: readonly string[], { exists }: EntryEnvironment, remedy: string): Finding | undefined {
  const script = args.find((word) => !word.startsWith('-'));
  if (script === undefined) return failed('the entry starts node without a file', remedy);
  if (!isPath(script) || isPlaceholder(script) || exists(script)) return undefined;
  return failed(`the file ${script} does not exist`, remedy);
}

/** Whether the profile that the entry names exists. An entry may also take everything from variables. */
async function checkProfile(
  options: readonly string[],
  entry: Entry,
  { profilesOf }: EntryEnvironment,
): Promise<Finding | undefined> {
  const env = variablesOf(entry);
  if (options.includes('--sandbox') || isPlaceholder(env.DATABRICKS_CONFIG_FILE ?? '')) return undefined;
  const named = optionIn(options, 'profile') ?? env.DATABRICKS_CONFIG_PROFILE;
  if (named !== undefined && isPlaceholder(named)) return undefined;
  const { path, names, hasDefault } = await profilesOf(optionIn(options, 'config-file'), env);
  if (named !== undefined) {
    if (names.includes(named)) return undefined;
    const near = closest(named, names);
    return failed(
      `the entry names the profile ${named}, which ${path} does not have`,
      near === undefined
        ? `Name another profile in the entry, or create it with: databricks auth login --profile ${shellWord(named)}`
        : `Did you mean ${near}? Correct the profile in the entry.`,
    );
  }
  const hasHost = optionIn(options, 'host') !== undefined || env.DATABRICKS_HOST !== undefined;
  if (hasHost || hasDefault) return undefined;
  return warning(
    `the entry names no profile, and ${path} has no default one`,
    'Add --profile NAME to the arguments of the entry, unless the client passes DATABRICKS_HOST on.',
  );
}

function variablesOf({ env }: Entry): Record<string, string | undefined> {
  if (typeof env !== 'object' || env === null) return {};
  return Object.fromEntries(Object.entries(env).filter(([, value]) => typeof value === 'string' && value !== ''));
}

/** The value of an option in either form: `--name value` or `--name=value`. */
function optionIn(words: readonly string[], name: string): string | undefined {
  const at = words.indexOf(`--${name}`);
  if (at >= 0) return words[at + 1];
  const prefix = `--${name}=`;
  return words.find((word) => word.startsWith(prefix))?.slice(prefix.length);
}

/** The client fills it in. */
const isPlaceholder = (word: string) => word.includes('${');

/** Only an absolute path means the same here as in the client. */
const isPath = (word: string) => isAbsolute(word) || posix.isAbsolute(word) || win32.isAbsolute(word);

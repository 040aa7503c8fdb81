/** One entry of a client that starts this server: whether its program, its file and its profile exist, and the server accepts its options. */
import { isAbsolute, posix, win32 } from 'node:path';
import { shellWord } from '../auth/profile.ts';
import { findOnPath } from '../auth/run.ts';
import { type Entry, isRemote } from '../install/entries.ts';
import { isOurs as isOurEntry } from '../install/known.ts';
import { nameOf } from '../install/own-program.ts';
import { closest } from '../text/did-you-mean.ts';
import { type Finding, failed, notChecked, ok, warning } from './check.ts';
import { type EntryWords, entryWords, isNode } from './entry-words.ts';
import { oneLine } from './explain.ts';
import { installNewer, type Program, whatItLacks } from './program.ts';
import { type Place, writeAgain } from './remedy.ts';
import { createScrub, knownSecrets } from './secrets.ts';
import { readStart, type StartEnvironment } from './start.ts';

/** What the check of an entry asks the machine. */
export interface EntryEnvironment extends StartEnvironment {
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

/** An entry of this server, by its name or by what it starts. */
export function isOurs(name: string, entry: Entry, { file }: Program): boolean {
  return isOurEntry(name, entry, { script: file });
}

/** @param place where the entry comes from. A client asks before it starts what the file of a project names. */
export async function checkEntry(entry: Entry, environment: EntryEnvironment, place: Place): Promise<Finding> {
  const { program: own } = environment;
  if (isRemote(entry)) return notChecked('the entry is a remote server, which the doctor does not reach');
  const words = entryWords(entry, own);
  const { command, options } = words;
  const remedy = writeAgain(entry, options, place, own);
  if (command === undefined) return failed('the entry has no command', remedy);
  const program = await checkProgram(command, environment, remedy);
  if (typeof program !== 'string') return program;
  const byNode = isNode(command);
  if (byNode) {
    // What the file of a project names never starts, and neither does what the folder of the project may have.
    const isOwn = /[/\\]/.test(command) ? isPath(command) && !place.isProject : isPath(program);
    const problem =
      (isOwn ? await checkVersion(program, environment) : undefined) ?? checkScript(words, environment, remedy);
    if (problem) return problem;
  }
  const refused = await checkStart(entry, words, environment, place);
  if (refused) return refused;
  if (entry.disabled === true || entry.enabled === false)
    return warning('the entry is switched off', 'Switch it on in the settings of the client.');
  return ok(`starts ${[nameOf(command), ...(words.script === undefined ? [] : [words.script])].join(' ')}`);
}

/** Whether the server accepts its command line, and finds what that names. */
async function checkStart(
  entry: Entry,
  { options, isServer }: EntryWords,
  environment: EntryEnvironment,
  { file }: Place,
): Promise<Finding | undefined> {
  if (options === undefined) return undefined;
  if (entry.args !== undefined && !isTexts(entry.args))
    return failed('the arguments of the entry are no list of texts', `Correct "args" of this entry in ${file}.`);
  const env = variablesOf(entry);
  const { problem, config } = await readStart(options, env, environment);
  if (problem !== undefined && isServer) {
    // Only this entry knows its secrets. A message may quote an argument.
    const says = createScrub(knownSecrets(env, undefined, { paths: [], exists: () => false }))(oneLine(problem));
    return failed(
      `the server cannot start with this entry: ${says.replace(/\.$/, '')}`,
      `Correct this entry in ${file}.`,
    );
  }
  return config?.sandbox ? undefined : checkProfile(options, env, environment);
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

function checkScript({ script }: EntryWords, { exists }: EntryEnvironment, remedy: string): Finding | undefined {
  if (script === undefined) return failed('the entry starts node without a file', remedy);
  if (!isPath(script) || isPlaceholder(script) || exists(script)) return undefined;
  return failed(`the file ${script} does not exist`, remedy);
}

/** Whether the profile that the entry names exists. An entry may also take everything from variables. */
async function checkProfile(
  options: readonly string[],
  env: Record<string, string | undefined>,
  { profilesOf }: EntryEnvironment,
): Promise<Finding | undefined> {
  if (isPlaceholder(env.DATABRICKS_CONFIG_FILE ?? '')) return undefined;
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

const isTexts = (args: unknown) => Array.isArray(args) && args.every((word) => typeof word === 'string');

/** The client fills it in. */
const isPlaceholder = (word: string) => word.includes('${');

/** Only an absolute path means the same here as in the client. */
const isPath = (word: string) => isAbsolute(word) || posix.isAbsolute(word) || win32.isAbsolute(word);

/** How an entry is written again, with the options that it has. Without them, a new entry could be weaker than the old one. Pure. */
import { isAbsolute } from 'node:path';
import { shellWord } from '../auth/profile.ts';
import { type InstallConfig, readConfig, UsageError } from '../config.ts';
import type { Entry } from '../install/entries.ts';
import { isReplaceable } from '../install/known.ts';
import { type ClientName, OPTIONS } from '../options.ts';
import { redact } from '../text/redact.ts';
import { commandLine, type Program } from './program.ts';

export interface Place {
  client: ClientName;
  name: string;
  file: string;
  /**
   * The file belongs to the project in the current folder, so others may have written it. A client asks before it starts what such a file names, and
   * the doctor never starts it.
   */
  isProject: boolean;
  /** Whether `install` writes to this part of the file. Claude Code also has entries for single folders there. */
  canInstall: boolean;
}

/** Characters of a command that a person can still check. */
const MAX_COMMAND = 600;

/** @param options the words for the server. Undefined when it is not known where they begin. */
export function writeAgain(
  entry: Entry,
  options: readonly string[] | undefined,
  place: Place,
  program: Program,
): string {
  const { client, name, file, isProject, canInstall } = place;
  // The name comes from a file. In a command it must not be more than a name. `install` keeps the entries of other programs.
  const isWritable =
    canInstall && /^\w[\w.-]{0,63}$/.test(name) && isReplaceable(name, entry, { script: program.file });
  const words = isWritable && options !== undefined ? repeated(options, client) : undefined;
  const command = ['install', client, '--name', name, ...(isProject ? ['--project'] : []), ...(words ?? [])].join(' ');
  if (words !== undefined && command.length <= MAX_COMMAND) return `Run: ${commandLine(program, command)}`;
  const kept = [...new Set((options ?? []).flatMap((word) => /^--[a-z-]{2,40}(?==|$)/.exec(word) ?? []))];
  const keep = kept.length > 0 ? `, and keep its options ${kept.join(', ')}` : '';
  return `Correct or remove this entry in ${file}${keep}.`;
}

/** The options as words of a shell. Undefined when one of them is wrong, hides a secret, or means something else in this folder. */
function repeated(options: readonly string[], client: ClientName): string[] | undefined {
  const given = serverOptions(options, client);
  if (given?.some((option) => !canBeRepeated(option))) return undefined;
  return given?.map(({ name, value }) =>
    value === true ? `--${name}` : `--${name}${value.startsWith('-') ? '=' : ' '}${shellWord(value)}`,
  );
}

function serverOptions(options: readonly string[], client: ClientName): InstallConfig['serverOptions'] | undefined {
  try {
    return readConfig(['install', client, ...options]).install?.serverOptions;
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

function canBeRepeated({ name, value }: InstallConfig['serverOptions'][number]): boolean {
  if (value === true) return true;
  const isPath = OPTIONS.some((option) => option.name === name && option.path === true);
  const isClean =
    !/\p{Cc}/u.test(value) && redact(`${name}=${value}`) === `${name}=${value}` && !/\/\/[^/]*@/.test(value);
  return isClean && !value.includes('${') && (!isPath || isAbsolute(value));
}

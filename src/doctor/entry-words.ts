/** Where the program, its file and the options of the server are in an entry. Pure. */
import type { Entry } from '../install/entries.ts';
import { nameOf } from '../install/own-program.ts';
import type { Program } from './program.ts';

export interface EntryWords {
  /** Undefined when the entry has none. */
  command: string | undefined;
  /** The file that Node starts. */
  script: string | undefined;
  /** The words for the server. Undefined when it is not known where they begin. */
  options: string[] | undefined;
  /** Whether they surely go to this server. An entry with its name may start a program around it. */
  isServer: boolean;
}

export const isNode = (command: string) => /^node(?:\.exe)?$/i.test(nameOf(command));

/** The package as `npx` names it, or its program. */
const isPackage = (word: string) =>
  /^databricks-serving-mcp(?:@.*)?$/.test(word.replace(/^.*[/\\]|\.(?:cmd|ps1|tgz)$/g, ''));

/** Options of Node whose value is the next word. */
const NODE_VALUE =
  /^(?:-r|-C|--require|--import|--loader|--experimental-loader|--conditions|--env-file(?:-if-exists)?)$/;

export function entryWords({ command, args }: Entry, program: Program): EntryWords {
  const given = Array.isArray(args) ? args.filter((word) => typeof word === 'string') : [];
  const own = typeof command === 'string' && command.trim() !== '' ? command : undefined;
  const [first, ...rest] = withoutShell(own, given);
  // Without a command, the arguments are those of `node`, as `install` writes them.
  if (first === undefined || isNode(first)) return { command: first, ...afterNode(rest, program) };
  const at = isPackage(first) ? 0 : packageIn(rest) + 1;
  if (!isPackage(first) && at === 0)
    return { command: first, script: undefined, options: rest.length === 0 ? [] : undefined, isServer: false };
  return { command: first, script: undefined, options: rest.slice(at), isServer: true };
}

/** Windows needs a shell for scripts: `cmd /c npx`. */
function withoutShell(command: string | undefined, args: string[]): [string | undefined, ...string[]] {
  if (command === undefined || !/^cmd(?:\.exe)?$/i.test(nameOf(command))) return [command, ...args];
  const start = args.findIndex((word) => !/^\/[a-z]$/i.test(word));
  return start <= 0 ? [command, ...args] : [args[start], ...args.slice(start + 1)];
}

function afterNode(words: readonly string[], { file, started }: Program): Omit<EntryWords, 'command'> {
  let at = 0;
  while (words[at]?.startsWith('-')) at += NODE_VALUE.test(words[at] ?? '') ? 2 : 1;
  const script = words[at];
  const isServer =
    script !== undefined &&
    (script === file || script === started || /^server\.mjs$/.test(nameOf(script)) || isPackage(script));
  return { script, options: words.slice(at + 1), isServer };
}

/** `npx -p PACKAGE PROGRAM`: the second one starts. */
function packageIn(words: readonly string[]): number {
  return words.findIndex((word, index) => isPackage(word) && !/^(?:-p|--package)$/.test(words[index - 1] ?? ''));
}

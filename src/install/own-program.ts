/** Whether an entry starts this server, and with which of its words. Pure. */
import type { Entry } from './entries.ts';
import { packageIn } from './invocation.ts';

/** How this server is known: the file that runs now, and its package, which may be published under another name. */
export interface Own {
  script: string;
  packageName?: string;
}

const COMMAND = 'databricks-serving-mcp';

/** Programs that start a file or a package of Node. */
const RUNNERS = /^(?:node(?:js)?\d*|npx|bunx?|pnpm|pnpx|yarn|npm|tsx|deno|cmd)(?:\.exe|\.cmd)?$/i;
/** A file of this server in any folder. A folder alone may be an argument of another program. */
const FILE = new RegExp(`${COMMAND}.*\\.(?:mjs|js|ts|tgz)$`);
/** The package by its name, with a scope and a version, or from a repository. */
const PACKAGE = new RegExp(`^(?:[\\w+.-]+:\\S*/|@[\\w.-]+/|[\\w.-]+/)?${COMMAND}(?:\\.git)?(?:[@#:][\\w.^~<>=*/-]+)?$`);

/** Command and arguments as texts. */
export function wordsOf({ command, args }: Entry): string[] {
  return [command, ...(Array.isArray(args) ? args : [])].map((word) => (typeof word === 'string' ? word : ''));
}

/** The last part of a path of either system. */
export const nameOf = (path: string) => path.replace(/^.*[\\/]/, '');

/** Whether a word is a program that starts files or packages, by its bare name or an absolute path. */
export function isRunner(word: string): boolean {
  return RUNNERS.test(nameOf(word)) && /^(?:\/|[a-z]:[\\/]|[^\\/]*$)/i.test(word) && !word.includes('=');
}

/** The place of the word that names this server among command and arguments. -1 when the entry starts another program. */
export function ownWordIn(entry: Entry, { script, packageName = packageIn(script) }: Own): number {
  const isOwn = (word: string, at: number) =>
    (script !== '' && word === script) ||
    FILE.test(word) ||
    PACKAGE.test(word) ||
    (packageName !== undefined && (word === packageName || word.startsWith(`${packageName}@`))) ||
    (at === 0 && nameOf(word).replace(/\.(?:exe|cmd|ps1)$/i, '') === COMMAND);
  // A shell gets the whole command line as one word.
  return wordsOf(entry).findIndex(
    (word, at) => isOwn(word, at) || word.split(/[\s"']+/).some((part) => isOwn(part, -1)),
  );
}

/** Whether a runner starts a file with the name of the built server: one that has moved, or that of another clone. */
export function startsBuiltFile(entry: Entry): boolean {
  const [command = '', ...args] = wordsOf(entry);
  const file = args.find((word) => !word.startsWith('-'));
  return isRunner(command) && file !== undefined && nameOf(file) === 'server.mjs';
}

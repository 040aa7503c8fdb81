/**
 * What of a client's configuration a person may see: the entry of this server as `install` writes it, and the names around it. Other programs keep
 * secrets in fields and arguments with any name, and accounts in the same file. So this is a list of what is shown, and all else is hidden. Pure.
 */
import { OPTIONS } from '../options.ts';
import { redact } from '../text/redact.ts';
import { looksRandom } from '../text/secret-values.ts';
import type { Client } from './clients.ts';
import type { Entry } from './entries.ts';
import { isRunner, type Own, ownWordIn, startsBuiltFile, wordsOf } from './own-program.ts';

/** In the place of what is hidden. */
export const HIDDEN = '…';

/** Paths are the keys from the root on. An item of a list has its number as text. */
export interface Shown {
  key(path: readonly string[]): boolean;
  /** Whether the path is in the entry of this server. No value elsewhere is shown. */
  isOwn(path: readonly string[]): boolean;
  value(path: readonly string[], value: unknown): boolean;
}

/** Servers, their fields, and the names of variables. */
const DEEPEST_KEY = 4;
const LONGEST_KEY = 64;
/** The approval modes of Codex. */
const MODE = /^(?:auto|prompt|approve|writes)$/;

/** @param entry the entry of this server in the text that is shown. */
export function shownOf(client: Client, name: string, entry: Entry | undefined, own: Own): Shown {
  const { rootKey, defaults } = client;
  const words = entry === undefined ? [] : shownWords(entry, own);
  return {
    key(path) {
      const key = path.at(-1) ?? '';
      if (path.length > (path[0] === rootKey ? DEEPEST_KEY : 1)) return false;
      return key === name || (key.length <= LONGEST_KEY && redact(key) === key && !looksRandom(key));
    },
    isOwn: ([root, server]) => root === rootKey && server === name,
    value([root, server, field = '', item, ...deeper], value) {
      if (root !== rootKey || server !== name || deeper.length > 0) return false;
      if (field === 'args' && item !== undefined) return words[Number(item) + 1] === value;
      if (item !== undefined) return false;
      if (field === 'command') return words[0] === value;
      if (field === 'type') return value === 'stdio';
      if (field in defaults) return typeof value === 'number' ? value < 1e6 : MODE.test(String(value));
      return typeof value === 'boolean';
    },
  };
}

/** Words between a runner and the package that it starts. */
const BETWEEN = ['-y', '--yes', '/c', '/C', 'npx', 'npx.cmd', 'dlx', 'exec', '--'];

/** The command and the arguments that `install` could have written, each at its place. */
function shownWords(entry: Entry, own: Own): (string | undefined)[] {
  const words = wordsOf(entry);
  const found = ownWordIn(entry, own);
  const at =
    found < 0 && startsBuiltFile(entry) ? words.findIndex((word, index) => index > 0 && word[0] !== '-') : found;
  if (at < 0) return [];
  const program = words[at] ?? '';
  // A word that holds more than the program is a command line for a shell.
  if (program !== own.script && (/[\s=?]|:\/\//.test(program) || redact(program) !== program)) return [];
  return words.map((word, index) => {
    if (index === at) return word;
    const isOwn = index === 0 ? isRunner(word) : index < at ? BETWEEN.includes(word) : isOwnOption(words, index, at);
    return isOwn ? word : undefined;
  });
}

/** Whether a word is an option of this server, or the value of one. */
function isOwnOption(words: readonly string[], index: number, program: number): boolean {
  const word = words[index] ?? '';
  const option = optionOf(word);
  if (option) {
    const given = word.includes('=') ? word.slice(word.indexOf('=') + 1) : undefined;
    if (given === undefined) return true;
    return option.value === undefined ? /^(?:true|false)$/.test(given) : isPlain(option.name, given);
  }
  const before = words[index - 1] ?? '';
  const named = index - 1 > program && !before.includes('=') ? optionOf(before) : undefined;
  return named?.value !== undefined && isPlain(named.name, word);
}

function optionOf(word: string) {
  const name = /^--([a-z-]+)(?:=|$)/.exec(word)?.[1];
  return OPTIONS.find((option) => option.name === name);
}

/** A value without a place for a secret. */
function isPlain(name: string, value: string): boolean {
  if (name === 'host') return /^(?:https?:\/\/)?[\w.-]+(?::\d+)?\/?(?:\?o=\d{1,20})?$/i.test(value);
  return !value.includes('://') && redact(value) === value && redact(`--${name} ${value}`) === `--${name} ${value}`;
}

/** Removes secrets from the report: by their form, and those that the configuration of this machine contains. Pure. */
import { CI_SECRETS, SECRET_SETTINGS } from '../auth/attributes.ts';
import { METHODS } from '../auth/chain.ts';
import type { IniSections } from '../auth/ini.ts';
import { unquoted } from '../connection/unquoted.ts';
import { help } from '../options.ts';
import { REDACTED, redact } from '../text/redact.ts';
import { stripControls } from '../text/sanitize.ts';
import { isPasswordName, isSecretVariable, promiseOf } from '../text/secret-names.ts';
import { looksRandom } from '../text/secret-values.ts';
import { CHECKS } from './check.ts';

/** Shorter values are words of the report itself. */
const LEAST = 4;

/** Keys and variables whose value is a secret, whatever it looks like. */
const CERTAIN: ReadonlySet<string> = new Set([...CI_SECRETS, ...SECRET_SETTINGS]);

/** What a report names anyway. No part of it is a secret. */
export interface Place {
  /** Paths of this machine: its home, the folder of the command line, the program. */
  paths: readonly string[];
  exists(path: string): boolean;
}

/** The secrets in variables and in the profile file: values of names that promise one, and passwords in addresses. */
export function knownSecrets(
  env: Record<string, string | undefined>,
  profiles: IniSections | undefined,
  place: Place,
): string[] {
  const pairs = [...Object.entries(env), ...[...(profiles?.values() ?? [])].flatMap((values) => [...values])];
  return pairs.flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (CERTAIN.has(name)) return [value, unquoted(value), ...loginIn(value)];
    const isSecret = isSecretVariable(name) && !isHarmless(name, unquoted(value), place);
    return [...(isSecret ? [value, unquoted(value)] : []), ...loginIn(value).filter((part) => !isWord(part, place))];
  });
}

/** Whether a value is no secret although its name promises one: `PWD`, `PASSWORD_STORE_DIR`, `TOKENS_PER_MINUTE`, `CREDENTIAL_HELPER`. */
function isHarmless(name: string, value: string, place: Place): boolean {
  if (SHELL_FOLDERS.has(name) || isPath(value, place) || isWord(value, place)) return true;
  if (/^[-+]?\d+(?:\.\d+)?$/.test(value)) return !isPasswordName(name) || value.length <= LEAST;
  if (/^[a-z][a-z\d+.-]*:\/\/[^\s@?#]+$/i.test(value)) return promiseOf(name) !== 'exact' && !looksRandom(value);
  // The name of another variable, such as that of a token.
  if (/^[A-Z]+(?:_[A-Z]+)+$/.test(value)) return true;
  return promiseOf(name) !== 'exact' && isIdentifier(value);
}

/** The folder of a shell, and the one before. Their names look like that of a password. */
const SHELL_FOLDERS: ReadonlySet<string> = new Set(['PWD', 'OLDPWD']);

/** Words of letters with a sign between them, such as `managed-identity`. */
function isIdentifier(value: string): boolean {
  return value.split(/[-_. ]+/).every((word) => /^(?:[A-Z]?[a-z]*|[A-Z]+)\d{0,2}$/.test(word));
}

/** A path that is there, that leads to a path of the report, or that has only words. A secret may begin with `/`, too. */
function isPath(value: string, { paths, exists }: Place): boolean {
  if (!/^(?:~|\.{0,2}[/\\]|[a-z]:[/\\]|file:)/i.test(value)) return false;
  return (
    paths.some((path) => path.startsWith(value) || (path.length > 1 && value.startsWith(path))) ||
    exists(value) ||
    !looksRandom(value)
  );
}

/** Longest word of letters alone that counts as a common one. */
const SHORT_WORD = 7;
/** What the report and the help say. Who removed such a word would make a remedy useless. */
const SAID = [help(), ...CHECKS, ...METHODS.map(({ name }) => name), 'configuration identity certificates']
  .join(' ')
  .toLowerCase();

/** A word that says nothing: short and of letters alone, or one that the report itself uses. */
function isWord(value: string, { paths }: Place): boolean {
  const word = value.toLowerCase();
  if (/^[a-z]*$/.test(word) && word.length <= SHORT_WORD) return true;
  return /^[a-z_.-]*$/.test(word) && [SAID, ...paths].some((text) => text.toLowerCase().includes(word));
}

/** User and password of an address, as they are and decoded. A user alone can be a token. */
function loginIn(value: string): string[] {
  const [, login] = /^\s*["']?(?:[a-z][a-z0-9+.-]*:\/\/)?([^\s/@]+)@[^\s@]+$/i.exec(value) ?? [];
  if (login === undefined) return [];
  const [user = '', ...rest] = login.split(':');
  const password = rest.join(':');
  // An e-mail address is a name without a password.
  const parts = password === '' ? (value.includes('://') ? [user] : []) : [password];
  return parts.flatMap((part) => [part, decoded(part)]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A function that cleans every text of the report. */
export function createScrub(secrets: readonly string[]): (text: string) => string {
  // Longest first, or a secret that starts with another one would leave its rest.
  const known = [...new Set(secrets)].filter(({ length }) => length >= LEAST).sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = stripControls(text);
    for (const secret of known) clean = clean.replaceAll(secret, REDACTED);
    return redact(clean);
  };
}

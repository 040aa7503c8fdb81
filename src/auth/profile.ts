import { join } from 'node:path';
import { AuthError } from './errors.ts';
import { type IniSections, IniSyntaxError, parseIni } from './ini.ts';

export interface ProfileFile {
  path: string;
  found: boolean;
  sections: IniSections;
}

export interface Profile {
  name: string;
  values: ReadonlyMap<string, string>;
}

const RESERVED = '__settings__';
const FALLBACK = 'DEFAULT';

/** The path of the profile file, with `~` as the home directory. Default: `~/.databrickscfg`. */
export function profilePath(configured: string | undefined, homeDir: string): string {
  if (configured === undefined || configured === '') return join(homeDir, '.databrickscfg');
  return /^~(?:[/\\]|$)/.test(configured) ? join(homeDir, configured.slice(1)) : configured;
}

/** Reads and parses the profile file. A missing file counts as empty. Throws AuthError `bad_config`. */
export async function readProfileFile(path: string, readFile: (path: string) => Promise<string>): Promise<ProfileFile> {
  let text: string;
  try {
    text = await readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    if (code === 'ENOENT' || code === 'ENOTDIR') return { path, found: false, sections: new Map() };
    throw new AuthError('bad_config', `cannot read ${path} (${code})`, `Make sure that ${path} is a readable file.`);
  }
  try {
    return { path, found: true, sections: parseIni(text) };
  } catch (error) {
    if (!(error instanceof IniSyntaxError)) throw error;
    throw new AuthError(
      'bad_config',
      `cannot parse ${path}: ${error.message}`,
      `Correct line ${error.line} of ${path}.`,
    );
  }
}

/** Names of the profiles that are not empty, in file order. */
export function profileNames(file: ProfileFile): string[] {
  return [...file.sections].filter(([name, values]) => name !== RESERVED && values.size > 0).map(([name]) => name);
}

/**
 * Chooses the profile (fact I5): the named one, else `[__settings__] default_profile`, else DEFAULT. A missing file or a
 * missing DEFAULT is fine. Any other missing profile throws AuthError `bad_profile` with the existing names.
 */
export function chooseProfile(file: ProfileFile, named: string | undefined): Profile | undefined {
  if (!file.found) return undefined;
  const wanted = named ?? (file.sections.get(RESERVED)?.get('default_profile') || undefined);
  const name = wanted ?? FALLBACK;
  const values = name === RESERVED ? undefined : file.sections.get(name);
  if (values !== undefined && values.size > 0) return { name, values };
  if (wanted === undefined) return undefined;
  const names = profileNames(file);
  throw new AuthError(
    'bad_profile',
    `${file.path} has no ${name} profile configured${names.length > 0 ? `; it has ${names.join(', ')}` : ''}`,
    `${names.length > 0 ? `Choose one of: ${names.join(', ')}. Or create it with` : 'Create it with'}: databricks auth login --profile ${shellWord(name)}`,
  );
}

/** Quotes a word for command lines in messages. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_.:/@-]+$/.test(word) ? word : `"${word.replace(/(["$`\\])/g, '\\$1')}"`;
}

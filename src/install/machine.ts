/** This machine, as the table of clients and the commands look at it. */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Machine } from './clients.ts';
import type { Started } from './program.ts';
import type { Place } from './server-arguments.ts';

type Given = Pick<Machine, 'platform' | 'env' | 'home' | 'cwd'>;

/** What is in the way counts as missing: a folder without the right to read it lists nothing. */
export function machine(given: Given): Machine & Place & Pick<Started, 'readText' | 'real'> {
  return {
    ...given,
    exists: existsSync,
    list: (folder) => tried(() => readdirSync(folder)) ?? [],
    real: (path) => tried(() => realpathSync(path)),
    readText: (path) => tried(() => readFileSync(path, 'utf8')),
    read: (path) => readFile(path, 'utf8'),
  };
}

function tried<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

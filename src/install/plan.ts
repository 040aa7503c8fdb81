/** What `install` and `uninstall` do to one file, before anything is written. */
import { dirname, join } from 'node:path';
import type { Client } from './clients.ts';
import { backupsIn, type ConfigFile, readConfigFile } from './config-file.ts';
import { type Entry, entriesIn, type Run, withEntry, withoutEntry } from './entries.ts';
import { FileProblem } from './problem.ts';

export interface Plan {
  file: ConfigFile;
  /** Undefined: the file goes, because it holds nothing but the entry. */
  after: string | undefined;
  kind: 'add' | 'replace' | 'remove' | 'nothing';
}

/** @throws FileProblem */
export async function planInstall(client: Client, path: string, name: string, run: Run): Promise<Plan> {
  const file = await readConfigFile(path, 'write');
  const exists = entriesIn(client, file.text).has(name);
  const after = withEntry(client, file.text, name, run);
  return { file, after, kind: after === file.text ? 'nothing' : exists ? 'replace' : 'add' };
}

/** Backups that are looked at. The one before the entry is the newest or the one before it. */
const LATEST = 5;

/**
 * Removes the entry. Two files can become the same when an entry is added: one with an empty object of servers and one without. So a backup
 * decides, if its text with the entry is exactly the file of today. Without a backup, the file did not exist before.
 * @throws FileProblem
 */
export async function planUninstall(
  client: Client,
  path: string,
  name: string,
  list: (folder: string) => string[],
): Promise<Plan> {
  const file = await readConfigFile(path, 'write');
  const { text, target } = file;
  const entry = entriesIn(client, text).get(name);
  if (entry === undefined) return { file, after: text, kind: 'nothing' };
  const run = runOf(entry);
  let keepsRoot = false;
  for (const backup of backupsIn(list(dirname(target)), target).slice(0, LATEST)) {
    const before = await readBackup(join(dirname(target), backup));
    const made = before === undefined || run === undefined ? undefined : tried(() => remade(client, before, name, run));
    if (made === text) return { file, after: before, kind: 'remove' };
    keepsRoot ||= made !== undefined && before !== undefined && hasRoot(client, before);
  }
  const isOurs = run !== undefined && tried(() => withEntry(client, '', name, run)) === text;
  return { file, after: isOurs ? undefined : withoutEntry(client, text, name, keepsRoot), kind: 'remove' };
}

/** A backup with the entry. Undefined when the backup has an entry of that name already. */
function remade(client: Client, before: string, name: string, run: Run): string | undefined {
  return entriesIn(client, before).has(name) ? undefined : withEntry(client, before, name, run);
}

/** Whether a text without servers has the object of the servers all the same. */
function hasRoot(client: Client, text: string): boolean {
  return entriesIn(client, text).size === 0 && text.includes(`"${client.rootKey}"`);
}

function runOf({ command, args }: Entry): Run | undefined {
  if (typeof command !== 'string' || !Array.isArray(args)) return undefined;
  return { command, args: args.map(String) };
}

async function readBackup(path: string): Promise<string | undefined> {
  return readConfigFile(path, 'read').then(
    ({ text }) => text,
    () => undefined, // an unreadable backup decides nothing
  );
}

function tried<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof FileProblem) return undefined;
    throw error;
  }
}

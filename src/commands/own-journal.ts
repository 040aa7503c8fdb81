/** The journal that the command line names. */
import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { Config } from '../config.ts';
import { isInVolume } from '../hosting/journals.ts';
import { fileJournal, type Journal, journalPath, memoryJournal } from '../journal/journal.ts';
import { checkRegular } from '../journal/regular-file.ts';
import { errorMessage } from '../text/error-message.ts';
import { sanitize } from '../text/sanitize.ts';
import { home } from './this-process.ts';

/** @throws an error for the user where --journal names something that is no file. */
export async function checkJournal({ journalFile }: Config): Promise<void> {
  if (journalFile === undefined) return;
  await checkRegular(journalFile).catch((error: unknown) => {
    const advice = 'Name a regular file, or use --no-journal to record nothing.';
    throw new Error(`--journal: cannot record changes in ${journalFile}: ${errorMessage(error)}. ${advice}`);
  });
}

/**
 * In an App, the journal is a folder. A wrong name of a volume would be a folder of the App, which a restart empties.
 * @throws an error for the user where --journal names no folder.
 */
export async function checkJournalFolder(place: string): Promise<void> {
  if (isInVolume(place)) return;
  const form = 'In an App, it takes a folder of a volume: /Volumes/CATALOG/SCHEMA/VOLUME, or a folder in it.';
  const why = await problemOf(place);
  if (why !== undefined) throw new Error(`--journal: ${place} ${why}. ${form}`);
}

async function problemOf(place: string): Promise<string | undefined> {
  if (/^\/?volumes(?:\/|$)/i.test(place)) return 'is not the path of a volume';
  if (!isAbsolute(place)) return 'does not begin at the root';
  const found = await stat(place).catch(() => undefined);
  return found && !found.isDirectory() ? 'is not a folder' : undefined;
}

/** In the sandbox, and with --no-journal, the journal stays in memory. A named file is always used. */
export function openJournal(config: Config, serviceTime: () => number): Journal {
  const environment = { now: Date.now, serviceTime, random: Math.random, sanitize };
  if (config.noJournal || (config.sandbox && config.journalFile === undefined)) return memoryJournal(environment);
  return fileJournal(config.journalFile ?? journalPath(process.platform, process.env, home()), environment);
}

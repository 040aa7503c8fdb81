/** The journal that the command line names. */
import type { Config } from '../config.ts';
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

/** In the sandbox, and with --no-journal, the journal stays in memory. A named file is always used. */
export function openJournal(config: Config, serviceTime: () => number): Journal {
  const environment = { now: Date.now, serviceTime, random: Math.random, sanitize };
  if (config.noJournal || (config.sandbox && config.journalFile === undefined)) return memoryJournal(environment);
  return fileJournal(config.journalFile ?? journalPath(process.platform, process.env, home()), environment);
}

/** The folder of the journals of many users. A server for one person needs none of it. */
import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { isInVolume } from '../hosting/journals.ts';

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

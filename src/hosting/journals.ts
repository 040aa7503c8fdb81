/** Where the changes of each user are recorded: a file per user, in a folder of this machine or of a volume. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileJournal, type Journal, type JournalEnvironment } from '../journal/journal.ts';
import { createLane, storedJournal } from '../journal/stored-journal.ts';
import { read, VOLUME_PATH, write } from '../rest/files.ts';
import type { Http } from '../rest/http.ts';

/** The journal of one user. */
export interface UserJournal {
  /** @param http the connection of the current call, because each call brings its own token. */
  under(http: Http): Journal;
  /** The file, when it is on this machine. */
  file: string | undefined;
}

/** Makes the journal of a user. Call it once per user while the user is known: its appends follow each other. */
export type Journals = (key: string) => UserJournal;

/** Whether a place is in a volume, which outlives a restart of an app. */
export function isInVolume(place: string): boolean {
  return VOLUME_PATH.test(place);
}

/** @param place a folder: on this machine, or `/Volumes/catalog/schema/volume/…`. */
export function journalsIn(place: string, environment: JournalEnvironment): Journals {
  return (key) => {
    const name = `${fileName(key)}.jsonl`;
    if (!isInVolume(place)) {
      const file = join(place, name);
      const journal = fileJournal(file, environment);
      return { under: () => journal, file };
    }
    const lane = createLane();
    const path = `${place.replace(/\/$/, '')}/${name}`;
    return {
      // A recorded end must not depend on a client that has gone, so the connection has no signal of a call.
      under: (http) =>
        storedJournal(
          path,
          { read: (each) => read(http, each), write: (each, text) => write(http, each, text) },
          lane,
          environment,
        ),
      file: undefined,
    };
  };
}

/** A user id as the name of a file. Any other key becomes a hash, so that no key leaves the folder. */
export function fileName(key: string): string {
  return /^\d{1,30}$/.test(key) ? key : createHash('sha256').update(key).digest('hex').slice(0, 32);
}

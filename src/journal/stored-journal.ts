/** A journal in a place that keeps whole texts and appends nothing, such as the files of a volume. */
import { type Journal, type JournalEnvironment, journalIn } from './journal.ts';
import { entriesOf } from './lines.ts';

/** Whole texts by path. */
export interface TextStore {
  /** Undefined: there is none. */
  read(path: string): Promise<string | undefined>;
  /** Replaces the text, or makes a new one. */
  write(path: string, text: string): Promise<void>;
}

/** Runs one work after the other. All writers of one path in this process must share one. */
export type Lane = <T>(work: () => Promise<T>) => Promise<T>;

export function createLane(): Lane {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}

/** A longer text moves to `.1`, replacing the earlier `.1`. Each entry reads and writes the whole text, so it is shorter than a file may be. 512 KiB. */
const MAX_BYTES = 512 * 1024;

/**
 * Each line is a read, a change and a write of the whole text. Writers in other processes are not seen, so a path belongs to one process.
 * @param lane orders the writes to this path.
 */
export function storedJournal(path: string, store: TextStore, lane: Lane, environment: JournalEnvironment): Journal {
  async function append(line: string): Promise<void> {
    const text = (await store.read(path)) ?? '';
    if (Buffer.byteLength(text) > MAX_BYTES) {
      // The old lines are safe before the new text replaces them. After an interruption both have them, and an entry counts once.
      await store.write(`${path}.1`, text);
      return store.write(path, `${line}\n`);
    }
    const start = text === '' || text.endsWith('\n') ? '' : '\n';
    return store.write(path, `${text}${start}${line}\n`);
  }
  return journalIn(
    path,
    (line) => lane(() => append(line)),
    async (query) => {
      const texts = await Promise.all([`${path}.1`, path].map((each) => store.read(each)));
      const lines = texts.flatMap((text = '') => text.split('\n')).filter((line) => line.trim() !== '');
      return entriesOf(lines, query);
    },
    environment,
  );
}

/**
 * A local record of every write: what changed, where, with which outcome, and the calls that undo it. The file has one JSON object per line and is
 * only appended to. A write with a beginning and no end was interrupted. Secrets are redacted before anything is written.
 */
import { isAbsolute, join } from 'node:path';
import { appendLine } from './append-line.ts';
import type { WriteEnd, WriteStart } from './entry.ts';
import { fileLines } from './file-lines.ts';
import { entriesOf, type JournalPage, type JournalQuery, MAX_LINE, toLine } from './lines.ts';
import { NotRegularError } from './regular-file.ts';

/** The journal cannot be written or read. `code` is the system's error code. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly code: string;

  constructor(cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown cause';
    const reason = cause instanceof NotRegularError ? cause.message : code;
    super(`the journal of changes cannot be used (${reason})`, { cause });
    this.code = code;
  }
}

export interface Journal {
  begin(record: WriteStart): Promise<string>;
  end(id: string, record: WriteEnd): Promise<void>;
  read(query: JournalQuery): Promise<JournalPage>;
  /** The file, for messages. Undefined for a journal in memory. */
  path: string | undefined;
}

export interface JournalEnvironment {
  /** The clock of this machine. Epoch milliseconds. */
  now: () => number;
  /** The clock of the workspace, which the times of its endpoints come from. Default: the one of this machine. */
  serviceTime?: () => number;
  random: () => number;
  /** Removes secrets and control characters from a value. */
  sanitize: (value: unknown) => unknown;
}

/** A larger file is renamed to `.1`, replacing the earlier `.1`, so there are at most two files. 5 MiB. */
const MAX_BYTES = 5 * 1024 * 1024;
/** How much of a file is read, at its end. A file can only be larger when it could not be renamed or another program wrote it. 16 MiB. */
const MAX_READ = 16 * 1024 * 1024;

/**
 * The default file, in the platform's state directory: XDG on Linux, Application Support on macOS, LocalAppData on Windows. An empty or relative
 * variable does not count, as the XDG specification says: the journal would lie in whatever folder the server runs in.
 */
export function journalPath(platform: string, env: Record<string, string | undefined>, home: string): string {
  const named = platform === 'win32' ? env.LOCALAPPDATA : platform === 'darwin' ? undefined : env.XDG_STATE_HOME;
  const usual = { win32: ['AppData', 'Local'], darwin: ['Library', 'Application Support'] }[platform];
  const state = named !== undefined && isAbsolute(named) ? named : join(home, ...(usual ?? ['.local', 'state']));
  return join(state, 'databricks-serving-mcp', 'changes.jsonl');
}

/** A journal in a file that only its owner can read. Several servers may append to one file. */
export function fileJournal(path: string, environment: JournalEnvironment): Journal {
  // Appends run one after the other. If two saw a full file, the second would rename the new file of the first.
  let last: Promise<void> = Promise.resolve();
  const append = (line: string) => {
    const done = last.then(() => appendLine(path, line, MAX_BYTES, environment.now));
    last = done.catch(() => {});
    return done;
  };
  async function read(query: JournalQuery): Promise<JournalPage> {
    let skipped = 0;
    async function* lines() {
      for (const each of [`${path}.1`, path]) {
        yield* fileLines(each, { line: MAX_LINE, file: MAX_READ }, (bytes) => {
          skipped += bytes;
        });
      }
    }
    const page = await entriesOf(lines(), query);
    return { ...page, skipped };
  }
  return journalIn(path, append, read, environment);
}

/** A journal in memory, for the sandbox. Above the maximum size, the oldest lines are dropped. */
export function memoryJournal(environment: JournalEnvironment): Journal {
  const lines: string[] = [];
  let size = 0;
  async function append(line: string): Promise<void> {
    lines.push(line);
    size += line.length;
    while (size > MAX_BYTES) size -= lines.shift()?.length ?? size;
  }
  return journalIn(undefined, append, (query) => entriesOf([...lines], query), environment);
}

/**
 * A journal in any place that takes lines.
 * @param path how messages name it.
 */
export function journalIn(
  path: string | undefined,
  append: (line: string) => Promise<void>,
  read: Journal['read'],
  { now, serviceTime = now, random, sanitize }: JournalEnvironment,
): Journal {
  const text = (time: number) => new Date(time).toISOString();
  // The two are read one after the other, so equal clocks may differ by a moment.
  const atService = <Field extends string>(field: Field) => {
    const time = serviceTime();
    return Math.abs(time - now()) < 1_000 ? {} : { [field]: text(time) };
  };
  const write = (record: object) => asJournalError(() => append(toLine(sanitize(record) as Record<string, unknown>))); // an object stays one
  return {
    path,
    async begin(record) {
      const chance = Math.floor(random() * 36 ** 4).toString(36);
      const id = `c${now().toString(36)}${chance.padStart(4, '0')}`;
      await write({ event: 'begin', id, at: text(now()), ...atService('service_at'), ...record });
      return id;
    },
    end: (id, record) =>
      write({ event: 'end', id, ended_at: text(now()), ...atService('service_ended_at'), ...record }),
    read: (query) => asJournalError(() => read(query)),
  };
}

/** @throws JournalError for any error of the system. */
async function asJournalError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new JournalError(error);
  }
}

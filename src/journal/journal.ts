/**
 * A local record of every write: what was changed, where, with which outcome, and the call that undoes it. One JSON object a line, appended;
 * a write that was begun and has no end was interrupted. Secrets are masked before anything is kept.
 */
import { appendFile, chmod, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { WriteEnd, WriteStart } from './entry.ts';
import { entriesOf, type JournalPage, type JournalQuery, withinLimit } from './lines.ts';

/** The journal cannot be written or read; `code` is the system's word for why. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly code: string;

  constructor(cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown cause';
    super(`the journal of changes cannot be used (${code})`, { cause });
    this.code = code;
  }
}

export interface Journal {
  begin(record: WriteStart): Promise<string>;
  end(id: string, record: WriteEnd): Promise<void>;
  read(query: JournalQuery): Promise<JournalPage>;
  /** Where it is kept, for messages; undefined when in memory only. */
  path: string | undefined;
}

export interface JournalEnvironment {
  now: () => number;
  random: () => number;
  /** Cleans a value of secrets and control characters. */
  sanitize: (value: unknown) => unknown;
}

/** A file past this is set aside as `.1`, and the one set aside before is dropped: at most two files. 5 MiB. */
const MAX_BYTES = 5 * 1024 * 1024;

/** Where changes are kept: the platform's state directory (XDG on Linux, Application Support on macOS, LocalAppData on Windows). */
export function journalPath(platform: string, env: Record<string, string | undefined>, home: string): string {
  const state =
    platform === 'win32'
      ? (env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'))
      : platform === 'darwin'
        ? join(home, 'Library', 'Application Support')
        : (env.XDG_STATE_HOME ?? join(home, '.local', 'state'));
  return join(state, 'databricks-serving-mcp', 'changes.jsonl');
}

/** A journal in a file that only its owner can read. Several servers may append to one file. */
export function fileJournal(path: string, environment: JournalEnvironment): Journal {
  async function appendOnce(line: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    if ((await sizeOf(path)) > MAX_BYTES) await setAside(path, environment.now);
    // Other eyes are shut out of a file that was there before; where that cannot be done, nothing is written to it.
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() && (found.mode & 0o077) !== 0) await chmod(path, 0o600).catch(unlessGone);
    // One write of one line: appends of several processes do not mix. A cut last line is closed first, so that only itself is lost.
    const start = (await endsWithNewline(path)) ? '' : '\n';
    await appendFile(path, `${start}${line}\n`, { mode: 0o600, flag: 'a' });
  }
  // One after the other: of two that both see a full file, the second would set the first one's new file aside.
  let last: Promise<void> = Promise.resolve();
  const append = (line: string) => {
    const done = last.then(() => appendOnce(line));
    last = done.catch(() => {});
    return done;
  };
  async function* lines() {
    yield* readLines(`${path}.1`);
    yield* readLines(path);
  }
  return journal(path, append, lines, environment);
}

/** A lock that is older was left by a process that ended in between. Milliseconds. */
const STALE_LOCK = 60_000;

/** Makes a full file the `.1`. Of several servers one does it; the others go on appending to what is there. */
async function setAside(path: string, now: () => number): Promise<void> {
  const lock = `${path}.lock`;
  const held = await stat(lock).catch(() => undefined);
  if (held && now() - held.mtimeMs > STALE_LOCK) await rm(lock, { force: true });
  const mine = await open(lock, 'wx').catch(() => undefined);
  if (!mine) return;
  try {
    // Where it cannot be renamed, as an open file on Windows, it grows until it can.
    if ((await sizeOf(path)) > MAX_BYTES) await rename(path, `${path}.1`).catch(() => {});
  } finally {
    await mine.close();
    await rm(lock, { force: true });
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

/** A journal that ends with the process, for rehearsals in the sandbox. Past the size of a file its oldest lines go. */
export function memoryJournal(environment: JournalEnvironment): Journal {
  const lines: string[] = [];
  let size = 0;
  async function append(line: string): Promise<void> {
    lines.push(line);
    size += line.length;
    while (size > MAX_BYTES) size -= lines.shift()?.length ?? size;
  }
  return journal(undefined, append, () => [...lines], environment);
}

function journal(
  path: string | undefined,
  append: (line: string) => Promise<void>,
  lines: () => AsyncIterable<string> | Iterable<string>,
  { now, random, sanitize }: JournalEnvironment,
): Journal {
  const stamp = () => new Date(now()).toISOString();
  const write = (record: object) =>
    asJournalError(() => append(withinLimit(sanitize(record) as Record<string, unknown>))); // an object stays one
  return {
    path,
    async begin(record) {
      const chance = Math.floor(random() * 36 ** 4).toString(36);
      const id = `c${now().toString(36)}${chance.padStart(4, '0')}`;
      await write({ event: 'begin', id, at: stamp(), ...record });
      return id;
    },
    end: (id, record) => write({ event: 'end', id, ended_at: stamp(), ...record }),
    read: (query) => asJournalError(() => entriesOf(lines(), query)),
  };
}

/** @throws JournalError for whatever the system says. */
async function asJournalError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new JournalError(error);
  }
}

/** Line by line, so that a file of megabytes takes kilobytes; none of a file that is not there. */
async function* readLines(path: string): AsyncGenerator<string> {
  const found = await stat(path).catch(unlessGone);
  if (!found) return;
  // A device would be read for ever.
  if (!found.isFile()) throw Object.assign(new Error(`${path} is no file`), { code: 'ENOTFILE' });
  const file = await open(path, 'r').catch(unlessGone);
  if (!file) return;
  let rest = '';
  // Not `readLines` of Node, which ends lines at separators that JSON leaves in its texts.
  for await (const text of file.createReadStream({ encoding: 'utf8' })) {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter(isFilled);
  }
  if (isFilled(rest)) yield rest;
}

const isFilled = (line: string) => line.trim() !== '';

/** Another server may have set it aside in between. */
function unlessGone(error: unknown): undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}

/** True for a file that is not there as well: nothing has to be closed. */
async function endsWithNewline(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return true;
  try {
    const { size } = await file.stat();
    if (size === 0) return true;
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    return buffer[0] === 10;
  } finally {
    await file.close();
  }
}

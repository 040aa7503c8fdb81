/**
 * A local record of every write: what changed, where, with which outcome, and the calls that undo it. The file has one JSON object per line and is
 * only appended to. A write with a beginning and no end was interrupted. Secrets are redacted before anything is written.
 */
import { appendFile, chmod, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { WriteEnd, WriteStart } from './entry.ts';
import { entriesOf, type JournalPage, type JournalQuery, toLine } from './lines.ts';

/** The journal cannot be written or read. `code` is the system's error code. */
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
  /** The file, for messages. Undefined for a journal in memory. */
  path: string | undefined;
}

export interface JournalEnvironment {
  now: () => number;
  random: () => number;
  /** Removes secrets and control characters from a value. */
  sanitize: (value: unknown) => unknown;
}

/** A larger file is renamed to `.1`, replacing the earlier `.1`, so there are at most two files. 5 MiB. */
const MAX_BYTES = 5 * 1024 * 1024;

/** The default file, in the platform's state directory: XDG on Linux, Application Support on macOS, LocalAppData on Windows. */
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
    // An existing file may be readable by others. If that cannot be corrected, nothing is written to it.
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() && (found.mode & 0o077) !== 0) await chmod(path, 0o600).catch(unlessGone);
    // Each line is a single write, so lines of several processes do not mix. A cut last line gets its newline first, so that only it is lost.
    const start = (await endsWithNewline(path)) ? '' : '\n';
    await appendFile(path, `${start}${line}\n`, { mode: 0o600, flag: 'a' });
  }
  // Appends run one after the other. If two saw a full file, the second would rename the new file of the first.
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

/** An older lock comes from a process that ended while holding it. Milliseconds. */
const STALE_LOCK = 60_000;

/** Renames a full file to `.1`. If several servers see it, one renames the file and the others keep appending. */
async function setAside(path: string, now: () => number): Promise<void> {
  const lock = `${path}.lock`;
  const held = await stat(lock).catch(() => undefined);
  if (held && now() - held.mtimeMs > STALE_LOCK) await rm(lock, { force: true });
  const mine = await open(lock, 'wx').catch(() => undefined);
  if (!mine) return;
  try {
    // If it cannot be renamed, such as an open file on Windows, it grows until it can.
    if ((await sizeOf(path)) > MAX_BYTES) await rename(path, `${path}.1`).catch(() => {});
  } finally {
    await mine.close();
    await rm(lock, { force: true });
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
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
  return journal(undefined, append, () => [...lines], environment);
}

function journal(
  path: string | undefined,
  append: (line: string) => Promise<void>,
  lines: () => AsyncIterable<string> | Iterable<string>,
  { now, random, sanitize }: JournalEnvironment,
): Journal {
  const stamp = () => new Date(now()).toISOString();
  const write = (record: object) => asJournalError(() => append(toLine(sanitize(record) as Record<string, unknown>))); // an object stays one
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

/** @throws JournalError for any error of the system. */
async function asJournalError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new JournalError(error);
  }
}

/** Reads line by line, so that a file of megabytes needs only kilobytes of memory. A missing file has no lines. */
async function* readLines(path: string): AsyncGenerator<string> {
  const found = await stat(path).catch(unlessGone);
  if (!found) return;
  // Reading a device would never end.
  if (!found.isFile()) throw Object.assign(new Error(`${path} is not a file`), { code: 'ENOTFILE' });
  const file = await open(path, 'r').catch(unlessGone);
  if (!file) return;
  let rest = '';
  // Node's own `readLines` also splits at Unicode line separators, which JSON does not escape.
  for await (const text of file.createReadStream({ encoding: 'utf8' })) {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter(isFilled);
  }
  if (isFilled(rest)) yield rest;
}

const isFilled = (line: string) => line.trim() !== '';

/** Another server may have renamed the file in between. */
function unlessGone(error: unknown): undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}

/** Also true for a missing file, which needs no newline. */
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

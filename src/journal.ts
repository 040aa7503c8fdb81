/**
 * A local record of every write: what was changed, where, with which outcome, and the call that undoes it. One JSON object a line, appended;
 * a write that was begun and has no end was interrupted. Secrets are masked before anything is kept.
 */
import { appendFile, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Change } from './difference.ts';

/** What is known when a write begins. */
export interface Begun {
  host: string;
  who: string;
  tool: string;
  subject: { kind: string; name: string };
  /** The call as it can be made again. */
  call: string;
  changes: Change[];
  /** Settings before the write. */
  prior?: unknown;
}

/** How it ended. `unknown`: it may have had an effect that nobody saw. */
export interface Ended {
  outcome: 'done' | 'failed' | 'unknown';
  undo?: string;
  code?: string;
  request_ids?: string[];
}

/** One write; without `outcome` it is unfinished: the process ended, or still is at it. */
export interface Entry extends Begun, Partial<Ended> {
  id: string;
  at: string;
  ended_at?: string;
}

export interface Journal {
  begin(record: Begun): Promise<string>;
  end(id: string, record: Ended): Promise<void>;
  /** Newest first. `damaged` counts lines that cannot be read; they are passed over, never dropped from the file. */
  read(): Promise<{ entries: Entry[]; damaged: number }>;
  /** Where it is kept, for messages; undefined when in memory only. */
  path: string | undefined;
}

export interface JournalEnvironment {
  now: () => number;
  random: () => number;
  /** Cleans a value of secrets and control characters. */
  purify: (value: unknown) => unknown;
}

/** A file past this is set aside as `.1`, and the one set aside before is dropped: at most two files. 5 MiB. */
const MAX_BYTES = 5 * 1024 * 1024;
/** Longest line; what does not fit is kept without the prior settings. */
const MAX_LINE = 256 * 1024;

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
  return journal(path, append, async () => (await Promise.all([`${path}.1`, path].map(readLines))).flat(), environment);
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
  return journal(undefined, append, async () => lines, environment);
}

function journal(
  path: string | undefined,
  append: (line: string) => Promise<void>,
  lines: () => Promise<string[]>,
  { now, random, purify }: JournalEnvironment,
): Journal {
  const stamp = () => new Date(now()).toISOString();
  return {
    path,
    async begin(record) {
      const id = `c${now().toString(36)}${Math.floor(random() * 36 ** 4)
        .toString(36)
        .padStart(4, '0')}`;
      const line = JSON.stringify(purify({ event: 'begin', id, at: stamp(), ...record }));
      await append(
        line.length <= MAX_LINE
          ? line
          : JSON.stringify(purify({ event: 'begin', id, at: stamp(), ...record, prior: undefined, changes: [] })),
      );
      return id;
    },
    async end(id, record) {
      await append(JSON.stringify(purify({ event: 'end', id, ended_at: stamp(), ...record })));
    },
    async read() {
      const entries = new Map<string, Entry>();
      let damaged = 0;
      for (const line of await lines()) {
        const record = parse(line);
        if (!record) damaged++;
        else if (record.event === 'begin')
          entries.set(record.id, { ...entries.get(record.id), ...(record as unknown as Entry) }); // written by `begin` above
        else
          entries.set(record.id, {
            ...(entries.get(record.id) ?? lostBegin(record.id)),
            ...(record as unknown as Partial<Entry>),
          }); // and by `end`
      }
      // Reversed first: of two writes in one millisecond the later one is the newer.
      const list = [...entries.values()]
        .reverse()
        .map(({ event: _event, ...entry }: Entry & { event?: string }) => entry);
      return { entries: list.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)), damaged };
    },
  };
}

function parse(line: string): { event: string; id: string } | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const known = typeof value === 'object' && value !== null && 'event' in value && 'id' in value;
    return known && typeof value.event === 'string' && typeof value.id === 'string'
      ? (value as { event: string; id: string })
      : undefined;
  } catch {
    return undefined;
  }
}

/** The begin of a write stood in a file that was set aside twice; what is left of it is shown as such. */
function lostBegin(id: string): Entry {
  return {
    id,
    at: '',
    host: '',
    who: '',
    tool: 'unknown',
    subject: { kind: 'unknown', name: 'unknown' },
    call: '',
    changes: [],
  };
}

async function readLines(path: string): Promise<string[]> {
  try {
    return (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
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

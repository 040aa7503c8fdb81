/** The files of the stored readings: one for each endpoint of a workspace, in one folder. */
import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { appendLine } from '../journal/append-line.ts';
import { fileLines, unlessGone } from '../journal/file-lines.ts';
import { NotRegularError, openRegular } from '../journal/regular-file.ts';
import { beginning, FORMAT, MAX_LINE, type Measured } from './line.ts';

/** A larger file is renamed to `.1`, replacing the earlier `.1`. A day of an endpoint with one entity takes 1.5 MB. 2 MiB. */
const MAX_FILE = 2 * 1024 * 1024;
/** How much of a file is read, at its end, and how large one may become where it cannot be renamed. 4 MiB. */
const MAX_READ = 4 * 1024 * 1024;
/** Readings older than this are not used. Milliseconds. */
export const MAX_AGE = 24 * 60 * 60_000;
/** Files and bytes of the whole folder. 64 MiB. */
const MAX_FILES = 1_000;
const MAX_FOLDER = 64 * 1024 * 1024;

/** Why a file cannot be used: a text of ours. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile';
}

/** The file of an endpoint. The hash keeps workspaces apart, and names that differ only in case. */
export function fileOf({ host, endpoint }: Measured): string {
  const hash = createHash('sha256').update(`${host}\n${endpoint}`).digest('hex').slice(0, 12);
  return `${endpoint.replace(/[^\w-]/g, '_').slice(0, 63)}-${hash}.jsonl`;
}

/** The names that {@link fileOf} gives, and those of the files set aside. */
const OURS = /^[\w-]{1,63}-[0-9a-f]{12}\.jsonl(\.1)?$/;

/**
 * Appends a line about an endpoint, and keeps the folder within its limits.
 * @throws UnusableFile when another program's file is in the way. It stays as it is.
 */
export async function append(folder: string, measured: Measured, line: string, now: () => number): Promise<void> {
  const path = join(folder, fileOf(measured));
  const size = await ourSize(path, measured);
  if (size > MAX_READ) throw new UnusableFile(`${path} is full and cannot be renamed`);
  // It is replaced by the file set aside.
  if (size > MAX_FILE) await ourSize(`${path}.1`, measured);
  await appendLine(path, line, MAX_FILE, now);
  // Only a new file makes the folder larger than it was.
  if (size === 0 || size > MAX_FILE) await prune(folder, path);
}

/** The lines about an endpoint, oldest first. @param onUnusable called with the reason for each file that is not read. */
export async function* lines(
  folder: string,
  measured: Measured,
  onUnusable: (why: string) => void,
): AsyncGenerator<string> {
  const path = join(folder, fileOf(measured));
  for (const each of [`${path}.1`, path]) {
    try {
      if ((await ourSize(each, measured)) === 0) continue;
    } catch (error) {
      if (!(error instanceof UnusableFile)) throw error;
      onUnusable(error.message);
      continue;
    }
    yield* fileLines(each, { line: MAX_LINE, file: MAX_READ }, () => {});
  }
}

/** The size of a file, 0 if it is missing. @throws UnusableFile when its first line is not about this endpoint. */
async function ourSize(path: string, measured: Measured): Promise<number> {
  const start = beginning(measured);
  const { head, size } = await headOf(path, Buffer.byteLength(start));
  // A first line that was cut is part of the beginning.
  const ours = size === 0 || (head !== '' && start.startsWith(head));
  if (!ours) throw new UnusableFile(`${path} is not a file of stored readings, or its beginning is damaged`);
  return size;
}

/** The first line of a file, up to some bytes. */
async function headOf(path: string, bytes: number): Promise<{ head: string; size: number }> {
  const opened = await openRegular(path, 'read').catch(unlessGone).catch(unlessIrregular(path));
  if (!opened) return { head: '', size: 0 };
  const { file, found } = opened;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return { head: buffer.toString('utf8', 0, bytesRead).split('\n', 1)[0] ?? '', size: found.size };
  } finally {
    await file.close();
  }
}

function unlessIrregular(path: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof NotRegularError ? new UnusableFile(`${path}: ${error.message}`) : error;
  };
}

/**
 * Deletes the stored readings that are too old or too many, the oldest first. Files of other programs stay, whatever their name.
 * @param written the file that was just written: the age of the others is measured from it, by the clock of the file system.
 */
async function prune(folder: string, written: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => OURS.test(name));
  const found = await Promise.all(
    names.map(async (name) => ({ path: join(folder, name), stats: await stat(join(folder, name)).catch(unlessGone) })),
  );
  const files = found.flatMap(({ path, stats }) =>
    stats?.isFile() ? [{ path, at: stats.mtimeMs, size: stats.size }] : [],
  );
  const newest = files.find(({ path }) => path === written)?.at ?? 0;
  let bytes = 0;
  for (const [index, { path, at, size }] of files.sort((a, b) => b.at - a.at).entries()) {
    bytes += size;
    const kept = index < MAX_FILES && bytes <= MAX_FOLDER && newest - at <= MAX_AGE;
    if (kept || path === written) continue;
    const { head } = await headOf(path, FORMAT.length).catch(() => ({ head: '' }));
    if (head === FORMAT) await rm(path, { force: true });
  }
}

/** Appends lines to a file that several servers share. */
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openRegular } from './regular-file.ts';

/**
 * Appends a line to a file that only its owner can read, and creates it with its folder. Calls for one file must follow each other: if two saw a full
 * file, the second would rename the new file of the first.
 * @param maxBytes a larger file is renamed to `.1` first, replacing the earlier `.1`.
 * @param now the clock of this machine. Epoch milliseconds.
 * @throws NotRegularError, and errors of the system.
 */
export async function appendLine(path: string, line: string, maxBytes: number, now: () => number): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if ((await sizeOf(path)) > maxBytes) await setAside(path, maxBytes, now);
  const { file, found } = await openRegular(path, 'append');
  try {
    // An existing file may be readable by others. If that cannot be corrected, nothing is written to it.
    if ((found.mode & 0o077) !== 0) await file.chmod(0o600);
    // Each line is a single write, so lines of several processes do not mix. A cut last line gets its newline first, so that only it is lost.
    const start = (await endsWithNewline(file, found.size)) ? '' : '\n';
    await file.appendFile(`${start}${line}\n`);
  } finally {
    await file.close();
  }
}

/** An older lock comes from a process that ended while holding it. Milliseconds. */
const STALE_LOCK = 60_000;

/** Renames a full file to `.1`. If several servers see it, one renames the file and the others keep appending. */
async function setAside(path: string, maxBytes: number, now: () => number): Promise<void> {
  const lock = `${path}.lock`;
  const held = await stat(lock).catch(() => undefined);
  if (held && now() - held.mtimeMs > STALE_LOCK) await rm(lock, { force: true });
  const mine = await open(lock, 'wx').catch(() => undefined);
  if (!mine) return;
  try {
    // If it cannot be renamed, such as an open file on Windows, it grows until it can.
    if ((await sizeOf(path)) > maxBytes) await rename(path, `${path}.1`).catch(() => {});
  } finally {
    await mine.close();
    await rm(lock, { force: true });
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

/** Also true for an empty file, which needs no newline. */
async function endsWithNewline(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 10;
}

/** A configuration file on the disk: read with all that must stay, and written in one step. */
import { constants } from 'node:fs';
import {
  access,
  chmod,
  chown,
  lstat,
  mkdir,
  open,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorMessage } from '../text/error-message.ts';
import type { Scope } from './clients.ts';
import { FileProblem } from './problem.ts';

export interface ConfigFile {
  /** As the client names it. */
  path: string;
  /** Where a link leads. */
  target: string;
  /** Undefined for a file that does not exist. */
  bytes: Buffer | undefined;
  text: string;
  /** Undefined for a file that does not exist. */
  mode: number | undefined;
  /** Names of the file. A file with more than one has hard links, which a new file in its place would leave behind. */
  names: number;
  owner: { uid: number; gid: number } | undefined;
}

/** A file that someone else changed after it was read. */
export class ChangedError extends Error {
  override readonly name = 'ChangedError';
}

/** Of a new file: clients keep secrets in their own files, and a team reads those of a project. The process's mask still counts. */
const NEW_FILE = { user: 0o600, project: 0o666 };
const WRITE_BITS = 0o222;
/** Files of clients with a long history have some tens of MB. */
const MOST_BYTES = 64 * 2 ** 20;

/** @throws FileProblem for whatever cannot be read, or not be written later if it is to be written. */
export async function readConfigFile(path: string, use: 'read' | 'write'): Promise<ConfigFile> {
  const link = await lstat(path).catch(missing);
  const target = link ? await realpath(path).catch(missing) : path;
  if (target === undefined)
    throw new FileProblem('is a link to a file that does not exist. Create that file, or remove the link');
  const found = await stat(target).catch(missing);
  if (!found) return { path, target, bytes: undefined, text: '', mode: undefined, names: 0, owner: undefined };
  if (!found.isFile())
    throw new FileProblem(
      `is ${found.isDirectory() ? 'a folder' : 'a device, a pipe or a socket'}, but must be a file`,
    );
  if (found.size > MOST_BYTES)
    throw new FileProblem(`has ${Math.round(found.size / 2 ** 20)} MB, and this command reads at most 64. Shorten it`);
  const bytes = await readFile(target).catch((error: unknown) => {
    throw new FileProblem(`cannot be read (${codeOf(error)}). ${remedyOf(error, 'read')}`);
  });
  if (use === 'write' && !(await isWritable(target, found.mode)))
    throw new FileProblem('is read-only. Give yourself the right to write it, or change it by hand');
  return {
    path,
    target,
    bytes,
    text: decode(bytes),
    mode: found.mode & 0o7777,
    names: found.nlink,
    owner: { uid: found.uid, gid: found.gid },
  };
}

/** A file without write bits is read-only for an administrator, too: someone meant it. */
async function isWritable(target: string, mode: number): Promise<boolean> {
  if ((mode & WRITE_BITS) === 0) return false;
  try {
    await access(target, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** @throws FileProblem with the line of the first byte that is no UTF-8. */
function decode(bytes: Buffer): string {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return utf8.decode(bytes);
  } catch {
    if (/^(\xff\xfe|\xfe\xff)/.test(bytes.subarray(0, 2).toString('latin1')))
      throw new FileProblem('is UTF-16. Save it as UTF-8');
    for (let line = 1, start = 0; ; line++) {
      const next = bytes.indexOf('\n', start);
      const end = next < 0 ? bytes.length : next + 1;
      try {
        utf8.decode(bytes.subarray(start, end));
      } catch {
        throw new FileProblem('is not UTF-8. Save it as UTF-8', { line, column: 1 });
      }
      if (next < 0) throw new FileProblem('is not UTF-8. Save it as UTF-8');
      start = end;
    }
  }
}

/**
 * Writes a text in the place of what was read, through links, with the same mode and owner: into a new file in the same folder, which then takes the
 * name. Whoever reads at that moment sees the old text or the new one.
 * @throws ChangedError when the file is no longer as it was read. Then nothing is written.
 */
export async function replaceFile(
  file: ConfigFile,
  text: string,
  { random, scope }: { random: () => number; scope: Scope },
): Promise<void> {
  const folder = dirname(file.target);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(file.target)}.${Math.floor(random() * 1e9).toString(36)}.tmp`);
  try {
    const handle = await open(temporary, 'wx', file.mode ?? NEW_FILE[scope]);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (file.mode !== undefined) await chmod(temporary, file.mode); // the process's mask took bits away
    // Only an administrator who edits another person's file needs this, and only an administrator may do it.
    if (file.owner) await chown(temporary, file.owner.uid, file.owner.gid).catch(() => undefined);
    await checkUnchanged(file);
    await rename(temporary, file.target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Removes a file that is still as it was read. @throws ChangedError */
export async function removeFile(file: ConfigFile): Promise<void> {
  await checkUnchanged(file);
  await rm(file.target);
}

/** @throws ChangedError */
async function checkUnchanged(file: ConfigFile): Promise<void> {
  const now = await readFile(file.target).catch(missing);
  const same = now === undefined || file.bytes === undefined ? now === file.bytes : now.equals(file.bytes);
  if (!same) throw new ChangedError(`${file.path} has changed since it was read`);
}

/**
 * A copy of the file next to it, for its owner alone as far as the file is. Its name has the time, so that no backup replaces another one.
 * @param now epoch milliseconds.
 */
export async function backUp(file: ConfigFile, now: number): Promise<string> {
  const stamp = new Date(now).toISOString().slice(0, 19).replaceAll('-', '').replaceAll(':', '');
  for (let count = 1; ; count++) {
    const path = `${file.target}.${stamp}${count === 1 ? '' : `-${count}`}${BACKUP_END}`;
    try {
      await writeFile(path, file.bytes ?? '', { flag: 'wx', mode: file.mode });
      return path;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST' || count > 99) throw error;
    }
  }
}

const BACKUP_END = '.bak';

/** Names of the backups of a file in its folder, newest first. */
export function backupsIn(names: readonly string[], target: string): string[] {
  const start = `${basename(target)}.`;
  const form = /^\d{8}T\d{6}(?:-\d+)?\.bak$/;
  return names
    .filter((name) => name.startsWith(start) && form.test(name.slice(start.length)))
    .sort()
    .reverse();
}

function missing(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined;
  throw new FileProblem(`cannot be read (${codeOf(error)}). ${remedyOf(error, 'read')}`);
}

/** What a person does about a failure of the file system, as a sentence without its full stop. */
export function remedyOf(error: unknown, right: 'read' | 'write'): string {
  const code = codeOf(error);
  const remedies: Record<string, string> = {
    ELOOP: 'It is a link that leads to itself. Remove the link',
    ENOTDIR: 'Its folder is a file. Move that file away',
    EEXIST: 'Its folder is a file. Move that file away',
    ENAMETOOLONG: 'Its path is too long. Choose a shorter folder',
    ENOSPC: 'The disk is full. Make room on it',
    EDQUOT: 'Your share of the disk is full. Make room on it',
    EROFS: 'The file system is read-only. Change the file where it can be written',
    EIO: 'The disk reports an error. Check it',
    EBUSY: 'Another program uses the file. Close it, and run the command again',
    EMFILE: 'Too many files are open. Close some programs, and run the command again',
  };
  return remedies[code] ?? `Give yourself the right to ${right} it and its folder`;
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : errorMessage(error);
}

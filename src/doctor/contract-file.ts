/** The file of the report. It is a new one, because a report never replaces anything. */
import { lstat, open, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface NewFiles {
  /** Why no new file can have this name, as a sentence without its subject. Undefined when one can. */
  refusal(path: string): Promise<string | undefined>;
  /** Makes a new file, for its owner alone. @throws an error of the system, also when the file exists. */
  create(path: string, text: string): Promise<void>;
}

const REFUSALS: Record<string, string> = {
  ENOENT: 'the folder of the file does not exist. Make the folder first, or name another file.',
  ENOTDIR: 'a part of the path is a file and no folder. Name another file.',
  EISDIR: 'this is a folder. Name a file in it, such as report.md.',
  EACCES: 'the folder of the file is not writable for you. Name another file.',
  EPERM: 'the folder of the file is not writable for you. Name another file.',
  EROFS: 'the folder of the file is on a disk that can only be read. Name another file.',
  ENAMETOOLONG: 'the name of the file is too long. Name another file.',
  ENOSPC: 'the disk is full. Free some space, or name a file on another disk.',
};

async function refusal(path: string): Promise<string | undefined> {
  try {
    const here = await lstat(path).catch(() => undefined);
    if (here?.isDirectory()) return REFUSALS.EISDIR;
    if (here) return 'the file exists already. Name another one, or remove it.';
    // Rights, disks and shares have too many rules to work out, so the file is made once and removed.
    await (await open(path, 'wx', 0o600)).close();
    await unlink(path);
    return undefined;
  } catch (error) {
    const code = codeOf(error);
    // Some disks refuse a new file in a folder that is there with the same code.
    const folder = code === 'ENOENT' && (await stat(dirname(path)).catch(() => undefined)) !== undefined;
    return (folder ? undefined : REFUSALS[code]) ?? 'no file can be made with this name. Name another file.';
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** The file system of this machine. */
export const DISK: NewFiles = {
  refusal,
  create: (path, text) => writeFile(path, text, { flag: 'wx', mode: 0o600 }),
};

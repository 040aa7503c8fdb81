/** Where a file would be made, and why it cannot be. Nothing is written. */
import { lstat, readlink, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errorMessage } from '../text/error-message.ts';
import { codeOf } from './explain.ts';

/** The cause in words, and what to do about it. */
export class PlaceError extends Error {
  override readonly name = 'PlaceError';
  readonly remedy: string;

  constructor(says: string, remedy: string) {
    super(says);
    this.remedy = remedy;
  }
}

const ELSEWHERE = 'name another file with --journal FILE, or use --no-journal to record nothing.';

/** Links that are followed. Linux follows as many. */
const MAX_LINKS = 40;

/**
 * The folder in which the file of a path would be made, or the first one above it that exists: the journal makes those between.
 * @throws PlaceError, or the error of the system.
 */
export async function folderOf(path: string): Promise<string> {
  let file = resolve(path);
  for (let links = 0; links < MAX_LINKS; links++) {
    const target = await linkOf(file);
    if (target === undefined) return await nearestFolder(file);
    const folder = dirname(target);
    // A new file through a link needs the folder of its target: only those of the path itself are made.
    if (await isMissing(folder))
      throw new PlaceError(
        `it is a link to ${target}, and there is no folder ${folder}`,
        `Make the folder ${folder} or remove the link. Otherwise ${ELSEWHERE}`,
      );
    file = target;
  }
  throw Object.assign(new Error('too many links'), { code: 'ELOOP' });
}

/** The target of a link. Undefined for anything else, and for what is missing. */
async function linkOf(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(missing);
  return found?.isSymbolicLink() ? resolve(dirname(path), await readlink(path)) : undefined;
}

async function nearestFolder(path: string): Promise<string> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const found = await stat(folder).catch((error: unknown) => {
      if (dirname(folder) === folder) throw error;
      return missing(error);
    });
    if (found?.isDirectory()) return folder;
    if (found) throw notFolder(folder);
    const target = await linkOf(folder);
    if (target !== undefined)
      throw new PlaceError(
        `${folder} is a link to ${target}, which does not exist`,
        `Make the folder ${target} or remove the link. Otherwise ${ELSEWHERE}`,
      );
  }
}

const notFolder = (path: string) =>
  new PlaceError(
    `${path} is not a folder (ENOTDIR)`,
    `Name a file in a folder with --journal FILE, or use --no-journal to record nothing.`,
  );

const isMissing = async (path: string) => (await stat(path).catch(missing)) === undefined;

function missing(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error;
}

const REGULAR = 'Name a regular file with --journal FILE, or use --no-journal to record nothing.';
const RIGHTS = `Make it a file that this user can read and write. Otherwise ${ELSEWHERE}`;

/** What a code of the system means for a path, and what helps. */
const MEANINGS: Record<string, readonly [says: string, remedy: string]> = {
  EACCES: ['this user has no right to it', RIGHTS],
  EPERM: ['this user has no right to it', RIGHTS],
  EROFS: ['its file system is read-only', `Choose a place that can be written: ${ELSEWHERE}`],
  ELOOP: ['its links lead to each other', `Correct or remove the links. Otherwise ${ELSEWHERE}`],
  ENAMETOOLONG: ['its name is too long', `Choose a shorter name: ${ELSEWHERE}`],
  EEXIST: ['something else is where its folder must be', `Remove what is there. Otherwise ${ELSEWHERE}`],
};

/** Any error of a place as its cause and its remedy. */
export async function placeProblem(error: unknown, path: string): Promise<PlaceError> {
  if (error instanceof PlaceError) return error;
  const code = codeOf(error);
  if (code === 'ENOTDIR') return notFolder((await fileOnTheWay(path)) ?? 'a part of the path');
  if (error instanceof Error && error.name === 'NotRegularError') return new PlaceError(errorMessage(error), REGULAR);
  const [says, remedy] = MEANINGS[code] ?? ['it cannot be opened', RIGHTS];
  return new PlaceError(`${says} (${code})`, remedy);
}

/** The first part above a path that exists and is no folder. */
async function fileOnTheWay(path: string): Promise<string | undefined> {
  for (let part = dirname(resolve(path)); dirname(part) !== part; part = dirname(part)) {
    const found = await stat(part).catch(() => undefined);
    if (found) return found.isDirectory() ? undefined : part;
  }
  return undefined;
}

/** Types of file systems in which the kernel shows its own data: proc, sysfs, cgroup, cgroup2, debugfs, securityfs, devpts (linux/magic.h). */
const OF_THE_KERNEL: ReadonlySet<number> = new Set([
  0x9fa0, 0x62656572, 0x27e0eb, 0x63677270, 0x64626720, 0x73636673, 0x1cd1,
]);

/** @throws PlaceError for a type of file system that keeps no files. */
export function refuseKernel(folder: string, type: number | undefined): void {
  if (type === undefined || !OF_THE_KERNEL.has(type)) return;
  throw new PlaceError(
    `${folder} belongs to the kernel, which keeps no files there`,
    `Choose a folder on a disk: ${ELSEWHERE}`,
  );
}

/** Opens only regular files. Opening a FIFO blocks a thread until someone else opens it, and reading a device may never end. */
import type { Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';

/** The path leads to something that is not a regular file. */
export class NotRegularError extends Error {
  override readonly name = 'NotRegularError';
  readonly code = 'ENOTFILE';

  constructor(found: Stats) {
    super(`it is ${kindOf(found)}, not a regular file`);
  }
}

/** To read, or to append and create. The build gives `import` only functions, so the flags are looked up. Windows has no O_NONBLOCK. */
function flagsOf(use: 'read' | 'append'): number {
  const { O_RDONLY, O_RDWR, O_APPEND, O_CREAT, O_NONBLOCK = 0 } = process.getBuiltinModule('node:fs').constants;
  return O_NONBLOCK | (use === 'read' ? O_RDONLY : O_RDWR | O_APPEND | O_CREAT);
}

/**
 * Opens a file. To append, it is created for its owner alone. A path that changes between the two checks is found by the second, and the
 * open itself does not block.
 * @param check the first check, which does not open a device. A test leaves it out.
 * @throws NotRegularError
 */
export async function openRegular(
  path: string,
  use: 'read' | 'append',
  check: typeof checkRegular = checkRegular,
): Promise<{ file: FileHandle; found: Stats }> {
  await check(path);
  const file = await open(path, flagsOf(use), 0o600);
  const found = await file.stat();
  if (found.isFile()) return { file, found };
  await file.close();
  throw new NotRegularError(found);
}

/** Checks a path without opening it. A missing file is fine. @throws NotRegularError */
export async function checkRegular(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found && !found.isFile()) throw new NotRegularError(found);
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a named pipe';
  if (found.isSocket()) return 'a socket';
  return 'a device';
}

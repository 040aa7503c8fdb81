/** The files of the dashboard: a saved report, and the page that is made of it. */
import { open, rm } from 'node:fs/promises';
import { MAX_REPORT, readSaved, type SavedReport } from '../dashboard/saved-report.ts';
import { errorMessage } from '../text/error-message.ts';

/** A saved report, and when its file was written. @throws Error for the user. */
export async function readReport(path: string): Promise<SavedReport & { saved_at: string }> {
  const { bytes, saved } = await read(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code ?? errorMessage(error);
    throw new Error(`cannot read ${path} (${why}). Name the file of a saved report, or none to see the workspace`);
  });
  const report = readSaved(bytes);
  if (typeof report === 'string') throw new Error(`${path} ${report}`);
  return { ...report, saved_at: saved.toISOString() };
}

/** It may be a pipe, whose length no one knows before. */
async function read(path: string): Promise<{ bytes: Buffer; saved: Date }> {
  const file = await open(path, 'r');
  try {
    const parts: Buffer[] = [];
    // One byte more shows that the file is too long.
    for await (const part of file.createReadStream({ end: MAX_REPORT, autoClose: false })) parts.push(part as Buffer); // it has no encoding
    return { bytes: Buffer.concat(parts), saved: (await file.stat()).mtime };
  } finally {
    await file.close();
  }
}

/** Only the user may read it: it shows names and texts of the workspace. */
const MODE = 0o600;

/** Writes a new file. @throws Error for the user, also where a file of this name exists: it is never overwritten. */
export async function writePage(path: string, page: string): Promise<void> {
  const file = await open(path, 'wx', MODE).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw new Error(`--output: ${path} exists, and is not overwritten. Name a new file`);
    throw new Error(`--output: cannot write ${path} (${error.code ?? errorMessage(error)})`);
  });
  try {
    await file.writeFile(page);
  } catch (error) {
    await rm(path, { force: true }); // half a page is of no use
    throw new Error(`--output: cannot write ${path} (${(error as NodeJS.ErrnoException).code ?? errorMessage(error)})`);
  } finally {
    await file.close();
  }
}

/** A journal is a regular file: anything else could block a write, or be read forever. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fileJournal } from '../../src/journal/journal.ts';
import { openRegular } from '../../src/journal/regular-file.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import { EVERY_CHANGE } from '../support/harness.ts';
import { RECORD } from '../support/journal-record.ts';

const folder = mkdtempSync(join(tmpdir(), 'regular-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const fresh = () => join(folder, String(++count));

function pipe(): string {
  const path = fresh();
  execFileSync('mkfifo', [path]);
  return path;
}

function madeFolder(): string {
  const path = fresh();
  mkdirSync(path);
  return path;
}

it.skipIf(process.platform === 'win32').each([
  ['a named pipe', pipe],
  ['a folder', madeFolder],
  ['a device', () => '/dev/full'],
])(
  '%s is neither read nor written, because either could last forever, and the error says what it is',
  async (what, path) => {
    const journal = fileJournal(path(), { now: Date.now, random: Math.random, sanitize });
    const error = { name: 'JournalError', message: expect.stringContaining(`it is ${what}, not a regular file`) };
    await expect(journal.read(EVERY_CHANGE)).rejects.toMatchObject(error);
    await expect(journal.begin(RECORD)).rejects.toMatchObject(error);
  },
);

it.skipIf(process.platform === 'win32')(
  'a path that becomes a named pipe between two checks does not block',
  async () => {
    await expect(openRegular(pipe(), 'read')).rejects.toThrow('a named pipe');
    // Without the first check, so that the path itself is opened.
    const path = pipe();
    await expect(openRegular(path, 'read', async () => {})).rejects.toThrow('a named pipe');
    await expect(openRegular(path, 'append', async () => {})).rejects.toThrow('a named pipe');
  },
);

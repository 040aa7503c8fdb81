/** A journal that grows for years: its size stays bounded, and the newest entries are never lost. */
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { JournalEntry, WriteStart } from '../../src/journal/entry.ts';
import { fileJournal, memoryJournal } from '../../src/journal/journal.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import { EVERY_CHANGE } from '../support/harness.ts';

const MIB = 1024 * 1024;
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const environment = { now: Date.now, random: Math.random, sanitize };
const write = (number: number): WriteStart => ({
  host: 'https://dev.cloud.databricks.com',
  who: 'pat',
  tool: 'set_rate_limits',
  subject: { kind: 'endpoint', name: `endpoint-${number}` },
  call: 'set_rate_limits {}',
  changes: [],
});
const names = (path: string) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [String(JSON.parse(line).subject?.name)]));

/** A file that the next write must set aside: lines of other days. */
function fill(path: string): void {
  const line = `${JSON.stringify({ event: 'begin', id: 'old', at: '2020', ...write(0), prior: 'x'.repeat(1000) })}\n`;
  writeFileSync(path, line.repeat(Math.ceil((5 * MIB + 1) / line.length)));
}

it('writers at once that find the file full set it aside once, and no line is lost', async () => {
  const path = join(folder, 'changes.jsonl');
  fill(path);
  const old = statSync(path).size;
  // Two journals, as two servers have them, and many calls in each.
  const journals = [fileJournal(path, environment), fileJournal(path, environment)];
  const numbers = Array.from({ length: 60 }, (_, index) => index + 1);
  await Promise.all(numbers.map((number) => journals[number % 2]?.begin(write(number))));
  expect(statSync(`${path}.1`).size).toBeGreaterThanOrEqual(old);
  const kept = [...names(`${path}.1`), ...names(path)];
  for (const number of numbers) expect(kept).toContain(`endpoint-${number}`);
  expect(statSync(path).size).toBeLessThan(MIB);
  expect(readdirSync(folder).sort()).toEqual(['changes.jsonl', 'changes.jsonl.1']);
  expect((await fileJournal(path, environment).read(EVERY_CHANGE)).unreadable).toBe(0);
});

it('a lock that another server holds is respected, and one that was left behind is not waited for', async () => {
  const path = join(folder, 'changes.jsonl');
  const lock = `${path}.lock`;
  fill(path);
  writeFileSync(lock, '');
  await fileJournal(path, environment).begin(write(1));
  expect(readdirSync(folder).sort()).toEqual(['changes.jsonl', 'changes.jsonl.lock']);
  const old = Date.now() / 1000 - 120;
  utimesSync(lock, old, old);
  await fileJournal(path, environment).begin(write(2));
  expect(readdirSync(folder).sort()).toEqual(['changes.jsonl', 'changes.jsonl.1']);
  expect(names(path)).toEqual(['endpoint-2']);
});

it('at most two files are kept, whatever is written', async () => {
  const path = join(folder, 'changes.jsonl');
  const journal = fileJournal(path, environment);
  for (let number = 1; number <= 3; number++) {
    fill(path);
    await journal.begin(write(number));
  }
  expect(readdirSync(folder).sort()).toEqual(['changes.jsonl', 'changes.jsonl.1']);
});

it('in memory the oldest go when it would pass the size of a file', async () => {
  const journal = memoryJournal(environment);
  const large = 'x'.repeat(200_000);
  for (let number = 1; number <= 60; number++) await journal.begin({ ...write(number), prior: large });
  const { entries } = await journal.read(EVERY_CHANGE);
  expect(entries.length).toBeGreaterThan(20);
  expect(entries.length).toBeLessThan(30);
  expect(entries.map((entry) => entry.subject.name)).toContain('endpoint-60');
});

it('is read once, and no more of it is kept than was asked for: also when thousands of writes were interrupted', async () => {
  const path = join(folder, 'changes.jsonl');
  const count = 16_000;
  const line = (number: number) =>
    JSON.stringify({ event: 'begin', id: `c${number}`, at: new Date(number).toISOString(), ...write(number) });
  writeFileSync(path, `${Array.from({ length: count }, (_, number) => line(number)).join('\n')}\n`);
  let looks = 0;
  const even = ({ subject }: JournalEntry) => ++looks > 0 && Number(subject.name.split('-')[1]) % 2 === 0;
  const { entries, total } = await fileJournal(path, environment).read({ where: even, newest: 3 });
  expect([looks, total]).toEqual([count, count / 2]);
  expect(entries.map((entry) => entry.id)).toEqual([`c${count - 2}`, `c${count - 4}`, `c${count - 6}`]);
});

it('gives the settings before of the one entry that is asked for, and of no other', async () => {
  const path = join(folder, 'changes.jsonl');
  const prior = { note: 'a line separator \u2028 does not end a line' };
  const lines = [1, 2].map((number) =>
    JSON.stringify({ event: 'begin', id: `c${number}`, at: new Date(number).toISOString(), ...write(number), prior }),
  );
  writeFileSync(path, `${lines.join('\n')}\n`);
  const { entries, unreadable } = await fileJournal(path, environment).read({ ...EVERY_CHANGE, whole: 'c1' });
  expect(unreadable).toBe(0);
  expect(entries.map((entry) => entry.prior)).toEqual([undefined, prior]);
});

it('a line of megabytes is skipped and counted, and the lines around it are kept', async () => {
  const path = join(folder, 'changes.jsonl');
  const journal = fileJournal(path, environment);
  await journal.begin(write(1));
  appendFileSync(path, `{"event":"begin","note":"${'x'.repeat(4 * MIB)}"}\n`);
  await journal.begin(write(2));
  const { entries, unreadable, skipped } = await journal.read(EVERY_CHANGE);
  expect(entries.map((entry) => entry.subject.name)).toEqual(['endpoint-2', 'endpoint-1']);
  expect([unreadable, skipped]).toEqual([1, 0]);
});

it('of an oversized file only the end is read, and the answer says how much was not', async () => {
  const path = join(folder, 'changes.jsonl');
  const journal = fileJournal(path, environment);
  const filler = Buffer.from(`${'x'.repeat(1023)}\n`);
  await journal.begin(write(1));
  appendFileSync(path, Buffer.alloc(17 * MIB, filler));
  const line = JSON.stringify({ event: 'begin', id: 'c2', at: '2026', ...write(2) });
  appendFileSync(path, `${line}\n`);
  const { entries, skipped } = await journal.read(EVERY_CHANGE);
  expect(entries.map((entry) => entry.id)).toEqual(['c2']);
  expect(skipped).toBe(statSync(path).size - 16 * MIB);
});

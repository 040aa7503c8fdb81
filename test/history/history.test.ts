/** The readings that this machine keeps: what comes back, from whom, and what is in the way. */
import {
  appendFileSync,
  mkdirSync,
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
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseExposition, type Sample } from '../../src/digest/exposition.ts';
import type { Reading } from '../../src/digest/readings.ts';
import { type HistoryContext, knownReadings, recentReadings, remember } from '../../src/history/history.ts';
import { lineOf, readingOf } from '../../src/history/line.ts';
import { historyPlace } from '../../src/history/place.ts';
import { PLANTED_BY_FORM, secretsIn } from '../support/planted-secrets.ts';

const MINUTE = 60_000;
const NOW = 1_788_718_020_000;
const HOST = 'https://dev.cloud.databricks.com';
let parent = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'history-'));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const folder = () => join(parent, 'changes.readings');
/** One server: with its journal in the folder of this test, or without any. */
function server(host = HOST, journal: 'file' | 'none' = 'file'): HistoryContext {
  const signer = async () => ({
    host,
    authType: 'pat',
    headers: async () => ({}),
    bearer: async () => '',
    invalidate: () => false,
  });
  return {
    http: { signer, time: () => NOW },
    clock: { now: Date.now },
    history: historyPlace(journal === 'file' ? join(parent, 'changes.jsonl') : undefined),
  };
}
const reading = (minutesAgo: number, requests = minutesAgo, more = ''): Reading => ({
  at: NOW - minutesAgo * MINUTE,
  samples: parseExposition(`request_count_total{e="a"} ${requests} ${NOW - minutesAgo * MINUTE}\n${more}`),
});
const requestsOf = (readings: readonly Reading[]) => readings.map(({ samples }) => samples[0]?.value);
const filesOf = () => readdirSync(folder()).sort();
const onlyFile = () => join(folder(), filesOf()[0] ?? '');

describe('readings', () => {
  it('come back in another server with the same journal, oldest first, with their times and labels', async () => {
    const first = server();
    for (const ago of [3, 1, 2]) await remember(first, 'churn', reading(ago));
    const found = await recentReadings(server(), 'churn');
    expect(requestsOf(found)).toEqual([3, 2, 1]);
    expect(found[0]).toEqual(reading(3));
  });

  it('of another workspace or another endpoint are not mixed with them', async () => {
    await remember(server(), 'churn', reading(1, 10));
    await remember(server('https://prod.cloud.databricks.com'), 'churn', reading(1, 20));
    await remember(server(), 'CHURN', reading(1, 30));
    expect(requestsOf(await recentReadings(server(), 'churn'))).toEqual([10]);
    expect(requestsOf(await recentReadings(server('https://prod.cloud.databricks.com'), 'churn'))).toEqual([20]);
    expect(requestsOf(await recentReadings(server(), 'CHURN'))).toEqual([30]);
    expect(filesOf()).toHaveLength(3);
  });

  it('stay in memory without the file of a journal, and no file appears', async () => {
    const context = server(HOST, 'none');
    await remember(context, 'churn', reading(2));
    await remember(context, 'churn', reading(1));
    expect(requestsOf(await recentReadings(context, 'churn'))).toEqual([2, 1]);
    expect(await recentReadings(context, 'other')).toEqual([]);
    expect(readdirSync(parent)).toEqual([]);
  });

  it('of one minute are stored once by a server', async () => {
    const context = server();
    for (let time = 0; time < 3; time++) await remember(context, 'churn', reading(1));
    expect(readFileSync(onlyFile(), 'utf8').trim().split('\n')).toHaveLength(1);
  });

  it('without a value are not stored: they would pass for a minute without requests', async () => {
    const context = server();
    await remember(context, 'churn', { at: NOW, samples: [] });
    await remember(context, 'churn', { at: NOW, samples: parseExposition('a_series_of_ours 4') });
    expect(await recentReadings(context, 'churn')).toEqual([]);
  });

  it('that are older than a day, or from the future, are left out', async () => {
    const context = server();
    for (const ago of [25 * 60, 23 * 60, -60]) await remember(context, 'churn', reading(ago, 7));
    const { readings, notes } = await knownReadings(context, 'churn');
    expect([readings.map(({ at }) => (NOW - at) / MINUTE), notes]).toEqual([[23 * 60], []]);
    expect((await knownReadings(context, 'churn', NOW - MINUTE)).readings).toEqual([]);
  });

  it('of two servers that write at once are all there', async () => {
    const [left, right] = [server(), server()];
    await Promise.all(
      Array.from({ length: 40 }, (_, ago) => remember(ago % 2 === 0 ? left : right, 'churn', reading(ago))),
    );
    const { readings, notes } = await knownReadings(server(), 'churn');
    expect(requestsOf(readings)).toEqual(Array.from({ length: 40 }, (_, ago) => 39 - ago));
    expect(notes).toEqual([]);
  });

  it('have no secrets in their labels, and only their owner can read them', async () => {
    const secrets = Object.values(PLANTED_BY_FORM).filter((secret) => !secret.includes('\n'));
    for (const [index, secret] of secrets.entries())
      await remember(
        server(),
        'churn',
        reading(index, 1, `request_count_total{token="${secret}"} 2 ${NOW - index * MINUTE}`),
      );
    const text = readFileSync(onlyFile(), 'utf8');
    expect(text.trim().split('\n')).toHaveLength(secrets.length);
    expect(secretsIn(text, PLANTED_BY_FORM)).toEqual([]);
    expect([statSync(onlyFile()).mode & 0o777, statSync(folder()).mode & 0o777]).toEqual([0o600, 0o700]);
  });
});

describe('a line', () => {
  it('gives back every sample that answers use, whatever its labels, and no other', () => {
    const label = fc
      .string({ minLength: 1, maxLength: 8 })
      .filter((text) => /^[a-z_]+$/.test(text) && text !== '__proto__');
    const sample = fc.record({
      name: fc.constantFrom('request_count_total', 'request_latency_ms_bucket', 'cpu_usage_percentage', 'their_own'),
      labels: fc.dictionary(
        fc.constantFrom('le', 'replica', 'served_entity_name'),
        fc.constantFrom('a', '5', '+Inf', 'é'),
      ),
      value: fc.oneof(fc.nat(), fc.double({ noNaN: true })),
      at: fc.constantFrom(NOW, NOW - MINUTE),
    });
    const sorted = (samples: readonly Sample[]) =>
      samples
        .map(({ name, labels, value, at }) => JSON.stringify([name, Object.entries(labels).sort(), value, at]))
        .sort();
    fc.assert(
      fc.property(fc.array(sample), label, (samples, endpoint) => {
        const measured = { host: HOST, endpoint };
        const line = lineOf(measured, { at: NOW, samples }) ?? '';
        const used = samples.filter(({ name, value }) => name !== 'their_own' && Number.isFinite(value));
        expect(sorted(readingOf(line, measured)?.samples ?? [])).toEqual(sorted(used));
        expect(readingOf(line, { host: HOST, endpoint: `${endpoint}2` })).toBeUndefined();
      }),
    );
  });

  it('of anything else is no reading', () => {
    const measured = { host: HOST, endpoint: 'churn' };
    const whole = lineOf(measured, reading(1)) ?? '';
    fc.assert(fc.property(fc.nat(whole.length - 1), (end) => readingOf(whole.slice(0, end), measured) === undefined));
    fc.assert(fc.property(fc.string(), (text) => readingOf(text, measured) === undefined));
  });
});

describe('a file in the way', () => {
  it.each([
    ['of another program', 'name,value\na,1\n'],
    ['of another format of readings', '{"readings":2,"host":"https://dev.cloud.databricks.com"}\n'],
    ['that is damaged', `\u0000\u0000${'x'.repeat(100)}`],
  ])('%s is ignored with a note and stays as it is', async (_what, text) => {
    await remember(server(), 'churn', reading(2));
    const path = onlyFile();
    writeFileSync(path, text);
    const context = server();
    await remember(context, 'churn', reading(1));
    const { readings, notes } = await knownReadings(context, 'churn');
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(requestsOf(readings)).toEqual([1]); // kept until the server ends
    expect(notes).toEqual([expect.stringMatching(/changes\.readings.*is not a file of stored readings.*Move it away/)]);
    expect(filesOf()).toHaveLength(1);
  });

  it('with damaged lines loses no other line, and a note counts them', async () => {
    await remember(server(), 'churn', reading(3));
    appendFileSync(onlyFile(), '{"readings":1,"host":"https://dev\nnot JSON\n');
    appendFileSync(onlyFile(), '{"readings":1,"cut off');
    await remember(server(), 'churn', reading(2));
    const { readings, notes } = await knownReadings(server(), 'churn');
    expect(requestsOf(readings)).toEqual([3, 2]);
    expect(notes).toEqual(['3 lines of the stored readings are damaged and are ignored']);
    expect(readFileSync(onlyFile(), 'utf8')).toContain('not JSON');
  });

  it('that is a folder, or a file where the folder belongs, fails no call', async () => {
    await remember(server(), 'churn', reading(3));
    const path = onlyFile();
    rmSync(path);
    mkdirSync(path);
    const context = server();
    await remember(context, 'churn', reading(2));
    expect((await knownReadings(context, 'churn')).notes).toEqual([
      expect.stringContaining('a folder, not a regular file'),
    ]);
    rmSync(folder(), { recursive: true });
    writeFileSync(folder(), 'a file');
    const other = server();
    await remember(other, 'churn', reading(2));
    const { readings, notes } = await knownReadings(other, 'churn');
    expect([requestsOf(readings), notes]).toEqual([[2], [expect.stringMatching(/cannot be read: E\w+/)]]);
  });
});

describe('the store', () => {
  it('keeps a bounded part of each endpoint: the newest', async () => {
    const context = server();
    const series = Array.from({ length: 10 }, (_, at) => `cpu_usage_percentage{e="${at}${'x'.repeat(10_000)}"} 1`);
    await remember(context, 'churn', reading(1_000, 0, series.join('\n')));
    const line = readFileSync(onlyFile(), 'utf8');
    /** Lines of 100 KB, as if read in these minutes. */
    const fill = (from: number, to: number) => {
      const times = Array.from({ length: from - to }, (_, at) => NOW - (from - at) * MINUTE);
      appendFileSync(onlyFile(), times.map((at) => line.replaceAll(String(NOW - 1_000 * MINUTE), String(at))).join(''));
    };
    for (const from of [120, 90, 60]) {
      fill(from, from - 25);
      await remember(context, 'churn', reading(from - 25));
    }
    const sizes = filesOf().map((name) => statSync(join(folder(), name)).size);
    expect(sizes).toHaveLength(2);
    for (const size of sizes) expect(size).toBeLessThan(3 * 1024 * 1024);
    const minutes = (await recentReadings(server(), 'churn')).map(({ at }) => (NOW - at) / MINUTE);
    expect(minutes.slice(-26)).toEqual(Array.from({ length: 26 }, (_, at) => 60 - at));
    expect(minutes).not.toContain(120);
  });

  it('in memory is bounded too: the oldest readings go', async () => {
    const context = server(HOST, 'none');
    const series = Array.from({ length: 10 }, (_, at) => `cpu_usage_percentage{e="${at}${'x'.repeat(10_000)}"} 1`);
    for (let ago = 50; ago > 0; ago--) await remember(context, 'churn', reading(ago, ago, series.join('\n')));
    const found = await recentReadings(context, 'churn');
    expect(found.length).toBeGreaterThan(30);
    expect(found.length).toBeLessThan(45);
    expect(found.at(-1)).toMatchObject({ at: NOW - MINUTE });
  });

  it('replaces no file of others when it sets a full one aside', async () => {
    await remember(server(), 'churn', reading(2));
    const path = onlyFile();
    appendFileSync(path, `${'x'.repeat(2 * 1024 * 1024)}\n`);
    writeFileSync(`${path}.1`, 'a text of others');
    const context = server();
    await remember(context, 'churn', reading(1));
    const { readings, notes } = await knownReadings(context, 'churn');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('a text of others');
    expect(requestsOf(readings)).toEqual([2, 1]);
    expect(notes).toContainEqual(expect.stringContaining('.jsonl.1 is not a file of stored readings'));
  });

  it('keeps a bounded number of files, deletes the oldest, and no file of others', async () => {
    await remember(server(), 'churn', reading(1));
    const [name = ''] = filesOf();
    const ours = readFileSync(onlyFile(), 'utf8');
    const old = Date.now() / 1000 - 3_600;
    for (let at = 0; at < 1_010; at++) {
      const path = join(folder(), name.replace(/[0-9a-f]{12}/, at.toString(16).padStart(12, '0')));
      writeFileSync(path, at === 3 ? 'a text of others' : ours);
      utimesSync(path, old + at, old + at);
    }
    writeFileSync(join(folder(), 'notes.txt'), 'mine');
    await remember(server(), 'other', reading(1));
    const left = filesOf();
    expect(left).toContain('notes.txt');
    expect(left).toContain(name.replace(/[0-9a-f]{12}/, '000000000003'));
    expect(left).not.toContain(name.replace(/[0-9a-f]{12}/, '000000000004'));
    expect(left).toContain(name.replace(/[0-9a-f]{12}/, (1_009).toString(16).padStart(12, '0')));
    expect(left).toHaveLength(1_000 + 2);
    expect(requestsOf(await recentReadings(server(), 'other'))).toEqual([1]);
  });

  it('deletes readings that no answer uses any more, when a new endpoint is read', async () => {
    await remember(server(), 'churn', reading(1));
    const old = Date.now() / 1000 - 25 * 3_600;
    utimesSync(onlyFile(), old, old);
    await remember(server(), 'other', reading(1));
    expect(filesOf().filter((name) => name.startsWith('churn'))).toEqual([]);
  });

  it('does not store a reading that is too long, and says so', async () => {
    const label = 'x'.repeat(10_000);
    const lines = Array.from({ length: 30 }, (_, at) => `request_count_total{replica="${at}${label}"} 1`).join('\n');
    const context = server();
    await remember(context, 'churn', reading(1, 1, lines));
    expect(await knownReadings(context, 'churn')).toEqual({
      readings: [],
      notes: ['the latest reading is not stored: it is too long'],
    });
  });
});

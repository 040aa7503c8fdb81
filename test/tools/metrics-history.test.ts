/** Metrics of an hour through the client: from stored readings, from the history of the service, and measured while a call watches. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileJournal } from '../../src/journal/journal.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import { type Harness, type HarnessOptions, start } from '../support/harness.ts';
import { ask, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint, FORTY, seed } from '../support/workspace.ts';

const MINUTE = 60_000;
const HISTORY = '/api/2.0/serving-endpoints/churn/metrics-history';
const BUSY = { traffic: { requests_per_minute: 20 } };
const churn = (more = {}) => endpoint('churn', [churnEntity('1')], [], { ...BUSY, ...more });
const begin = useHarness(withEndpoints);

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'metrics-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const onDisk = (): HarnessOptions => ({
  journal: fileJournal(join(folder, 'changes.jsonl'), { now: Date.now, random: Math.random, sanitize }),
});
const stored = () => readdirSync(join(folder, 'changes.readings'));

const read = (h: Harness, args: Record<string, unknown> = {}) => h.call('get_metrics', { endpoint: 'churn', ...args });
/** Reads every minute. @returns the requests of each reading. */
async function pass(h: Harness, minutes: number): Promise<number[]> {
  const counts: number[] = [];
  for (let minute = 0; minute < minutes; minute++) {
    h.sandbox.clock.advance(MINUTE);
    counts.push((await read(h)).data.total.requests);
  }
  return counts;
}
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
const readings = (h: Harness) => h.sent().filter((each) => each.endsWith('/churn/metrics')).length;

describe('an hour', () => {
  it('comes at once from the readings that another server stored, minute by minute', async () => {
    const first = await begin([churn()], { ...onDisk(), pace: 60 });
    const watched = await read(first, { minutes: 60, watch: true, wait_seconds: 120 });
    const counts: number[] = watched.data.series.requests;
    expect(counts).not.toContain(null);
    const second = await start({ sandbox: first.sandbox, ...onDisk() });
    try {
      const { data, text } = await read(second, { minutes: 60 });
      expect(data).toMatchObject({ period: '60 minutes', read_from: { now: 1, stored: 59 } });
      expect(data.series).toMatchObject({ step_seconds: 60, requests: counts });
      expect(data.total.requests).toBe(sum(counts));
      expect(Date.parse(data.as_of) - Date.parse(data.from)).toBe(60 * MINUTE);
      expect(Date.parse(data.series.start)).toBe(Date.parse(data.from));
      expect(data.series.lines[0]).toMatch(/^requests [▁▂▃▄▅▆▇█]{60} \d+ to \d+$/);
      expect([data.missing, data.notes, data.next]).toEqual([undefined, undefined, undefined]);
      expect(second.slept()).toBe(0);
      expect(text.length / 4).toBeLessThanOrEqual(2_000);
    } finally {
      await second.close();
    }
  });

  it('that was not read in part has gaps: named, null in the numbers, and no guess', async () => {
    const h = await begin([churn()]);
    const early = await pass(h, 5);
    h.sandbox.clock.advance(10 * MINUTE);
    const late = await pass(h, 3);
    const { data } = await read(h, { minutes: 20 });
    const { requests } = data.series;
    expect(requests).toEqual([null, null, ...early, ...Array(10).fill(null), ...late]);
    expect(data.total.requests).toBe(sum([...early, ...late]));
    expect(data.missing[0]).toMatch(
      /^12 of 20 minutes \(nothing read them when they passed\): \S+Z to \S+Z, \S+Z to \S+Z$/,
    );
    expect(data.next).toBe('get_metrics {"endpoint":"churn","minutes":20,"watch":true}');
  });

  it('has each minute once, also when two servers read and write at the same time', async () => {
    const first = await begin([churn()], onDisk());
    const second = await start({ sandbox: first.sandbox, ...onDisk() });
    try {
      const counts: number[] = [];
      for (let minute = 0; minute < 6; minute++) {
        first.sandbox.clock.advance(MINUTE);
        const answers = await Promise.all([first, second, first, second].map((h) => read(h)));
        counts.push(answers[0]?.data.total.requests);
      }
      for (const h of [first, second]) {
        const { data } = await read(h, { minutes: 6 });
        expect(data).toMatchObject({ period: '6 minutes', total: { requests: sum(counts) } });
        expect(data.notes).toBeUndefined();
      }
      expect(stored()).toHaveLength(1);
    } finally {
      await second.close();
    }
  });

  it('is not mixed with that of an endpoint of the same name in another workspace', async () => {
    const first = await begin([churn()], onDisk());
    await pass(first, 3);
    const other = await begin([churn({ traffic: { requests_per_minute: 5 } })], onDisk());
    const { data } = await read(other, { minutes: 10 });
    expect(data.read_from).toEqual({ now: 1 });
    expect(stored()).toHaveLength(2);
  });

  it('is not mixed with that of an earlier endpoint of the same name', async () => {
    const h = await begin([churn()]);
    await pass(h, 3);
    await ask(h, '/api/2.0/serving-endpoints/churn', { method: 'DELETE' });
    const body = JSON.stringify({ name: 'churn', config: { served_entities: [churnEntity('1')] } });
    expect(await ask(h, '/api/2.0/serving-endpoints', { method: 'POST', body })).toMatchObject({ name: 'churn' });
    h.sandbox.clock.advance(20 * MINUTE);
    await pass(h, 2);
    const { data } = await read(h, { minutes: 60 });
    expect(data).toMatchObject({ period: '2 minutes', total: { requests: 0 } });
  });

  it('with changed settings says when they changed', async () => {
    const h = await begin([churn()]);
    await pass(h, 2);
    const body = JSON.stringify({ served_entities: [churnEntity('1', { workload_size: 'Large' })] });
    await ask(h, '/api/2.0/serving-endpoints/churn/config', { method: 'PUT', body });
    await pass(h, 2);
    const { notes } = (await read(h, { minutes: 4 })).data;
    expect(notes).toContainEqual(
      expect.stringMatching(/^the endpoint was changed at \S+Z: the minutes before show the earlier settings$/),
    );
    expect((await read(h)).data.notes ?? []).not.toContainEqual(expect.stringContaining('the endpoint was changed'));
  });

  it('next to a damaged file is that of this server, with a note, and the file stays', async () => {
    const first = await begin([churn()], onDisk());
    await pass(first, 2);
    const path = join(folder, 'changes.readings', stored()[0] ?? '');
    writeFileSync(path, 'a text of someone');
    const counts = await pass(first, 2);
    const { data } = await read(first, { minutes: 4 });
    expect(data.total.requests).toBe(sum(counts));
    expect(data.notes).toEqual([expect.stringMatching(/is not a file of stored readings.*Move it away/)]);
  });

  it('leaves no file without a journal, and is known until the server ends', async () => {
    const h = await begin([churn()], { journal: null });
    const counts = await pass(h, 3);
    expect((await read(h, { minutes: 3 })).data.total.requests).toBe(sum(counts));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('includes what other tools read', async () => {
    const h = await begin([churn()]);
    await h.call('list_endpoints', { idle: false });
    h.sandbox.clock.advance(MINUTE);
    expect((await read(h, { minutes: 2 })).data).toMatchObject({
      period: '2 minutes',
      read_from: { now: 1, stored: 1 },
    });
  });

  it('of a service that fails now is still known, with the failure', async () => {
    const h = await begin([churn()]);
    const counts = await pass(h, 3);
    h.sandbox.faults.add({
      match: { path: '/api/2.0/serving-endpoints/churn/metrics' },
      effect: { status: 500, body: {} },
    });
    const { data } = await read(h, { minutes: 5 });
    expect(data).toMatchObject({ period: '3 minutes', total: { requests: sum(counts) } });
    expect(data.missing[0]).toMatch(/^2 of 5 minutes \(1 readings failed\)/);
    expect((await read(h)).isError).toBe(true);
  });

  it('of ten entities takes at most 2,000 tokens', async () => {
    const names = Array.from({ length: 10 }, (_, at) => `customer-churn-candidate-${at}`);
    const entities = names.map((name, at) => churnEntity(String(at + 1), { name }));
    const traffic = { requests_per_minute: 300, error_rate: 0.031 };
    const h = await begin([endpoint('churn', entities, Array(10).fill(10), { traffic })], {}, { models: [FORTY] });
    for (let time = 0; time < 7; time++) {
      h.sandbox.clock.advance(9 * MINUTE);
      await read(h);
    }
    const { data, text } = await read(h, { minutes: 60 });
    expect(data.entities).toHaveLength(10);
    expect(data.series.requests).toHaveLength(60);
    expect(text.length / 4).toBeLessThanOrEqual(2_000);
  });
});

describe('a call that watches', () => {
  it('measures until no minute is missing, and reports progress', async () => {
    const h = await begin([churn()], { pace: 60 });
    const progress: number[] = [];
    const watched = await h.call(
      'get_metrics',
      { endpoint: 'churn', minutes: 10, watch: true },
      { onprogress: ({ progress: share }) => progress.push(share) },
    );
    expect(watched.data).toMatchObject({ period: '10 minutes' });
    expect(watched.data.series.requests).not.toContain(null);
    expect(progress.length).toBeGreaterThan(5);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  });

  it('ends in time for clients that wait a minute, and the next calls continue', async () => {
    const h = await begin([churn()]);
    const periods: string[] = [];
    let answer = await read(h, { minutes: 4, watch: true });
    while (answer.data.next !== undefined && periods.length < 20) {
      periods.push(answer.data.period);
      expect(answer.data.next).toBe('get_metrics {"endpoint":"churn","minutes":4,"watch":true}');
      answer = await read(h, { minutes: 4, watch: true });
    }
    expect(answer.data).toMatchObject({ period: '4 minutes' });
    expect(answer.data.total.requests).toBeGreaterThan(65);
    expect(answer.data.total.requests).toBeLessThan(95);
    expect(periods.length).toBeGreaterThanOrEqual(3);
    expect(periods.length).toBeLessThanOrEqual(6);
    expect(h.slept()).toBeLessThan(5 * MINUTE);
  });

  it('that is cancelled reads nothing more, and keeps what it read', async () => {
    const controller = new AbortController();
    let sleeps = 0;
    const h = await begin([churn()], {
      onSleep: () => {
        if (++sleeps === 12) controller.abort();
      },
    });
    const call = h.call(
      'get_metrics',
      { endpoint: 'churn', minutes: 30, watch: true, wait_seconds: 1800 },
      { signal: controller.signal },
    );
    await expect(call).rejects.toThrow();
    await h.settled();
    expect(readings(h)).toBeGreaterThanOrEqual(2);
    await h.settled();
    expect(readings(h)).toBe(0);
    const { data } = await read(h, { minutes: 30 });
    expect(data.read_from.stored).toBeGreaterThanOrEqual(2);
  });

  it('does not wait for minutes that are known', async () => {
    const h = await begin([churn()]);
    await pass(h, 5);
    expect((await read(h, { minutes: 5, watch: true })).data).toMatchObject({ period: '5 minutes' });
    expect(h.slept()).toBe(0);
  });

  it('is the only one that waits', async () => {
    const h = await begin([churn()]);
    const { data } = await read(h, { minutes: 30 });
    expect([h.slept(), data.period]).toEqual([0, 'last minute']);
  });
});

describe('the history of the service', () => {
  const answer = (h: Harness, body: unknown, more = {}) =>
    h.sandbox.faults.add({ match: { method: 'GET', path: HISTORY }, effect: { status: 200, body, ...more } });
  const points = (h: Harness, minutes: number, value: number) => {
    const now = Math.floor(h.sandbox.clock.now() / MINUTE) * MINUTE;
    return Array.from({ length: minutes }, (_, at) => ({ timestamp: now - (minutes - at) * MINUTE, value }));
  };

  it('is used where the workspace answers it, with the minute of now', async () => {
    const h = await begin([churn()]);
    answer(h, { metrics: [{ name: 'request_count_total', values: points(h, 70, 40) }] });
    const { data } = await read(h, { minutes: 60 });
    expect(data).toMatchObject({ period: '60 minutes', read_from: { now: 1, metrics_history: 59 } });
    expect(data.series.requests.slice(0, 59)).toEqual(Array(59).fill(40));
    expect(data.notes).toBeUndefined();
    const [asked] = h.sandbox.requests.filter(({ path }) => path === HISTORY);
    const query = new URLSearchParams(asked?.query);
    expect(Number(query.get('end_timestamp')) - Number(query.get('start_timestamp'))).toBe(60 * MINUTE);
  });

  it('does not replace what was read here, and counts no minute twice', async () => {
    const h = await begin([churn()]);
    const counts = await pass(h, 3);
    answer(h, { request_count_total: points(h, 9, 7) });
    const { data } = await read(h, { minutes: 10 });
    expect(data.series.requests).toEqual([...Array(7).fill(7), ...counts]);
    expect(data.read_from).toEqual({ now: 1, stored: 2, metrics_history: 7 });
  });

  it('that is not understood is left out, and a note says so', async () => {
    const h = await begin([churn()]);
    answer(h, { rows: [[1, 2]] });
    const { data } = await read(h, { minutes: 5 });
    expect(data.read_from).toEqual({ now: 1 });
    expect(data.notes).toEqual(['metrics-history answered in a form that this server does not know (fields rows)']);
  });

  it.each([
    ['403', { status: 403, body: { error_code: 'PERMISSION_DENIED', message: 'no' } }],
    ['404', { status: 404, body: { error_code: 'ENDPOINT_NOT_FOUND', message: 'No API found' } }],
    ['501', { status: 501, body: {} }],
    ['a sign-in page', { status: 200, body: '<html>Sign in</html>', headers: { 'content-type': 'text/html' } }],
  ])('is not missed where it is not available: %s', async (_what, effect) => {
    const h = await begin([churn()]);
    h.sandbox.faults.add({ match: { path: HISTORY }, effect });
    const counts = await pass(h, 2);
    const { data } = await read(h, { minutes: 2 });
    expect(data).toMatchObject({ period: '2 minutes', total: { requests: sum(counts) } });
    expect(data.notes).toBeUndefined();
  });

  it('that fails is named', async () => {
    const h = await begin([churn()]);
    h.sandbox.faults.add({ match: { path: HISTORY }, effect: { status: 500, body: {} } });
    expect((await read(h, { minutes: 2 })).data.notes).toEqual([
      expect.stringContaining('metrics-history could not be read'),
    ]);
  });

  it('is not asked for the last minute', async () => {
    const h = await begin([churn()]);
    await read(h);
    expect(h.sandbox.requests.filter(({ path }) => path === HISTORY)).toEqual([]);
  });
});

it('errors by a rate limit are not separated from others, and the answer says so where there are any', async () => {
  const sandbox = await startSandbox({
    clock: { kind: 'manual' },
    seed: seed([churn({ traffic: { requests_per_minute: 100, error_rate: 0.2 } })]),
  });
  const h = await start({ sandbox });
  try {
    const { data } = await read(h);
    expect(data.total.error_4xx_percent + data.total.error_5xx_percent).toBeGreaterThan(0);
    const expected =
      data.total.error_4xx_percent > 0 ? [expect.stringMatching(/^429 apart from other 4xx/)] : undefined;
    expect(data.not_checked).toEqual(expected);
  } finally {
    await h.close();
    await sandbox.close();
  }
});

/** Where a guarded rollout gets its numbers when the metrics do not tell the versions apart: tables over a SQL warehouse, probes, or nothing. */
import { describe, expect, it } from 'vitest';
import { memoryJournal } from '../../src/journal/journal.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import { EVERY_CHANGE, type Harness, type HarnessOptions } from '../support/harness.ts';
import { nowServed } from '../support/rollout-site.ts';
import { RUN_ALL } from '../support/selection.ts';
import { ask, expectRefusal, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint, follow, version } from '../support/workspace.ts';

const MINUTE = 60_000;
const WAREHOUSE = { name: 'Main', id: '0123456789abcdef' };
const TRACKED = { usage_tracking_config: { enabled: true } };
const TABLE = { inference_table_config: { enabled: true, catalog_name: 'ml', schema_name: 'prod' } };
const PLAN = {
  steps: [50, 100],
  bake_minutes: 2,
  min_requests: 60,
  max_minutes: 60,
  final_bake_minutes: 2,
  gates: { latency: { margin: 15 } },
};

interface Site extends HarnessOptions {
  canary?: Record<string, unknown>;
  gateway?: Record<string, unknown>;
  warehouses?: unknown[];
  perMinute?: number;
  features?: Record<string, unknown>;
  /** How many minutes ago the endpoint was created. */
  created?: number;
}

/** A workspace whose metrics have no series per entity, 42 minutes old: its tables have rows. */
const begin = useHarness(({ canary = {}, gateway = {}, warehouses = [WAREHOUSE], created = 42, ...more }: Site) => {
  const { perMinute = 60, features = { metrics_per_entity: false }, ...options } = more;
  const models = [
    { full_name: 'ml.prod.churn', owner: 'admin@example.com', aliases: {}, versions: [version(2), version(3, canary)] },
  ];
  const traffic = { requests_per_minute: perMinute, since_minutes_ago: created };
  const churn = endpoint('churn', [churnEntity('2')], [], {
    ai_gateway: gateway,
    traffic,
    created_minutes_ago: created,
  });
  return withEndpoints([churn], { at: Date.UTC(2026, 0, 5, 9), ...options }, { models, warehouses, features });
});

const VERSION = { endpoint: 'churn', version: '3' };
const start = (h: Harness, args: Record<string, unknown> = {}) =>
  h.call('roll_out', { ...VERSION, plan: PLAN, ...args });

// biome-ignore lint/suspicious/noExplicitAny: tests read results field by field, and a wrong guess fails them
type Data = any;

/** Makes the calls that the answers name, when they name them. */
async function play(h: Harness, args: Record<string, unknown> = {}, until = 'the end'): Promise<Data[]> {
  const answers: Data[] = [];
  let answer = await start(h, args);
  for (let calls = 0; calls < 60; calls++) {
    answers.push(answer.data);
    if (answer.isError || answer.data.outcome !== 'waiting') return answers;
    if (String(answer.data.step).startsWith(until)) return answers;
    await h.pass((answer.data.come_back_in_seconds ?? 1) * 1_000);
    answer = await follow(h, answer.data.next);
  }
  throw new Error(`the rollout does not end: ${JSON.stringify(answers.slice(-2))}`);
}

/** The statements of the rollout that the workspace received. */
async function queries(h: Harness): Promise<string[]> {
  const { statements } = (await ask(h, '/sandbox/statements')) as Data;
  return statements.map(({ statement }: Data) => statement as string);
}

const shares = async (h: Harness) => (await nowServed(h)).traffic;

describe('the source of a guarded rollout', () => {
  it('is the inference table where the metrics have no series per entity: a healthy version is done', async () => {
    const h = await begin({ gateway: { ...TRACKED, ...TABLE } });
    const answers = await play(h, { wait_seconds: 1 });
    expect(answers[0]).toMatchObject({
      measured_by: 'the inference table',
      instead_of: [expect.stringMatching(/^series per entity: /)],
      late: expect.stringContaining('10 minutes late'),
      gates_off: expect.stringContaining('saturation'),
      costs: expect.stringMatching(/Main .* costs money/),
      forecast: expect.stringContaining('20 minutes wait for late rows'),
    });
    expect(answers.at(-1)).toMatchObject({ outcome: 'done' });
    expect(answers.at(-1).report).toMatchObject([{ verdict: 'pass' }, { verdict: 'pass', p95_ms: expect.any(Number) }]);
    expect(await shares(h)).toEqual({ 'churn-2': 0, 'churn-3': 100 });
    // One statement a call, and the columns of the table and the names of the entities once for each config.
    expect((await queries(h)).length).toBeLessThanOrEqual(answers.length + 12);
  });

  it('is the usage table where there is no inference table: a failing version goes back, without late minutes', async () => {
    const h = await begin({ gateway: TRACKED, canary: { error_5xx_rate: 0.5 } });
    const answers = await play(h, { wait_seconds: 1 }, '1 of 2');
    expect(answers[0]).toMatchObject({
      measured_by: 'the usage table',
      instead_of: [expect.any(String), 'the inference table: the endpoint has none that is switched on'],
      gates_off: expect.stringContaining('latency and saturation'),
    });
    expect(answers.at(-1).come_back_in_seconds).toBeGreaterThan(25 * 60);
    // The server that watches queries every five minutes, and the names of the new entities until they are there.
    const before = (await queries(h)).length;
    await h.pass(20 * MINUTE);
    expect((await queries(h)).length - before).toBeLessThanOrEqual(6);
    // The rows of the first minutes are there, but a minute counts only when all of its rows should be.
    expect(await shares(h)).toEqual({ 'churn-2': 50, 'churn-3': 50 });
    const waiting = await start(h, { wait_seconds: 0 });
    expect(waiting.data).toMatchObject({ outcome: 'waiting', why: expect.stringContaining('25 minutes late') });
    expect(JSON.stringify(waiting.data).length / 4).toBeLessThanOrEqual(150);
    // It goes back by itself.
    await h.pass(15 * MINUTE);
    expect(await shares(h)).toEqual({ 'churn-2': 100, 'churn-3': 0 });
    expect((await start(h)).data).toMatchObject({ outcome: 'rolled_back', reason: expect.stringContaining('5xx') });
  });

  it('is probes alone where no warehouse can be used', async () => {
    const h = await begin({ gateway: { ...TRACKED, ...TABLE }, warehouses: [], canary: { spec: version(2).spec } });
    const answers = await play(h, { probes: [{ dataframe_records: [{ x: 1000 }] }], wait_seconds: 1 });
    expect(answers[0]).toMatchObject({ measured_by: expect.stringContaining('probes alone') });
    expect(answers[0].instead_of).toHaveLength(3);
    expect(answers[0].instead_of[1]).toMatch(/^the inference table: there is no SQL warehouse/);
    expect(answers.at(-1)).toMatchObject({ outcome: 'done', judged_by: expect.stringContaining('probes alone') });
  });

  it('is required: without any, the rollout is refused, with the steps by hand', async () => {
    const h = await begin({ warehouses: [] });
    const answer = await start(h);
    expectRefusal(h, answer, 'invalid_rollout');
    expect(answer.data.error.message).toMatch(
      /series per entity: .*; the usage table: usage tracking .* is off; probes/,
    );
    expect(answer.data.error.next).toContain('update_ai_gateway');
    expect(answer.data.by_hand[0]).toBe('swap_version {"endpoint":"churn","version":"3","traffic_percent":50}');
    expect((await follow(h, answer.data.by_hand[0])).isError).toBe(false);
  });
});

/** Sets a warehouse as a person would. */
const setWarehouse = (h: Harness, state: 'RUNNING' | 'STOPPED') =>
  ask(h, `/sandbox/warehouses/${WAREHOUSE.id}`, { method: 'PUT', body: JSON.stringify({ state }) });

/** Every statement fails as one of a user without the right to read the table. */
function denyTables(h: Harness): void {
  const error = { error_code: 'BAD_REQUEST', message: '[INSUFFICIENT_PERMISSIONS] no SELECT on the table' };
  h.sandbox.faults.add({
    match: { method: 'POST', path: '/api/2.0/sql/statements' },
    effect: { status: 200, body: { statement_id: 's', status: { state: 'FAILED', error, sql_state: '42501' } } },
  });
}

describe.runIf(RUN_ALL)('the source of a guarded rollout, in detail', () => {
  it.each<[what: string, disturb: (h: Harness) => unknown, why: RegExp, mend: (h: Harness) => unknown]>([
    ['stops', (h) => setWarehouse(h, 'STOPPED'), /this SQL warehouse is stopped/, (h) => setWarehouse(h, 'RUNNING')],
    ['may not be read', denyTables, /may not be read/, (h) => h.sandbox.faults.clear()],
  ])(
    'is unreadable when it %s: nothing passes, the answer says why, and it is held',
    async (_what, disturb, why, mend) => {
      const h = await begin({ gateway: TRACKED });
      const [{ come_back_in_seconds: pause }] = (await play(h, { wait_seconds: 1 }, '1 of 2')).slice(-1);
      await h.pass(pause * 1_000 - MINUTE);
      await disturb(h);
      await h.pass(MINUTE);
      // Without the query, the time of the step would be over.
      expect((await start(h, { wait_seconds: 0 })).data).toMatchObject({
        outcome: 'waiting',
        why: expect.stringMatching(why),
      });
      await h.pass(6 * MINUTE);
      expect((await start(h, { wait_seconds: 0 })).data).toMatchObject({
        outcome: 'held',
        reason: expect.stringMatching(why),
      });
      expect(await shares(h)).toEqual({ 'churn-2': 50, 'churn-3': 50 });
      await mend(h);
      await start(h, { action: 'resume' });
      expect((await play(h, { wait_seconds: 1 })).at(-1)).toMatchObject({ outcome: 'done' });
    },
  );

  it('costs one query a call, however often an agent calls, and one in five minutes of a call that waits', async () => {
    const h = await begin({ gateway: TRACKED });
    await play(h, { wait_seconds: 1 }, '1 of 2');
    const minutesOf = async () => (await queries(h)).filter((each) => each.includes('endpoint_usage')).length;
    const before = await minutesOf();
    for (let calls = 0; calls < 5; calls++) await start(h, { wait_seconds: 0 });
    expect((await minutesOf()) - before).toBeLessThanOrEqual(1);
    await start(h, { wait_seconds: 20 * 60 });
    expect((await minutesOf()) - before).toBeLessThanOrEqual(6);
  });

  it('is no table while the metrics have series per entity, so no warehouse is asked', async () => {
    const h = await begin({ gateway: { ...TRACKED, ...TABLE }, features: {} });
    const { data } = await start(h, { dry_run: true });
    expect(data.measured_by).toBe('series per entity');
    expect(data).not.toHaveProperty('costs');
    expect(await queries(h)).toEqual([]);
  });

  it('can be named, and is refused where it has no numbers', async () => {
    const h = await begin({ gateway: { ...TRACKED, ...TABLE }, features: {} });
    const named = (source: string) => start(h, { dry_run: true, plan: { ...PLAN, source } });
    expect((await named('usage_table')).data).toMatchObject({ measured_by: 'the usage table' });
    expect((await named('probes')).data.error.code).toBe('invalid_rollout');
  });

  it('starts a stopped warehouse only where the plan allows it', async () => {
    const h = await begin({ gateway: TRACKED, warehouses: [{ ...WAREHOUSE, state: 'STOPPED' }] });
    const named = { ...PLAN, warehouse: 'Main' };
    const refused = await start(h, { plan: named });
    expectRefusal(h, refused, 'invalid_rollout');
    expect(refused.data.error.message).toContain('plan.start_warehouse true lets it start');
    const { data } = await start(h, { plan: { ...named, start_warehouse: true }, dry_run: true });
    expect(data.measured_by).toBe('the usage table');
  });

  it('is refused where only gates decide that it does not show', async () => {
    const h = await begin({ gateway: TRACKED });
    const gates = { errors_5xx: { off: true }, errors_4xx: { off: true } };
    const answer = await start(h, { plan: { ...PLAN, gates } });
    expect(answer.data.error.code).toBe('invalid_rollout');
    expect(answer.data.problems).toEqual([expect.stringContaining('at least one of the gates')]);
  });

  it('has no rows while its table is switched on and empty', async () => {
    const h = await begin({ gateway: TABLE, created: 3 });
    const { data } = await start(h);
    expect(data.error.message).toMatch(/the inference table: the inference table does not exist/);
  });

  it('is kept in the journal with how late it is, and in each next call without a journal', async () => {
    const journal = memoryJournal({ now: Date.now, serviceTime: Date.now, random: Math.random, sanitize });
    const h = await begin({ gateway: TRACKED, journal });
    await start(h, { wait_seconds: 1 });
    const { entries } = await journal.read(EVERY_CHANGE);
    expect(entries[0]?.rollout).toMatchObject({
      settings: { source: { name: 'usage_table', warehouse: WAREHOUSE.id, late_minutes: 25 } },
    });
    const other = await begin({ gateway: TRACKED, journal: null });
    for (const { next } of await play(other, { wait_seconds: 1 }, '2 of 2'))
      expect(next).toMatch(
        /"gates":\{"latency":\{"margin":15\}\},"source":"usage_table","warehouse":"0123456789abcdef"/,
      );
  });
});

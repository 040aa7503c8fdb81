/** How the view of usage reads reports and refusals, and what its choices ask for. */
import { describe, expect, test } from 'vitest';
import type { Answer, Data } from '../../src/views/host/host.ts';
import { usageOf } from '../../src/views/read/usage.ts';
import {
  argsOf,
  changed,
  firstWish,
  groupingsOf,
  mayStart,
  REPORTS,
  warehousesIn,
  windowsOf,
} from '../../src/views/read/usage-wish.ts';

const answer = (data: Data, args: Data = {}): Answer => ({ tool: 'get_usage', args, data, failed: false, at: 0 });
const TRAFFIC = {
  report: 'traffic',
  by: 'day',
  since: '2025-12-29T09:00:00Z',
  until: '2026-01-05T09:00:00Z',
  total: { requests: 5, limited_429: 0, last_request: '2026-01-04T23:59:57Z' },
  rows: [
    { day: '2026-01-01', requests: 2, ok: 2 },
    { day: '2026-01-04', requests: 3, other_4xx: 1, ok: 2 },
  ],
  warehouse: { name: 'Reports', id: 'w1' },
};

describe('a report', () => {
  test('columns keep their order, whichever row has a field first', () => {
    expect(usageOf(TRAFFIC)?.main.columns.map(({ field }) => field)).toEqual(['day', 'requests', 'ok', 'other_4xx']);
  });

  test('a field that a row lacks is no zero', () => {
    expect(usageOf(TRAFFIC)?.main.rows[0]?.[3]).toBeUndefined();
  });

  test('a zero that the tool writes is a zero: its absence is news', () => {
    expect(usageOf(TRAFFIC)?.totals).toContainEqual(['Limited (429)', { kind: 'number', value: 0 }]);
  });

  test('a day without a row is a gap between its neighbours', () => {
    expect(usageOf(TRAFFIC)?.days).toMatchObject({
      start: Date.UTC(2026, 0, 1),
      values: [2, null, null, 3],
      isCut: true,
    });
  });

  test('whole days are not called cut', () => {
    const whole = { ...TRAFFIC, since: '2026-01-01T00:00:00Z', until: '2026-01-05T00:00:00Z' };
    expect(usageOf(whole)?.days?.isCut).toBe(false);
  });

  test('days that are centuries apart draw no chart of a million columns', () => {
    const rows = [
      { day: '0001-01-01', requests: 1 },
      { day: '9999-12-31', requests: 1 },
    ];
    expect(usageOf({ ...TRAFFIC, rows })?.days).toBeUndefined();
  });

  test('fields of a newer version have a column with their own name', () => {
    const found = usageOf({
      report: 'traffic',
      rows: [{ endpoint: 'a', cached_tokens: 7, region: 'eu', extra: { a: 1 } }],
    });
    expect(found?.main.columns.map(({ title, kind }) => [title, kind])).toEqual([
      ['Endpoint', 'text'],
      ['Cached tokens', 'number'],
      ['Region', 'text'],
      ['Extra', 'text'],
    ]);
    expect(found?.main.rows[0]?.[3]).toEqual({ kind: 'text', value: 'a 1' });
  });

  test('a value that is not of its kind is shown as it is, and draws no bar', () => {
    const found = usageOf({ report: 'cost', rows: [{ endpoint: 'a', list_cost: 'much', last_usage: 'soon' }] });
    expect(found?.main.rows[0]).toEqual([
      { kind: 'text', value: 'a' },
      { kind: 'text', value: 'much' },
      { kind: 'text', value: 'soon' },
    ]);
  });

  test('what the tool left out is said with its reason', () => {
    const found = usageOf({
      ...TRAFFIC,
      omitted: 12,
      omitted_why: 'the oldest do not fit',
      not_checked: ['who refused'],
    });
    expect(found?.main.omitted).toBe('12 more rows are not in this answer: the oldest do not fit.');
    expect(found?.missing).toEqual(['who refused']);
    expect(usageOf({ ...TRAFFIC, rows: [1, { day: '2026-01-01' }] })?.missing).toHaveLength(1);
  });

  test('releases and idle endpoints are tables, and failed requests keep their bodies apart', () => {
    const releases = usageOf({ report: 'releases', releases: [{ endpoint: 'a', entities: ['m 1', 'm 2'] }] });
    expect(releases?.main.rows[0]?.[1]).toEqual({ kind: 'text', value: 'm 1, m 2' });
    const idle = usageOf({ report: 'cost', idle: [{ endpoint: 'a', list_cost: 5 }], idle_means: 'no request' });
    expect(idle?.others.map(([title]) => title)).toEqual(['Idle: no request']);
    const failed = usageOf({
      report: 'failed_requests',
      failed: { 400: 3 },
      requests: [{ at: '2026-01-05T08:00:00Z', status: 400, request: '<b>', response: '{}' }],
    });
    expect(failed?.failed).toEqual([['Status 400', { kind: 'number', value: 3 }]]);
    expect(failed?.requests[0]).toMatchObject({ request: '<b>', response: '{}' });
    expect(failed?.requests[0]?.facts.map(([term]) => term)).toEqual(['Time', 'Status']);
  });

  test('an answer without a report is none', () => {
    expect(usageOf({ rows: [] })).toBeUndefined();
  });
});

describe('the call', () => {
  const first = firstWish(undefined, 'churn');

  test('begins with the traffic of the endpoint, and names nothing that the tool chooses', () => {
    expect(argsOf(first)).toEqual({ report: 'traffic', endpoint: 'churn' });
  });

  test('is that of the answer that the host showed', () => {
    const args = { report: 'cost', since: '12h', by: 'day', warehouse: 'Reports', start_warehouse: true };
    const wish = firstWish(answer({ report: 'cost', by: 'day' }, args), undefined);
    expect(argsOf(wish)).toEqual({ report: 'cost', since: '12h', by: 'day', warehouse: 'Reports' });
  });

  test('starts a warehouse by the press that says so, and by no other change or repetition', () => {
    const started = changed(first, { warehouse: 'w1', start: true });
    expect(argsOf(started)).toMatchObject({ warehouse: 'w1', start_warehouse: true });
    for (const next of [
      {},
      { report: 'cost' },
      { since: '30d' },
      { by: 'status' },
      { endpoint: undefined },
      { warehouse: 'w2' },
    ])
      expect(argsOf(changed(started, next))).not.toHaveProperty('start_warehouse');
  });

  test('of another report drops a window and a grouping that this report may not have', () => {
    const wish = changed(changed(first, { by: 'requester' }), { since: '90d' });
    expect(argsOf(changed(wish, { report: 'failed_requests' }))).toEqual({
      report: 'failed_requests',
      endpoint: 'churn',
    });
  });

  test('of another window has no end of the earlier one', () => {
    const wish = { ...first, until: '2026-01-01' };
    expect(changed(wish, { since: '1d' }).until).toBeUndefined();
    expect(changed(wish, { by: 'day' }).until).toBe('2026-01-01');
  });

  test('has a window of its own for each report, and groups for those that have some', () => {
    for (const [report] of REPORTS) expect(windowsOf(report).filter(([value]) => value === '')).toHaveLength(1);
    expect(groupingsOf('cost').map(([value]) => value)).toEqual(['day', 'endpoint']);
    expect(groupingsOf('releases')).toEqual([]);
    expect(windowsOf('of_a_newer_version')).not.toHaveLength(0);
  });
});

describe('a refusal', () => {
  test('names the warehouses once, and a state that is not known counts as stopped, because a statement may start it', () => {
    const reports = { id: 'w1', name: 'Reports', state: 'stopped' };
    const found = warehousesIn({
      warehouse: reports,
      warehouses: [reports, { id: 'w2', name: 'Big', state: 'starting' }, { id: 'w3' }, { state: 'running' }, 'x'],
      running: [{ id: 'w4', name: 'On', state: 'running' }],
    });
    expect(found.map(({ name, isStopped }) => [name, isStopped])).toEqual([
      ['Reports', true],
      ['Big', false],
      ['w3', true],
      ['On', false],
    ]);
  });

  test('of a server that is read-only offers no start', () => {
    expect(mayStart({ error: { code: 'read_only' } })).toBe(false);
    expect(mayStart({ error: { code: 'warehouse_stopped' } })).toBe(true);
  });
});

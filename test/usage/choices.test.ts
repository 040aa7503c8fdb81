/** Windows, warehouses, and what a failed statement lacks. */
import { describe, expect, it } from 'vitest';
import { lackOf } from '../../src/usage/failure.ts';
import { chooseWarehouse, listed, nearWarehouses } from '../../src/usage/warehouse.ts';
import { windowOf } from '../../src/usage/window.ts';

const NOW = Date.parse('2026-03-10T12:00:00Z');
const DAY = 86_400_000;

describe('a window', () => {
  it('is by default the last days up to now', () => {
    expect(windowOf('traffic', { since: undefined, until: undefined }, NOW)).toEqual({
      since: NOW - 7 * DAY,
      until: NOW,
    });
    expect(windowOf('failed_requests', { since: undefined, until: NOW - DAY }, NOW)).toEqual({
      since: NOW - 2 * DAY,
      until: NOW - DAY,
    });
  });

  it.each<[what: string, since: number | undefined, until: number | undefined, problem: RegExp]>([
    ['begins in the future', NOW + DAY, undefined, /since lies in the future/],
    ['ends in the future', NOW - DAY, NOW + DAY, /until lies in the future/],
    ['is inverted', NOW - DAY, NOW - 2 * DAY, /since is not before until/],
    ['is empty', NOW - DAY, NOW - DAY, /since is not before until/],
    ['is too wide', NOW - 91 * DAY, undefined, /more than 90 days, the widest for traffic/],
  ])('that %s is refused with the widest allowed', (_what, since, until, problem) => {
    const window = windowOf('traffic', { since, until }, NOW);
    if (!('problem' in window)) throw new Error('not refused');
    expect(window.problem).toMatch(problem);
    expect(window.instead).toMatch(/at most 90 days/);
  });

  it('of the widest is allowed, and clocks may differ by some seconds', () => {
    expect(windowOf('traffic', { since: NOW - 90 * DAY, until: undefined }, NOW)).toHaveProperty('since');
    expect(windowOf('cost', { since: NOW - 365 * DAY, until: NOW + 5_000 }, NOW)).toHaveProperty('since');
  });
});

describe('the warehouse', () => {
  const warehouse = (id: string, state: string, name = `W ${id}`) => ({ id, name, state });
  const all = [
    warehouse('a', 'RUNNING', 'Main'),
    warehouse('b', 'STOPPED'),
    warehouse('c', 'STARTING'),
    warehouse('d', 'DELETED'),
    warehouse('e', 'STOPPING'),
  ];

  it.each<[wanted: string | undefined, id: string, starts: boolean]>([
    [undefined, 'a', false],
    ['a', 'a', false],
    ['main', 'a', false],
    ['b', 'b', true],
    ['W c', 'c', false],
    ['e', 'e', true],
  ])('%s', (wanted, id, starts) => {
    expect(chooseWarehouse(all, wanted)).toMatchObject({ warehouse: { id }, starts });
  });

  it.each<[what: string, list: ReturnType<typeof warehouse>[], wanted: string | undefined, problem: string]>([
    ['none exists', [], undefined, 'none'],
    ['none runs', all.slice(1), undefined, 'none_running'],
    ['two run', [...all, warehouse('f', 'RUNNING')], undefined, 'several_running'],
    ['the name is unknown', all, 'x', 'unknown'],
    ['the name is that of two', [...all, warehouse('f', 'STOPPED', 'Main')], 'Main', 'ambiguous'],
    ['it is deleted', all, 'd', 'deleted'],
  ])('is not chosen when %s', (_what, list, wanted, problem) => {
    expect(chooseWarehouse(list, wanted)).toEqual({ problem });
  });

  it('is listed with those that run first, and offered for a mistyped name', () => {
    expect(listed([...all].reverse()).map(({ id }) => id)[0]).toBe('a');
    expect(nearWarehouses(all, 'mian')).toEqual(['Main']);
  });
});

describe('a failed statement', () => {
  const TABLES = ['system.serving.endpoint_usage', 'system.serving.served_entities'];
  it.each<
    [what: string, sqlState: string | undefined, detail: string, code: string, table: string | undefined, next: RegExp]
  >([
    [
      'a table of the system that is missing',
      '42P01',
      '[TABLE_OR_VIEW_NOT_FOUND] The table or view `system`.`serving`.`endpoint_usage` cannot be found.',
      'table_missing',
      TABLES[0],
      /account admin enables the schema system\.serving/,
    ],
    [
      'a right on a table of the system',
      '42501',
      "[INSUFFICIENT_PERMISSIONS] User does not have SELECT on Table 'system.serving.served_entities'.",
      'right_missing',
      TABLES[1],
      /grants .*USE SCHEMA and SELECT on system\.serving/,
    ],
    [
      'a right on the schema, without a state',
      undefined,
      "User does not have USE SCHEMA on Schema 'system.serving'.",
      'right_missing',
      undefined,
      /metastore admin/,
    ],
    ['a column', '42703', '[UNRESOLVED_COLUMN.WITH_SUGGESTION] `u`.`x`', 'column_missing', undefined, /newer version/],
    ['a field', undefined, '[FIELD_NOT_FOUND] No such struct field `x`', 'column_missing', undefined, /newer version/],
  ])('lacks %s', (_what, sqlState, detail, code, table, next) => {
    const lack = lackOf({ sqlState, detail }, TABLES);
    expect(lack).toMatchObject({ code, table });
    expect(lack?.next).toMatch(next);
  });

  it('on an inference table names its owner', () => {
    const lack = lackOf({ sqlState: '42P01', detail: '[TABLE_OR_VIEW_NOT_FOUND]' }, ['ml.observe.churn_payload']);
    expect(lack).toMatchObject({ code: 'table_missing', table: 'ml.observe.churn_payload' });
    expect(lack?.next).toMatch(/first rows.*its owner grants/);
  });

  it('of another cause lacks nothing', () => {
    expect(lackOf({ sqlState: '42601', detail: '[PARSE_SYNTAX_ERROR]' }, TABLES)).toBeUndefined();
    expect(lackOf({ sqlState: undefined, detail: 'Inline byte limit exceeded.' }, TABLES)).toBeUndefined();
  });
});

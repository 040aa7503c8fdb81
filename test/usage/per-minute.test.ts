/** Requests by minute and entity: the statement for each form of a table, and what its rows say. */
import { describe, expect, it } from 'vitest';
import {
  BOUNDS,
  ENTITY_NAMES,
  entityNames,
  minuteCounts,
  payloadMinutes,
  USAGE_MINUTES,
} from '../../src/usage/per-minute.ts';
import { columnsOf } from './statements.ts';

const row = (fields: Record<string, string | null>) => new Map(Object.entries(fields));
const COUNTS = { requests: '9', errors_5xx: '2', errors_4xx: '1', limited: '3' };
const MINUTE = Date.UTC(2026, 0, 5, 9);

describe('the statement for the minutes of an inference table', () => {
  const textOf = (columns: string) => {
    const query = payloadMinutes(columns.split(' ').map((name) => ({ name, type: '' })));
    return 'missing' in query ? query.missing.join(' ') : query.text;
  };

  it('counts by the columns that the table has', () => {
    const gateway = payloadMinutes(columnsOf('gateway'));
    if ('missing' in gateway) throw new Error('refused');
    expect(gateway.text).toMatch(/request_date >= DATE\(:since\)[\s\S]*request_time >= :since/);
    expect(gateway.text).toContain('COUNT_IF(execution_duration_ms <= 5) AS le_5');
    expect(gateway.returns).toHaveLength(7 + BOUNDS.length);
    expect(textOf('timestamp_ms status_code served_entity_id execution_time_ms')).toContain(
      'timestamp_ms - timestamp_ms % 60000 AS minute',
    );
  });

  it.each<[columns: string, missing: string]>([
    ['request_time status_code execution_duration_ms', 'served_entity_id'],
    ['request_time served_entity_id', 'status_code execution_duration_ms'],
    ['status_code served_entity_id latency_ms', 'request_time'],
  ])('of %s is refused with the names of what is missing', (columns, missing) => {
    expect(textOf(columns)).toBe(missing);
  });

  it('reads no body of a request', () => {
    for (const text of [
      textOf(
        columnsOf('gateway')
          .map(({ name }) => name)
          .join(' '),
      ),
      USAGE_MINUTES.text,
      ENTITY_NAMES.text,
    ])
      expect(text).not.toMatch(/\brequest\b|\bresponse\b/);
  });

  it('has no name from the table in its text', () => {
    const hostile = [...columnsOf('gateway'), { name: 'x, (SELECT 1)', type: '' }];
    expect(payloadMinutes(hostile)).toEqual(payloadMinutes(columnsOf('gateway')));
  });
});

describe('the rows of minutes', () => {
  it('are counts at the end of each minute, with those below each duration', () => {
    const bounds = Object.fromEntries(BOUNDS.map((bound, at) => [`le_${bound}`, String(Math.min(at, 8))]));
    const [found] =
      minuteCounts([row({ minute: '2026-01-05T09:00:00.000Z', id: 'e1', ...COUNTS, timed: '8', ...bounds })]) ?? [];
    expect(found).toMatchObject({
      at: MINUTE + 60_000,
      id: 'e1',
      requests: 9,
      errors_5xx: 2,
      errors_4xx: 1,
      limited: 3,
    });
    expect(found?.durations.slice(0, 2)).toEqual([
      { bound: 5, count: 0 },
      { bound: 8, count: 1 },
    ]);
    expect(found?.durations.at(-1)).toEqual({ bound: Infinity, count: 8 });
  });

  it('can have their time in milliseconds, and requests without an entity', () => {
    expect(minuteCounts([row({ minute: String(MINUTE), id: null, ...COUNTS })])).toEqual([
      { at: MINUTE + 60_000, id: undefined, requests: 9, errors_5xx: 2, errors_4xx: 1, limited: 3, durations: [] },
    ]);
  });

  it.each([
    ['no time', { minute: null }],
    ['a count that is no number', { requests: 'many' }],
    ['a negative count', { errors_5xx: '-1' }],
  ])('with %s are none, because a part of them would mislead', (_what, fields) => {
    const good = { minute: String(MINUTE), id: 'e1', ...COUNTS };
    expect(minuteCounts([row(good), row({ ...good, ...fields })])).toBeUndefined();
  });
});

it('the names of entities are known by id, up to a version of the config', () => {
  const rows = [
    row({ id: 'e2', entity: 'churn-3', config_version: '4' }),
    row({ id: 'e1', entity: 'churn-2', config_version: '3' }),
  ];
  expect(entityNames([...rows, row({ id: 'e3', entity: null, config_version: null })])).toEqual({
    names: new Map([
      ['e2', 'churn-3'],
      ['e1', 'churn-2'],
    ]),
    configVersion: 4,
  });
  expect(entityNames([])).toEqual({ names: new Map(), configVersion: 0 });
});

import { describe, expect, it } from 'vitest';
import { failedQueries } from '../../src/usage/failed-requests.ts';
import { ENTITY_NAMES } from '../../src/usage/per-minute.ts';
import { quoted, type Scope, statementOf } from '../../src/usage/statement.ts';
import { columnsOf, type FORMS, QUERIES } from './statements.ts';

const SCOPE: Scope = {
  since: Date.parse('2026-03-01T00:00:00Z'),
  until: Date.parse('2026-03-08T00:00:00Z'),
  workspace: '4711',
  endpoint: 'churn',
  endpointId: undefined,
  table: '`a`.`b`.`c`',
};

describe.each(QUERIES)('%s', (_what, query) => {
  it('is the same text for every call: values are parameters, of which it gets those that it names', () => {
    const hostile = { ...SCOPE, endpoint: "x' OR 1=1 --", workspace: "';", table: '`a`; DROP TABLE b' };
    const [plain, other] = [statementOf(query, SCOPE, 't'), statementOf(query, hostile, 't')];
    expect(other.text).toBe(plain.text);
    const named = [...new Set([...plain.text.matchAll(/:(\w+)/g)].map(([, name]) => name))].sort();
    expect(plain.parameters.map(({ name }) => name).sort()).toEqual(named);
  });

  it('reads no more rows than its limit, which the text repeats with one more', () => {
    const limit = Number(/\bLIMIT (\d+)\s*$/.exec(query.text)?.[1]);
    expect(query.rowLimit).toBeGreaterThan(0);
    expect(query.rowLimit).toBeLessThanOrEqual(2_000);
    expect(limit).toBeLessThanOrEqual(query.rowLimit + 1);
  });

  it('has a time window, unless it reads no rows or all versions up to its end', () => {
    if (query.text.endsWith('LIMIT 0')) return;
    expect(query.text).toMatch(/< :until/);
    // The names of entities are as old as their config.
    if (query !== ENTITY_NAMES) expect(query.text).toMatch(/>=? :since/);
  });

  it('returns the columns that its reader wants', () => {
    for (const name of query.returns) expect(query.text, name).toMatch(new RegExp(`\\bAS ${name}\\b`));
  });

  it('declares each column that it reads, so that a missing one can be named', () => {
    const declared = Object.values(query.needs).flat();
    const read = [...query.text.matchAll(/\b[upe]\.([a-z_]+(?:\.[a-z_]+)*)/g)].map(([, path = '']) => path);
    expect(read.filter((path) => !declared.includes(path) && declared.length > 0)).toEqual([]);
  });
});

it('the record types of billing are all summed, and no SKU selects rows', () => {
  for (const [what, { text }] of QUERIES.filter(([name]) => name.startsWith('cost'))) {
    expect(text, what).not.toMatch(/record_type/);
    expect(text.slice(text.indexOf('WHERE')), what).not.toMatch(/sku_name/);
    expect(text, what).toContain("u.billing_origin_product = 'MODEL_SERVING'");
    expect(text, what).toMatch(/u\.usage_start_time >= p\.price_start_time/);
  }
});

it('the name of a table is quoted, whatever it contains', () => {
  expect(quoted(['a', 'b', 'c'])).toBe('`a`.`b`.`c`');
  expect(quoted(['a`.x', '; DROP', 'ü'])).toBe('`a``.x`.`; DROP`.`ü`');
});

describe('the statement for an inference table', () => {
  const textOf = (form: keyof typeof FORMS) => {
    const queries = failedQueries(columnsOf(form));
    return 'missing' in queries ? '' : queries.rows.text;
  };

  it('uses the columns that the table has', () => {
    expect(textOf('gateway')).toMatch(/request_date >= DATE\(:since\)[\s\S]*request_time >= :since/);
    expect(textOf('gateway')).toContain('CAST(execution_duration_ms AS STRING) AS duration_ms');
    expect(textOf('older')).toContain('timestamp_ms >= :since_ms');
    expect(textOf('older')).toContain('CAST(execution_time_ms AS STRING) AS duration_ms');
    expect(textOf('older')).toContain('NULL AS requester');
    expect(textOf('model service')).toContain('event_time >= :since');
    expect(textOf('model service')).toContain('CAST(destination_model AS STRING) AS destination');
    expect(textOf('least')).toContain('NULL AS absent_because');
  });

  it.each<[columns: string, missing: string[]]>([
    ['request_time status_code request', ['response']],
    ['status_code request response', ['request_time']],
    ['id name', ['request_time', 'status_code', 'request', 'response']],
  ])('of %s is refused with the names of what is missing', (columns, missing) => {
    const listed = columns.split(' ').map((name) => ({ name, type: '' }));
    expect(failedQueries(listed)).toEqual({ missing });
  });

  it('has no name from the table in its text', () => {
    const hostile = [...columnsOf('least'), { name: 'x, (SELECT 1)', type: '' }];
    const queries = failedQueries(hostile);
    expect('rows' in queries && queries.rows.text).toBe(textOf('least'));
  });
});

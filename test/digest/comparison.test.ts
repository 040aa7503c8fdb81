import { describe, expect, it } from 'vitest';
import { type Candidate, compare } from '../../src/digest/comparison.ts';

const MODEL = 'ml.prod.churn';

function entity(name: string, more: Partial<Candidate['served']> = {}, requests = 500, p95_ms = 10): Candidate {
  return {
    served: { name, entity_name: MODEL, ...more },
    digest: { requests, p95_ms, error_5xx_percent: p95_ms / 10 },
  };
}

const v = (number: string, requests?: number, p95?: number) =>
  entity(`v${number}`, { entity_version: number }, requests, p95);

const pairs = (...candidates: Candidate[]) => compare(candidates).map((row) => [row.entity, row.against]);

describe('the newer entity is compared with the older', () => {
  it.each<[string, number, number]>([
    ['a new one with a tenth', 900, 100],
    ['halves', 500, 500],
    ['an old one with a tenth', 100, 900],
    ['an old one that is almost gone', 1, 999],
  ])('with %s', (_what, old, fresh) => {
    const expected = { entity: 'v10', against: 'v9', order: 'version 10 after 9', p95_ratio: 3 };
    expect(compare([v('9', old, 10), v('10', fresh, 30)])).toMatchObject([{ ...expected, error_5xx_points: 2 }]);
    expect(compare([v('10', fresh, 30), v('9', old, 10)])).toMatchObject([expected]);
  });

  it.each([
    [[], ['p95_ms'], { p95_ratio_is: '≥ 3' }],
    [['p95_ms', 'p99_ms'], [], { p95_ratio_is: '≤ 3' }],
    [['p95_ms'], ['p95_ms'], { p95_ratio_is: 'unknown: both are above the last bound' }],
    [['p99_ms'], ['p99_ms'], { p95_ratio: 3 }],
  ])('with a bound as ratio where a percentile is only a minimum (%j, %j)', (old, fresh, expected) => {
    const minimum = (each: Candidate, at_least: string[]) => ({ ...each, digest: { ...each.digest, at_least } });
    const [row] = compare([minimum(v('9', 500, 10), old), minimum(v('10', 500, 30), fresh)]);
    expect({ p95_ratio: row?.p95_ratio, p95_ratio_is: row?.p95_ratio_is }).toEqual({
      p95_ratio: undefined,
      p95_ratio_is: undefined,
      ...expected,
    });
  });

  it('by creation when the models differ or have no versions, such as external ones', () => {
    const [old, fresh] = [{ creation_timestamp: 1_000_000 }, { creation_timestamp: 2_000_000 }];
    const a = entity('a', { ...fresh, entity_name: 'ml.prod.tree', entity_version: '1' });
    expect(compare([a, entity('b', { ...old, entity_version: '7' })])).toMatchObject([
      { entity: 'a', against: 'b', order: 'created 1970-01-01T00:33:20Z, the other 1970-01-01T00:16:40Z' },
    ]);
    expect(
      pairs(entity('x', { ...fresh, entity_name: undefined }), entity('y', { ...old, entity_name: undefined })),
    ).toEqual([['x', 'y']]);
  });

  it('by version even where the older version was deployed later, as in a rollback', () => {
    const later = { creation_timestamp: 2_000_000 };
    expect(pairs(entity('v1', { entity_version: '1', ...later }), entity('v2', { entity_version: '2' }))).toEqual([
      ['v2', 'v1'],
    ]);
  });

  it('each with the oldest when there are several', () => {
    expect(pairs(v('3'), v('1', 40), v('2', 900))).toEqual([
      ['v3', 'v1'],
      ['v2', 'v1'],
    ]);
  });

  it('and where nothing says which is newer, the comparison says that', () => {
    const [row] = compare([entity('a', { entity_name: 'ml.prod.tree' }), entity('b')]);
    expect(row?.order).toContain('unknown');
  });
});

describe('a comparison', () => {
  it('leaves out entities without requests', () => {
    expect(pairs(v('1', 0), v('2'), v('3'))).toEqual([['v3', 'v2']]);
    expect(pairs(v('1', 0), v('2'))).toEqual([]);
    expect(pairs()).toEqual([]);
  });

  it.each<[string, [number, number], [number, number], boolean]>([
    ['no error in 60, against 1.4 % of 1,141', [60, 0], [1141, 1.4], true],
    ['1 % against 0.5 % of a thousand each', [1000, 1], [1000, 0.5], true],
    ['5 % against 0.5 % of a thousand each', [1000, 5], [1000, 0.5], false],
    ['20 % of 60, against 1 % of 1,141', [60, 20], [1141, 1], false],
    ['no difference', [60, 1], [60, 1], false],
    ['only errors', [50, 100], [50, 100], false],
  ])('says when chance explains the difference: %s', (_what, [m, left], [n, right], chance) => {
    const at = (version: string, requests: number, error_5xx_percent: number) => ({
      served: { name: `v${version}`, entity_name: MODEL, entity_version: version },
      digest: { requests, error_5xx_percent },
    });
    const [row] = compare([at('1', n, right), at('2', m, left)]);
    expect(row?.within_chance).toEqual(chance ? ['5xx'] : undefined);
  });

  it('warns when either side has few requests', () => {
    expect(compare([v('1', 29), v('2', 900)])[0]?.caution).toBe('only 29 requests of v1: too few to judge');
    expect(compare([v('1', 900), v('2', 29)])[0]?.caution).toBe('only 29 requests of v2: too few to judge');
    expect(compare([v('1', 30), v('2', 30)])[0]?.caution).toBeUndefined();
  });
});

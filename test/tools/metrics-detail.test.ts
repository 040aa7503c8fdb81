/** The series of each entity, `detail: entities` of get_metrics, through the client. */
import { describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.ts';
import type { Data } from '../support/rollout-site.ts';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint, version } from '../support/workspace.ts';

const MINUTE = 60_000;
const FIELDS = ['requests', 'errors_4xx', 'errors_5xx'] as const;
const begin = useHarness((...given: Parameters<typeof withEndpoints>) => withEndpoints(...given));
const served = (count: number) =>
  Array.from({ length: count }, (_, at) => churnEntity(`${at + 1}`, { name: `churn-${at + 1}` }));
const traffic = { traffic: { requests_per_minute: 300 } };

/** Reads a minute, leaves one out, and reads two more. */
async function read(h: Harness, args: Record<string, unknown> = {}): Promise<Data> {
  for (const minutes of [1, 2, 1]) {
    await h.call('get_metrics', { endpoint: 'churn' });
    h.sandbox.clock.advance(minutes * MINUTE);
  }
  const { data } = await h.call('get_metrics', { endpoint: 'churn', minutes: 6, detail: 'entities', ...args });
  return data;
}

/** The numbers of all entities added up, minute by minute. A minute without any number is a gap. */
function sums(entities: Data[], field: string): (number | null)[] {
  const [first] = entities;
  return first.series[field].map((_: unknown, at: number) => {
    const known = entities
      .map(({ series }: Data) => series[field]?.[at])
      .filter((each: unknown) => typeof each === 'number');
    return known.length === 0 ? null : known.reduce((sum: number, each: number) => sum + each, 0);
  });
}

describe('the series of each entity', () => {
  it('add up to that of the endpoint, at the same minutes and with the same gaps', async () => {
    const h = await begin([endpoint('churn', served(2), [70, 30], traffic)], { at: Date.UTC(2026, 0, 5, 9) });
    const { series, entities } = await read(h);
    expect(series.requests).toHaveLength(6);
    expect(series.requests.slice(2)).toEqual([expect.any(Number), null, expect.any(Number), expect.any(Number)]);
    for (const field of FIELDS) expect(sums(entities, field)).toEqual(series[field]);
    for (const each of entities) {
      expect(each.series).toMatchObject({ start: series.start, step_seconds: 60 });
      expect(each.series.p95_ms).toHaveLength(6);
      expect(each.series).not.toHaveProperty('lines');
    }
    expect(series.lines).not.toEqual([]);
  });

  it('is that of the endpoint where it serves one, also without labels', async () => {
    const h = await begin([endpoint('churn', served(1), [], traffic)], { at: Date.UTC(2026, 0, 5, 9) });
    const { series, entities } = await read(h);
    const { lines, ...numbers } = series;
    expect(lines).not.toEqual([]);
    expect(entities).toMatchObject([{ entity: 'churn-1', traffic_percent: 100, series: numbers }]);
  });

  it('has one number where one minute is known, and none where one is asked for', async () => {
    const h = await begin([endpoint('churn', served(2), [70, 30], traffic)], { at: Date.UTC(2026, 0, 5, 9) });
    const args = { endpoint: 'churn', detail: 'entities' };
    const { data } = await h.call('get_metrics', { ...args, minutes: 3 });
    expect(data.series.requests).toEqual([null, null, expect.any(Number)]);
    expect(data.entities[0].series.requests).toEqual([null, null, expect.any(Number)]);
    const one = (await h.call('get_metrics', args)).data;
    expect(one).not.toHaveProperty('series');
    expect(one.entities[0]).not.toHaveProperty('series');
  });

  it('is left out for the entities with the fewest requests, which the answer says', async () => {
    const shares = [0, 0, 0, ...Array<number>(10).fill(5), 25, 25];
    const busy = endpoint('churn', served(15), shares, { traffic: { requests_per_minute: 3_000 } });
    const versions = Array.from({ length: 15 }, (_, at) => version(at + 1));
    const models = [{ full_name: 'ml.prod.churn', versions }];
    const h = await begin([busy], { at: Date.UTC(2026, 0, 5, 9) }, { models });
    const { entities, missing } = await read(h, { minutes: 60 });
    const drawn = entities.filter(({ series }: Data) => series !== undefined);
    const busiest = served(15).slice(3);
    expect(new Set(drawn.map(({ entity }: Data) => entity))).toEqual(new Set(busiest.map(({ name }) => name)));
    expect(missing).toContain('the series of 3 of 15 entities: those with the fewest requests');
  });

  it('has nothing to do with an answer that does not ask for it', async () => {
    const h = await begin([endpoint('churn', served(2), [70, 30], traffic)], { at: Date.UTC(2026, 0, 5, 9) });
    const { entities, guarded_rollout: _, ...rest } = await read(h, { detail: 'rollout' });
    const plain = (await h.call('get_metrics', { endpoint: 'churn', minutes: 6 })).data;
    expect({ ...rest, entities: entities.map(({ series: _series, ...each }: Data) => each) }).toEqual(plain);
  });
});

/** A canary by hand, whole: each step is one call, and each is undone by the call in its result. */
import { describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.ts';
import { agree, expectUndo, settings, settle, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { aliasVersion, churnEntity, endpoint, follow, version, writes } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const MODEL = {
  full_name: 'ml.prod.churn',
  owner: 'admin@example.com',
  aliases: { champion: 1 },
  versions: [version(1, { latency_ms: 40 }), version(2, { latency_ms: 20 })],
};
const CHURN = endpoint('churn', [churnEntity('1')], [], {
  tags: [{ key: 'team', value: 'retention' }],
  ai_gateway: { usage_tracking_config: { enabled: true } },
  traffic: { requests_per_minute: 1200 },
});

const open = (): Promise<Harness> => begin([CHURN], { onAsk: agree }, { models: [MODEL] });

/** The steps that change something, in order, with the split that each leaves. */
const STEPS: [string, Record<string, unknown>, Record<string, number>][] = [
  [
    'swap_version',
    { endpoint: 'churn', version: '2', traffic_percent: 10, wait_seconds: 1800 },
    { 'churn-1': 90, 'churn-2': 10 },
  ],
  ['set_traffic', { endpoint: 'churn', traffic: { 'churn-1': 50, 'churn-2': 50 } }, { 'churn-1': 50, 'churn-2': 50 }],
  ['set_traffic', { endpoint: 'churn', traffic: { 'churn-1': 0, 'churn-2': 100 } }, { 'churn-1': 0, 'churn-2': 100 }],
  ['update_endpoint', { endpoint: 'churn', remove_entities: ['churn-1'] }, { 'churn-2': 100 }],
];
const ALIAS = { model: 'ml.prod.churn', alias: 'champion', version: '2' };

describe('a canary by hand', () => {
  it('goes from one version to the next, one call a step, with both compared on the way', async () => {
    const h = await open();
    const before = await settings(h, 'churn');
    for (const [at, [tool, args, split]] of STEPS.entries()) {
      const { data } = await h.call(tool, args);
      expect(data).toMatchObject({ changed: true, outcome: 'ready' });
      expect((await settings(h, 'churn')).traffic).toEqual(split);
      if (at > 1) continue;
      // The metrics show the last full minute.
      h.sandbox.clock.advance(120_000);
      const { data: metrics } = await h.call('get_metrics', { endpoint: 'churn' });
      const shares = Object.fromEntries(
        metrics.entities.map((row: { entity: string; requests: number }) => [
          row.entity,
          row.requests / metrics.total.requests,
        ]),
      );
      for (const [entity, share] of Object.entries(split)) expect(shares[entity]).toBeCloseTo(share / 100, 1);
      const [row] = metrics.comparison;
      const ratio = row.entity === 'churn-2' ? row.p95_ratio : 1 / row.p95_ratio;
      expect(ratio).toBeLessThan(0.9);
      expect(row.caution).toBeUndefined();
    }
    expect(await aliasVersion(h)).toBe(1);
    const { data } = await h.call('set_alias', ALIAS);
    expect(data).toMatchObject({ changed: true, was: 1 });
    expect(await aliasVersion(h)).toBe(2);
    // Everything that the steps did not name is unchanged: settings of the entity, tags, gateway.
    const after = await settings(h, 'churn');
    const [old] = Object.values(before.entities as Record<string, Record<string, unknown>>);
    expect(after.entities).toEqual({ 'churn-2': { ...old, name: 'churn-2', entity_version: '2' } });
    expect({ ...after, entities: 0, traffic: 0 }).toEqual({ ...before, entities: 0, traffic: 0 });
    expect(writes(h)).toEqual([
      ...Array(4).fill('PUT /api/2.0/serving-endpoints/churn/config'),
      'PUT /api/2.1/unity-catalog/models/ml.prod.churn/aliases/champion',
    ]);
  });

  it('serves every request meanwhile: none fails at any step', async () => {
    const h = await open();
    const served = new Set<string>();
    for (const [tool, args] of STEPS) {
      await h.call(tool, args);
      for (let at = 0; at < 12; at++) {
        const { data, isError } = await h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 3 }] });
        expect(isError).toBe(false);
        served.add(data.served_by);
      }
    }
    expect([...served].sort()).toEqual(['churn-1', 'churn-2']);
  });

  it('rolls each step back with the call in its result, unchanged', async () => {
    const h = await open();
    for (const [tool, args, split] of STEPS) {
      await expectUndo(h, 'churn', tool, args);
      await h.call(tool, args);
      settle(h);
      expect((await settings(h, 'churn')).traffic).toEqual(split);
    }
    const { data } = await h.call('set_alias', ALIAS);
    await follow(h, data.undo);
    expect(await aliasVersion(h)).toBe(1);
  });

  it('rolls everything back from the end: the undo of each step, last first', async () => {
    const h = await open();
    const before = await settings(h, 'churn');
    const undos: unknown[] = [];
    for (const [tool, args] of STEPS) {
      undos.unshift((await h.call(tool, args)).data.undo);
      settle(h);
    }
    undos.unshift((await h.call('set_alias', ALIAS)).data.undo);
    for (const undo of undos) {
      const back = await follow(h, undo);
      expect(back.data).toMatchObject({ changed: true });
      settle(h);
    }
    expect(await settings(h, 'churn')).toEqual(before);
    expect(await aliasVersion(h)).toBe(1);
  });
});

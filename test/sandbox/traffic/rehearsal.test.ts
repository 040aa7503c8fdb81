/** Two incidents as an operator meets them, through the tools: state, metrics, logs and answers must tell the same story. */
import { expect, it } from 'vitest';
import type { Harness } from '../../support/harness.ts';
import { withEndpoints } from '../../support/tool-test.ts';
import { useHarness } from '../../support/use-harness.ts';
import { churnEntity, endpoint, version } from '../../support/workspace.ts';

const MINUTE = 60_000;
/** Seeded traffic depends on the minute, so both incidents begin in this one. */
const CURTAIN = Date.UTC(2100, 0, 1, 9, 7);
const begin = useHarness(withEndpoints);

const ask = (h: Harness, entity = 'churn-1') =>
  h.call('query_endpoint', { endpoint: 'churn', entity, dataframe_records: [{ x: 1 }] });

/** Access lines of an entity in the last full minute, by status, as the workspace sends them. The tool folds equal lines. */
async function answered(h: Harness, entity: string): Promise<Record<string, number>> {
  const minute = new Date(Math.floor(h.sandbox.clock.now() / MINUTE) * MINUTE - MINUTE).toISOString().slice(11, 16);
  const path = `/api/2.0/serving-endpoints/churn/served-models/${entity}/logs`;
  const reply = await fetch(h.sandbox.host + path, { headers: { authorization: `Bearer ${h.sandbox.token}` } });
  const counts: Record<string, number> = {};
  for (const line of (await reply.text()).split('\\n')) {
    const status = /HTTP\/1\.1\\" (\d+)/.exec(line)?.[1];
    if (status !== undefined && line.includes(`:${minute}:`)) counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

it('a canary that fails 8 % of its requests at 10 % of the traffic is seen in its metrics, its log and its answers', async () => {
  const bad = { latency_ms: 200, p95_ms: 900, error_5xx_rate: 0.08 };
  const models = [{ full_name: 'ml.prod.churn', versions: [version(1, { latency_ms: 40 }), version(2, bad)] }];
  const h = await begin(
    [endpoint('churn', [churnEntity('1')], [], { traffic: { requests_per_minute: 700 } })],
    { pace: 60 },
    { models },
  );
  h.sandbox.clock.advance(CURTAIN - h.sandbox.clock.now());
  const swapped = await h.call('swap_version', {
    ...{ endpoint: 'churn', version: '2', traffic_percent: 10, wait_seconds: 1800 },
  });
  expect(swapped.data.outcome).toBe('ready');
  h.sandbox.clock.advance(3 * MINUTE);
  const { data } = await h.call('get_metrics', { endpoint: 'churn' });
  const [old, canary] = data.entities;
  expect(canary).toMatchObject({ entity: 'churn-2', traffic_percent: 10 });
  expect(canary.requests / data.total.requests).toBeCloseTo(0.1, 1);
  expect(old.error_5xx_percent).toBe(0);
  expect(canary.error_5xx_percent).toBeGreaterThan(4);
  // The total hides it.
  expect(data.total.error_5xx_percent).toBeLessThan(1.5);
  expect(data.comparison[0].p95_ratio).toBeGreaterThan(5);
  const seen = await answered(h, 'churn-2');
  expect((seen[200] ?? 0) + (seen[500] ?? 0)).toBe(canary.requests);
  expect(seen[500]).toBe(Math.round((canary.requests * canary.error_5xx_percent) / 100));
  const { data: log } = await h.call('get_logs', { endpoint: 'churn', entity: 'churn-2' });
  expect(log.key_lines.join()).toContain('RuntimeError: the model failed on this request');
  // The share decides by chance whether one call fails, so it becomes certain here.
  const body = JSON.stringify({ match: { entity: 'churn-2' }, set: { error_5xx_rate: 1 } });
  const headers = { authorization: `Bearer ${h.sandbox.token}`, 'content-type': 'application/json' };
  await fetch(`${h.sandbox.host}/sandbox/behaviours`, { method: 'POST', headers, body });
  expect((await ask(h, 'churn-2')).data.error.code).toBe('INTERNAL_ERROR');
  expect((await ask(h, 'churn-1')).isError).toBe(false);
});

it('a limit that other callers use up is seen in the metrics, in no log line, and by the next caller', async () => {
  const rate_limits = [{ calls: 60, key: 'endpoint', renewal_period: 'minute' }];
  const more = { traffic: { requests_per_minute: 150 }, ai_gateway: { rate_limits } };
  const h = await begin([endpoint('churn', [churnEntity('1')], [], more)]);
  h.sandbox.clock.advance(CURTAIN + 0.8 * MINUTE - h.sandbox.clock.now());
  const { total } = (await h.call('get_metrics', { endpoint: 'churn' })).data;
  const refused = Math.round((total.requests * total.error_4xx_percent) / 100);
  expect(total.requests - refused).toBeLessThanOrEqual(61);
  expect(refused).toBeGreaterThan(60);
  expect(await answered(h, 'churn-1')).toEqual({ 200: total.requests - refused });
  expect((await ask(h)).data.error).toMatchObject({ code: 'REQUEST_LIMIT_EXCEEDED', retryable: true });
  await h.call('set_rate_limits', { endpoint: 'churn', set: [{ key: 'endpoint', calls: 400 }] });
  expect((await ask(h)).isError).toBe(false);
  h.sandbox.clock.advance(2 * MINUTE);
  expect((await h.call('get_metrics', { endpoint: 'churn' })).data.total.error_4xx_percent).toBe(0);
});

import { describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.ts';
import { expectRefusal, settle, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint, FORTY, version, writes } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const METRICS = '/api/2.0/serving-endpoints/churn/metrics';
const TWO = (more = {}) =>
  endpoint('churn', [churnEntity('1', { name: 'churn-1' }), churnEntity('2', { name: 'churn-2' })], [90, 10], more);
const read = (h: Harness, name = 'churn') => h.call('get_metrics', { endpoint: name });
/** The metrics once the minute is over. They show the last full minute. */
function readNext(h: Harness) {
  h.sandbox.clock.advance(60_000);
  return read(h);
}

/** The service answers this text instead of its own. */
function answer(h: Harness, lines: string[]): void {
  const body = lines.join('\n');
  h.sandbox.faults.add({
    match: { method: 'GET', path: METRICS },
    effect: { status: 200, body, headers: { 'content-type': 'text/plain' } },
  });
}

async function query(h: Harness, entity: string, times: number): Promise<void> {
  for (let at = 0; at < times; at++) {
    await h.call('query_endpoint', { endpoint: 'churn', entity, dataframe_records: [{ x: 1 }] });
  }
}

describe('metrics', () => {
  it('of one entity are the total, counted from the requests that were made', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    for (let at = 0; at < 6; at++) await h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 1 }] });
    const { data } = await readNext(h);
    expect(data).toMatchObject({ endpoint: 'churn', period: 'last minute' });
    expect(data.total).toMatchObject({
      requests: 6,
      requests_per_second: 0.1,
      error_4xx_percent: 0,
      error_5xx_percent: 0,
      provisioned_concurrency: 8,
    });
    for (const field of ['p50_ms', 'p95_ms', 'p99_ms', 'cpu_percent', 'memory_percent'])
      expect(data.total[field]).toBeGreaterThan(0);
    expect(data.total.p50_ms).toBeLessThanOrEqual(data.total.p99_ms);
    expect(data.entities).toBeUndefined();
    expect(data.comparison).toBeUndefined();
    expect(writes(h).filter((line) => !line.endsWith('/invocations'))).toEqual([]);
  });

  it('cover the last minute: older requests are gone', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    await query(h, 'churn-1', 3);
    expect((await readNext(h)).data.total.requests).toBe(3);
    h.sandbox.clock.advance(61_000);
    const { data } = await read(h);
    expect(data.total.requests).toBe(0);
    expect(data.missing).toContain('latency: no request in the last minute');
  });

  it('say how old they are: what happened since then is not in them', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    const at = (ago: number) => answer(h, [`request_count_total 5 ${h.sandbox.clock.now() - ago}`]);
    at(40_000);
    expect((await read(h)).data.seconds_behind).toBe(40);
    h.sandbox.faults.clear();
    at(5_000);
    expect((await read(h)).data.seconds_behind).toBeUndefined();
  });

  it('count a refused row as a client error', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    await query(h, 'churn-1', 3);
    await h.call('query_endpoint', { endpoint: 'churn', inputs: { y: [1] } });
    expect((await readNext(h)).data.total).toMatchObject({ requests: 4, error_4xx_percent: 25 });
  });
});

describe('failing requests', () => {
  it.each([
    ['a few', ['request_count_total 200', 'request_4xx_count_total 3'], undefined],
    ['many client errors', ['request_count_total 200', 'request_4xx_count_total 40'], 'diagnose_endpoint'],
    ['many server errors', ['request_count_total 200', 'request_5xx_count_total 40'], 'diagnose_endpoint'],
    ['many refusals', ['request_count_total 200', 'request_4xx_count_total{status="429"} 40'], 'diagnose_endpoint'],
  ])('%s lead to the tool that explains them, or to nothing', async (_what, series, tool) => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    answer(h, series);
    expect((await read(h)).data.next).toBe(tool && `${tool} {"endpoint":"churn"}`);
  });
});

describe('a canary', () => {
  it('is compared with the older version, to which more is worse', async () => {
    const slow = version(2, { latency_ms: 400, error_rate: 0.5 });
    const model = { full_name: 'ml.prod.churn', versions: [version(1, { latency_ms: 20 }), slow] };
    const h = await begin([TWO({ traffic: { requests_per_minute: 2000 } })], {}, { models: [model] });
    const { data } = await read(h);
    const [old, canary] = data.entities;
    expect(
      data.entities.map((row: { entity: string; traffic_percent: number }) => [row.entity, row.traffic_percent]),
    ).toEqual([
      ['churn-1', 90],
      ['churn-2', 10],
    ]);
    expect(old.requests + canary.requests).toBe(data.total.requests);
    expect(canary.error_4xx_percent).toBeGreaterThan(20);
    const [row] = data.comparison;
    expect(row).toMatchObject({ entity: 'churn-2', against: 'churn-1', order: 'version 2 after 1' });
    expect(row.p95_ratio).toBeCloseTo(canary.p95_ms / old.p95_ms, 1);
    expect(row.p95_ratio).toBeGreaterThan(5);
    expect(row.error_4xx_points).toBeCloseTo(canary.error_4xx_percent - old.error_4xx_percent, 1);
    expect(row.caution).toBeUndefined();
  });

  it.each([
    [10, 90],
    [50, 50],
    [90, 10],
  ])('at %i/%i, in any order of routes, is the newer one against the older', async (share, rest) => {
    const entities = [churnEntity('2', { name: 'b-new' }), churnEntity('1', { name: 'a-old' })];
    const traffic = { traffic: { requests_per_minute: 900 } };
    const h = await begin([
      endpoint('churn', entities, [share, rest], traffic),
      endpoint('other', entities.toReversed(), [share, rest], traffic),
    ]);
    for (const name of ['churn', 'other'])
      expect((await read(h, name)).data.comparison).toMatchObject([{ entity: 'b-new', against: 'a-old' }]);
  });

  it('with few requests comes with a caution', async () => {
    const h = await begin([TWO()]);
    await query(h, 'churn-1', 8);
    await query(h, 'churn-2', 2);
    const { data } = await readNext(h);
    expect(data.comparison).toMatchObject([
      {
        entity: 'churn-2',
        against: 'churn-1',
        caution: 'only 2 requests of churn-2 and 8 requests of churn-1: too few to judge',
      },
    ]);
  });

  it('without requests has nothing to compare, and the answer says why', async () => {
    const h = await begin([TWO()]);
    await query(h, 'churn-1', 2);
    const { data } = await readNext(h);
    expect(data.comparison).toBeUndefined();
    expect(data.missing).toEqual(['comparison with churn-2: no request in the last minute']);
  });
});

describe('an endpoint with rate limits', () => {
  const limited = (limits: unknown[]) =>
    endpoint('churn', [churnEntity('1')], [], { ai_gateway: { rate_limits: limits } });
  const LINES = ['request_count_total 253', 'request_4xx_count_total 120'];

  it('may show more requests than the limit allows, with the reasons', async () => {
    const h = await begin([limited([{ calls: 100, key: 'endpoint', renewal_period: 'minute' }])]);
    answer(h, LINES);
    const { data } = await read(h);
    expect(data.notes).toEqual([
      expect.stringMatching(
        /^253 requests a minute are more than the limit of 100 a minute: refused ones may be counted/,
      ),
    ]);
    expect(data.not_checked).toEqual([expect.stringMatching(/^429 apart from other 4xx: .*do not separate.*lower/)]);
  });

  it('per user does not bound the endpoint', async () => {
    const h = await begin([limited([{ calls: 100, key: 'user', renewal_period: 'minute' }])]);
    answer(h, LINES);
    expect((await read(h)).data.notes[0]).toContain('that limit is for each user, not for the endpoint');
  });

  it('has its refusals apart where the series have the status', async () => {
    const h = await begin([limited([{ calls: 300, key: 'endpoint', renewal_period: 'minute' }])]);
    answer(h, ['request_count_total 200', 'request_4xx_count_total{status="429"} 20']);
    const { data } = await read(h);
    expect(data.total).toMatchObject({ rate_limited_percent: 10, error_4xx_percent: 0 });
    expect(data.notes).toBeUndefined();
  });

  it('within its limit and without errors needs no note', async () => {
    const h = await begin([limited([{ calls: 300, key: 'endpoint', renewal_period: 'minute' }])]);
    answer(h, ['request_count_total 253', 'request_4xx_count_total 0']);
    expect((await read(h)).data.notes).toBeUndefined();
  });
});

describe('several minutes', () => {
  /** Answers one reading after the other, the last again and again: its minute and its requests, or a failure. */
  function minutes(h: Harness, readings: ([minute: number, requests: number] | undefined)[]): void {
    const begun = Math.floor(h.sandbox.clock.now() / 60_000) * 60_000;
    for (const [at, each] of readings.entries()) {
      const last = at === readings.length - 1 ? {} : { times: 1 };
      const stamp = begun + (each?.[0] ?? 0) * 60_000;
      const ok = {
        status: 200,
        body: `request_count_total ${each?.[1]} ${stamp}`,
        headers: { 'content-type': 'text/plain' },
      };
      h.sandbox.faults.add({
        match: { path: METRICS },
        skip: at,
        ...last,
        effect: each ? ok : { status: 404, body: {} },
      });
    }
  }
  const several = (h: Harness, number: number) =>
    h.call('get_metrics', { endpoint: 'churn', minutes: number, watch: true, wait_seconds: 60 * number });

  it.each([1, 60])('are summed in one call, at %i times the speed of the clock', async (pace) => {
    const h = await begin([TWO({ traffic: { requests_per_minute: 300 } })], { pace });
    const { data } = await several(h, 4);
    expect(data).toMatchObject({ period: '4 minutes' });
    expect(Date.parse(data.as_of) - Date.parse(data.from)).toBe(4 * 60_000);
    expect(data.total.requests).toBeGreaterThan(4 * 250);
    expect(data.total.requests).toBeLessThan(4 * 350);
    expect(data.total.requests_per_second).toBeCloseTo(data.total.requests / 240, 1);
    expect(data.comparison[0].caution).toBeUndefined();
    expect(data.missing).toBeUndefined();
    expect(h.slept()).toBeLessThanOrEqual(pace === 1 ? 4 * 60_000 : 10_000);
  });

  it('count each minute once, however often the service shows it', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    minutes(h, [
      [0, 5],
      [0, 5],
      [0, 5],
      [1, 7],
      [1, 7],
      [2, 9],
    ]);
    const { data } = await several(h, 3);
    expect(data).toMatchObject({ period: '3 minutes', total: { requests: 21 } });
  });

  it('that were not read are named, as gaps or as missing', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    minutes(h, [[0, 5], undefined, [3, 7], undefined]);
    const { data } = await several(h, 4);
    expect(data).toMatchObject({ period: '2 minutes', total: { requests: 12 } });
    expect(data.missing[0]).toMatch(/^2 of 4 minutes \(\d+ readings failed\): \S+:00Z to \S+:00Z$/);
  });

  it('end when the time is up, with what there is', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    minutes(h, [[0, 5]]);
    const { data } = await several(h, 3);
    expect(data).toMatchObject({ period: 'last minute', total: { requests: 5 } });
    expect(data.missing[0]).toMatch(/^2 of 3 minutes \(nothing read them when they passed\): /);
    expect(data.next).toBe('get_metrics {"endpoint":"churn","minutes":3,"watch":true}');
    expect(h.slept()).toBeLessThanOrEqual(3 * 60_000);
  });

  it('are not all read when they are too long to sum', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    const at = h.sandbox.clock.now();
    answer(
      h,
      ['request_count_total 5', ...Array<string>(50_000).fill('x 1')].map((line) => `${line} ${at}`),
    );
    const { data } = await several(h, 3);
    expect(data.missing[0]).toMatch(/^2 of 3 minutes \(the metrics are too long to sum\)/);
    expect(data.next).toBeUndefined();
  });

  it('of two configs are marked as such', async () => {
    let moved = false;
    const h = await begin([TWO({ traffic: { requests_per_minute: 300 } })], {
      onSleep: async (sandbox) => {
        if (moved) return;
        moved = true;
        const routes = [1, 2].map((number) => ({ served_entity_name: `churn-${number}`, traffic_percentage: 50 }));
        const served_entities = [1, 2].map((number) => churnEntity(String(number), { name: `churn-${number}` }));
        await fetch(`${sandbox.host}/api/2.0/serving-endpoints/churn/config`, {
          method: 'PUT',
          headers: { authorization: `Bearer ${sandbox.token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ served_entities, traffic_config: { routes } }),
        });
      },
    });
    const { data } = await several(h, 8);
    expect(data.entities.map((row: { traffic_percent: number }) => row.traffic_percent)).toEqual([50, 50]);
    expect(data.notes).toEqual(['the config changed while these metrics were read']);
  });
});

describe('series that the service may omit or write differently', () => {
  it('NaN, exemplars, timestamps and comments are read right', async () => {
    const h = await begin([TWO()]);
    answer(h, [
      '# HELP request_count_total requests',
      'request_count_total{served_model="churn-1"} 120 1788718020000',
      'request_count_total{served_model="churn-2"} 60 # {trace_id="a"} 1 1788718020',
      'request_5xx_count_total{served_model="churn-2"} 6',
      'cpu_usage_percentage{served_model="churn-1"} NaN',
      'cpu_usage_percentage{served_model="churn-2"} 12.5',
      'request_latency_ms_bucket{served_model="churn-1",le="100"} 120 # {trace_id="b"} 40',
      'request_latency_ms_bucket{served_model="churn-1",le="+Inf"} 120',
      'a line that is not a sample',
      '# EOF',
    ]);
    const { data } = await read(h);
    expect(data.total).toMatchObject({
      requests: 180,
      requests_per_second: 3,
      error_5xx_percent: 3.33,
      cpu_percent: 12.5,
    });
    expect(data.entities).toEqual([
      {
        entity: 'churn-1',
        traffic_percent: 90,
        requests: 120,
        requests_per_second: 2,
        p50_ms: 50,
        p95_ms: 95,
        p99_ms: 99,
      },
      {
        entity: 'churn-2',
        traffic_percent: 10,
        requests: 60,
        requests_per_second: 1,
        error_5xx_percent: 10,
        cpu_percent: 12.5,
      },
    ]);
  });

  it('series without labels count only in total, and the answer says so', async () => {
    const h = await begin([TWO()]);
    answer(h, ['request_count_total 90', 'cpu_usage_percentage 10']);
    const { data } = await read(h);
    expect(data.total).toMatchObject({ requests: 90, cpu_percent: 10 });
    expect(data.entities).toEqual([
      { entity: 'churn-1', traffic_percent: 90 },
      { entity: 'churn-2', traffic_percent: 10 },
    ]);
    expect(data.missing).toEqual(
      expect.arrayContaining([
        'series for churn-1, churn-2',
        'the entity of 2 series: their labels name none of these, so they count only in total',
      ]),
    );
  });

  it('of an only entity, series without labels are its own', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    answer(h, ['request_count_total 90']);
    const { data } = await read(h);
    expect(data.total).toMatchObject({ requests: 90 });
    expect(data.entities).toBeUndefined();
    expect(data.missing).toEqual([
      'latency of the 90 requests: the service returned no histogram',
      'CPU, memory, provisioned concurrency: no such series',
    ]);
  });

  it('that name no entity still tell requests from none', async () => {
    const h = await begin([TWO()]);
    answer(h, ['request_count_total 150', 'request_latency_ms_bucket{le="100"} 150']);
    const { data } = await read(h);
    expect(data.total).toMatchObject({ requests: 150, p95_ms: 95 });
    expect(JSON.stringify(data.missing)).not.toContain('no request');
  });

  it('of an idle endpoint may be the request series alone, which says that there were no requests', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    answer(h, ['request_count_total 0.0 1788718020000', 'request_4xx_count_total 0.0 1788718020000']);
    const { data } = await read(h);
    expect(data).toMatchObject({ as_of: '2026-09-06T18:07:00Z', total: { requests: 0, error_4xx_percent: 0 } });
    expect(data.missing).toEqual([
      'latency: no request in the last minute',
      'CPU, memory, provisioned concurrency: no such series',
    ]);
  });

  it('without a count of requests are no proof that there were none', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    answer(h, ['cpu_usage_percentage 3']);
    const { missing } = (await read(h)).data;
    expect(missing[0]).toContain('the service returned no count');
    expect(JSON.stringify(missing)).not.toContain('no request');
  });

  it('of more than 8 MiB are not read: the work has a limit, and the answer says so', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    h.sandbox.faults.add({ match: { path: METRICS }, effect: { huge_body: 9 * 1024 * 1024 } });
    const { data } = await read(h);
    expect(data.error).toMatchObject({ code: 'answer_too_large', message: expect.stringContaining('8 MiB') });
  });

  it('an answer without series says so, with the possible reasons', async () => {
    const h = await begin([TWO()]);
    answer(h, ['# EOF']);
    const { data } = await read(h);
    expect(data.total).toBeUndefined();
    expect(data.missing).toEqual(['the service returned no values: the endpoint is new, not ready or idle']);
  });

  it('without a value are no series that do not exist', async () => {
    const h = await begin([TWO()]);
    answer(h, ['request_count_total{served_entity_name="churn-1"} NaN']);
    expect((await read(h)).data.missing).toEqual([expect.stringContaining('returned no values')]);
  });

  it.each([
    ['the page of a proxy', '<html><body>Sign in</body></html>'],
    ['JSON', '{"metrics":[]}'],
    ['words', 'upstream connect error'],
  ])('in the form of %s are an error, not an idle endpoint', async (_what, text) => {
    const h = await begin([TWO()]);
    answer(h, [text]);
    const { data, isError } = await read(h);
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ code: 'unexpected_answer', message: expect.stringContaining(text) });
  });

  it('that have no field here are named', async () => {
    const h = await begin([TWO()]);
    answer(h, ['request_count_total 1', 'tokens_total 5', 'time_to_first_token_ms_sum 9', 'request_latency_ms_sum 3']);
    expect((await read(h)).data.other_series).toEqual(['time_to_first_token_ms_sum', 'tokens_total']);
    h.sandbox.faults.clear();
    answer(
      h,
      Array.from({ length: 50 }, (_, at) => `series_${at + 100} 1`),
    );
    const { other_series } = (await read(h)).data;
    expect(other_series).toHaveLength(21);
    expect(other_series.at(-1)).toBe('… (30 more)');
  });

  it('of a latency without its histogram give the mean, and say that there is no more', async () => {
    const h = await begin([TWO()]);
    answer(h, ['request_count_total 10', 'request_latency_ms_sum 1000', 'request_latency_ms_count 10']);
    const { data } = await read(h);
    expect(data.total.mean_ms).toBe(100);
    expect(data.missing).toContainEqual(expect.stringMatching(/percentiles.*no histogram, only a sum/));
  });

  it('percentiles above the last bound of the histogram are said to be minima', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    answer(h, [
      'request_count_total 10',
      'request_latency_ms_bucket{le="600000"} 9',
      'request_latency_ms_bucket{le="+Inf"} 10',
    ]);
    const { data } = await read(h);
    expect(data.total).toMatchObject({ p95_ms: 600_000, at_least: ['p95_ms', 'p99_ms'] });
    expect(data.notes).toEqual([expect.stringMatching(/^p95_ms ≥ 600000, p99_ms ≥ 600000: /)]);
  });

  it('of an earlier hour are not called those of the last minute', async () => {
    const h = await begin([TWO()]);
    answer(h, [`request_count_total 10 ${h.sandbox.clock.now() - 3_600_000}`]);
    const { data } = await read(h);
    expect(data.period).toBe('one minute, up to as_of');
    expect(data.notes).toContainEqual(expect.stringContaining('are old'));
    h.sandbox.faults.clear();
    answer(h, [`request_count_total 10 ${h.sandbox.clock.now() - 100_000}`]);
    expect((await read(h)).data).toMatchObject({ period: 'last minute' });
  });

  it('an entity that is scaled to zero is reported as such', async () => {
    const asleep = endpoint('churn', [churnEntity('1', { scale_to_zero_enabled: true })], [], {
      idle_since_minutes_ago: 90,
    });
    const h = await begin([asleep]);
    const { data } = await read(h);
    expect(data.total.cpu_percent).toBeUndefined();
    expect(data.missing[0]).toBe('CPU and memory of churn-1: scaled to zero');
    await query(h, 'churn-1', 1);
    settle(h);
    expect((await read(h)).data.missing[0]).toBe('CPU and memory of churn-1: scaled to zero');
  });

  it('a foundation model has none, and the answer says where its usage is', async () => {
    const model = {
      name: 'databricks-gpt-5',
      entity_name: 'system.ai.gpt-5',
      display_name: 'G',
      task: 'llm/v1/chat',
      spec: { kind: 'chat', model: 'g' },
    };
    const h = await begin([], {}, { foundation_models: [model] });
    const found = await read(h, 'databricks-gpt-5');
    expectRefusal(h, found, 'no_metrics');
    expect(found.data.error.next).toContain('get_usage {"report":"traffic","endpoint":"databricks-gpt-5"}');
  });

  it('an agent of Agent Bricks has none either, and is not taken for a foundation model', async () => {
    const tile = { tile_id: '7c1d2f40-5b1e-4f0a-9d27-3a6a8f1e2b90', problem_type: 'MULTI_AGENT_SUPERVISOR' };
    const h = await begin([{ name: 'agent', tile }]);
    const found = await read(h, 'agent');
    expectRefusal(h, found, 'no_metrics');
    expect(found.data.error.message).not.toContain('foundation');
  });

  it('a stopped endpoint says so, as it has no requests either', async () => {
    const h = await begin([{ ...endpoint('churn', [churnEntity('1')]), stopped: true }]);
    expect((await read(h)).data.notes).toContain('the endpoint is stopped, so it answers no requests');
  });

  it('an endpoint that does not exist is not taken for a foundation model', async () => {
    const h = await begin([]);
    const found = await read(h, 'nothing');
    expect(found.data.error.code).toBe('RESOURCE_DOES_NOT_EXIST');
  });
});

describe('ten entities', () => {
  it('take at most 1,300 tokens', async () => {
    const names = Array.from({ length: 10 }, (_, at) => `customer-churn-candidate-${at}`);
    const entities = names.map((name, at) => churnEntity(String(at + 1), { name }));
    const traffic = { requests_per_minute: 3000, error_rate: 0.031 };
    const h = await begin([endpoint('churn', entities, Array(10).fill(10), { traffic })], {}, { models: [FORTY] });
    const { data, text } = await read(h);
    expect(data.entities).toHaveLength(10);
    expect(data.comparison).toHaveLength(9);
    expect(text.length / 4).toBeLessThanOrEqual(1_300);
  });
});

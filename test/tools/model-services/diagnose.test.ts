import { describe, expect, it } from 'vitest';
import type { HarnessOptions } from '../../support/harness.ts';
import {
  answers,
  answersService,
  external,
  makeService,
  perToken,
  SERVICES_PATH,
  service,
  throughput,
} from '../../support/model-services.ts';
import { ask, expectRefusal, withEndpoints } from '../../support/tool-test.ts';
import { useHarness } from '../../support/use-harness.ts';

const FOUNDATION = {
  name: 'databricks-gpt-5',
  entity_name: 'system.ai.gpt-5',
  display_name: 'G',
  task: 'llm/v1/chat',
  spec: { kind: 'chat', model: 'g' },
};
const begin = useHarness((options: HarnessOptions = {}) =>
  withEndpoints([], options, { foundation_models: [FOUNDATION] }),
);
const NAME = 'ml.prod.chat';
const PAID = perToken('main', 'system.ai.gpt-5');
const codes = (data: { findings: { code: string }[] }) => data.findings.map(({ code }) => code);

/** The diagnosis of a service with this config, as its GET answers it. */
async function diagnosed(config: Record<string, unknown>, more = {}) {
  const h = await begin();
  answersService(h, NAME, service(NAME, config, more));
  return { h, ...(await h.call('diagnose_endpoint', { endpoint: NAME })) };
}

describe('what the answer does not show', () => {
  it('is not checked, and proves no fault', async () => {
    const h = await begin();
    answers(h, `${SERVICES_PATH}/${NAME}`, { ...service(NAME, {}), config: undefined });
    const { data } = await h.call('diagnose_endpoint', { endpoint: NAME });
    expect(data).toMatchObject({ verdict: 'unknown', findings: [] });
    expect(data.checked).not.toContain('destinations');
    expect(data.not_checked).toContainEqual({ what: 'destinations', why: 'the service did not show its config' });
  });

  it('a type of destination that is not known may be well or not', async () => {
    const odd = { name: 'new', destination_type: 'DESTINATION_TYPE_NEW' };
    const { data } = await diagnosed({ routing: { destinations: [odd] } });
    expect(data.verdict).toBe('unknown');
    const why = 'this version does not know its type: DESTINATION_TYPE_NEW';
    expect(data.not_checked).toContainEqual({ what: 'destination new', why });
  });

  it('no API type may mean that the destinations share none', async () => {
    const { data } = await diagnosed({ routing: { destinations: [PAID] } }, { supported_api_types: [] });
    expect(data.not_checked).toContainEqual({ what: 'API types', why: expect.stringContaining('names none') });
    const named = await diagnosed({ routing: { destinations: [PAID] } });
    expect(named.data.verdict).toBe(data.verdict);
  });

  it('rights that were not settled are not among what was checked', async () => {
    const h = await begin();
    await makeService(h, NAME, { routing: { destinations: [PAID] } });
    answers(h, `/api/2.1/unity-catalog/effective-permissions/model_service/${NAME}`, { error_code: 'X' }, 403);
    const { data } = await h.call('diagnose_endpoint', { endpoint: NAME });
    expect(data.checked).not.toContain('rights of the caller');
    expect(data.not_checked).toContainEqual({
      what: 'rights of the caller',
      why: `not settled: the grants on model service ${NAME}`,
    });
  });
});

describe('a service without a fault', () => {
  it('is healthy, and the answer says what was checked and what could not be', async () => {
    const h = await begin();
    await makeService(h, NAME, { routing: { destinations: [PAID] } });
    h.sent();
    const { data } = await h.call('diagnose_endpoint', { endpoint: NAME });
    expect(data).toMatchObject({
      model_service: NAME,
      gateway: 'Unity Gateway',
      verdict: 'healthy',
      findings: [],
      checked: 'destinations, fallbacks, limits, inference table, rights of the caller',
    });
    expect(data.not_checked).toContainEqual({ what: 'requests', why: expect.stringContaining('get_usage') });
    expect(data).not.toHaveProperty('endpoint');
    expect(h.sent().filter((each) => !each.startsWith('GET '))).toEqual([]);
    expect(h.sent().length).toBeLessThan(20);
  });
});

describe('a fault', () => {
  it('of the only destination is critical, and of one among several is not', async () => {
    const gone = (percent?: number) =>
      perToken('old', 'system.ai.gone', {
        is_deleted: true,
        ...(percent === undefined ? {} : { traffic_percentage: percent }),
      });
    const only = await diagnosed({ routing: { destinations: [gone()] } });
    expect(only.data).toMatchObject({
      verdict: 'failing',
      findings: [{ code: 'destination_deleted', severity: 'critical' }],
    });
    const half = await diagnosed({ routing: { destinations: [gone(50), { ...PAID, traffic_percentage: 50 }] } });
    expect(half.data).toMatchObject({
      verdict: 'degraded',
      findings: [{ code: 'destination_deleted', severity: 'major' }],
    });
    const helped = await diagnosed({ routing: { destinations: [gone()], fallback: { destinations: [PAID] } } });
    expect(helped.data.verdict).toBe('degraded');
    const unused = await diagnosed({ routing: { destinations: [gone(0), { ...PAID, traffic_percentage: 100 }] } });
    expect(codes(unused.data)).not.toContain('destination_deleted');
  });

  it('of a fallback does not touch requests now', async () => {
    const old = perToken('old', 'system.ai.gone', { is_deleted: true });
    const { data } = await diagnosed({ routing: { destinations: [PAID], fallback: { destinations: [old] } } });
    expect(data).toMatchObject({ verdict: 'healthy', findings: [{ code: 'fallback_deleted', severity: 'minor' }] });
  });

  it('of an endpoint behind a destination leads to its own diagnosis', async () => {
    const h = await begin();
    const own = { state: { ready: 'NOT_READY', config_update: 'NOT_UPDATING' }, name: 'pt' };
    h.sandbox.faults.add({
      match: { method: 'GET', path: '/api/2.0/serving-endpoints/pt' },
      effect: { status: 200, body: own },
    });
    answersService(h, NAME, service(NAME, { routing: { destinations: [throughput('own', 'pt')] } }));
    const { data } = await h.call('diagnose_endpoint', { endpoint: NAME });
    expect(data.findings[0]).toMatchObject({ code: 'destination_not_serving', severity: 'critical' });
    expect(data.next).toBe('diagnose_endpoint {"endpoint":"pt"}');
  });

  it('of an endpoint that cannot be read is not checked', async () => {
    const { data } = await diagnosed({ routing: { destinations: [throughput('own', 'unseen')] } });
    expect(data.not_checked).toContainEqual({ what: 'endpoint unseen', why: expect.stringContaining('may not see') });
  });

  it.each([
    ['RATE_LIMIT_KEY_SERVICE', undefined, 'critical'],
    ['RATE_LIMIT_KEY_USER', 'analyst@example.com', 'major'],
  ])('of a limit of 0 for %s is %s: it refuses everything', async (key, principal, severity) => {
    const limit = {
      key,
      ...(principal ? { principal } : {}),
      renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_HOUR',
      tokens: 0,
    };
    const { data } = await diagnosed({ routing: { destinations: [PAID] }, rate_limits: [limit] });
    expect(data.findings[0]).toMatchObject({ code: 'limit_zero', severity });
    // Only the limit of all callers together holds for those who have a limit of their own.
    expect(data.findings[0].finding.includes('everyone.')).toBe(key === 'RATE_LIMIT_KEY_SERVICE');
  });

  it('of no limit is none: an absent dimension is not 0', async () => {
    const limit = { key: 'RATE_LIMIT_KEY_SERVICE', renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_HOUR', tokens: 5 };
    const { data } = await diagnosed({ routing: { destinations: [PAID] }, rate_limits: [limit] });
    expect(codes(data)).not.toContain('limit_zero');
  });

  it('of the inference table: requests are answered and not recorded', async () => {
    const table = { parent: 'schemas/ml.prod', table: 'tables/ml.prod.chat_payload', is_deleted: true };
    const { data } = await diagnosed({ routing: { destinations: [PAID] }, inference_table: table });
    expect(data).toMatchObject({ verdict: 'healthy', findings: [{ code: 'inference_table_deleted' }] });
  });

  it('of the owner, who lacks EXECUTE on what a destination names, is found by the grants that count', async () => {
    const h = await begin();
    const provider = 'ml.prod.openai';
    const config = {
      provider_type: 'EXTERNAL_MODEL_PROVIDER_TYPE_OPENAI',
      openai: { direct: { api_key: { plaintext: 'made-up-key' } } },
      targets: [{ model: 'gpt-4o', native_api_types: ['openai/v1/chat/completions'] }],
    };
    await ask(
      h,
      `/api/2.1/unity-catalog/model-provider-services?parent=schemas/ml.prod&model_provider_service_id=openai`,
      { method: 'POST', body: JSON.stringify({ config }) },
    );
    const settings = { routing: { destinations: [external('gpt', provider, 'gpt-4o')] } };
    answersService(h, NAME, service(NAME, settings, { effective_owner: 'analyst@example.com' }));
    const { data } = await h.call('diagnose_endpoint', { endpoint: NAME });
    const found = data.findings.find(({ code }: { code: string }) => code === 'owner_lacks_right');
    expect(JSON.stringify(found)).toContain(`EXECUTE on model provider service ${provider}`);
    expect(data.verdict).toBe('degraded');
  });

  it('that a caller saw is explained by its words', async () => {
    const h = await begin();
    answersService(h, NAME, service(NAME, { routing: { destinations: [PAID] } }));
    const error = "This request was blocked by the 'no-secrets' service policy.";
    const { data } = await h.call('diagnose_endpoint', { endpoint: NAME, error });
    expect(data.error_means).toMatchObject({ cause: 'service_policy_block' });
  });
});

it('a service that does not exist is refused', async () => {
  const h = await begin();
  const answer = await h.call('diagnose_endpoint', { endpoint: 'ml.prod.nowhere' });
  expectRefusal(h, answer, 'model_service_not_found');
  expect(h.sent()[0]).toBe(`GET ${SERVICES_PATH}/ml.prod.nowhere`);
});

/** A model service as it is compared and sent again: nothing of it is lost, and nothing that the service adds is sent. */
import { describe, expect, it } from 'vitest';
import { fingerprintOf, serviceFingerprint } from '../../src/plan/fingerprint.ts';
import { differing, serviceInput, serviceView } from '../../src/plan/model-service.ts';
import type { ModelService } from '../../src/rest/model-services.ts';
import { SERVICE } from '../support/whole-service.ts';

it('reads as settings by name, in the words of the tools', () => {
  expect(serviceView(SERVICE)).toEqual({
    comment: 'For the help desk.',
    destinations: {
      claude: { model: 'system.ai.claude-sonnet', percent: 70, deleted: true },
      llama: { endpoint: 'llama-pt', percent: 30 },
    },
    fallbacks: [{ name: 'gpt', provider: 'main.ai.openai', model: 'gpt-5', api_types: ['openai/v1/chat/completions'] }],
    rate_limits: { 'endpoint calls per minute': 6 },
    inference_table: { schema: 'main.logs' },
  });
});

it('a single destination gets all of the traffic, whether the service says so or not', () => {
  const [first] = SERVICE.config?.routing?.destinations ?? [];
  const { traffic_percentage: _, ...only } = first ?? { name: '' };
  const view = (destinations: unknown[]) => serviceView({ config: { routing: { destinations } } } as ModelService);
  expect(view([only]).destinations).toMatchObject({ claude: { percent: 100 } });
  expect(view([only, { name: 'b' }]).destinations).not.toMatchObject({ claude: { percent: 100 } });
});

it('is sent again without what the service adds, and with every field that is not known', () => {
  const text = JSON.stringify(serviceInput(SERVICE));
  for (const added of ['is_deleted', 'chat_payload', '"system.ai.llama"', 'MQ==', 'update_time'])
    expect(text).not.toContain(added);
  for (const kept of ['WEIGHTED', '"cache":true', '"weight":"w"', '"on":"ERROR"', '"sampling":1', 'no_pii'])
    expect(text).toContain(kept);
});

describe('the fingerprint', () => {
  it.each<[what: string, change: Partial<ModelService>, same: boolean]>([
    ['an etag', { etag: 'Mg==' }, true],
    ['a time', { update_time: '2026-03-02T12:00:00Z' }, true],
    ['a comment', { comment: 'For all.' }, false],
    ['a setting', { config: { ...SERVICE.config, rate_limits: [] } }, false],
  ])('of a service with another one: %s', (_what, change, same) => {
    expect(serviceFingerprint({ ...SERVICE, ...change }) === serviceFingerprint(SERVICE)).toBe(same);
    expect(serviceFingerprint(SERVICE)).not.toBe(fingerprintOf({}));
  });
});

describe('what was sent', () => {
  const LIMITS = 'config.rate_limits' as const;
  const one = SERVICE.config?.rate_limits?.[0];

  it('is there when the service added fields and changed the order', () => {
    const sent = serviceInput(SERVICE);
    const routing = SERVICE.config?.routing;
    const found = {
      ...SERVICE,
      config: { ...SERVICE.config, routing: { ...routing, destinations: routing?.destinations?.toReversed() } },
    };
    expect(differing(sent, ['config.routing.destinations', 'config.inference_table', 'comment'], found)).toEqual([]);
  });

  it.each<[what: string, found: NonNullable<ModelService['config']>]>([
    ['another value', { rate_limits: [{ ...one, requests: 7 }] } as never],
    ['one limit more', { rate_limits: [one, { ...one, key: 'RATE_LIMIT_KEY_USER_DEFAULT' }] } as never],
    ['none', {}],
  ])('is not there: %s', (_what, config) => {
    expect(differing(serviceInput(SERVICE), [LIMITS], { config })).toEqual([LIMITS]);
  });

  it('is not there when fallbacks have another order', () => {
    const [a, b] = [{ name: 'a' }, { name: 'b' }];
    const fallbacks = (destinations: { name: string }[]) => ({ config: { routing: { fallback: { destinations } } } });
    const mask = 'config.routing.fallback.destinations' as const;
    expect(differing(fallbacks([a, b]), [mask], fallbacks([b, a]))).toEqual([mask]);
    expect(differing(fallbacks([a, b]), [mask], fallbacks([a, b]))).toEqual([]);
  });

  it('is there when a cleared field is gone', () => {
    expect(differing({ config: {} }, ['config.inference_table', 'comment'], {})).toEqual([]);
    expect(differing({ config: {} }, ['config.inference_table'], SERVICE)).toEqual(['config.inference_table']);
  });
});

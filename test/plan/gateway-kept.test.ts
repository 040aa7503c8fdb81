import { describe, expect, it } from 'vitest';
import { deviation, isKept } from '../../src/plan/gateway-kept.ts';
import type { AiGateway } from '../../src/rest/endpoints.ts';

const limit = (calls: number, more = {}) => ({ calls, renewal_period: 'minute', ...more });
const TABLE = { catalog_name: 'ml', schema_name: 'logs', enabled: true };

describe('a gateway that means what was sent', () => {
  it.each<[string, AiGateway, AiGateway]>([
    ['the same block', { guardrails: { input: { safety: true } } }, { guardrails: { input: { safety: true } } }],
    ['an empty block', {}, {}],
    ['a table that is off and keeps its names', {}, { inference_table_config: { ...TABLE, enabled: false } }],
    [
      'a table that was switched off',
      { inference_table_config: { enabled: false } },
      { inference_table_config: { ...TABLE, enabled: false } },
    ],
    ['usage tracking that no one sent', {}, { usage_tracking_config: { enabled: true } }],
    ['a part that is off and missing', { fallback_config: { enabled: false } }, {}],
    ['a guardrail that is off and missing', { guardrails: { input: { safety: false } } }, {}],
    ['an empty list that is missing', { guardrails: { input: { invalid_keywords: [] } } }, {}],
    [
      'limits in another order, with the default key named',
      { rate_limits: [limit(5), limit(6, { key: 'user' })] },
      { rate_limits: [limit(6, { key: 'user' }), limit(5, { key: 'endpoint' })] },
    ],
    ['a guardrail that is off and was not sent', {}, { guardrails: { output: { pii: { behavior: 'NONE' } } } }],
  ])('is %s', (_what, sent, found) => {
    expect(deviation(sent, found)).toEqual({ dropped: [], still_there: [] });
    expect(isKept(sent, found)).toBe(true);
  });
});

describe('a gateway that differs', () => {
  it.each<[string, AiGateway, AiGateway, string[]]>([
    [
      'an unknown guardrail',
      { guardrails: { input: { safety: true, jailbreak: true } } },
      { guardrails: { input: { safety: true } } },
      ['guardrails.input.jailbreak'],
    ],
    [
      'custom guardrails',
      { guardrails: { output: { custom_guardrails: [{ endpoint_name: 'g' }] } } },
      { guardrails: { output: {} } },
      ['guardrails.output.custom_guardrails'],
    ],
    ['a whole side', { guardrails: { input: { safety: true } } }, {}, ['guardrails.input.safety']],
    [
      'a weaker value',
      { guardrails: { input: { pii: { behavior: 'BLOCK' } } } },
      { guardrails: { input: { pii: { behavior: 'MASK' } } } },
      ['guardrails.input.pii.behavior'],
    ],
    [
      'a keyword',
      { guardrails: { input: { invalid_keywords: ['a', 'b'] } } },
      { guardrails: { input: { invalid_keywords: ['a'] } } },
      ['guardrails.input.invalid_keywords'],
    ],
    ['a limit', { rate_limits: [limit(5)] }, { rate_limits: [] }, ['rate_limits']],
    ['a limit of 0', { rate_limits: [limit(0)] }, {}, ['rate_limits']],
    [
      'a table',
      { inference_table_config: TABLE },
      {},
      ['inference_table_config.catalog_name', 'inference_table_config.schema_name', 'inference_table_config.enabled'],
    ],
    ['an unknown part', { something_new: { enabled: true } }, {}, ['something_new.enabled']],
  ])('in %s that was sent names its path', (_what, sent, found, paths) => {
    expect(deviation(sent, found).dropped).toEqual(paths);
    expect(isKept(sent, found)).toBe(false);
  });

  it.each<[string, AiGateway, AiGateway, string[]]>([
    ['a guardrail', {}, { guardrails: { input: { safety: true } } }, ['guardrails.input.safety']],
    ['the fallback', {}, { fallback_config: { enabled: true } }, ['fallback_config']],
    [
      'the table',
      { inference_table_config: { enabled: false } },
      { inference_table_config: TABLE },
      ['inference_table_config', 'inference_table_config.enabled'],
    ],
    ['a limit', { rate_limits: [limit(5)] }, { rate_limits: [limit(5), limit(1, { key: 'user' })] }, ['rate_limits']],
  ])('in %s that was left out and still works names it', (_what, sent, found, paths) => {
    const { dropped, still_there } = deviation(sent, found);
    expect([...still_there, ...dropped]).toEqual(paths);
  });

  it('in usage tracking alone differs only for the question whether a lost request took effect', () => {
    const found = { usage_tracking_config: { enabled: true } };
    expect(isKept({}, found)).toBe(true);
    expect(isKept({}, found, true)).toBe(false);
  });
});

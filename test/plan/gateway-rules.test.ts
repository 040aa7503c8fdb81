import { describe, expect, it } from 'vitest';
import { type GatewayParts, partsOf, setsSomething, warningOfGateway } from '../../src/plan/gateway-rules.ts';

const CUSTOM = { name: 'a', entity_name: 'ml.prod.churn', entity_version: '1', workload_size: 'Small' };
const EXTERNAL = { name: 'b', external_model: { provider: 'openai', name: 'gpt-4o', task: 'llm/v1/chat' } };
const FOUNDATION = { name: 'c', entity_name: 'system.ai.llama', foundation_model: { name: 'system.ai.llama' } };
const DOUBT = /may have no effect here: for custom models that are not agents/;

describe('settings that may have no effect', () => {
  it.each<[string, GatewayParts, Record<string, unknown>[], string | undefined, RegExp | undefined]>([
    ['guardrails on a custom model', { guardrails: true }, [CUSTOM], undefined, /^guardrails may have no effect/],
    ['token limits on a custom model', { tokenLimits: true }, [CUSTOM], undefined, /^token limits may have no effect/],
    ['both', { guardrails: true, tokenLimits: true }, [CUSTOM], undefined, DOUBT],
    ['on an agent', { guardrails: true }, [CUSTOM], 'agent/v1/responses', undefined],
    ['on an external model', { guardrails: true, tokenLimits: true }, [EXTERNAL], 'llm/v1/chat', undefined],
    ['on an external model without a task', { guardrails: true }, [EXTERNAL], undefined, undefined],
    ['on a foundation model', { guardrails: true }, [FOUNDATION], undefined, undefined],
    [
      'on tokens per second',
      { guardrails: true },
      [{ ...CUSTOM, max_provisioned_throughput: 1 }],
      undefined,
      undefined,
    ],
    ['on model units', { guardrails: true }, [{ ...CUSTOM, provisioned_model_units: 50 }], undefined, undefined],
    ['on an endpoint without entities', { guardrails: true, fallback: true }, [], undefined, undefined],
    ['fallback with one entity', { fallback: true }, [EXTERNAL], 'llm/v1/chat', /^fallback has no effect/],
    ['fallback with two', { fallback: true }, [EXTERNAL, EXTERNAL], 'llm/v1/chat', undefined],
    ['nothing of these', {}, [CUSTOM], undefined, undefined],
  ])('%s', (_what, parts, entities, task, warning) => {
    const told = warningOfGateway(parts, { entities, task });
    if (warning === undefined) expect(told).toBeUndefined();
    else expect(told).toMatch(warning);
  });
});

it.each<[unknown, boolean]>([
  [{ input: { safety: true } }, true],
  [{ input: { pii: { behavior: 'MASK' } } }, true],
  [{ input: { safety: false, pii: { behavior: 'NONE' } }, output: null }, false],
  [{}, false],
  [null, false],
  [undefined, false],
])('guardrails %j are switched on: %s', (guardrails, on) => {
  expect(setsSomething(guardrails)).toBe(on);
});

it.each<[Record<string, unknown> | undefined, GatewayParts]>([
  [undefined, { guardrails: false, tokenLimits: false, fallback: false }],
  [
    { guardrails: { input: { safety: true } }, rate_limits: [{ tokens: 0 }], fallback_config: { enabled: true } },
    { guardrails: true, tokenLimits: true, fallback: true },
  ],
  [
    { guardrails: 'x', rate_limits: [{ calls: 5 }, 'x'], fallback_config: { enabled: false } },
    { guardrails: true, tokenLimits: false, fallback: false },
  ],
])('a block %j sets %j', (gateway, parts) => {
  expect(partsOf(gateway)).toEqual(parts);
});

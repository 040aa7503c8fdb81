import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inverse, planGateway } from '../../src/plan/gateway.ts';
import { AiGateway } from '../../src/rest/endpoints.ts';

const TABLE = { catalog_name: 'ml', schema_name: 'logs', table_name_prefix: 'churn', enabled: true };
const GATEWAY = AiGateway.parse({
  rate_limits: [{ calls: 10, key: 'user', renewal_period: 'minute' }],
  usage_tracking_config: { enabled: true },
  fallback_config: { enabled: false },
  guardrails: {
    input: { safety: true, pii: { behavior: 'BLOCK' }, invalid_keywords: ['a', 'b'] },
    output: { pii: { behavior: 'MASK' } },
  },
  inference_table_config: TABLE,
  future_block: { on: [1] },
});
const BLOCKS = GATEWAY as Record<string, unknown>; // loose: it keeps blocks that only newer services know

describe('a gateway plan', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    [
      'usage tracking off',
      { usage_tracking_config: { enabled: false } },
      { usage_tracking_config: { enabled: false } },
    ],
    ['fallback on', { fallback_config: { enabled: true } }, { fallback_config: { enabled: true } }],
    [
      'one guardrail of many',
      { guardrails: { input: { pii: { behavior: 'MASK' } } } },
      {
        guardrails: {
          ...(BLOCKS.guardrails as object),
          input: { safety: true, pii: { behavior: 'MASK' }, invalid_keywords: ['a', 'b'] },
        },
      },
    ],
    [
      'one side away',
      { guardrails: { output: null } },
      { guardrails: { input: { safety: true, pii: { behavior: 'BLOCK' }, invalid_keywords: ['a', 'b'] } } },
    ],
    ['a whole part away', { guardrails: null }, { guardrails: undefined }],
    [
      'the table off',
      { inference_table_config: { enabled: false } },
      { inference_table_config: { ...TABLE, enabled: false } },
    ],
  ])('changes %s and keeps everything else', (_what, wish, expected) => {
    const { steps } = planGateway(GATEWAY, wish);
    expect(steps).toEqual([
      Object.fromEntries(Object.entries({ ...BLOCKS, ...expected }).filter(([, value]) => value !== undefined)),
    ]);
  });

  it('moves an inference table in two steps, with the other changes in both', () => {
    const { steps, changes } = planGateway(GATEWAY, {
      inference_table_config: { schema_name: 'other' },
      fallback_config: { enabled: true },
    });
    expect(steps.map((step) => (step as Record<string, unknown>).inference_table_config)).toEqual([
      { ...TABLE, enabled: false },
      { ...TABLE, schema_name: 'other' },
    ]);
    for (const step of steps)
      expect(step).toMatchObject({ fallback_config: { enabled: true }, future_block: { on: [1] } });
    expect(changes.map((change) => change.field)).toEqual([
      'fallback_config.enabled',
      'inference_table_config.schema_name',
    ]);
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['renamed while off', { ...TABLE, enabled: false }, { schema_name: 'other', enabled: true }],
    ['renamed and switched off', TABLE, { schema_name: 'other', enabled: false }],
  ])('a table that is %s needs one step', (_what, table, wish) => {
    const current = AiGateway.parse({ inference_table_config: table });
    expect(planGateway(current, { inference_table_config: wish }).steps).toHaveLength(1);
  });

  it('sends nothing when nothing changes', () => {
    const plan = planGateway(GATEWAY, { usage_tracking_config: { enabled: true }, guardrails: undefined });
    expect(plan).toEqual({ steps: [], changes: [], losses: [] });
  });

  it('starts a block where there was none', () => {
    expect(planGateway(undefined, { usage_tracking_config: { enabled: true } }).steps).toEqual([
      { usage_tracking_config: { enabled: true } },
    ]);
  });

  it.each<[string, Record<string, unknown>, boolean]>([
    ['all guardrails gone', { guardrails: null }, true],
    ['block to mask', { guardrails: { input: { pii: { behavior: 'MASK' } } } }, true],
    ['mask to block', { guardrails: { output: { pii: { behavior: 'BLOCK' } } } }, false],
    ['safety off', { guardrails: { input: { safety: false } } }, true],
    ['safety on', { guardrails: { output: { safety: true } } }, false],
    ['one keyword less', { guardrails: { input: { invalid_keywords: ['a'] } } }, true],
    ['one keyword more', { guardrails: { input: { invalid_keywords: ['a', 'b', 'c'] } } }, false],
    ['something else', { fallback_config: { enabled: true } }, false],
  ])('knows whether %s weakens guardrails', (_what, wish, expected) => {
    expect(planGateway(GATEWAY, wish).losses).toEqual(expected ? ['weakens or removes guardrails'] : []);
  });

  it.each<[string, string[] | undefined, string[] | null, boolean]>([
    ['one more', ['loans', 'cards'], ['loans', 'cards', 'anything'], true],
    ['another instead', ['loans', 'cards'], ['loans', 'anything'], true],
    ['one less', ['loans', 'cards'], ['loans'], false],
    ['none left', ['loans'], [], true],
    ['the list gone', ['loans'], null, true],
    ['the first', undefined, ['loans'], false],
    ['the first of an empty list', [], ['loans'], false],
  ])('topics are those allowed: %s', (_what, from, to, expected) => {
    const current = AiGateway.parse({ guardrails: { input: { safety: true, ...(from && { valid_topics: from }) } } });
    const wish = { guardrails: { input: { valid_topics: to } } };
    expect(planGateway(current, wish).losses).toHaveLength(expected ? 1 : 0);
  });
});

const part = fc.option(
  fc.record(
    { enabled: fc.boolean(), name: fc.constantFrom('a', 'b'), words: fc.array(fc.constantFrom('x', 'y')) },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);
const block = fc.record({ usage_tracking_config: part, guardrails: part, fallback_config: part }, { requiredKeys: [] });
const clean = (value: unknown) => JSON.parse(JSON.stringify(value));

describe('its inverse', () => {
  it('brings back what was, for any two gateways', () => {
    fc.assert(
      fc.property(block, block, (one, other) => {
        const [before, after] = [clean(one), clean(other)];
        const back = (inverse(before, after) ?? {}) as Record<string, unknown>; // of two objects it is an object
        const { steps } = planGateway(AiGateway.parse(after), back);
        expect(steps.at(-1) ?? after).toEqual(before);
      }),
    );
  });

  it('is nothing when nothing changed', () => {
    expect(inverse(GATEWAY, clean(GATEWAY))).toBeUndefined();
  });
});

describe('settings that the caller did not name', () => {
  it('is never lost', () => {
    const wish = fc.record({ usage_tracking_config: fc.record({ enabled: fc.boolean() }) });
    const others = fc.dictionary(fc.stringMatching(/^x_[a-z]{1,6}$/), fc.jsonValue({ maxDepth: 2 }));
    fc.assert(
      fc.property(others, wish, (kept, named) => {
        const { steps } = planGateway(AiGateway.parse({ ...clean(kept), rate_limits: [] }), named);
        for (const step of steps) expect(step).toMatchObject({ ...clean(kept), rate_limits: [] });
      }),
    );
  });
});

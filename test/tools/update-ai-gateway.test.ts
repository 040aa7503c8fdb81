import { describe, expect, it } from 'vitest';
import type { FaultEffect } from '../../src/sandbox/index.ts';
import type { Harness } from '../support/harness.ts';
import { agree, ask, expectRefusal, expectUndo, settings, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { bodies, churnEntity, endpoint, follow, undoCalls, writes } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const PATH = '/api/2.0/serving-endpoints/churn/ai-gateway';
const TABLE = { catalog_name: 'ml', schema_name: 'logs', table_name_prefix: 'churn', enabled: true };
const LIMITS = [{ calls: 10, key: 'user', renewal_period: 'minute' }];
const FULL = {
  usage_tracking_config: { enabled: true },
  fallback_config: { enabled: false },
  guardrails: {
    input: { safety: true, pii: { behavior: 'BLOCK' }, invalid_keywords: ['a', 'b'] },
    output: { pii: { behavior: 'MASK' } },
  },
  inference_table_config: TABLE,
  rate_limits: LIMITS,
};
const churn = (ai_gateway?: Record<string, unknown>) =>
  endpoint('churn', [churnEntity('1')], [], ai_gateway ? { ai_gateway } : {});
const FOUNDATION = {
  name: 'databricks-gpt-5',
  entity_name: 'system.ai.gpt-5',
  display_name: 'G',
  task: 'llm/v1/chat',
  spec: { kind: 'chat', model: 'g' },
};

const update = (h: Harness, args: Record<string, unknown>) =>
  h.call('update_ai_gateway', { endpoint: 'churn', ...args });

/** Single parts: what the caller gives, and what of the block is different then. */
const PARTS: [string, Record<string, unknown>, Record<string, unknown>][] = [
  ['usage tracking', { usage_tracking: false }, { usage_tracking_config: { enabled: false } }],
  ['fallback', { fallback: true }, { fallback_config: { enabled: true } }],
  [
    'the inference table off',
    { inference_table: { enabled: false } },
    { inference_table_config: { ...TABLE, enabled: false } },
  ],
  [
    'one guardrail',
    { guardrails: { output: { pii: { behavior: 'BLOCK' } } } },
    { guardrails: { ...FULL.guardrails, output: { pii: { behavior: 'BLOCK' } } } },
  ],
  [
    'a guardrail more',
    { guardrails: { output: { safety: true } } },
    { guardrails: { ...FULL.guardrails, output: { pii: { behavior: 'MASK' }, safety: true } } },
  ],
  [
    'keywords',
    { guardrails: { input: { invalid_keywords: ['a', 'b', 'c'] } } },
    { guardrails: { ...FULL.guardrails, input: { ...FULL.guardrails.input, invalid_keywords: ['a', 'b', 'c'] } } },
  ],
];

describe('one part', () => {
  it.each(PARTS)(
    '%s changes, in one PUT that holds all the others too, and is undone',
    async (_what, args, expected) => {
      const h = await begin([churn(FULL)], { onAsk: agree });
      const { made } = await expectUndo(h, 'churn', 'update_ai_gateway', { endpoint: 'churn', ...args });
      expect(bodies(h, 'PUT', PATH)).toEqual([{ ...FULL, ...expected }, FULL]);
      expect(made.data.gateway).toBe('AI Gateway of the endpoint (legacy)');
      expect(made.data.ai_gateway).toEqual({ ...FULL, ...expected });
      expect(writes(h)).toEqual([`PUT ${PATH}`, `PUT ${PATH}`]);
    },
  );

  it.each<[string, Record<string, unknown>, string]>([
    ['usage tracking', { remove: ['usage_tracking'] }, 'usage_tracking_config'],
    ['fallback', { remove: ['fallback'] }, 'fallback_config'],
    ['the inference table', { remove: ['inference_table'] }, 'inference_table_config'],
    ['guardrails', { remove: ['guardrails'] }, 'guardrails'],
  ])('remove takes %s away as a whole, and undo brings it back', async (_what, args, block) => {
    const h = await begin([churn(FULL)], { onAsk: agree });
    await expectUndo(h, 'churn', 'update_ai_gateway', { endpoint: 'churn', ...args });
    expect(bodies(h, 'PUT', PATH)[0]).toEqual(
      Object.fromEntries(Object.entries(FULL).filter(([name]) => name !== block)),
    );
  });

  it.each<[string, Record<string, unknown>]>([
    ['usage tracking', { usage_tracking: true }],
    ['fallback', { fallback: false }],
    ['an inference table', { inference_table: { enabled: true, catalog_name: 'ml', schema_name: 'logs' } }],
    ['guardrails', { guardrails: { input: { pii: { behavior: 'MASK' } } } }],
  ])('where there was none, %s goes again by undo, and leaves nothing behind', async (_what, args) => {
    const h = await begin([churn()], { onAsk: agree });
    await expectUndo(h, 'churn', 'update_ai_gateway', { endpoint: 'churn', ...args });
  });

  it('remove takes one guardrail away and keeps its siblings', async () => {
    const h = await begin([churn(FULL)], { onAsk: agree });
    await expectUndo(h, 'churn', 'update_ai_gateway', {
      endpoint: 'churn',
      remove: ['guardrails.input.pii', 'guardrails.output'],
    });
    expect(bodies(h, 'PUT', PATH)[0]).toEqual({
      ...FULL,
      guardrails: { input: { safety: true, invalid_keywords: ['a', 'b'] } },
    });
  });

  it('explicit false reaches the wire', async () => {
    const h = await begin([churn()]);
    await update(h, { usage_tracking: false, fallback: false });
    expect(bodies(h, 'PUT', PATH)).toEqual([
      { usage_tracking_config: { enabled: false }, fallback_config: { enabled: false } },
    ]);
  });

  it('that is so already changes nothing and sends nothing', async () => {
    const h = await begin([churn(FULL)]);
    const { data } = await update(h, { usage_tracking: true, guardrails: { input: { safety: true } } });
    expect(data).toMatchObject({ changed: false, ai_gateway: FULL });
    expect(writes(h)).toEqual([]);
  });

  it('several parts change in one request', async () => {
    const h = await begin([churn(FULL)]);
    const { data } = await update(h, { guardrails: { output: { safety: true } }, fallback: true });
    expect(data.changes).toEqual([
      { field: 'fallback_config.enabled', from: false, to: true },
      { field: 'guardrails.output.safety', to: true },
    ]);
    expect(bodies(h, 'PUT', PATH)).toHaveLength(1);
  });
});

describe('what may do nothing on the endpoint', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'guardrails of a custom model',
      { guardrails: { output: { safety: true } } },
      /guardrails may have no effect here/,
    ],
    ['fallback of a single entity', { fallback: true }, /fallback has no effect/],
  ])('%s, is done with a warning, also in the preview', async (_what, args, warning) => {
    const h = await begin([churn()]);
    const preview = await update(h, { ...args, dry_run: true });
    expect(preview.data).toMatchObject({ dry_run: true, warning: expect.stringMatching(warning) });
    expect((await update(h, args)).data).toMatchObject({ changed: true, warning: expect.stringMatching(warning) });
  });

  it('gives no warning about parts that have an effect, or are removed', async () => {
    const h = await begin([churn(FULL)], { onAsk: agree });
    expect((await update(h, { usage_tracking: false })).data.warning).toBeUndefined();
    expect((await update(h, { remove: ['guardrails', 'fallback'] })).data).not.toHaveProperty('warning');
  });
});

it('nothing named is refused: "changed: false" would read as if all were as wanted', async () => {
  const h = await begin([churn(FULL)]);
  const answer = await update(h, { dry_run: true });
  expectRefusal(h, answer, 'nothing_asked');
  expect(answer.data.error.message).toBe('the call names no part of the gateway to set or remove; nothing was sent');
  expect(h.sent()).toEqual([]);
});

describe('an inference table', () => {
  it('moves in two steps: off, then on under the new name; undo moves it back', async () => {
    const h = await begin([churn(FULL)]);
    const { made } = await expectUndo(h, 'churn', 'update_ai_gateway', {
      endpoint: 'churn',
      inference_table: { schema_name: 'other' },
    });
    expect(bodies(h, 'PUT', PATH).map((body) => (body as typeof FULL).inference_table_config)).toEqual([
      { ...TABLE, enabled: false },
      { ...TABLE, schema_name: 'other' },
      { ...TABLE, schema_name: 'other', enabled: false },
      TABLE,
    ]);
    expect((await undoCalls(h, made.data.undo))[0]?.args).toEqual({
      endpoint: 'churn',
      inference_table: TABLE,
    });
  });

  it('that cannot be set under the new name says that the old one is off', async () => {
    const taken = endpoint('other', [churnEntity('1')], [], {
      ai_gateway: { inference_table_config: { ...TABLE, schema_name: 'taken' } },
    });
    const h = await begin([churn(FULL), taken]);
    const { data, isError } = await update(h, { inference_table: { schema_name: 'taken' } });
    expect(isError).toBe(true);
    expect(data).toMatchObject({
      changed: true,
      error: { code: 'table_not_moved', next: expect.stringContaining('Choose other names') },
      done: ['the old inference table'],
      not_done: ['the new inference table'],
      ai_gateway: { inference_table_config: { enabled: false } },
    });
    expect(data.error.message).toContain('the old inference table is switched off');
    const again = await update(h, { inference_table: { schema_name: 'free', enabled: true } });
    expect(again.data.changed).toBe(true);
    expect(await settings(h, 'churn')).toMatchObject({
      gateway: { inference_table_config: { ...TABLE, schema_name: 'free' } },
    });
  });

  /** A move whose second request failed. */
  async function half(effect: FaultEffect) {
    const h = await begin([churn(FULL)]);
    h.sandbox.faults.add({ match: { method: 'PUT', path: PATH }, skip: 1, effect });
    const { data } = await update(h, { inference_table: { schema_name: 'other' } });
    h.sandbox.faults.clear();
    expect(await settings(h, 'churn')).toMatchObject({
      gateway: { inference_table_config: { ...TABLE, enabled: false } },
    });
    return { h, data };
  }

  it.each<[string, FaultEffect]>([
    ['refused', { status: 429, body: {} }],
    ['lost', { cut: 'before' }],
  ])('whose move stopped half-way (%s) goes back by its undo, switched on', async (_what, effect) => {
    const { h, data } = await half(effect);
    const { id } = (await h.call('list_changes', { limit: 1 })).data.changes[0];
    expect(data.error.code).toBe('table_not_moved');
    const undone = await h.call('undo_change', { id });
    expect(undone.data).toMatchObject({ changed: true, undone: id });
    expect(await settings(h, 'churn')).toMatchObject({ gateway: { inference_table_config: TABLE } });
  });

  it.each<[string, FaultEffect]>([
    ['refused', { status: 429, body: {} }],
    ['lost', { cut: 'before' }],
  ])('whose move stopped half-way (%s) is finished by the call in next, switched on', async (_what, effect) => {
    const { h, data } = await half(effect);
    expect((await follow(h, data.error.next)).data).toMatchObject({ changed: true });
    expect(await settings(h, 'churn')).toMatchObject({
      gateway: { inference_table_config: { ...TABLE, schema_name: 'other' } },
    });
  });

  it('that is off and gets a new name stays off, and a warning says so', async () => {
    const off = { ...FULL, inference_table_config: { ...TABLE, enabled: false } };
    const h = await begin([churn(off)]);
    const { data } = await update(h, { inference_table: { schema_name: 'other' } });
    expect(data).toMatchObject({ changed: true, warning: expect.stringContaining('Give enabled: true') });
    expect(await settings(h, 'churn')).toMatchObject({ gateway: { inference_table_config: { enabled: false } } });
    // Its undo gives the old name back, and nothing else.
    await follow(h, data.undo);
    expect(await settings(h, 'churn')).toMatchObject({
      gateway: { inference_table_config: off.inference_table_config },
    });
  });

  it('that someone switched off after a whole move is not switched on by its undo', async () => {
    const h = await begin([churn(FULL)]);
    await update(h, { inference_table: { schema_name: 'other' } });
    const { id } = (await h.call('list_changes', { limit: 1 })).data.changes[0];
    const gateway = { ...FULL, inference_table_config: { ...TABLE, schema_name: 'other', enabled: false } };
    await ask(h, PATH, { method: 'PUT', body: JSON.stringify(gateway) });
    expect((await h.call('undo_change', { id })).data.error.code).toBe('changed_since');
  });
});

describe('weaker guardrails', () => {
  it('wait for a person: nothing is sent before they agree', async () => {
    const h = await begin([churn(FULL)]);
    const { data } = await update(h, { guardrails: { input: { pii: { behavior: 'MASK' } } } });
    expect(data).toMatchObject({
      changed: false,
      needs_consent: expect.stringContaining('weakens or removes guardrails'),
    });
    expect(writes(h)).toEqual([]);
    const agreed = await follow(h, data.next);
    expect(agreed.data.changed).toBe(true);
    expect(bodies(h, 'PUT', PATH)).toEqual([
      { ...FULL, guardrails: { ...FULL.guardrails, input: { ...FULL.guardrails.input, pii: { behavior: 'MASK' } } } },
    ]);
  });

  it('stronger ones do not', async () => {
    const h = await begin([churn(FULL)]);
    expect((await update(h, { guardrails: { output: { pii: { behavior: 'BLOCK' } } } })).data.changed).toBe(true);
  });
});

describe('a preview', () => {
  it('shows both requests of a move, sends nothing, and its fingerprint is valid until someone changes a limit', async () => {
    const h = await begin([churn(FULL)]);
    const args = { inference_table: { schema_name: 'other' } };
    const { data } = await update(h, { ...args, dry_run: true });
    expect(data.changes).toEqual([{ field: 'inference_table_config.schema_name', from: 'logs', to: 'other' }]);
    expect(data.requests).toHaveLength(2);
    expect(writes(h)).toEqual([]);
    await h.call('set_rate_limits', { endpoint: 'churn', set: [{ key: 'endpoint', calls: 5 }] });
    const late = await update(h, { ...args, if_fingerprint: data.fingerprint });
    expect(late.data.error.code).toBe('fingerprint_mismatch');
    expect(writes(h)).toHaveLength(1);
  });
});

describe('a foundation model', () => {
  it('takes gateway settings, though nothing else of it can be changed', async () => {
    const h = await begin([], {}, { foundation_models: [FOUNDATION] });
    const { data } = await h.call('update_ai_gateway', { endpoint: 'databricks-gpt-5', usage_tracking: true });
    expect(data).toMatchObject({ changed: true, ai_gateway: { usage_tracking_config: { enabled: true } } });
    expect(writes(h)).toEqual(['PUT /api/2.0/serving-endpoints/databricks-gpt-5/ai-gateway']);
  });
});

describe('is refused, and nothing is sent:', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'an unknown guardrail',
      { guardrails: { input: { saftey: true } } },
      /unknown field "saftey" in guardrails\.input: did you mean "safety"/,
    ],
    ['another behaviour', { guardrails: { input: { pii: { behavior: 'HIDE' } } } }, /behavior/],
    ['an unknown field of the table', { inference_table: { table: 'x' } }, /unknown field "table" in inference_table/],
    ['a text for a switch', { usage_tracking: 'yes' }, /usage_tracking/],
    ['rate limits, which another tool sets', { rate_limits: [] }, /unknown argument "rate_limits"/],
  ])('%s', async (_what, args, message) => {
    const h = await begin([churn(FULL)]);
    const answer = await update(h, args);
    expectRefusal(h, answer, 'invalid_arguments');
    expect(answer.data.error.message).toMatch(message);
  });

  it('by the service, a table without its names', async () => {
    const h = await begin([churn()]);
    const { data } = await update(h, { inference_table: { enabled: true } });
    expect(data.error).toMatchObject({ code: 'INVALID_PARAMETER_VALUE' });
    expect(data.error.message).toContain('catalog_name and schema_name');
    expect((await settings(h, 'churn')).gateway).toEqual({});
  });
});

describe('removal takes a word of its own, never null', () => {
  it.each([null, ''])('%j next to a change means "not given": tracking and logging stay', async (none) => {
    const h = await begin([churn(FULL)]);
    const args = { fallback: true, usage_tracking: none, inference_table: none, guardrails: none, remove: none };
    const { data } = await update(h, args);
    expect(data.changes).toEqual([{ field: 'fallback_config.enabled', from: false, to: true }]);
    expect(bodies(h, 'PUT', PATH)).toEqual([{ ...FULL, fallback_config: { enabled: true } }]);
  });

  it('null inside a part means "not given" too', async () => {
    const h = await begin([churn(FULL)]);
    const guardrails = { input: { pii: null, safety: null }, output: { safety: true, pii: null } };
    await update(h, { guardrails, inference_table: { schema_name: null } });
    expect(bodies(h, 'PUT', PATH)).toEqual([
      { ...FULL, guardrails: { ...FULL.guardrails, output: { pii: { behavior: 'MASK' }, safety: true } } },
    ]);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['tracking', { remove: ['usage_tracking'] }, /stops usage tracking of endpoint churn/],
    ['logging', { remove: ['inference_table'] }, /stops logging to the inference table/],
    ['tracking, by its switch', { usage_tracking: false }, /stops usage tracking/],
    ['logging, by its switch', { inference_table: { enabled: false } }, /stops logging/],
    ['logging, by its switch alone', { remove: ['inference_table.enabled'] }, /stops logging/],
    ['both', { remove: ['usage_tracking', 'inference_table'] }, /stops usage tracking and stops logging/],
  ])('a person is asked before %s ends', async (_what, args, reason) => {
    const h = await begin([churn(FULL)]);
    const { data } = await update(h, args);
    expect(data).toMatchObject({ changed: false, needs_consent: expect.stringMatching(reason) });
    expect(writes(h)).toEqual([]);
    expect((await follow(h, data.next)).data.changed).toBe(true);
  });

  it.each<[string, Record<string, unknown>]>([
    ['records that are off', { remove: ['usage_tracking', 'inference_table'] }],
    ['what is not there', { remove: ['guardrails'] }],
  ])('no one is asked about %s', async (_what, args) => {
    const off = { usage_tracking_config: { enabled: false }, inference_table_config: { ...TABLE, enabled: false } };
    const h = await begin([churn(off)]);
    expect((await update(h, args)).data).not.toHaveProperty('needs_consent');
  });

  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ['an unknown part', { remove: ['logging'] }, 'invalid_arguments', /usage_tracking, inference_table, guardrails/],
    ['an unknown rule', { remove: ['guardrails.input.topics'] }, 'invalid_arguments', /remove\.0/],
    ['rate limits', { remove: ['rate_limits'] }, 'invalid_arguments', /set_rate_limits removes rate limits/],
    ['a part that is also set', { fallback: true, remove: ['fallback'] }, 'invalid_request', /both set and removed/],
    [
      'a rule that is also set',
      { guardrails: { input: { safety: true } }, remove: ['guardrails.input'] },
      'invalid_request',
      /guardrails.input is both set and removed/,
    ],
    ['only nulls', { guardrails: null, usage_tracking: null }, 'nothing_asked', /set or remove/],
  ])('%s is refused', async (_what, args, code, message) => {
    const h = await begin([churn(FULL)]);
    const answer = await update(h, args);
    expectRefusal(h, answer, code);
    expect(answer.data.error.message).toMatch(message);
  });
});

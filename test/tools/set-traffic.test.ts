import { describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.ts';
import { agree, expectRefusal, expectUndo, settings, settle, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import {
  bodies,
  CONFIG_PATH,
  churnEntity,
  endpoint,
  follow,
  parseCall,
  SETTINGS,
  undoCalls,
  writes,
} from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const TWO = endpoint('churn', [churnEntity('1', { name: 'churn-1' }), churnEntity('2', { name: 'churn-2' })], [90, 10]);
const FOUNDATION = {
  name: 'databricks-gpt-5',
  entity_name: 'system.ai.databricks-gpt-5',
  display_name: 'GPT-5',
  task: 'llm/v1/chat',
  spec: { kind: 'chat', model: 'gpt-5', profile: 'gpt-5' },
};

const set = (h: Harness, traffic: Record<string, number>, more: Record<string, unknown> = {}) =>
  h.call('set_traffic', { endpoint: 'churn', traffic, ...more });

describe('a split', () => {
  it('is sent whole: every entity with every setting, and only the shares changed', async () => {
    const h = await begin([TWO]);
    const { data } = await set(h, { 'churn-1': 50, 'churn-2': 50 });
    expect(bodies(h, 'PUT', CONFIG_PATH)).toEqual([
      {
        served_entities: [
          { name: 'churn-1', entity_name: 'ml.prod.churn', entity_version: '1', ...SETTINGS },
          { name: 'churn-2', entity_name: 'ml.prod.churn', entity_version: '2', ...SETTINGS },
        ],
        traffic_config: {
          routes: [
            { served_entity_name: 'churn-1', traffic_percentage: 50 },
            { served_entity_name: 'churn-2', traffic_percentage: 50 },
          ],
        },
      },
    ]);
    expect(data).toMatchObject({
      changed: true,
      outcome: 'ready',
      serving: 'serving churn-1 (50 %), churn-2 (50 %)',
      changes: [
        { field: 'traffic.churn-1', from: 90, to: 50 },
        { field: 'traffic.churn-2', from: 10, to: 50 },
      ],
    });
    expect(data.waited_seconds).toBeLessThanOrEqual(40);
  });

  it('reaches the requests', async () => {
    const h = await begin([TWO]);
    await set(h, { 'churn-1': 0, 'churn-2': 100 });
    for (let at = 0; at < 5; at++) {
      const answer = await h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 3 }] });
      expect(answer.data).toMatchObject({ predictions: [8], served_by: 'churn-2' });
    }
  });

  it('keeps the share of an entity that is not named', async () => {
    const three = endpoint(
      'churn',
      ['1', '2', '3'].map((number) => churnEntity(number, { name: `churn-${number}` })),
      [80, 10, 10],
    );
    const h = await begin([three]);
    await set(h, { 'churn-1': 40, 'churn-3': 50 });
    expect((await settings(h, 'churn')).traffic).toEqual({ 'churn-1': 40, 'churn-2': 10, 'churn-3': 50 });
  });

  it('is undone by the call in its result', async () => {
    const h = await begin([TWO]);
    const { made } = await expectUndo(h, 'churn', 'set_traffic', {
      endpoint: 'churn',
      traffic: { 'churn-1': 0, 'churn-2': 100 },
    });
    expect(await undoCalls(h, made.data.undo)).toEqual([
      { tool: 'set_traffic', args: { endpoint: 'churn', traffic: { 'churn-1': 90, 'churn-2': 10 } } },
    ]);
  });

  it('that is so already changes nothing and sends nothing', async () => {
    const h = await begin([TWO]);
    const { data } = await set(h, { 'churn-1': 90, 'churn-2': 10 });
    expect(data).toMatchObject({ changed: false, serving: 'serving churn-1 (90 %), churn-2 (10 %)' });
    expect(writes(h)).toEqual([]);
  });

  it('that takes longer than the caller waits names the next call', async () => {
    const h = await begin([TWO]);
    const { data } = await set(h, { 'churn-1': 50, 'churn-2': 50 }, { wait_seconds: 0 });
    expect(data).toMatchObject({
      changed: true,
      outcome: 'waiting',
      serving: 'serving churn-1 (90 %), churn-2 (10 %)',
    });
    const waited = await follow(h, data.next);
    expect(waited.data).toMatchObject({ outcome: 'ready', serving: 'serving churn-1 (50 %), churn-2 (50 %)' });
  });

  it('whose answer is lost is not sent twice', async () => {
    const h = await begin([TWO]);
    h.sandbox.faults.add({ match: { method: 'PUT', path: CONFIG_PATH }, times: 1, effect: { lost_reply: true } });
    const { data } = await set(h, { 'churn-1': 50, 'churn-2': 50 });
    expect(data).toMatchObject({ changed: true, outcome: 'ready', serving: 'serving churn-1 (50 %), churn-2 (50 %)' });
    expect(writes(h)).toEqual([`PUT ${CONFIG_PATH}`]);
  });
});

describe('a preview', () => {
  it('shows the shares and the request, and sends nothing', async () => {
    const h = await begin([TWO]);
    const { data } = await set(h, { 'churn-1': 50, 'churn-2': 50 }, { dry_run: true });
    expect(data).toMatchObject({
      dry_run: true,
      changed: false,
      changes: [
        { field: 'traffic.churn-1', from: 90, to: 50 },
        { field: 'traffic.churn-2', from: 10, to: 50 },
      ],
      requests: [{ method: 'PUT', path: CONFIG_PATH }],
    });
    expect(writes(h)).toEqual([]);
  });

  it('and the write that follows fit by the fingerprint, until something changes', async () => {
    const h = await begin([TWO]);
    const split = { 'churn-1': 50, 'churn-2': 50 };
    const { data } = await set(h, split, { dry_run: true });
    expect((await set(h, split, { if_fingerprint: data.fingerprint })).data.changed).toBe(true);
    settle(h);
    const late = await set(h, { 'churn-1': 0, 'churn-2': 100 }, { if_fingerprint: data.fingerprint });
    expect(late.data.error).toMatchObject({ code: 'fingerprint_mismatch' });
    expect(writes(h)).toHaveLength(1);
  });
});

describe('is refused, and nothing is sent:', () => {
  it.each<[string, Record<string, number>, RegExp]>([
    ['a sum of 99', { 'churn-1': 89 }, /adds up to 99 instead of 100/],
    ['a sum over 100', { 'churn-2': 20 }, /adds up to 110/],
    [
      'an unknown entity',
      { 'churn-1': 50, 'churn-3': 50 },
      /churn-3, which is not an entity of this endpoint.*adds up to 110/s,
    ],
  ])('%s', async (_what, traffic, message) => {
    const h = await begin([TWO]);
    const answer = await set(h, traffic);
    expectRefusal(h, answer, 'invalid_request');
    expect(answer.data.error.message).toMatch(message);
  });

  it.each([[{ 'churn-1': -1 }], [{ 'churn-1': 100.5 }], [{ 'churn-1': 101 }], [{ 'churn-1': 'half' }]])(
    'the share in %j',
    async (traffic) => {
      const h = await begin([TWO]);
      expectRefusal(h, await h.call('set_traffic', { endpoint: 'churn', traffic }), 'invalid_arguments');
    },
  );

  it('no share at all', async () => {
    const h = await begin([TWO]);
    expectRefusal(h, await set(h, {}), 'nothing_asked');
  });

  it('while another update runs', async () => {
    const busy = { ...TWO, update_in_progress: { config: { served_entities: [churnEntity('3')] } } };
    const h = await begin([busy]);
    const answer = await set(h, { 'churn-1': 50, 'churn-2': 50 });
    expectRefusal(h, answer, 'update_in_progress');
    expect(parseCall(answer.data.error.next).name).toBe('wait_for_endpoint');
  });

  it('while the first deployment runs', async () => {
    const first = { name: 'churn', update_in_progress: { config: { served_entities: [churnEntity('1')] } } };
    const h = await begin([first]);
    expectRefusal(h, await set(h, { 'churn-1': 100 }), 'update_in_progress');
  });

  it('a foundation model', async () => {
    const h = await begin([], {}, { foundation_models: [FOUNDATION] });
    const answer = await h.call('set_traffic', { endpoint: 'databricks-gpt-5', traffic: { 'databricks-gpt-5': 100 } });
    expectRefusal(h, answer, 'invalid_request');
    expect(answer.data.error.message).toContain('Databricks-hosted foundation model');
  });

  it('an endpoint that does not exist', async () => {
    const h = await begin([TWO]);
    const answer = await h.call('set_traffic', { endpoint: 'chrun', traffic: { a: 100 } });
    expectRefusal(h, answer, 'RESOURCE_DOES_NOT_EXIST');
    expect(answer.data.error.next).toContain('list_endpoints');
  });

  it('an endpoint of model units', async () => {
    const units = { entity_name: 'system.ai.gpt', entity_version: '1', name: 'gpt', provisioned_model_units: 50 };
    const model = {
      full_name: 'system.ai.gpt',
      versions: [
        {
          version: 1,
          status: 'READY',
          spec: { kind: 'chat', model: 'g' },
          optimization: { optimizable: false, model_units: true },
        },
      ],
    };
    const h = await begin([endpoint('churn', [units])], { onAsk: agree }, { models: [model] });
    const answer = await set(h, { gpt: 100 });
    expectRefusal(h, answer, 'invalid_request');
    expect(answer.data.error.message).toContain('runs on provisioned model units');
  });

  it('by the service: a caller without CAN_MANAGE learns the required level', async () => {
    const readable = { ...TWO, grants: [{ user_name: 'analyst@example.com', permission_level: 'CAN_VIEW' }] };
    const h = await begin([readable], { as: 'analyst@example.com' });
    const { data } = await set(h, { 'churn-1': 50, 'churn-2': 50 });
    expect(data.error).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(data.error.next).toContain('CAN_MANAGE');
    expect((await settings(h, 'churn')).traffic).toEqual({ 'churn-1': 90, 'churn-2': 10 });
  });
});

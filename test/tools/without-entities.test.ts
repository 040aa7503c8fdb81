/** Changes to an endpoint whose active config lists no entity: the answer names the real reason. */
import { describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.ts';
import { agree, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { CHURN_PATH, churnEntity, LOAD_ERROR, writes } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const CONFIG_WRITES: [string, Record<string, unknown>][] = [
  ['update_endpoint', { workload_size: 'Medium' }],
  ['update_endpoint', { environment_vars: { MODE: 'x' }, tags: { team: 'x' } }],
  ['update_endpoint', { traffic: { a: 100 } }],
  ['update_endpoint', { remove_entities: ['a'] }],
  ['set_traffic', { traffic: { a: 100 } }],
];
const ADDING: [string, Record<string, unknown>][] = [
  ['update_endpoint', { add_entities: [churnEntity('1', { name: 'a' })], traffic: { a: 100 } }],
  ['update_endpoint', { model_units: 50, burst_scaling: true }],
  ['swap_version', { version: '2' }],
];

describe('an agent whose parts are not listed', () => {
  const TILE = { tile_endpoint_metadata: { tile_id: 't', problem_type: 'MULTI_AGENT_SUPERVISOR' } };
  const STATE = { ready: 'READY', config_update: 'NOT_UPDATING' };
  const AGENT = { name: 'churn', id: 'f'.repeat(32), state: STATE, permission_level: 'CAN_MANAGE', ...TILE };

  const answer = (h: Harness, body: Record<string, unknown> = { ...AGENT, config: {} }) =>
    h.sandbox.faults.add({ match: { method: 'GET', path: CHURN_PATH }, effect: { status: 200, body } });

  it.each([...CONFIG_WRITES, ...ADDING])('refuses %s %j: its config is managed elsewhere', async (tool, args) => {
    const h = await begin([]);
    answer(h);
    const { data } = await h.call(tool, { endpoint: 'churn', ...args });
    expect(data.error).toMatchObject({ code: 'managed_elsewhere', next: expect.stringContaining('Agent Bricks') });
    expect(data.error.next).not.toContain('delete');
    expect(writes(h)).toEqual([]);
  });

  it('may get tags', async () => {
    const h = await begin([]);
    answer(h);
    const { data } = await h.call('update_endpoint', { endpoint: 'churn', tags: { team: 'x' }, dry_run: true });
    expect(data.changes).toEqual([{ field: 'tags.team', to: 'x' }]);
  });

  it('is shown as ready, with a note instead of entities', async () => {
    const h = await begin([]);
    answer(h);
    const { data } = await h.call('get_endpoint', { endpoint: 'churn' });
    expect(data).toMatchObject({ status: 'ready', note: expect.stringContaining('managed elsewhere') });
    expect(data.serving).toBeUndefined();
    expect(data.not_serving).toBeUndefined();
  });

  it.each([
    ['an empty config', { ...AGENT, config: {} }],
    ['no config', AGENT],
    ['no metadata', { name: 'churn', state: STATE, config: {} }],
  ])('with %s is never called idle when its deletion is asked about', async (_what, body) => {
    const asked: string[] = [];
    const onAsk = (question: string) => {
      asked.push(question);
      return { ...agree(), action: 'decline' as const };
    };
    const h = await begin([], { onAsk });
    answer(h, body);
    const { data } = await h.call('delete_endpoint', { endpoint: 'churn' });
    expect(asked[0]).toContain('churn, an agent whose parts are not listed here');
    expect(asked[0]).not.toContain('nothing is serving');
    expect(data.preview.serving).toContain('serving an agent');
  });
});

describe('an endpoint whose first deployment failed', () => {
  async function failed(h: Harness): Promise<void> {
    const args = { endpoint: 'churn', model: 'ml.prod.churn', version: '4', wait_seconds: 1800 };
    expect((await h.call('create_endpoint', args)).isError).toBe(true);
  }

  it.each(CONFIG_WRITES)('refuses %s %j with the reason of the failure', async (tool, args) => {
    const h = await begin([]);
    await failed(h);
    const before = writes(h).length;
    const { data } = await h.call(tool, { endpoint: 'churn', ...args });
    expect(data.error).toMatchObject({
      code: 'first_deployment_failed',
      next: expect.stringContaining('diagnose_endpoint'),
    });
    expect(data).toMatchObject({
      started_by: 'admin@example.com',
      failed_entities: [{ name: 'churn-4', message: LOAD_ERROR }],
    });
    expect(writes(h)).toHaveLength(before);
  });

  it('takes another version, as the refusal advises', async () => {
    const h = await begin([]);
    await failed(h);
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '1', wait_seconds: 1800 });
    expect(data).toMatchObject({ outcome: 'ready', serving: 'serving churn-1 (100 %)' });
  });

  it('takes a first change of its tags', async () => {
    const h = await begin([]);
    await failed(h);
    const { data } = await h.call('update_endpoint', { endpoint: 'churn', tags: { team: 'x' } });
    expect(data).toMatchObject({ changed: true });
  });
});

describe('an endpoint without a config', () => {
  it.each(CONFIG_WRITES)('refuses %s %j and says how to give it one', async (tool, args) => {
    const h = await begin([{ name: 'churn' }]);
    const { data } = await h.call(tool, { endpoint: 'churn', ...args });
    expect(data.error).toMatchObject({ code: 'no_config', next: expect.stringContaining('add_entities') });
    expect(writes(h)).toEqual([]);
  });

  it('takes its first entities', async () => {
    const h = await begin([{ name: 'churn' }]);
    const add = { add_entities: [churnEntity('1', { name: 'a' })], traffic: { a: 100 } };
    const { data } = await h.call('update_endpoint', { endpoint: 'churn', ...add, wait_seconds: 1800 });
    expect(data).toMatchObject({ outcome: 'ready', serving: 'serving a (100 %)' });
  });
});

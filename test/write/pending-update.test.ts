/** Another user's update in progress appears in every preview, question and refusal of a change that would replace it or that it stops. */
import { describe, expect, it } from 'vitest';
import { agree, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint, follow, writes } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const VARIABLES = { TOKEN: '{{secrets/ml/token}}', MODE: 'strict' };
const A = churnEntity('1', { name: 'a', environment_vars: VARIABLES });
const B = churnEntity('2', { name: 'b', environment_vars: VARIABLES });
const LEVEL = 'served_entities.a.environment_vars.LOG_LEVEL';

/** An endpoint with two entities. Another user is setting variables of the first one. */
function updated(variables: Record<string, string> = { LOG_LEVEL: 'DEBUG' }) {
  const routes = [A, B].map(({ name }) => ({ served_entity_name: name, traffic_percentage: 50 }));
  const entities = [{ ...A, environment_vars: { ...VARIABLES, ...variables } }, B];
  const config = { served_entities: entities, traffic_config: { routes } };
  const update = { config, by: 'engineer@example.com', started_minutes_ago: 1 };
  return endpoint('churn', [A, B], [50, 50], { update_in_progress: update });
}

const PENDING = {
  since: TIME,
  started_by: 'engineer@example.com',
  config_version: 2,
  changes: [{ field: LEVEL, to: 'DEBUG' }],
};

const CONFIG_WRITES: [string, Record<string, unknown>][] = [
  ['set_traffic', { traffic: { a: 90, b: 10 } }],
  ['set_traffic', { traffic: { a: 50, b: 50 } }],
  ['update_endpoint', { entity: 'a', workload_size: 'Large' }],
  ['update_endpoint', { entity: 'b', environment_vars: { MODE: 'lax' }, tags: { team: 'x' } }],
  ['update_endpoint', { remove_entities: ['b'], traffic: { a: 100 } }],
  ['swap_version', { entity: 'a', version: '3' }],
];

describe.each(CONFIG_WRITES)('%s %j while another user’s update runs', (tool, args) => {
  it('previews that update, and the refusal', async () => {
    const h = await begin([updated()]);
    const { data, isError } = await h.call(tool, { endpoint: 'churn', ...args, dry_run: true });
    expect(isError).toBe(false);
    expect(data.pending_update).toEqual(PENDING);
    expect(data.would_be_refused.code).toBe('update_in_progress');
  });

  it('is refused with that update, and sends nothing', async () => {
    const h = await begin([updated()]);
    const { data } = await h.call(tool, { endpoint: 'churn', ...args });
    expect(data.error).toMatchObject({ code: 'update_in_progress', retryable: true });
    expect(data.pending_update).toEqual(PENDING);
    expect(data.error.next).not.toContain('engineer');
    expect(writes(h)).toEqual([]);
  });
});

it.each(['environment_vars', 'instance_profile_arn'])(
  'the first %s of an entity make an update another one',
  async (field) => {
    const { environment_vars, instance_profile_arn, ...bare } = churnEntity('1', { name: 'a' });
    const first = { ...bare, [field]: field === 'environment_vars' ? environment_vars : instance_profile_arn };
    const update = { config: { served_entities: [first] }, by: 'engineer@example.com', started_minutes_ago: 1 };
    const h = await begin([endpoint('churn', [bare], [], { update_in_progress: update })]);
    const { data } = await h.call('set_traffic', { endpoint: 'churn', traffic: { a: 100 } });
    expect(data.error).toMatchObject({ code: 'update_in_progress' });
    expect(JSON.stringify(data.pending_update.changes)).toContain(field);
  },
);

it.each(['cli', 'bundle', 'curl'])('%s commands come with the update that they would replace', async (form) => {
  const h = await begin([updated()]);
  const { data } = await h.call('set_traffic', { endpoint: 'churn', traffic: { a: 90, b: 10 }, dry_run: form });
  expect(data.pending_update).toEqual(PENDING);
});

it('an undo previews the update that stops it', async () => {
  const h = await begin([endpoint('churn', [A, B], [50, 50])]);
  const made = await h.call('set_traffic', { endpoint: 'churn', traffic: { a: 90, b: 10 }, wait_seconds: 600 });
  await h.call('update_endpoint', {
    endpoint: 'churn',
    entity: 'a',
    environment_vars: { LOG_LEVEL: 'DEBUG' },
    wait_seconds: 0,
  });
  const id = /"id":"([^"]+)"/.exec(made.data.undo)?.[1];
  const { data } = await h.call('undo_change', { id, dry_run: true });
  expect(data.pending_update.changes).toEqual([{ field: LEVEL, to: 'DEBUG' }]);
  expect(data.would_be_refused.code).toBe('update_in_progress');
});

describe('a deletion during another user’s update', () => {
  it('previews what it would end', async () => {
    const h = await begin([updated()]);
    const { data } = await h.call('delete_endpoint', { endpoint: 'churn', dry_run: true });
    expect(data.pending_update).toEqual(PENDING);
    expect(data.would_be_refused).toBeUndefined();
  });

  it('asks with it', async () => {
    const h = await begin([updated()]);
    const { data } = await h.call('delete_endpoint', { endpoint: 'churn' });
    expect(data.preview.pending_update).toEqual(PENDING);
    expect((await follow(h, data.next)).data.deleted).toBe(true);
  });

  it('asks in the dialog with who started it, since when, and the fields that it changes', async () => {
    const asked: string[] = [];
    const onAsk = (question: string) => {
      asked.push(question);
      return agree();
    };
    const h = await begin([updated()], { onAsk });
    await h.call('delete_endpoint', { endpoint: 'churn' });
    expect(asked[0]).toMatch(/update in progress: by engineer@example\.com since \S+Z: .*LOG_LEVEL/);
  });
});

describe('the update in progress', () => {
  it('is not mentioned by a change that it does not stop and that does not replace it', async () => {
    const h = await begin([updated()]);
    const { data } = await h.call('update_endpoint', { endpoint: 'churn', tags: { team: 'x' }, dry_run: true });
    expect(data.pending_update).toBeUndefined();
    expect(data.would_be_refused).toBeUndefined();
  });

  it('is not mentioned when it is exactly the requested change', async () => {
    const h = await begin([updated()]);
    const args = { endpoint: 'churn', entity: 'a', environment_vars: { LOG_LEVEL: 'DEBUG' } };
    const { data } = await h.call('update_endpoint', { ...args, dry_run: true });
    expect(data).toMatchObject({ changes: [] });
    expect(data.pending_update).toBeUndefined();
    expect((await h.call('update_endpoint', { ...args, wait_seconds: 1800 })).data.outcome).toBe('ready');
  });

  it('is shown without values of its secrets', async () => {
    const h = await begin([updated({ API_TOKEN: 'fake-raw-value' })]);
    const { text } = await h.call('set_traffic', { endpoint: 'churn', traffic: { a: 90, b: 10 }, dry_run: true });
    expect(text).toContain('API_TOKEN');
    expect(text).not.toContain('fake-raw-value');
  });

  it('with many changes is cut, and the number of the others is given', async () => {
    const many = Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`FLAG_${at}`, 'on']));
    const h = await begin([updated(many)]);
    const { data } = await h.call('set_traffic', { endpoint: 'churn', traffic: { a: 90, b: 10 }, dry_run: true });
    expect(data.pending_update.changes).toHaveLength(20);
    expect(data.pending_update.omitted_changes).toBe(5);
  });

  it('without a pending config is still named', async () => {
    const h = await begin([]);
    const config = {
      served_entities: [A, B],
      traffic_config: { routes: [{ served_entity_name: 'a', traffic_percentage: 100 }] },
    };
    const body = { name: 'churn', state: { ready: 'READY', config_update: 'IN_PROGRESS' }, config };
    h.sandbox.faults.add({ match: { path: '/api/2.0/serving-endpoints/churn' }, effect: { status: 200, body } });
    const { data } = await h.call('set_traffic', { endpoint: 'churn', traffic: { a: 90, b: 10 }, dry_run: true });
    expect(data.pending_update).toEqual({});
    expect(data.would_be_refused.code).toBe('update_in_progress');
  });
});

import { describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.ts';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { CHURN_PATH, churnEntity, endpoint, follow, LOAD_ERROR, parseCall, writes } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

const updating = (version: string, active = [churnEntity('1')], by = 'admin@example.com') =>
  endpoint('churn', active, [], { update_in_progress: { by, config: { served_entities: [churnEntity(version)] } } });

/** The service answers this when the endpoint is read. */
const answer = (h: Harness, seen: Record<string, unknown>) =>
  h.sandbox.faults.add({ match: { path: CHURN_PATH }, effect: { status: 200, body: { name: 'churn', ...seen } } });

it('an update that the service says nothing about is no empty object', async () => {
  const h = await begin([]);
  const served_entities = [
    { name: 'a', entity_name: 'm', entity_version: '1', state: { deployment: 'DEPLOYMENT_READY' } },
  ];
  answer(h, { state: { ready: 'READY', config_update: 'IN_PROGRESS' }, config: { served_entities } });
  const { data } = await h.call('wait_for_endpoint', { endpoint: 'churn', wait_seconds: 0 });
  expect(data).toMatchObject({ outcome: 'waiting', note: expect.stringContaining('in progress') });
  expect(data).not.toHaveProperty('pending_update');
});

it.each([true, false])('get_endpoint says that an update of the platform failed: %s', async (failed) => {
  const h = await begin([]);
  answer(h, { state: { ready: 'READY', config_update: 'NOT_UPDATING', system_update_failure: failed }, config: {} });
  const { data } = await h.call('get_endpoint', { endpoint: 'churn' });
  expect(data.system_update_failure).toBe(failed || undefined);
});

describe('an agent whose parts are not listed', () => {
  const TILE = { tile_endpoint_metadata: { tile_id: 't', problem_type: 'MULTI_AGENT_SUPERVISOR' } };
  const READY = { ready: 'READY', config_update: 'NOT_UPDATING' };

  it.each([
    ['an empty config', { state: READY, config: {}, ...TILE }],
    ['no config', { state: READY, ...TILE }],
    ['an empty config, and no metadata', { state: READY, config: {} }],
    ['an empty list of entities', { state: { ready: 'READY' }, config: { served_entities: [] } }],
  ])('is ready with %s', async (_what, seen) => {
    const h = await begin([]);
    answer(h, seen);
    const { data } = await h.call('wait_for_endpoint', { endpoint: 'churn', wait_seconds: 0 });
    expect(data).toMatchObject({
      outcome: 'ready',
      status: 'ready',
      serving: expect.stringContaining('managed elsewhere'),
    });
  });

  it('that is not ready yet is waited for', async () => {
    const h = await begin([]);
    answer(h, { state: { ready: 'NOT_READY' }, config: {}, ...TILE });
    const { data } = await h.call('wait_for_endpoint', { endpoint: 'churn', wait_seconds: 0 });
    expect(data).toMatchObject({ outcome: 'waiting', serving: 'nothing is serving' });
  });

  it.each([{ version: '2' }, { config_version: 2 }])(
    'has no version, so a wait for %j ends and says so',
    async (wanted) => {
      const h = await begin([]);
      answer(h, { state: READY, config: {}, ...TILE });
      const { data } = await h.call('wait_for_endpoint', { endpoint: 'churn', wait_seconds: 60, ...wanted });
      expect(data).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('no version to wait for') });
      expect(data.waited_seconds).toBeLessThan(20);
    },
  );
});

describe('waiting', () => {
  it('answers at once when everything is up', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    const { data } = await h.call('wait_for_endpoint', { endpoint: 'churn', version: '1' });
    expect(data).toMatchObject({ outcome: 'ready', serving: 'serving churn-1 (100 %)', waited_seconds: 0 });
    expect(h.sent()).toEqual([`GET ${CHURN_PATH}`]);
  });

  it('that ends ready says when that was seen, when the last change was, and which call comes next', async () => {
    const h = await begin([updating('2')]);
    const { data } = await h.call('wait_for_endpoint', { endpoint: 'churn', version: '2', wait_seconds: 1800 });
    expect(data).toMatchObject({ outcome: 'ready', became_ready: TIME, last_change: TIME });
    expect(Date.parse(data.became_ready)).toBeLessThanOrEqual(h.sandbox.clock.now());
    expect(data.already_ready).toBeUndefined();
    expect(parseCall(data.next)).toEqual({ name: 'get_schema', args: { endpoint: 'churn' } });
  });

  it('for a swap that still has to move its alias says so, with the call that does it', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    await h.call('swap_version', { endpoint: 'churn', version: '2', alias: 'champion', wait_seconds: 0 });
    const wait = { endpoint: 'churn', wait_seconds: 1800 };
    const { data } = await h.call('wait_for_endpoint', wait);
    expect(data).toMatchObject({
      outcome: 'ready',
      unfinished: { change: expect.any(String), not_done: ['alias champion'] },
    });
    expect(data.next).toBeUndefined();
    const moved = await follow(h, data.unfinished.continue_with);
    expect(moved.data.alias).toEqual({ name: 'champion', version: 2, was: 1 });
    expect((await h.call('wait_for_endpoint', wait)).data.unfinished).toBeUndefined();
  });

  it('for a swap whose alias was moved by hand meanwhile leaves nothing unfinished', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    await h.call('swap_version', { endpoint: 'churn', version: '2', alias: 'champion', wait_seconds: 0 });
    await h.call('set_alias', { model: 'ml.prod.churn', alias: 'champion', version: '2' });
    const { data } = await h.call('wait_for_endpoint', { endpoint: 'churn', wait_seconds: 1800 });
    expect(data.unfinished).toBeUndefined();
    expect(data.next).toBeDefined();
  });

  it('of an endpoint that serves already gives no time of becoming ready, because no one knows it', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    const { data } = await h.call('wait_for_endpoint', { endpoint: 'churn' });
    expect(data).toMatchObject({ outcome: 'ready', already_ready: true, last_change: TIME });
    expect(data.became_ready).toBeUndefined();
  });

  it('that runs out names the update, its start and who started it', async () => {
    const h = await begin([updating('2', undefined, 'engineer@example.com')]);
    const { data } = await h.call('wait_for_endpoint', { endpoint: 'churn', wait_seconds: 0 });
    expect(data.pending_update).toEqual({
      since: TIME,
      minutes: 0,
      started_by: 'engineer@example.com',
      config_version: 2,
    });
  });

  it('for an endpoint that has a config and is not ready does not say that it serves', async () => {
    const h = await begin([]);
    answer(h, {
      state: { ready: 'NOT_READY', config_update: 'NOT_UPDATING' },
      config: { served_entities: [{ name: 'a' }] },
    });
    const { data } = await h.call('wait_for_endpoint', { endpoint: 'churn', wait_seconds: 0 });
    expect(data).toMatchObject({ outcome: 'waiting', serving: 'a will get 100 %, not serving yet' });
  });

  it('does not take READY for done while an update runs', async () => {
    const h = await begin([updating('2')]);
    const { data } = await h.call('wait_for_endpoint', { endpoint: 'churn', version: '2', wait_seconds: 30 });
    expect(data).toMatchObject({ outcome: 'waiting', serving: 'serving churn-1 (100 %)', waited_seconds: 30 });
  });

  it('is an answer when the time runs out; its next call continues and ends', async () => {
    const h = await begin([updating('2')]);
    let { data, isError } = await h.call('wait_for_endpoint', { endpoint: 'churn', version: '2', config_version: 2 });
    expect(isError).toBe(false);
    expect(data.waited_seconds).toBe(40);
    expect(parseCall(data.next)).toEqual({
      name: 'wait_for_endpoint',
      args: { endpoint: 'churn', version: '2', config_version: 2 },
    });
    for (let calls = 0; data.outcome === 'waiting' && calls < 20; calls++)
      ({ data, isError } = await follow(h, data.next));
    expect(data).toMatchObject({ outcome: 'ready', serving: 'serving churn-2 (100 %)' });
    expect(writes(h)).toEqual([]);
  });

  it('ends at once with the reason and the lines that explain it', async () => {
    const h = await begin([updating('4')]);
    const { data, isError } = await h.call('wait_for_endpoint', {
      endpoint: 'churn',
      version: '4',
      wait_seconds: 1800,
    });
    expect(isError).toBe(false);
    expect(data).toMatchObject({
      outcome: 'failed',
      serving: 'serving churn-1 (100 %)',
      failed_entities: [{ name: 'churn-4', message: LOAD_ERROR }],
      update: { since: TIME, started_by: 'admin@example.com', config_version: 2 },
    });
    expect(data.log_lines.join('\n')).toContain("No module named 'sklearn");
    expect(data.waited_seconds).toBeLessThan(300);
    const why = await follow(h, data.next);
    expect(why.data).toMatchObject({ verdict: 'update_failed', findings: [{ code: data.cause }] });
  });

  it('names the config whose lines it shows, and a remedy for a cause that they prove', async () => {
    const h = await begin([updating('4')]);
    const { data } = await h.call('wait_for_endpoint', { endpoint: 'churn', version: '4', wait_seconds: 1800 });
    expect(data).toMatchObject({
      cause: 'sklearn_version',
      log_lines_of: 'churn-4, config version 2',
      remedy: expect.stringContaining('Pin scikit-learn'),
    });
    const queries = h.sandbox.requests.filter(({ path }) => /logs$/.test(path)).map(({ query }) => query);
    expect(queries).toEqual([{ config_version: '2' }, { config_version: '2' }]);
  });

  describe('whose logs say nothing', () => {
    const logs = { 'churn-7': { build: ['name: mlflow-env'], service: [] } };
    const silent = () => begin([{ ...updating('7'), logs }]);
    const event = (message: string, config_version = 2) => ({
      ...{ event_type: 'SERVED_ENTITY_CONTAINER_EVENT', message, config_version },
      ...{ timestamp: 1_700_000_000_000, served_entity_name: 'churn-7' },
    });
    const ask = async (h: Harness, effect: { status: number; body: unknown }) => {
      h.sandbox.faults.add({ match: { path: '**/events' }, effect });
      return h.call('wait_for_endpoint', { endpoint: 'churn', version: '7', wait_seconds: 1800 });
    };

    it('finds the reason in the events of the same config', async () => {
      const events = [
        event('Endpoint update failed for endpoint churn'),
        event('Environment file conda.yaml does not specify mlflow as a dependency'),
        event('Container image creation aborted - unsupported model: x', 1),
        event('Container image creation initiated'),
      ];
      const { data } = await ask(await silent(), { status: 200, body: { events } });
      expect(data.log_lines).toEqual(['event: Environment file conda.yaml does not specify mlflow as a dependency']);
      expect(data.remedy).toContain('mlflow==<version>');
    });

    it('counts the attempts of a build that only timed out', async () => {
      const events = [
        ...Array.from({ length: 3 }, () => event('Container image creation initiated')),
        event('Served entity creation aborted since the update timed out'),
      ];
      const { data } = await ask(await silent(), { status: 200, body: { events } });
      expect(data.log_lines).toContain('event: Container image creation initiated [3 times]');
      expect(data.remedy).toContain('Keep the artifacts of the model small');
    });

    it.each([403, 404, 501])('and claims nothing where events answer %i', async (status) => {
      const { data, isError } = await ask(await silent(), { status, body: { error_code: 'X', message: 'x' } });
      expect(isError).toBe(false);
      expect(data).toMatchObject({ outcome: 'failed', failed_entities: [{ message: 'Build failed.' }] });
      expect([data.log_lines, data.log_lines_of, data.remedy]).toEqual([undefined, undefined, undefined]);
    });

    it('advises by the message of the service where it has the reason', async () => {
      const h = await silent();
      const message = 'served entity creation aborted because the resource did not become available in time';
      answer(h, {
        state: { ready: 'READY', config_update: 'UPDATE_FAILED' },
        config: { config_version: 1, served_entities: [{ name: 'churn-1' }] },
        pending_config: {
          config_version: 2,
          served_entities: [
            { name: 'churn-7', state: { deployment: 'DEPLOYMENT_FAILED', deployment_state_message: message } },
          ],
        },
      });
      const { data } = await ask(h, { status: 404, body: {} });
      expect(data.remedy).toContain('Try again later, or choose another workload type');
    });
  });

  it('for a version that is not there and not coming says so, after giving old readings a chance', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    const { data } = await h.call('wait_for_endpoint', { endpoint: 'churn', version: '2' });
    expect(data).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('version 2 is not in the active config'),
    });
    expect(data.waited_seconds).toBeGreaterThanOrEqual(10);
    expect(data.waited_seconds).toBeLessThan(20);
  });

  it('without a version on an endpoint that never got a config says that it will not become ready', async () => {
    const h = await begin([{ name: 'churn' }]);
    const { data } = await h.call('wait_for_endpoint', { endpoint: 'churn' });
    expect(data).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('it will not become ready') });
  });

  it('takes scaled to zero for ready and says so', async () => {
    const idle = endpoint('churn', [churnEntity('1', { scale_to_zero_enabled: true })], [], {
      idle_since_minutes_ago: 60,
    });
    const h = await begin([idle]);
    const { data } = await h.call('wait_for_endpoint', { endpoint: 'churn' });
    expect(data).toMatchObject({ outcome: 'ready', serving: 'serving churn-1 (100 %, scaled to zero)' });
  });

  it('lasts 40 s by default, and reads at most every five seconds after the first ten', async () => {
    const h = await begin([updating('2')]);
    await h.call('wait_for_endpoint', { endpoint: 'churn' });
    const looks = h.sandbox.requests.map((request) => request.at);
    const first = looks[0] ?? 0;
    expect(h.slept()).toBe(40_000);
    expect(looks.filter((at) => at - first > 10_000).length).toBeLessThanOrEqual(6);
  });

  it('shows progress that grows to the end', async () => {
    const h = await begin([updating('2')]);
    const seen: number[] = [];
    const messages = new Set<string>();
    await h.call(
      'wait_for_endpoint',
      { endpoint: 'churn', wait_seconds: 600 },
      {
        onprogress: ({ progress, message }) => {
          seen.push(progress);
          messages.add(String(message).replace(/ \(\d+ s\)$/, ''));
        },
      },
    );
    expect(seen.length).toBeGreaterThan(20);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    expect(seen.at(-1)).toBeLessThanOrEqual(1);
    expect([...messages]).toEqual(['churn: churn-2 is creating']);
  });

  it('stops looking when it is cancelled', async () => {
    const controller = new AbortController();
    const h = await begin([updating('2')], { onSleep: () => controller.abort('enough') });
    const call = h.call('wait_for_endpoint', { endpoint: 'churn' }, { signal: controller.signal });
    await expect(call).rejects.toThrow();
    await h.settled();
    expect(h.sent()).toHaveLength(1);
  });

  it('continues when a read fails, and ends when the caller may not view', async () => {
    const h = await begin([updating('2')]);
    h.sandbox.faults.add({ match: { path: CHURN_PATH }, skip: 1, times: 8, effect: { cut: 'before' } });
    expect(
      (await h.call('wait_for_endpoint', { endpoint: 'churn', version: '2', wait_seconds: 900 })).data.outcome,
    ).toBe('ready');
    const blind = await begin([updating('2')], { as: 'analyst@example.com' });
    const { isError, data } = await blind.call('wait_for_endpoint', { endpoint: 'churn' });
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ code: 'PERMISSION_DENIED', next: expect.stringContaining('CAN_VIEW') });
  });
});

describe('bad input', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['no endpoint', {}, /endpoint/],
    ['an unknown argument', { endpoint: 'churn', timeout: 5 }, /unknown argument "timeout"/],
    ['a negative wait', { endpoint: 'churn', wait_seconds: -1 }, /wait_seconds/],
    ['a wait of hours', { endpoint: 'churn', wait_seconds: 100_000 }, /wait_seconds/],
    [
      'an alias, which nothing would resolve',
      { endpoint: 'churn', version: '@champion' },
      /version number such as "3".*list_model_versions/,
    ],
    ['config version 0', { endpoint: 'churn', config_version: 0 }, /config_version/],
    ['a list', { endpoint: ['churn'] }, /endpoint/],
  ])('%s is refused and nothing is sent', async (_what, args, message) => {
    const h = await begin([]);
    const { data, isError } = await h.call('wait_for_endpoint', args);
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ code: 'invalid_arguments', message: expect.stringMatching(message) });
    expect(h.sent()).toEqual([]);
  });
});

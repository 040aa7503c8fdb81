import { describe, expect, it } from 'vitest';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import {
  ALIAS_PATH,
  aliasVersion,
  BOT,
  bodies,
  CHURN_PATH,
  CONFIG_PATH,
  churnEntity,
  endpoint,
  follow,
  LOAD_ERROR,
  parseCall,
  SETTINGS,
  undoCalls,
  writes,
} from '../support/workspace.ts';

const begin = useHarness(
  (
    endpoints: unknown[] = [endpoint('churn', [churnEntity('1')])],
    options: HarnessOptions = {},
    more: Record<string, unknown> = {},
  ) => withEndpoints(endpoints, options, more),
);

/** The answer of each version to x = 3, which shows which one serves. */
async function servingVersion(harness: Harness): Promise<number> {
  const answer = await harness.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 3 }] });
  return answer.data.predictions[0] - 6;
}

const LONG = { wait_seconds: 1800 };

describe('a swap', () => {
  it('sends the whole config with the version changed, waits, then moves the alias, in this order', async () => {
    const h = await begin();
    const { data, isError } = await h.call('swap_version', {
      endpoint: 'churn',
      version: '2',
      alias: 'champion',
      ...LONG,
    });
    expect(isError).toBe(false);
    expect(data).toMatchObject({
      changed: true,
      version: '2',
      outcome: 'ready',
      status: 'ready',
      serving: 'serving churn-2 (100 %)',
      config_version: 2,
      alias: { name: 'champion', version: 2, was: 1 },
    });
    expect(writes(h)).toEqual([`PUT ${CONFIG_PATH}`, `PUT ${ALIAS_PATH}`]);
    expect(bodies(h, 'PUT', CONFIG_PATH)).toEqual([
      {
        served_entities: [{ name: 'churn-2', entity_name: 'ml.prod.churn', entity_version: '2', ...SETTINGS }],
        traffic_config: { routes: [{ served_entity_name: 'churn-2', traffic_percentage: 100 }] },
      },
    ]);
    expect(bodies(h, 'PUT', ALIAS_PATH)).toEqual([{ version_num: 2 }]);
    expect(await servingVersion(h)).toBe(2);
    expect(await aliasVersion(h)).toBe(2);
  });

  it('moves the alias only when the version serves: the last thing before it is a reading that says so', async () => {
    const h = await begin();
    await h.call('swap_version', { endpoint: 'churn', version: '2', alias: 'champion', ...LONG });
    const sent = h.sent();
    expect(sent.at(-1)).toBe(`PUT ${ALIAS_PATH}`);
    // Between them one look at where the alias is now, and one at what serves.
    expect(sent.slice(-3, -1).sort()).toEqual([
      `GET ${CHURN_PATH}`,
      expect.stringMatching(/^GET .*unity-catalog\/models/),
    ]);
    expect(sent.at(-4)).toBe(`GET ${CHURN_PATH}`);
    const put = h.sandbox.requests.findLast((request) => request.path === ALIAS_PATH);
    const config = h.sandbox.requests.find((request) => request.path === CONFIG_PATH);
    // Version 2 takes three minutes to deploy.
    expect((put?.at ?? 0) - (config?.at ?? 0)).toBeGreaterThanOrEqual(3 * 60_000);
  });

  it('keeps a sibling of another model with its share and its settings', async () => {
    const sibling = {
      name: 'other',
      entity_name: 'ml.prod.other',
      entity_version: '1',
      workload_size: 'Small',
      scale_to_zero_enabled: true,
    };
    const h = await begin([endpoint('churn', [churnEntity('1', { name: 'churn-1' }), sibling], [70, 30])]);
    await h.call('swap_version', { endpoint: 'churn', version: '2', entity: 'churn-1', ...LONG });
    const [body] = bodies(h, 'PUT', CONFIG_PATH);
    expect(body).toMatchObject({
      served_entities: expect.arrayContaining([expect.objectContaining(sibling)]),
      traffic_config: {
        routes: expect.arrayContaining([
          { served_entity_name: 'churn-2', traffic_percentage: 70 },
          { served_entity_name: 'other', traffic_percentage: 30 },
        ]),
      },
    });
  });

  it('leaves gateway, tags and description as they were', async () => {
    const more = {
      description: 'kept',
      tags: [{ key: 'team', value: 'retention' }],
      ai_gateway: {
        usage_tracking_config: { enabled: true },
        rate_limits: [{ calls: 9, key: 'user', renewal_period: 'minute' }],
      },
    };
    const h = await begin([endpoint('churn', [churnEntity('1')], [], more)]);
    await h.call('swap_version', { endpoint: 'churn', version: '2', ...LONG });
    const { data } = await h.call('get_endpoint', { endpoint: 'churn' });
    expect(data).toMatchObject({
      description: 'kept',
      tags: { team: 'retention' },
      gateway: { usage_tracking_config: { enabled: true }, rate_limits: ['user: 9 calls per minute'] },
    });
  });

  it('takes a number, a text or an alias for the version', async () => {
    const h = await begin();
    for (const version of [2, '2', '@champion']) {
      const { data } = await h.call('swap_version', { endpoint: 'churn', version, dry_run: true });
      const changed = version === '@champion' ? [] : [expect.objectContaining({ field: 'served_entities.churn-1' })];
      expect(data.changes).toEqual(expect.arrayContaining(changed));
      expect(data.changes.length > 0).toBe(version !== '@champion');
    }
    expect(writes(h)).toEqual([]);
  });

  it('is undone by the call it gives, alias too', async () => {
    const h = await begin();
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '2', alias: 'champion', ...LONG });
    const back = parseCall(data.undo);
    expect(await undoCalls(h, data.undo)).toMatchObject([
      { tool: 'swap_version', args: { version: '1', alias: 'champion' } },
    ]);
    const undone = await h.call(back.name, { ...back.args, ...LONG });
    expect(undone.data).toMatchObject({ outcome: 'ready', alias: { version: 1 } });
    expect(await servingVersion(h)).toBe(1);
    expect(await aliasVersion(h)).toBe(1);
  });

  it('starts where the first deployment failed and nothing serves yet', async () => {
    const h = await begin([]);
    await h.call('create_endpoint', { endpoint: 'churn', model: 'ml.prod.churn', version: '4', wait_seconds: 1800 });
    const { data, isError } = await h.call('swap_version', { endpoint: 'churn', version: '2', ...LONG });
    expect({ isError, outcome: data.outcome, serving: data.serving }).toEqual({
      isError: false,
      outcome: 'ready',
      serving: 'serving churn-2 (100 %)',
    });
  });
});

describe('a repeat', () => {
  it('of a swap that took effect sends nothing and says changed: false', async () => {
    const h = await begin();
    const call = { endpoint: 'churn', version: '2', alias: 'champion', ...LONG };
    await h.call('swap_version', call);
    const before = writes(h).length;
    const { data } = await h.call('swap_version', call);
    expect(data).toMatchObject({ changed: false, outcome: 'ready', alias: { version: 2 } });
    expect(data.undo).toBeUndefined();
    expect(writes(h)).toHaveLength(before);
  });

  it('moves only the alias when only that is missing', async () => {
    const h = await begin();
    await h.call('swap_version', { endpoint: 'churn', version: '2', ...LONG });
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '2', alias: 'champion' });
    expect(data).toMatchObject({ changed: true, alias: { version: 2, was: 1 } });
    expect(writes(h)).toEqual([`PUT ${CONFIG_PATH}`, `PUT ${ALIAS_PATH}`]);
    // Its undo brings back the alias and nothing else: the version served before this call.
    await follow(h, data.undo);
    expect(await aliasVersion(h)).toBe(1);
    expect(await servingVersion(h)).toBe(2);
  });

  it('while the same update runs waits for it instead of sending it again', async () => {
    const h = await begin();
    await h.call('swap_version', { endpoint: 'churn', version: '2', wait_seconds: 0 });
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '2', ...LONG });
    expect(data).toMatchObject({ changed: false, outcome: 'ready', serving: 'serving churn-2 (100 %)' });
    expect(writes(h)).toEqual([`PUT ${CONFIG_PATH}`]);
  });

  it('finds the active version serving although another update failed in between', async () => {
    const h = await begin();
    await h.call('swap_version', { endpoint: 'churn', version: '4', ...LONG });
    const { data, isError } = await h.call('swap_version', { endpoint: 'churn', version: '1', alias: 'champion' });
    expect({ isError, outcome: data.outcome, changed: data.changed }).toEqual({
      isError: false,
      outcome: 'ready',
      changed: false,
    });
  });
});

describe('a wait that runs out', () => {
  it('is an answer whose next call, made literally, continues and finishes the job', async () => {
    const h = await begin();
    let { data } = await h.call('swap_version', { endpoint: 'churn', version: '2', alias: 'champion' });
    expect(data).toMatchObject({
      changed: true,
      outcome: 'waiting',
      serving: 'serving churn-1 (100 %)',
      waited_seconds: 40,
      config_version: 2,
      alias: { name: 'champion', version: 1 },
    });
    let calls = 0;
    for (; data.outcome === 'waiting' && calls < 30; calls++) {
      expect(parseCall(data.next).args).toMatchObject({ config_version: 2, alias: 'champion' });
      expect(await aliasVersion(h)).toBe(1);
      ({ data } = await follow(h, data.next));
    }
    expect(calls).toBe(4); // three minutes in pieces of 40 s
    expect(data).toMatchObject({ outcome: 'ready', alias: { version: 2, was: 1 } });
    expect(writes(h)).toEqual([`PUT ${CONFIG_PATH}`, `PUT ${ALIAS_PATH}`]);
  });

  it('keeps what the first call asked for: share and probe', async () => {
    const h = await begin();
    const probe = { dataframe_records: [{ x: 1 }] };
    const { data } = await h.call('swap_version', {
      endpoint: 'churn',
      version: '2',
      traffic_percent: 10,
      probe,
      wait_seconds: 0,
    });
    expect(parseCall(data.next).args).toMatchObject({ traffic_percent: 10, probe, config_version: 2 });
  });

  it('with wait_seconds 0 answers after one look', async () => {
    const h = await begin();
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '2', wait_seconds: 0 });
    expect(data).toMatchObject({ outcome: 'waiting', waited_seconds: 0 });
    expect(h.slept()).toBe(0);
  });

  it('and then fails says so on the next call, with the reason', async () => {
    const h = await begin();
    const first = await h.call('swap_version', { endpoint: 'churn', version: '4', alias: 'champion' });
    h.sandbox.clock.advance(10 * 60_000);
    const { isError, data } = await follow(h, first.data.next);
    expect(isError).toBe(true);
    expect(data).toMatchObject({ error: { code: 'update_failed' }, outcome: 'failed', alias: { version: 1 } });
    expect(await aliasVersion(h)).toBe(1);
  });
});

describe('a swap that fails', () => {
  it('leaves the old version serving and the alias where it was, and says both with the reason and the log lines', async () => {
    const h = await begin();
    const { data, isError } = await h.call('swap_version', {
      endpoint: 'churn',
      version: '4',
      alias: 'champion',
      ...LONG,
    });
    expect(isError).toBe(true);
    expect(data).toMatchObject({
      error: { code: 'update_failed', retryable: false },
      changed: false,
      outcome: 'failed',
      serving: 'serving churn-1 (100 %)',
      failed_entities: [{ name: 'churn-4', message: LOAD_ERROR }],
      alias: { name: 'champion', version: 1 },
    });
    expect(data.error.message).toContain('keeps serving');
    expect(data.error.message).toContain('alias champion was not moved');
    expect(data.log_lines.join('\n')).toContain("No module named 'sklearn.ensemble._gb_losses'");
    expect(writes(h)).toEqual([`PUT ${CONFIG_PATH}`]);
    expect(await servingVersion(h)).toBe(1);
    expect(await aliasVersion(h)).toBe(1);
  });

  it('where nothing served before does not claim that something keeps serving', async () => {
    const h = await begin([]);
    await h.call('create_endpoint', { endpoint: 'churn', model: 'ml.prod.churn', version: '4', ...LONG });
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '7', ...LONG });
    expect(data.serving).toBe('nothing is serving');
    expect(data.error.message).toContain('nothing serves there yet');
    expect(data.error.message).not.toContain('keeps serving');
  });

  it('while its image is built shows the build log', async () => {
    const h = await begin();
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '7', ...LONG });
    expect(data.log_lines.join('\n')).toMatch(/^build: .*ResolutionImpossible: numpy$/m);
  });

  it('by its probe keeps the alias and reports the traffic truthfully', async () => {
    const h = await begin();
    const probe = { dataframe_records: [{ wrong: 1 }] };
    const { data, isError } = await h.call('swap_version', {
      endpoint: 'churn',
      version: '2',
      alias: 'champion',
      probe,
      ...LONG,
    });
    expect(isError).toBe(true);
    expect(data).toMatchObject({
      error: { code: 'probe_failed' },
      changed: true,
      serving: 'serving churn-2 (100 %)',
      alias: { version: 1 },
    });
    expect(bodies(h, 'POST', '/serving-endpoints/churn/served-models/churn-2/invocations')).toEqual([probe]);
    expect(await aliasVersion(h)).toBe(1);
  });

  it('is probed at the own URL of a route-optimized endpoint, where a part of the traffic cannot be probed', async () => {
    const h = await begin(
      [
        endpoint('churn', [churnEntity('1')], [], {
          route_optimized: true,
          grants: [{ service_principal_name: BOT, permission_level: 'CAN_MANAGE' }],
        }),
      ],
      { client: { id: BOT, secret: 'sandbox-not-a-secret' } },
      {
        service_principals: [
          { application_id: BOT, display_name: 'deploy-bot', client_secret: 'sandbox-not-a-secret', admin: true },
        ],
      },
    );
    const probe = { dataframe_records: [{ x: 1 }] };
    const canary = await h.call('swap_version', {
      endpoint: 'churn',
      version: '2',
      traffic_percent: 10,
      probe,
      ...LONG,
    });
    expect(canary.data.error.code).toBe('probe_needs_all_traffic');
    expect(writes(h).filter((each) => !each.includes('/oidc/'))).toEqual([]);
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '2', probe, ...LONG });
    expect(data).toMatchObject({ outcome: 'ready', probe: { ok: true } });
    expect(writes(h).at(-1)).toMatch(/^POST \/route-optimized\/.*\/serving-endpoints\/churn\/invocations$/);
  });

  it('by its probe continues when the probe is corrected', async () => {
    const h = await begin();
    const call = { endpoint: 'churn', version: '2', alias: 'champion', ...LONG };
    await h.call('swap_version', { ...call, probe: { dataframe_records: [{ wrong: 1 }] } });
    const { data } = await h.call('swap_version', { ...call, probe: { dataframe_records: [{ x: 1 }] } });
    expect(data).toMatchObject({ probe: { ok: true }, alias: { version: 2 } });
    expect(writes(h).filter((each) => each.startsWith('PUT'))).toEqual([`PUT ${CONFIG_PATH}`, `PUT ${ALIAS_PATH}`]);
  });

  it('by its alias says that the version serves, and its next call moves only the alias', async () => {
    const h = await begin();
    h.sandbox.faults.add({
      match: { method: 'PUT', path: ALIAS_PATH },
      times: 1,
      effect: { status: 403, body: { error_code: 'PERMISSION_DENIED', message: 'User is not an owner' } },
    });
    const { data, isError } = await h.call('swap_version', {
      endpoint: 'churn',
      version: '2',
      alias: 'champion',
      ...LONG,
    });
    expect(isError).toBe(true);
    expect(data).toMatchObject({
      error: { code: 'alias_not_moved' },
      changed: true,
      serving: 'serving churn-2 (100 %)',
      alias: { version: 1 },
      cause: expect.stringContaining('not an owner'),
    });
    const again = await follow(h, data.error.next.replace(': it will only move the alias.', ''));
    expect(again.data).toMatchObject({ outcome: 'ready', alias: { version: 2 } });
    expect(bodies(h, 'PUT', CONFIG_PATH)).toHaveLength(1);
    expect(await aliasVersion(h)).toBe(2);
  });
});

describe('a canary', () => {
  it('shares the traffic, grows, and ends with the alias', async () => {
    const h = await begin();
    const first = await h.call('swap_version', { endpoint: 'churn', version: '2', traffic_percent: 10, ...LONG });
    expect(first.data.serving).toMatch(/churn-1 \(90 %\)/);
    expect(first.data.serving).toMatch(/churn-2 \(10 %\)/);
    const last = await h.call('swap_version', { endpoint: 'churn', version: '2', alias: 'champion', ...LONG });
    expect(last.data).toMatchObject({ serving: 'serving churn-2 (100 %)', alias: { version: 2 } });
  });

  it('never moves an alias to a version that most requests do not reach, on a repeat neither', async () => {
    const h = await begin();
    const canary = { endpoint: 'churn', version: '2', traffic_percent: 10, ...LONG };
    const refused = await h.call('swap_version', { ...canary, alias: 'champion' });
    expect(refused.data.error.code).toBe('alias_needs_all_traffic');
    expect(writes(h)).toEqual([]);
    await h.call('swap_version', canary);
    for (const extra of [{}, { traffic_percent: undefined, entity: 'churn-2' }]) {
      const repeat = await h.call('swap_version', { ...canary, ...extra, alias: 'champion' });
      expect(repeat.data.error.code).toBe('alias_needs_all_traffic');
    }
    expect(await aliasVersion(h)).toBe(1);
  });

  it('is undone by the call it gives', async () => {
    const h = await begin();
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '2', traffic_percent: 10, ...LONG });
    const back = parseCall(data.undo);
    const undone = await h.call(back.name, { ...back.args, ...LONG });
    expect(undone.data.serving).toBe('serving churn-1 (100 %)');
  });
});

describe('preview and guard', () => {
  it('dry_run sends nothing and shows what would be sent; its fingerprint is honoured', async () => {
    const h = await begin();
    const { data } = await h.call('swap_version', {
      endpoint: 'churn',
      version: '2',
      alias: 'champion',
      dry_run: true,
    });
    expect(writes(h)).toEqual([]);
    expect(data).toMatchObject({ dry_run: true, changed: false });
    expect(data.changes).toContainEqual({ field: 'alias champion', from: 1, to: 2 });
    const planned = data.requests;
    await h.call('swap_version', {
      endpoint: 'churn',
      version: '2',
      alias: 'champion',
      if_fingerprint: data.fingerprint,
      ...LONG,
    });
    expect(planned.map((request: { method: string; path: string }) => `${request.method} ${request.path}`)).toEqual(
      writes(h),
    );
    expect(planned[0].body).toEqual(bodies(h, 'PUT', CONFIG_PATH)[0]);
  });

  it('if_fingerprint refuses when the endpoint changed since', async () => {
    const h = await begin();
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '2', dry_run: true });
    await h.call('set_rate_limits', { endpoint: 'churn', set: [{ key: 'user', calls: 7 }] });
    const before = writes(h).length;
    const refused = await h.call('swap_version', { endpoint: 'churn', version: '2', if_fingerprint: data.fingerprint });
    expect(refused).toMatchObject({ isError: true, data: { error: { code: 'fingerprint_mismatch' } } });
    expect(writes(h)).toHaveLength(before);
    expect(parseCall(refused.data.error.next).name).toBe('get_endpoint');
  });
});

describe('bad input', () => {
  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ['an unknown argument', { endpoint: 'churn', verison: '2' }, 'invalid_arguments', /did you mean "version"/],
    ['a version that is not a number', { endpoint: 'churn', version: 'v2' }, 'invalid_arguments', /version number/],
    ['version 0', { endpoint: 'churn', version: 0 }, 'invalid_arguments', /version/],
    ['101 %', { endpoint: 'churn', version: '2', traffic_percent: 101 }, 'invalid_arguments', /traffic_percent/],
    ['-1 %', { endpoint: 'churn', version: '2', traffic_percent: -1 }, 'invalid_arguments', /traffic_percent/],
    [
      'half a percent',
      { endpoint: 'churn', version: '2', traffic_percent: 0.5 },
      'invalid_arguments',
      /traffic_percent/,
    ],
    ['a wait of hours', { endpoint: 'churn', version: '2', wait_seconds: 1801 }, 'invalid_arguments', /wait_seconds/],
    ['an alias with @', { endpoint: 'churn', version: '2', alias: '@champion' }, 'invalid_arguments', /alias/],
    ['a path as a name', { endpoint: '../churn', version: '2' }, 'invalid_arguments', /letters, digits/],
    ['an encoded slash', { endpoint: 'a%2Fb', version: '2' }, 'invalid_arguments', /letters, digits/],
    ['a control character', { endpoint: 'chu\nrn', version: '2' }, 'invalid_arguments', /letters, digits/],
    ['a version that does not exist', { endpoint: 'churn', version: '99' }, 'version_not_found', /no version 99/],
    ['an alias that does not exist', { endpoint: 'churn', version: '@nobody' }, 'version_not_found', /no alias nobody/],
    [
      'a version still being registered',
      { endpoint: 'churn', version: '5' },
      'version_not_ready',
      /PENDING_REGISTRATION/,
    ],
    [
      'a version whose registration failed',
      { endpoint: 'churn', version: '6' },
      'version_not_ready',
      /FAILED_REGISTRATION/,
    ],
    [
      'an entity that is not there',
      { endpoint: 'churn', version: '2', entity: 'nope' },
      'unknown_entity',
      /no served entity named nope/,
    ],
  ])('%s is refused, with nothing sent', async (what, args, code, message) => {
    const h = await begin();
    const { data, isError } = await h.call('swap_version', { alias: 'champion', ...args });
    expect(isError).toBe(true);
    // Only a version in registration may become READY later.
    expect(data.error).toMatchObject({ code, retryable: what === 'a version still being registered' });
    expect(data.error.message).toMatch(message);
    expect(data.error.next).not.toBe('');
    expect(writes(h)).toEqual([]);
  });

  it('a version that does not exist is answered with those that do', async () => {
    const h = await begin();
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '99' });
    expect(data.error.next).toBe('READY versions: 7, 4, 3, 2, 1.');
  });

  it('an endpoint that does not exist is answered with where the names are', async () => {
    const h = await begin();
    const { data } = await h.call('swap_version', { endpoint: 'chrn', version: '2' });
    expect(data.error).toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
      next: expect.stringContaining('list_endpoints'),
    });
    expect(data.error.request_id).toMatch(/-/);
  });

  it('an update that someone else started is refused, not overwritten', async () => {
    const update = { config: { served_entities: [churnEntity('3')] }, by: 'engineer@example.com' };
    const h = await begin([endpoint('churn', [churnEntity('1')], [], { update_in_progress: update })]);
    const { data, isError } = await h.call('swap_version', { endpoint: 'churn', version: '2', alias: 'champion' });
    expect(isError).toBe(true);
    expect(data.error.code).toBe('update_in_progress');
    expect(parseCall(data.error.next.replace(', then repeat this call.', ''))).toEqual({
      name: 'wait_for_endpoint',
      args: { endpoint: 'churn' },
    });
    expect(writes(h)).toEqual([]);
  });

  it('an update that began between read and write is reported as the service’s conflict', async () => {
    const h = await begin();
    const conflict = { error_code: 'RESOURCE_CONFLICT', message: 'Endpoint churn is currently updating.' };
    h.sandbox.faults.add({ match: { method: 'PUT', path: CONFIG_PATH }, effect: { status: 409, body: conflict } });
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '2', alias: 'champion' });
    expect(data.error).toMatchObject({ code: 'RESOURCE_CONFLICT', next: expect.stringContaining('wait_for_endpoint') });
    expect(bodies(h, 'PUT', ALIAS_PATH)).toEqual([]);
  });

  it('a caller who may only view learns which grant is missing', async () => {
    const grants = [{ user_name: 'analyst@example.com', permission_level: 'CAN_VIEW' }];
    const h = await begin([endpoint('churn', [churnEntity('1')], [], { grants })], { as: 'analyst@example.com' });
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '2' });
    expect(data.error).toMatchObject({ code: 'PERMISSION_DENIED', next: expect.stringContaining('CAN_MANAGE') });
  });

  it('an endpoint of external models has no version to swap', async () => {
    const external = {
      name: 'gpt',
      external_model: {
        provider: 'openai',
        name: 'gpt-4o',
        task: 'llm/v1/chat',
        openai_config: { openai_api_key_plaintext: 'fake-not-a-key' },
      },
    };
    const h = await begin([endpoint('churn', [external])]);
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '2' });
    expect(data.error.code).toBe('no_model');
    expect(writes(h)).toEqual([]);
  });
});

describe('answers that get lost or lag behind', () => {
  it('a lost answer to the PUT is resolved by reading: sent once, and the swap continues', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'PUT', path: CONFIG_PATH }, times: 1, effect: { lost_reply: true } });
    const { data, isError } = await h.call('swap_version', {
      endpoint: 'churn',
      version: '2',
      alias: 'champion',
      ...LONG,
    });
    expect(isError).toBe(false);
    expect(data).toMatchObject({ changed: true, outcome: 'ready', config_version: 2, alias: { version: 2 } });
    expect(bodies(h, 'PUT', CONFIG_PATH)).toHaveLength(1);
  });

  it('a PUT that never arrived is reported as unknown, with the call that shows the state, and nothing is sent again', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'PUT', path: CONFIG_PATH }, times: 1, effect: { cut: 'before' } });
    const { data, isError } = await h.call('swap_version', {
      endpoint: 'churn',
      version: '2',
      alias: 'champion',
      ...LONG,
    });
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({
      code: 'connection',
      retryable: false,
      next: expect.stringContaining('get_endpoint'),
    });
    expect(bodies(h, 'PUT', CONFIG_PATH)).toHaveLength(1);
    expect(await aliasVersion(h)).toBe(1);
  });

  it('a 503 on the PUT is reported: nothing was changed, and the same call plans again', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'PUT', path: CONFIG_PATH }, times: 1, effect: { status: 503, body: {} } });
    const call = { endpoint: 'churn', version: '2', ...LONG };
    expect((await h.call('swap_version', call)).data.error).toMatchObject({
      retryable: true,
      next: expect.stringContaining('changed nothing'),
    });
    expect(bodies(h, 'PUT', CONFIG_PATH)).toHaveLength(1);
    expect((await h.call('swap_version', call)).data.outcome).toBe('ready');
  });

  it.each([
    ['2', false, 2],
    ['4', true, 1],
  ])(
    'old readings after the write give neither a false ready nor a false failure (version %s)',
    async (version, fails, alias) => {
      const h = await begin();
      h.sandbox.faults.add({ match: { method: 'GET', path: CHURN_PATH }, skip: 1, times: 5, effect: { stale: true } });
      const { data, isError } = await h.call('swap_version', {
        endpoint: 'churn',
        version,
        alias: 'champion',
        ...LONG,
      });
      expect(isError).toBe(fails);
      expect(data.outcome).toBe(fails ? 'failed' : 'ready');
      expect(await aliasVersion(h)).toBe(alias);
    },
  );

  it('a reading that fails now and then does not end the wait', async () => {
    const h = await begin();
    h.sandbox.faults.add({
      match: { method: 'GET', path: CHURN_PATH },
      skip: 3,
      times: 9,
      effect: { status: 500, body: {} },
    });
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '2', ...LONG });
    expect(data.outcome).toBe('ready');
  });

  it('a lost answer to the alias PUT is sent again: it names the same version twice', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'PUT', path: ALIAS_PATH }, times: 1, effect: { lost_reply: true } });
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '2', alias: 'champion', ...LONG });
    expect(data.alias).toMatchObject({ version: 2 });
    expect(bodies(h, 'PUT', ALIAS_PATH)).toEqual([{ version_num: 2 }, { version_num: 2 }]);
  });
});

describe('progress and cancellation', () => {
  it('progress grows and says what is happening', async () => {
    const h = await begin();
    const seen: { progress: number; total?: number; message?: string }[] = [];
    await h.call('swap_version', { endpoint: 'churn', version: '2' }, { onprogress: (each) => void seen.push(each) });
    expect(seen.length).toBeGreaterThan(5);
    for (const [at, each] of seen.entries()) {
      expect(each.progress).toBeGreaterThan(seen[at - 1]?.progress ?? -1);
      expect(each.progress).toBeLessThanOrEqual(each.total ?? 0);
      expect(each.message).toContain('churn-2 is creating');
    }
  });

  it('without a progress token none is sent', async () => {
    const h = await begin();
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '2' });
    expect(data.outcome).toBe('waiting');
  });

  it('cancelling stops the polling and not the deployment, and the alias stays', async () => {
    const controller = new AbortController();
    let sleeps = 0;
    const h = await begin(undefined, {
      onSleep: () => {
        sleeps++;
        if (sleeps === 3) controller.abort('enough');
      },
    });
    const call = h.call(
      'swap_version',
      { endpoint: 'churn', version: '2', alias: 'champion', ...LONG },
      { signal: controller.signal },
    );
    await expect(call).rejects.toThrow();
    await h.settled();
    expect(sleeps).toBe(3);
    h.sandbox.clock.advance(20 * 60_000);
    expect(await servingVersion(h)).toBe(2);
    expect(await aliasVersion(h)).toBe(1);
  });
});

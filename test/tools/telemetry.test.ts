/** Telemetry is written on create and by its own route, with preview, policy and undo. The service drops or ignores some of it silently, and the tools do not. */
import { describe, expect, it } from 'vitest';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { ask, expectRefusal, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import {
  bodies,
  CHURN_PATH,
  CONFIG_PATH,
  churnEntity,
  endpoint,
  follow,
  GPT,
  undoCalls,
  writes,
} from '../support/workspace.ts';

const begin = useHarness((options: HarnessOptions = {}, more: Record<string, unknown> = {}) =>
  withEndpoints([endpoint('churn', [churnEntity('1')], [], more), endpoint('out', [GPT])], options),
);

const CHURN = { endpoint: 'churn' };
const PATH = `${CHURN_PATH}/telemetry-config`;
const LOGS = 'ml.observe.churn_logs';
const TABLES = { table_names: { logs_table: LOGS } };
const PROFILE = /^[0-9a-f-]{36}$/;

const stored = async (h: Harness) => ((await ask(h, CHURN_PATH)) as Record<string, unknown>).telemetry_config;

/** Sets telemetry past the server under test. @returns what the service stores. */
async function given(h: Harness, telemetry: Record<string, unknown> = { ...TABLES, ...SOME }) {
  await ask(h, PATH, { method: 'PATCH', body: JSON.stringify({ telemetry_config: telemetry }) });
  return (await stored(h)) as Record<string, unknown>;
}
const SOME = {
  enabled_telemetry_features: ['TELEMETRY_FEATURE_LOGS'],
  inference_table_config: { sampling_fraction: 0.5 },
};

const set = (h: Harness, telemetry: unknown, more: Record<string, unknown> = {}) =>
  h.call('update_endpoint', { ...CHURN, telemetry, ...more });

describe('update_endpoint sets telemetry', () => {
  it('by its route, and shows the profile that the service makes from the tables', async () => {
    const h = await begin();
    const { data } = await set(h, TABLES);
    expect(data).toMatchObject({
      changed: true,
      telemetry: {
        telemetry_profile_id: expect.stringMatching(PROFILE),
        inference_table_config: { name: `${LOGS}_payload` },
      },
      changes: [{ field: 'telemetry', to: TABLES }],
    });
    expect(bodies(h, 'PATCH', PATH)).toEqual([{ telemetry_config: TABLES }]);
    expect(writes(h)).toEqual([`PATCH ${PATH}`]);
  });

  it('and says that one user saw no rows, without a refusal', async () => {
    const h = await begin();
    for (const dry_run of [true, false])
      expect((await set(h, TABLES, { dry_run })).data.telemetry_note).toMatch(/One user reported.*no rows/);
    const removed = await h.call('update_endpoint', { ...CHURN, remove: ['telemetry'] });
    expect(removed.data.telemetry_note).toBeUndefined();
  });

  it('and a preview sends nothing and shows the request; the CLI has a command for it', async () => {
    const h = await begin();
    const preview = await set(h, TABLES, { dry_run: true });
    expect(preview.data.requests).toEqual([{ method: 'PATCH', path: PATH, body: { telemetry_config: TABLES } }]);
    expect((await set(h, TABLES, { dry_run: 'cli' })).data.cli).toMatch(
      /^databricks serving-endpoints patch-telemetry-config churn --json /,
    );
    expect((await set(h, TABLES, { dry_run: 'bundle' })).data.bundle).toContain(
      `"logs_table": "${LOGS}"`.replaceAll('"logs_table"', 'logs_table'),
    );
    expect(writes(h)).toEqual([]);
  });

  it('in the short words of features too', async () => {
    const h = await begin();
    await set(h, { ...TABLES, enabled_telemetry_features: ['logs', 'Inference_Table'] });
    expect(bodies(h, 'PATCH', PATH)).toMatchObject([
      {
        telemetry_config: {
          enabled_telemetry_features: ['TELEMETRY_FEATURE_LOGS', 'TELEMETRY_FEATURE_INFERENCE_TABLE'],
        },
      },
    ]);
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    [
      'a share of the requests',
      { inference_table_config: { sampling_fraction: 0.1 } },
      { inference_table_config: { sampling_fraction: 0.1 } },
    ],
    [
      'the features',
      { enabled_telemetry_features: ['traces'] },
      { enabled_telemetry_features: ['TELEMETRY_FEATURE_TRACES'] },
    ],
  ])('and keeps what the call does not name, with the profile: %s', async (_what, telemetry, changed) => {
    const h = await begin();
    const { telemetry_profile_id } = await given(h);
    await set(h, telemetry);
    expect(bodies(h, 'PATCH', PATH).at(-1)).toEqual({
      telemetry_config: { ...SOME, telemetry_profile_id, ...changed },
    });
  });

  it('and new tables replace the profile, never both', async () => {
    const h = await begin();
    await given(h);
    const tables = { table_names: { traces_table: 'ml.observe.spans' } };
    await set(h, tables);
    expect(bodies(h, 'PATCH', PATH).at(-1)).toEqual({ telemetry_config: { ...SOME, ...tables } });
  });

  it('and removal takes a word, and sends the empty body that removes', async () => {
    const h = await begin();
    await given(h);
    const { data } = await h.call('update_endpoint', { ...CHURN, remove: ['telemetry'] });
    expect(data).toMatchObject({ changed: true, telemetry: null });
    expect(bodies(h, 'PATCH', PATH).at(-1)).toEqual({});
    expect(await stored(h)).toBeUndefined();
    const again = await h.call('update_endpoint', { ...CHURN, remove: ['telemetry'] });
    expect(again.data.changed).toBe(false);
  });

  it('before the config, because the service refuses it while an update runs', async () => {
    const h = await begin();
    await set(h, TABLES, { workload_size: 'Small', wait_seconds: 1800 });
    expect(writes(h)).toEqual([`PATCH ${PATH}`, `PUT ${CONFIG_PATH}`]);
  });

  it('and waits for the end of an update in progress', async () => {
    const h = await begin();
    await h.call('update_endpoint', { ...CHURN, workload_size: 'Small', wait_seconds: 0 });
    const { data } = await set(h, TABLES);
    expect(data.error).toMatchObject({ code: 'update_in_progress', retryable: true });
    expect(bodies(h, 'PATCH', PATH)).toEqual([]);
  });

  it('and get_endpoint shows it', async () => {
    const h = await begin();
    const telemetry = await given(h);
    expect((await h.call('get_endpoint', CHURN)).data.telemetry).toEqual(telemetry);
  });

  it('once: a repeated call with the same tables finds the profile that it made', async () => {
    const h = await begin();
    const made = await set(h, { ...TABLES, ...SOME });
    const again = await set(h, { ...TABLES, ...SOME });
    expect(again.data.changed).toBe(false);
    expect(bodies(h, 'PATCH', PATH)).toHaveLength(1);
    // Other tables, or another profile since, are a change.
    expect((await set(h, { table_names: { logs_table: 'ml.observe.other' } })).data.changed).toBe(true);
    expect((await set(h, { ...TABLES, ...SOME })).data.changed).toBe(true);
    expect(made.data.changed).toBe(true);
  });

  it('and a lost reply is resolved by reading the profile', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'PATCH', path: PATH }, times: 1, effect: { lost_reply: true } });
    const { data } = await set(h, TABLES);
    expect(data).toMatchObject({ changed: true, telemetry: { telemetry_profile_id: expect.stringMatching(PROFILE) } });
    expect(bodies(h, 'PATCH', PATH)).toHaveLength(1);
  });

  it('and an answer with other telemetry is no success', async () => {
    const h = await begin();
    const body = { name: 'churn', telemetry_config: { telemetry_profile_id: 'p-1' } };
    h.sandbox.faults.add({ match: { method: 'PATCH', path: PATH }, effect: { status: 200, body } });
    const { data, isError } = await set(h, { telemetry_profile_id: 'p-2' });
    expect(isError).toBe(true);
    expect(data).toMatchObject({ error: { code: 'not_applied' }, telemetry: { telemetry_profile_id: 'p-1' } });
  });

  it('and a policy that protects the endpoint protects its telemetry', async () => {
    const h = await begin({ policy: { protect_endpoints: ['churn'] } });
    const { data } = await set(h, TABLES);
    expect(data.error).toMatchObject({ code: 'policy' });
    expect(writes(h)).toEqual([]);
  });

  it('and a fingerprint from before another telemetry refuses', async () => {
    const h = await begin();
    const { fingerprint } = (await h.call('get_endpoint', CHURN)).data;
    await given(h);
    const { data } = await h.call('update_endpoint', { ...CHURN, tags: { a: 'b' }, if_fingerprint: fingerprint });
    expect(data.error.code).toBe('fingerprint_mismatch');
  });
});

describe('the undo of telemetry restores the earlier profile with all of its settings', () => {
  it.each<[string, Record<string, unknown> | undefined, Record<string, unknown>]>([
    ['new on an endpoint without', undefined, { telemetry: TABLES }],
    ['other tables', { ...TABLES, ...SOME }, { telemetry: { table_names: { logs_table: 'ml.observe.other' } } }],
    ['tables without a name that shows', TABLES, { telemetry: { table_names: { traces_table: 'ml.observe.spans' } } }],
    ['more settings', TABLES, { telemetry: SOME }],
    ['fewer features', { ...TABLES, ...SOME }, { telemetry: { enabled_telemetry_features: ['traces'] } }],
    ['a removal', { ...TABLES, ...SOME }, { remove: ['telemetry'] }],
    [
      'a fresh start',
      { ...TABLES, ...SOME },
      { remove: ['telemetry'], telemetry: { table_names: { logs_table: 'a.b.c' } } },
    ],
  ])('%s', async (_what, before, change) => {
    const h = await begin();
    if (before) await given(h, before);
    const was = settingsOf(await stored(h));
    const made = await h.call('update_endpoint', { ...CHURN, ...change });
    expect(made.data.changed).toBe(true);
    const back = await follow(h, made.data.undo);
    expect(back.data).toMatchObject({ changed: true });
    expect(settingsOf(await stored(h))).toEqual(was);
  });

  it('and refuses to overwrite a later change, also one that only shows in the profile', async () => {
    const h = await begin();
    const made = await set(h, { table_names: { traces_table: 'ml.observe.spans' } });
    await given(h, { table_names: { traces_table: 'ml.observe.other_spans' } });
    const back = await follow(h, made.data.undo);
    expect(back.data.error.code).toBe('changed_since');
    expect(await undoCalls(h, made.data.undo)).toEqual([
      { tool: 'update_endpoint', args: { endpoint: 'churn', remove: ['telemetry'] } },
    ]);
  });
});

/** Telemetry without the name that the service gives its table. */
function settingsOf(telemetry: unknown): unknown {
  if (telemetry === undefined) return undefined;
  const { inference_table_config: { name: _name, ...table } = {}, ...rest } = telemetry as Record<
    string,
    Record<string, unknown>
  >;
  return { ...rest, table };
}

describe('wrong telemetry is refused before anything is sent', () => {
  const WRONG: [string, unknown, RegExp][] = [
    ['neither tables nor a profile', { enabled_telemetry_features: ['logs'] }, /ignores a config with neither/],
    ['nothing', {}, /ignores a config with neither/],
    ['both', { ...TABLES, telemetry_profile_id: 'p' }, /either table_names.*or telemetry_profile_id/],
    ['no table', { table_names: {} }, /must name a table/],
    ['an unknown table', { table_names: { log_table: LOGS } }, /has no log_table: logs_table/],
    ['a table without a catalog', { table_names: { logs_table: 'churn_logs' } }, /catalog\.schema\.table/],
    [
      'an unknown feature',
      { ...TABLES, enabled_telemetry_features: ['spans'] },
      /enabled_telemetry_features must list/,
    ],
    ['an unknown field', { ...TABLES, sampling: 0.1 }, /telemetry has no sampling/],
    ['a share above 1', { ...TABLES, inference_table_config: { sampling_fraction: 50 } }, /from 0 to 1/],
    ['a name that only the service gives', { ...TABLES, inference_table_config: { name: 'x' } }, /has no name/],
  ];

  it.each(WRONG)('on an endpoint: %s', async (_what, telemetry, problem) => {
    const h = await begin();
    const refused = await set(h, telemetry);
    expectRefusal(h, refused, 'invalid_request');
    expect(refused.data.error.message).toMatch(problem);
  });

  it.each(WRONG)('on create: %s', async (_what, telemetry, problem) => {
    const h = await begin();
    const args = { endpoint: 'new', model: 'ml.prod.churn', version: '1', telemetry };
    const refused = await h.call('create_endpoint', args);
    expectRefusal(h, refused, 'invalid_request');
    expect(refused.data.error.message).toMatch(problem);
  });

  it('on an endpoint of external models', async () => {
    const h = await begin();
    const refused = await h.call('update_endpoint', { endpoint: 'out', telemetry: TABLES });
    expectRefusal(h, refused, 'invalid_request');
    expect(refused.data.error.message).toContain('external models cannot have telemetry');
  });

  it('on a create of external models, where the service would drop it without a word', async () => {
    const h = await begin();
    const refused = await h.call('create_endpoint', { endpoint: 'new', entities: [GPT], telemetry: TABLES });
    expectRefusal(h, refused, 'invalid_request');
  });

  it('on an endpoint without a config', async () => {
    const h = await begin();
    await ask(h, '/api/2.0/serving-endpoints', { method: 'POST', body: JSON.stringify({ name: 'empty' }) });
    const before = writes(h).length;
    const { data } = await h.call('update_endpoint', { endpoint: 'empty', telemetry: TABLES });
    expect(data.error).toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('without a custom model'),
    });
    expect(writes(h)).toHaveLength(before);
  });
});

describe('create_endpoint', () => {
  const NEW = { endpoint: 'new', model: 'ml.prod.churn', version: '1' };

  it('sends telemetry with the create, and shows the profile', async () => {
    const h = await begin();
    const { data } = await h.call('create_endpoint', {
      ...NEW,
      telemetry: { ...TABLES, enabled_telemetry_features: ['logs'] },
    });
    expect(data).toMatchObject({ changed: true, telemetry: { telemetry_profile_id: expect.stringMatching(PROFILE) } });
    expect(data.telemetry_note).toBeUndefined();
    expect(bodies(h, 'POST', '/api/2.0/serving-endpoints')).toMatchObject([
      { telemetry_config: { ...TABLES, enabled_telemetry_features: ['TELEMETRY_FEATURE_LOGS'] } },
    ]);
  });

  it('whose reply is lost is recognised by the profile that replaced the tables', async () => {
    const h = await begin();
    const path = '/api/2.0/serving-endpoints';
    h.sandbox.faults.add({ match: { method: 'POST', path }, times: 1, effect: { lost_reply: true } });
    const { data } = await h.call('create_endpoint', { ...NEW, telemetry: TABLES });
    expect(data).toMatchObject({ changed: true, telemetry: { telemetry_profile_id: expect.stringMatching(PROFILE) } });
    expect(bodies(h, 'POST', path)).toHaveLength(1);
  });

  it('says so when the service created the endpoint without it', async () => {
    const h = await begin();
    const body = { name: 'new', id: 'x', state: { ready: 'NOT_READY', config_update: 'IN_PROGRESS' } };
    h.sandbox.faults.add({
      match: { path: '/api/2.0/serving-endpoints', method: 'POST' },
      effect: { status: 200, body },
    });
    h.sandbox.faults.add({ match: { path: '/api/2.0/serving-endpoints/new' }, skip: 1, effect: { status: 200, body } });
    const { data } = await h.call('create_endpoint', { ...NEW, telemetry: TABLES });
    expect(data).toMatchObject({ telemetry: null, telemetry_note: expect.stringContaining('without the telemetry') });
  });
});

/** Changes by others between a plan and its end: updates, aliases, grants. */
import { describe, expect, it } from 'vitest';
import type { FaultRule } from '../../src/sandbox/index.ts';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { workspaceSettings } from '../support/invariants.ts';
import { useHarness } from '../support/use-harness.ts';
import { CHURN_PATH, churnEntity, endpoint, follow, parseCall, seed, writes } from '../support/workspace.ts';

const begin = useHarness((entity: Record<string, unknown> = churnEntity('1'), options: HarnessOptions = {}) => ({
  seed: seed([endpoint('churn', [entity])]),
  ...options,
}));

async function request(h: Harness, method: string, path: string, body: unknown): Promise<Response> {
  const headers = { authorization: `Bearer ${h.sandbox.token}`, 'content-type': 'application/json' };
  return fetch(`${h.sandbox.host}${path}`, { method, headers, body: JSON.stringify(body) });
}

const ALIAS = '/api/2.1/unity-catalog/models/ml.prod.churn/aliases/champion';
const aliasOf = async (h: Harness) =>
  (await h.call('list_model_versions', { model: 'ml.prod.churn' })).data.versions.find((each: { aliases?: string[] }) =>
    each.aliases?.includes('champion'),
  ).version;

describe('an alias', () => {
  it('does not move to a canary by way of config_version', async () => {
    const h = await begin();
    const canary = await h.call('swap_version', {
      endpoint: 'churn',
      version: 2,
      traffic_percent: 10,
      wait_seconds: 1800,
    });
    expect(canary.data.outcome).toBe('ready');
    const { data } = await h.call('swap_version', {
      endpoint: 'churn',
      version: 2,
      alias: 'champion',
      config_version: 2,
    });
    expect(data.error.code).toBe('alias_needs_all_traffic');
    expect(await aliasOf(h)).toBe(1);
  });

  it('that someone else moved during the wait stays where they put it', async () => {
    let moved = false;
    const h = await begin(churnEntity('1'), {
      onSleep: async () => {
        if (moved) return;
        moved = true;
        await request(h, 'PUT', ALIAS, { version_num: 3 });
      },
    });
    const { data } = await h.call('swap_version', {
      endpoint: 'churn',
      version: 2,
      alias: 'champion',
      wait_seconds: 1800,
    });
    expect(data).toMatchObject({ error: { code: 'alias_changed' }, changed: true, alias: { version: 3 } });
    expect(await aliasOf(h)).toBe(3);
  });
});

describe('a full-replacement request that was not accepted is not sent again: someone may have changed the whole during the pause', () => {
  const GRANTS = '/api/2.0/permissions/serving-endpoints';
  const idOf = async (h: Harness) => {
    const headers = { authorization: `Bearer ${h.sandbox.token}` };
    return ((await (await fetch(h.sandbox.host + CHURN_PATH, { headers })).json()) as { id: string }).id;
  };
  const APP = '/api/2.0/apps/shop';
  const small = { ...churnEntity('1', { workload_size: 'Small' }), name: 'churn-1' };
  it.each<
    [
      what: string,
      tool: string,
      args: Record<string, unknown>,
      match: FaultRule['match'],
      other: (h: Harness) => Promise<unknown>,
      kept: RegExp,
    ]
  >([
    [
      'the AI Gateway',
      'set_rate_limits',
      { endpoint: 'churn', set: [{ key: 'endpoint', calls: 50 }] },
      { method: 'PUT', path: `${CHURN_PATH}/ai-gateway` },
      (h) => request(h, 'PUT', `${CHURN_PATH}/ai-gateway`, { guardrails: { input: { pii: { behavior: 'BLOCK' } } } }),
      /"behavior":"BLOCK"/,
    ],
    [
      'the grants',
      'update_permissions',
      { endpoint: 'churn', revoke: ['analyst@example.com'] },
      { method: 'PUT', path: `${GRANTS}/*` },
      async (h) =>
        request(h, 'PATCH', `${GRANTS}/${await idOf(h)}`, {
          access_control_list: [{ user_name: 'engineer@example.com', permission_level: 'CAN_QUERY' }],
        }),
      /engineer/,
    ],
    [
      'the config',
      'update_endpoint',
      { endpoint: 'churn', scale_to_zero: true, wait_seconds: 1800 },
      { method: 'PUT', path: `${CHURN_PATH}/config` },
      async (h) => {
        await request(h, 'PUT', `${CHURN_PATH}/config`, {
          served_entities: [{ ...small, environment_vars: { LOG_LEVEL: 'debug' } }],
        });
        h.sandbox.clock.advance(40 * 60_000);
      },
      /LOG_LEVEL/,
    ],
    [
      'the resources of an app',
      'attach_to_app',
      { app: 'shop', endpoint: 'churn' },
      { method: 'PATCH', path: APP },
      (h) =>
        request(h, 'PATCH', APP, { name: 'shop', resources: [{ name: 'k', secret: { scope: 'ml', key: 'token' } }] }),
      /"scope":"ml"/,
    ],
  ])('%s', async (_what, tool, args, match, other, kept) => {
    let changed = false;
    const once = async () => {
      if (changed) return;
      changed = true;
      await other(h);
    };
    const h: Harness = await begin(small, {
      seed: seed(
        [
          endpoint('churn', [small], [], {
            grants: [{ user_name: 'analyst@example.com', permission_level: 'CAN_QUERY' }],
          }),
        ],
        { apps: [{ name: 'shop', resources: [] }] },
      ),
      onSleep: once,
    });
    const answered = { status: 503, headers: { 'retry-after': '15' }, body: { error_code: 'X', message: 'later' } };
    h.sandbox.faults.add({ ...(match ? { match } : {}), times: 1, effect: answered });
    const before = writes(h).length;
    const first = await h.call(tool, args);
    expect(first.data).toMatchObject({ error: { retryable: true, next: expect.stringContaining('changed nothing') } });
    expect(writes(h)).toHaveLength(before + 1);
    await once();
    expect((await h.call(tool, args)).data.changed).toBe(true);
    expect(JSON.stringify(workspaceSettings(h.sandbox))).toMatch(kept);
  });
});

it('the journal does not say done of a continuation that only waited', async () => {
  const h = await begin();
  await h.call('swap_version', { endpoint: 'churn', version: 2, alias: 'champion', wait_seconds: 0 });
  await h.call('swap_version', {
    endpoint: 'churn',
    version: 2,
    alias: 'champion',
    config_version: 2,
    wait_seconds: 0,
  });
  const { data } = await h.call('list_changes', {});
  expect(data.changes.map((each: { outcome: string }) => each.outcome)).toEqual(['started']);
});

describe('a swap in several calls', () => {
  const SWAP = { endpoint: 'churn', version: 2, wait_seconds: 5 };

  /** The last answer, after the call of each `next`. */
  async function toTheEnd(h: Harness, args: Record<string, unknown>) {
    let { data } = await h.call('swap_version', args);
    expect(data.outcome).toBe('waiting');
    for (let turns = 0; data.outcome === 'waiting' && turns < 100; turns++) ({ data } = await follow(h, data.next));
    return data;
  }

  it.each<[string, Record<string, unknown>]>([
    ['with its alias', { alias: 'champion' }],
    ['without one', {}],
    ['as a canary', { traffic_percent: 10 }],
  ])('%s is one change, and its last undo reverts all of it', async (_what, more) => {
    const h = await begin();
    const before = workspaceSettings(h.sandbox);
    const data = await toTheEnd(h, { ...SWAP, ...more });
    expect(data.outcome).toBe('ready');
    const { changes } = (await h.call('list_changes')).data;
    expect(changes).toMatchObject([{ outcome: 'done', undo: 'undo_change' }]);
    const { name, args } = parseCall(data.undo);
    expect((await h.call(name, { ...args, wait_seconds: 1800 })).data.error).toBeUndefined();
    expect(workspaceSettings(h.sandbox)).toEqual(before);
  });

  it('that fails to deploy is recorded as failed: there is nothing to undo', async () => {
    const h = await begin();
    const data = await toTheEnd(h, { ...SWAP, version: 4 });
    expect(data).toMatchObject({ outcome: 'failed' });
    expect(data.undo).toBeUndefined();
    const { changes } = (await h.call('list_changes')).data;
    expect(changes).toMatchObject([{ outcome: 'failed', code: 'update_failed' }]);
    expect(changes[0].undo).toBeUndefined();
  });

  it('whose probe fails is recorded as partly done, and its answer says how to roll back', async () => {
    const h = await begin();
    const before = workspaceSettings(h.sandbox);
    const data = await toTheEnd(h, { ...SWAP, alias: 'champion', probe: { dataframe_records: [{ wrong: 1 }] } });
    expect(data.error.code).toBe('probe_failed');
    expect((await h.call('list_changes')).data.changes).toMatchObject([{ outcome: 'partly', code: 'probe_failed' }]);
    const { name, args } = parseCall(data.undo);
    expect((await h.call(name, { ...args, wait_seconds: 1800 })).data.error).toBeUndefined();
    expect(workspaceSettings(h.sandbox)).toEqual(before);
  });

  it('is two changes when someone changed the same fields in between', async () => {
    const h = await begin();
    const first = await h.call('swap_version', { ...SWAP, alias: 'champion' });
    h.sandbox.clock.advance(600_000);
    await h.call('swap_version', { endpoint: 'churn', version: 3, wait_seconds: 1800 });
    await h.call('swap_version', { endpoint: 'churn', version: 2, wait_seconds: 1800 });
    await follow(h, first.data.next);
    const { changes } = (await h.call('list_changes')).data;
    expect(changes).toHaveLength(4);
    expect(changes[0].fields).toEqual(['alias champion']);
  });
});

it('undoing a swap is not called undone while the old version is still coming up', async () => {
  const h = await begin();
  await h.call('swap_version', { endpoint: 'churn', version: 2, wait_seconds: 1800 });
  const { data: list } = await h.call('list_changes', {});
  const { data } = await h.call('undo_change', { id: list.changes[0].id });
  expect(data.undone).toBeUndefined();
  expect(data.next).toBe(`undo_change {"id":"${list.changes[0].id}"}`);
});

it('a raw secret of a variable that goes away is in no difference', async () => {
  const h = await begin(churnEntity('1', { environment_vars: { DB_PASSWORD: 'fake-hunter2-value' } }));
  const shown = await h.call('update_endpoint', {
    endpoint: 'churn',
    remove_environment_vars: ['DB_PASSWORD'],
    dry_run: true,
  });
  expect(shown.text).not.toContain('fake-hunter2-value');
  const text = await h.call('update_endpoint', { endpoint: 'churn', workload_size: 'Large', dry_run: 'curl' });
  expect(text.text).not.toContain('fake-hunter2-value');
  expect(text.data.hidden).toContain('***');
  expect(writes(h)).toEqual([]);
});

it('a policy of small endpoints is not passed by a minimum of concurrency', async () => {
  const h = await begin(churnEntity('1'), { policy: { max_workload_size: 'Small' } });
  const entities = [
    {
      entity_name: 'ml.prod.other',
      entity_version: '1',
      min_provisioned_concurrency: 64,
      max_provisioned_concurrency: 64,
    },
  ];
  expect((await h.call('create_endpoint', { endpoint: 'big', entities })).data.error.code).toBe('policy');
  const low = [{ ...entities[0], max_provisioned_concurrency: undefined }];
  expect((await h.call('create_endpoint', { endpoint: 'big', entities: low })).isError).toBe(true);
  expect(writes(h)).toEqual([]);
});

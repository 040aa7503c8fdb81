/** A change can be undone exactly, or the refusal says why not. An undo never overwrites a later change. */
import { describe, expect, it } from 'vitest';
import { parseCalls } from '../../src/journal/lines.ts';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { workspaceSettings, workspaceState } from '../support/invariants.ts';
import { PLANTED_BY_NAME } from '../support/planted-secrets.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';
import { useHarness } from '../support/use-harness.ts';
import { CHURN_PATH, churnEntity, endpoint, follow, writes } from '../support/workspace.ts';
import { WRITES } from '../support/writes.ts';

const begin = useHarness((options: HarnessOptions = {}) => ({ seed: safetyWorkspace(), ...options }));

const agree: HarnessOptions = { onAsk: () => ({ action: 'accept', content: { confirm: true } }) };

async function newest(h: Harness): Promise<{ id: string; outcome: string }> {
  return (await h.call('list_changes', { limit: 1 })).data.changes[0];
}

/** Calls undo_change until it says that it is undone, as an agent does that follows `next`. */
async function undo(h: Harness, id: string) {
  let { data } = await h.call('undo_change', { id });
  for (let turns = 0; data.next !== undefined && data.error === undefined && turns < 30; turns++) {
    const [first] = parseCalls(data.next) ?? [];
    // An offer after the end, such as a comparison of metrics, is no step of the undo.
    if (first?.tool !== 'undo_change' && first?.tool !== 'wait_for_endpoint') break;
    data = (await h.call(first.tool, first.args)).data;
  }
  return data;
}

async function other(h: Harness, method: string, path: string, body?: unknown) {
  const response = await fetch(h.sandbox.host + path, {
    method,
    headers: { authorization: `Bearer ${h.sandbox.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.ok).toBe(true);
}

/** Changes that no call can undo. */
const FINAL = new Map([
  ['attach_to_app a resource', /Remove|See the change/],
  ['delete_endpoint the endpoint', /create the endpoint again with create_endpoint/],
]);

describe('undo_change restores exactly the earlier state', () => {
  it.each(WRITES.filter(([tool, what]) => !FINAL.has(`${tool} ${what}`)))('%s: %s', async (tool, _what, args) => {
    const h = await begin(agree);
    const before = workspaceSettings(h.sandbox);
    expect((await h.call(tool, args)).data.changed).toBe(true);
    expect(workspaceSettings(h.sandbox)).not.toEqual(before);
    const { id } = await newest(h);
    const done = await undo(h, id);
    expect(done.error).toBeUndefined();
    expect(done.undone === id || done.outcome === 'ready' || done.deleted).toBe(true);
    h.sandbox.clock.advance(600_000);
    expect(workspaceSettings(h.sandbox)).toEqual(before);
  });

  it.each(WRITES.filter(([tool, what]) => !FINAL.has(`${tool} ${what}`)))(
    'and again: an undo can be undone, and a second undo of the same finds nothing to do: %s: %s',
    async (tool, _what, args) => {
      if (tool === 'create_endpoint') return; // a deletion is final
      const h = await begin(agree);
      await h.call(tool, args);
      h.sandbox.clock.advance(600_000);
      const { id } = await newest(h);
      await undo(h, id);
      h.sandbox.clock.advance(600_000);
      const before = writes(h).length;
      const again = await h.call('undo_change', { id });
      // A request that cannot be repeated, such as revoking a missing grant, is refused.
      if (again.isError) expect(again.data.error.code).toBe('invalid_request');
      else expect(again.data.changed).toBe(false);
      expect(writes(h)).toHaveLength(before);
    },
  );

  it('a preview changes nothing, shows what would be restored, and can be exported', async () => {
    const h = await begin(agree);
    await h.call('set_rate_limits', { endpoint: 'churn', set: [{ key: 'user', calls: 9 }] });
    const { id } = await newest(h);
    const count = writes(h).length;
    const { data } = await h.call('undo_change', { id, dry_run: true });
    expect(data).toMatchObject({ dry_run: true, changes: [{ from: 9, to: 5 }] });
    expect(data.undone).toBeUndefined();
    expect((await h.call('undo_change', { id, dry_run: 'curl' })).data.curl).toContain(
      'curl -sS --fail-with-body -X PUT',
    );
    expect(writes(h)).toHaveLength(count);
  });

  it('a part that was added to the gateway goes, one that was changed goes back, the others stay', async () => {
    const h = await begin(agree);
    const before = workspaceSettings(h.sandbox);
    await h.call('update_ai_gateway', {
      endpoint: 'churn',
      fallback: true,
      guardrails: { input: { pii: { behavior: 'NONE' }, invalid_keywords: ['x'] }, output: { safety: true } },
      usage_tracking: false,
    });
    await undo(h, (await newest(h)).id);
    expect(workspaceSettings(h.sandbox)).toEqual(before);
  });

  it('everything of an update at once: size, variables, tags, addresses, entities and shares', async () => {
    const h = await begin(agree);
    const before = workspaceSettings(h.sandbox);
    await h.call('update_endpoint', {
      endpoint: 'split',
      entity: 'churn-1',
      workload_size: 'Medium',
      environment_vars: { LEVEL: '3' },
      remove_environment_vars: ['MODE'],
      tags: { team: 'x' },
      notifications: { on_update_success: ['engineer@example.com'] },
      add_entities: [{ ...churnEntity('3'), name: 'fresh' }],
      remove_entities: ['churn-2'],
      traffic: { 'churn-1': 60, fresh: 40 },
      wait_seconds: 1800,
    });
    expect((await undo(h, (await newest(h)).id)).error).toBeUndefined();
    h.sandbox.clock.advance(600_000);
    expect(workspaceSettings(h.sandbox)).toEqual(before);
  });
});

describe('a change that cannot be undone is refused, with what remains possible', () => {
  it.each([...FINAL])('%s', async (name, words) => {
    const h = await begin(agree);
    const [tool, , args] = WRITES.find(([each, what]) => `${each} ${what}` === name) ?? [];
    expect((await h.call(tool ?? '', args)).data.changed).toBe(true);
    const { data } = await h.call('undo_change', { id: (await newest(h)).id });
    expect(data.error.code).toBe('not_undoable');
    expect(`${data.error.next}`).toMatch(words);
    const full = await h.call('list_changes', { id: (await newest(h)).id });
    if (tool === 'delete_endpoint') expect(full.data.prior.config.served_entities).toHaveLength(1);
  });

  it('a deleted endpoint is recorded with all its settings and grants', async () => {
    const settings = {
      ai_gateway: { usage_tracking_config: { enabled: true } },
      description: 'Scores customers.',
      route_optimized: true,
      tags: [{ key: 'team', value: 'growth' }],
    };
    const grants = [{ user_name: 'analyst@example.com', permission_level: 'CAN_QUERY' }];
    const seeded = endpoint('full', [churnEntity('1')], [], { ...settings, grants });
    const h = await begin({ ...agree, seed: safetyWorkspace({ endpoints: [seeded] }) });
    const notified = { on_update_failure: ['oncall@example.com'] };
    await h.call('update_endpoint', { endpoint: 'full', notifications: notified });
    await h.call('delete_endpoint', { endpoint: 'full' });
    const { prior } = (await h.call('list_changes', { id: (await newest(h)).id })).data;
    expect(prior).toMatchObject({ name: 'full', ...settings, email_notifications: notified });
    expect(prior.grants).toEqual(expect.arrayContaining(grants));
    expect(prior.config.served_entities).toMatchObject([churnEntity('1')]);
  });

  it('a delete whose grants cannot be read is made all the same', async () => {
    const h = await begin(agree);
    h.sandbox.faults.add({
      match: { method: 'GET', path: '/api/2.0/permissions/**' },
      effect: { status: 403, body: {} },
    });
    expect((await h.call('delete_endpoint', { endpoint: 'churn' })).data.deleted).toBe(true);
  });

  it('a create is undone by deleting, which the user must agree to: until then it does not count as undone', async () => {
    const h = await begin();
    await h.call('create_endpoint', { endpoint: 'new', model: 'ml.prod.churn', version: '1' });
    const { id } = await newest(h);
    const asked = await h.call('undo_change', { id });
    expect(asked.data.undone).toBeUndefined();
    expect(asked.data).toMatchObject({ changed: false, needs_consent: expect.any(String) });
    expect(writes(h)).toHaveLength(1);
    expect((await follow(h, asked.data.next)).data).toMatchObject({ deleted: true });
  });

  it('an undo that takes the last manager away is asked for as well', async () => {
    const h = await begin();
    await other(h, 'PUT', `/api/2.0/permissions/serving-endpoints/${await idOf(h)}`, { access_control_list: [] });
    const grant = [{ principal: 'engineer@example.com', level: 'CAN_MANAGE' }];
    await h.call('update_permissions', { endpoint: 'churn', grant });
    const { data } = await h.call('undo_change', { id: (await newest(h)).id });
    expect(data).toMatchObject({ changed: false, next: expect.stringContaining('"confirm":"churn"') });
    expect(data.undone).toBeUndefined();
  });

  it.each<[string, string[]]>([
    ['one that its name gives away', ['DB_PASSWORD']],
    ['one that its form gives away', ['URL']],
  ])('a value that may be a secret was not kept, so asterisks are not written back: %s', async (_what, remove) => {
    const raw = { DB_PASSWORD: PLANTED_BY_NAME.variable ?? '', URL: 'https://x:hunter2x@db.example', MODE: 'a' };
    const seeded = endpoint('raw', [churnEntity('1', { environment_vars: raw })]);
    const h = await begin({ seed: safetyWorkspace({ endpoints: [seeded] }) });
    await h.call('update_endpoint', { endpoint: 'raw', remove_environment_vars: remove, wait_seconds: 1800 });
    const { data } = await h.call('undo_change', { id: (await newest(h)).id });
    expect(data.error.code).toBe('not_undoable');
    expect(JSON.stringify(h.sandbox.requests.map((each) => each.body ?? null))).not.toContain('***');
  });
});

it('of several values, those that may be secrets are named and the others are restored', async () => {
  const raw = { DB_PASSWORD: PLANTED_BY_NAME.variable ?? '', MODE: 'a' };
  const seeded = endpoint('raw', [churnEntity('1', { environment_vars: raw })]);
  const h = await begin({ seed: safetyWorkspace({ endpoints: [seeded] }) });
  const variables = { DB_PASSWORD: '{{secrets/ml/token}}', MODE: 'b' };
  const args = { endpoint: 'raw', environment_vars: variables, wait_seconds: 1800 };
  const made = await h.call('update_endpoint', args);
  expect(made.data.not_undone).toEqual([expect.stringContaining('DB_PASSWORD')]);
  const { data } = await h.call('undo_change', { id: (await newest(h)).id, wait_seconds: 1800 });
  expect(data).toMatchObject({
    changed: true,
    outcome: 'ready',
    not_restored: [expect.stringContaining('DB_PASSWORD')],
  });
  const { serving } = (await h.call('get_endpoint', { endpoint: 'raw' })).data;
  expect(serving[0].environment_vars).toEqual({ DB_PASSWORD: '{{secrets/ml/token}}', MODE: 'a' });
});

it('of a removed entity, only the variable that may be a secret is named', async () => {
  const raw = { DB_PASSWORD: PLANTED_BY_NAME.variable ?? '', MODE: 'a' };
  const entities = [churnEntity('1', { name: 'a' }), churnEntity('2', { name: 'b', environment_vars: raw })];
  const h = await begin({ seed: safetyWorkspace({ endpoints: [endpoint('raw', entities, [100, 0])] }) });
  await h.call('update_endpoint', { endpoint: 'raw', remove_entities: ['b'], wait_seconds: 1800 });
  const { data } = await h.call('undo_change', { id: (await newest(h)).id, wait_seconds: 1800 });
  expect(data.not_restored).toEqual(['served_entities.b.environment_vars.DB_PASSWORD']);
  const { serving } = (await h.call('get_endpoint', { endpoint: 'raw' })).data;
  expect(serving[1].environment_vars).toEqual({ MODE: 'a' });
});

it('of several tags, those that may be secrets are named, kept out of the journal, and not restored', async () => {
  const value = PLANTED_BY_NAME.variable ?? '';
  const tags = [
    { key: 'db_password', value },
    { key: 'team', value: 'risk' },
  ];
  const tagged = { ...endpoint('raw', [churnEntity('1')]), tags };
  const h = await begin({ seed: safetyWorkspace({ endpoints: [tagged] }) });
  const made = await h.call('update_endpoint', { endpoint: 'raw', tags: { db_password: 'none', team: 'fraud' } });
  expect(made.data.not_undone).toEqual([expect.stringContaining('tags.db_password')]);
  const { data } = await h.call('undo_change', { id: (await newest(h)).id });
  expect(data).toMatchObject({ changed: true, not_restored: ['tags.db_password'] });
  const now = (await h.call('get_endpoint', { endpoint: 'raw' })).data;
  expect(now.tags).toEqual({ db_password: 'none', team: 'risk' });
});

describe('later changes are not lost', () => {
  const change = { endpoint: 'churn', set: [{ key: 'user', calls: 9 }] };

  it.each<[string, (h: Harness) => Promise<unknown>]>([
    ['through this server', (h) => h.call('set_rate_limits', { endpoint: 'churn', set: [{ key: 'user', calls: 7 }] })],
    [
      'by someone else',
      (h) =>
        other(h, 'PUT', `${CHURN_PATH}/ai-gateway`, {
          rate_limits: [{ calls: 3, key: 'user', renewal_period: 'minute' }],
        }),
    ],
  ])('the same field was changed since, %s: refused, and nothing sent', async (_how, meanwhile) => {
    const h = await begin();
    await h.call('set_rate_limits', change);
    const { id } = await newest(h);
    await meanwhile(h);
    const count = writes(h).length;
    const { data } = await h.call('undo_change', { id });
    expect(data.error).toMatchObject({ code: 'changed_since', message: expect.stringContaining('nothing was sent') });
    const later = (await newest(h)).id;
    const advice = later === id ? 'get_endpoint {"endpoint":"churn"}' : `undo_change {"id":"${later}"}`;
    expect(data.error.next).toContain(advice);
    expect(data.error.message).toContain(later === id ? 'elsewhere' : later);
    expect(data.changed_since.length).toBeGreaterThan(0);
    expect(writes(h)).toHaveLength(count);
  });

  it('another field was changed since: it stays', async () => {
    const h = await begin();
    await h.call('set_rate_limits', change);
    const { id } = await newest(h);
    await h.call('set_rate_limits', { endpoint: 'churn', set: [{ key: 'endpoint', calls: 50 }] });
    await h.call('update_endpoint', { endpoint: 'churn', tags: { team: 'risk' } });
    expect((await h.call('undo_change', { id })).data.undone).toBe(id);
    const { gateway, tags } = (await h.call('get_endpoint', { endpoint: 'churn' })).data;
    expect(gateway.rate_limits.sort()).toEqual(['endpoint: 50 calls per minute', 'user: 5 calls per minute']);
    expect(tags).toEqual({ team: 'risk' });
  });

  it('a later swap is not swept away by undoing an earlier one', async () => {
    const h = await begin();
    await h.call('swap_version', { endpoint: 'churn', version: '2', wait_seconds: 1800 });
    const { id } = await newest(h);
    await h.call('swap_version', { endpoint: 'churn', version: '3', wait_seconds: 1800 });
    const count = writes(h).length;
    const { data, isError } = await h.call('undo_change', { id });
    expect(isError).toBe(true);
    expect(data.error.code).toMatch(/changed_since|unknown_entity/);
    expect(writes(h)).toHaveLength(count);
  });

  it('an alias that was moved on since is left where it is', async () => {
    const h = await begin();
    await h.call('swap_version', { endpoint: 'churn', version: '2', alias: 'champion', wait_seconds: 1800 });
    const { id } = await newest(h);
    await other(h, 'PUT', '/api/2.1/unity-catalog/models/ml.prod.churn/aliases/champion', { version_num: 3 });
    const count = writes(h).length;
    const { data } = await h.call('undo_change', { id });
    expect(data.error.code).toBe('changed_since');
    expect(writes(h)).toHaveLength(count);
  });

  it('the endpoint is gone: said, and nothing sent', async () => {
    const h = await begin();
    await h.call('set_rate_limits', change);
    const { id } = await newest(h);
    await other(h, 'DELETE', CHURN_PATH);
    const { data } = await h.call('undo_change', { id });
    expect(data.error.code).toBe('RESOURCE_DOES_NOT_EXIST');
    expect(writes(h)).toHaveLength(2); // the change and the delete
  });

  it('a new endpoint with the same name is another endpoint', async () => {
    const h = await begin();
    await h.call('set_rate_limits', change);
    const { id } = await newest(h);
    await other(h, 'DELETE', CHURN_PATH);
    await other(h, 'POST', '/api/2.0/serving-endpoints', {
      name: 'churn',
      config: { served_entities: [{ ...churnEntity('2'), name: 'churn-2' }] },
    });
    expect((await h.call('undo_change', { id })).data.error.code).toBe('changed_since');
  });
});

it('an undo that stops half-way says how far it came, and a repeat continues', async () => {
  const h = await begin();
  // The alias pointed elsewhere, so going back takes two calls.
  await other(h, 'PUT', '/api/2.1/unity-catalog/models/ml.prod.churn/aliases/champion', { version_num: 2 });
  const before = workspaceSettings(h.sandbox);
  await h.call('swap_version', { endpoint: 'churn', version: '3', alias: 'champion', wait_seconds: 1800 });
  const { id } = await newest(h);
  const waiting = await h.call('undo_change', { id });
  expect(waiting.data).toMatchObject({ outcome: 'waiting', changed: true });
  expect(workspaceState(h.sandbox.dump()).aliases['ml.prod.churn']).toEqual({ champion: 3 }); // it does not overtake the version
  expect(await unfinished(h)).toEqual([`undo_change {"id":"${id}"}`]);
  h.sandbox.clock.advance(600_000);
  h.sandbox.faults.add({ match: { method: 'PUT', path: '/**/aliases/*' }, effect: { status: 500 } });
  const stopped = await h.call('undo_change', { id });
  expect(stopped.isError).toBe(true);
  h.sandbox.faults.clear();
  expect((await undo(h, id)).error).toBeUndefined();
  expect(workspaceSettings(h.sandbox)).toEqual(before);
  expect(await unfinished(h)).toEqual([]);
});

/** The calls that, according to list_changes, would continue the unfinished changes. */
async function unfinished(h: Harness): Promise<string[]> {
  const { changes } = (await h.call('list_changes', { limit: 50 })).data;
  const open = changes.filter((each: { outcome: string }) => /unfinished|started/.test(each.outcome));
  return open.map((each: { call: string }) => each.call);
}

async function idOf(h: Harness): Promise<string> {
  const dump = h.sandbox.dump() as { endpoints: Record<string, { id: string }> }; // the sandbox's own state
  return dump.endpoints.churn?.id ?? '';
}

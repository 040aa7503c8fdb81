/** Undo, consent and continuation while something else is under way: the answer, the journal and the workspace agree. */
import { describe, expect, it } from 'vitest';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { workspaceSettings } from '../support/invariants.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';
import { useHarness } from '../support/use-harness.ts';
import { aliasVersion, CHURN_PATH, follow, writes } from '../support/workspace.ts';

const begin = useHarness((options: HarnessOptions = {}) => ({ seed: safetyWorkspace(), ...options }));

const ALIAS = '/api/2.1/unity-catalog/models/ml.prod.churn/aliases/champion';

async function other(h: Harness, method: string, path: string, body: unknown): Promise<void> {
  const response = await fetch(h.sandbox.host + path, {
    method,
    headers: { authorization: `Bearer ${h.sandbox.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.ok).toBe(true);
}

const newest = async (h: Harness) => (await h.call('list_changes', { limit: 1 })).data.changes[0];

describe('the undo of a change that still deploys is refused, because the pending config would win', () => {
  it.each<[string, string, Record<string, unknown>]>([
    ['a size', 'update_endpoint', { endpoint: 'churn', workload_size: 'Large' }],
    ['a split', 'set_traffic', { endpoint: 'split', traffic: { 'churn-1': 50, 'churn-2': 50 } }],
    ['tags and a size', 'update_endpoint', { endpoint: 'churn', tags: { team: 'x' }, workload_size: 'Large' }],
    ['a swap', 'swap_version', { endpoint: 'churn', version: 2 }],
  ])('%s', async (_what, tool, args) => {
    const h = await begin();
    const before = workspaceSettings(h.sandbox);
    const made = await h.call(tool, { ...args, wait_seconds: 0 });
    expect(made.data.outcome).toBe('waiting');
    const { id } = await newest(h);
    const count = writes(h).length;
    const early = await h.call('undo_change', { id });
    expect(early.data.error).toMatchObject({ code: 'update_in_progress', retryable: true });
    expect(writes(h)).toHaveLength(count);
    expect((await newest(h)).outcome).toBe('started');
    h.sandbox.clock.advance(600_000);
    expect((await h.call('undo_change', { id, wait_seconds: 1800 })).data).toMatchObject({ undone: id, changed: true });
    expect(workspaceSettings(h.sandbox)).toEqual(before);
  });
});

it('a preview that was refused, or that shows commands, is no basis for a consent', async () => {
  for (const form of ['bundle', 'cli'] as const) {
    const h = await begin();
    const { fingerprint } = (await h.call('get_endpoint', { endpoint: 'churn' })).data;
    await h.call('delete_endpoint', { endpoint: 'churn', dry_run: form });
    const confirmed = { endpoint: 'churn', confirm: 'churn', if_fingerprint: fingerprint };
    expect((await h.call('delete_endpoint', confirmed)).data.error.code).toBe('consent_mismatch');
    expect(writes(h)).toEqual([]);
  }
});

it('a change made in part is undone in part: an entity that never came is not asked for', async () => {
  const h = await begin();
  const before = workspaceSettings(h.sandbox);
  const bad = { name: 'bad', entity_name: 'ml.prod.churn', entity_version: '4', workload_size: 'Small' };
  const args = { endpoint: 'churn', tags: { team: 'x' }, add_entities: [bad], wait_seconds: 1800 };
  const made = await h.call('update_endpoint', args);
  expect(made.data).toMatchObject({ done: ['tags'], not_done: ['config'] });
  expect((await follow(h, made.data.undo)).data).toMatchObject({ changed: true });
  expect(workspaceSettings(h.sandbox).endpoints.churn.settings.tags).toEqual(before.endpoints.churn.settings.tags);
});

it('a continued swap leaves an alias alone that someone else moved in between', async () => {
  const h = await begin();
  const first = await h.call('swap_version', { endpoint: 'churn', version: 2, alias: 'champion', wait_seconds: 0 });
  await other(h, 'PUT', ALIAS, { version_num: 3 });
  h.sandbox.clock.advance(600_000);
  const { data } = await follow(h, first.data.next);
  expect(data.error).toMatchObject({ code: 'changed_meanwhile', message: expect.stringContaining('alias champion') });
  expect(await aliasVersion(h)).toBe(3);
});

it('a result that cannot be read names the steps that are left, and the repeated call makes them', async () => {
  const swap = { endpoint: 'churn', version: 2, alias: 'champion', wait_seconds: 1800 };
  let sandbox: Harness['sandbox'] | undefined;
  const h = await begin({
    onSleep: () => {
      const match = { method: 'GET', path: CHURN_PATH };
      if (sandbox) sandbox.faults.add({ match, times: 1, effect: { status: 403, body: {} } });
      sandbox = undefined;
    },
  });
  sandbox = h.sandbox;
  const { data } = await h.call('swap_version', swap);
  expect(data).toMatchObject({
    error: { code: 'outcome_unseen', next: expect.stringContaining('Repeat the call') },
    changed: true,
    done: ['config'],
    not_done: ['alias champion'],
  });
  expect((await h.call('swap_version', swap)).data).toMatchObject({ alias: { version: 2 } });
  expect(await aliasVersion(h)).toBe(2);
});

it('a probe that fails on a continued swap names the way back, and the entry is closed', async () => {
  const h = await begin();
  const swap = { endpoint: 'churn', version: 2, probe: { nonsense: 1 } };
  const first = await h.call('swap_version', { ...swap, wait_seconds: 0 });
  h.sandbox.clock.advance(600_000);
  const { data } = await follow(h, first.data.next);
  expect(data.error.code).toBe('probe_failed');
  const entry = await newest(h);
  expect(entry.outcome).toBe('partly');
  expect(data.undo).toBe(`undo_change {"id":"${entry.id}"}`);
});

it('the commands of an undo wait for the version that serves again, whatever the alias names', async () => {
  const h = await begin();
  await other(h, 'PUT', ALIAS, { version_num: 3 });
  await h.call('swap_version', { endpoint: 'churn', version: 2, alias: 'champion', wait_seconds: 1800 });
  const { id } = await newest(h);
  const { curl } = (await h.call('undo_change', { id, dry_run: 'curl' })).data;
  expect(curl).toContain('churn serves version 1');
  expect(curl).toContain('"entity_version":"1"');
  const undone = await h.call('undo_change', { id, wait_seconds: 1800 });
  expect(undone.data).toMatchObject({ undone: id, serving: expect.stringContaining('churn-') });
  expect(undone.data.was).toBeUndefined();
  expect(await aliasVersion(h)).toBe(3);
});

it('a repeated call that waits answers with what serves after the wait', async () => {
  const h = await begin();
  const split = { endpoint: 'split', traffic: { 'churn-1': 50, 'churn-2': 50 } };
  await h.call('set_traffic', { ...split, wait_seconds: 0 });
  const { data } = await h.call('set_traffic', { ...split, wait_seconds: 1800 });
  expect(data).toMatchObject({ outcome: 'ready', status: 'ready', serving: expect.stringContaining('(50 %)') });
});

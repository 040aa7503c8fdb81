/** Writes that changed nothing: the answer, the journal and the undo agree. */
import { describe, expect, it } from 'vitest';
import { journalThat } from '../support/before-sending.ts';
import type { Harness } from '../support/harness.ts';
import { workspaceSettings } from '../support/invariants.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';
import { useHarness } from '../support/use-harness.ts';
import { writes } from '../support/workspace.ts';
import { WRITES } from '../support/writes.ts';

const begin = useHarness((more: Parameters<typeof safetyWorkspace>[0] = {}) => ({
  seed: safetyWorkspace(more),
  journal: journalThat(() => {}),
  onAsk: () => ({ action: 'accept' as const, content: { confirm: true } }),
}));

const newest = async (h: Harness) => (await h.call('list_changes', { limit: 1 })).data.changes[0];

describe('the undo of a write with an unknown outcome and no effect finds nothing to undo', () => {
  // These cannot be undone by a call, whatever came of them.
  const undoable = WRITES.filter(([tool, what]) => tool !== 'delete_endpoint' && what !== 'a resource');
  it.each(undoable)('%s %s', async (tool, _what, args) => {
    const h = await begin();
    const before = workspaceSettings(h.sandbox);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      h.sandbox.faults.add({ match: { method }, effect: { status: 500, body: {} } });
    expect((await h.call(tool, args)).isError).toBe(true);
    h.sandbox.faults.clear();
    const { id, outcome } = await newest(h);
    expect(outcome).toBe('unknown');
    const sent = writes(h).length;
    const { data } = await h.call('undo_change', { id });
    expect(data.error).toBeUndefined();
    expect(data).toMatchObject({ changed: false, nothing_to_undo: expect.stringContaining(id) });
    expect(writes(h)).toHaveLength(sent);
    expect(workspaceSettings(h.sandbox)).toEqual(before);
    expect((await newest(h)).outcome).toBe('undone');
    expect((await newest(h)).undo).toBeUndefined();
  });
});

describe('a grant that the principal inherits already', () => {
  const admins = { principal: 'admins', level: 'CAN_MANAGE' };

  it.each(['CAN_MANAGE', 'CAN_QUERY', 'CAN_VIEW'])(
    '%s changes nothing, and the answer says where it comes from',
    async (level) => {
      const h = await begin();
      const args = { endpoint: 'churn', grant: [{ ...admins, level }] };
      for (const more of [{ dry_run: true }, {}]) {
        const { data } = await h.call('update_permissions', { ...args, ...more });
        expect(data).toMatchObject({
          changed: false,
          warning:
            'group "admins" already has CAN_MANAGE, inherited from /serving-endpoints/. Nothing was granted to them.',
        });
      }
      expect(writes(h)).toEqual([]);
      expect((await h.call('list_changes')).data.total).toBe(0);
    },
  );

  it('is left out of a call that also grants something else', async () => {
    const h = await begin();
    const grant = [admins, { principal: 'data-science', level: 'CAN_QUERY' }];
    const { data } = await h.call('update_permissions', { endpoint: 'churn', grant });
    expect(data).toMatchObject({
      changed: true,
      changes: [{ field: 'group data-science', to: 'CAN_QUERY' }],
      warning: expect.stringContaining('"admins"'),
    });
    const [sent] = h.sandbox.requests.filter(({ method }) => method === 'PATCH');
    expect(sent?.body).toEqual({
      access_control_list: [{ group_name: 'data-science', permission_level: 'CAN_QUERY' }],
    });
  });
});

describe('an update that failed and left the old config is reported as no change', () => {
  it.each<[string, string, Record<string, unknown>]>([
    ['a swap', 'swap_version', { endpoint: 'churn', version: '4' }],
    ['a canary', 'swap_version', { endpoint: 'churn', version: '4', traffic_percent: 10 }],
    ['a swap with an alias', 'swap_version', { endpoint: 'churn', version: '4', alias: 'champion' }],
    [
      'an update',
      'update_endpoint',
      { endpoint: 'churn', add_entities: [{ entity_name: 'ml.prod.churn', entity_version: '4', name: 'four' }] },
    ],
  ])('%s', async (_what, tool, args) => {
    const h = await begin();
    const before = workspaceSettings(h.sandbox).endpoints.churn.settings.config;
    const { data, isError } = await h.call(tool, { ...args, wait_seconds: 1800 });
    expect(isError).toBe(true);
    expect(data).toMatchObject({ changed: false, outcome: 'failed', status: 'ready, last update failed' });
    expect(data.undo).toBeUndefined();
    expect(workspaceSettings(h.sandbox).endpoints.churn.settings.config).toEqual(before);
    expect((await newest(h)).outcome).toBe('failed');
    const { data: seen } = await h.call('get_endpoint', { endpoint: 'churn' });
    expect(seen.status).toBe('ready, last update failed');
    expect(seen.pending).toBeUndefined();
    expect(seen.pending_update).toBeUndefined();
  });
});

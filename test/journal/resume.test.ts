/** A server that ended in the middle of a change: what the journal knows about it, and how it is finished or undone. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { fileJournal, type Journal } from '../../src/journal/journal.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import type { Harness } from '../support/harness.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';
import { useHarness } from '../support/use-harness.ts';
import { follow, writes } from '../support/workspace.ts';

const LIMIT = { endpoint: 'churn', set: [{ key: 'user', calls: 9 }] };
const begin = useHarness((journal: Journal) => ({
  seed: safetyWorkspace(),
  journal,
  onAsk: () => ({ action: 'accept' as const, content: { confirm: true } }),
}));

/** A workspace with a change, whose process ended before it could note the end. */
async function interrupted(tool = 'set_rate_limits', args: Record<string, unknown> = LIMIT) {
  const folder = mkdtempSync(join(tmpdir(), 'interrupted-'));
  const path = join(folder, 'changes.jsonl');
  const journal = fileJournal(path, { now: Date.now, random: Math.random, sanitize });
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const h = await begin(journal);
  const { data } = await h.call(tool, args);
  writeFileSync(path, readFileSync(path, 'utf8').replace(/\n[^\n]+\n$/, '\n'));
  const open = (await h.call('list_changes')).data.changes[0];
  expect(open.outcome).toBe('unfinished');
  return { h, open, data };
}

const outcomes = async (h: Harness): Promise<string[]> =>
  (await h.call('list_changes')).data.changes.map((each: { outcome: string }) => each.outcome);

it('a repeated call that finds nothing left to do closes the interrupted write', async () => {
  const { h, open } = await interrupted();
  expect((await h.call('set_rate_limits', { ...LIMIT, dry_run: true })).data.changed).toBe(false);
  expect((await h.call('list_changes')).data.changes[0].outcome).toBe('unfinished');
  expect((await h.call('set_rate_limits', LIMIT)).data.changed).toBe(false);
  const { changes } = (await h.call('list_changes')).data;
  expect(changes).toMatchObject([{ id: open.id, outcome: 'done', undo: 'undo_change' }]);
});

it('an interrupted write can be undone, and the undo closes it', async () => {
  const { h, open } = await interrupted();
  const { data } = await h.call('undo_change', { id: open.id });
  expect(data).toMatchObject({ undone: open.id, changed: true, changes: [{ from: 9, to: 5 }] });
  const { changes } = (await h.call('list_changes')).data;
  expect(changes.map((each: { outcome: string }) => each.outcome)).toEqual(['done', 'undone']);
  expect(changes[1].undo).toBeUndefined();
});

it('an interrupted change is unfinished, and no longer so once its call was made again', async () => {
  const { h, open } = await interrupted();
  expect(open).toMatchObject({ outcome: 'unfinished', call: expect.stringContaining('set_rate_limits {') });
  await h.call('set_rate_limits', { endpoint: 'churn', set: [{ key: 'user', calls: 5 }] });
  await h.call('set_rate_limits', LIMIT);
  const { changes } = (await h.call('list_changes')).data;
  expect(changes[2]).toMatchObject({ id: open.id, outcome: 'finished later', finished_by: changes[0].id });
});

it('a preview of a create closes nothing; the create itself does when the endpoint is there', async () => {
  const create = { endpoint: 'new', model: 'ml.prod.churn', version: '@champion' };
  const { h, open } = await interrupted('create_endpoint', create);
  expect(open.call).toContain('"version":"1"'); // later the alias may point to another one
  await h.call('create_endpoint', { ...create, version: '1', dry_run: true });
  expect(await outcomes(h)).toEqual(['unfinished']);
  expect((await h.call('create_endpoint', { ...create, version: '1' })).data.changed).toBe(false);
  expect(await outcomes(h)).toEqual(['done']);
});

it('a swap is closed by the later calls that wait for it', async () => {
  const { h, open } = await interrupted('swap_version', { endpoint: 'churn', version: '3', wait_seconds: 0 });
  let { data } = await follow(h, open.call);
  for (let turns = 0; data.outcome === 'waiting' && turns < 20; turns++) ({ data } = await follow(h, data.next));
  expect(data).toMatchObject({ outcome: 'ready', changed: false });
  expect(await outcomes(h)).toEqual(['done']);
  expect(writes(h)).toHaveLength(1);
});

it.each<[string, string, Record<string, unknown>]>([
  ['a revoke', 'update_permissions', { endpoint: 'churn', revoke: ['analyst@example.com'] }],
  [
    'a grant and a revoke',
    'update_permissions',
    { endpoint: 'churn', revoke: ['analyst@example.com'], grant: [{ principal: 'data-science', level: 'CAN_QUERY' }] },
  ],
  ['a removed limit', 'set_rate_limits', { endpoint: 'churn', remove: [{ key: 'user' }] }],
  [
    'a limit set and one removed',
    'set_rate_limits',
    { endpoint: 'churn', remove: [{ key: 'user' }], set: [{ key: 'endpoint', calls: 7 }] },
  ],
  [
    'an added entity',
    'update_endpoint',
    {
      endpoint: 'churn',
      add_entities: [{ entity_name: 'ml.prod.churn', entity_version: '2', name: 'two' }],
      wait_seconds: 1800,
    },
  ],
  [
    'a removed entity',
    'update_endpoint',
    { endpoint: 'split', remove_entities: ['churn-2'], traffic: { 'churn-1': 100 }, wait_seconds: 1800 },
  ],
])(
  '%s that was interrupted after its effect is finished by the same call, which sends nothing',
  async (_what, tool, args) => {
    const { h, open } = await interrupted(tool, args);
    const sent = writes(h).length;
    const again = await h.call(tool, args);
    expect(again.data).toMatchObject({ changed: false });
    expect(again.data.error).toBeUndefined();
    expect(writes(h)).toHaveLength(sent);
    const { changes } = (await h.call('list_changes')).data;
    expect(changes).toMatchObject([{ id: open.id, outcome: 'done' }]);
    // Without an interrupted call, the same arguments are still refused where they ask for the impossible.
    const third = await h.call(tool, args);
    if (tool !== 'update_endpoint' || 'add_entities' in args) expect(third.isError).toBe(true);
  },
);

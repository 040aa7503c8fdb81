/** A server that ended in the middle of a change: what the journal knows about it, and how it is finished or undone. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { WriteStart } from '../../src/journal/entry.ts';
import { fileJournal, type Journal, memoryJournal } from '../../src/journal/journal.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';
import { useHarness } from '../support/use-harness.ts';
import { CHURN_PATH, follow, writes } from '../support/workspace.ts';

const LIMIT = { endpoint: 'churn', set: [{ key: 'user', calls: 9 }] };
const begin = useHarness((journal: Journal, more: HarnessOptions = {}) => ({
  seed: safetyWorkspace(),
  journal,
  ...more,
  onAsk: () => ({ action: 'accept' as const, content: { confirm: true } }),
}));

/** A workspace with a change, whose process ended before it could note the end. */
async function interrupted(
  tool = 'set_rate_limits',
  args: Record<string, unknown> = LIMIT,
  prepare: (h: Harness) => Promise<unknown> = async () => {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'interrupted-'));
  const path = join(folder, 'changes.jsonl');
  const journal = fileJournal(path, { now: Date.now, random: Math.random, sanitize });
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const h = await begin(journal);
  await prepare(h);
  const { data } = await h.call(tool, args);
  h.sandbox.faults.clear();
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

it('a change of model units that was interrupted after its effect is finished by the same call, which sends nothing', async () => {
  const units = { entity_name: 'ml.prod.units', entity_version: '1', provisioned_model_units: 50 };
  const change = { endpoint: 'units', model_units: 100, burst_scaling: false };
  const { h, open } = await interrupted('update_endpoint', change, async (harness) => {
    await harness.call('create_endpoint', { endpoint: 'units', entities: [units] });
  });
  const sent = writes(h).length;
  expect((await h.call('update_endpoint', change)).data).toMatchObject({ changed: false });
  expect(writes(h)).toHaveLength(sent);
  expect((await h.call('list_changes')).data.changes[0]).toMatchObject({ id: open.id, outcome: 'done' });
  // Of burst_scaling alone, nothing shows whether it was set, so it is set again.
  await h.call('update_endpoint', { ...change, burst_scaling: true });
  expect(writes(h)).toHaveLength(sent + 1);
});

it('a move of an inference table that was interrupted half-way is finished by the same call, switched on', async () => {
  const table = { enabled: true, catalog_name: 'ml', schema_name: 'logs', table_name_prefix: 'churn' };
  const move = { endpoint: 'churn', inference_table: { schema_name: 'other' } };
  const { h, open } = await interrupted('update_ai_gateway', move, async (harness) => {
    await harness.call('update_ai_gateway', { endpoint: 'churn', inference_table: table });
    const match = { method: 'PUT', path: `${CHURN_PATH}/ai-gateway` };
    harness.sandbox.faults.add({ match, skip: 1, times: 1, effect: { cut: 'before' } });
  });
  const { data } = await h.call('update_ai_gateway', move);
  expect(data).toMatchObject({
    changed: true,
    ai_gateway: { inference_table_config: { ...table, schema_name: 'other' } },
  });
  expect((await h.call('list_changes')).data.changes[0]).toMatchObject({ outcome: 'done' });
  const { changes } = (await h.call('list_changes')).data;
  expect(changes[1]).toMatchObject({ id: open.id, outcome: 'finished later' });
  // The undo of the finished move does not lead back to its middle, where the table was off.
  await follow(h, data.undo);
  const { gateway } = (await h.call('get_endpoint', { endpoint: 'churn' })).data;
  expect(gateway.inference_table_config).toEqual(table);
});

describe('the entry of another workspace', () => {
  const OTHER = 'https://other.cloud.databricks.com';
  const start = (host: string, call: string, more: Partial<WriteStart> = {}): WriteStart => ({
    host,
    who: 'pat',
    tool: 'set_rate_limits',
    subject: { kind: 'endpoint', name: 'churn' },
    call,
    changes: [],
    ...more,
  });
  const memory = () => memoryJournal({ now: Date.now, random: Math.random, sanitize });
  const outcomeOf = async (journal: Journal, id: string) =>
    (await journal.read({ where: (each) => each.id === id, newest: 1 })).entries[0]?.outcome;

  it('is not closed by a call that finds nothing left to do here', async () => {
    const journal = memory();
    const h = await begin(journal);
    await h.call('set_rate_limits', LIMIT);
    const call = `set_rate_limits ${JSON.stringify({ ...LIMIT, remove: [] })}`;
    const [there, here] = [await journal.begin(start(OTHER, call)), await journal.begin(start(h.sandbox.host, call))];
    expect((await h.call('set_rate_limits', LIMIT)).data.changed).toBe(false);
    expect(await outcomeOf(journal, here)).toBe('done');
    expect(await outcomeOf(journal, there)).toBeUndefined();
  });

  it('does not make a call here a repeat: it is refused where it asks for the impossible', async () => {
    const journal = memory();
    const h = await begin(journal);
    const args = { endpoint: 'churn', grant: [], revoke: ['engineer@example.com', 'data-science'] };
    await journal.begin(start(OTHER, `update_permissions ${JSON.stringify(args)}`, { tool: 'update_permissions' }));
    expect((await h.call('update_permissions', args)).data.error.code).toBe('invalid_request');
  });

  it('is not continued by a swap here', async () => {
    const journal = memory();
    const h = await begin(journal);
    await h.call('set_alias', { model: 'ml.prod.churn', alias: 'champion', version: '2' });
    const swap = { endpoint: 'churn', version: '1', alias: 'champion' };
    const changes = [
      { field: 'served_entities.churn-1.entity_version', from: '2', to: '1' },
      { field: 'alias champion', from: 2, to: 1 },
    ];
    const there = await journal.begin(
      start(OTHER, `swap_version ${JSON.stringify(swap)}`, { tool: 'swap_version', changes }),
    );
    const { data } = await h.call('swap_version', swap);
    expect(data).toMatchObject({ changed: true, alias: { version: 1 } });
    expect(data.undo).not.toContain(there);
    expect(await outcomeOf(journal, there)).toBeUndefined();
    expect((await h.call('list_changes', { limit: 1 })).data.changes[0]).toMatchObject({ outcome: 'done' });
  });

  it('nor does it stop one, when an alias was moved there', async () => {
    const journal = memory();
    const h = await begin(journal);
    await h.call('set_alias', { model: 'ml.prod.churn', alias: 'champion', version: '2' });
    const swap = { endpoint: 'churn', version: '1', alias: 'champion' };
    const changes = [{ field: 'alias champion', from: 3, to: 1 }];
    await journal.begin(start(OTHER, `swap_version ${JSON.stringify(swap)}`, { tool: 'swap_version', changes }));
    expect((await h.call('swap_version', swap)).data).toMatchObject({ changed: true, alias: { version: 1 } });
  });

  it('and a read-only server closes none at all', async () => {
    const journal = memory();
    const h = await begin(journal, { readOnly: true });
    const limit = { endpoint: 'churn', set: [{ key: 'user', calls: 5 }] }; // as it is
    const call = `set_rate_limits ${JSON.stringify({ ...limit, remove: [] })}`;
    const here = await journal.begin(start(h.sandbox.host, call));
    expect((await h.call('set_rate_limits', limit)).data).toMatchObject({ changed: false });
    expect(await outcomeOf(journal, here)).toBeUndefined();
  });
});

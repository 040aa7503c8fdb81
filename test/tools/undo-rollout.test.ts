/** One undo takes a whole rollout back: the swap, the splits after it and the aliases. It never overwrites what someone else changed. */
import { describe, expect, it } from 'vitest';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { workspaceSettings } from '../support/invariants.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';
import { ask, settings } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { ALIAS_PATH, aliasVersion, CONFIG_PATH, churnEntity, endpoint, writes } from '../support/workspace.ts';

const begin = useHarness((options: HarnessOptions = {}) => ({
  seed: safetyWorkspace(),
  onAsk: () => ({ action: 'accept' as const }),
  ...options,
}));

type Call = [tool: string, args: Record<string, unknown>];

const CANARY: Call = ['swap_version', { endpoint: 'churn', version: '2', traffic_percent: 10 }];
const split = (old: number): Call => [
  'set_traffic',
  { endpoint: 'churn', traffic: { 'churn-1': old, 'churn-2': 100 - old } },
];
const LONG = { wait_seconds: 1800 };

/** Makes the calls. @returns the ids of their changes. */
async function make(h: Harness, calls: readonly Call[]): Promise<string[]> {
  const ids: string[] = [];
  for (const [tool, args] of calls) {
    const { data } = await h.call(tool, { ...args, ...(/^(swap|set_traffic|update_endpoint)/.test(tool) ? LONG : {}) });
    expect(data).toMatchObject({ changed: true });
    ids.push((await newest(h)).id);
  }
  return ids;
}

const newest = async (h: Harness) => (await h.call('list_changes', { limit: 1 })).data.changes[0];
const outcomes = async (h: Harness): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await h.call('list_changes', { limit: 50 })).data.changes.map((each: { id: string; outcome: string }) => [
      each.id,
      each.outcome,
    ]),
  );

const ROLLOUTS: [string, Call[]][] = [
  ['a canary and one split', [CANARY, split(75)]],
  ['a canary and two splits', [CANARY, split(50), split(25)]],
  ['a canary and a split by update_endpoint', [CANARY, ['update_endpoint', split(75)[1]]]],
  [
    'a canary that took over',
    [CANARY, split(0), ['update_endpoint', { endpoint: 'churn', remove_entities: ['churn-1'] }]],
  ],
  [
    'a canary that swap_version ended',
    [CANARY, split(50), ['swap_version', { endpoint: 'churn', version: '2', alias: 'champion' }]],
  ],
  [
    'a canary whose alias moved by itself',
    [
      CANARY,
      split(0),
      ['update_endpoint', { endpoint: 'churn', remove_entities: ['churn-1'] }],
      ['set_alias', { model: 'ml.prod.churn', alias: 'champion', version: '2' }],
    ],
  ],
  [
    'a swap whose alias moved by itself',
    [
      ['swap_version', { endpoint: 'churn', version: '2' }],
      ['set_alias', { model: 'ml.prod.churn', alias: 'champion', version: '2' }],
    ],
  ],
  [
    'a canary with another size',
    [CANARY, ['update_endpoint', { endpoint: 'churn', entity: 'churn-2', workload_size: 'Large' }], split(50)],
  ],
];

describe('the undo of the first change takes the later ones back too, in one update', () => {
  it.each(ROLLOUTS)('%s', async (_what, calls) => {
    const h = await begin();
    const before = workspaceSettings(h.sandbox);
    const ids = await make(h, calls);
    const [first = '', ...later] = ids;
    const sent = writes(h).length;

    const preview = await h.call('undo_change', { id: first, dry_run: true });
    expect(preview.data.undoes.map((each: { id: string }) => each.id)).toEqual(ids);
    expect(preview.data.changes.length).toBeGreaterThan(0);
    expect(writes(h)).toHaveLength(sent);

    const { data } = await h.call('undo_change', { id: first, ...LONG });
    expect(data).toMatchObject({ changed: true, undone: first, also_undone: later, undo: expect.any(String) });
    expect(
      writes(h)
        .slice(sent)
        .filter((each) => each.endsWith('/config')),
    ).toHaveLength(1);
    expect(workspaceSettings(h.sandbox)).toEqual(before);
    expect(await outcomes(h)).toMatchObject(Object.fromEntries(ids.map((id) => [id, 'undone'])));

    // Again: nothing is left to undo.
    const again = await h.call('undo_change', { id: first });
    expect(again.data).toMatchObject({ changed: false, nothing_to_undo: expect.any(String) });
  });
});

it('the undo of the undo brings the end of the rollout back, and marks its changes as in effect', async () => {
  const h = await begin();
  const before = workspaceSettings(h.sandbox);
  const ids = await make(h, [
    CANARY,
    split(50),
    ['swap_version', { endpoint: 'churn', version: '2', alias: 'champion' }],
  ]);
  const end = workspaceSettings(h.sandbox);
  const [first = ''] = ids;
  await h.call('undo_change', { id: first, ...LONG });
  const undo = (await newest(h)).id;

  const redo = await h.call('undo_change', { id: undo, ...LONG });
  expect(redo.data).toMatchObject({ changed: true, undone: undo });
  expect(workspaceSettings(h.sandbox)).toEqual(end);
  expect(await outcomes(h)).toMatchObject({ ...Object.fromEntries(ids.map((id) => [id, 'done'])), [undo]: 'undone' });

  // And once more: the redo is undone, so the first undo is in effect again.
  const back = await h.call('undo_change', { id: (await newest(h)).id, ...LONG });
  expect(back.data).toMatchObject({ changed: true });
  expect(workspaceSettings(h.sandbox)).toEqual(before);
  expect(await outcomes(h)).toMatchObject({ ...Object.fromEntries(ids.map((id) => [id, 'undone'])), [undo]: 'done' });
});

it('the undo of a single undo marks the first change as in effect again', async () => {
  const h = await begin();
  const [id = ''] = await make(h, [['update_endpoint', { endpoint: 'churn', tags: { team: 'x' } }]]);
  await h.call('undo_change', { id });
  const undo = (await newest(h)).id;
  expect(await outcomes(h)).toMatchObject({ [id]: 'undone', [undo]: 'done' });
  await h.call('undo_change', { id: undo });
  expect(await outcomes(h)).toMatchObject({ [id]: 'done', [undo]: 'undone' });
  expect((await settings(h, 'churn')).tags).toEqual({ team: 'x' });
});

it('an undo that waits goes on, and its aliases follow only when the earlier version serves', async () => {
  const h = await begin();
  const before = workspaceSettings(h.sandbox);
  const calls: Call[] = [CANARY, split(0), ['swap_version', { endpoint: 'churn', version: '2', alias: 'champion' }]];
  const [first = ''] = await make(h, calls);
  const waiting = await h.call('undo_change', { id: first, wait_seconds: 0 });
  expect(waiting.data).toMatchObject({ outcome: 'waiting', next: `undo_change {"id":"${first}"}` });
  expect(await aliasVersion(h)).toBe(2);
  h.sandbox.clock.advance(600_000);
  const sent = writes(h).length;
  const { data } = await h.call('undo_change', { id: first });
  expect(data).toMatchObject({ undone: first, changed: true });
  expect(writes(h).slice(sent)).toEqual([`PUT ${ALIAS_PATH}`]);
  expect(workspaceSettings(h.sandbox)).toEqual(before);
  expect(Object.values(await outcomes(h))).toEqual(['done', 'undone', 'undone', 'undone']);
});

describe('what someone else changed is not overwritten, and the advice restores no split', () => {
  const put = async (h: Harness, shares: Record<string, number>) => {
    const { config } = (await ask(h, '/api/2.0/serving-endpoints/churn')) as { config: { served_entities: unknown[] } };
    const routes = Object.entries(shares).map(([name, percent]) => ({
      served_entity_name: name,
      traffic_percentage: percent,
    }));
    const body = { served_entities: config.served_entities, traffic_config: { routes } };
    await ask(h, CONFIG_PATH, { method: 'PUT', body: JSON.stringify(body) });
    h.sandbox.clock.advance(600_000);
  };

  it.each<[string, (h: Harness) => Promise<unknown>, unknown[]]>([
    [
      'the split',
      (h) => put(h, { 'churn-1': 40, 'churn-2': 60 }),
      [
        { field: 'traffic.churn-1', was_set_to: 75, now: 40 },
        { field: 'traffic.churn-2', was_set_to: 25, now: 60 },
      ],
    ],
    [
      'the alias',
      (h) => ask(h, ALIAS_PATH, { method: 'PUT', body: JSON.stringify({ version_num: 3 }) }),
      [{ field: 'alias champion', was_set_to: 2, now: 3 }],
    ],
  ])('%s', async (what, meanwhile, foreign) => {
    const h = await begin();
    const alias: Call[] =
      what === 'the alias' ? [['set_alias', { model: 'ml.prod.churn', alias: 'champion', version: '2' }]] : [];
    const [first = ''] = await make(h, [CANARY, split(75), ...alias]);
    await meanwhile(h);
    const sent = writes(h).length;
    const { data } = await h.call('undo_change', { id: first });
    expect(data.error).toMatchObject({ code: 'changed_since', message: expect.stringContaining('nothing was sent') });
    expect(data.changed_since).toHaveLength(foreign.length);
    expect(data.changed_since).toEqual(expect.arrayContaining(foreign));
    expect(data.error.next).toMatch(/get_endpoint \{"endpoint":"churn"\}.*Ask the user/);
    expect(data.error.next).not.toMatch(/undo/);
    expect(writes(h)).toHaveLength(sent);
  });

  it.each<[string, Call[]]>([
    ['another version', [['swap_version', { endpoint: 'churn', version: '3', entity: 'churn-2' }]]],
    ['tags together with the split', [['update_endpoint', { ...split(50)[1], tags: { team: 'x' } }]]],
  ])('a later change by this server that is more than the rollout is named: %s', async (_what, calls) => {
    const h = await begin();
    const [first = ''] = await make(h, [CANARY, split(75)]);
    const [other = ''] = await make(h, calls);
    const sent = writes(h).length;
    const { data } = await h.call('undo_change', { id: first });
    expect(data.error).toMatchObject({ code: 'changed_since', message: expect.stringContaining(other) });
    expect(data.error.next).toContain(`list_changes {"id":"${other}"}`);
    expect(data.error.next).not.toMatch(/undo_change/);
    expect(writes(h)).toHaveLength(sent);
  });

  it('a change of other settings stays', async () => {
    const h = await begin();
    const [first = ''] = await make(
      h,
      [
        CANARY,
        ['set_rate_limits', { endpoint: 'churn', set: [{ key: 'user', calls: 9 }] }],
        ['update_endpoint', { endpoint: 'churn', tags: { team: 'x' } }],
        split(75),
      ].map(([tool, args]) => [tool, args] as Call),
    );
    const { data } = await h.call('undo_change', { id: first, ...LONG });
    expect(data.also_undone).toHaveLength(1);
    expect(await settings(h, 'churn')).toMatchObject({ tags: { team: 'x' }, traffic: { 'churn-1': 100 } });
  });

  it('a change that was undone already is not a part of it', async () => {
    const h = await begin();
    const before = workspaceSettings(h.sandbox);
    const [first = '', second = '', third = ''] = await make(h, [CANARY, split(75), split(50)]);
    await h.call('undo_change', { id: third, ...LONG });
    const { data } = await h.call('undo_change', { id: first, ...LONG });
    expect(data).toMatchObject({ undone: first, also_undone: [second] });
    expect(workspaceSettings(h.sandbox)).toEqual(before);
  });
});

it('under a custom name, the undo of a swap restores the version, and a later split stays', async () => {
  const entities = [
    { ...churnEntity('1'), name: 'main' },
    { ...churnEntity('3'), name: 'other' },
  ];
  const h = await begin({ seed: safetyWorkspace({ endpoints: [endpoint('named', entities, [80, 20])] }) });
  const before = await settings(h, 'named');
  const [first = ''] = await make(h, [
    ['swap_version', { endpoint: 'named', entity: 'main', version: '2' }],
    ['set_traffic', { endpoint: 'named', traffic: { main: 50, other: 50 } }],
  ]);
  const { data } = await h.call('undo_change', { id: first, ...LONG });
  expect(data).toMatchObject({ changed: true, undone: first });
  expect(data.also_undone).toBeUndefined();
  expect(await settings(h, 'named')).toEqual({ ...before, traffic: { main: 50, other: 50 } });
});

it('a split that came before is not a part of the rollout', async () => {
  const h = await begin();
  const [, second = ''] = await make(h, [
    ['set_traffic', { endpoint: 'split', traffic: { 'churn-1': 50, 'churn-2': 50 } }],
    ['set_traffic', { endpoint: 'split', traffic: { 'churn-1': 10, 'churn-2': 90 } }],
  ]);
  expect((await h.call('undo_change', { id: second, ...LONG })).data).toMatchObject({ undone: second });
  expect((await settings(h, 'split')).traffic).toEqual({ 'churn-1': 50, 'churn-2': 50 });
});

describe('an undo that leads back to a version that does not work says so in its preview', () => {
  it('one that failed to deploy before', async () => {
    const h = await begin();
    const create = { endpoint: 'new', model: 'ml.prod.churn', version: '4', ...LONG };
    expect((await h.call('create_endpoint', create)).data.error.code).toBe('deployment_failed');
    const failed = (await newest(h)).id;
    const [id = ''] = await make(h, [['swap_version', { endpoint: 'new', version: '2' }]]);
    const { data } = await h.call('undo_change', { id, dry_run: true });
    expect(data.warning).toMatch(new RegExp(`^Version 4 failed to deploy on new before \\(change ${failed}, `));
    // A version that worked gets no such warning.
    const [other = ''] = await make(h, [['swap_version', { endpoint: 'churn', version: '2' }]]);
    expect((await h.call('undo_change', { id: other, dry_run: true })).data.warning).toBeUndefined();
  });

  it.each<[string, Call[]]>([
    ['after a swap', [['swap_version', { endpoint: 'churn', version: '2' }]]],
    [
      'after a whole rollout',
      [CANARY, split(0), ['update_endpoint', { endpoint: 'churn', remove_entities: ['churn-1'] }]],
    ],
  ])('one that is gone from the registry, %s', async (_what, calls) => {
    const h = await begin();
    const [id = ''] = await make(h, calls);
    await ask(h, '/api/2.1/unity-catalog/models/ml.prod.churn/versions/1', { method: 'DELETE' });
    const sent = writes(h).length;
    const { data } = await h.call('undo_change', { id, dry_run: true });
    expect(data.error.message).toContain('ml.prod.churn has no version 1');
    expect(writes(h)).toHaveLength(sent);
  });
});

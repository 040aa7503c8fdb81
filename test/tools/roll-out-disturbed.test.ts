/** A guarded rollout among lost replies, refusals, other users and a second server. It ends as named, and overwrites nothing. */
import { describe, expect, it } from 'vitest';
import { memoryJournal } from '../../src/journal/journal.ts';
import type { FaultEffect } from '../../src/sandbox/index.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import {
  BAD,
  type Data,
  MARK,
  MINUTE,
  nowServed,
  playOn,
  ROLLED_BACK,
  rolloutSeed,
  sentShares,
  WISH,
} from '../support/rollout-site.ts';
import { RUN_ALL } from '../support/selection.ts';
import { ask } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { CHURN_PATH, writes } from '../support/workspace.ts';

const begin = useHarness((options: HarnessOptions) => options);
const start = (canary: Record<string, unknown> = {}, options: HarnessOptions = {}) =>
  begin(rolloutSeed(canary, options));
const DONE = { traffic: { 'churn-2': 0, 'churn-3': 100 }, mark: undefined, alias: 3 };
const BACK = { traffic: { 'churn-2': 100, 'churn-3': 0 }, mark: expect.stringMatching(ROLLED_BACK), alias: 2 };
const isAt = (step: string) => (data: Data) => String(data.step).startsWith(step);

describe('a guarded rollout with a fault at one of its writes', () => {
  const CONFIG = { method: 'PUT', path: `${CHURN_PATH}/config` };
  const TAGS = { method: 'PATCH', path: `${CHURN_PATH}/tags` };
  const ALIAS = { method: 'PUT', path: '/api/2.1/unity-catalog/models/*/aliases/*' };
  const sites = [
    ...[0, 1, 2].map((skip) => ({ match: CONFIG, skip })),
    ...[0, 1, 2, 3].map((skip) => ({ match: TAGS, skip })),
    { match: ALIAS, skip: 0 },
  ];
  const effects: [string, FaultEffect][] = [
    ['a lost reply', { lost_reply: true }],
    ['a late 500', { late_status: 500 }],
    ['403', { status: 403, body: { error_code: 'PERMISSION_DENIED', message: 'not yours' } }],
    ['409', { status: 409, body: { error_code: 'RESOURCE_CONFLICT', message: 'an update is in progress' } }],
    ['500', { status: 500, body: { error_code: 'INTERNAL_ERROR', message: 'no' } }],
  ];
  const cells = sites.flatMap((site, row) =>
    effects
      .filter((_effect, column) => RUN_ALL || (row * 2) % effects.length === column)
      .map(
        ([what, effect]) =>
          [what, `${site.match.method} ${site.match.path.split('/').at(-1)} ${site.skip + 1}`, site, effect] as const,
      ),
  );
  it.each(cells)('(%s at %s) ends as named after the same call', async (_what, _site, site, effect) => {
    const h = await start();
    h.sandbox.faults.add({ ...site, times: 1, effect });
    let answers = await playOn(h);
    for (let tries = 0; answers.at(-1).error && tries < 3; tries++) answers = await playOn(h);
    expect(answers.at(-1)).toMatchObject({ outcome: 'done' });
    expect(await nowServed(h)).toEqual(DONE);
    const shares = sentShares(h);
    // A refused request is sent again, and one that took effect is not.
    const again = 'status' in effect && effect.status !== 409 && site.match === CONFIG ? [[0, 50, 100][site.skip]] : [];
    expect([...shares].sort((a, b) => a - b)).toEqual([0, 50, 100, ...again].sort((a = 0, b = 0) => a - b));
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    const { changes } = (await h.call('list_changes', { limit: 50 })).data;
    for (const each of changes) expect(each.outcome).not.toBe('unfinished');
  });

  it('goes back even if the first request of the way back is refused', async () => {
    const h = await start(BAD);
    h.sandbox.faults.add({ match: CONFIG, skip: 2, times: 1, effect: { status: 500, body: {} } });
    let answers = await playOn(h);
    for (let tries = 0; answers.at(-1).error && tries < 3; tries++) answers = await playOn(h);
    expect(answers.at(-1)).toMatchObject({ outcome: 'rolled_back' });
    expect(await nowServed(h)).toEqual(BACK);
  });
});

type Deed = (h: Harness) => Promise<unknown>;
const put = async (h: Harness, change: (config: Data) => Data) => {
  const { config } = (await ask(h, CHURN_PATH)) as Data;
  const body = change({ served_entities: config.served_entities, traffic_config: config.traffic_config });
  await ask(h, `${CHURN_PATH}/config`, { method: 'PUT', body: JSON.stringify(body) });
  h.sandbox.clock.advance(10 * MINUTE);
};
const tags = (h: Harness, body: object) =>
  ask(h, `${CHURN_PATH}/tags`, { method: 'PATCH', body: JSON.stringify(body) });
const setting: Deed = (h) =>
  put(h, (config) => ({
    ...config,
    served_entities: config.served_entities.map((each: Data) => ({ ...each, environment_vars: { MODE: 'other' } })),
  }));
const only: Deed = (h) =>
  put(h, ({ served_entities }) => ({
    served_entities: served_entities.filter(({ name }: Data) => name === 'churn-2'),
    traffic_config: { routes: [{ served_entity_name: 'churn-2', traffic_percentage: 100 }] },
  }));
const split: Deed = (h) =>
  put(h, (config) => ({
    ...config,
    traffic_config: {
      routes: [
        { served_entity_name: 'churn-2', traffic_percentage: 70 },
        { served_entity_name: 'churn-3', traffic_percentage: 30 },
      ],
    },
  }));
const unmark: Deed = (h) => tags(h, { delete_tags: [MARK] });
const edit: Deed = (h) => tags(h, { add_tags: [{ key: MARK, value: 'hands off, please' }] });
const remove: Deed = (h) => ask(h, CHURN_PATH, { method: 'DELETE' });

describe('a guarded rollout that another user changes', () => {
  const phases: [string, (data: Data) => boolean][] = [
    ['before its first step', (data) => String(data.note).includes('still deploying') || data.step === undefined],
    ['at its first step', isAt('1 of 2')],
    ['at its last step', isAt('2 of 2')],
  ];
  const deeds: [string, Deed, RegExp][] = [
    ['changes a setting', setting, /^(held|done)$/],
    ['removes the new version', only, /^(held|failed)$/],
    ['splits the traffic', split, /^held$/],
    ['removes the tag', unmark, /^held$/],
    ['edits the tag', edit, /^rollout_running$/],
    ['deletes the endpoint', remove, /^RESOURCE_DOES_NOT_EXIST$|not_found/],
  ];
  const cells = phases.flatMap(([phase, until], row) =>
    deeds.flatMap(([deed, act, ends], column) =>
      RUN_ALL || row === 1 || column === 3 ? [[phase, deed, until, act, ends] as const] : [],
    ),
  );
  it.each(cells)('%s: %s', async (_phase, _deed, until, act, ends) => {
    const h = await start();
    const answers = await playOn(h, { ...WISH, wait_seconds: 1 }, until);
    expect(answers.at(-1).outcome).toBe('waiting');
    h.sandbox.clock.advance(4 * MINUTE);
    await act(h);
    const before = await ask(h, CHURN_PATH);
    await h.pass(5 * MINUTE);
    const { data } = await h.call('roll_out', WISH);
    expect(data.outcome ?? data.error.code).toMatch(ends);
    const after = await ask(h, CHURN_PATH);
    expect((after as Data).config).toEqual((before as Data).config);
    // It can be ended by hand, and then another can begin.
    if (data.outcome !== 'held') return;
    const aborted = (await h.call('roll_out', { ...WISH, action: 'abort' })).data;
    expect(aborted.outcome).toMatch(/^(rolled_back|failed)$/);
    const { traffic, mark } = await nowServed(h);
    expect(traffic['churn-2']).toBe(100);
    // It tells of the version that is left without traffic.
    expect(mark).toEqual('churn-3' in traffic ? expect.stringMatching(ROLLED_BACK) : undefined);
  });

  it('during its abort, is never told as rolled back', async () => {
    let disturb: (() => Promise<unknown>) | undefined;
    const h = await start(
      {},
      {
        async onSleep(sandbox) {
          const act = disturb;
          disturb = undefined;
          if (act === undefined) return;
          // The update of the abort ends before another user splits the traffic.
          sandbox.clock.advance(10 * MINUTE);
          await act();
        },
      },
    );
    await playOn(h, WISH, isAt('1 of 2'));
    disturb = () => split(h);
    const { data } = await h.call('roll_out', { ...WISH, action: 'abort' });
    expect(disturb).toBeUndefined();
    expect(sentShares(h)).toEqual([0, 50, 0, 30]);
    expect(data).not.toHaveProperty('outcome', 'rolled_back');
    expect(data.error).toMatchObject({ code: 'changed_meanwhile', message: expect.stringContaining('another one') });
    expect((await nowServed(h)).traffic).toEqual({ 'churn-2': 70, 'churn-3': 30 });
    // The next call holds it, and the next abort goes back.
    expect((await h.call('roll_out', WISH)).data).toMatchObject({ outcome: 'held' });
    expect((await nowServed(h)).traffic).toEqual({ 'churn-2': 70, 'churn-3': 30 });
    expect((await h.call('roll_out', { ...WISH, action: 'abort' })).data).toMatchObject({ outcome: 'rolled_back' });
    expect(await nowServed(h)).toEqual(BACK);
  });

  it('and removes the old version, can be ended by hand', async () => {
    const h = await start();
    await playOn(h, WISH, isAt('2 of 2'));
    await put(h, ({ served_entities }) => ({
      served_entities: served_entities.filter(({ name }: Data) => name === 'churn-3'),
      traffic_config: { routes: [{ served_entity_name: 'churn-3', traffic_percentage: 100 }] },
    }));
    expect((await h.call('roll_out', WISH)).data).toMatchObject({ outcome: 'held' });
    const { data } = await h.call('roll_out', { ...WISH, action: 'abort' });
    expect(data).toMatchObject({ outcome: 'failed', note: expect.stringContaining('churn-2 is gone') });
    expect(await nowServed(h)).toMatchObject({ traffic: { 'churn-3': 100 }, mark: undefined });
  });
});

describe('the server that watches a guarded rollout', () => {
  it('goes back, and then does nothing more, whatever becomes of the endpoint', async () => {
    const h = await start(BAD);
    await playOn(h, WISH, isAt('1 of 2'));
    await h.pass(6 * MINUTE);
    expect(await nowServed(h)).toEqual(BACK);
    await only(h);
    writes(h);
    const sent = h.sandbox.requests.length;
    await h.pass(30 * MINUTE);
    expect(h.sandbox.requests.slice(sent).filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it.each<[string, (h: Harness) => Promise<unknown>]>([
    [
      'undone',
      async (h) => {
        const { changes } = (await h.call('list_changes')).data;
        return h.call('undo_change', { id: changes[0].id, wait_seconds: 1800 });
      },
    ],
    [
      'aborted, and its version removed',
      async (h) => {
        await h.call('roll_out', { ...WISH, action: 'abort' });
        return only(h);
      },
    ],
    ['held', (h) => h.call('roll_out', { ...WISH, action: 'hold' })],
  ])('does not begin again what was %s', async (_what, act) => {
    const h = await start();
    await playOn(h, WISH, isAt('1 of 2'));
    await act(h);
    const sent = writes(h).length;
    await h.pass(30 * MINUTE);
    expect(writes(h).slice(sent)).toEqual([]);
  });

  it('continues to watch after readings that failed', async () => {
    const h = await start({ changes: [{ at_minute: 9, error_5xx_rate: 0.5 }] });
    await playOn(h, WISH, isAt('1 of 2'));
    for (const status of [500, 403, 429])
      h.sandbox.faults.add({ match: { method: 'GET', path: '/api/**' }, times: 12, effect: { status, body: {} } });
    await h.pass(3 * MINUTE);
    h.sandbox.faults.clear();
    await h.pass(15 * MINUTE);
    expect((await nowServed(h)).traffic).toEqual(BACK.traffic);
  });
});

describe('two servers that drive one guarded rollout', () => {
  it.each([
    ['healthy', {}, [0, 50, 100], DONE],
    ['failing', BAD, [0, 50, 0], BACK],
  ] as const)('make the steps of a %s version once', async (_what, canary, shares, ends) => {
    let now = Date.now;
    const journal = memoryJournal({ now: () => now(), random: Math.random, sanitize });
    const h = await start(canary, { journal });
    now = h.sandbox.clock.now;
    const other = await begin({ sandbox: h.sandbox, journal });
    let outcome = 'waiting';
    for (let calls = 0; calls < 40 && outcome === 'waiting'; calls++) {
      const pair = await Promise.all([h.call('roll_out', WISH), other.call('roll_out', WISH)]);
      outcome = pair.map(({ data }) => data.outcome ?? 'waiting').find((each) => each !== 'waiting') ?? 'waiting';
      await Promise.all([h.pass(30_000), other.pass(30_000)]);
    }
    expect(outcome).toBe(canary === BAD ? 'rolled_back' : 'done');
    await h.call('roll_out', WISH);
    expect(await nowServed(h)).toEqual(ends);
    expect(sentShares(h)).toEqual(shares);
  });
});

/** A guarded rollout that another machine meets: it has no journal of the first one, and the endpoint tells it what it must know. */
import { describe, expect, it } from 'vitest';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import {
  BAD,
  type Data,
  MARK,
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
import { CHURN_PATH, follow, writes } from '../support/workspace.ts';

const begin = useHarness((options: HarnessOptions) => options);
const isAt = (step: string) => (data: Data) => String(data.step).startsWith(step);
const tagsOf = async (h: Harness) => ((await ask(h, CHURN_PATH)) as Data).tags ?? [];

/** A workspace whose rollout of version 3 went back, and a second machine. */
async function afterRollback(): Promise<Harness> {
  const first = await begin(rolloutSeed(BAD));
  expect((await playOn(first)).at(-1)).toMatchObject({ outcome: 'rolled_back' });
  return begin({ sandbox: first.sandbox });
}

describe('a machine without the journal of a rollout that went back', () => {
  it('begins nothing, and says what is known and how to begin again', async () => {
    const h = await afterRollback();
    const before = writes(h).length;
    const { data } = await h.call('roll_out', WISH);
    expect(data).toMatchObject({
      outcome: 'rolled_back',
      changed: false,
      taken_back: expect.stringMatching(/^by \S+ on 2026-01-05$/),
      reason: expect.stringContaining('journal of that machine'),
      note: expect.stringContaining('churn-3 stays'),
      next: expect.stringMatching(/"action":"resume"\} begins again, and update_endpoint .*"churn-3".* removes it/),
    });
    expect((await h.call('roll_out', { ...WISH, action: 'hold' })).data).toMatchObject({ outcome: 'rolled_back' });
    expect(writes(h)).toHaveLength(before);
    // No tool calls that a running rollout.
    expect((await h.call('get_endpoint', { endpoint: 'churn' })).data).not.toHaveProperty('rollout');
  });

  it('begins nothing either where an alias names the version', async () => {
    const h = await afterRollback();
    await ask(h, '/api/2.1/unity-catalog/models/ml.prod.churn/aliases/next', {
      method: 'PUT',
      body: JSON.stringify({ version_num: 3 }),
    });
    const sent = writes(h).length;
    expect((await h.call('roll_out', { ...WISH, version: '@next' })).data).toMatchObject({ outcome: 'rolled_back' });
    expect(writes(h)).toHaveLength(sent);
  });

  it('begins again where a person asks for it, and another version at once', async () => {
    const h = await afterRollback();
    const { data } = await h.call('roll_out', { ...WISH, action: 'resume' });
    expect(data).toMatchObject({ outcome: 'waiting', changed: true });
    expect((await nowServed(h)).mark).toContain('running version 3');
    await h.call('roll_out', { ...WISH, action: 'abort' });
    expect((await h.call('roll_out', { ...WISH, version: '4' })).data).toMatchObject({ outcome: 'waiting' });
  });

  it('removes the mark along with the new version, and the undo brings both back', async () => {
    const h = await afterRollback();
    const mark = await tagsOf(h);
    expect(mark).toEqual([{ key: MARK, value: expect.stringMatching(ROLLED_BACK) }]);
    const asked = await h.call('update_endpoint', { endpoint: 'churn', remove_entities: ['churn-3'] });
    const removed = await follow(h, asked.data.next);
    expect(removed.data).toMatchObject({ changed: true });
    expect(await tagsOf(h)).toEqual([]);
    expect((await follow(h, removed.data.undo)).data.error).toBeUndefined();
    expect(await tagsOf(h)).toEqual(mark);
  });

  it.runIf(RUN_ALL)('keeps the mark where another entity is removed or the settings change', async () => {
    const h = await afterRollback();
    await h.call('update_endpoint', { endpoint: 'churn', tags: { team: 'ml' }, description: 'predicts churn' });
    expect((await tagsOf(h)).map(({ key }: Data) => key).sort()).toEqual([MARK, 'team']);
  });

  it.runIf(RUN_ALL)('has no mark after a rollout that succeeds', async () => {
    const h = await begin(rolloutSeed({ changes: [{ at_minute: 30, error_5xx_rate: 0 }], error_5xx_rate: 0.3 }));
    expect((await playOn(h)).at(-1)).toMatchObject({ outcome: 'rolled_back' });
    h.sandbox.clock.advance(60 * 60_000);
    const second = await begin({ sandbox: h.sandbox });
    await second.call('roll_out', { ...WISH, action: 'resume' });
    expect((await playOn(second)).at(-1)).toMatchObject({ outcome: 'done' });
    expect(await nowServed(second)).toMatchObject({ mark: undefined, alias: 3 });
  });
});

describe('a machine without the journal of a rollout that runs', () => {
  const FAULTY = { changes: [{ at_minute: 4, error_5xx_rate: 0.3 }] };
  const cells: [string, Record<string, unknown>, string, HarnessOptions][] = [
    ['promotes a healthy version', {}, 'done', {}],
    ['takes a version back that fails at 100 %', FAULTY, 'rolled_back', {}],
    ['promotes a healthy version, and keeps no journal itself', {}, 'done', { journal: null }],
  ];
  it.each(cells.filter((_cell, at) => RUN_ALL || at === 1))(
    '%s by the counts of the tag',
    async (_what, canary, outcome, options) => {
      const first = await begin(rolloutSeed(canary));
      await playOn(first, WISH, isAt('2 of 2'));
      const { mark } = await nowServed(first);
      expect(mark).toMatch(/ old version \d+ requests \d+ 5xx \d+ 4xx \d+ of \d+ above [\d.]+ ms$/);
      const second = await begin({ sandbox: first.sandbox, ...options });
      const answers = await playOn(second);
      expect(answers.at(-1)).toMatchObject({ outcome });
      expect(answers.some(({ old_version_from }) => String(old_version_from).startsWith('the tag'))).toBe(true);
      for (const each of answers.slice(0, -1)) expect(JSON.stringify(each).length / 4).toBeLessThanOrEqual(150);
    },
  );

  it('is held where someone wrote impossible counts into the tag', async () => {
    const first = await begin(rolloutSeed());
    await playOn(first, WISH, isAt('2 of 2'));
    const { mark = '' } = await nowServed(first);
    const value = mark.replace(/old version \d+ requests/, 'old version 0 requests');
    expect(value).not.toBe(mark);
    const body = { add_tags: [{ key: MARK, value }] };
    await ask(first, `${CHURN_PATH}/tags`, { method: 'PATCH', body: JSON.stringify(body) });
    const second = await begin({ sandbox: first.sandbox });
    expect((await second.call('roll_out', WISH)).data.error.code).toBe('rollout_running');
    expect(sentShares(second)).toEqual([0, 50, 100]);
  });
});

describe('a held rollout', () => {
  it.runIf(RUN_ALL)('can be resumed without any journal, and has all of its time again', async () => {
    const h = await begin(rolloutSeed({}, { journal: null }));
    await playOn(h, WISH, isAt('1 of 2'));
    await h.call('roll_out', { ...WISH, action: 'hold' });
    await h.pass(40 * 60_000);
    const { data } = await h.call('roll_out', { ...WISH, action: 'resume' });
    expect(data).toMatchObject({ outcome: 'waiting' });
    const next = await h.call('roll_out', { ...WISH, wait_seconds: 0 });
    expect(next.data).toMatchObject({ outcome: 'waiting', why: expect.stringContaining('0 of 2 minutes') });
    expect((await playOn(h)).at(-1)).toMatchObject({ outcome: 'done' });
  });
});

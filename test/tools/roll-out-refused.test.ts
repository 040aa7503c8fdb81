/** What a guarded rollout refuses before it sends anything, and what its answers say and cost. */
import { describe, expect, it } from 'vitest';
import type { HarnessOptions } from '../support/harness.ts';
import { BAD, type Data, nowServed, PLAN, playOn, rolloutSeed, WISH } from '../support/rollout-site.ts';
import { agree, ask, expectRefusal, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint, follow, GPT, writes } from '../support/workspace.ts';

const begin = useHarness((options: HarnessOptions) => options);
const start = (canary: Record<string, unknown> = {}, options: HarnessOptions = {}) =>
  begin(rolloutSeed(canary, options));
const isAt = (step: string) => (data: Data) => String(data.step).startsWith(step);
const SHORT = { endpoint: 'churn', version: '3' };
const UNITS = { entity_name: 'ml.prod.chat', entity_version: '1', provisioned_model_units: 50 };

describe('a guarded rollout is refused', () => {
  it.each<[string, unknown, RegExp]>([
    ['an external model', endpoint('churn', [GPT]), /no model version of Unity Catalog/],
    ['provisioned throughput', endpoint('churn', [UNITS]), /provisioned throughput/],
    [
      'two entities that share the traffic',
      endpoint('churn', [churnEntity('1', { name: 'a' }), churnEntity('2', { name: 'b' })], [90, 10]),
      /already splits/,
    ],
  ])('for %s', async (_what, one, words) => {
    const h = await begin(withEndpoints([one]));
    const answer = await h.call('roll_out', SHORT);
    expectRefusal(h, answer, 'invalid_rollout');
    expect(answer.data.error.message).toMatch(words);
  });

  it('for a stopped endpoint', async () => {
    const h = await start();
    await ask(h, '/sandbox/endpoints/churn/stop', { method: 'POST', body: '{}' });
    h.sandbox.clock.advance(60_000);
    const sent = writes(h).length;
    const { data } = await h.call('roll_out', SHORT);
    expect(data.error).toMatchObject({ code: 'stopped', next: expect.stringContaining('"start":true') });
    expect(writes(h)).toHaveLength(sent);
  });

  it('during an update, and can be repeated after it', async () => {
    const h = await start();
    await h.call('update_endpoint', { endpoint: 'churn', workload_size: 'Large', wait_seconds: 1 });
    const sent = writes(h).length;
    const { data } = await h.call('roll_out', SHORT);
    expect(data.error).toMatchObject({ code: 'update_in_progress', retryable: true });
    expect(writes(h)).toHaveLength(sent);
  });

  it('by a server that only reads', async () => {
    const h = await start({}, { readOnly: true });
    const { data } = await h.call('roll_out', SHORT);
    expect(data.error).toBeDefined();
    expect(writes(h)).toEqual([]);
  });

  it('for a version that is behind no alias', async () => {
    const h = await start();
    const answer = await h.call('roll_out', { ...SHORT, version: '@nobody' });
    expectRefusal(h, answer, 'invalid_rollout');
    expect(answer.data.error.message).toContain('nobody');
  });
});

describe('a guarded rollout', () => {
  it('of a version that an alias names continues with its number', async () => {
    const h = await start();
    await ask(h, '/api/2.1/unity-catalog/models/ml.prod.churn/aliases/next', {
      method: 'PUT',
      body: JSON.stringify({ version_num: 3 }),
    });
    const { data } = await h.call('roll_out', { ...WISH, version: '@next' });
    expect(data.next).toContain('"version":"3"');
    const again = await h.call('roll_out', { ...WISH, version: '@next' });
    expect(again.data).toMatchObject({ outcome: 'waiting' });
  });

  it('that removes the old version asks first, and begins with the answer to its question', async () => {
    const h = await start();
    const asked = await h.call('roll_out', { ...WISH, remove_old: true });
    expect(asked.data).toMatchObject({ changed: false, needs_consent: expect.stringContaining('churn-2 is removed') });
    expect(writes(h)).toEqual([]);
    expect((await follow(h, asked.data.next)).data).toMatchObject({ outcome: 'waiting', changed: true });
  });

  it('does not begin where a person says no', async () => {
    const h = await start({}, { onAsk: () => ({ action: 'decline' }) });
    expect((await h.call('roll_out', { ...WISH, remove_old: true })).data.error).toBeDefined();
    expect(writes(h)).toEqual([]);
  });

  it('without a journal carries its wishes in each call, and asks before it removes the old version', async () => {
    const questions: string[] = [];
    const onAsk = (question: string) => {
      questions.push(question);
      return agree();
    };
    const h = await start({}, { journal: null, onAsk });
    const answers = await playOn(h, { ...WISH, remove_old: true });
    const last = answers.at(-1);
    expect(answers[0].next).toContain('"alias":"champion"');
    expect(last).toMatchObject({ outcome: 'done', alias: { name: 'champion', version: 3 } });
    expect(questions.at(-1)).toContain('churn-2 is removed');
    // This process has measured the old version itself, and needs no counts from the tag.
    expect(last.report.map(({ percent, verdict }: Data) => [percent, verdict])).toEqual([
      [50, 'pass'],
      [100, 'pass'],
    ]);
    expect(last).not.toHaveProperty('old_version_from');
    expect(await nowServed(h)).toEqual({ traffic: { 'churn-3': 100 }, mark: undefined, alias: 3 });
  });

  it.each([
    ['healthy', {}],
    ['failing', BAD],
  ])('of a %s version has short answers while it waits, with a call that works', async (_what, canary) => {
    const h = await start(canary);
    const answers = await playOn(h, { ...WISH, wait_seconds: 1 });
    expect(answers.every(({ error }) => error === undefined)).toBe(true);
    for (const each of answers.filter(({ outcome, changed }) => outcome === 'waiting' && !changed))
      expect(JSON.stringify(each).length / 4).toBeLessThanOrEqual(150);
  });

  it('refuses another plan on the way, and changes nothing', async () => {
    const h = await start();
    await playOn(h, WISH, isAt('1 of 2'));
    const sent = writes(h).length;
    const { data } = await h.call('roll_out', { ...SHORT, plan: { ...PLAN, steps: [100] } });
    expect(data.error.code).toBe('plan_differs');
    expect(writes(h)).toHaveLength(sent);
  });
});

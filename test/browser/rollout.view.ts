/** The view of a guarded rollout: watched to its end, and changed by its buttons with the consent of a person, and never without. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { BAD, type Data, MARK, nowServed, playOn, rolloutSeed, WISH } from '../support/rollout-site.ts';
import { follow, parseCall, writes } from '../support/workspace.ts';
import { tabThrough } from './access.ts';
import { expectGoodLooks } from './looks.ts';
import { built, type Drawn, draw, world } from './world.ts';

const LOOK = { endpoint: 'churn', detail: 'rollout' };
const CONTINUE = { endpoint: 'churn', version: '3' };

/** A rollout in the middle of its first step, and its view. */
async function inStep1(options: HarnessOptions = {}) {
  const h = await world(rolloutSeed({}, options));
  await playOn(h, { ...WISH, plan: { ...WISH.plan, bake_minutes: 5 } }, ({ step }) => String(step).startsWith('1'));
  for (let minute = 0; minute < 3; minute++) {
    h.sandbox.clock.advance(60_000);
    await h.call('get_metrics', LOOK);
  }
  return { h, view: await watch(h) };
}

/** The view with the answer of a call that continues the rollout, as in a chat. */
async function watch(h: Harness): Promise<Drawn> {
  const args = { ...CONTINUE, wait_seconds: 0 };
  return draw(h.client, 'roll_out', args, { now: h.sandbox.clock.now() });
}

it('shows the step, the canary against the old version, and what comes next', async () => {
  const { h, view } = await inStep1();
  const { data } = await h.call('get_metrics', LOOK);
  const { guarded_rollout: rollout } = data;
  await view.shows('Canary against the old version');
  await view.shows('What comes next');
  const text = await view.text();
  expect(text).toContain('Version 3: churn-3 has 50 % of the traffic, against churn-2');
  const counted = rollout.report.at(-1) ?? rollout.measured;
  expect(text, 'the requests that were measured').toMatch(/Requests\s+\d+ of 100/);
  expect(counted).toBeDefined();
  await expectGoodLooks(view, 'rollout');
});

it('is watched to its end: each refresh shows what the workspace has come to', async () => {
  const { h, view } = await inStep1();
  await view.shows('50 %');
  let answer: Data = view.data;
  for (let calls = 0; answer.outcome === 'waiting' && calls < 30; calls++) {
    await h.pass((answer.come_back_in_seconds ?? 1) * 1_000);
    answer = (await follow(h, answer.next)).data;
    await view.press('Refresh');
    if (String(answer.step).startsWith('2')) await view.shows('churn-3 has 100 % of the traffic');
  }
  expect(answer.outcome).toBe('done');
  await view.shows('done');
  expect(await nowServed(h)).toMatchObject({ traffic: { 'churn-3': 100 }, alias: 3 });
  await expectGoodLooks(view, 'rollout-done');
});

it('a rollout that went back says why, with the numbers that decided', async () => {
  const h = await world(rolloutSeed(BAD));
  const answers = await playOn(h, WISH);
  const last = answers.at(-1);
  const view = await draw(h.client, 'roll_out', CONTINUE, { now: h.sandbox.clock.now() });
  await view.shows(/Rolled back/i);
  await view.shows('churn-3');
  const { data } = await h.call('get_metrics', LOOK);
  expect(data.guarded_rollout.state).toBe('rolled_back');
  expect(last.outcome).toBe('rolled_back');
  await expectGoodLooks(view, 'rollout-rolled-back');
});

it('with the built server and a fast sandbox, the view follows the rollout of the model by itself', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollout-view-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const speed = ['--sandbox', '--sandbox-minutes-per-second', '4', '--journal', join(folder, 'journal.jsonl')];
  const client = await built(speed);
  const call = async (name: string, args: Record<string, unknown>): Promise<Data> =>
    (await client.callTool({ name, arguments: args })).structuredContent;
  const plan = { steps: [50, 100], bake_minutes: 3, min_requests: 20, max_minutes: 360, final_bake_minutes: 0 };
  const args = { endpoint: 'house-price', version: '2', plan, wait_seconds: 0 };
  // The view reads every 15 seconds. Here a second of the view is a twentieth of one.
  const view = await draw(client, 'roll_out', args, { hurry: 20, now: undefined });
  let answer = view.data;
  for (let calls = 0; answer.outcome === 'waiting' && calls < 60; calls++) {
    const next = parseCall(answer.next);
    answer = await call(next.name, { ...next.args, wait_seconds: 1 });
  }
  expect(answer.outcome, JSON.stringify(answer)).toBe('done');
  await view.shows(/house_price-2 has 100 % of the traffic|Done/);
  const readings = view.calls.filter(({ name }) => name === 'get_metrics');
  expect(readings.length, 'readings that nobody asked for').toBeGreaterThan(1);
  expect(view.calls.filter(({ name }) => name === 'roll_out')).toEqual([]);
});

/** Presses a button, and waits for the question of the view. */
async function begin(view: Drawn, button: string): Promise<void> {
  await view.press(button);
  await view.frame.waitForFunction(() => document.activeElement?.getAttribute('role') === 'alertdialog');
}

it('an abort from the button: first the question, then the call, then the old version has all traffic', async () => {
  const { h, view } = await inStep1();
  const before = writes(h).length;
  await begin(view, 'Abort');
  const question = await view.frame.$eval('[role=alertdialog]', (each) => (each as HTMLElement).innerText);
  expect(question).toContain('churn-2 gets all traffic back');
  expect(writes(h), 'a preview writes nothing').toHaveLength(before);
  await expectGoodLooks(view, 'rollout-asks');
  await view.press('Yes, abort');
  await view.shows('Abort: done.');
  await view.shows(/Rolled back/i);
  expect(await nowServed(h)).toMatchObject({ traffic: { 'churn-2': 100, 'churn-3': 0 }, mark: /^r\w+ rolled back/ });
  const sent = view.calls.filter(({ name }) => name === 'roll_out').map((each) => each.arguments);
  expect(sent).toEqual([
    expect.objectContaining({ endpoint: 'churn', action: 'abort', dry_run: true }),
    expect.objectContaining({ endpoint: 'churn', action: 'abort' }),
  ]);
  await expectGoodLooks(view, 'rollout-aborted');
});

it.each([
  ['No, change nothing', (view: Drawn) => view.press('No, change nothing')],
  ['Escape', (view: Drawn) => view.page.keyboard.press('Escape')],
])('nothing changes after %s, and the button has the focus again', async (_, refuse) => {
  const { h, view } = await inStep1();
  const before = { served: await nowServed(h), writes: writes(h).length };
  await begin(view, 'Abort');
  await refuse(view);
  await view.frame.waitForFunction(() => document.querySelector('[role=alertdialog]') === null);
  await view.frame.waitForFunction(() => document.activeElement?.textContent === 'Abort');
  expect({ served: await nowServed(h), writes: writes(h).length }).toEqual(before);
});

it('a consent of the server in a dialog of the chat: a no changes nothing, a yes does it', async () => {
  let yes = false;
  const asked: string[] = [];
  const onAsk = (question: string) => {
    asked.push(question);
    return yes ? { action: 'accept' as const, content: { confirm: true } } : { action: 'decline' as const };
  };
  const { h, view } = await inStep1({ onAsk });
  const before = writes(h).length;
  await begin(view, 'Finish');
  await view.press('Yes, finish');
  await view.shows('Finish: not done.');
  expect(asked).toHaveLength(1);
  expect(writes(h)).toHaveLength(before);
  expect((await nowServed(h)).traffic).toEqual({ 'churn-2': 50, 'churn-3': 50 });
  yes = true;
  await begin(view, 'Finish');
  await view.press('Yes, finish');
  await view.shows('Finish: done.');
  expect(asked).toHaveLength(2);
  expect((await nowServed(h)).traffic).toMatchObject({ 'churn-3': 100 });
});

it('a consent of the server without dialogs: its own question is shown, and its fingerprint goes back', async () => {
  const { h, view } = await inStep1();
  const before = writes(h).length;
  await begin(view, 'Finish');
  await view.press('Yes, finish');
  await expect.poll(() => view.calls.filter(({ name }) => name === 'roll_out').length).toBe(2);
  await view.frame.waitForSelector('[role=alertdialog]');
  expect(writes(h), 'the first yes was to the view alone').toHaveLength(before);
  await view.press('Yes, finish');
  await view.shows('Finish: done.');
  const [, , consented] = view.calls.filter(({ name }) => name === 'roll_out');
  expect(consented?.arguments).toMatchObject({ action: 'finish', confirm: 'churn', if_fingerprint: /^\w+$/ });
  expect((await nowServed(h)).traffic).toMatchObject({ 'churn-3': 100 });
});

it('a hold and a resume are calls of the tool like any other', async () => {
  const { h, view } = await inStep1();
  await begin(view, 'Hold');
  await view.press('Yes, hold');
  await view.shows('Hold: done.');
  await view.shows('▲ Held: it was held by hand');
  expect((await nowServed(h)).mark).toContain('held');
  await begin(view, 'Resume');
  await view.press('Yes, resume');
  await view.shows('Resume: done.');
  expect((await nowServed(h)).mark).not.toContain('held');
});

it('a read-only server has no buttons, and the view says why', async () => {
  const h = await world(rolloutSeed());
  await playOn(h, WISH, ({ step }) => String(step).startsWith('1'));
  const reader = await world({ ...rolloutSeed(), sandbox: h.sandbox, readOnly: true, journal: null });
  const view = await draw(reader.client, 'get_metrics', LOOK, { now: h.sandbox.clock.now() });
  await view.shows('No buttons here');
  expect(await view.frame.$$('.action')).toEqual([]);
});

it('a call that breaks off says that its effect is not known', async () => {
  const { h, view } = await inStep1();
  await begin(view, 'Abort');
  h.client.callTool = () => Promise.reject(new Error('the server is gone'));
  await view.press('Yes, abort');
  await view.shows('Abort: not done.');
  await view.shows('Whether the call had an effect is not known.');
});

it('with a keyboard, the question takes the focus, and Tab reaches its buttons', async () => {
  const { view } = await inStep1();
  await view.shows('Abort');
  const stops = await tabThrough(view.page, view.frame);
  expect(stops.filter(({ visible }) => !visible)).toEqual([]);
  expect(stops.map(({ what }) => what)).toEqual(expect.arrayContaining(['button Hold', 'button Abort']));
  await begin(view, 'Abort');
  await view.page.keyboard.press('Tab');
  expect(await view.frame.evaluate(() => document.activeElement?.textContent)).toBe('Yes, abort');
});

it('no rollout at all', async () => {
  const h = await world(rolloutSeed());
  const view = await draw(h.client, 'get_metrics', LOOK);
  await view.shows(/no rollout|No rollout/);
  expect((await nowServed(h)).mark ?? MARK).toBe(MARK);
});

/** Answers that no good server gives, in each view: nothing runs, nothing breaks the page, and it recovers with the next good answer. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { incidentSeed } from '../../src/sandbox/incidents/index.ts';
import { type Harness, start } from '../support/harness.ts';
import { type Data, playOn, rolloutSeed, WISH } from '../support/rollout-site.ts';
import { expectAccessible } from './access.ts';
import { HOSTILE, spoilt } from './hostile.ts';
import { expectReadable } from './layout.ts';
import { settle } from './looks.ts';
import { type Opened, openView } from './view.ts';
import { answer, BEGIN, type Named, pageOf, scripted } from './world.ts';

const WAREHOUSE = 'Serverless Starter Warehouse';

/** The calls whose answers are spoilt, with a text that shows the good one. */
const CASES: [string, string, Record<string, unknown>, string | RegExp][] = [
  ['rollout', 'list_endpoints', {}, /Endpoints: \d/],
  ['incident', 'diagnose_endpoint', {}, /Needs a person: \d/],
  ['rollout', 'get_endpoint', { endpoint: 'churn' }, 'ml.prod.churn'],
  ['rollout', 'get_metrics', { endpoint: 'churn', minutes: 60, detail: 'entities' }, 'Requests a second'],
  ['incident', 'diagnose_endpoint', { endpoint: 'named by the sweep' }, 'Verdict'],
  ['rollout', 'get_metrics', { endpoint: 'churn', detail: 'rollout' }, 'churn-3'],
  ['rollout', 'roll_out', { endpoint: 'churn', version: '3', wait_seconds: 0 }, 'churn-3'],
  ['usage', 'get_usage', { report: 'traffic' }, /traffic/i],
  ['usage', 'get_usage', { report: 'cost' }, /cost/i],
];

const worlds = new Map<string, Harness>();
const pages = new Map<string, Named>();
/** What the other tools answer, as the view asks them. */
const others: Record<string, Data> = {};

beforeAll(async () => {
  const rollout = await start(rolloutSeed());
  await playOn(rollout, { ...WISH, plan: { ...WISH.plan, bake_minutes: 5 } }, ({ step }) =>
    String(step).startsWith('1'),
  );
  for (let minute = 0; minute < 3; minute++) {
    rollout.sandbox.clock.advance(60_000);
    await rollout.call('get_metrics', { endpoint: 'churn' });
  }
  worlds.set('rollout', rollout);
  worlds.set('incident', await start({ at: BEGIN, seed: incidentSeed('dies-while-loading', 1) }));
  worlds.set('usage', await start({ at: BEGIN, warehouse: WAREHOUSE }));
  for (const [world, tool] of CASES) {
    const { client } = worlds.get(world) as Harness; // all three are there
    if (!pages.has(tool)) pages.set(tool, await pageOf(client, tool));
  }
  others.list_changes = (await rollout.call('list_changes', { endpoint: 'churn' })).data;
  others.get_endpoint = (await rollout.call('get_endpoint', { endpoint: 'churn' })).data;
  others.get_metrics = (await rollout.call('get_metrics', { endpoint: 'churn', minutes: 60, detail: 'rollout' })).data;
  others.list_endpoints = (await rollout.call('list_endpoints')).data;
});
afterAll(() => Promise.all([...worlds.values()].map((each) => each.close())));

describe.each(CASES)('of %s: %s %j', (world, tool, args, shown) => {
  it('nothing runs, nothing breaks, and the next good answer is shown', async () => {
    const h = worlds.get(world) as Harness; // see above
    const named = pages.get(tool) as Named; // see above
    const sweep = args.endpoint === 'named by the sweep';
    const endpoint = sweep ? (await h.call('diagnose_endpoint')).data.endpoints[0].endpoint : args.endpoint;
    const given = endpoint === undefined ? args : { ...args, endpoint };
    const { data } = await h.call(tool, given);
    let spoil: (data: unknown) => unknown = (good) => good;
    const answering = (name: string) => () => spoil(name === tool ? data : (others[name] ?? {}));
    const view = await openView({
      html: named.html,
      server: scripted(Object.fromEntries([...Object.keys(others), tool].map((name) => [name, answering(name)]))),
      context: { theme: 'light', locale: 'en-US', timeZone: 'UTC', toolInfo: { tool: named.tool as never } },
      input: given,
      result: answer(data),
      width: 320,
      now: h.sandbox.clock.now(),
    });
    await view.shows(shown);
    const faults: string[] = [];
    for (const [name, change] of spoilt()) {
      spoil = change;
      await view.input(given);
      await view.result(answer(change(data)));
      await settle(view);
      faults.push(...(await faultsIn(view, name.startsWith('hostile'))).map((fault) => `${name}: ${fault}`));
      view.problems.length = 0;
    }
    expect(faults).toEqual([]);
    spoil = (good) => good;
    await view.input(given);
    await view.result(answer(data));
    await view.shows(shown);
    expect(await view.text()).not.toContain(HOSTILE.slice(0, 10));
  });
});

/** What is wrong with a page that shows a spoilt answer. @param isHostile whether its texts are hostile words. */
async function faultsIn(view: Opened, isHostile: boolean): Promise<string[]> {
  const seen = await view.frame.evaluate(() => ({
    ran: (globalThis as { ran?: unknown }).ran !== undefined,
    heading: document.querySelector('h1')?.textContent ?? '',
    content: document.querySelector('main')?.textContent ?? '',
    strange: document.body.innerText.match(/.{0,30}(?:undefined|\[object|Invalid Date|\bNaN\b|Infinity).{0,30}/)?.[0],
  }));
  const message = (error: unknown) => (error instanceof Error ? error.message : String(error));
  const faults: unknown[] = [...view.problems];
  if (seen.ran) faults.push('something ran');
  if (seen.content.length <= seen.heading.length) faults.push('the page is empty');
  if (seen.strange !== undefined) faults.push(`nobody should read ${seen.strange}`);
  await expectReadable(view.frame).catch((error) => faults.push(message(error)));
  if (isHostile) {
    if (!seen.content.includes('<img src=x onerror=')) faults.push('the text is not shown as text');
    // Two headings may say the same hostile words.
    await expectAccessible(view.frame, ['landmark-unique']).catch((error) => faults.push(message(error)));
  }
  return faults.map(String);
}

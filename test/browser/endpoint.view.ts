/** The view of one endpoint over the real bridge: what it serves, its numbers as text, charts and tables, its findings and its history. */
import { expect, it } from 'vitest';
import { incidentSeed } from '../../src/sandbox/incidents/index.ts';
import type { Harness } from '../support/harness.ts';
import { playOn, rolloutSeed, WISH } from '../support/rollout-site.ts';
import { churnEntity, endpoint, seed } from '../support/workspace.ts';
import { tabThrough } from './access.ts';
import { expectGoodLooks } from './looks.ts';
import { type Opened, openView } from './view.ts';
import { answer, BEGIN, draw, pageOf, scripted, world } from './world.ts';

const FEW_MINUTES = 12;

/** An endpoint with two versions, and a machine that has watched it for some minutes. */
async function watched(): Promise<Harness> {
  const entities = [churnEntity('1', { name: 'old' }), churnEntity('2', { name: 'new' })];
  const busy = endpoint('churn', entities, [90, 10], { traffic: { requests_per_minute: 400 } });
  const h = await world({ seed: seed([busy]) });
  await h.call('get_metrics', { endpoint: 'churn', minutes: FEW_MINUTES, watch: true, wait_seconds: 40 });
  for (let minute = 0; minute < FEW_MINUTES; minute++) {
    h.sandbox.clock.advance(60_000);
    await h.call('get_metrics', { endpoint: 'churn', minutes: 5 });
  }
  return h;
}

/** The numbers of a chart, from the table behind it. */
const tableOf = (view: Opened, title: string) =>
  view.frame.evaluate((wanted) => {
    const figure = [...document.querySelectorAll('figure')].find((each) =>
      each.querySelector('figcaption')?.textContent?.startsWith(wanted),
    );
    return [...(figure?.querySelectorAll('tr') ?? [])].map((row) =>
      [...row.querySelectorAll('th,td')].map((cell) => cell.textContent ?? ''),
    );
  }, title);

it('shows what the endpoint serves, with the numbers of the answer', async () => {
  const h = await watched();
  const now = h.sandbox.clock.now();
  const view = await draw(h.client, 'get_endpoint', { endpoint: 'churn' }, { now });
  await view.shows('Requests a second');
  const text = await view.text();
  for (const { entity, serves, traffic_percent, size } of view.data.serving) {
    expect(text).toContain(`${entity}\t${serves}\t${traffic_percent} %`);
    expect(text).toContain(size);
  }
  expect(text).toContain(view.data.creator);
  const { data } = await h.call('get_metrics', { endpoint: 'churn', minutes: 60, detail: 'entities' });
  expect(text).toMatch(new RegExp(`Requests\\n${data.total.requests.toLocaleString('en-US')}\\n`));
  expect(text).toContain(`${data.total.error_5xx_percent} %`);
  await expectGoodLooks(view, 'endpoint');
});

it('each chart has its numbers as a table, and a minute that nobody read is a gap', async () => {
  const h = await watched();
  h.sandbox.clock.advance(4 * 60_000); // nobody reads them
  const now = h.sandbox.clock.now();
  const args = { endpoint: 'churn', minutes: 30, detail: 'entities' };
  const view = await draw(h.client, 'get_metrics', args, { now, capabilities: {} });
  await view.shows('As a table');
  const [head = [], ...rows] = await tableOf(view, 'Requests');
  expect(head.join(' ')).toMatch(/old.*new|new.*old/);
  const column = head.findIndex((each) => each.includes('old'));
  const { series } = view.data.entities.find(({ entity }: { entity: string }) => entity === 'old');
  const drawn = rows.map((row) => row[column]?.replace(/[^\d.-]/g, '') ?? '');
  expect(drawn).toEqual(
    series.requests.map((each: number | null) => (each === null ? expect.not.stringMatching(/\d/) : String(each))),
  );
  expect(series.requests).toContain(null);
  // Screen readers hear the chart, and see no canvas.
  expect(await view.frame.$$eval('figure', (all) => all.every((each) => each.querySelector('figcaption')))).toBe(true);
  expect(await view.frame.$$eval('canvas', (all) => all.every((each) => each.closest('[aria-hidden]')))).toBe(true);
});

it('a diagnosis shows each finding with its evidence and remedy', async () => {
  const h = await world({ seed: incidentSeed('dies-while-loading', 1) });
  const sweep = await h.call('diagnose_endpoint');
  const name = sweep.data.endpoints[0].endpoint;
  const view = await draw(h.client, 'diagnose_endpoint', { endpoint: name });
  await view.shows(`Endpoint ${name}`);
  const text = (await view.text()).replace(/\s+/g, ' ');
  expect(view.data.findings.length).toBeGreaterThan(0);
  for (const finding of view.data.findings) {
    const sentence = finding.finding ?? finding.what ?? finding.title;
    expect(text).toContain(sentence.replace(/\s+/g, ' '));
  }
  for (const { what } of view.data.timeline.slice(-3)) expect(text).toContain(what.replace(/\s+/g, ' '));
  await expectGoodLooks(view, 'endpoint-diagnosed');
});

it('a failed update is what a person sees first, and a diagnosis is asked for by itself', async () => {
  const failing = { update_in_progress: { config: { served_entities: [churnEntity('4')] } } };
  const h = await world({ seed: seed([endpoint('churn', [churnEntity('1')], [], failing)]) });
  h.sandbox.clock.advance(30 * 60_000);
  const view = await draw(h.client, 'get_endpoint', { endpoint: 'churn' }, { now: h.sandbox.clock.now() });
  await view.shows('The last update failed');
  await view.shows('Verdict');
  expect(view.calls.map(({ name }) => name)).toContain('diagnose_endpoint');
  await expectGoodLooks(view, 'endpoint-failed');
});

it('a running rollout leads to its view', async () => {
  const h = await world(rolloutSeed());
  await playOn(h, WISH, ({ step }) => step !== undefined);
  const view = await draw(h.client, 'get_endpoint', { endpoint: 'churn' }, { now: h.sandbox.clock.now() });
  await view.shows('Guarded rollout:');
  await view.press('Show the rollout');
  await view.shows('Rollout on churn');
});

it('a refresh reads again what the view shows', async () => {
  const h = await watched();
  const view = await draw(h.client, 'get_endpoint', { endpoint: 'churn' }, { now: h.sandbox.clock.now() });
  await view.shows('Requests a second');
  await h.call('set_traffic', { endpoint: 'churn', traffic: { old: 40, new: 60 } });
  view.calls.length = 0;
  await view.press('Refresh');
  await view.shows('60 %');
  await expect
    .poll(() => view.calls.map(({ name }) => name).toSorted())
    .toEqual(['get_endpoint', 'get_metrics', 'list_changes']);
});

it('what a host without tools cannot read is named, and nothing is asked', async () => {
  const h = await watched();
  const view = await draw(h.client, 'get_endpoint', { endpoint: 'churn' }, { capabilities: {} });
  await view.shows('its metrics');
  expect(view.calls).toEqual([]);
  expect(await view.text()).not.toMatch(/Refresh|Diagnose/);
});

it('a failed reading says so, keeps what was shown, and can be tried again', async () => {
  const h = await watched();
  let failing = false;
  const server = {
    callTool: async (params: { name: string }) => {
      if (failing) throw new Error('The server is gone.');
      return h.client.callTool(params);
    },
    readResource: async () => ({ contents: [] }),
  };
  const view = await draw(h.client, 'get_endpoint', { endpoint: 'churn' }, { server, now: h.sandbox.clock.now() });
  await view.shows('Requests a second');
  failing = true;
  await view.press('Refresh');
  await view.shows('The endpoint could not be read.');
  await view.shows('The server is gone.');
  const text = await view.text();
  expect(text).toContain('ml.prod.churn 1');
  expect(text).toMatch(/What is shown is of Jan 5, 2026/);
  await expectGoodLooks(view, 'endpoint-stale');
  failing = false;
  await view.press('Refresh');
  await expect.poll(() => view.text()).not.toContain('The server is gone.');
});

it('foundation models have no metrics, and the view says why', async () => {
  const h = await world();
  const view = await draw(h.client, 'get_endpoint', { endpoint: 'databricks-gpt-5' });
  await view.shows('the service does not collect them for foundation models');
});

it('with a keyboard, every control is reached and seen', async () => {
  const h = await watched();
  const view = await draw(h.client, 'get_endpoint', { endpoint: 'churn' }, { now: h.sandbox.clock.now() });
  await view.shows('Requests a second');
  const stops = await tabThrough(view.page, view.frame);
  expect(stops.filter(({ visible }) => !visible)).toEqual([]);
  expect(stops.map(({ what }) => what)).toEqual(expect.arrayContaining(['button Refresh', 'button Diagnose']));
});

it('a person who wants no motion gets none', async () => {
  const h = await watched();
  const view = await draw(h.client, 'get_endpoint', { endpoint: 'churn' }, { reducedMotion: true });
  await view.shows('Requests a second');
  const moving = await view.frame.evaluate(() => {
    const long = (text: string) => text.split(',').some((each) => Number.parseFloat(each) > 0.01);
    return [...document.querySelectorAll('*')]
      .filter((each) => {
        const { animationName, animationDuration, transitionDuration } = getComputedStyle(each);
        return (animationName !== 'none' && long(animationDuration)) || long(transitionDuration);
      })
      .map((each) => each.outerHTML.slice(0, 80));
  });
  expect(moving).toEqual([]);
});

it('an answer of a newer form shows the words that it does not know', async () => {
  const { client } = await world();
  const { html } = await pageOf(client, 'get_endpoint');
  const data = {
    endpoint: 'churn',
    status: 'hibernating since noon',
    serving: [{ entity: 'a', serves: 'm 1', traffic_percent: 100, deployment: 'half asleep' }],
    pending_update: 'in the queue',
  };
  const view = await openView({ html, server: scripted({ get_endpoint: data }), result: answer(data), now: BEGIN });
  await view.shows('hibernating since noon');
  await view.shows('half asleep');
});

/** The view of the workspace over the real bridge, with answers of a live sandbox. */
import { expect, it } from 'vitest';
import { incidentSeed } from '../../src/sandbox/incidents/index.ts';
import { start } from '../support/harness.ts';
import { manyEndpoints, nameOf } from '../support/many-endpoints.ts';
import { tabThrough } from './access.ts';
import { expectGoodLooks } from './looks.ts';
import { openView } from './view.ts';
import { answer, draw, pageOf, scripted, world } from './world.ts';

it('shows every endpoint of the answer with its state, and whom it needs', async () => {
  const h = await world();
  const view = await draw(h.client, 'list_endpoints');
  await view.shows('Of the 8 judged endpoints, none needs a person.');
  const text = await view.text();
  expect(view.data.endpoints).toHaveLength(view.data.total);
  expect(text).toContain(`Endpoints: ${view.data.total}`);
  const rows = await view.frame.$$eval('tbody tr', (all) => all.map((row) => (row as HTMLElement).innerText));
  expect(rows).toHaveLength(view.data.total);
  for (const { name, status, serves, task } of view.data.endpoints) {
    const row = rows.find((each) => each.startsWith(`${name}\t`));
    expect(row, name).toContain(status);
    expect(row, name).toContain(serves ?? task);
  }
  // What the answer did not bring is asked for through the host.
  expect(view.calls).toEqual([
    { name: 'diagnose_endpoint', arguments: {} },
    { name: 'list_endpoints', arguments: { limit: 100, idle: false } },
  ]);
  await view.shows(/house-price\s+1\d\d/);
  await view.shows('The requests of 7 endpoints are known.');
  await expectGoodLooks(view, 'workspace');
});

it('a refresh reads the workspace again through the host', async () => {
  const h = await world();
  const view = await draw(h.client, 'list_endpoints');
  await view.shows('judged endpoints');
  await h.call('create_endpoint', { endpoint: 'made-meanwhile', model: 'ml.prod.churn', version: '1' });
  expect(await view.text()).not.toContain('made-meanwhile');
  await view.press('Refresh');
  await view.shows('made-meanwhile');
  await view.shows(/creating|updating|not ready/);
  const lists = view.calls.flatMap(({ name, arguments: args }) => (name === 'list_endpoints' ? args : []));
  expect(lists.filter((args) => !Object.hasOwn(args as object, 'idle'))).toEqual([{ limit: 100 }]);
});

it('what needs a person comes first, and a press leads to it', async () => {
  const h = await world({ seed: incidentSeed('dies-while-loading', 1) });
  const view = await draw(h.client, 'diagnose_endpoint');
  const { endpoint, cause } = view.data.endpoints[0];
  await view.shows(`Needs a person: ${view.data.need_a_person}`);
  await view.shows(endpoint);
  expect(await view.text(), 'the cause of the answer').toContain(cause ?? endpoint);
  await expectGoodLooks(view, 'workspace-troubled');
  await view.press(endpoint);
  await view.shows(`Endpoint ${endpoint}`);
  await view.shows('Verdict');
});

it('with a keyboard, Tab reaches every control and Enter opens an endpoint', async () => {
  const h = await world();
  const view = await draw(h.client, 'list_endpoints');
  await view.shows('judged endpoints');
  const stops = await tabThrough(view.page, view.frame);
  expect(stops.filter(({ visible }) => !visible)).toEqual([]);
  const order = stops.map(({ what }) => what);
  for (const { name } of view.data.endpoints) expect(order).toContain(`button ${name}`);
  expect(order.indexOf('button Refresh')).toBeLessThan(order.indexOf('button churn-legacy'));
  await view.frame.focus('tbody button');
  await view.page.keyboard.press('Enter');
  await view.shows('Endpoint churn-legacy');
  // What is new begins there.
  await view.frame.waitForFunction(() => document.activeElement?.tagName === 'H1');
});

it('a filter, a state and an order choose among the rows', async () => {
  const h = await world();
  const view = await draw(h.client, 'list_endpoints');
  const names = () =>
    view.frame.$$eval('tbody tr th', (all) => all.map((each) => (each as HTMLElement).innerText.trim()));
  await view.frame.type('input[type=search]', 'ticket embedder');
  await view.shows('2 match');
  expect(await names()).toEqual(['ticket-ranker', 'ticket-search']);
  await view.frame
    .locator('button.tile')
    .filter((each) => each.textContent?.includes('stopped') === true)
    .click();
  await view.shows('1 match');
  expect(await names()).toEqual(['ticket-search']);
  await view.frame.type('input[type=search]', ' nothing like it');
  await view.shows('0 match');
});

it('an empty workspace says so', async () => {
  const h = await world({ seed: { users: [{ user_name: 'admin@example.com', admin: true }] } });
  const view = await draw(h.client, 'list_endpoints');
  await view.shows('There are no endpoints here.');
  await expectGoodLooks(view, 'workspace-empty');
});

it('a page without the others says how much of the list it is, where the host calls no tools', async () => {
  const h = await world();
  const view = await draw(h.client, 'list_endpoints', { limit: 5 }, { capabilities: {} });
  await view.shows('This answer is one page. 5 of 19 endpoints are here.');
  expect(await view.text()).not.toMatch(/Refresh|Needs a person/);
  expect(view.calls).toEqual([]);
});

it('with such tools, it reads the other pages', async () => {
  const h = await world({ seed: manyEndpoints(130) });
  const view = await draw(h.client, 'list_endpoints', { limit: 10 });
  await view.shows(/Endpoints: 13\d/);
  await view.frame.type('input[type=search]', nameOf(129));
  await view.shows(/1 match/);
  await view.shows(nameOf(129));
});

it('a list that breaks off keeps its first page, says so, and goes on when asked', async () => {
  const h = await start();
  const { html, tool } = await pageOf(h.client, 'list_endpoints');
  await h.close();
  const row = (name: string) => ({ name, status: 'ready', serves: 'm 1' });
  let broken = true;
  const view = await openView({
    html,
    server: scripted({
      list_endpoints: ({ cursor }: { cursor?: string }) => {
        if (cursor && broken) return { error: { message: 'the service is busy', next: 'Try again later.' } };
        return { total: 2, endpoints: [row(cursor ? 'second' : 'first')], ...(cursor ? {} : { next_cursor: 'c' }) };
      },
      diagnose_endpoint: { error: { message: 'no diagnosis today' } },
    }),
    context: { toolInfo: { tool: tool as never } },
    input: {},
    result: answer({ total: 2, endpoints: [row('first')], next_cursor: 'c' }),
  });
  await view.shows('The list could not be read to its end.');
  await view.shows('The service is busy. 1 of 2 endpoints are here.');
  await view.shows('The diagnosis could not be read to its end: no diagnosis today');
  expect(await view.text()).toContain('first');
  await expectGoodLooks(view, 'workspace-broken-off');
  broken = false;
  await view.press('Try again');
  await view.shows('second');
  expect(await view.text()).not.toContain('could not be read to its end.');
});

it('a slow call leaves what is shown, and says that it reads', async () => {
  const h = await world();
  const slow = { callTool: () => new Promise(() => {}), readResource: async () => ({ contents: [] }) };
  const view = await draw(h.client, 'list_endpoints', {}, { server: slow });
  await view.shows('Diagnosing');
  expect(await view.text()).toContain('house-price');
});

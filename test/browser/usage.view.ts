/** The view of usage and cost: its reports, its choices, and a warehouse that only a press starts. */
import { expect, it } from 'vitest';
import type { HarnessOptions } from '../support/harness.ts';
import { tabThrough } from './access.ts';
import { expectGoodLooks, resize } from './looks.ts';
import { type Drawn, draw, scripted, world } from './world.ts';

const RUNNING = 'Serverless Starter Warehouse';
const STOPPED = 'Reports';

async function report(args: Record<string, unknown>, options: HarnessOptions = {}): Promise<Drawn> {
  const h = await world({ warehouse: RUNNING, ...options });
  return draw(h.client, 'get_usage', args);
}

/** Chooses a value of the list with this label. */
async function choose({ frame }: Drawn, label: string, value: string): Promise<void> {
  await frame.locator(`::-p-xpath(//label[starts-with(normalize-space(), "${label}")]/select)`).fill(value);
}

/** The arguments of the calls that the view made. */
const asked = ({ calls }: Drawn) => calls.map((each) => each.arguments);

it('shows the sums of a report, its rows, how late they are, and where they come from', async () => {
  const view = await report({ report: 'traffic' });
  await view.shows('Traffic by endpoint');
  const { total, rows, late } = view.data;
  const text = await view.text();
  expect(text).toContain(total.requests.toLocaleString('en-US'));
  for (const row of rows) expect(text).toContain(row.requests.toLocaleString('en-US'));
  expect(text).toContain(late);
  expect(text).toContain(RUNNING);
  expect(asked(view), 'the answer of the chat is not asked for again').toEqual([]);
  await expectGoodLooks(view, 'usage-traffic');
});

it('days are a chart, with the same numbers as a table', async () => {
  const view = await report({ report: 'cost', by: 'day' });
  await view.shows('List cost of each day');
  expect(await view.frame.$$eval('svg.days rect', (all) => all.length)).toBe(view.data.rows.length);
  await view.frame.locator('summary').click();
  await view.shows(new RegExp(`${view.data.rows.at(-1).list_cost}\\s*USD`));
  await expectGoodLooks(view, 'usage-cost-days');
});

it('another report, window or grouping is another call, and a name is a way to its endpoint', async () => {
  const view = await report({ report: 'cost', by: 'day' });
  await view.press('Traffic');
  await view.shows('Traffic by endpoint');
  await choose(view, 'Rows', 'status');
  await view.shows('Traffic by status');
  await choose(view, 'Window', '30d');
  await view.shows('Traffic by status');
  await choose(view, 'Rows', '');
  await view.press('gpt-gateway');
  await view.shows('Endpoint gpt-gateway');
  await expect
    .poll(() => asked(view))
    .toEqual([
      { report: 'traffic' },
      { report: 'traffic', by: 'status' },
      { report: 'traffic', since: '30d', by: 'status' },
      { report: 'traffic', since: '30d' },
      { report: 'traffic', since: '30d', endpoint: 'gpt-gateway' },
    ]);
});

it('a stopped warehouse starts by the press that says what it costs, and by nothing else', async () => {
  const view = await report({ report: 'traffic', warehouse: STOPPED });
  await view.shows('this SQL warehouse is stopped');
  await expectGoodLooks(view, 'usage-stopped');
  await view.press('Refresh');
  await view.press('Try again');
  await view.press('Cost');
  await view.shows('this SQL warehouse is stopped');
  expect(asked(view).length).toBeGreaterThanOrEqual(3);
  for (const args of asked(view)) expect(args).not.toHaveProperty('start_warehouse');
  await view.press(`Start it, which costs money: ${STOPPED}`);
  await view.shows(/may still be starting|was started/);
  expect(asked(view).filter((args) => args?.start_warehouse === true)).toHaveLength(1);
  await view.press('Traffic');
  await view.press('Refresh');
  await new Promise((wait) => setTimeout(wait, 300));
  expect(asked(view).filter((args) => args?.start_warehouse === true)).toHaveLength(1);
});

it('a running warehouse that the refusal names is one press away', async () => {
  const view = await report({ report: 'traffic', warehouse: STOPPED });
  await view.press(`Use it: ${RUNNING}`);
  await view.shows('Traffic by endpoint');
  expect(asked(view)).toHaveLength(1);
  expect(asked(view)[0]).not.toHaveProperty('start_warehouse');
});

it('a server that is read-only offers no start', async () => {
  const view = await report({ report: 'traffic', warehouse: STOPPED }, { readOnly: true });
  await view.shows('read-only');
  const text = await view.text();
  expect(text).not.toContain('costs money:');
  expect(text).toContain('this server starts none');
});

it('the report on failed requests waits for the name of an endpoint', async () => {
  const view = await report({ report: 'traffic' });
  await view.press('Failed requests');
  await view.shows('This report is about one endpoint');
  expect(asked(view)).toEqual([]);
  await view.frame.locator('input').fill('support-agent');
  await view.page.keyboard.press('Enter');
  await view.shows('payloads');
  expect(asked(view)).toEqual([{ report: 'failed_requests', endpoint: 'support-agent' }]);
});

it('a later reading that fails keeps nothing of another report', async () => {
  const h = await world({ warehouse: RUNNING });
  const error = { code: 'right_missing', message: 'the table may not be read', next: 'Ask an admin.' };
  const server = scripted({ get_usage: { error } });
  const view = await draw(h.client, 'get_usage', { report: 'traffic' }, { server });
  await view.shows('Traffic by endpoint');
  await view.press('Refresh');
  await view.shows('the table may not be read');
  expect(await view.text(), 'the older answer to the same question').toContain('Traffic by endpoint');
  await view.press('Cost');
  await view.shows('the table may not be read');
  expect(await view.text()).not.toContain('Traffic by endpoint');
});

it('with a keyboard, every choice is reached', async () => {
  const view = await report({ report: 'traffic' });
  await resize(view, 320);
  const stops = await tabThrough(view.page, view.frame);
  expect(stops.filter(({ visible }) => !visible)).toEqual([]);
  const names = stops.map(({ what }) => what);
  for (const wanted of ['Traffic', 'Cost', 'Releases', 'Failed requests', 'Show', 'Refresh'])
    expect(names).toContain(`button ${wanted}`);
  expect(names.filter((each) => each.startsWith('select'))).toHaveLength(2);
  expect(names).toContain('input');
});

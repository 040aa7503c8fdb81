/** What a view shows when there is nothing to draw: before the answer, without one, and after a refusal. */
import { beforeAll, describe, it } from 'vitest';
import { start } from '../support/harness.ts';
import { expectGoodLooks } from './looks.ts';
import { openView } from './view.ts';
import { answer, pageOf } from './world.ts';

const TOOLS = ['list_endpoints', 'get_endpoint', 'roll_out', 'get_usage'];

const REFUSED = { code: 'x', message: 'endpoint churn does not exist', next: 'list_endpoints {"limit":5}' };

/** The pages of the four views, by their tools. */
const pages = new Map<string, string>();
beforeAll(async () => {
  const harness = await start();
  for (const tool of TOOLS) pages.set(tool, (await pageOf(harness.client, tool)).html);
  await harness.close();
});
const pageFor = (tool: string) => pages.get(tool) ?? '';

describe.each(TOOLS)('the view of %s', (tool) => {
  it('says that it waits, then that the call runs, and that it was cancelled', async () => {
    const view = await openView({ html: pageFor(tool) });
    await view.shows('Waiting for the answer');
    await view.input({ endpoint: 'churn' });
    await view.shows('The call is running');
    await view.cancelled('The person stopped it.');
    await view.shows('The person stopped it.');
    await view.teardown();
  });

  it('shows a refusal with its next step', async () => {
    const view = await openView({ html: pageFor(tool), result: answer({ error: REFUSED }) });
    await view.shows(REFUSED.message);
    await view.shows(REFUSED.next);
  });
});

it('these states look good: they are the same in all views', async () => {
  const view = await openView({ html: pageFor('list_endpoints') });
  await view.shows('Waiting for the answer');
  await expectGoodLooks(view, 'waiting');
  await view.result(answer({ error: REFUSED }));
  await view.shows(REFUSED.next);
  await expectGoodLooks(view, 'refused');
});

it('a part that cannot be drawn says so, and leaves the others', async () => {
  const result = answer({ total: 1, endpoints: [{ name: 'churn', status: 'ready' }], workspace: 'https://a.example' });
  const view = await openView({ html: pageFor('list_endpoints') });
  // Only the list sorts its rows so.
  await view.frame.evaluate(() => {
    Array.prototype.toSorted = () => {
      throw new Error('broken on purpose');
    };
  });
  await view.result(result);
  await view.shows('The list of endpoints could not be drawn. This is a bug in this view.');
  await view.shows('broken on purpose');
  await view.shows('https://a.example');
});

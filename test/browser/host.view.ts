/** What a view takes from its host, and from nobody else: answers, its language, its time zone and its theme. */
import { expect, it } from 'vitest';
import { settle } from './looks.ts';
import { openView } from './view.ts';
import { answer, draw, pageOf, world } from './world.ts';

const FORGED = { total: 1, endpoints: [{ name: 'forged', status: 'ready', serves: 'm 1' }] };

it('a message that does not come from the host is ignored, and so is what is no message at all', async () => {
  const h = await world();
  const view = await draw(h.client, 'list_endpoints');
  await view.shows('judged endpoints');
  await view.frame.evaluate((result) => {
    const method = 'ui/notifications/tool-result';
    // From the frame itself: as from any other window that knows this one.
    window.postMessage({ jsonrpc: '2.0', method, params: result }, '*');
    for (const odd of [null, 7, 'text', [], { jsonrpc: '1.0' }, { id: 1, result: {} }]) window.postMessage(odd, '*');
  }, answer(FORGED));
  // From the host, but not a message of the protocol.
  await view.page.evaluate(() => {
    const inner = document.querySelector('iframe')?.contentWindow;
    for (const odd of [null, 7, 'text', [], { jsonrpc: '2.0' }, { jsonrpc: '2.0', id: 999, result: 1 }])
      inner?.postMessage(odd, '*');
  });
  await settle(view);
  expect(await view.text()).not.toContain('forged');
  await view.result(answer(FORGED));
  await view.shows('forged');
});

it('times are in the zone of the host, and numbers and days in its language, also after a change', async () => {
  const h = await world();
  const view = await draw(h.client, 'list_endpoints', {}, { context: { locale: 'en-US', timeZone: 'UTC' } });
  await view.shows('Read at Jan 5, 2026, 9:00 AM UTC');
  await view.context({ locale: 'de-DE', timeZone: 'Asia/Tokyo' });
  await view.shows(/Read at 5\. Jan\. 2026, 18:00 (GMT\+9|JST)/);
  expect(await view.frame.evaluate(() => document.documentElement.lang)).toBe('de-DE');
  await view.context({ locale: 'no-such-language-!', timeZone: 'Mars/Olympus' });
  await view.shows(/Read at /);
});

it('a host without a theme gets that of the system', async () => {
  const { html } = await pageOf((await world()).client, 'list_endpoints');
  const view = await openView({ html, context: {}, result: answer(FORGED) });
  await view.shows('forged');
  const ground = () => view.frame.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await view.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
  // The view hears of the change a moment later.
  await expect.poll(ground).not.toBe(light);
});

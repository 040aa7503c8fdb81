/** The checks of all views, each on a page that has the fault and on one that has not. */
import { expect, it } from 'vitest';
import { expectAccessible, tabThrough } from './access.ts';
import { expectReadable } from './layout.ts';
import { openView } from './view.ts';

/** A view that only begins. */
const page = (body: string, style = '') => `<!doctype html><html lang="en"><title>t</title>
<style>body{margin:8px;color:#111;background:#fff;font:16px sans-serif}${style}</style><body><main><h1>Title</h1>${body}</main><script>
addEventListener('message', ({ data }) => {
  if (data.id === 1) parent.postMessage({ jsonrpc: '2.0', method: 'ui/notifications/initialized' }, '*');
});
parent.postMessage({ jsonrpc: '2.0', id: 1, method: 'ui/initialize',
  params: { protocolVersion: '2026-01-26', appInfo: { name: 't', version: '1' }, appCapabilities: {} } }, '*');
</script></body></html>`;

const LONG = 'a'.repeat(300);

it('text that can be read passes: wrapped, scrolled by itself, or cut with an ellipsis and a title', async () => {
  const view = await openView({
    html: page(
      `<p style="overflow-wrap:anywhere">${LONG}</p><pre style="overflow:auto">${LONG}</pre>
      <p title="${LONG}" style="overflow:hidden;text-overflow:ellipsis;white-space:nowrap">${LONG}</p>
      <span style="position:absolute;width:1px;height:1px;overflow:hidden">only heard</span>`,
    ),
  });
  await expectReadable(view.frame);
});

it.each([
  ['a page wider than its window', `<p>${LONG}</p>`, /the page is \d+ wide/],
  ['text that is cut', `<p style="overflow:hidden;white-space:nowrap">${LONG}</p>`, /is cut by p\. sideways/],
  ['lines that are cut', `<p style="overflow:hidden;height:5px">below</p>`, /"below" is cut by p\. below/],
  ['text on text', `<p>one</p><p style="margin-top:-34px">other</p>`, /"one" is on "other"/],
])('notices %s', async (_, body, noticed) => {
  const view = await openView({ html: page(body) });
  await expect(expectReadable(view.frame)).rejects.toThrow(noticed);
});

it.each([
  ['pale text', '<p style="color:#bbb">pale</p>', /color-contrast/],
  ['a button without a name', '<button></button>', /button-name/],
  ['a picture without a text', '<svg role="img" width="9" height="9"></svg>', /svg-img-alt/],
])('axe notices %s', async (_, body, noticed) => {
  const view = await openView({ html: page(body) });
  await expect(expectAccessible(view.frame)).rejects.toThrow(noticed);
});

it('Tab visits each control once, and a focus that nobody sees is told', async () => {
  const view = await openView({
    html: page(
      '<button>one</button><input aria-label="two"><button class="quiet">three</button>',
      '.quiet:focus{outline:none}',
    ),
  });
  await expectAccessible(view.frame);
  expect(await tabThrough(view.page, view.frame)).toEqual([
    { what: 'button one', visible: true },
    { what: 'input two', visible: true },
    { what: 'button three', visible: false },
  ]);
});

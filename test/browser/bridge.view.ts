/** The host page itself: it speaks with any view, and it notices whatever a view must not do. */
import { expect, it } from 'vitest';
import { openView } from './view.ts';

/** A view of a few lines, with what it does after the first answer. */
const tiny = (script: string) => `<!doctype html><html lang="en"><title>t</title><body><p id="out">begins</p><script>
let id = 0; const waits = new Map();
const ask = (method, params) => new Promise((done) => { waits.set(++id, done); parent.postMessage({ jsonrpc: '2.0', id, method, params }, '*'); });
addEventListener('message', ({ data, source }) => {
  if (source !== parent) return;
  if (waits.has(data.id)) waits.get(data.id)(data.result ?? data.error);
  if (data.method === 'ui/notifications/tool-result') show(data.params);
  if (data.method === 'ui/notifications/host-context-changed') out.textContent += ' ' + data.params.theme;
});
${script}
ask('ui/initialize', { protocolVersion: '2026-01-26', appInfo: { name: 't', version: '1' }, appCapabilities: {} })
  .then(() => parent.postMessage({ jsonrpc: '2.0', method: 'ui/notifications/initialized' }, '*'));
</script></body></html>`;

const RESULT = { content: [], structuredContent: { total: 3 } };

it('hands over an answer, calls of the view and a change of the theme', async () => {
  const view = await openView({
    html: tiny(`const show = async (result) => {
      const again = await ask('tools/call', { name: 'list_endpoints', arguments: { limit: 1 } });
      out.textContent = result.structuredContent.total + ' ' + again.structuredContent.total;
    };`),
    server: {
      callTool: async () => ({ content: [], structuredContent: { total: 4 } }),
      readResource: async () => ({ contents: [] }),
    },
    result: RESULT,
  });
  await view.shows('3 4');
  expect(view.calls).toEqual([{ name: 'list_endpoints', arguments: { limit: 1 } }]);
  await view.context({ theme: 'dark' });
  await view.shows('3 4 dark');
});

it('says why a call failed, and lets a view without tools know it', async () => {
  const script = `const show = async () => {
    const failed = await ask('tools/call', { name: 'x', arguments: {} });
    out.textContent = failed.message;
  };`;
  const failing = {
    callTool: () => Promise.reject(new Error('the server is gone')),
    readResource: async () => ({ contents: [] }),
  };
  const view = await openView({ html: tiny(script), server: failing, result: RESULT });
  await view.shows('the server is gone');
  const without = await openView({ html: tiny(script), server: failing, result: RESULT, capabilities: {} });
  await without.shows(/not found|not supported/i);
  expect(without.calls).toEqual([]);
});

it.each([
  ['a request', `fetch('https://example.com/')`, /example\.com/],
  ['an image', `const i = new Image(); i.src = 'https://example.com/x.png'; document.body.append(i)`, /example\.com/],
  ['an error', `setTimeout(() => { throw new Error('oops') })`, /oops/],
  ['a line in the console', `console.error('bad')`, /bad/],
])('notices %s of a view', async (_, code, noticed) => {
  const view = await openView({
    html: tiny(`const show = () => { try { ${code} } catch {} out.textContent = 'did it'; };`),
    result: RESULT,
    misbehaves: true,
  });
  await view.shows('did it');
  await expect.poll(() => view.problems.join('\n')).toMatch(noticed);
});

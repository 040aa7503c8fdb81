/**
 * A host of MCP Apps, as a chat is one: the official bridge, and a view in a frame that may run scripts and nothing else. What the view asks
 * for goes to the test, which has the MCP client. The test drives the page through `globalThis.host`.
 */
import { AppBridge, PostMessageTransport } from '@modelcontextprotocol/ext-apps/app-bridge';
import type { HostPage, Opening, Relay } from './protocol.ts';

/** The test's side, which the driver of the browser puts into the page. */
declare const relay: Relay;

let bridge: AppBridge | undefined;

const host: HostPage = {
  events: [],
  async open({ html, capabilities, context, input, result }: Opening) {
    const frame = document.createElement('iframe');
    frame.title = 'view';
    frame.setAttribute('sandbox', 'allow-scripts');
    // Hosts follow the height that a view reports.
    frame.style.height = '600px';
    document.getElementById('place')?.replaceChildren(frame);
    const inner = frame.contentWindow;
    if (!inner) throw new Error('the frame has no window');
    bridge = new AppBridge(null, { name: 'test host', version: '1.0.0' }, capabilities, { hostContext: context });
    bridge.onsizechange = ({ height }) => {
      host.events.push({ kind: 'size', height });
      if (height !== undefined) frame.style.height = `${Math.min(height, 20_000)}px`;
    };
    bridge.onopenlink = async ({ url }) => {
      host.events.push({ kind: 'link', url });
      return {};
    };
    bridge.onmessage = async (message) => {
      host.events.push({ kind: 'message', message });
      return {};
    };
    bridge.onloggingmessage = (message) => host.events.push({ kind: 'log', message });
    if (capabilities.serverTools) bridge.oncalltool = async (params) => unpack(await relay('call', pack(params)));
    if (capabilities.serverResources)
      bridge.onreadresource = async (params) => unpack(await relay('read', pack(params)));
    const initialized = new Promise<void>((ready) => {
      if (bridge) bridge.oninitialized = () => ready();
    });
    await bridge.connect(new PostMessageTransport(inner, inner));
    frame.srcdoc = html;
    await initialized;
    host.events.push({ kind: 'initialized' });
    if (input) await bridge.sendToolInput({ arguments: input });
    if (result) await bridge.sendToolResult(result);
  },
  async context(change) {
    await bridge?.sendHostContextChange(change);
  },
  async input(args) {
    await bridge?.sendToolInput({ arguments: args });
  },
  async result(result) {
    await bridge?.sendToolResult(result);
  },
  async cancelled(reason) {
    await bridge?.sendToolCancelled({ reason });
  },
  async teardown() {
    await bridge?.teardownResource({});
  },
};

const pack = (value: unknown) => JSON.stringify(value);
// biome-ignore lint/suspicious/noExplicitAny: the server's own words, which the bridge checks again
function unpack(text: string): any {
  const { value, error } = JSON.parse(text);
  if (error !== undefined) throw new Error(error);
  return value;
}

Object.assign(globalThis, { host });

/** The built server behind the same host, over stdio as desktop clients start it, and over HTTP: the view is the same. */
import { createServer } from 'node:net';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect, it, onTestFinished, vi } from 'vitest';
import { endAll, startServer } from '../wire/server-process.ts';
import { built, draw } from './world.ts';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

async function overHttp(): Promise<Client> {
  onTestFinished(endAll);
  const port = await freePort();
  startServer(['http', '--sandbox', '--port', String(port)]);
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await vi.waitUntil(isReady, { timeout: 30_000, interval: 50 });
  const client = new Client({ name: 'test host', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)) as never); // its optional fields
  onTestFinished(() => client.close());
  return client;
}

it.each([
  ['stdio', () => built(['--sandbox', '--no-journal'])],
  ['HTTP', overHttp],
])('over %s, a view opens with its answer and asks for more', async (_, connect) => {
  const client = await connect();
  const view = await draw(client, 'list_endpoints', {}, { now: undefined });
  await view.shows('house-price');
  await view.shows('judged endpoints');
  expect(view.calls).toContainEqual({ name: 'diagnose_endpoint', arguments: {} });
  await view.press('house-price');
  await view.shows('Requests a second');
});

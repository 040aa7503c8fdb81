/** Requests that break the protocol are refused alike on both versions of the SDK. Version 1 alone begins some messages with "MCP error" and the code. */
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { expect, it } from 'vitest';
import type { ServerEnvironment } from '../../src/mcp/handlers.ts';
import { createServer as onVersion1 } from '../../src/mcp/sdk-v1.ts';
import { createServer as onVersion2 } from '../../src/mcp/sdk-v2.ts';
import { useHarness } from '../support/use-harness.ts';

const caught: ServerEnvironment[] = [];
const begin = useHarness(() => ({ onEnvironment: (environment: ServerEnvironment) => void caught.push(environment) }));

const HANDSHAKE = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '0.0.0' } };
const REQUESTS: readonly [method: string, params: object][] = [
  ['nothing/like/this', {}],
  ['tools/call', {}],
  ['tools/call', { name: 7 }],
  ['tools/call', { name: 'get_endpoint', arguments: [] }],
  ['tools/call', { name: 'get_endpoint', arguments: 'x' }],
  ['resources/read', {}],
  ['resources/read', { uri: 7 }],
  ['resources/subscribe', { uri: 'x' }],
  ['prompts/get', {}],
  ['prompts/get', { name: 'swap_version', arguments: { endpoint: 7 } }],
  ['completion/complete', {}],
  ['logging/setLevel', { level: 'info' }],
  ['tools/list', { cursor: 7 }],
];

/** The errors of one adapter: before the handshake, then of each request. */
async function errorsOf(createServer: typeof onVersion1, environment: ServerEnvironment) {
  const server = createServer(environment);
  const [client, transport] = InMemoryTransport.createLinkedPair();
  await server.connect(transport);
  await client.start();
  let id = 0;
  const ask = (method: string, params: object) =>
    new Promise<{ code: number; message: string } | undefined>((resolve) => {
      const own = ++id;
      client.onmessage = (answer) => {
        if ('id' in answer && answer.id === own) resolve('error' in answer ? answer.error : undefined);
      };
      void client.send({ jsonrpc: '2.0', id: own, method, params: { ...params } });
    });
  const errors = [await ask('tools/call', { name: 'get_endpoint', arguments: {} })];
  await ask('initialize', HANDSHAKE);
  await client.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  for (const [method, params] of REQUESTS) errors.push(await ask(method, params));
  await server.stop();
  return errors;
}

it('with the same codes, and the same words after the beginning of version 1', async () => {
  const h = await begin();
  const [environment] = caught.splice(0);
  if (!environment) throw new Error('no server was made');
  h.sent();
  const first = await errorsOf(onVersion1, environment);
  const second = await errorsOf(onVersion2, environment);
  expect(first).not.toContain(undefined);
  expect(second).toEqual(
    first.map((error) => error && { ...error, message: error.message.replace(/^MCP error -\d+: /, '') }),
  );
  expect(new Set(second.map((error) => error?.code))).toEqual(new Set([-32600, -32601, -32602, -32603]));
  expect(h.sent()).toEqual([]);
});

/** Stopping the server ends all calls, and a call leaves nothing behind. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { createServer as onVersion1 } from '../../src/mcp/sdk-v1.ts';
import { createServer as onVersion2 } from '../../src/mcp/sdk-v2.ts';
import type { Http } from '../../src/rest/http.ts';
import { defineTool, type ToolContext } from '../../src/tool.ts';

/** A server with one tool, and no workspace behind it. */
async function withTool(createServer: typeof onVersion1, run: (context: ToolContext) => Promise<unknown>) {
  const nothing: Http = {
    json: async () => ({}),
    text: async () => '',
    open: async () => {
      throw new Error('there is no workspace');
    },
    earliest: () => 0,
    time: () => 0,
    pace: () => 1,
    workspaceId: () => undefined,
    signer: async () => {
      throw new Error('there is no workspace');
    },
    bind: () => nothing,
    close: async () => {},
  };
  const tool = defineTool({
    name: 'one',
    title: 'One',
    effect: 'read',
    toolsets: ['query'],
    description: 'The only tool.',
    input: z.strictObject({}),
    output: z.looseObject({}),
    run: async (_args, context) => ({ answer: await run(context) }),
  });
  const server = createServer({
    name: 'test',
    version: '0.0.0',
    instructions: '',
    loadTools: async () => [tool],
    http: nothing,
    readOnly: false,
    noQuery: false,
    toolsets: undefined,
    dialogs: true,
    policy: {},
    journal: undefined,
    now: Date.now,
    random: Math.random,
    sleep: async () => {},
    log: () => {},
  });
  const client = new Client({ name: 'test', version: '0.0.0' });
  const [left, right] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(right), client.connect(left)]);
  return { server, call: () => client.callTool({ name: 'one', arguments: {} }) };
}

const ADAPTERS = [
  ['sdk-v1', onVersion1],
  ['sdk-v2', onVersion2],
] as const;

it.each(ADAPTERS)('on %s, stopping ends the calls that run', async (_name, createServer) => {
  const signals: AbortSignal[] = [];
  let begun = () => {};
  const running = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const { server, call } = await withTool(createServer, ({ signal }) => {
    signals.push(signal);
    if (signals.length === 3) begun();
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  });
  const calls = [call(), call(), call()].map((each) => each.catch((error: unknown) => error));
  await running;
  expect(signals.map((signal) => signal.aborted)).toEqual([false, false, false]);
  await server.stop();
  expect(signals.map((signal) => signal.aborted)).toEqual([true, true, true]);
  for (const each of await Promise.all(calls)) expect(each).toBeInstanceOf(Error);
});

it('a call of the stdio server has its own signal, without a reference from anything that outlives it', async () => {
  // AbortSignal.any ties its result to each source for as long as the source lives: one entry for every call ever made.
  const any = AbortSignal.any;
  let tied = 0;
  AbortSignal.any = (signals) => {
    tied++;
    return any(signals);
  };
  try {
    const seen = new Set<AbortSignal>();
    const { server, call } = await withTool(onVersion1, async ({ signal }) => void seen.add(signal));
    for (let each = 0; each < 5; each++) await call();
    await server.stop();
    expect([seen.size, tied]).toEqual([5, 0]);
  } finally {
    AbortSignal.any = any;
  }
});

/** A start with `--sandbox`: the sandbox opens after the first answers, and whatever happens meanwhile, no call hangs. */
import { afterAll, expect, test, vi } from 'vitest';
import { endAll, type ServerProcess, startServer, strayLines } from './server-process.ts';

vi.setConfig({ testTimeout: 60_000 });
afterAll(endAll);

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 'init',
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'wire', version: '0.0.0' } },
};
const CALL = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'list_endpoints', arguments: {} } };
const READ = { jsonrpc: '2.0', id: 2, method: 'resources/read', params: { uri: 'databricks-serving://endpoints' } };

/** One write into the pipe. */
function sendAtOnce(server: ServerProcess, messages: readonly unknown[]): void {
  server.raw(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
}

/** Replaces what the sandbox does to listen. */
function withListen(body: string): Record<string, string> {
  const code = `import net from 'node:net'; net.Server.prototype.listen = function () { ${body} return this; };`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}` };
}

/** The text that a pattern matches on stderr, when it has come. */
async function said(server: ServerProcess, words: RegExp): Promise<string> {
  return vi.waitUntil(() => words.exec(server.stderr())?.[0], { timeout: 50_000, interval: 20 });
}

test.concurrent('the sandbox opens in the background, so that a later first call does not wait for it', async () => {
  const server = startServer(['--sandbox'], { NODE_DEBUG: 'databricks-serving-mcp' });
  await server.initialize();
  expect(await said(server, /sandbox: open at \S+/)).toMatch(/http:\/\/127\.0\.0\.1:\d+$/);
  expect((await server.callTool(1, 'list_endpoints')).structuredContent.total).toBeGreaterThan(5);
  expect(strayLines(server)).toEqual([]);
});

test.concurrent('initialize and the first calls may come in one write', async () => {
  const server = startServer(['--sandbox']);
  sendAtOnce(server, [INITIALIZE, { jsonrpc: '2.0', method: 'notifications/initialized' }, READ, CALL]);
  expect((await server.answer(1)).result.structuredContent.total).toBeGreaterThan(5);
  expect((await server.answer(2)).result.contents[0].text).toContain('house-price');
});

test.concurrent('the end of the input right after the first call ends the process with the answer', async () => {
  const server = startServer(['--sandbox']);
  sendAtOnce(server, [INITIALIZE, CALL]);
  server.end();
  expect((await server.answer(1)).result.structuredContent.total).toBeGreaterThan(5);
  expect(await server.exited).toEqual({ code: 0, signal: null });
});

test.concurrent.each([
  ['right after initialize', '\n'],
  ['in the place of the last line end, so that the answer follows it', ''],
])('the end of the input %s ends the process, and nothing loads for it', async (_where, lineEnd) => {
  const server = startServer(['--sandbox'], { NODE_DEBUG: 'databricks-serving-mcp' });
  const list = { jsonrpc: '2.0', id: 3, method: 'tools/list' };
  server.raw(`${JSON.stringify(INITIALIZE)}\n${JSON.stringify(list)}${lineEnd}`);
  server.end();
  expect((await server.answer('init')).result.serverInfo.name).toBe('databricks-serving-mcp');
  expect((await server.answer(3)).result.tools.length).toBeGreaterThan(5);
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(server.stderr()).not.toContain('sandbox: open');
});

test.concurrent.each([
  ['SIGTERM', (server: ServerProcess) => server.kill('SIGTERM')],
  ['SIGINT', (server: ServerProcess) => server.kill('SIGINT')],
  [
    'the end of the input and then SIGTERM, as clients do',
    (server: ServerProcess) => {
      server.end();
      server.kill('SIGTERM');
    },
  ],
] as const)(
  'a sandbox that never opens does not keep the process: %s, during a call that waits',
  async (_what, leave) => {
    const server = startServer(['--sandbox'], withListen(`process.stderr.write('listening');`));
    sendAtOnce(server, [INITIALIZE, CALL]);
    await said(server, /listening/);
    leave(server);
    expect(await server.exited).toEqual({ code: 0, signal: null });
  },
);

test.concurrent('a failure to open is the error of each call that needs the sandbox, and the session goes on', async () => {
  const taken = `setImmediate(() => this.emit('error', new Error('listen EADDRINUSE: address already in use')));`;
  const server = startServer(['--sandbox'], withListen(taken));
  await server.initialize();
  for (const id of [1, 2]) {
    const result = await server.callTool(id, 'list_endpoints');
    expect(result.isError).toBe(true);
    expect(result.structuredContent.error).toMatchObject({
      code: 'sandbox_failed',
      message: 'the sandbox could not start: listen EADDRINUSE: address already in use',
      next: expect.stringMatching(/^Repeat the call\. .*restart this server/),
      retryable: true,
    });
  }
  server.send({ ...READ, id: 3 });
  expect((await server.answer(3)).error?.message).toContain('the sandbox could not start');
  server.send({ jsonrpc: '2.0', id: 4, method: 'tools/list' });
  expect((await server.answer(4)).result.tools.length).toBeGreaterThan(5);
  expect(server.stderr()).toBe('');
});

/** How a session ends, and that a wait which ends with it takes nothing with it. */
import { afterAll, expect, test, vi } from 'vitest';
import { RUN_ALL } from '../support/selection.ts';
import {
  endAll,
  type SandboxProcess,
  type ServerProcess,
  startSandboxProcess,
  startServer,
  strayLines,
} from './server-process.ts';

vi.setConfig({ testTimeout: 60_000 });
afterAll(endAll);

const create = (endpoint: string) => ({ endpoint, model: 'ml.prod.churn', version: 1 });
const wait = (id: number, endpoint: string) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'wait_for_endpoint', arguments: { endpoint, wait_seconds: 600 }, _meta: { progressToken: id } },
});

/** A server in the middle of a wait, call 2, for a deployment that ends when the test moves the clock: by itself it takes a quarter of an hour. */
async function waiting(): Promise<{ sandbox: SandboxProcess; server: ServerProcess }> {
  const sandbox = await startSandboxProcess(0.01);
  const server = startServer([], sandbox.env);
  await server.initialize();
  const created = await server.callTool(1, 'create_endpoint', create('churn'));
  expect(created.structuredContent).toMatchObject({ changed: true, outcome: 'waiting' });
  server.send(wait(2, 'churn'));
  await server.message((message) => message.method === 'notifications/progress');
  return { sandbox, server };
}

/** Expects that the deployment continues although no one waits for it. */
async function expectGoesOn(sandbox: SandboxProcess): Promise<void> {
  const state = async () => (await sandbox.get('/api/2.0/serving-endpoints/churn')).state;
  expect(await state()).toMatchObject({ ready: 'NOT_READY', config_update: 'IN_PROGRESS' });
  await sandbox.advance(10);
  expect(await state()).toMatchObject({ ready: 'READY', config_update: 'NOT_UPDATING' });
}

/** Looks at an endpoint that the sandbox has received so far. */
async function looks(sandbox: SandboxProcess, endpoint: string): Promise<number> {
  const { requests } = await sandbox.get('/sandbox/requests');
  return requests.filter(
    ({ method, path }: { method: string; path: string }) =>
      method === 'GET' && path.endsWith(`/serving-endpoints/${endpoint}`),
  ).length;
}

test.concurrent('the end of stdin ends the process even during a wait, and the deployment continues', async () => {
  const { sandbox, server } = await waiting();
  server.end();
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(strayLines(server)).toEqual([]);
  await expectGoesOn(sandbox);
});

test.concurrent('SIGTERM ends the process even during a wait, and the deployment continues', async () => {
  const { sandbox, server } = await waiting();
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
  await expectGoesOn(sandbox);
});

test.concurrent('a cancelled wait looks no more, is not answered, and leaves the session and the deployment', async () => {
  const { sandbox, server } = await waiting();
  await server.callTool(3, 'create_endpoint', create('other'));
  server.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2, reason: 'enough' } });
  server.send(wait(4, 'other'));
  await server.message(({ method, params }) => method === 'notifications/progress' && params.progressToken === 4);
  const seen = await looks(sandbox, 'churn');
  expect(seen).toBeGreaterThan(0);
  // A young wait pauses for 0.7 s at least and 2.3 s at most, growing by a tenth of its age (src/readiness.ts, pollDelay). Three pauses of the new
  // wait are therefore longer than the pause in which the old one was cancelled.
  const begun = await looks(sandbox, 'other');
  await vi.waitUntil(async () => (await looks(sandbox, 'other')) >= begun + 3, { timeout: 60_000, interval: 50 });
  expect(await looks(sandbox, 'churn')).toBe(seen);
  await expectGoesOn(sandbox);
  expect((await server.answer(4)).result.structuredContent).toMatchObject({ outcome: 'ready' });
  expect(server.stdout()).not.toMatch(/"id":2[,}]/);
});

test.concurrent.each(RUN_ALL ? (['SIGINT', 'SIGTERM'] as const) : (['SIGINT'] as const))(
  '%s ends a server that is doing nothing, with its sandbox',
  async (signal) => {
    const server = startServer(['--sandbox']);
    await server.initialize();
    await server.callTool(1, 'list_endpoints');
    server.kill(signal);
    expect(await server.exited).toEqual({ code: 0, signal: null });
  },
);

test.concurrent('a client that reads no more ends the process, although its own end stays open', async () => {
  const server = startServer();
  await server.initialize();
  let ended = false;
  void server.exited.then(() => {
    ended = true;
  });
  server.stopReading();
  // A write into the closed pipe is what notices; the first may still find it open.
  for (let id = 1; !ended; id++) {
    server.send({ jsonrpc: '2.0', id, method: 'tools/list' });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(await server.exited).toMatchObject({ code: 0 });
});

test.concurrent('the end of stdin cancels a statement that runs, because no one will read its rows', async () => {
  const sandbox = await startSandboxProcess(0.01);
  const server = startServer([], sandbox.env);
  await server.initialize();
  const args = { report: 'traffic', warehouse: 'Reports', start_warehouse: true };
  const params = { name: 'get_usage', arguments: args, _meta: { progressToken: 1 } };
  server.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
  await server.message((message) => message.method === 'notifications/progress');
  server.end();
  await server.exited;
  const { statements } = await sandbox.get('/sandbox/statements');
  expect(statements.map(({ state }: { state: string }) => state)).toEqual(['CANCELED']);
});

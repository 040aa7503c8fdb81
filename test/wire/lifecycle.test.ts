/** How a session ends, and that a wait which ends with it takes nothing with it. */
import { afterEach, expect, test, vi } from 'vitest';
import {
  endAll,
  type SandboxProcess,
  type ServerProcess,
  startSandboxProcess,
  startServer,
  strayLines,
} from './server-process.ts';

// Deployments take real seconds here.
vi.setConfig({ testTimeout: 30_000 });
afterEach(endAll);

/** A sandbox that deploys for eight of its minutes, and a server in the middle of a wait for it. */
async function waiting(minutesPerSecond: number): Promise<{ sandbox: SandboxProcess; server: ServerProcess }> {
  const sandbox = await startSandboxProcess(minutesPerSecond);
  const server = startServer([], sandbox.env);
  await server.initialize();
  const create = { endpoint: 'churn', model: 'ml.prod.churn', version: 1 };
  const created = await server.callTool(1, 'create_endpoint', create);
  expect(created.structuredContent).toMatchObject({ changed: true, outcome: 'waiting' });
  server.send({
    jsonrpc: '2.0',
    id: 2,
    method: 'tools/call',
    params: {
      name: 'wait_for_endpoint',
      arguments: { endpoint: 'churn', wait_seconds: 600 },
      _meta: { progressToken: 'p' },
    },
  });
  await server.message((message) => message.method === 'notifications/progress');
  return { sandbox, server };
}

async function readyAt(sandbox: SandboxProcess, name: string, patienceMs: number): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    const { state } = await sandbox.get(`/api/2.0/serving-endpoints/${name}`);
    if (state?.ready === 'READY' && state.config_update === 'NOT_UPDATING') return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

/** Looks at the endpoint that the sandbox has received so far. */
async function looks(sandbox: SandboxProcess): Promise<number> {
  const { requests } = await sandbox.get('/sandbox/requests');
  return requests.filter(
    (each: { method: string; path: string }) => each.method === 'GET' && each.path.endsWith('/serving-endpoints/churn'),
  ).length;
}

test('the end of stdin ends the process within a second even during a wait, and the deployment goes on', async () => {
  const { sandbox, server } = await waiting(2);
  const left = performance.now();
  server.end();
  const { code, at } = await server.exited;
  expect(code).toBe(0);
  expect(at - left).toBeLessThan(1_000);
  expect(strayLines(server)).toEqual([]);
  const seen = await sandbox.get('/api/2.0/serving-endpoints/churn');
  expect(seen.state).toMatchObject({ ready: 'NOT_READY', config_update: 'IN_PROGRESS' });
  expect(await readyAt(sandbox, 'churn', 10_000)).toBe(true);
});

test('SIGTERM ends the process within a second even during a wait, and the deployment goes on', async () => {
  const { sandbox, server } = await waiting(2);
  const left = performance.now();
  server.kill('SIGTERM');
  const { code, at } = await server.exited;
  expect(code).toBe(0);
  expect(at - left).toBeLessThan(1_000);
  expect(await readyAt(sandbox, 'churn', 10_000)).toBe(true);
});

test('a cancelled wait stops looking within a second, is not answered, and leaves the session and the deployment', async () => {
  const { sandbox, server } = await waiting(1);
  server.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2, reason: 'enough' } });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const before = await looks(sandbox);
  expect(before).toBeGreaterThan(1);
  // During its first ten seconds a wait looks at least every 2.3 s (src/readiness.ts, pollDelay).
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(await looks(sandbox)).toBe(before);
  server.send({ jsonrpc: '2.0', id: 3, method: 'ping' });
  expect((await server.answer(3)).result).toEqual({});
  expect(server.stdout()).not.toMatch(/"id":2[,}]/);
  const seen = await sandbox.get('/api/2.0/serving-endpoints/churn');
  expect(seen.state).toMatchObject({ ready: 'NOT_READY', config_update: 'IN_PROGRESS' });
});

test('SIGINT and SIGTERM end a server that is doing nothing, with its sandbox', async () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const server = startServer(['--sandbox']);
    await server.initialize();
    await server.callTool(1, 'list_endpoints');
    const left = performance.now();
    server.kill(signal);
    const { code, at } = await server.exited;
    expect(code).toBe(0);
    expect(at - left).toBeLessThan(1_000);
  }
});

test('a client that reads no more ends the process, although its own end stays open', async () => {
  const server = startServer(['--sandbox']);
  await server.initialize();
  server.stopReading();
  // The first write into the closed pipe is the one that notices.
  for (let id = 1; id <= 3; id++) {
    server.send({ jsonrpc: '2.0', id, method: 'tools/list' });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect((await server.exited).code).toBe(0);
});

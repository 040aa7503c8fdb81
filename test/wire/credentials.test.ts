/** A server without credentials starts, publishes its tools and touches no network; the first call says what it lacks. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, test, vi } from 'vitest';
import { startHttpProxy, status } from '../support/http-proxy.ts';
import { endAll, startSandboxProcess, startServer, strayLines } from './server-process.ts';

vi.setConfig({ testTimeout: 60_000 });
afterAll(endAll);

/** Reports every outgoing connection and every name look-up of the process on stderr. */
const WATCH = `
import net from 'node:net';
import dns from 'node:dns';
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) { process.stderr.write('NETWORK connect\\n'); return connect.apply(this, args); };
const lookup = dns.lookup;
dns.lookup = (...args) => { process.stderr.write('NETWORK lookup\\n'); return lookup(...args); };
`;
const watched = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(WATCH)}` };

test.concurrent('initialize and tools/list work without credentials and make no network call', async () => {
  const server = startServer([], watched);
  expect((await server.initialize()).result.serverInfo.name).toBe('databricks-serving-mcp');
  server.send({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const names = (await server.answer(1)).result.tools.map((tool: { name: string }) => tool.name);
  expect(names).toContain('swap_version');
  expect(server.stderr()).toBe('');
});

test.concurrent('with credentials too nothing is sent before the first call', async () => {
  let received = 0;
  const workspace = createServer((_request, response) => {
    received++;
    response.setHeader('content-type', 'application/json').end('{"endpoints":[]}');
  });
  await new Promise<void>((resolve) => workspace.listen(0, '127.0.0.1', resolve));
  const { port } = workspace.address() as AddressInfo; // it listens on a port
  try {
    const env = { DATABRICKS_HOST: `http://127.0.0.1:${port}`, DATABRICKS_TOKEN: 'dapi-not-a-real-token' };
    const server = startServer([], { ...watched, ...env });
    await server.initialize();
    server.send({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    await server.answer(1);
    expect([server.stderr(), received]).toEqual(['', 0]);
    // The same watch sees the first call, so its silence before means something.
    expect((await server.callTool(2, 'list_endpoints')).structuredContent.total).toBe(0);
    expect(received).toBe(1);
    expect(server.stderr()).toContain('NETWORK connect');
  } finally {
    workspace.closeAllConnections();
    workspace.close();
  }
});

test.concurrent('the first call without credentials says in a few words what to do; the log says what each method lacked', async () => {
  const server = startServer([], watched);
  await server.initialize();
  const { isError, structuredContent } = await server.callTool(1, 'list_endpoints');
  expect(isError).toBe(true);
  const { code, message, next } = structuredContent.error;
  expect([code, message]).toEqual(['no_credentials', 'no Databricks workspace is configured.']);
  for (const way of ['--profile', 'databricks auth login --host', '--sandbox']) expect(next).toContain(way);
  expect(server.stderr()).toBe('');
  expect(strayLines(server)).toEqual([]);

  const verbose = startServer([], { NODE_DEBUG: 'databricks-serving-mcp' });
  await verbose.initialize();
  await verbose.callTool(1, 'list_endpoints');
  for (const method of ['pat', 'databricks-cli', 'azure-client-secret', 'google-credentials'])
    expect(verbose.stderr()).toContain(`auth: ${method} lacks `);
  expect(verbose.stderr()).toContain('auth: oauth-m2m lacks host and client_id and client_secret');
});

test.concurrent('a token never appears in an answer or on stderr, also when the service repeats it', async () => {
  const token = 'dapi00000000000000000000000000f4ce';
  const workspace = createServer((request, response) => {
    const message = `Invalid access token. ${request.headers.authorization}`;
    response.writeHead(403, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error_code: 'PERMISSION_DENIED', message }));
  });
  await new Promise<void>((resolve) => workspace.listen(0, '127.0.0.1', resolve));
  const { port } = workspace.address() as AddressInfo; // it listens on a port
  try {
    const env = { DATABRICKS_HOST: `http://127.0.0.1:${port}`, DATABRICKS_TOKEN: token };
    const server = startServer([], { ...env, NODE_DEBUG: 'databricks-serving-mcp' });
    await server.initialize();
    const { structuredContent } = await server.callTool(1, 'list_endpoints');
    expect(structuredContent.error.message).toContain('Invalid access token');
    expect(server.stderr()).toContain('list_endpoints'); // the journal was on
    expect(server.stdout() + server.stderr()).not.toContain(token);
  } finally {
    workspace.closeAllConnections();
    workspace.close();
  }
});

test.concurrent('the built program logs in with OAuth M2M, and a proxy of the environment is not asked for this machine', async () => {
  const sandbox = await startSandboxProcess(1);
  const server = startServer([], {
    DATABRICKS_HOST: sandbox.host,
    // The service principal of the built-in workspace.
    DATABRICKS_CLIENT_ID: '4f2b8c1e-6d0a-4a57-9c3e-1b7d5e9f0a21',
    DATABRICKS_CLIENT_SECRET: 'sandbox-not-a-secret',
    HTTPS_PROXY: 'http://127.0.0.1:9',
  });
  await server.initialize();
  const { structuredContent } = await server.callTool(1, 'get_endpoint', { endpoint: 'support-agent' });
  expect(structuredContent).toMatchObject({ endpoint: 'support-agent', permission: 'CAN_MANAGE' });
});

test.concurrent('the built program asks the proxy of the environment for a host elsewhere, and shows its refusal without the login', async () => {
  const proxy = await startHttpProxy(status(407));
  try {
    const server = startServer([], {
      DATABRICKS_HOST: 'https://adb-1.2.azuredatabricks.net',
      DATABRICKS_TOKEN: 'fake-token-of-this-test',
      HTTPS_PROXY: `user:fake-password@${proxy.name}`,
    });
    await server.initialize();
    const { structuredContent } = await server.callTool(1, 'list_endpoints');
    expect(structuredContent.error).toMatchObject({ code: 'connection', retryable: false });
    expect(structuredContent.error.message).toContain(`the proxy at ${proxy.name} rejected the login`);
    expect(server.stdout() + server.stderr()).not.toMatch(/fake-password|bug in this server/);
    expect(proxy.asked[0]).toContain('CONNECT adb-1.2.azuredatabricks.net:443');
  } finally {
    await proxy.close();
  }
});

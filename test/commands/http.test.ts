/** The http command as the built program: its address, its callers, its end, and what it says where it cannot serve. */

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isLeftOut } from '../../src/package/bundle.ts';
import { BUILT, endAll, type ServerProcess, startServer } from '../wire/server-process.ts';

vi.setConfig({ testTimeout: 60_000 });
afterEach(endAll);

const SECRET = 'made-up-secret-of-a-test-made-up-secret';

/** The program, and the address that it says it serves. */
async function served(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ server: ServerProcess; url: string }> {
  const server = startServer(['http', ...args], env);
  const url = await vi.waitUntil(() => /serves MCP at (\S+)/.exec(server.stderr())?.[1], {
    timeout: 50_000,
    interval: 20,
  });
  return { server, url: url.replace('0.0.0.0', '127.0.0.1') };
}

const list = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'list_endpoints', arguments: {} } };
const post = (url: string, headers: Record<string, string> = {}, body: unknown = list) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close', ...headers },
    body: JSON.stringify(body),
  });

describe('the http command', () => {
  it('serves a sandbox in one line, and ends with SIGTERM', async () => {
    const { server, url } = await served(['--sandbox', '--port', '0']);
    const answer = (await (await post(url)).json()) as { result: { structuredContent: { total: number } } };
    expect(answer.result.structuredContent.total).toBeGreaterThan(5);
    expect((await fetch(url.replace('/mcp', '/healthz'))).status).toBe(200);
    expect(await statusByName(url, 'evil.example')).toBe(403);
    expect((await post(url, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await post(url, { origin: new URL(url).origin })).status).toBe(200);
    expect(server.stdout()).toBe('');
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.stderr()).toContain('SIGTERM: no new call begins');
  });

  it('answers what runs at a signal, and begins nothing more', async () => {
    const { server, url } = await served(['--sandbox', '--port', '0', '--sandbox-minutes-per-second', '0.001']);
    const created = await post(
      url,
      {},
      call('create_endpoint', { endpoint: 'new', model: 'ml.prod.house_price', version: '1' }),
    );
    expect(await created.text()).toContain('waiting');
    const waiting = post(url, {}, call('wait_for_endpoint', { endpoint: 'new', wait_seconds: 40 })).then((each) =>
      each.text(),
    );
    await vi.waitUntil(async () => (await post(url, {}, call('list_endpoints', {}))).ok);
    server.kill('SIGTERM');
    await vi.waitUntil(() => server.stderr().includes('SIGTERM'));
    expect((await post(url)).status).toBe(503);
    expect(await waiting).toContain('server_stopping');
    expect((await server.exited).code).toBe(0);
  });

  it('ends at once with a second signal', async () => {
    const { server, url } = await served(['--sandbox', '--port', '0']);
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => {});
    // A request whose body never ends keeps a place.
    socket.write(
      `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
    );
    await vi.waitUntil(async () => (await fetch(url.replace('/mcp', '/healthz'))).ok);
    server.kill('SIGTERM');
    await vi.waitUntil(() => server.stderr().includes('SIGTERM'));
    server.kill('SIGTERM');
    expect((await server.exited).code).toBe(1);
    socket.destroy();
  });

  it('on a real workspace wants a secret, and takes no other', async () => {
    const { server, url } = await served(
      ['--host', 'https://x.cloud.databricks.com', '--port', '0', '--allow-host', 'mcp.example.com'],
      {
        DATABRICKS_SERVING_HTTP_SECRET: SECRET,
      },
    );
    const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
    const statusOf = async (authorization?: string) =>
      (await post(url, authorization === undefined ? {} : { authorization }, ping)).status;
    expect(await statusOf()).toBe(401);
    expect(await statusOf(`Bearer ${SECRET}x`)).toBe(401);
    expect(await statusOf(`Basic ${SECRET}`)).toBe(401);
    expect(await statusOf(`Bearer ${SECRET}`)).toBe(200);
    server.kill('SIGINT');
    expect((await server.exited).code).toBe(0);
  });

  it('listens to others only where the platform sets the port', async () => {
    const port = await freePort();
    const { server, url } = await served(['--sandbox'], { DATABRICKS_APP_PORT: String(port) });
    expect(new URL(url).port).toBe(String(port));
    expect(server.stderr()).toContain(`http://0.0.0.0:${port}/mcp`);
    server.kill('SIGTERM');
    await server.exited;
  });
});

async function freePort(): Promise<number> {
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo; // it listens on TCP
  await new Promise((resolve) => free.close(resolve));
  return port;
}

/** The status for a Host that fetch does not let a test choose. */
async function statusByName(url: string, host: string): Promise<number> {
  const asked = request(url, { method: 'POST', headers: { host, 'content-type': 'application/json' } }).end('{}');
  const [response] = await once(asked, 'response');
  response.resume();
  return response.statusCode;
}

function call(name: string, args: object) {
  return { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } };
}

describe('the http command ends with a sentence', () => {
  it.each<[string, string[], Record<string, string>, RegExp]>([
    ['without a secret', [], {}, /DATABRICKS_SERVING_HTTP_SECRET to a secret of at least 32/],
    ['with a short secret', [], { DATABRICKS_SERVING_HTTP_SECRET: 'short' }, /at least 32 characters/],
    [
      'for a wrong port of the platform',
      ['--sandbox'],
      { DATABRICKS_APP_PORT: 'x' },
      /DATABRICKS_APP_PORT is not a port/,
    ],
    [
      'for a port of the platform that is none',
      ['--sandbox'],
      { DATABRICKS_APP_PORT: '65536' },
      /DATABRICKS_APP_PORT is not a port/,
    ],
    ['for an option of another command', ['--version', '3'], {}, /takes no value|unexpected argument/],
    ['for a wrong origin', ['--sandbox', '--allow-origin', '*'], {}, /--allow-origin takes origins/],
  ])('%s', async (_what, args, env, words) => {
    const server = startServer(['http', ...args], env);
    expect((await server.exited).code).toBe(2);
    expect(server.stderr()).toMatch(words);
    expect(server.stderr()).not.toContain('short secret');
  });

  it('for a port that is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const server = startServer(['http', '--sandbox', '--port', String(port)]);
    expect((await server.exited).code).toBe(2);
    expect(server.stderr()).toContain(`port ${port} is in use`);
    await new Promise((resolve) => taken.close(resolve));
  });

  it.each(['http', 'dashboard'])('in a bundle that comes without it: %s', async (command) => {
    const folder = mkdtempSync(join(tmpdir(), 'bundled-'));
    try {
      const dist = dirname(BUILT);
      for (const name of readdirSync(dist))
        if (!isLeftOut(`dist/${name}`)) cpSync(join(dist, name), join(folder, name));
      const { status, stderr } = spawnSync(process.execPath, [join(folder, 'server.mjs'), command, '--sandbox'], {
        encoding: 'utf8',
      });
      expect([status, stderr]).toEqual([2, expect.stringContaining(`the npm package has the ${command} command`)]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

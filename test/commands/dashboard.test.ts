/** The dashboard command as the built program: its address, its streams, its end, and the files that it reads and writes. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { BUILT, endAll, type ServerProcess, startServer } from '../wire/server-process.ts';

vi.setConfig({ testTimeout: 60_000 });
afterEach(endAll);
const folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ROLLOUT = { outcome: 'done', endpoint: 'churn', version: '3', report: [{ percent: 50, verdict: 'pass' }] };

/** Writes a file. @returns its path. */
function saved(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const addresses = (server: ServerProcess) => [...server.stdout().matchAll(/^(http:\S+)#(\S+)$/gm)];

async function addressOf(server: ServerProcess, at = 0): Promise<{ url: string; secret: string }> {
  const [, url = '', secret = ''] = await vi.waitUntil(() => addresses(server)[at], { timeout: 50_000, interval: 20 });
  return { url, secret };
}

async function started(args: string[], env: Record<string, string> = {}) {
  const server = startServer(['dashboard', ...args], env);
  return { server, ...(await addressOf(server)) };
}

const post = (url: string, path: string, body: object, token?: string) =>
  fetch(new URL(path, url), {
    method: 'POST',
    headers: {
      origin: new URL(url).origin,
      'content-type': 'application/json',
      connection: 'close',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
// biome-ignore lint/suspicious/noExplicitAny: tests read answers field by field, and a wrong guess fails them
const jsonOf = async (response: Response): Promise<any> => response.json();

describe('the dashboard command', () => {
  it('shows a sandbox in one line, prints a new address at Enter, and ends with Ctrl-C', async () => {
    const { server, url, secret } = await started(['--sandbox']);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(server.stdout()).toContain('The page only reads.');
    expect(await (await fetch(url)).text()).toContain('data-host="page"');
    const session = await jsonOf(await post(url, '/session', { secret }));
    expect(session).toMatchObject({ changes: false, workspace: 'sandbox' });
    await vi.waitUntil(() => server.stderr().includes('a browser has used the address'));
    expect((await post(url, '/session', { secret })).status).toBe(403);
    const listed = await jsonOf(await post(url, '/call', { tool: 'list_endpoints', arguments: {} }, session.token));
    expect(listed.structuredContent.total).toBeGreaterThan(5);

    server.raw('\n');
    const fresh = await addressOf(server, 1);
    expect([fresh.url, fresh.secret === secret]).toEqual([url, false]);
    expect((await post(url, '/session', { secret: fresh.secret })).status).toBe(200);
    // The first page goes on.
    expect((await post(url, '/call', { tool: 'list_changes' }, session.token)).status).toBe(200);

    server.kill('SIGINT');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.stderr()).not.toContain(secret);
    expect(server.stderr() + server.stdout()).not.toContain(session.token);
    await expect(fetch(url)).rejects.toThrow();
  });

  it('goes on when its input ends, as under a supervisor, and with --allow-changes says so', async () => {
    const { server, url, secret } = await started(['--sandbox', '--allow-changes']);
    server.end();
    expect(server.stdout()).toContain('hold, resume, promote and abort rollouts');
    const session = await jsonOf(await post(url, '/session', { secret }));
    expect([session.changes, session.tools.includes('roll_out')]).toEqual([true, true]);
    server.kill('SIGTERM');
    expect((await server.exited).code).toBe(0);
  });

  it('sends nothing to a workspace before a page asks', async () => {
    const requests: string[] = [];
    const workspace = createServer((request, response) => {
      requests.push(request.url ?? '');
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(workspace, 'listening');
    const { port } = workspace.address() as AddressInfo; // it listens on TCP
    const { server, url, secret } = await started([], {
      DATABRICKS_HOST: `http://127.0.0.1:${port}`,
      DATABRICKS_TOKEN: 'made-up-token-of-a-test',
    });
    const session = await jsonOf(await post(url, '/session', { secret }));
    expect([session.workspace, requests]).toEqual([`http://127.0.0.1:${port}`, []]);
    await post(url, '/call', { tool: 'list_endpoints' }, session.token);
    expect(requests.length).toBeGreaterThan(0);
    server.kill('SIGTERM');
    await server.exited;
    workspace.closeAllConnections();
    await new Promise((resolve) => workspace.close(resolve));
  });

  it('shows a saved report to the page that has the secret, without any workspace', async () => {
    const { server, url, secret } = await started([saved('report.json', ROLLOUT)]);
    expect(server.stdout()).toContain('It shows the saved report.');
    const page = await (await fetch(url)).text();
    expect(page).toContain('data-view="rollout"');
    expect(page).not.toContain('churn');
    const session = await jsonOf(await post(url, '/session', { secret }));
    expect(session).toMatchObject({ tools: [], given: { data: ROLLOUT, saved_at: expect.stringMatching(/^20\d\d-/) } });
    server.kill('SIGINT');
    expect((await server.exited).code).toBe(0);
  });
});

describe('--output', () => {
  it('writes one page with the report in it, which uses no network and only its user may read', async () => {
    const note = '</script><script>alert(1)</script><!-- \u2028 <img src=x onerror=alert(1)>';
    const output = join(folder, 'incident.html');
    const server = startServer(['dashboard', saved('hostile.json', { ...ROLLOUT, note }), '--output', output]);
    expect((await server.exited).code).toBe(0);
    expect(server.stdout()).toContain(`Wrote ${output}`);
    const page = readFileSync(output, 'utf8');
    const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]+)">/.exec(page)?.[1] ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; img-src data:;/);
    expect(policy).not.toMatch(/connect-src|unsafe|https?:|\*/);
    expect(page).toContain('data-host="file"');
    const given = /<script type="application\/json" id="given">([^<]*)<\/script>/.exec(page)?.[1] ?? '';
    expect(JSON.parse(given)).toMatchObject({ data: { outcome: 'done', note: note.replace('\u2028', '') } });
    expect(page).not.toContain('<img src=x');
    expect(page).not.toContain('alert(1)</script>');
    if (process.platform !== 'win32') expect(statSync(output).mode & 0o777).toBe(0o600);
  });

  it('never overwrites a file', async () => {
    const output = saved('kept.html', 'kept');
    const server = startServer(['dashboard', saved('report.json', ROLLOUT), '--output', output]);
    expect((await server.exited).code).toBe(2);
    expect(server.stderr()).toContain(`--output: ${output} exists, and is not overwritten`);
    expect(readFileSync(output, 'utf8')).toBe('kept');
  });

  it('writes nothing for a file that cannot be drawn', async () => {
    const output = join(folder, 'nothing.html');
    const server = startServer(['dashboard', saved('odd.json', { odd: true }), '--output', output]);
    expect((await server.exited).code).toBe(2);
    expect(existsSync(output)).toBe(false);
  });
});

describe('the dashboard command ends with a sentence', () => {
  it.each<[string, () => string[], Record<string, string>, RegExp]>([
    ['for a missing file', () => [join(folder, 'missing.json')], {}, /cannot read .*missing\.json \(ENOENT\)/],
    ['for a folder', () => [folder], {}, /cannot read .* \(EISDIR\)/],
    ['for a text', () => [saved('text.txt', 'churn: done')], {}, /text\.txt is not JSON\. A file can be the report/],
    ['for a file without an end', () => ['/dev/zero'], {}, /\/dev\/zero has more than 2 MiB/],
    [
      'for a folder that is not there',
      () => [saved('a.json', ROLLOUT), '--output', join(folder, 'no', 'a.html')],
      {},
      /--output: cannot write .* \(ENOENT\)/,
    ],
    ['for two files', () => ['a.json', 'b.json'], {}, /unexpected argument "b\.json" after "dashboard"/],
    ['for a policy that is none', () => ['--sandbox', '--policy', saved('policy.json', '[]')], {}, /policy/],
    [
      'for changes that are forbidden',
      () => ['--sandbox', '--allow-changes', '--read-only'],
      {},
      /cannot be used with/,
    ],
    [
      'for changes that a variable forbids',
      () => ['--sandbox', '--allow-changes'],
      { DATABRICKS_SERVING_READ_ONLY: 'true' },
      /cannot be used with DATABRICKS_SERVING_READ_ONLY/,
    ],
  ])('%s', async (_what, args, env, words) => {
    const server = startServer(['dashboard', ...args()], env);
    expect((await server.exited).code).toBe(2);
    expect(server.stderr()).toMatch(words);
    expect(server.stdout()).toBe('');
  });

  it('for a port that is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo; // it listens on TCP
    const { status, stderr } = spawnSync(process.execPath, [BUILT, 'dashboard', '--sandbox', '--port', String(port)], {
      encoding: 'utf8',
      env: {},
    });
    expect([status, stderr]).toEqual([2, expect.stringContaining(`port ${port} is in use`)]);
    await new Promise((resolve) => taken.close(resolve));
  });
});

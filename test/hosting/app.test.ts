/** The server as a Databricks App: the folder of the package, started by its own command behind a stand-in for the platform. `test/installs/` has more of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appFiles } from '../../src/package/databricks-app.ts';
import { PRODUCT } from '../../src/package/product.ts';
import { stageApp } from '../../src/package/stage.ts';
import { ANALYST, APP_CLIENT, asUser, ENGINEER, type RunningApp, send, startApp } from '../support/databricks-app.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'app-folder-'));
let app: RunningApp;
beforeAll(async () => {
  stageApp({ folder, from: ROOT, files: appFiles(PRODUCT) });
  app = await startApp({ folder, client: APP_CLIENT });
}, 60_000);
afterAll(async () => {
  await app?.close();
  rmSync(folder, { recursive: true, force: true });
});

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };

describe('a signed-in user', () => {
  it('acts under their own rights, and a second user under theirs', async () => {
    const engineer = asUser(app, ENGINEER);
    const changed = await engineer('update_endpoint', { endpoint: 'house-price', description: 'by the engineer' });
    expect(changed.changed).toBe(true);
    const refused = await asUser(app, ANALYST)('update_endpoint', { endpoint: 'house-price', description: 'no' });
    expect(refused.error.code).toBe('PERMISSION_DENIED');
    const shown = await engineer('get_endpoint', { endpoint: 'house-price' });
    expect(shown.description).toBe('by the engineer');
  });

  it('is the only one as whom the workspace is asked: nothing runs under the identity of the App', async () => {
    app.sandbox.requests.length = 0;
    await asUser(app, ANALYST)('diagnose_endpoint', { endpoint: 'house-price' });
    const asked = new Set(app.sandbox.requests.map(({ principal }) => principal));
    expect([...asked]).toEqual([ANALYST]);
  });

  it('does not see the tools that such a token does not reach', async () => {
    const answer = await send(app, LIST, { authorization: `Bearer ${app.loginOf(ENGINEER)}` });
    const { result } = (await answer.json()) as { result: { tools: { name: string }[] } };
    const names = result.tools.map(({ name }) => name);
    expect(names).toContain('swap_version');
    for (const absent of [
      'set_alias',
      'list_model_versions',
      'get_permissions',
      'attach_to_app',
      'create_model_service',
    ])
      expect(names).not.toContain(absent);
  });

  it('gets plain JSON when the client asks for it', async () => {
    const given = { authorization: `Bearer ${app.loginOf(ENGINEER)}`, accept: 'application/json' };
    const answer = await send(app, LIST, given);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  });
});

describe('whoever did not sign in', () => {
  it('is led to the login, and a personal access token is refused', async () => {
    expect((await send(app, LIST, {})).status).toBe(302);
    expect((await send(app, LIST, { authorization: `Bearer ${app.sandbox.tokenOf(ENGINEER)}` })).status).toBe(401);
  });

  it('gets nowhere past the platform: without its headers, with a token of another, or with a made-up one', async () => {
    const past = (headers: Record<string, string>) => send(app, LIST, headers, `http://127.0.0.1:${app.port}`);
    await send(app, LIST, { authorization: `Bearer ${app.loginOf(ANALYST)}` });
    const of = app.proxy.passed.at(-1);
    const analyst = { user: String(of?.['x-forwarded-user']), token: String(of?.['x-forwarded-access-token']) };
    const token = (value: string) => ({ 'x-forwarded-access-token': value });
    const user = (value: string) => ({ 'x-forwarded-user': value });
    expect((await past({})).status).toBe(401);
    expect((await past({ authorization: `Bearer ${app.loginOf(ENGINEER)}` })).status).toBe(401);
    expect((await past(user(analyst.user))).status).toBe(401);
    expect((await past(token(analyst.token))).status).toBe(401);
    expect((await past({ ...token('made-up'), ...user(analyst.user) })).status).toBe(401);
    const engineers = app.sandbox.forwardedTokenOf(ENGINEER);
    expect((await past({ ...token(engineers), ...user(analyst.user) })).status).toBe(403);
    expect((await past({ ...token(analyst.token), ...user('1@2') })).status).toBe(403);
    expect((await past({ ...token(analyst.token), ...user(ANALYST) })).status).toBe(403);
    expect((await past({ ...token(analyst.token), ...user(analyst.user) })).status).toBe(200);
  });

  it('cannot bring the headers of another person through the platform', async () => {
    const answer = await send(app, LIST, {
      authorization: `Bearer ${app.loginOf(ANALYST)}`,
      'x-forwarded-access-token': app.sandbox.forwardedTokenOf(ENGINEER),
      'x-forwarded-user': '1@2',
    });
    expect(answer.status).toBe(200);
    expect(app.proxy.passed.at(-1)?.['x-forwarded-email']).toBe(ANALYST);
    expect(app.proxy.passed.at(-1)).not.toHaveProperty('authorization');
  });
});

describe('a page', () => {
  const preflight = (origin: string) =>
    fetch(`${app.proxy.url}/mcp`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,mcp-protocol-version',
      },
    });

  it('of the workspace may call, with the login of its browser', async () => {
    const { headers, status } = await preflight(app.origin);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(app.origin);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('access-control-allow-headers')).toContain('mcp-protocol-version');
    const answer = await send(app, LIST, { origin: app.origin, cookie: app.proxy.signIn(ANALYST) });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(app.origin);
  });

  it('of another origin may not', async () => {
    for (const origin of ['https://evil.example', `${app.origin}.evil.example`, 'null']) {
      const answer = await preflight(origin);
      expect(answer.status, origin).toBe(403);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      expect((await send(app, LIST, { origin, cookie: app.proxy.signIn(ANALYST) })).status, origin).toBe(403);
    }
  });
});

it('no token and no secret is in what it printed', () => {
  const given = app.proxy.passed.flatMap((headers) => headers['x-forwarded-access-token'] ?? []);
  expect(given.length).toBeGreaterThan(0);
  for (const secret of [APP_CLIENT.secret, ...given]) expect(app.output()).not.toContain(secret);
});

import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANALYST, BOT, type Client, ENGINEER, startClient } from '../client.ts';

let client: Client;
beforeAll(async () => {
  client = await startClient();
});
afterAll(() => client.sandbox.close());

const verifier = randomBytes(32).toString('base64url');
const REQUEST = {
  client_id: 'databricks-cli',
  redirect_uri: 'http://localhost:8020',
  response_type: 'code',
  state: 'a&b',
  scope: 'all-apis offline_access',
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
};
type Fields = Record<string, string>;

const authorize = (init: RequestInit, fields: Fields = {}) =>
  fetch(`${client.sandbox.host}/oidc/v1/authorize?${new URLSearchParams({ ...REQUEST, ...fields })}`, init);

/** Sends the form of the login page. Returns the address that the browser goes to next. */
async function signIn(fields: Fields): Promise<{ status: number; target: URL | null }> {
  const body = new URLSearchParams({ ...REQUEST, ...fields });
  const reply = await fetch(`${client.sandbox.host}/oidc/v1/authorize`, { method: 'POST', body, redirect: 'manual' });
  const target = reply.headers.get('location');
  return { status: reply.status, target: target === null ? null : new URL(target) };
}

async function token(form: Fields) {
  const body = new URLSearchParams({ client_id: 'databricks-cli', ...form });
  const reply = await fetch(`${client.sandbox.host}/oidc/v1/token`, { method: 'POST', body });
  // biome-ignore lint/suspicious/noExplicitAny: a wrong guess at the answer fails the test
  return { status: reply.status, body: (await reply.json()) as any };
}

const redeem = (code: string | null | undefined, more: Fields = {}) =>
  token({
    grant_type: 'authorization_code',
    code: code ?? '',
    redirect_uri: REQUEST.redirect_uri,
    code_verifier: verifier,
    ...more,
  });

async function codeFor(who: string, fields: Fields = {}): Promise<string | null | undefined> {
  return (await signIn({ token: client.sandbox.tokenOf(who), ...fields })).target?.searchParams.get('code');
}

const as = (bearer: string, path: string) =>
  fetch(client.sandbox.host + path, { headers: { authorization: `Bearer ${bearer}` } });
const nameOf = async (bearer: string) =>
  ((await (await as(bearer, '/api/2.0/preview/scim/v2/Me')).json()) as { userName: string }).userName;

describe('the login that discovery promises', () => {
  it('leads from the page to a token of the user, and on by refresh', async () => {
    const discovery = await fetch(`${client.sandbox.host}/oidc/.well-known/oauth-authorization-server`);
    const document = (await discovery.json()) as { authorization_endpoint: string; grant_types_supported: string[] };
    expect(document.grant_types_supported).toEqual(expect.arrayContaining(['authorization_code', 'refresh_token']));
    expect(document.authorization_endpoint).toBe(`${client.sandbox.host}/oidc/v1/authorize`);

    const shown = await authorize({});
    expect(shown.status).toBe(200);
    expect(await shown.text()).toContain(`<option>${ANALYST}</option>`);
    const { status, target } = await signIn({ token: client.sandbox.tokenOf(ANALYST) });
    expect([status, target?.origin, target?.searchParams.get('state')]).toEqual([303, 'http://localhost:8020', 'a&b']);

    const first = await redeem(target?.searchParams.get('code'));
    expect(first.body).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: REQUEST.scope });
    expect(await nameOf(first.body.access_token)).toBe(ANALYST);
    const second = await token({ grant_type: 'refresh_token', refresh_token: first.body.refresh_token });
    expect(await nameOf(second.body.access_token)).toBe(ANALYST);
    const used = await token({ grant_type: 'refresh_token', refresh_token: first.body.refresh_token });
    expect(used.body.error).toBe('invalid_grant');
    const third = await token({ grant_type: 'refresh_token', refresh_token: second.body.refresh_token });
    expect(third.status).toBe(200);
  });

  it('needs the token of that user, or the one that the sandbox printed', async () => {
    expect((await signIn({ token: 'wrong', user: ENGINEER })).status).toBe(403);
    expect((await signIn({})).status).toBe(403);
    expect((await signIn({ token: client.sandbox.tokenOf(ANALYST), user: ENGINEER })).status).toBe(403);
    expect((await signIn({ token: client.sandbox.tokenOf(BOT) })).status).toBe(403);
    const code = await codeFor('admin@example.com', { user: ENGINEER });
    expect(await nameOf((await redeem(code)).body.access_token)).toBe(ENGINEER);
  });

  it.each<[string, Fields]>([
    ['another verifier', { code_verifier: 'x'.repeat(43) }],
    ['another address', { redirect_uri: 'http://localhost:9999' }],
    ['another client', { client_id: 'other' }],
  ])('gives no token for %s, and the code is used up', async (_what, wrong) => {
    const code = await codeFor(ANALYST);
    expect((await redeem(code, wrong)).body.error).toBe('invalid_grant');
    expect((await redeem(code)).body.error).toBe('invalid_grant');
  });

  it('gives a code once, for five minutes of the wall', async () => {
    const code = await codeFor(ANALYST);
    expect((await redeem(code)).status).toBe(200);
    expect((await redeem(code)).body.error).toBe('invalid_grant');
    const late = await codeFor(ANALYST);
    client.minutes(6);
    expect((await redeem(late)).body.error).toBe('invalid_grant');
    expect((await redeem('')).body.error).toBe('invalid_grant');
  });

  it('gives a refresh token only to who asked for one', async () => {
    const code = await codeFor(ANALYST, { scope: 'all-apis' });
    expect((await redeem(code)).body).not.toHaveProperty('refresh_token');
  });

  it.each<[string, Fields]>([
    ['an address elsewhere', { redirect_uri: 'https://evil.example.com/' }],
    ['an address that only looks local', { redirect_uri: 'http://localhost.example.com:8020' }],
    ['an address with a name before it', { redirect_uri: 'http://localhost@example.com' }],
    ['a script', { redirect_uri: 'javascript:alert(1)' }],
    ['no client', { client_id: '' }],
    ['a token instead of a code', { response_type: 'token' }],
    ['no PKCE', { code_challenge: '' }],
    ['PKCE in the clear', { code_challenge_method: 'plain' }],
  ])('goes nowhere for %s', async (_what, fields) => {
    expect((await authorize({ redirect: 'manual' }, fields)).status).toBe(400);
    const { status, target } = await signIn({ token: client.sandbox.token, ...fields });
    expect([status, target]).toEqual([400, null]);
  });

  it('shows foreign text as text, in a page that nothing can frame', async () => {
    const reply = await authorize({}, { client_id: '"><script>alert(1)</script>', state: '<b>' });
    const html = await reply.text();
    expect(html).not.toContain('<script>');
    expect(html).not.toContain('<b>');
    expect(reply.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(reply.headers.get('cache-control')).toBe('no-store');
  });

  it('leaves no token, code or verifier in the records', async () => {
    const code = await codeFor(ANALYST);
    const { body } = await redeem(code);
    const kept = JSON.stringify([client.sandbox.requests, client.sandbox.dump()]);
    for (const secret of [client.sandbox.tokenOf(ANALYST), code, verifier, body.refresh_token]) {
      expect(kept).not.toContain(secret);
    }
  });
});

describe('the scopes of a token', () => {
  const scoped = async (scope: string) =>
    (await token({ grant_type: 'client_credentials', client_id: BOT, client_secret: 'sandbox-not-a-secret', scope }))
      .body.access_token;
  const model = 'databricks-claude-sonnet-4-5';
  const messages = [{ role: 'user', content: 'hi' }];
  const query = async (bearer: string, path: string) => {
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
    const body = JSON.stringify(path === CHAT_PATH ? { model, messages } : { model, input: 'hi' });
    const reply = await fetch(client.sandbox.host + path, { method: 'POST', headers, body });
    return { status: reply.status, text: await reply.text() };
  };
  const CHAT_PATH = '/serving-endpoints/chat/completions';

  it('refuse a route without theirs, and name the scope', async () => {
    const sql = await scoped('sql');
    const refused = await query(sql, CHAT_PATH);
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.text)).toEqual({
      error_code: 403,
      message: 'Provided OAuth token does not have required scopes: model-serving, model-serving-inference',
    });
    expect(await (await as(sql, '/api/2.0/serving-endpoints')).text()).toContain('required scopes: model-serving"');
    expect((await as(sql, '/api/2.1/unity-catalog/models')).status).toBe(403);
    expect((await as(sql, '/api/2.0/preview/scim/v2/Me')).status).toBe(200);
  });

  it.each(['model-serving', 'model-serving-inference openid', 'serving.serving-endpoints'])(
    '%s opens queries',
    async (scope) => {
      expect((await query(await scoped(scope), CHAT_PATH)).status).toBe(200);
    },
  );

  it('the Responses route needs that of the gateway as well', async () => {
    const path = '/serving-endpoints/responses';
    const refused = await query(await scoped('model-serving'), path);
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('required scopes: ai-gateway')]);
    expect((await query(await scoped('model-serving ai-gateway'), path)).status).toBe(200);
  });

  it.each(['all-apis', 'all-apis sql', '', 'openid offline_access'])('%j limits nothing', async (scope) => {
    expect((await as(await scoped(scope), '/api/2.0/serving-endpoints')).status).toBe(200);
  });
});

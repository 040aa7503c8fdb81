import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOT, type Client, churn, ENDPOINTS, startClient } from '../client.ts';

let client: Client;
beforeAll(async () => {
  client = await startClient();
});
afterAll(() => client.sandbox.close());

const SECRET = 'sandbox-not-a-secret';
const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

async function token(form: Record<string, string>, authorization?: string, path = '/oidc/v1/token') {
  const response = await fetch(client.sandbox.host + path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...(authorization && { authorization }) },
    body: new URLSearchParams(form).toString(),
  });
  // biome-ignore lint/suspicious/noExplicitAny: a wrong guess at the answer fails the test
  return { status: response.status, body: (await response.json()) as any };
}

const as = async (bearer: string, path = '/api/2.0/preview/scim/v2/Me') => {
  const response = await fetch(client.sandbox.host + path, { headers: { authorization: `Bearer ${bearer}` } });
  const text = await response.text();
  return { status: response.status, text };
};

const M2M = { grant_type: 'client_credentials', scope: 'all-apis' };

describe('bearer tokens', () => {
  it('a missing header is 401, and an unknown token is 403 with an integer code', async () => {
    expect((await fetch(client.sandbox.host + ENDPOINTS)).status).toBe(401);
    const unknown = await as('dapi-unknown');
    expect(unknown.status).toBe(403);
    expect(JSON.parse(unknown.text)).toEqual({ error_code: 403, message: 'Invalid access token.' });
  });

  it('the gateway answers the same in its own words', async () => {
    const path = '/ai-gateway/mlflow/v1/chat/completions';
    const post = async (headers: Record<string, string>) => {
      const response = await fetch(client.sandbox.host + path, { method: 'POST', headers, body: '{}' });
      return [response.status, response.headers.get('content-type')?.split(';')[0], await response.text()];
    };
    expect(await post({ authorization: 'Bearer dapi-unknown' })).toEqual([400, 'text/plain', 'Invalid Token']);
    const [status, type, text] = await post({ 'api-key': client.sandbox.token });
    expect([status, type]).toEqual([401, 'application/json']);
    expect(text).toContain('Credential was not sent or was of an unsupported type');
  });

  it('personal tokens expire in wall time', async () => {
    const short = await startClient({
      seed: {
        users: [{ user_name: 'admin@example.com', admin: true, token: 'fake-short-token', token_lifetime_seconds: 60 }],
      },
    });
    expect(short.sandbox.token).toBe('fake-short-token');
    expect((await short.call('GET', ENDPOINTS)).status).toBe(200);
    short.minutes(1);
    const ended = await short.call('GET', ENDPOINTS);
    expect([ended.status, ended.body.message]).toEqual([403, 'Token is expiring within 30 seconds. (token expired)']);
    const gateway = await short.call('POST', '/ai-gateway/mlflow/v1/embeddings', {});
    expect([gateway.status, gateway.text]).toEqual([403, 'Invalid Token']);
    await short.sandbox.close();
  });

  it('are random for each start and masked in the recorded requests', async () => {
    const other = await startClient();
    expect(other.sandbox.token).not.toBe(client.sandbox.token);
    await other.sandbox.close();
    await client.call('GET', ENDPOINTS);
    expect(client.sandbox.requests.at(-1)?.headers.authorization).toBe('Bearer ***');
    expect(JSON.stringify(client.sandbox.requests)).not.toContain(client.sandbox.token);
    expect(JSON.stringify(client.sandbox.dump())).not.toContain(client.sandbox.token);
  });
});

describe('OAuth', () => {
  it('discovery leads to the token endpoint of workspace and account, without a token', async () => {
    const get = async (path: string) => (await fetch(client.sandbox.host + path)).json();
    expect(await get('/.well-known/databricks-config')).toMatchObject({ oidc_endpoint: `${client.sandbox.host}/oidc` });
    expect(await get('/oidc/.well-known/oauth-authorization-server')).toMatchObject({
      authorization_endpoint: `${client.sandbox.host}/oidc/v1/authorize`,
      token_endpoint: `${client.sandbox.host}/oidc/v1/token`,
    });
    expect(await get('/oidc/accounts/abc/.well-known/oauth-authorization-server')).toMatchObject({
      token_endpoint: `${client.sandbox.host}/oidc/accounts/abc/v1/token`,
    });
  });

  it.each([
    ['Basic', {}, basic(BOT, SECRET)],
    ['URL-encoded Basic', {}, basic(encodeURIComponent(BOT), encodeURIComponent(SECRET))],
    ['the form', { client_id: BOT, client_secret: SECRET }, undefined],
  ])('client credentials in %s', async (_where, extra, authorization) => {
    const { status, body } = await token({ ...M2M, ...extra }, authorization);
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'all-apis' });
    expect(JSON.parse((await as(body.access_token)).text).applicationId).toBe(BOT);
  });

  it('a wrong secret is invalid_client, and an unknown grant is unsupported', async () => {
    const wrong = await token(M2M, basic(BOT, 'wrong'));
    expect([wrong.status, wrong.body.error]).toEqual([401, 'invalid_client']);
    expect((await token({ grant_type: 'password' })).body.error).toBe('unsupported_grant_type');
    expect((await token(M2M, basic(BOT, SECRET), '/oidc/accounts/abc/v1/token')).status).toBe(200);
  });

  it('a token is valid for an hour of wall time', async () => {
    const { body } = await token(M2M, basic(BOT, SECRET));
    client.minutes(59);
    expect((await as(body.access_token)).status).toBe(200);
    client.minutes(1);
    expect((await as(body.access_token)).status).toBe(403);
  });

  it('a foreign JWT is exchanged only for a federated service principal', async () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const jwt = (claims: object) => `${part({ alg: 'RS256' })}.${part(claims)}.fake`;
    const form = (subject_token: string, client_id?: string) => ({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      subject_token,
      scope: 'all-apis',
      ...(client_id && { client_id }),
    });
    expect((await token(form(jwt({ sub: 'repo:x' }), BOT))).status).toBe(200);
    expect((await token(form(jwt({ sub: BOT })))).status).toBe(200);
    expect((await token(form(jwt({ sub: 'repo:x' })))).body.error).toBe('invalid_grant');
    expect((await token(form(jwt({ sub: 'x', exp: 1 }), BOT))).body.error).toBe('invalid_grant');
    expect((await token(form('not-a-jwt', BOT))).body.error).toBe('invalid_request');
  });

  it('a narrowed token opens only the dedicated URL of its endpoint', async () => {
    const wall = client.sandbox;
    const { body: ro } = await client.call('POST', ENDPOINTS, {
      name: 'narrow',
      route_optimized: true,
      config: { served_entities: [churn(1)] },
    });
    client.minutes(9);
    const { endpoint_url, authorization_details } = ro.data_plane_info.query_info;
    const general = (await token(M2M, basic(BOT, SECRET))).body.access_token;
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: general,
      authorization_details,
    };
    expect((await token(form)).body.error).toBe('access_denied');
    await client.call('PATCH', `/api/2.0/permissions/serving-endpoints/${ro.id}`, {
      access_control_list: [{ service_principal_name: BOT, permission_level: 'CAN_QUERY' }],
    });
    const narrow = (await token(form)).body.access_token;
    const query = (bearer: string, url: string) =>
      fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          dataframe_records: [
            { tenure: 3, monthly_charges: 80, support_tickets: 4, contract: 'one-year', autopay: true },
          ],
        }),
      });
    expect((await query(narrow, endpoint_url)).status).toBe(200);
    expect((await query(general, endpoint_url)).status).toBe(403);
    expect((await query(wall.token, endpoint_url)).status).toBe(403);
    expect((await as(narrow)).status).toBe(403);
    const direct = await token({ ...M2M, authorization_details }, basic(BOT, SECRET));
    expect((await query(direct.body.access_token, endpoint_url)).status).toBe(200);
    const patAssertion = await token({ ...form, assertion: wall.token });
    expect(patAssertion.body.error).toBe('invalid_grant');
  });
});

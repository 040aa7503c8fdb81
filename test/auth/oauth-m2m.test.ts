import { describe, expect, it, onTestFinished } from 'vitest';
import { createAuth } from '../../src/auth/index.ts';
import { destroy, finish, startHttpProxy, status, type TestProxy, type Treatment } from '../support/http-proxy.ts';
import { failureOf, visible } from './failure.ts';
import { type FakeIssuer, issued, type Reply, startFakeIssuer, testEnvironment, workspace } from './fake-issuer.ts';

const SECRET = 'fake-client-secret';
const PAIR = Buffer.from(`sp-id:${SECRET}`).toString('base64');

function principal(server: FakeIssuer, env: Record<string, string> = {}) {
  return testEnvironment({
    DATABRICKS_HOST: server.url,
    DATABRICKS_CLIENT_ID: 'sp-id',
    DATABRICKS_CLIENT_SECRET: SECRET,
    ...env,
  });
}

const tokenCalls = (server: FakeIssuer) => server.seen.filter(({ path }) => path.endsWith('/token'));

it('asks for a token by client credentials (fact I12) and caches it', async () => {
  const server = await workspace();
  const credentials = await createAuth({}, principal(server)).resolve();
  expect(await credentials.headers()).toEqual({ authorization: 'Bearer token-1' });
  expect(await credentials.bearer()).toBe('token-1');
  expect(server.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /.well-known/databricks-config',
    'GET /oidc/.well-known/oauth-authorization-server',
    'POST /oidc/v1/token',
  ]);
  expect(server.seen[2]).toMatchObject({
    form: { grant_type: 'client_credentials', scope: 'all-apis' },
    headers: { authorization: `Basic ${PAIR}`, 'content-type': 'application/x-www-form-urlencoded' },
  });
});

it('gets another token when the service calls this one expired', async () => {
  const server = await workspace();
  const credentials = await createAuth({}, principal(server)).resolve();
  expect(credentials.invalidate()).toBe(true);
  const all = await Promise.all([credentials.headers(), credentials.headers(), credentials.bearer()]);
  expect(all).toEqual([{ authorization: 'Bearer token-2' }, { authorization: 'Bearer token-2' }, 'token-2']);
  expect(tokenCalls(server)).toHaveLength(2);
});

it('renews ahead of expiry while the old token is served', async () => {
  const server = await workspace();
  const environment = principal(server);
  const credentials = await createAuth({}, environment).resolve();
  environment.clock += 41 * 60_000;
  expect(await credentials.bearer()).toBe('token-1');
  await expect.poll(() => credentials.bearer()).toBe('token-2');
  environment.clock += 59.5 * 60_000;
  expect(await credentials.bearer()).toBe('token-3');
});

describe('a busy or failing issuer', () => {
  it.each([429, 502, 503, 504])('is retried after %d', async (status) => {
    const server = await workspace((seen, count) => (count < 3 ? { status, text: 'busy' } : issued()(seen, count)));
    const environment = principal(server);
    const credentials = await createAuth({}, environment).resolve();
    expect(await credentials.bearer()).toBe('token-3');
    expect(environment.slept).toEqual([500, 1000]);
  });

  it('is waited for as long as it asks, within ten seconds', async () => {
    const waits = ['3', '600'];
    const server = await workspace((seen, count) => {
      const wait = waits[count - 1];
      return wait === undefined ? issued()(seen, count) : { status: 429, headers: { 'retry-after': wait }, json: {} };
    });
    const environment = principal(server);
    await createAuth({}, environment).resolve();
    expect(environment.slept).toEqual([3000, 10_000]);
  });

  it('is retried after a broken connection', async () => {
    const server = await workspace((seen, count) => (count === 1 ? { hangUp: true } : issued()(seen, count)));
    expect(await (await createAuth({}, principal(server)).resolve()).bearer()).toBe('token-2');
  });

  it('is given up after four attempts', async () => {
    const server = await workspace(() => ({ status: 503, text: 'down' }));
    const error = await failureOf(createAuth({}, principal(server)).resolve());
    expect(error).toMatchObject({ code: 'token_endpoint', next: 'Retry in a minute.' });
    expect(error.message).toContain('HTTP 503');
    expect(tokenCalls(server)).toHaveLength(4);
  });

  it('is given up when another try would pass half a minute', async () => {
    const server = await workspace(() => {
      environment.clock += 14_800;
      return { status: 503, text: 'slow and down' };
    });
    const environment = principal(server);
    await failureOf(createAuth({}, environment).resolve());
    expect(tokenCalls(server)).toHaveLength(2);
  });

  it('that cannot be reached is named, by origin alone', async () => {
    const environment = principal({ url: 'http://127.0.0.1:9', seen: [], handle: () => ({}) });
    const error = await failureOf(createAuth({}, environment).resolve());
    expect(error.code).toBe('token_endpoint');
    expect(error.message).toMatch(/cannot reach http:\/\/127\.0\.0\.1:9 \(.+\)/);
  });

  it('fails one call only: the next one asks again', async () => {
    let down = false;
    const server = await workspace((seen, count) => (down ? { status: 500, text: '' } : issued()(seen, count)));
    const credentials = await createAuth({}, principal(server)).resolve();
    down = true;
    credentials.invalidate();
    expect((await failureOf(credentials.headers())).code).toBe('token_endpoint');
    down = false;
    expect((await credentials.headers()).authorization).toMatch(/^Bearer token-/);
  });
});

describe('a refusal', () => {
  it.each<[string, Reply, string, RegExp]>([
    [
      'OAuth',
      { status: 401, json: { error: 'invalid_client', error_description: 'unknown client' } },
      'token_rejected',
      /invalid_client: unknown client/,
    ],
    ['Okta', { status: 400, json: { errorCode: 'E1', errorSummary: 'no app' } }, 'token_rejected', /E1: no app/],
    [
      'ARM',
      { status: 403, json: { error: { code: 'Denied', message: 'no right' } } },
      'token_rejected',
      /Denied: no right/,
    ],
    [
      'Databricks',
      { status: 403, json: { error_code: 'PERMISSION_DENIED', message: 'no' } },
      'token_rejected',
      /PERMISSION_DENIED: no/,
    ],
    [
      'a dead refresh token',
      { status: 400, json: { error: 'invalid_grant', error_description: 'Refresh token is invalid' } },
      'login_required',
      /refused the refresh token/,
    ],
    ['HTML', { status: 200, text: '<html>log in</html>' }, 'token_endpoint', /not JSON/],
    ['no token', { status: 200, json: { token_type: 'Bearer' } }, 'token_endpoint', /with no token/],
  ])('in the form of %s', async (_name, reply, code, message) => {
    const server = await workspace(() => reply);
    const error = await failureOf(createAuth({}, principal(server)).resolve());
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(tokenCalls(server)).toHaveLength(1);
  });

  it('never shows a secret, even when the issuer repeats it', async () => {
    const leaky = `bad secret ${SECRET} in Basic ${PAIR}, got eyJhbGciOiJub25lIn0.eyJzdWIiOiJmYWtlIn0.c2ln and dapi0123456789abcdef`;
    const server = await workspace(() => ({
      status: 401,
      json: { error: 'invalid_client', error_description: leaky },
    }));
    const shown = visible(await failureOf(createAuth({}, principal(server)).resolve()));
    expect(shown).toContain('bad secret ***');
    for (const secret of [SECRET, PAIR, 'eyJhbGci', 'dapi0123']) expect(shown).not.toContain(secret);
  });

  it('never shows a token that came in a broken answer', async () => {
    const server = await workspace(() => ({ text: '{"access_token": "fake-but-secret", "expires_in": 3600' }));
    expect(visible(await failureOf(createAuth({}, principal(server)).resolve()))).not.toContain('fake-but-secret');
  });
});

describe('a proxy', () => {
  async function through(treatment: Treatment): Promise<TestProxy> {
    const proxy = await startHttpProxy(treatment);
    onTestFinished(() => proxy.close());
    return proxy;
  }

  const elsewhere = (proxy: TestProxy, login = '') =>
    testEnvironment({
      DATABRICKS_HOST: 'https://dbc-1.cloud.databricks.com',
      DATABRICKS_CLIENT_ID: 'sp-id',
      DATABRICKS_CLIENT_SECRET: SECRET,
      HTTPS_PROXY: `${login}${proxy.name}`,
    });

  it.each<[string, Treatment, RegExp, RegExp]>([
    ['destroys the connection', destroy, /closed the tunnel to dbc-1.cloud.databricks.com:443/, /NO_PROXY/],
    ['closes the connection', finish, /closed the tunnel to/, /NO_PROXY/],
    ['answers 403', status(403), /refused a tunnel to .*\(403\)/, /administrator/],
    ['answers 407', status(407), /rejected the login in HTTPS_PROXY \(407\)/, /In HTTPS_PROXY, put a user/],
    ['answers 502', status(502), /could not reach .*\(502\)/, /NO_PROXY/],
  ])(
    'that %s is named in the error, which says what to do, and is asked a few times at most',
    async (_what, treatment, words, next) => {
      const proxy = await through(treatment);
      const error = await failureOf(createAuth({}, elsewhere(proxy, 'http://user:fake-secret@')).resolve());
      expect(error).toMatchObject({ code: 'token_endpoint', message: expect.stringMatching(words) });
      expect(error.message).toContain(`the proxy at ${proxy.name} `);
      expect(error.next).toMatch(next);
      expect(visible(error)).not.toContain('fake-secret');
      expect(proxy.asked[0]).toContain('CONNECT dbc-1.cloud.databricks.com:443 HTTP/1.1');
      const asked = proxy.connections();
      expect(asked).toBeLessThanOrEqual(2 * 4); // the host and the issuer, four tries each
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(proxy.connections()).toBe(asked);
    },
  );

  it('at a closed port is named, also without a scheme', async () => {
    const proxy = await through(destroy);
    await proxy.close();
    const error = await failureOf(createAuth({}, elsewhere(proxy)).resolve());
    expect(error.message).toContain(`the proxy at ${proxy.name} cannot be reached (ECONNREFUSED)`);
  });

  it('is passed by for this machine', async () => {
    const proxy = await through(destroy);
    const server = await workspace();
    const env = { HTTPS_PROXY: `http://${proxy.name}`, HTTP_PROXY: `http://${proxy.name}` };
    await createAuth({}, principal(server, env)).resolve();
    expect(proxy.connections()).toBe(0);
    expect(tokenCalls(server)).toHaveLength(1);
  });
});

describe('discovery', () => {
  it('follows the host metadata of a unified host and routes by workspace id', async () => {
    const server = await startFakeIssuer((seen) => {
      const base = `http://${seen.host}`;
      if (seen.path === '/.well-known/databricks-config') {
        return {
          json: {
            oidc_endpoint: `${base}/oidc/accounts/{account_id}`,
            account_id: 'acc-1',
            workspace_id: '42',
            cloud: 'AWS',
            host_type: 'unified',
          },
        };
      }
      if (seen.path === '/oidc/accounts/acc-1/.well-known/oauth-authorization-server')
        return { json: { token_endpoint: `${base}/t` } };
      if (seen.path === '/t') return { json: { access_token: 'unified', expires_in: 60 } };
      return { status: 404, json: {} };
    });
    const credentials = await createAuth({}, principal(server)).resolve();
    expect(credentials).toMatchObject({ accountId: 'acc-1', workspaceId: '42', cloud: 'aws' });
    expect(await credentials.headers()).toEqual({ authorization: 'Bearer unified', 'x-databricks-workspace-id': '42' });
  });

  it('sends no routing header to a workspace host that only reports its id', async () => {
    const plain = await workspace();
    const answer = plain.handle;
    plain.handle = (seen) =>
      seen.path === '/.well-known/databricks-config'
        ? { json: { workspace_id: '42', host_type: 'workspace' } }
        : answer(seen);
    const credentials = await createAuth({}, principal(plain)).resolve();
    expect(credentials.workspaceId).toBe('42');
    expect(await credentials.headers()).toEqual({ authorization: 'Bearer token-1' });
  });

  it('goes to discovery_url when one is set', async () => {
    const server = await workspace();
    const answer = server.handle;
    server.handle = (seen) =>
      seen.path === '/mine' ? { json: { token_endpoint: `http://${seen.host}/oidc/v1/token` } } : answer(seen);
    await createAuth({}, principal(server, { DATABRICKS_DISCOVERY_URL: `${server.url}/mine` })).resolve();
    expect(server.seen.map(({ path }) => path)).toEqual(['/mine', '/oidc/v1/token']);
  });

  it('sends no secret to a token endpoint in clear text', async () => {
    const server = await startFakeIssuer(() => ({ json: { token_endpoint: 'http://collector.example.com/token' } }));
    const error = await failureOf(createAuth({}, principal(server)).resolve());
    expect(error).toMatchObject({ code: 'bad_config' });
    expect(error.message).toContain('http://collector.example.com is not https');
  });

  it('follows no redirect with a secret', async () => {
    const server = await workspace(() => ({ status: 307, headers: { location: '/elsewhere' }, json: {} }));
    await failureOf(createAuth({}, principal(server)).resolve());
    expect(server.seen.map(({ path }) => path)).not.toContain('/elsewhere');
  });

  it('recognizes a page that does not come from a workspace', async () => {
    const server = await startFakeIssuer(() => ({ text: '<html>hello</html>' }));
    const error = await failureOf(createAuth({}, principal(server)).resolve());
    expect(error.message).toContain('answered 200 with an HTML page where its OAuth endpoints were expected');
  });
});

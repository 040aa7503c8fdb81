import { createVerify, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuth } from '../../src/auth/index.ts';
import { failureOf, visible } from './failure.ts';
import { redirectTo, startFakeIssuer, testEnvironment } from './fake-issuer.ts';

const HOST = 'https://1.2.gcp.databricks.com';
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const KEY = {
  type: 'service_account',
  client_email: 'serving@project.example.com',
  private_key_id: 'kid-1',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  token_uri: 'https://oauth2.googleapis.com/token',
};

const decode = (part: string | undefined): unknown => JSON.parse(Buffer.from(part ?? '', 'base64url').toString());

function idToken(expiresAtMs: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ exp: expiresAtMs / 1000 })}.fake`;
}

async function google(credentials: string, host = HOST) {
  const environment = testEnvironment({ DATABRICKS_HOST: host, GOOGLE_CREDENTIALS: credentials });
  const expiry = environment.clock + 3_600_000;
  const server = await startFakeIssuer(({ form }) => {
    const claims = JSON.stringify(decode(form.assertion?.split('.')[1]));
    return claims.includes('target_audience')
      ? { json: { id_token: idToken(expiry) } }
      : { json: { access_token: 'fake-access', expires_in: 3600 } };
  });
  environment.dispatcher = redirectTo(server);
  return { environment, server, expiry };
}

describe('google-credentials', () => {
  it('signs a request for an ID token whose audience is the host', async () => {
    const { environment, server, expiry } = await google(JSON.stringify(KEY));
    const credentials = await createAuth({}, environment).resolve();
    expect(credentials).toMatchObject({ authType: 'google-credentials', cloud: 'gcp' });
    expect(await credentials.headers()).toEqual({ authorization: `Bearer ${idToken(expiry)}` });
    const [asked] = server.seen;
    expect(asked).toMatchObject({ host: 'oauth2.googleapis.com', path: '/token' });
    expect(asked?.form.grant_type).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    const [header, payload, signature] = (asked?.form.assertion ?? '').split('.');
    expect(decode(header)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'kid-1' });
    expect(decode(payload)).toEqual({
      iss: KEY.client_email,
      sub: KEY.client_email,
      aud: KEY.token_uri,
      iat: environment.clock / 1000,
      exp: environment.clock / 1000 + 3600,
      target_audience: HOST,
    });
    const verified = createVerify('RSA-SHA256')
      .update(`${header}.${payload}`)
      .verify(publicKey, signature ?? '', 'base64url');
    expect(verified).toBe(true);
  });

  it('renews by the expiry in the ID token itself', async () => {
    const { environment, server, expiry } = await google(JSON.stringify(KEY));
    const credentials = await createAuth({}, environment).resolve();
    environment.clock = expiry - 39_999;
    await credentials.headers();
    expect(server.seen).toHaveLength(2);
  });

  it('reads the key from a file', async () => {
    const { environment } = await google('/keys/serving.json');
    environment.files['/keys/serving.json'] = JSON.stringify(KEY);
    expect((await createAuth({}, environment).resolve()).authType).toBe('google-credentials');
  });

  it('adds an access token for account hosts', async () => {
    const { environment } = await google(JSON.stringify(KEY), 'https://accounts.gcp.databricks.com');
    const credentials = await createAuth({}, environment).resolve();
    expect((await credentials.headers())['x-databricks-gcp-sa-access-token']).toBe('fake-access');
  });

  it.each([
    ['a missing file', '/gone/fake-key.json'],
    ['broken JSON', `{"client_email": "a", "private_key": "fake-key`],
    ['no key inside', '{"client_email": "fake-key"}'],
    ['an invalid key', JSON.stringify({ ...KEY, private_key: 'fake-key' })],
    ['a token_uri in clear text', JSON.stringify({ ...KEY, token_uri: 'http://collector.example.com/fake-key' })],
  ])('refuses %s without showing it', async (_name, given) => {
    const { environment } = await google(given);
    const error = await failureOf(createAuth({}, environment).resolve());
    expect(error.code).toBe('bad_config');
    expect(visible(error)).not.toContain('fake-key');
  });

  it('is not the method on another cloud', async () => {
    const { environment } = await google(JSON.stringify(KEY), 'https://dbc-1.cloud.databricks.com');
    const error = await failureOf(createAuth({ authType: 'google-credentials' }, environment).resolve());
    expect(error.tried).toEqual([{ method: 'google-credentials', missing: 'a host on Google Cloud' }]);
  });
});

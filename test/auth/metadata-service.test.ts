import { expect, it } from 'vitest';
import { createAuth } from '../../src/auth/index.ts';
import { failureOf, visible } from './failure.ts';
import { startFakeIssuer, testEnvironment } from './fake-issuer.ts';

const HOST = 'https://dbc-1.cloud.databricks.com';

it('asks the service on this machine, with version and host', async () => {
  const environment = testEnvironment({ DATABRICKS_HOST: HOST });
  const service = await startFakeIssuer(() => ({
    json: { access_token: 'fake-1', token_type: 'Bearer', expires_on: String(environment.clock / 1000 + 600) },
  }));
  environment.env.DATABRICKS_METADATA_SERVICE_URL = `${service.url}/session/abc`;
  const credentials = await createAuth({}, environment).resolve();
  expect(credentials.authType).toBe('metadata-service');
  expect(await credentials.headers()).toEqual({ authorization: 'Bearer fake-1' });
  expect(service.seen[0]).toMatchObject({
    path: '/session/abc',
    headers: { 'x-databricks-metadata-version': '1', 'x-databricks-host': HOST },
  });
  environment.clock += 561_000;
  await credentials.headers();
  expect(service.seen).toHaveLength(2);
});

it('is not the method when the service has no session for the host', async () => {
  const service = await startFakeIssuer();
  const env = { DATABRICKS_HOST: HOST, DATABRICKS_METADATA_SERVICE_URL: `${service.url}/x` };
  const error = await failureOf(createAuth({}, testEnvironment(env)).resolve());
  expect(error.code).toBe('no_credentials');
  expect(error.tried).toContainEqual({
    method: 'metadata-service',
    missing: 'a session of the metadata service for this host',
  });
});

it.each(['https://metadata.example.com/fake-path', 'http://10.1.2.3/fake-path'])(
  'refuses %s: the service is on this machine',
  async (url) => {
    const env = { DATABRICKS_HOST: HOST, DATABRICKS_METADATA_SERVICE_URL: url };
    const error = await failureOf(createAuth({}, testEnvironment(env)).resolve());
    expect(error.code).toBe('bad_config');
    expect(visible(error)).not.toContain('fake-path');
  },
);

it('does not show the path of the service, which is its secret', async () => {
  const service = await startFakeIssuer(() => ({ status: 500, text: 'broken' }));
  const env = { DATABRICKS_HOST: HOST, DATABRICKS_METADATA_SERVICE_URL: `${service.url}/fake-path` };
  const error = await failureOf(createAuth({}, testEnvironment(env)).resolve());
  expect(error.code).toBe('token_endpoint');
  expect(visible(error)).not.toContain('fake-path');
});

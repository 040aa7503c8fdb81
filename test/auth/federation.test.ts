import { describe, expect, it } from 'vitest';
import { createAuth } from '../../src/auth/index.ts';
import { failureOf, visible } from './failure.ts';
import { type FakeIssuer, type SeenRequest, startFakeIssuer, testEnvironment, workspace } from './fake-issuer.ts';

const EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  scope: 'all-apis',
};

const exchangeOf = (server: FakeIssuer): SeenRequest | undefined =>
  server.seen.findLast(({ path }) => path === '/oidc/v1/token');

describe('env-oidc', () => {
  it('exchanges the token of the default variable, account-wide without client_id', async () => {
    const server = await workspace();
    const credentials = await createAuth(
      {},
      testEnvironment({ DATABRICKS_HOST: server.url, DATABRICKS_OIDC_TOKEN: 'fake-jwt' }),
    ).resolve();
    expect(credentials.authType).toBe('env-oidc');
    expect(await credentials.headers()).toEqual({ authorization: 'Bearer token-1' });
    expect(exchangeOf(server)?.form).toEqual({ ...EXCHANGE, subject_token: 'fake-jwt' });
    expect(exchangeOf(server)?.headers.authorization).toBeUndefined();
  });

  it('exchanges the token of a named variable for a service principal, and reads it again at a refresh', async () => {
    const server = await workspace();
    const environment = testEnvironment({
      DATABRICKS_HOST: server.url,
      DATABRICKS_OIDC_TOKEN_ENV: 'CI_JWT',
      CI_JWT: 'fake-one',
      DATABRICKS_CLIENT_ID: 'sp',
    });
    const credentials = await createAuth({}, environment).resolve();
    expect(exchangeOf(server)?.form).toEqual({ ...EXCHANGE, subject_token: 'fake-one', client_id: 'sp' });
    environment.env.CI_JWT = 'fake-two';
    credentials.invalidate();
    await credentials.headers();
    expect(exchangeOf(server)?.form.subject_token).toBe('fake-two');
  });

  it('shows neither token when the exchange is refused, and names the policy to check', async () => {
    const server = await workspace((seen) => ({
      status: 400,
      json: { error: 'invalid_grant', error_description: `no policy for ${seen.form.subject_token}` },
    }));
    const env = { DATABRICKS_HOST: server.url, DATABRICKS_OIDC_TOKEN: 'fake-jwt', DATABRICKS_CLIENT_ID: 'sp' };
    const error = await failureOf(createAuth({ authType: 'env-oidc' }, testEnvironment(env)).resolve());
    expect(error.code).toBe('token_rejected');
    expect(error.message).toContain('invalid_grant: no policy for ***');
    expect(error.next).toContain(`audience ${server.url}/oidc/v1/token`);
    expect(error.next).toContain('service principal sp');
    expect(visible(error)).not.toContain('fake-jwt');
  });
});

describe('file-oidc', () => {
  it('reads the file again at every refresh, because platforms rotate it', async () => {
    const server = await workspace();
    const environment = testEnvironment(
      { DATABRICKS_HOST: server.url, DATABRICKS_OIDC_TOKEN_FILEPATH: '/run/jwt' },
      { files: { '/run/jwt': 'fake-one\n' } },
    );
    const credentials = await createAuth({}, environment).resolve();
    expect(credentials.authType).toBe('file-oidc');
    expect(exchangeOf(server)?.form.subject_token).toBe('fake-one');
    environment.files['/run/jwt'] = 'fake-two\n';
    credentials.invalidate();
    await credentials.headers();
    expect(exchangeOf(server)?.form.subject_token).toBe('fake-two');
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['is missing', {}, /cannot read the identity token file \/run\/jwt \(ENOENT\)/],
    ['is empty', { '/run/jwt': '\n' }, /is empty/],
  ])('names the file when it %s', async (_name, files, message) => {
    const server = await workspace();
    const env = { DATABRICKS_HOST: server.url, DATABRICKS_OIDC_TOKEN_FILE: '/run/jwt' };
    const error = await failureOf(createAuth({}, testEnvironment(env, { files })).resolve());
    expect(error.code).toBe('bad_config');
    expect(error.message).toMatch(message);
  });
});

describe('github-oidc', () => {
  function job(server: FakeIssuer, github: FakeIssuer) {
    return testEnvironment({
      DATABRICKS_HOST: server.url,
      DATABRICKS_CLIENT_ID: 'sp',
      ACTIONS_ID_TOKEN_REQUEST_URL: `${github.url}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'fake-job-token',
    });
  }

  it('asks the job for a token with the right audience', async () => {
    const [server, github] = [await workspace(), await startFakeIssuer(() => ({ json: { value: 'fake-github-jwt' } }))];
    const credentials = await createAuth({}, job(server, github)).resolve();
    expect(credentials.authType).toBe('github-oidc');
    const [asked] = github.seen;
    expect(asked?.headers.authorization).toBe('Bearer fake-job-token');
    expect(new URL(`http://x${asked?.path}`).searchParams.get('audience')).toBe(`${server.url}/oidc/v1/token`);
    expect(new URL(`http://x${asked?.path}`).searchParams.get('api-version')).toBe('2.0');
    expect(exchangeOf(server)?.form).toEqual({ ...EXCHANGE, subject_token: 'fake-github-jwt', client_id: 'sp' });
  });

  it('takes a configured audience', async () => {
    const [server, github] = [await workspace(), await startFakeIssuer(() => ({ json: { value: 'fake-github-jwt' } }))];
    const environment = job(server, github);
    environment.env.DATABRICKS_TOKEN_AUDIENCE = 'https://github.com/example';
    await createAuth({}, environment).resolve();
    expect(github.seen[0]?.path).toContain('audience=https%3A%2F%2Fgithub.com%2Fexample');
  });

  it('that fails leaves the chain to the next method, because it was not configured', async () => {
    const [server, github] = [
      await workspace(),
      await startFakeIssuer(() => ({ status: 403, json: { message: 'no id-token permission' } })),
    ];
    const environment = job(server, github);
    environment.env.DATABRICKS_OIDC_TOKEN = 'fake-jwt';
    expect((await createAuth({}, environment).resolve()).authType).toBe('env-oidc');
  });
});

describe('azure-devops-oidc', () => {
  it('asks the pipeline for a token', async () => {
    const [server, devops] = [
      await workspace(),
      await startFakeIssuer(() => ({ json: { oidcToken: 'fake-devops-jwt' } })),
    ];
    const environment = testEnvironment({
      DATABRICKS_HOST: server.url,
      SYSTEM_ACCESSTOKEN: 'fake-system-token',
      SYSTEM_TEAMFOUNDATIONCOLLECTIONURI: `${devops.url}/org/`,
      SYSTEM_TEAMPROJECTID: 'project',
      SYSTEM_HOSTTYPE: 'build',
      SYSTEM_PLANID: 'plan',
      SYSTEM_JOBID: 'job',
    });
    expect((await createAuth({}, environment).resolve()).authType).toBe('azure-devops-oidc');
    expect(devops.seen[0]).toMatchObject({
      method: 'POST',
      path: '/org/project/_apis/distributedtask/hubs/build/plans/plan/jobs/job/oidctoken?api-version=7.2-preview.1',
      headers: { authorization: 'Bearer fake-system-token' },
    });
    expect(exchangeOf(server)?.form.subject_token).toBe('fake-devops-jwt');
  });

  it('names the variables that a job would have', async () => {
    const env = { DATABRICKS_HOST: 'https://a.cloud.databricks.com', SYSTEM_ACCESSTOKEN: 'fake', SYSTEM_PLANID: 'p' };
    const error = await failureOf(createAuth({ authType: 'azure-devops-oidc' }, testEnvironment(env)).resolve());
    expect(error.tried[0]?.missing).toBe(
      'an Azure DevOps job (SYSTEM_TEAMFOUNDATIONCOLLECTIONURI, SYSTEM_TEAMPROJECTID, SYSTEM_HOSTTYPE, SYSTEM_JOBID)',
    );
  });
});

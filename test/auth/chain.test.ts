import { describe, expect, it } from 'vitest';
import { METHODS } from '../../src/auth/chain.ts';
import { type AuthOptions, createAuth } from '../../src/auth/index.ts';
import { failureOf } from './failure.ts';
import { issued, startFakeIssuer, testEnvironment, workspace } from './fake-issuer.ts';

const HOST = 'https://dbc-1.cloud.databricks.com';
const CONFIG = '/home/someone/.databrickscfg';

function withFile(text: string, env: Record<string, string> = {}) {
  return testEnvironment(env, { files: { [CONFIG]: text } });
}

async function headersOf(options: AuthOptions, environment: ReturnType<typeof testEnvironment>) {
  const credentials = await createAuth(options, environment).resolve();
  return { credentials, headers: await credentials.headers() };
}

it('keeps the order of the Go SDK', () => {
  expect(METHODS.map(({ name }) => name)).toEqual([
    'pat',
    'basic',
    'oauth-m2m',
    'databricks-cli',
    'metadata-service',
    'github-oidc',
    'azure-devops-oidc',
    'env-oidc',
    'file-oidc',
    'azure-msi',
    'azure-client-secret',
    'azure-cli',
    'google-credentials',
  ]);
});

describe('static methods', () => {
  it('sends a personal access token and cannot refresh it', async () => {
    const { credentials, headers } = await headersOf(
      {},
      testEnvironment({ DATABRICKS_HOST: HOST, DATABRICKS_TOKEN: 'fake' }),
    );
    expect(headers).toEqual({ authorization: 'Bearer fake' });
    expect(await credentials.bearer()).toBe('fake');
    expect(credentials).toMatchObject({ host: HOST, authType: 'pat', cloud: 'aws' });
    expect(credentials.invalidate()).toBe(false);
  });

  it('sends user and password, and has no bearer to offer', async () => {
    const env = { DATABRICKS_HOST: HOST, DATABRICKS_USERNAME: 'me', DATABRICKS_PASSWORD: 'fäke' };
    const { credentials, headers } = await headersOf({}, testEnvironment(env));
    expect(headers).toEqual({ authorization: `Basic ${Buffer.from('me:fäke').toString('base64')}` });
    await expect(credentials.bearer()).rejects.toMatchObject({ code: 'bad_config' });
  });

  it('refuses a token with a line break in words that help', async () => {
    const error = await failureOf(
      createAuth({}, testEnvironment({ DATABRICKS_HOST: HOST, DATABRICKS_TOKEN: 'fa\nke' })).resolve(),
    );
    expect(error.message).toContain('line breaks');
    expect(error.message).not.toContain('ke"');
  });
});

describe('more than one method', () => {
  const both = {
    DATABRICKS_HOST: HOST,
    DATABRICKS_TOKEN: 'fake-pat',
    DATABRICKS_CLIENT_ID: 'id',
    DATABRICKS_CLIENT_SECRET: 'fake-secret',
  };

  it('is refused with both names and the place of each', async () => {
    const error = await failureOf(createAuth({}, testEnvironment(both)).resolve());
    expect(error.code).toBe('ambiguous');
    expect(error.message).toContain('more than one authorization method configured: oauth and pat');
    expect(error.message).toContain('token from env DATABRICKS_TOKEN');
    expect(error.message).not.toMatch(/fake/);
    expect(error.next).toContain('DATABRICKS_AUTH_TYPE');
  });

  it('is refused across environment and file', async () => {
    const environment = withFile(`[dev]\nhost = ${HOST}\ntoken = fake\n`, {
      ARM_CLIENT_SECRET: 'fake',
      ARM_CLIENT_ID: 'id',
      ARM_TENANT_ID: 't',
    });
    const error = await failureOf(createAuth({ profile: 'dev' }, environment).resolve());
    expect(error.message).toContain('azure and pat');
    expect(error.message).toContain(`token from profile dev in ${CONFIG}`);
  });

  it.each<[string, AuthOptions, Record<string, string>]>([
    ['the option', { authType: 'pat' }, both],
    ['the variable', {}, { ...both, DATABRICKS_AUTH_TYPE: 'pat' }],
    ['the option over the variable', { authType: 'pat' }, { ...both, DATABRICKS_AUTH_TYPE: 'oauth-m2m' }],
  ])('is settled by auth_type: %s', async (_name, options, env) => {
    expect((await headersOf(options, testEnvironment(env))).headers.authorization).toBe('Bearer fake-pat');
  });

  it('is not seen in a client_id without secret, which the OIDC methods need', async () => {
    const server = await workspace();
    const env = {
      DATABRICKS_HOST: server.url,
      DATABRICKS_CLIENT_ID: 'sp',
      DATABRICKS_OIDC_TOKEN_ENV: 'MY_JWT',
      MY_JWT: 'fake-jwt',
    };
    expect((await createAuth({}, testEnvironment(env)).resolve()).authType).toBe('env-oidc');
  });
});

describe('auth_type', () => {
  it('that this server does not have names those it has', async () => {
    const error = await failureOf(
      createAuth({ authType: 'kerberos' }, testEnvironment({ DATABRICKS_HOST: HOST })).resolve(),
    );
    expect(error).toMatchObject({ code: 'bad_config' });
    expect(error.next).toContain('pat, basic, oauth-m2m');
    const browser = await failureOf(createAuth({ authType: 'external-browser' }, testEnvironment()).resolve());
    expect(browser.next).toContain('databricks auth login');
  });

  it('tries no other method when the pinned one lacks something', async () => {
    const env = { DATABRICKS_HOST: HOST, DATABRICKS_TOKEN: 'fake', DATABRICKS_AUTH_TYPE: 'oauth-m2m' };
    const error = await failureOf(createAuth({}, testEnvironment(env)).resolve());
    expect(error.tried).toEqual([{ method: 'oauth-m2m', missing: 'client_id and client_secret' }]);
  });
});

describe('a failed resolution', () => {
  it('lists what each method lacks, and which command logs in', async () => {
    const error = await failureOf(createAuth({ profile: 'dev' }, withFile(`[dev]\nhost = ${HOST}\n`)).resolve());
    expect(error.tried).toEqual([
      { method: 'pat', missing: 'token' },
      { method: 'basic', missing: 'username and password' },
      { method: 'oauth-m2m', missing: 'client_id and client_secret' },
      { method: 'databricks-cli', missing: 'the Databricks CLI (no databricks on PATH)' },
      { method: 'metadata-service', missing: 'metadata_service_url' },
      { method: 'github-oidc', missing: 'a GitHub Actions job with permission id-token: write' },
      { method: 'azure-devops-oidc', missing: expect.stringContaining('SYSTEM_ACCESSTOKEN') },
      { method: 'env-oidc', missing: 'an identity token in DATABRICKS_OIDC_TOKEN' },
      { method: 'file-oidc', missing: 'databricks_id_token_filepath' },
      { method: 'azure-msi', missing: 'azure_use_msi' },
      { method: 'azure-client-secret', missing: 'azure_client_id and azure_client_secret' },
      { method: 'azure-cli', missing: 'an Azure host or azure_workspace_resource_id' },
      { method: 'google-credentials', missing: 'google_credentials' },
    ]);
    expect(error.message).toBe(
      `no credentials found for ${HOST}: databricks-cli lacks the Databricks CLI (no databricks on PATH).`,
    );
    const login = `databricks auth login --host ${HOST} --profile dev`;
    expect(error.next).toBe(`Set DATABRICKS_TOKEN, or install the Databricks CLI and run: ${login}`);
  });

  it.each<[Record<string, string>, string]>([
    [{ DATABRICKS_CLIENT_ID: 'x' }, 'oauth-m2m lacks client_secret'],
    [{ DATABRICKS_USERNAME: 'x' }, 'basic lacks password'],
    [{ ARM_CLIENT_ID: 'x' }, 'azure-client-secret lacks azure_client_secret'],
    [{ DATABRICKS_GOOGLE_SERVICE_ACCOUNT: 'x' }, 'google-credentials lacks google_credentials'],
  ])('names the missing part of a started configuration, such as %j', async (env, words) => {
    const error = await failureOf(createAuth({}, testEnvironment({ DATABRICKS_HOST: HOST, ...env })).resolve());
    expect(error.message).toContain(words);
    expect(error.message).not.toContain('pat lacks');
  });

  it('of a requested method says what it lacks, and advises no other login', async () => {
    const env = { DATABRICKS_HOST: HOST, DATABRICKS_AUTH_TYPE: 'github-oidc' };
    const error = await failureOf(createAuth({}, testEnvironment(env)).resolve());
    expect(error.message).toContain('github-oidc lacks a GitHub Actions job');
    expect(error.next).toMatch(/^Set what github-oidc lacks/);
  });

  it('asks for a host first when there is none', async () => {
    const error = await failureOf(createAuth({}, testEnvironment()).resolve());
    expect(error.tried[0]).toEqual({ method: 'pat', missing: 'host and token' });
    expect(error.message).toBe('no Databricks workspace is configured.');
    for (const way of ['--profile', 'DATABRICKS_HOST', 'databricks auth login', '--sandbox'])
      expect(error.next).toContain(way);
    expect(`${error.message} ${error.next}`.length).toBeLessThan(400);
    const half = await failureOf(createAuth({}, testEnvironment({ DATABRICKS_TOKEN: 'fake' })).resolve());
    expect(half.message).toBe('no Databricks workspace is configured: pat lacks host.');
  });

  it('is forgotten, so that a login in between helps', async () => {
    const environment = testEnvironment();
    const auth = createAuth({}, environment);
    expect((await failureOf(auth.resolve())).code).toBe('no_credentials');
    environment.files[CONFIG] = `[DEFAULT]\nhost = ${HOST}\ntoken = fake\n`;
    expect((await auth.resolve()).authType).toBe('pat');
  });

  it('ends the chain when a configured method fails: the next one would be another identity', async () => {
    const server = await workspace(() => ({
      status: 401,
      json: { error: 'invalid_client', error_description: 'no such client' },
    }));
    let ran = 0;
    const environment = testEnvironment(
      { DATABRICKS_HOST: server.url, DATABRICKS_CLIENT_ID: 'id', DATABRICKS_CLIENT_SECRET: 'fake-secret' },
      { run: async () => ({ code: ++ran, stdout: '', stderr: '' }) },
    );
    const error = await failureOf(createAuth({}, environment).resolve());
    expect(error.code).toBe('token_rejected');
    expect(error.tried.at(-1)?.method).toBe('oauth-m2m');
    expect(ran).toBe(0);
  });
});

describe('resolve', () => {
  it('does all the work: creating the chain reads no file, runs nothing and sends nothing', async () => {
    const server = await startFakeIssuer();
    let touched = 0;
    const touch = async () => {
      touched += 1;
      return '';
    };
    const environment = testEnvironment(
      { DATABRICKS_HOST: server.url, DATABRICKS_CLIENT_ID: 'i', DATABRICKS_CLIENT_SECRET: 's' },
      { readFile: touch },
    );
    createAuth({ host: 'this is : no host', profile: 'gone' }, environment);
    // A separate request would arrive before this one.
    await fetch(`${server.url}/ours`);
    expect(touched).toBe(0);
    expect(server.seen.map(({ path }) => path)).toEqual(['/ours']);
  });

  it('does the work once for all who ask, and one who gives up does not end it', async () => {
    const server = await workspace(issued());
    const env = { DATABRICKS_HOST: server.url, DATABRICKS_CLIENT_ID: 'id', DATABRICKS_CLIENT_SECRET: 'fake' };
    const auth = createAuth({}, testEnvironment(env));
    const impatient = new AbortController();
    const lost = auth.resolve(impatient.signal);
    const kept = [auth.resolve(), auth.resolve()];
    impatient.abort(new Error('cancelled'));
    await expect(lost).rejects.toThrow('cancelled');
    const [one, two] = await Promise.all(kept);
    expect(one).toBe(two);
    expect(await auth.resolve()).toBe(one);
    expect(server.seen.filter(({ path }) => path === '/oidc/v1/token')).toHaveLength(1);
  });
});

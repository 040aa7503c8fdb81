import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type AuthError, type AuthOptions, createAuth } from '../../src/auth/index.ts';
import { failureOf } from './failure.ts';
import { testEnvironment } from './fake-issuer.ts';

const HOST = 'https://dbc-1.cloud.databricks.com';
const CONFIG = '/home/someone/.databrickscfg';

function withFile(text: string, env: Record<string, string> = {}) {
  return testEnvironment(env, { files: { [CONFIG]: text } });
}

async function headersOf(options: AuthOptions, environment: ReturnType<typeof testEnvironment>) {
  const credentials = await createAuth(options, environment).resolve();
  return { credentials, headers: await credentials.headers() };
}

describe('explicit value, then environment, then file', () => {
  const file = `[DEFAULT]\nhost = https://file.cloud.databricks.com\ntoken = from-file\nworkspace_id = 1\n`;

  it('reads DEFAULT when nothing else is configured', async () => {
    const { credentials, headers } = await headersOf({}, withFile(file));
    expect(headers).toEqual({ authorization: 'Bearer from-file', 'x-databricks-workspace-id': '1' });
    expect(credentials).toMatchObject({ profile: 'DEFAULT', workspaceId: '1' });
  });

  it('fills only the gaps of the environment when a profile is named', async () => {
    const { credentials, headers } = await headersOf(
      {},
      withFile(file, { DATABRICKS_TOKEN: 'from-env', DATABRICKS_CONFIG_PROFILE: 'DEFAULT' }),
    );
    expect(headers.authorization).toBe('Bearer from-env');
    expect(credentials.host).toBe('https://file.cloud.databricks.com');
  });

  it('prefers an explicit host to the one of the environment', async () => {
    const environment = testEnvironment({ DATABRICKS_HOST: HOST, DATABRICKS_TOKEN: 'fake' });
    const { credentials } = await headersOf({ host: 'https://explicit.cloud.databricks.com' }, environment);
    expect(credentials.host).toBe('https://explicit.cloud.databricks.com');
  });

  it('leaves the file unread when a host is configured and no profile is named', async () => {
    const error = await failureOf(createAuth({}, withFile(file, { DATABRICKS_HOST: HOST })).resolve());
    expect(error.code).toBe('no_credentials');
    expect(error.tried.find(({ method }) => method === 'pat')).toEqual({ method: 'pat', missing: 'token' });
  });

  it('does not inherit from DEFAULT', async () => {
    const text = `${file}[dev]\nhost = ${HOST}\n`;
    const error = await failureOf(createAuth({ profile: 'dev' }, withFile(text)).resolve());
    expect(error.code).toBe('no_credentials');
  });

  it('takes the default profile of [__settings__]', async () => {
    const text = `[__settings__]\ndefault_profile = prod.eu\n${file}[prod.eu]\nhost = ${HOST}\ntoken = eu\n`;
    const { credentials, headers } = await headersOf({}, withFile(text));
    expect(headers.authorization).toBe('Bearer eu');
    expect(credentials.profile).toBe('prod.eu');
  });

  it('finds a file elsewhere, also under ~', async () => {
    const environment = testEnvironment({ DATABRICKS_CONFIG_FILE: '~/other.cfg' });
    environment.files['/home/someone/other.cfg'] = file;
    expect((await headersOf({}, environment)).headers.authorization).toBe('Bearer from-file');
    environment.files['/etc/one.cfg'] = `[DEFAULT]\nhost = ${HOST}\ntoken = explicit\n`;
    expect((await headersOf({ configFile: '/etc/one.cfg' }, environment)).headers.authorization).toBe(
      'Bearer explicit',
    );
  });

  it('puts the workspace of an explicit URL before the one of the profile', async () => {
    const { headers } = await headersOf({ host: `${HOST}/?o=77`, profile: 'DEFAULT' }, withFile(file));
    expect(headers['x-databricks-workspace-id']).toBe('77');
  });

  it('sends no workspace id for the sentinel none', async () => {
    const text = `[DEFAULT]\nhost = ${HOST}\ntoken = t\nworkspace_id = none\n`;
    expect((await headersOf({}, withFile(text))).headers).toEqual({ authorization: 'Bearer t' });
  });

  it('ignores a placeholder that a client passed on unfilled, and says so', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what clients send
    const env = { DATABRICKS_HOST: HOST, DATABRICKS_TOKEN: '${user_config.token}' };
    const error = await failureOf(createAuth({}, testEnvironment(env)).resolve());
    expect(error.code).toBe('no_credentials');
    expect(error.message).toContain('DATABRICKS_TOKEN is an unfilled placeholder');
  });

  it.each(['"', "'"])('drops %s around values, which a file of variables keeps', async (mark) => {
    const quoted = (value: string) => ` ${mark}${value}${mark} `;
    const env = {
      DATABRICKS_HOST: quoted(HOST),
      DATABRICKS_TOKEN: quoted('fake'),
      DATABRICKS_AUTH_TYPE: quoted('pat'),
    };
    const { credentials, headers } = await headersOf({}, testEnvironment(env));
    expect([credentials.host, headers.authorization]).toEqual([HOST, 'Bearer fake']);
    const named = await headersOf(
      {},
      withFile(`[dev]\nhost = ${HOST}\ntoken = t\n`, { DATABRICKS_CONFIG_PROFILE: quoted('dev') }),
    );
    expect(named.credentials.profile).toBe('dev');
    const option = await headersOf({ host: quoted(HOST) }, testEnvironment({ DATABRICKS_TOKEN: 'fake' }));
    expect(option.credentials.host).toBe(HOST);
    const placeholder = { DATABRICKS_HOST: HOST, DATABRICKS_TOKEN: quoted('$' + '{user_config.token}') };
    expect((await failureOf(createAuth({}, testEnvironment(placeholder)).resolve())).message).toContain('placeholder');
  });

  it('lets an explicit token shut out the environment and the file', async () => {
    const env = {
      DATABRICKS_HOST: HOST,
      DATABRICKS_CLIENT_ID: 'id',
      DATABRICKS_CLIENT_SECRET: 'secret',
      DATABRICKS_WORKSPACE_ID: '9',
      DATABRICKS_CONFIG_PROFILE: 'gone',
    };
    const { credentials, headers } = await headersOf(
      { host: 'http://127.0.0.1:4000', token: 'sandbox' },
      withFile(file, env),
    );
    expect(credentials).toMatchObject({ host: 'http://127.0.0.1:4000', authType: 'pat' });
    expect(headers).toEqual({ authorization: 'Bearer sandbox' });
  });
});

describe('a profile that is not there', () => {
  const text = `[DEFAULT]\n\n[__settings__]\nauth_storage = secure\n[dev]\nhost = ${HOST}\n[empty]\n`;

  it.each(['prod', 'empty', 'DEFAULT', '__settings__'])(
    '%s is an error that lists those there are',
    async (profile) => {
      const error = await failureOf(createAuth({ profile }, withFile(text)).resolve());
      expect(error.code).toBe('bad_profile');
      expect(error.message).toBe(`${CONFIG} has no ${profile} profile configured; it has dev`);
      expect(error.next).toContain(`databricks auth login --profile ${profile}`);
    },
  );

  it('is an error as default_profile too', async () => {
    const error = await failureOf(createAuth({}, withFile(`[__settings__]\ndefault_profile = gone\n`)).resolve());
    expect(error.message).toBe(`${CONFIG} has no gone profile configured`);
  });

  it('is fine as DEFAULT, and so is a missing file with a named profile', async () => {
    expect((await failureOf(createAuth({}, withFile(text)).resolve())).code).toBe('no_credentials');
    const error = await failureOf(createAuth({ profile: 'dev' }, testEnvironment()).resolve());
    expect(error.code).toBe('no_credentials');
    expect(error.message).toContain(`profile dev was requested, but there is no file ${CONFIG}`);
  });

  it('as an empty DEFAULT next to named profiles: the advice names them, with the option that chooses one', async () => {
    for (const config of [text, `[DEFAULT]\n; host =\n[dev]\nhost = ${HOST}\n`, `[dev]\nhost = ${HOST}\n`]) {
      const error = await failureOf(createAuth({}, withFile(config)).resolve());
      expect(error.next).toBe(
        `${CONFIG} has no default profile. Choose one of its profiles and start the server with --profile NAME: dev.`,
      );
    }
    const many = Array.from({ length: 40 }, (_, at) => `[p${at}]\nhost = ${HOST}\n`).join('');
    expect((await failureOf(createAuth({}, withFile(many)).resolve())).next).toMatch(/: p0, .*, p19\.$/);
    expect((await failureOf(createAuth({}, withFile('[DEFAULT]\n')).resolve())).next).toContain(
      'databricks auth login',
    );
  });

  it('is distinguished from a file that cannot be parsed or read', async () => {
    const broken = await failureOf(createAuth({}, withFile('[dev]\nfake-secret-alone\n')).resolve());
    expect(broken).toMatchObject({ code: 'bad_config' });
    expect(broken.message).toBe(`cannot parse ${CONFIG}: line 2 is neither a [section], a comment nor "key = value"`);
    const environment = testEnvironment(
      {},
      { readFile: async () => Promise.reject(Object.assign(new Error(), { code: 'EACCES' })) },
    );
    expect((await failureOf(createAuth({}, environment).resolve())).message).toBe(`cannot read ${CONFIG} (EACCES)`);
    const unused = testEnvironment(
      { DATABRICKS_HOST: HOST, DATABRICKS_TOKEN: 'fake' },
      { files: { [CONFIG]: 'broken' } },
    );
    expect((await createAuth({}, unused).resolve()).authType).toBe('pat');
  });
});

describe('the merged configuration', () => {
  it('is known of the credentials, and no secret can be read off them', async () => {
    const environment = withFile(`[dev]\nhost = ${HOST}/?o=5\ntoken = fake-pat-value\nauth_type = pat\n`, {
      DATABRICKS_ACCOUNT_ID: 'acc',
    });
    const credentials = await createAuth({ profile: 'dev' }, environment).resolve();
    expect(credentials).toMatchObject({
      host: HOST,
      profile: 'dev',
      authType: 'pat',
      workspaceId: '5',
      accountId: 'acc',
      cloud: 'aws',
    });
    expect(inspect(credentials, { depth: 9, showHidden: true })).not.toContain('fake-pat-value');
  });

  it('is reported with its sources when it is incomplete, including a host of another profile, and without secrets', async () => {
    const environment = withFile(`[dev]\nhost = ${HOST}\npassword = fake-password\n`, {
      DATABRICKS_HOST: 'https://other.cloud.databricks.com',
    });
    const { message } = await failureOf(createAuth({ profile: 'dev' }, environment).resolve());
    expect(message).toContain(
      `Note: the host is https://other.cloud.databricks.com (env DATABRICKS_HOST), while profile dev is for ${HOST}.`,
    );
    expect(message).not.toContain('fake-password');
  });

  it.each<[string, Record<string, string>, AuthOptions, AuthError['code']]>([
    ['a bad host', { DATABRICKS_HOST: 'http://example.com' }, {}, 'bad_config'],
    ['a missing profile', {}, { profile: 'gone' }, 'bad_profile'],
    ['two methods', { DATABRICKS_TOKEN: 'a', DATABRICKS_CLIENT_SECRET: 'b' }, {}, 'ambiguous'],
  ])('is a specific error for %s', async (_name, env, options, code) => {
    const error = await failureOf(createAuth(options, withFile('[dev]\nhost = a\n', env)).resolve());
    expect(error.code).toBe(code);
  });
});

/** No secret leaves the doctor, in either form, wherever it lies: variables, profiles, proxies, answers and configurations of clients. */
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { asText } from '../../src/doctor/report.ts';
import { createScrub, knownSecrets } from '../../src/doctor/secrets.ts';
import { PLANTED_BY_FORM, PLANTED_BY_NAME, refuseSecrets } from '../support/planted-secrets.ts';
import { json, type Service, startService } from '../support/scripted-service.ts';
import { examineHere, type Given, removeHomes } from './run-doctor.ts';

afterAll(removeHomes);
let service: Service;
beforeEach(async () => {
  service = await startService();
});
afterEach(() => service.close());

/** Secrets without a form of their own: only their places say what they are. */
const OWN = {
  token: 'plain-word-token',
  profileToken: 'other-profile-token',
  clientSecret: 'quiet-client-secret',
  proxyPassword: 'pr0xy:p4ss/word',
  entryToken: 'entry-token-value',
};
const ALL = { ...PLANTED_BY_FORM, ...PLANTED_BY_NAME, ...OWN };
const { entryToken: _unknownThere, ...sent } = OWN;
/** What a service may repeat: secrets that it received, and others in a form or with a name that gives them away. */
const everything = [
  ...Object.values({ ...PLANTED_BY_FORM, ...sent }),
  ...Object.values(PLANTED_BY_NAME).map((value) => `password=${value}`),
].join(' | ');

const ENTRY = {
  command: '/nowhere/node',
  args: ['/nowhere/server.mjs', '--host', `https://me:${OWN.entryToken}@a.example`],
  env: { DATABRICKS_TOKEN: OWN.entryToken, OPENAI_API_KEY: PLANTED_BY_FORM.openai },
};

function given(change: Given = {}): Given {
  return {
    args: change.args ?? [],
    env: {
      DATABRICKS_HOST: service.origin,
      DATABRICKS_TOKEN: OWN.token,
      HTTPS_PROXY: `http://me:${encodeURIComponent(OWN.proxyPassword)}@127.0.0.1:9`,
      OPENAI_API_KEY: PLANTED_BY_FORM.openai ?? '',
      ...change.env,
    },
    files: {
      '.databrickscfg': `[other]\nhost = https://a.example\ntoken = ${OWN.profileToken}\nclient_secret = ${OWN.clientSecret}\n`,
      '.cursor/mcp.json': JSON.stringify({ mcpServers: { 'databricks-serving': ENTRY } }),
      '.gemini/settings.json': `{"mcpServers": {"x": {"env": {"A_TOKEN": "${OWN.entryToken}" `,
      '.codex/config.toml': `[mcp_servers.x]\ntoken = "${OWN.entryToken}\n`,
      'changes.jsonl': `${everything}\n`,
      ...change.files,
    },
  };
}

/** What a service can do with a secret that it received. */
const ECHOES: [string, (service: Service) => void][] = [
  [
    'in an error',
    (each) =>
      each.answer((request, response) =>
        json(response, 403, { error_code: 'X', message: `${request.headers.authorization} ${everything}` }),
      ),
  ],
  [
    'in a login error',
    (each) =>
      each.answer((request, response) =>
        json(response, 401, {
          error: 'invalid_client',
          error_description: `${request.headers.authorization} ${everything}`,
        }),
      ),
  ],
  [
    'in a page',
    (each) =>
      each.answer(
        (_request, response) =>
          void response.setHeader('content-type', 'text/html').end(`<title>${everything}</title>`),
      ),
  ],
  [
    'in a failed page',
    (each) =>
      each.answer(
        (_request, response) =>
          void response.writeHead(502, { 'content-type': 'text/html' }).end(`<pre>${everything}</pre>`),
      ),
  ],
  [
    'in a redirect',
    (each) =>
      each.answer(
        (_request, response) =>
          void response
            .writeHead(302, { location: `https://me:${PLANTED_BY_NAME.urlPassword}@sso.example/x?token=${OWN.token}` })
            .end(),
      ),
  ],
  [
    'as a name',
    (each) =>
      each.answer((_request, response) =>
        json(response, 200, { userName: everything, oidc_endpoint: everything, endpoints: [{ name: everything }] }),
      ),
  ],
];

it.each(ECHOES)('that the workspace repeats %s', async (_where, prepare) => {
  prepare(service);
  const { report } = await examineHere(given({ args: ['--journal', 'HOME/changes.jsonl'] }));
  refuseSecrets({ json: JSON.stringify(report), text: asText(report) }, ALL);
});

it.each<[string, Given]>([
  ['a proxy that rejects the password', { env: { DATABRICKS_HOST: 'https://a.example' } }],
  ['an unknown method of login', { args: ['--auth-type', OWN.token] }],
  ['a host with a login', { env: { DATABRICKS_HOST: `http://me:${PLANTED_BY_NAME.urlPassword}@127.0.0.1:9` } }],
  ['a host that is a token', { env: { DATABRICKS_HOST: PLANTED_BY_FORM.pat ?? '' } }],
  [
    'a policy with a token',
    { args: ['--policy', 'HOME/p.json'], files: { 'p.json': `{"hosts": ${PLANTED_BY_FORM.pat}` } },
  ],
  [
    'a profile file with a token on a wrong line',
    { args: ['--profile', 'x'], files: { '.databrickscfg': `${OWN.token}\n` } },
  ],
  ['two credentials', { env: { DATABRICKS_CLIENT_ID: 'id', DATABRICKS_CLIENT_SECRET: OWN.clientSecret } }],
])('that belongs to %s', async (_where, change) => {
  const { report } = await examineHere(given(change));
  expect(report.ok).toBe(false);
  refuseSecrets({ json: JSON.stringify(report), text: asText(report) }, ALL);
});

it('that lies where a long message is cut', async () => {
  const marked = new Set<boolean>();
  for (let length = 250; length < 520; length += 9) {
    service.answer((_request, response) =>
      json(response, 403, { error_code: 'X', message: `${'x '.repeat(length / 2)}${OWN.token}` }),
    );
    const { report: cut } = await examineHere(given());
    const text = JSON.stringify(cut);
    expect(text).not.toContain(OWN.token.slice(0, 5));
    marked.add(text.includes('x ***'));
  }
  // Some of them end before the cut, and others after it.
  expect(marked).toEqual(new Set([true, false]));
});

it('is removed in every form in which it can be repeated, and short words stay', () => {
  const env = {
    HTTPS_PROXY: `"http://me:${encodeURIComponent(OWN.proxyPassword)}@p.corp:1"`,
    MY_API_KEY: ' "quoted-key" ',
    DATABRICKS_TOKEN: 'dev',
    PATH: '/usr/bin',
  };
  const scrub = createScrub(knownSecrets(env, new Map([['a', new Map([['password', 'p1ain']])]]), PLACE));
  expect(
    scrub(`a ${OWN.proxyPassword} b ${encodeURIComponent(OWN.proxyPassword)} c quoted-key d p1ain e dev f /usr/bin`),
  ).toBe('a *** b *** c *** d *** e dev f /usr/bin');
});

const PLACE = {
  paths: ['/home/me', '/home/me/clone', '/home/me/clone/dist/server.mjs'],
  exists: (path: string) => path === '/t/X9y8Z7w6V5u4',
};

it.each<[string, string]>([
  ['PWD', '/home/me/clone'],
  ['OLDPWD', '/home/me'],
  ['OLDPWD', '/tmp/aB3xYz9Q8w/gone'],
  ['PASSWORD_STORE_DIR', '/home/me/.password-store'],
  ['PASSWORD_STORE_DIR', '~/.password-store'],
  ['PASSWORD_STORE_CLIP_TIME', '2026'],
  ['GOOGLE_APPLICATION_CREDENTIALS', '/etc/google/key.json'],
  ['AWS_WEB_IDENTITY_TOKEN_FILE', '/t/X9y8Z7w6V5u4'],
  ['VAULT_TOKEN_PATH', 'C:\\Users\\me\\token'],
  ['GIT_CREDENTIAL_HELPER', 'store'],
  ['SOME_TOKEN', 'server'],
  ['MY_PASSWORD', 'databricks'],
  ['USE_API_KEY', 'true'],
  ['TOKEN_LIMIT', '20000'],
  ['DATABRICKS_OIDC_TOKEN_ENV', 'MY_ID_TOKEN'],
  ['DATABRICKS_TOKEN_AUDIENCE', 'https://a.example/audience'],
  ['AZURE_CREDENTIAL_KIND', 'managed-identity'],
  ['DATABASE_URL', 'postgres://node:server@db.corp/x'],
])('spares a value that is no secret: %s=%s', (name, value) => {
  const text = `node /home/me/clone/dist/server.mjs doctor, a workspace: ${value} node server databricks`;
  expect(createScrub(knownSecrets({ [name]: value }, undefined, PLACE))(text)).toBe(createScrub([])(text));
});

it.each<[string, string]>([
  ['DATABRICKS_TOKEN', 'server'],
  ['DATABRICKS_CLIENT_SECRET', '/home/me'],
  ['AWS_SECRET_ACCESS_KEY', '/wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLE4'],
  ['MY_PASSWORD', '20261128'],
  ['MY_PASSWORD', 'quiet-words-of-mine'],
  ['VAULT_TOKENS', 'hvs.Ab3dEf6hIj9l'],
  ['DATABASE_URL', 'postgres://node:hunter22@db.corp/x'],
])('removes %s=%s', (name, value) => {
  const secret = value.split(/:(?=\w+@)|@/)[value.includes('@') ? 1 : 0] ?? '';
  expect(createScrub(knownSecrets({ [name]: value }, undefined, PLACE))(`a ${secret} b`)).toBe('a *** b');
});

it('is not the folder of the shell: the report in a clone has whole paths and remedies', async () => {
  const { report } = await examineHere({
    env: {
      PWD: 'HOME/',
      OLDPWD: '/nowhere',
      PASSWORD_STORE_DIR: 'HOME/.password-store',
      PASSWORD_STORE_ENABLE: 'true',
    },
    files: { '.cursor/mcp.json': '{}' },
  });
  expect(asText(report)).not.toContain('***');
  expect(asText(report)).toContain('/nowhere/server.mjs');
});

/** Programs that log in as something else than a Databricks service principal, and tokens that end early. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startFakeIssuer } from '../auth/fake-issuer.ts';
import { RUN_ALL } from '../support/selection.ts';
import { generate, machine, run, startHarness } from './generated.ts';
import { FAMILIES } from './workspace.ts';

type Harness = Awaited<ReturnType<typeof startHarness>>;

const has = (command: string) => spawnSync(command, ['--version']).status === 0;
/** The program of each target that sends one question. `npm test` tries one of them. */
const PROGRAMS = [
  { target: 'node', command: process.execPath, file: 'ask.mjs' },
  { target: 'python', command: 'python3', file: 'databricks_endpoint.py' },
  { target: 'curl', command: 'bash', file: 'query.sh' },
]
  .filter(({ command }) => has(command))
  .slice(0, RUN_ALL ? undefined : 1);
const RESOURCE = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d';
const PATH_OF_CHAT = `/serving-endpoints/${FAMILIES.chat}/invocations`;

/** An issuer that hands out the token of the sandbox, and the environment that leads a program to it. */
async function issuer(
  harness: Harness,
  form: (token: string) => unknown = (token) => ({ access_token: token, expires_in: '3599' }),
) {
  const fake = await startFakeIssuer(() => ({ json: form(harness.sandbox.token) }));
  const { PATH = '', DATABRICKS_HOST = '' } = machine(harness);
  return { fake, env: { PATH, DATABRICKS_HOST } };
}

async function ask(harness: Harness, program: (typeof PROGRAMS)[number], login: string, env: Record<string, string>) {
  const folder = await generate(harness, FAMILIES.chat, program.target, { login });
  const ended = await run(program.command, [program.file], folder, env);
  expect(ended.err).toBe('');
  expect(ended.out.length).toBeGreaterThan(20);
}

describe.each(PROGRAMS)('$target code', (program) => {
  it('logs in as a Microsoft Entra service principal, with its secret in no process list', async () => {
    const harness = await startHarness();
    const { fake, env } = await issuer(harness);
    const arm = { ARM_TENANT_ID: 'tenant', ARM_CLIENT_ID: 'app', ARM_CLIENT_SECRET: 'fake&secret=1' };
    await ask(harness, program, 'entra', { ...env, ...arm, AZURE_AUTHORITY_HOST: fake.url });
    expect(fake.seen).toHaveLength(1);
    expect(fake.seen[0]).toMatchObject({
      method: 'POST',
      path: '/tenant/oauth2/token',
      form: { grant_type: 'client_credentials', client_id: 'app', client_secret: 'fake&secret=1', resource: RESOURCE },
    });
  });

  it('logs in with the managed identity of a virtual machine', async () => {
    const harness = await startHarness();
    const { fake, env } = await issuer(harness);
    await ask(harness, program, 'managed_identity', { ...env, AZURE_POD_IDENTITY_AUTHORITY_HOST: fake.url });
    expect(fake.seen[0]).toMatchObject({
      method: 'GET',
      path: `/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${RESOURCE}`,
      headers: { metadata: 'true' },
    });
  });

  it('logs in with the managed identity of an Azure app, which has another service and a time of expiry', async () => {
    const harness = await startHarness();
    const later = String(Math.floor(Date.now() / 1000) + 3600);
    const { fake, env } = await issuer(harness, (access_token) => ({ access_token, expires_on: later }));
    const azure = { IDENTITY_ENDPOINT: `${fake.url}/msi/token`, IDENTITY_HEADER: 'fake-header', ARM_CLIENT_ID: 'mine' };
    await ask(harness, program, 'managed_identity', { ...env, ...azure });
    expect(fake.seen[0]).toMatchObject({
      path: `/msi/token?api-version=2019-08-01&resource=${RESOURCE}&client_id=mine`,
      headers: { 'x-identity-header': 'fake-header' },
    });
  });

  it.each([
    [
      'cli',
      'databricks',
      (token: string, text: boolean) => (text ? token : JSON.stringify({ access_token: token, expires_in: 3600 })),
    ],
    ['google', 'gcloud', (token: string) => token],
  ])('logs in by the command of %s, which gets no secret', async (login, command, answer) => {
    const harness = await startHarness();
    const folder = await generate(harness, FAMILIES.chat, program.target, { login });
    const bin = join(folder, 'bin');
    await mkdir(bin);
    const printed = answer(harness.sandbox.token, program.target === 'curl');
    await writeFile(join(bin, command), `#!/bin/sh\necho "$@" >> '${folder}/arguments'\necho '${printed}'\n`);
    await chmod(join(bin, command), 0o755);
    const { PATH = '', DATABRICKS_HOST = '' } = machine(harness);
    const account = { DATABRICKS_GOOGLE_SERVICE_ACCOUNT: 'sa@project.iam.gserviceaccount.com' };
    const env = { PATH: `${bin}:${PATH}`, DATABRICKS_HOST, ...account };
    const ended = await run(program.command, [program.file], folder, env);
    expect([ended.code, ended.err]).toEqual([0, '']);
    const { out } = await run('cat', ['arguments'], folder, env);
    expect(out).toContain(harness.sandbox.host);
  });

  it.each([
    ['401', { status: 401, body: { error_code: 'UNAUTHENTICATED', message: 'no' } }],
    ['403 with words about the token', { status: 403, body: { error_code: 403, message: 'Invalid access token.' } }],
  ])('renews a token that is refused early, once: %s', async (_what, effect) => {
    const harness = await startHarness();
    const folder = await generate(harness, FAMILIES.chat, program.target);
    harness.sandbox.faults.add({ match: { path: PATH_OF_CHAT }, times: 1, effect });
    harness.sent();
    const { code, err } = await run(program.command, [program.file], folder, machine(harness));
    expect([code, err]).toEqual([0, '']);
    const once = ['POST /oidc/v1/token', `POST ${PATH_OF_CHAT}`];
    expect(harness.sent()).toEqual([...once, ...once]);
  });

  it('hands a second refusal on, and one that is about a grant at once', async () => {
    const harness = await startHarness();
    const folder = await generate(harness, FAMILIES.chat, program.target);
    const asked = async (effect: { status: number; body?: unknown }) => {
      harness.sandbox.faults.clear();
      harness.sandbox.faults.add({ match: { path: PATH_OF_CHAT }, effect });
      harness.sent();
      const { code } = await run(program.command, [program.file], folder, machine(harness));
      expect(code).toBe(1);
      return harness.sent().filter((line) => line.endsWith(PATH_OF_CHAT)).length;
    };
    expect(await asked({ status: 401 })).toBe(2);
    const message = "User does not have permission 'View' on Endpoint x";
    expect(await asked({ status: 403, body: { error_code: 'PERMISSION_DENIED', message } })).toBe(1);
  });

  it('does not repeat a request for a personal token, which cannot be renewed', async () => {
    const harness = await startHarness();
    const folder = await generate(harness, FAMILIES.chat, program.target);
    harness.sandbox.faults.add({ match: { path: PATH_OF_CHAT }, effect: { status: 401 } });
    const { PATH = '', DATABRICKS_HOST = '' } = machine(harness);
    harness.sent();
    const env = { PATH, DATABRICKS_HOST, DATABRICKS_TOKEN: harness.sandbox.token };
    expect((await run(program.command, [program.file], folder, env)).code).toBe(1);
    expect(harness.sent()).toEqual([`POST ${PATH_OF_CHAT}`]);
  });
});

it.each([
  ['login', { target: 'databricks_app', login: 'entra' }],
  ['existing_app', { target: 'node', existing_app: true }],
])('%s is refused where it would change nothing', async (argument, args) => {
  const harness = await startHarness();
  const { data } = await harness.call('get_integration_code', { endpoint: 'churn', ...args });
  expect(data.error).toMatchObject({ code: 'unused_argument', message: expect.stringContaining(argument) });
});

it('a route-optimized endpoint takes no token of Azure or Google: the answer says what to use', async () => {
  const harness = await startHarness();
  const args = { endpoint: 'churn-direct', target: 'node' };
  for (const login of ['entra', 'managed_identity', 'google']) {
    const { data } = await harness.call('get_integration_code', { ...args, login });
    expect(data.error).toMatchObject({ code: 'login_not_exchanged', next: expect.stringContaining('"databricks"') });
  }
  expect((await harness.call('get_integration_code', { ...args, login: 'cli' })).isError).toBe(false);
});

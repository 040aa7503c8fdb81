import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseExpiry } from '../../src/auth/databricks-cli.ts';
import { createAuth, type RunOptions, type RunResult } from '../../src/auth/index.ts';
import { failureOf, visible } from './failure.ts';
import { testEnvironment } from './fake-issuer.ts';

const HOST = 'https://dbc-1.cloud.databricks.com';
const CONFIG = '/home/someone/.databrickscfg';
const NOW = Date.UTC(2026, 7, 21, 10);

interface Call {
  command: string;
  args: string[];
  options: RunOptions;
}

const token = (value: string, more: object = { expires_in: 3600 }): RunResult => ({
  code: 0,
  stdout: JSON.stringify({ access_token: value, token_type: 'Bearer', ...more }, null, 2),
  stderr: '',
});

const refusal = (stderr: string): RunResult => ({ code: 1, stdout: '', stderr });

/** A directory with a program called `databricks` of the given size. */
async function cliDirectory(bytes = 1024 * 1024, name = 'databricks', body = '#!/bin/sh\n'): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'auth-cli-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, name), `${body}${'#'.repeat(Math.max(0, bytes - body.length))}`);
  await chmod(join(directory, name), 0o755);
  return directory;
}

/** An environment whose CLI gives these answers, one a call; the last one stays. */
async function cliEnvironment(answers: RunResult[], env: Record<string, string> = {}, file?: string) {
  const calls: Call[] = [];
  const path = await cliDirectory();
  const environment = testEnvironment(
    { PATH: path, HOME: '/home/someone', ...env },
    {
      files: file === undefined ? {} : { [CONFIG]: file },
      async run(command, args, options) {
        calls.push({ command, args, options });
        const answer = answers[Math.min(calls.length, answers.length) - 1];
        if (answer === undefined) throw new Error('the CLI of this test has no answer');
        return answer;
      },
    },
  );
  return { environment, calls, path };
}

describe('the command', () => {
  it('asks by host when there is no profile', async () => {
    const { environment, calls, path } = await cliEnvironment([token('fake-1')], { DATABRICKS_HOST: HOST });
    const credentials = await createAuth({}, environment).resolve();
    expect(credentials.authType).toBe('databricks-cli');
    expect(await credentials.headers()).toEqual({ authorization: 'Bearer fake-1' });
    expect(calls.map(({ command, args }) => [command, ...args])).toEqual([
      [join(path, 'databricks'), 'auth', 'token', '--host', HOST],
    ]);
  });

  it('asks by profile, also when the profile is DEFAULT by fallback', async () => {
    const { environment, calls } = await cliEnvironment([token('fake-1')], {}, `[DEFAULT]\nhost = ${HOST}\n`);
    await createAuth({}, environment).resolve();
    expect(calls[0]?.args).toEqual(['auth', 'token', '--profile', 'DEFAULT']);
  });

  it('asks by host when the host of the profile was overridden', async () => {
    const { environment, calls } = await cliEnvironment(
      [token('fake-1')],
      {},
      '[dev]\nhost = https://other.cloud.databricks.com\n',
    );
    await createAuth({ profile: 'dev', host: HOST }, environment).resolve();
    expect(calls[0]?.args).toEqual(['auth', 'token', '--host', HOST]);
  });

  it('names the account of an account host', async () => {
    const env = { DATABRICKS_HOST: 'https://accounts.cloud.databricks.com', DATABRICKS_ACCOUNT_ID: 'acc' };
    const { environment, calls } = await cliEnvironment([token('fake-1')], env);
    await createAuth({}, environment).resolve();
    expect(calls[0]?.args.slice(-2)).toEqual(['--account-id', 'acc']);
  });

  it('goes back to the host with a CLI that knows no --profile', async () => {
    const { environment, calls } = await cliEnvironment(
      [refusal('Error: unknown flag: --profile'), token('fake-1')],
      {},
      `[dev]\nhost = ${HOST}\n`,
    );
    await createAuth({ profile: 'dev' }, environment).resolve();
    expect(calls[1]?.args).toEqual(['auth', 'token', '--host', HOST]);
  });

  it('forces a refresh after a refusal, and does without where the CLI cannot', async () => {
    const answers = [token('fake-1'), refusal('Error: unknown flag: --force-refresh'), token('fake-2')];
    const { environment, calls } = await cliEnvironment(answers, { DATABRICKS_HOST: HOST });
    const credentials = await createAuth({}, environment).resolve();
    expect(credentials.invalidate()).toBe(true);
    expect(await credentials.bearer()).toBe('fake-2');
    expect(calls.map(({ args }) => args.includes('--force-refresh'))).toEqual([false, true, false]);
  });

  it('gets the environment without variables that would change its behavior or that it does not need', async () => {
    const env = {
      DATABRICKS_HOST: HOST,
      DATABRICKS_TOKEN: 'fake-pat',
      DATABRICKS_AUTH_TYPE: 'databricks-cli',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'fake-job',
      HTTPS_PROXY: 'http://proxy.example.com',
    };
    const { environment, calls, path } = await cliEnvironment([token('fake-1')], env, '[x]\nhost=a\n');
    await createAuth({}, environment).resolve();
    expect(calls[0]?.options.env).toEqual({
      PATH: path,
      HOME: '/home/someone',
      HTTPS_PROXY: 'http://proxy.example.com',
      DATABRICKS_CONFIG_FILE: CONFIG,
    });
    expect(calls[0]?.options.timeoutMs).toBe(30_000);
  });
});

describe('finding the program', () => {
  const run = async () => token('fake-1');

  it('skips the old Python CLI for a current one further along PATH', async () => {
    const [old, current] = [await cliDirectory(400), await cliDirectory()];
    const commands: string[] = [];
    const environment = testEnvironment(
      { PATH: `${old}:${current}`, DATABRICKS_HOST: HOST },
      {
        async run(command) {
          commands.push(command);
          return token('fake-1');
        },
      },
    );
    await createAuth({}, environment).resolve();
    expect(commands).toEqual([join(current, 'databricks')]);
  });

  it('says so when there is only the old one', async () => {
    const old = await cliDirectory(1024 * 1024 - 1);
    const error = await failureOf(
      createAuth({}, testEnvironment({ PATH: old, DATABRICKS_HOST: HOST }, { run })).resolve(),
    );
    expect(error.tried).toContainEqual({
      method: 'databricks-cli',
      missing: `a current Databricks CLI (${old}/databricks is the old Python one)`,
    });
  });

  it('takes a configured path', async () => {
    const directory = await cliDirectory(undefined, 'mine');
    const env = { DATABRICKS_CLI_PATH: join(directory, 'mine'), DATABRICKS_HOST: HOST };
    expect((await createAuth({}, testEnvironment(env, { run })).resolve()).authType).toBe('databricks-cli');
    const gone = await failureOf(
      createAuth({}, testEnvironment({ ...env, DATABRICKS_CLI_PATH: '/gone/databricks' }, { run })).resolve(),
    );
    expect(gone.tried).toContainEqual({
      method: 'databricks-cli',
      missing: 'the Databricks CLI (no such program: /gone/databricks)',
    });
  });

  it('finds databricks.exe on Windows, where PATH may be called Path', async () => {
    const directory = await cliDirectory(undefined, 'databricks.exe');
    const environment = testEnvironment({ Path: directory, DATABRICKS_HOST: HOST }, { run, platform: 'win32' });
    expect((await createAuth({}, environment).resolve()).authType).toBe('databricks-cli');
  });
});

describe('the answer', () => {
  it.each<[string, object, number | undefined]>([
    ['expires_in first', { expiry: '2001-01-01T00:00:00Z', expires_in: 90 }, NOW + 90_000],
    ['expiry alone', { expiry: '2026-08-21T12:11:12.123456789+02:00' }, Date.UTC(2026, 7, 21, 10, 11, 12, 123)],
  ])('is believed: %s', async (_name, more, expiresAt) => {
    const { environment, calls } = await cliEnvironment([token('fake-1', more), token('fake-2', more)], {
      DATABRICKS_HOST: HOST,
    });
    const credentials = await createAuth({}, environment).resolve();
    environment.clock = (expiresAt ?? 0) - 39_999;
    expect(await credentials.bearer()).toBe('fake-2');
    expect(calls).toHaveLength(2);
  });

  it.each<[string, number | undefined]>([
    ['2026-08-21T10:11:12Z', Date.UTC(2026, 7, 21, 10, 11, 12)],
    ['2026-08-21T10:11:12.5+02:00', Date.UTC(2026, 7, 21, 8, 11, 12, 500)],
    ['2026-08-21T10:11:12.123456789-07:00', Date.UTC(2026, 7, 21, 17, 11, 12, 123)],
    ['2026-08-21 10:11:12', new Date(2026, 7, 21, 10, 11, 12).getTime()],
    ['2026-08-21 10:11:12.25', new Date(2026, 7, 21, 10, 11, 12, 250).getTime()],
    ['0001-01-01T00:00:00Z', undefined],
    ['tomorrow', undefined],
    ['', undefined],
  ])('expiry %j', (text, expected) => {
    expect(parseExpiry(text)).toBe(expected);
  });

  it('that is not a token is an error without the text', async () => {
    const { environment } = await cliEnvironment([{ code: 0, stdout: '{"access_token": "fake-secret', stderr: '' }], {
      DATABRICKS_HOST: HOST,
    });
    const error = await failureOf(createAuth({}, environment).resolve());
    expect(error.code).toBe('command_failed');
    expect(visible(error)).not.toContain('fake-secret');
  });
});

describe('a refusal', () => {
  it.each([
    'Error: databricks OAuth is not configured for this host. Try logging in again with `databricks auth login`',
    'Error: no configuration file found at /home/someone/.databrickscfg',
  ])('%s: is not this method, and the error shows how to log in', async (stderr) => {
    const { environment } = await cliEnvironment([refusal(stderr)], { DATABRICKS_HOST: HOST });
    const error = await failureOf(createAuth({}, environment).resolve());
    expect(error.code).toBe('no_credentials');
    expect(error.tried).toContainEqual({ method: 'databricks-cli', missing: `a Databricks CLI login for ${HOST}` });
    expect(error.next).toBe(`Log in with: databricks auth login --host ${HOST}`);
  });

  it.each([
    'Error: a new access token could not be retrieved because the refresh token is invalid. To reauthenticate, run `databricks auth login`',
    'Error: cache: token not found',
  ])('%s: asks for exactly the command that helps', async (stderr) => {
    const { environment } = await cliEnvironment([refusal(stderr)], {}, `[my dev]\nhost = ${HOST}\n`);
    const error = await failureOf(createAuth({ profile: 'my dev' }, environment).resolve());
    expect(error.code).toBe('login_required');
    expect(error.next).toBe(`databricks auth login --host ${HOST} --profile "my dev"`);
  });

  it('in the middle of a session says the same, and works again after the login', async () => {
    const answers = [token('fake-1'), refusal('the refresh token is invalid'), token('fake-2')];
    const { environment } = await cliEnvironment(answers, { DATABRICKS_HOST: HOST });
    const credentials = await createAuth({}, environment).resolve();
    environment.clock += 3_600_000;
    expect((await failureOf(credentials.headers())).code).toBe('login_required');
    expect(await credentials.bearer()).toBe('fake-2');
  });

  it('by the clock is not waited for longer', async () => {
    const { environment } = await cliEnvironment([{ code: null, stdout: '', stderr: '' }], { DATABRICKS_HOST: HOST });
    const error = await failureOf(createAuth({}, environment).resolve());
    expect(error).toMatchObject({ code: 'command_failed' });
    expect(error.message).toContain('did not finish within 30 s');
  });

  it('never shows a token that stderr repeats', async () => {
    const { environment } = await cliEnvironment(
      [refusal('panic: token eyJhbGciOiJub25lIn0.eyJzdWIiOiJmYWtlIn0.sig is bad')],
      {
        DATABRICKS_HOST: HOST,
      },
    );
    const shown = visible(await failureOf(createAuth({}, environment).resolve()));
    expect(shown).toContain('panic: token *** is bad');
    expect(shown).not.toContain('eyJ');
  });
});

it.skipIf(process.platform === 'win32')('works with a program that is really run', async () => {
  const script = [
    '#!/bin/sh',
    // Without its own closed stdin this would wait for ours.
    'leftover=$(cat)',
    '[ -z "$DATABRICKS_TOKEN" ] || exit 9',
    'printf \'{"access_token":"fake-%s-%s-%s","expires_in":3600}\' "$2" "$3" "$leftover"',
    'exit 0',
    '',
  ].join('\n');
  const directory = await cliDirectory(1024 * 1024, 'databricks', script);
  const { run: _unused, ...environment } = testEnvironment({
    PATH: `${directory}:${process.env.PATH}`,
    DATABRICKS_HOST: HOST,
    DATABRICKS_AUTH_TYPE: 'databricks-cli',
    DATABRICKS_TOKEN: 'fake-pat',
  });
  expect(await (await createAuth({}, environment).resolve()).bearer()).toBe('fake-token---host-');
});

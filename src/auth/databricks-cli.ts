import { childEnvironment } from './child-environment.ts';
import type { Configuration } from './configuration.ts';
import { AuthError } from './errors.ts';
import { isAccountHost, parseHost } from './host.ts';
import { jwtExpiry, numberOf, parseObject, stringOf } from './json.ts';
import { bearerSigner, type Method, type MethodContext, type Missing, missingSettings } from './method.ts';
import { shellWord } from './profile.ts';
import { fileAt, findOnPath } from './run.ts';
import type { Token } from './token-cache.ts';
import type { RunResult } from './types.ts';

// The CLI allows its keyring 3 s and then refreshes over the network. An expired login must not hold a call for a minute.
const TIMEOUT_MS = 30_000;
// The old Python CLI is a small script without `auth token` (fact I18).
const SMALLEST_CLI_BYTES = 1024 * 1024;

/**
 * The user's own login, through `databricks auth token` (fact I17). The CLI's token store is never read: by default it
 * is the system's keyring, and the form of its file is private to the CLI.
 */
export const databricksCli: Method = {
  name: 'databricks-cli',
  implicit: true,
  async configure(context) {
    const missing = missingSettings(context, 'host');
    if (missing !== undefined) return { missing };
    const cli = await findCli(context);
    if ('missing' in cli) return cli;
    try {
      return await bearerSigner(context, (refused) => fetchToken(context, cli.path, refused));
    } catch (error) {
      if (error instanceof NoLogin) return { missing: error.message };
      throw error;
    }
  },
};

/** The exact login command for the configured host and profile. */
export function loginCommand({ host, accountId, profile }: Configuration): string {
  const words = ['databricks', 'auth', 'login'];
  if (host !== undefined) words.push('--host', host);
  if (host !== undefined && accountId !== undefined && isAccountHost(host)) {
    words.push('--account-id', accountId);
  }
  if (profile !== undefined) words.push('--profile', profile.name);
  return words.map(shellWord).join(' ');
}

/** Parses `expiry` as CLIs print it: RFC 3339 with nanoseconds, or local time with a space between date and time. */
export function parseExpiry(text: string): number | undefined {
  const parts = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2})?$/i.exec(text.trim());
  if (parts === null) return undefined;
  const [, date, time, fraction = '', zone = ''] = parts;
  const milliseconds = fraction === '' ? '' : fraction.slice(0, 4).padEnd(4, '0');
  const at = Date.parse(`${date}T${time}${milliseconds}${zone.toUpperCase()}`);
  // Go prints year 1 for "no expiry".
  return Number.isNaN(at) || at <= 0 ? undefined : at;
}

/** The CLI works, but has no login for this host. */
class NoLogin extends AuthError {}

async function findCli(context: MethodContext): Promise<{ path: string } | Missing> {
  const { env, platform } = context.environment;
  const configured = context.setting('databricks_cli_path');
  const name = configured ?? 'databricks';
  // Without a shell Windows runs only .exe files and does not add the ending.
  const names = platform === 'win32' && !/\.exe$/i.test(name) ? [`${name}.exe`, name] : [name];
  const isPath = /[/\\]/.test(name);
  const found = isPath
    ? (await Promise.all(names.map((path) => fileAt(path, platform)))).filter((file) => file !== undefined)
    : await findOnPath(names, env, platform);
  const current = found.find(({ sizeBytes }) => sizeBytes >= SMALLEST_CLI_BYTES);
  if (current !== undefined) return { path: current.path };
  if (found[0] !== undefined) return { missing: `a current Databricks CLI (${found[0].path} is the old Python one)` };
  return {
    missing: isPath ? `the Databricks CLI (no such program: ${name})` : `the Databricks CLI (no ${name} on PATH)`,
  };
}

async function fetchToken(context: MethodContext, cli: string, refused: boolean): Promise<Token> {
  let byProfile = profileForHost(context.configuration);
  let force = refused;
  for (;;) {
    const result = await runCli(context, cli, [
      ...target(context.configuration, byProfile),
      ...(force ? ['--force-refresh'] : []),
    ]);
    if (result.code === 0) return parseToken(result.stdout, context.environment.now());
    // A check of the version would cost a process each time. Older CLIs name the flag that they do not know.
    if (force && result.stderr.includes('unknown flag: --force-refresh')) force = false;
    else if (byProfile !== undefined && result.stderr.includes('unknown flag: --profile')) byProfile = undefined;
    else throw failure(context, result);
  }
}

function target({ host, accountId }: Configuration, profile: string | undefined): string[] {
  if (profile !== undefined) return ['auth', 'token', '--profile', profile];
  const words = ['auth', 'token', '--host', host ?? ''];
  return host !== undefined && accountId !== undefined && isAccountHost(host)
    ? [...words, '--account-id', accountId]
    : words;
}

// The token of a profile is for its host. When the host is overridden, the CLI is asked for the host instead.
function profileForHost({ host, profile }: Configuration): string | undefined {
  const own = profile?.values.get('host');
  if (profile === undefined || own === undefined || host === undefined) return undefined;
  try {
    return parseHost(own).origin === host ? profile.name : undefined;
  } catch {
    return undefined;
  }
}

async function runCli(context: MethodContext, cli: string, args: string[]): Promise<RunResult> {
  try {
    return await context.environment.run(cli, args, { env: childEnvironment(context), timeoutMs: TIMEOUT_MS });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown failure';
    throw new AuthError('command_failed', `cannot run ${cli} (${code})`, `Run ${shellWord(cli)} --version to see why.`);
  }
}

function parseToken(stdout: string, now: number): Token {
  const body = parseObject(stdout);
  const value = stringOf(body, 'access_token');
  if (value === undefined) {
    throw new AuthError(
      'command_failed',
      'databricks auth token printed no access_token',
      'Update the Databricks CLI to a version with JSON output for this command.',
    );
  }
  const expiresIn = numberOf(body, 'expires_in');
  const expiry = stringOf(body, 'expiry');
  const expiresAt =
    expiresIn !== undefined
      ? now + expiresIn * 1000
      : ((expiry === undefined ? undefined : parseExpiry(expiry)) ?? jwtExpiry(value));
  return expiresAt === undefined ? { value } : { value, expiresAt };
}

function failure(context: MethodContext, result: RunResult): AuthError {
  const { configuration } = context;
  const login = loginCommand(configuration);
  if (result.code === null) {
    return new AuthError(
      'command_failed',
      `databricks auth token did not finish within ${TIMEOUT_MS / 1000} s`,
      `Run it in a terminal to see why. If the login has expired, run: ${login}`,
    );
  }
  const said = result.stderr;
  // Versions 0.207.1 to 0.209.1 print "no configuration file found at" instead.
  if (said.includes('databricks OAuth is not') || said.includes('no configuration file found at')) {
    return new NoLogin('login_required', `a Databricks CLI login for ${configuration.host}`, login);
  }
  const words = configuration.redact(said);
  if (/refresh token is invalid|auth login|token not found|reauthenticate|re-authenticate/i.test(said)) {
    return new AuthError('login_required', `the Databricks CLI login has expired or is missing: ${words}`, login);
  }
  return new AuthError(
    'command_failed',
    `databricks auth token failed (exit code ${result.code})${words === '' ? '' : `: ${words}`}`,
    `If the login is the cause, run: ${login}`,
  );
}

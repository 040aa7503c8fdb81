import { dirname, join } from 'node:path';
import { azureSigner, notAzure, tenantOf } from './azure.ts';
import { childEnvironment } from './child-environment.ts';
import { parseExpiry } from './databricks-cli.ts';
import { AuthError } from './errors.ts';
import { asObject, numberOf, parseObject, stringOf } from './json.ts';
import type { Method, MethodContext } from './method.ts';
import { fileAt, findOnPath } from './run.ts';
import type { Token } from './token-cache.ts';

// az is a Python program that takes seconds to start.
const TIMEOUT_MS = 30_000;

type Az = (args: string[]) => Promise<string>;

/** The user's `az login` (fact I20). */
export const azureCli: Method = {
  name: 'azure-cli',
  implicit: true,
  async configure(context) {
    const missing = notAzure(context);
    if (missing !== undefined) return { missing };
    const program = await findAz(context);
    if (program === undefined) return { missing: 'the Azure CLI (no az on PATH)' };
    const az: Az = (args) => runAz(context, program, args);
    const account = await accountOf(az);
    const tenant = account.managedIdentity ? undefined : await tenantOf(context);
    const mint = (resource: string) => accessToken(context, az, resource, tenant, account.servicePrincipal);
    return azureSigner(context, mint, !account.servicePrincipal);
  },
};

/** The program and its first arguments. On Windows `az` is a batch file, which needs a shell. */
async function findAz({ environment }: MethodContext): Promise<string[] | undefined> {
  const { env, platform } = environment;
  if (platform !== 'win32') {
    const [az] = await findOnPath(['az'], env, platform);
    return az && [az.path];
  }
  for (const script of await findOnPath(['az.cmd'], env, platform)) {
    // The batch file itself runs the module with the isolated Python of its installation.
    const python = await fileAt(join(dirname(script.path), '..', 'python.exe'), platform);
    if (python !== undefined) return [python.path, '-IBm', 'azure.cli'];
  }
  return undefined;
}

async function runAz(context: MethodContext, program: string[], args: string[]): Promise<string> {
  const [command = 'az', ...first] = program;
  const options = { env: childEnvironment(context), timeoutMs: TIMEOUT_MS };
  let failure: string;
  try {
    const result = await context.environment.run(command, [...first, ...args, '--output', 'json'], options);
    if (result.code === 0) return result.stdout;
    failure =
      result.code === null
        ? `did not finish within ${TIMEOUT_MS / 1000} s`
        : context.configuration.redact(result.stderr);
  } catch (error) {
    failure = error instanceof Error && 'code' in error ? String(error.code) : 'cannot be run';
  }
  const login = /az login|AADSTS|No subscription found/i.test(failure);
  throw new AuthError(
    login ? 'login_required' : 'command_failed',
    `az ${args.slice(0, 2).join(' ')}: ${failure}`,
    'Log in with: az login',
  );
}

async function accountOf(az: Az): Promise<{ servicePrincipal: boolean; managedIdentity: boolean }> {
  const user = asObject(parseObject(await az(['account', 'show']))?.user);
  const servicePrincipal = stringOf(user, 'type') === 'servicePrincipal';
  const name = stringOf(user, 'name') ?? '';
  return { servicePrincipal, managedIdentity: servicePrincipal && /^(?:system|user)AssignedIdentity$/.test(name) };
}

/**
 * Asks for the tenant, if there is one. For a federated service principal that can fail, so a second try omits the tenant. Without a tenant,
 * asks for the subscription of the resource id first, which a user with access to the workspace alone cannot see.
 */
async function accessToken(
  context: MethodContext,
  az: Az,
  resource: string,
  tenant: string | undefined,
  servicePrincipal: boolean,
): Promise<Token> {
  const base = ['account', 'get-access-token', '--resource', resource];
  const subscription = context.setting('azure_workspace_resource_id')?.split('/')[2];
  const attempts: string[][] = [];
  if (tenant !== undefined) attempts.push([...base, '--tenant', tenant]);
  else if (subscription !== undefined && subscription !== '') attempts.push([...base, '--subscription', subscription]);
  if (tenant === undefined || servicePrincipal) attempts.push(base);
  let failure: unknown;
  for (const args of attempts) {
    try {
      return parseToken(await az(args));
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function parseToken(stdout: string): Token {
  const body = parseObject(stdout);
  const value = stringOf(body, 'accessToken');
  if (value === undefined) {
    throw new AuthError(
      'command_failed',
      'az account get-access-token printed no accessToken',
      'Update the Azure CLI.',
    );
  }
  // expiresOn is local time without a zone, so it is wrong for an hour each autumn. Newer versions also print epoch seconds.
  const seconds = numberOf(body, 'expires_on');
  const expiresAt = seconds !== undefined ? seconds * 1000 : parseExpiry(stringOf(body, 'expiresOn') ?? '');
  return expiresAt === undefined ? { value } : { value, expiresAt };
}

import { readFile } from 'node:fs/promises';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { chooseMethod } from './chain.ts';
import { type Configuration, loadConfiguration, refuseAmbiguity } from './configuration.ts';
import { createDiscovery, type HostMetadata } from './discovery.ts';
import { AuthError } from './errors.ts';
import { cloudOf } from './host.ts';
import { createHttp } from './http.ts';
import type { Environment, MethodContext, Signer } from './method.ts';
import { runProgram } from './run.ts';
import { waitUnlessAborted } from './token-cache.ts';
import type { Auth, AuthEnvironment, AuthOptions, Credentials } from './types.ts';

export { AuthError, type AuthErrorCode, type Tried } from './errors.ts';
export type {
  Auth,
  AuthEnvironment,
  AuthOptions,
  Cloud,
  Credentials,
  RunOptions,
  RunResult,
} from './types.ts';

/**
 * Databricks unified authentication (facts I1 and I4). Making it does nothing: no file, no process, no network, no
 * error. `resolve()` does the work once. Callers at the same time share it, and a failure is forgotten.
 */
export function createAuth(options: AuthOptions, given: AuthEnvironment): Auth {
  let environment: Environment | undefined;
  let resolved: Credentials | undefined;
  let resolving: Promise<Credentials> | undefined;

  async function work(): Promise<Credentials> {
    environment ??= methodEnvironment(given);
    const configuration = await loadConfiguration(options, environment);
    refuseAmbiguity(configuration.settings);
    if (configuration.host) given.checkHost?.(configuration.host);
    const discovery = createDiscovery(configuration, environment.send);
    const context: MethodContext = {
      configuration,
      environment,
      discovery,
      setting: (key) => configuration.settings.get(key)?.value,
    };
    const { method, signer } = await chooseMethod(context);
    if (signer.host !== undefined) given.checkHost?.(signer.host);
    resolved = toCredentials(method, signer, configuration, discovery.known(), () => {
      resolved = undefined;
    });
    return resolved;
  }

  return {
    async resolve(signal) {
      signal?.throwIfAborted();
      if (resolved !== undefined) return resolved;
      resolving ??= work().finally(() => {
        resolving = undefined;
      });
      return waitUnlessAborted(resolving, signal);
    },
  };
}

function methodEnvironment(given: AuthEnvironment): Environment {
  const { env, homeDir, sleep, run, platform, dispatcher } = given;
  const now = () => given.now();
  const sleepMs = (ms: number) => (sleep === undefined ? sleepFor(ms) : sleep(ms));
  return {
    env,
    homeDir,
    readFile: given.readFile ?? ((path) => readFile(path, 'utf8')),
    now,
    platform: platform ?? process.platform,
    run: run ?? runProgram,
    send: createHttp({ env, now, sleep: sleepMs, dispatcher }),
  };
}

function toCredentials(
  method: string,
  signer: Signer,
  configuration: Configuration,
  metadata: HostMetadata | undefined,
  forget: () => void,
): Credentials {
  const host = signer.host ?? configuration.host;
  if (host === undefined) throw new AuthError('bad_config', 'no host is configured', 'Set DATABRICKS_HOST.');
  const workspaceId = configuration.workspaceId ?? metadata?.workspaceId;
  const accountId = configuration.accountId ?? metadata?.accountId;
  const cloud = configuration.cloud ?? cloudOf(host, metadata?.cloud);
  // A workspace's own host needs no routing. A unified host serves many workspaces (fact I9).
  const routed = configuration.workspaceId !== undefined || metadata?.hostType === 'unified';
  const routing: Record<string, string> =
    routed && workspaceId !== undefined ? { 'x-databricks-workspace-id': workspaceId } : {};
  return {
    host,
    authType: method,
    ...(configuration.profile && { profile: configuration.profile.name }),
    ...(workspaceId !== undefined && { workspaceId }),
    ...(accountId !== undefined && { accountId }),
    ...(cloud && { cloud }),
    headers: async (signal) => ({ ...(await signer.headers(signal)), ...routing }),
    bearer: (signal) => signer.bearer(signal),
    invalidate(authorization) {
      if (signer.invalidate(authorization)) return true;
      // The user may renew a refused token that cannot be refreshed, so the next call reads the configuration again.
      forget();
      return false;
    },
  };
}

/** The way to the workspace that the command line names: its sandbox, its policy, its login and its connection. */
import { readVariable } from '../auth/attributes.ts';
import { AuthError } from '../auth/errors.ts';
import { parseHost } from '../auth/host.ts';
import type { Config, SandboxConfig } from '../config.ts';
import { proxyFor } from '../connection/proxy.ts';
import { createHttp, type Http, type Signer } from '../rest/http.ts';
import type { Sandbox } from '../sandbox/index.ts';
import { errorMessage } from '../text/error-message.ts';
import type { Policy } from '../write/policy.ts';
import type { OwnSandbox } from './own-sandbox.ts';
import { home, log, readOption, sleep, USER_AGENT } from './this-process.ts';

/** The way to the workspace. */
export function connection(config: Config, sandbox: OwnSandbox | undefined, policy: Policy): Http {
  return createHttp({
    credentials: credentials(config, sandbox, policy),
    now: Date.now,
    random: Math.random,
    sleep,
    proxy: (origin) => proxyFor(origin, process.env),
    userAgent: USER_AGENT,
    log,
  });
}

/** The host and signer of requests. Nothing is read or sent before the first request. */
function credentials(
  config: Config,
  sandbox: OwnSandbox | undefined,
  policy: Policy,
): (signal?: AbortSignal) => Promise<Signer> {
  const auth = async () => {
    const [{ createAuth }, { checkHost }] = await Promise.all([
      import('../auth/index.ts'),
      import('../write/policy.ts'),
    ]);
    const environment = {
      env: process.env,
      homeDir: home(),
      now: Date.now,
      checkHost: (host: string) => checkHost(policy, host),
    };
    if (sandbox) {
      const { host, token } = await sandbox.open();
      return createAuth({ host, token, authType: 'pat' }, { ...environment, env: {} });
    }
    const { profile, host, authType, configFile } = config;
    return createAuth({ profile, host, authType, configFile }, environment);
  };
  let created: ReturnType<typeof auth> | undefined;
  return async (signal) => {
    await sandbox?.open();
    created ??= auth();
    return (await created).resolve(signal).catch((error: unknown) => {
      if (error instanceof AuthError)
        for (const { method, missing } of error.tried) log(`auth: ${method} lacks ${missing}`);
      throw error;
    });
  };
}

/** Loads the sandbox and starts it. */
export async function openSandbox(config: SandboxConfig): Promise<Sandbox> {
  const { startSandbox } = await import('../sandbox/index.ts');
  const { seedFile, incident, minutesPerSecond, port } = config;
  let seed: unknown;
  if (seedFile !== undefined) {
    const text = await readOption('sandbox-seed', seedFile);
    try {
      seed = JSON.parse(text.replace(/^\uFEFF/, ''));
    } catch (error) {
      throw new Error(`${seedFile} is not JSON: ${errorMessage(error)}`);
    }
  }
  if (incident !== undefined) {
    const { incidentSeed } = await import('../sandbox/incidents/index.ts');
    seed = incidentSeed(incident.name, incident.wording);
  }
  return startSandbox({ port, clock: { kind: 'scaled', minutesPerSecond }, ...(seed === undefined ? {} : { seed }) });
}

/** A start without a policy does not load what reads it. */
export async function readPolicy({ policyFile: file }: Config): Promise<Policy> {
  if (file === undefined) return {};
  const { parsePolicy } = await import('../write/policy.ts');
  return parsePolicy(await readOption('policy', file), file);
}

/** The workspace as known without reading a file or sending a request. Variables take precedence over the profile. */
export function workspaceOf(config: Config): string | undefined {
  const host = config.host ?? readVariable(process.env, 'DATABRICKS_HOST');
  const profile = config.profile ?? readVariable(process.env, 'DATABRICKS_CONFIG_PROFILE');
  try {
    if (host !== undefined) return parseHost(host).origin;
  } catch {
    return undefined; // the first call reports the problem
  }
  return profile === undefined ? undefined : `profile ${profile}`;
}

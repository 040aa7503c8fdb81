/** The server as Databricks Apps runs it: under a forwarded token, and perhaps with the identity of the app. */
import { createAuth } from '../../src/auth/index.ts';
import { signerOf } from '../../src/hosting/caller.ts';
import { withinReach } from '../../src/hosting/reach-http.ts';
import { createHttp, type Http, type HttpEnvironment } from '../../src/rest/http.ts';
import { type AppIdentity, forwardedReach, type Reach } from '../../src/rights/reach.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';

export interface ForwardedOptions {
  appIdentity: AppIdentity;
  /** The client of the app. */
  app?: { id: string; secret: string };
  /** Publishes also the tools that cannot work. */
  publishAll?: true;
}

/** @param environment how requests are sent. */
export function forwarded(
  sandbox: Sandbox,
  { appIdentity, app, publishAll, user }: ForwardedOptions & { user: string },
  environment: Omit<HttpEnvironment, 'credentials'>,
): { http: Http; reach: Reach } {
  const given = forwardedReach(appIdentity);
  const reach = publishAll ? { ...given, hides: () => false } : given;
  const signer = signerOf(sandbox.forwardedTokenOf(user), sandbox.host, user);
  const direct = createHttp({ ...environment, credentials: async () => signer });
  const own = app && appHttp(sandbox, app, environment);
  const close = async () => {
    await Promise.all([direct.close(), own?.close()]);
  };
  return { reach, http: { ...withinReach(direct, reach, own), close } };
}

/** The connection under the identity of the app. */
export function appHttp(
  { host }: Sandbox,
  { id, secret }: { id: string; secret: string },
  environment: Omit<HttpEnvironment, 'credentials'>,
): Http {
  const env = { DATABRICKS_CLIENT_ID: id, DATABRICKS_CLIENT_SECRET: secret };
  const auth = createAuth({ host, authType: 'oauth-m2m' }, { env, homeDir: '/nonexistent', now: environment.now });
  return createHttp({ ...environment, credentials: (signal) => auth.resolve(signal) });
}

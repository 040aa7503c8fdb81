/** The server as Databricks Apps runs it: under a forwarded token, and perhaps with the identity of the app. */
import { createAuth } from '../../src/auth/index.ts';
import { withinReach } from '../../src/hosting/reach-http.ts';
import { createHttp, type Http, type HttpEnvironment } from '../../src/rest/http.ts';
import { type AppIdentity, forwardedReach, type Reach } from '../../src/rights/reach.ts';

export interface ForwardedOptions {
  appIdentity: AppIdentity;
  /** The client of the app. */
  app?: { id: string; secret: string };
}

/** @param direct the connection under the forwarded token. @param environment how the connection of the app is made. */
export function forwarded(
  direct: Http,
  host: string,
  { appIdentity, app }: ForwardedOptions,
  environment: Omit<HttpEnvironment, 'credentials'>,
): { http: Http; reach: Reach } {
  const reach = forwardedReach(appIdentity);
  const auth = createAuth(
    { host, authType: 'oauth-m2m' },
    {
      env: { DATABRICKS_CLIENT_ID: app?.id, DATABRICKS_CLIENT_SECRET: app?.secret },
      homeDir: '/nonexistent',
      now: environment.now,
    },
  );
  const own = app && createHttp({ ...environment, credentials: (signal) => auth.resolve(signal) });
  const http = withinReach(direct, reach, own);
  return {
    reach,
    http: {
      ...http,
      close: async () => {
        await Promise.all([direct.close(), own?.close()]);
      },
    },
  };
}

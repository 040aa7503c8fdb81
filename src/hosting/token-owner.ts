/** Asks the workspace whose token it is. */
import { myself } from '../rest/directory.ts';
import { saysTokenExpired } from '../rest/effect.ts';
import { ApiError, TransportError } from '../rest/errors.ts';
import { createHttp, type HttpEnvironment } from '../rest/http.ts';
import { CallerRefused, signerOf, type TokenOwner } from './caller.ts';

/** @param environment how requests are sent. @throws CallerRefused with words of ours: what the service said stays out of the answer. */
export async function tokenOwner(
  token: string,
  host: string,
  environment: Omit<HttpEnvironment, 'credentials'>,
): Promise<TokenOwner> {
  const http = createHttp({ ...environment, credentials: async () => signerOf(token, host) });
  try {
    const { id, name } = await myself(http);
    if (id === undefined) throw new Error('the directory gave the caller no id');
    return { id, name, workspace: http.workspaceId() };
  } catch (error) {
    throw refusalOf(error);
  } finally {
    if (!environment.line) await http.close();
  }
}

const SIGN_IN = 'Sign in to the app again, and agree to its scopes.';
const ASK = 'Ask the operator of this server.';

function refusalOf(error: unknown): CallerRefused {
  if (error instanceof ApiError && (error.status === 401 || saysTokenExpired(error)))
    return new CallerRefused(
      401,
      'the workspace refuses the forwarded token: it is expired, revoked or forged',
      SIGN_IN,
    );
  if (error instanceof ApiError && error.status === 403)
    return new CallerRefused(403, 'the workspace does not let the forwarded token say whose it is', SIGN_IN);
  if (error instanceof ApiError || error instanceof TransportError)
    return new CallerRefused(503, 'the workspace did not answer when asked whose token this is', 'Repeat the request.');
  // An answer in another form than the directory gives.
  return new CallerRefused(503, 'the workspace did not say whose token this is', ASK);
}

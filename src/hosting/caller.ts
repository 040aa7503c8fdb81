/** Who calls: from the headers of a request to a caller, or a refusal in words for the client. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Signer } from '../rest/http.ts';
import { unlessAborted } from '../rest/transport.ts';

export interface Caller {
  /** Stable id of the user in this workspace: the key of everything that is kept for them. */
  key: string;
  /** E-mail or application id, for records. Undefined when the server serves one person under its own login. */
  name: string | undefined;
  /** What the requests of this call are signed with: the token that came with it. */
  credentials(signal?: AbortSignal): Promise<Signer>;
}

/** Finds out who calls. @throws CallerRefused, and the reason of the signal when it is aborted. */
export type Identify = (headers: IncomingHttpHeaders, signal: AbortSignal) => Promise<Caller>;

/** A request whose caller is not known for certain. The message is for the client, and contains nothing of the request. */
export class CallerRefused extends Error {
  override readonly name = 'CallerRefused';
  /** The status of the answer. 401: sign in. 403: not this person. 503: the workspace did not answer. */
  readonly status: 401 | 403 | 503;
  /** What a person can do. */
  readonly next: string;

  constructor(status: CallerRefused['status'], message: string, next: string) {
    super(message);
    this.status = status;
    this.next = next;
  }
}

/**
 * One person, who calls with a secret. The requests run under the server's own login.
 * @param secret what `Authorization: Bearer` must have. Undefined: anyone who reaches the server may call, as with a sandbox.
 */
export function ownCaller(secret: string | undefined, credentials: Caller['credentials']): Identify {
  const caller: Caller = { key: 'own', name: undefined, credentials };
  return async ({ authorization }) => {
    if (secret === undefined) return caller;
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (given === undefined)
      throw new CallerRefused(401, 'the request has no bearer secret', 'Send the secret of this server as a bearer.');
    // Of equal length, so that the time of the comparison says nothing.
    if (!timingSafeEqual(digest(given), digest(secret)))
      throw new CallerRefused(401, 'the bearer secret is wrong', 'Send the secret that this server was started with.');
    return caller;
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Whose token it is, as the workspace says. */
export interface TokenOwner {
  id: string;
  name: string;
  /** The id of the workspace, where its answer names it (fact W6). */
  workspace: string | undefined;
}

interface ForwardedSettings {
  /** Asks the workspace whose token it is. @throws CallerRefused */
  ownerOf(token: string): Promise<TokenOwner>;
  host: string;
  now: () => number;
}

/** How long an answer about a token counts. Each use of the token is judged by the service anyway. Milliseconds. */
const REMEMBERED = 5 * 60_000;
/** Tokens whose owner is remembered. Each person has one or two. */
const MAX_TOKENS = 2_000;

const SIGN_IN =
  'Sign in to the app again. If that does not help, its operator must declare the user scopes of the app.';

/**
 * The person whose token the platform forwards (facts A7 and A12). The workspace says whose it is, once per token, and the platform's own header
 * must agree. So a request that did not come through the platform, or that another app made, is refused.
 */
export function forwardedCaller({ ownerOf, host, now }: ForwardedSettings): Identify {
  /** By the hash of a token: the token itself is kept nowhere. */
  const known = new Map<string, { until: number; owner: Promise<TokenOwner> }>();

  function remembered(token: string): Promise<TokenOwner> {
    const key = digest(token).toString('base64');
    const found = known.get(key);
    if (found && found.until > now()) return found.owner;
    const owner = ownerOf(token);
    const entry = { until: now() + REMEMBERED, owner };
    known.delete(key);
    known.set(key, entry);
    // A refusal is asked again: the workspace may have been away.
    owner.catch(() => {
      if (known.get(key) === entry) known.delete(key);
    });
    const [oldest] = known.keys();
    if (known.size > MAX_TOKENS && oldest !== undefined) known.delete(oldest);
    return owner;
  }

  return async (headers, signal) => {
    const token = tokenIn(headers);
    const named = userIn(headers);
    const owner = await unlessAborted(remembered(token), signal);
    if (owner.id !== named.id)
      throw new CallerRefused(
        403,
        'the forwarded token is not that of the user whom x-forwarded-user names',
        'Call the app as yourself: a call through another app carries the token of that app.',
      );
    if (owner.workspace !== undefined && owner.workspace !== named.workspace)
      throw new CallerRefused(403, 'x-forwarded-user names another workspace than that of this server', SIGN_IN);
    return { key: owner.id, name: owner.name, credentials: async () => signerOf(token, host, owner.name) };
  };
}

/** Two headers of one name arrive as one text with a comma, which is no token. */
function tokenIn({ 'x-forwarded-access-token': token }: IncomingHttpHeaders): string {
  if (typeof token !== 'string' || token === '')
    throw new CallerRefused(401, 'the request has no token of a signed-in user (x-forwarded-access-token)', SIGN_IN);
  if (!/^[\w.~+/=-]{1,16384}$/.test(token))
    throw new CallerRefused(401, 'x-forwarded-access-token is not a token', SIGN_IN);
  return token;
}

function userIn({ 'x-forwarded-user': user }: IncomingHttpHeaders): { id: string; workspace: string } {
  if (typeof user !== 'string' || user === '')
    throw new CallerRefused(401, 'the request does not name its user (x-forwarded-user)', SIGN_IN);
  const [, id, workspace] = /^(\d{1,30})@(\d{1,30})$/.exec(user) ?? [];
  if (id === undefined || workspace === undefined)
    throw new CallerRefused(403, 'x-forwarded-user does not have the form that Databricks Apps gives it', SIGN_IN);
  return { id, workspace };
}

/** Signs with one token, and can get no other: the platform renews it, and the next call brings the new one. */
export function signerOf(token: string, host: string, user?: string): Signer {
  return {
    host,
    authType: 'forwarded token',
    user,
    headers: async () => ({ authorization: `Bearer ${token}` }),
    bearer: async () => token,
    invalidate: () => false,
  };
}

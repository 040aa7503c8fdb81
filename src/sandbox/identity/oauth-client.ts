import type { Principal, Workspace } from '../state/state.ts';

/** A refusal of the token endpoint, in the form of OAuth. */
export class OAuthError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, description: string) {
    super(description);
    this.status = status;
    this.code = code;
  }
}

/** The principal that a token exchange asks for. */
export interface Grantee {
  client_id: string | null;
  subject: string;
}

/** A form body. The token endpoint accepts nothing else. */
export function parseForm(text: string): URLSearchParams {
  return new URLSearchParams(text);
}

/** The service principal whose id and secret arrive in the form or as Basic. Some clients URL-encode the parts of Basic, others do not. */
export function clientCredentials(
  workspace: Workspace,
  form: URLSearchParams,
  authorization: string | undefined,
): Principal {
  for (const [id, secret] of candidates(form, authorization)) {
    const principal = workspace.principals.get(id);
    if (principal?.client_secret != null && principal.client_secret === secret) return principal;
  }
  throw new OAuthError(401, 'invalid_client', 'Client authentication failed');
}

function candidates(form: URLSearchParams, authorization: string | undefined): [string, string][] {
  const pairs: [string, string][] = [];
  const basic = /^Basic\s+(\S+)$/i.exec(authorization ?? '')?.[1];
  if (basic !== undefined) {
    const text = Buffer.from(basic, 'base64').toString();
    const colon = text.indexOf(':');
    const id = text.slice(0, colon);
    const secret = text.slice(colon + 1);
    pairs.push([id, secret], [decodePart(id), decodePart(secret)]);
  }
  const id = form.get('client_id');
  const secret = form.get('client_secret');
  if (id !== null && secret !== null) pairs.push([id, secret]);
  return pairs;
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** The subject of a foreign JWT. The sandbox knows no issuer, so it cannot check the signature. assumed: federation-unsigned */
export function jwtSubject(jwt: string | null, wall: number): string {
  const payload = jwt?.split('.')[1];
  if (payload === undefined || jwt?.split('.').length !== 3) {
    throw new OAuthError(400, 'invalid_request', 'subject_token is not a JWT.');
  }
  let claims: unknown;
  try {
    claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  } catch {
    throw new OAuthError(400, 'invalid_request', 'subject_token is not a JWT.');
  }
  const { sub, exp } = typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : {}; // the check on the left makes it an object
  if (typeof exp === 'number' && exp * 1000 <= wall)
    throw new OAuthError(400, 'invalid_grant', 'subject_token is expired.');
  return typeof sub === 'string' ? sub : '';
}

import { AuthError, type Redact } from './errors.ts';
import type { Answer, Ask, Send } from './http.ts';
import { asObject, type JsonObject, jwtExpiry, numberOf, parseObject, stringOf } from './json.ts';
import type { Token } from './token-cache.ts';

export interface TokenRequest {
  send: Send;
  now(): number;
  redact: Redact;
  ask: Ask;
  /** Name of the issuer for errors, such as "the Databricks token endpoint". */
  issuer: string;
  /** Advice when the issuer refuses. */
  next: string;
  /** Field of the token in the answer. Default: `access_token`. */
  field?: string;
}

/**
 * Asks an issuer for a token and reads the error forms of token endpoints (fact I23).
 * Throws AuthError `token_rejected` when it refuses, `login_required` when a refresh token is invalid, and `token_endpoint`
 * when there is no usable answer.
 */
export async function requestToken(request: TokenRequest): Promise<Token> {
  const answer = await request.send(request.ask);
  const body = parseObject(answer.text);
  const value = stringOf(body, request.field ?? 'access_token');
  if (answer.status === 200 && value !== undefined) return tokenOf(value, body, request.now());
  throw refusal(request, answer, body);
}

/** A token with its expiry, from the answer or else from its own claims. */
export function tokenOf(value: string, body: JsonObject | undefined, now: number): Token {
  const expiresIn = numberOf(body, 'expires_in');
  const expiresOn = numberOf(body, 'expires_on');
  const expiresAt =
    expiresIn !== undefined ? now + expiresIn * 1000 : expiresOn !== undefined ? expiresOn * 1000 : jwtExpiry(value);
  return expiresAt === undefined ? { value } : { value, expiresAt };
}

function refusal({ issuer, next, redact, ask }: TokenRequest, answer: Answer, body: JsonObject | undefined): AuthError {
  const { code, description } = oauthError(body);
  const words = redact([code, description].filter((part) => part !== undefined).join(': '));
  if (description?.includes('Refresh token is invalid')) {
    return new AuthError('login_required', `${issuer} refused the refresh token (${words})`, next);
  }
  if (words !== '' && answer.status >= 400 && answer.status < 500 && answer.status !== 429) {
    return new AuthError('token_rejected', `${issuer} refused (HTTP ${answer.status}): ${words}`, next);
  }
  const form = body === undefined ? 'something that is not JSON' : words === '' ? 'no token' : words;
  return new AuthError(
    'token_endpoint',
    `${issuer} (${ask.url.origin}) answered HTTP ${answer.status} with ${form}`,
    answer.status === 429 || answer.status >= 500 ? 'Retry in a minute.' : next,
  );
}

// In this order: RFC 6749, Okta, Azure Resource Manager, Databricks.
function oauthError(body: JsonObject | undefined): { code?: string | undefined; description?: string | undefined } {
  const inner = asObject(body?.error);
  if (inner !== undefined) return { code: stringOf(inner, 'code'), description: stringOf(inner, 'message') };
  return {
    code: stringOf(body, 'error') ?? stringOf(body, 'errorCode') ?? stringOf(body, 'error_code'),
    description: stringOf(body, 'error_description') ?? stringOf(body, 'errorSummary') ?? stringOf(body, 'message'),
  };
}

/** `token_rejected`: the issuer refused. `token_endpoint`: the issuer cannot be reached, or its answer cannot be read. */
export type AuthErrorCode =
  | 'no_credentials'
  | 'ambiguous'
  | 'bad_profile'
  | 'bad_config'
  | 'login_required'
  | 'token_rejected'
  | 'token_endpoint'
  | 'command_failed';

export interface Tried {
  method: string;
  missing: string;
}

/**
 * The only error of authentication. `message` says what happened, and `next` what to do. Neither contains a secret. There is no
 * `cause`, because causes contain request bodies and parser excerpts.
 */
export class AuthError extends Error {
  readonly code: AuthErrorCode;
  readonly tried: Tried[];
  readonly next: string;

  constructor(code: AuthErrorCode, message: string, next: string, tried: Tried[] = []) {
    super(message);
    this.name = 'AuthError';
    this.code = code;
    this.next = next;
    this.tried = tried;
  }
}

// Forms of Databricks tokens (dapi…, dose… and similar) and of JWTs, for text from outside with a secret that we do not know.
const TOKEN_SHAPES = [
  /\b(?:dapi|dose|dkea|dsse|dosp|dsapi)[0-9a-zA-Z-]{8,}/g,
  /\beyJ[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]*){0,2}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];

export type Redact = (text: string) => string;

/**
 * Makes the function that cleans text from outside (stderr, `error_description`) for an error. It replaces known secrets and words in
 * the form of a token with `***`, removes control characters and keeps 400 characters.
 */
export function createRedact(secrets: readonly string[]): Redact {
  // Longest first, or a secret that starts with another one would leave its rest.
  const known = [...new Set(secrets)].filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, '***');
    for (const shape of TOKEN_SHAPES) clean = clean.replace(shape, '***');
    clean = clean
      .replace(/[\x00-\x1f\x7f]+/g, ' ')
      .replace(/ {2,}/g, ' ')
      .trim();
    return clean.length > 400 ? `${clean.slice(0, 400)}…` : clean;
  };
}

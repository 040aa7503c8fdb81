/** `token_rejected`: the issuer said no. `token_endpoint`: it could not be asked, or its answer was not understood. */
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
 * The one error of this part. `message` says what happened and `next` what to do; neither ever holds a secret, and
 * there is no `cause`, because causes carry request bodies and parser excerpts.
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

// Shapes of Databricks tokens (dapi…, dose… and their kin) and of JWTs, for text that came from elsewhere and holds a secret we never saw.
const TOKEN_SHAPES = [
  /\b(?:dapi|dose|dkea|dsse|dosp|dsapi)[0-9a-zA-Z-]{8,}/g,
  /\beyJ[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]*){0,2}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];

export type Redact = (text: string) => string;

/**
 * Makes the function that every piece of foreign text (stderr, `error_description`) passes before it enters an error:
 * known secrets and token-shaped words become `***`, control characters go, 400 characters stay.
 */
export function createRedact(secrets: readonly string[]): Redact {
  // The longest first, or a secret that begins with another one would leave its tail.
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

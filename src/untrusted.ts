/** Text that came from models, logs, the service or other people: data, never instructions. Strip, mask, cap. */

/** ANSI escape sequences: CSI, OSC (ended by BEL or ST), and two-character escapes. */
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])/g;
/** Control characters except tab and newline; bidirectional controls, zero-width and tag characters, byte-order marks. */
const INVISIBLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** Removes what a terminal or a model would obey and a reader would not see. Newlines and tabs stay. */
export function strip(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(ANSI, '').replace(INVISIBLE, '');
}

export const MASK = '***';

/** Things that look like a credential wherever they stand; the first group, where there is one, is kept. */
const SECRETS: RegExp[] = [
  /\b(?:dapi|dose|dkea|dsapi)[0-9a-f]{16,}(?:-\d+)?\b/gi, // Databricks tokens
  /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, // JSON web tokens
  /\b((?:bearer|basic)\s+)[\w.~+/=-]{12,}/gi,
  /\b(?:sk|pk|rk)-(?:[a-z]+-)?[\w-]{16,}/gi, // OpenAI, Anthropic and alike
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  /\bAIza[\w-]{30,}/g,
  /\b(?:gh[pousr]|github_pat|glpat|hf|xox[abprs])[_-][\w-]{16,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/gi, // password in a URL
  /((?:[?&]|\b)(?:api[_-]?key|access[_-]?token|client[_-]?secret|password|passwd|secret|sig|signature|token)["']?\s*[=:]\s*["']?)(?!\{\{secrets\/|\*\*\*)[^\s&"',;)}\]]{6,}/gi,
];

/** Replaces credentials by `***`. References of the form `{{secrets/scope/key}}` are no secrets and stay. */
export function mask(text: string): string {
  let masked = text;
  for (const pattern of SECRETS) {
    masked = masked.replace(pattern, (_match, kept: unknown) => (typeof kept === 'string' ? kept : '') + MASK);
  }
  return masked;
}

const SECRET_NAME = /secret|token|passw|pwd|api_?key|credential|private|_key$|^key$|auth|connection_?string|dsn/i;
const REFERENCE = /^\{\{\s*secrets\/[^/{}\s]+\/[^/{}\s]+\s*\}\}$/;

/** Whether a value is a reference to a workspace secret (API contract, section 7.1). */
export function isSecretReference(value: string): boolean {
  return REFERENCE.test(value);
}

/** Environment variables for display: raw values whose name says secret are masked, references are shown. */
export function maskEnvironment(variables: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      SECRET_NAME.test(name) && !isSecretReference(value) ? MASK : value,
    ]),
  );
}

/** Strips, masks and cuts to at most `limit` characters, saying how much was left out. */
export function quote(text: string, limit: number): string {
  const clean = mask(strip(text));
  return clean.length <= limit ? clean : `${clean.slice(0, limit)}… (${clean.length - limit} more characters)`;
}

/** Strips and masks every string in a value, keys included: the last step before a result leaves. */
export function purify(value: unknown): unknown {
  if (typeof value === 'string') return mask(strip(value));
  if (Array.isArray(value)) return value.map(purify);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [mask(strip(key)), purify(inner)]));
  }
  return value;
}

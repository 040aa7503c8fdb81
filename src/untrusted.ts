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

/**
 * Things that look like a credential wherever they stand; the first group, where there is one, is kept. Every repetition is bounded or
 * begins where a run begins, so that a hostile text costs no more than a harmless one of its length.
 */
const SECRETS: RegExp[] = [
  /\b(?:dapi|dose|dkea|dsapi)[0-9a-f]{16,}(?:-\d+)?\b/gi, // Databricks tokens
  /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, // JSON web tokens
  // A shell variable in the place of a token is a placeholder: `Bearer $DATABRICKS_TOKEN`.
  /\b((?:proxy-)?authorization["']?\s{0,9}[:=]\s{0,9}["']?(?!(?:[a-z]{3,20}\s{1,9})?\$\{?[a-z_]{3,60}\}?["'\s])(?:[a-z]{3,20}\s{1,9})?)[^\s"',;*]{6,}/gi,
  // Without a header's name before it the rest must not be a plain word: "basic understanding" is no credential.
  /\b((?:[Bb]earer|BEARER|[Bb]asic|BASIC)\s{1,9})(?=[\w.~+/=-]*(?:[\d=]|[a-z][A-Z]))[\w.~+/=-]{12,}/g,
  /(?<![\w-])(?:sk|pk|rk)-(?:[a-z]+-)?[\w-]{16,}/gi, // OpenAI, Anthropic and alike
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  /\bAIza[\w-]{30,}/g,
  /\b(?:gh[pousr]|github_pat|glpat|hf|xox[abprs])[_-][\w-]{16,}/g,
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g,
  /\b([a-z][a-z0-9+.-]{1,30}:\/\/[^\s/:@]{0,200}:)[^\s/@]{1,500}(?=@)/gi, // password in a URL
  /([?&](?:sig|signature|x-amz-signature)=)(?!\*\*\*)[^\s&"',;)}\]]{6,}/gi, // signed URLs
  assignment(/["']?\s{0,9}=\s{0,9}["']?|["']\s{0,9}:\s{0,9}["']?/, ''),
  // `token: word` in a sentence is mostly no credential; one with a digit in it may be.
  assignment(/:\s{0,9}["']?/, /(?=[^\s&"',;)}\]]*\d)/.source),
];

/** A telling name, what stands between it and its value, and a value that is no reference and not masked yet. */
function assignment(between: RegExp, value: string): RegExp {
  const name = '\\b(?:\\w{0,40}_)?(?:api[_-]?key|access[_-]?token|client[_-]?secret|password|passwd|secret|token)';
  return new RegExp(
    `(${name}(?:${between.source}))${value}(?!\\{\\{\\s{0,3}secrets/|\\*\\*\\*)[^\\s&"',;)}\\]]{6,}`,
    'gi',
  );
}

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

/** As {@link quote}, with about `limit` characters in JSON, where quotes and line ends count twice. */
export function quoteWithin(text: string, limit: number): string {
  const whole = quote(text, limit);
  const size = JSON.stringify(whole).length;
  return size <= limit * 1.1 + 40 ? whole : quote(text, Math.floor((limit * whole.length) / size));
}

/**
 * Strips and masks every string in a value, keys included: the last step before a result leaves. Environment variables are masked by their
 * names too, in configs (`environment_vars`) and in differences (`field` ending in `environment_vars.NAME`).
 */
export function purify(value: unknown): unknown {
  if (typeof value === 'string') return mask(strip(value));
  if (Array.isArray(value)) return value.map(purify);
  if (typeof value !== 'object' || value === null) return value;
  const variable =
    'field' in value && typeof value.field === 'string' ? /environment_vars\.(\w+)$/.exec(value.field)?.[1] : undefined;
  const wholeSet = 'field' in value && typeof value.field === 'string' && /(^|\.)environment_vars$/.test(value.field);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (variable !== undefined && (key === 'from' || key === 'to'))
        return [key, purify(maskVariable(variable, inner))];
      if (wholeSet && (key === 'from' || key === 'to')) return [key, purify(maskVariables(inner))];
      if (key === 'environment_vars') return [key, purify(maskVariables(inner))];
      return [mask(strip(key)), purify(inner)];
    }),
  );
}

function maskVariables(variables: unknown): unknown {
  if (typeof variables !== 'object' || variables === null) return variables;
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, maskVariable(name, value)]));
}

function maskVariable(name: string, value: unknown): unknown {
  return typeof value === 'string' ? maskEnvironment({ [name]: value })[name] : value;
}

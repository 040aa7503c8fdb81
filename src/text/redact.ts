/** Redacts secrets in texts, found by their form and by the name before them. */
import { redactNamed } from './named-values.ts';
import { isPasswordName, isSecretVariable } from './secret-names.ts';

export const REDACTED = '***';

/** The lines around a private key. */
export const KEY_BEGIN = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
export const KEY_END = /-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;

/**
 * Patterns of credentials. The first group, if there is one, is kept. Each repetition is bounded or starts at the start of a run, so that
 * a hostile text takes no more time than a harmless one.
 */
const SECRETS: RegExp[] = [
  /\b(?:dapi|dose|dkea|dsse|dosp|dsapi)[0-9a-f]{16,}(?:-\d+)?\b/gi, // Databricks tokens, as in src/auth/errors.ts
  /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, // JSON web tokens
  // A known scheme, or a word that no sentence has: not `authorization: denied by policy 42`.
  /\b((?:proxy-)?authorization(?:\\{0,7}["'])?\s{0,9}[:=]\s{0,9}(?:\\{0,7}["'])?(?:bearer|basic|token|digest|negotiate|api-?key)\s{1,9})(?=[^\s"',;]*[\dA-Z_~+/=-])(?![$<{%])[^\s"',;*\\]{6,}/gi,
  /\b((?:proxy-)?authorization(?:\\{0,7}["'])?\s{0,9}[:=]\s{0,9}(?:\\{0,7}["'])?)(?=[^\s"',;]*\d)(?![$<{%])[^\s"',;*\\]{12,}/gi,
  // Without a header name the value must not be a plain word: "basic understanding" is not a credential.
  /\b((?:[Bb]earer|BEARER|[Bb]asic|BASIC)\s{1,9})(?=[\w.~+/=-]*(?:[\d=]|[a-z][A-Z]))[\w.~+/=-]{12,}/g,
  /(?<![\w-])(?:sk|pk|rk)-(?:[a-z]+-)?[\w-]{16,}/gi, // OpenAI, Anthropic and similar
  /\b(?:[srp]k_(?:live|test)|whsec)_[A-Za-z0-9+/=]{16,}/g, // Stripe
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  /\b(?:AIza[\w-]{30,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,})/g, // Google
  /(?<![\w.~-])[\w.~]{3}\dQ~[\w.~-]{31,34}/g, // client secrets of Microsoft Entra
  /\b(?:gh[pousr]|github_pat|glpat|xox[abprs])[_-][\w-]{16,}/g,
  // Only one `_`, because `hf_hub_download_to_file` is a function.
  /\b(?:hf|npm|gsk|r8)_[A-Za-z0-9]{30,}/g, // Hugging Face, npm, Groq, Replicate
  /\b(?:pypi|nvapi|xai|pplx)-[\w-]{30,}/g,
  new RegExp(`${KEY_BEGIN.source}[^]*?(?:${KEY_END.source}|$)`, 'g'),
  /\b([a-z][a-z0-9+.-]{1,30}:\/\/[^\s/:@]{0,200}:)(?!(?:\*+|<[^<>]*>|[$%{][\w{}()]*|pass(?:word|wd)?|pwd|secret|token)@)[^\s/]{1,500}(?=@)/gi, // password in a URL
  /([?&](?:sig|signature|x-(?:amz|goog)-signature)=)(?!\*\*\*)[^\s&"',;)}\]]{6,}/gi, // signed URLs
  /\b(sig=)[\w%+/=-]{40,}/g, // a SAS that starts with its signature; a shorter value may be statistics
  /([?&](?:key|code)=)(?=[^\s&"',;)}\]]{0,100}\d)[^\s&"',;)}\]]{8,}/gi,
  // A token without a password. A value without a digit is the name of a person or an organization.
  /\b(https?:\/\/)(?=[^\s/:@]{0,200}\d)[^\s/:@]{16,500}(?=@)/gi,
  /\b(hooks\.slack\.com\/(?:services|workflows|triggers)\/)[\w/-]{8,}/g,
  /\b(cookie["']?\s{0,9}:\s{0,9}["']?)(?=[\w.-]{1,60}=)[^\s"';]+(?:;[ \t]?[^\s"';]+)*/gi,
  /(\s(?:-u|--(?:proxy-)?user)[ =]["']?[^\s:"'$<]{1,100}:)(?![$<{*])[^\s"']{4,}/g, // curl -u user:password
  /(\/t\/)(?=[\w-]{0,100}\d)[\w-]{16,}(?=\/)/g, // a token in the URL of a conda channel
];

/** Replaces credentials with `***`. References such as `{{secrets/scope/key}}` are not secrets and stay. */
export function redact(text: string): string {
  let redacted = text;
  for (const pattern of SECRETS) {
    redacted = redacted.replace(pattern, (_match, kept: unknown) => (typeof kept === 'string' ? kept : '') + REDACTED);
  }
  return redactNamed(redacted, REDACTED);
}

const REFERENCE = /^\{\{\s*secrets\/([^/{}\s]+)\/([^/{}\s]+)\s*\}\}$/;

/** Scope and key of a reference to a workspace secret (fact K1). Undefined for any other value. */
export function secretReference(value: string): { scope: string; key: string } | undefined {
  const [, scope, key] = REFERENCE.exec(value) ?? [];
  return scope && key ? { scope, key } : undefined;
}

/**
 * Whether a variable is a raw secret, by its name or the form of its value. Input checks, display and journal all use this rule. References,
 * numbers and booleans are not secrets (MAX_TOKENS=200), except a long number in a variable named like a password.
 */
export function looksSecret(name: string, value: string): boolean {
  if (secretReference(value) || /^(true|false)?$/i.test(value)) return false;
  if (/^[-+]?\d+(\.\d+)?$/.test(value)) return value.length > 3 && isPasswordName(name);
  return isSecretVariable(name) || redact(value) !== value;
}

/** Environment variables for display, with raw secrets redacted and references shown. */
export function redactEnvironment(variables: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, redactVariable(name, value)]));
}

export function redactVariable(name: string, value: string): string {
  if (!looksSecret(name, value)) return value;
  return isSecretVariable(name) ? REDACTED : redact(value);
}

/** As {@link redactEnvironment}, for values of any type. */
export function redactVariables(variables: unknown): unknown {
  if (typeof variables !== 'object' || variables === null) return variables;
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      typeof value === 'string' ? redactVariable(name, value) : value,
    ]),
  );
}

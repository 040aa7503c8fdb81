/** Redacts secrets in texts, found by their form and by the name before them. */

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
  // A shell variable is a placeholder: `Bearer $DATABRICKS_TOKEN`.
  /\b((?:proxy-)?authorization["']?\s{0,9}[:=]\s{0,9}["']?(?!(?:[a-z]{3,20}\s{1,9})?\$\{?[a-z_]{3,60}\}?["'\s])(?:[a-z]{3,20}\s{1,9})?)[^\s"',;*]{6,}/gi,
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
  /\b([a-z][a-z0-9+.-]{1,30}:\/\/[^\s/:@]{0,200}:)[^\s/]{1,500}(?=@)/gi, // password in a URL
  /([?&](?:sig|signature|x-(?:amz|goog)-signature)=)(?!\*\*\*)[^\s&"',;)}\]]{6,}/gi, // signed URLs
  /\b(sig=)[\w%+/=-]{40,}/g, // a SAS that starts with its signature; a shorter value may be statistics
  /([?&](?:key|code)=)(?=[^\s&"',;)}\]]{0,100}\d)[^\s&"',;)}\]]{8,}/gi,
  // A token without a password. A value without a digit is the name of a person or an organization.
  /\b(https?:\/\/)(?=[^\s/:@]{0,200}\d)[^\s/:@]{16,500}(?=@)/gi,
  /\b(hooks\.slack\.com\/(?:services|workflows|triggers)\/)[\w/-]{8,}/g,
  /\b(cookie["']?\s{0,9}:\s{0,9}["']?)(?=[\w.-]{1,60}=)[^\s"';]+(?:;[ \t]?[^\s"';]+)*/gi,
  // The value of an option, `--db-password hunter2`, but not a variable or the next option.
  /(--(?:[a-z]{1,20}-){0,4}(?:password|passwd|passphrase|secret|token|api-?key|access-key)\s{1,9}["']?)(?![-$<*])[^\s"'$<]{6,}/gi,
];

/** Endings of names whose value is a secret, in words separated by `_`. */
const SECRET_END =
  /(?:secret|token|passw(?:or)?d|passphrase|pwd|(?:api|access|account|secret|private|subscription|signing|encryption)_?key|shared_?access_?signature)(?:_?v?\d+)?$/i;
/** Endings of names whose value is sometimes a secret. PRIMARY_KEY and similar names never have one. */
const LIKELY_END =
  /(?:^|_)(?:pass|auth(?:orization)?|private|cookie|sas|jwt|bearer|(?<!(?:primary|foreign|partition|sort|join|lookup|public)_)key)(?:_?v?\d+)?$/i;

/** A name in camel case or with hyphens, as words separated by `_`. */
function inWords(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .replace(/[ -]/g, '_');
}

/** The separator of a name and its value in code, in JSON and in JSON within JSON. References and redacted values do not count. */
const BETWEEN = /(\\?["'])?\s{0,9}([=:])\s{0,9}\\?["']?(?!\{\{\s{0,3}secrets\/|\*\*\*)/g;
const NAME_BEFORE = /(?:(?:(?:secret|shared) )?(?:api|access|account|secret|private|subscription) )?[\w-]+$/i;
/** Enough of a value to judge it. Values under six characters do not count as secrets. */
const VALUE = /(?:[^\s&"',;)}\]\\]|\\(?!["'])){6,200}/y;
const VALUE_REST = /(?:[^\s&"',;)}\]\\]|\\(?!["']))*/y;

/** Redacts values after names of secrets: `NAME=value`, `"name": "value"`, and `name: value` unless it is a sentence. */
function redactNamed(text: string): string {
  let redacted = '';
  let done = 0;
  for (const { 0: between, 1: quoted, 2: sign, index } of text.matchAll(BETWEEN)) {
    const name = index < done ? undefined : NAME_BEFORE.exec(text.slice(Math.max(0, index - 80), index))?.[0];
    if (name === undefined) continue;
    VALUE.lastIndex = index + between.length;
    const value = VALUE.exec(text)?.[0];
    if (value === undefined || !isSecretAssignment(name, value, sign === '=' || quoted !== undefined)) continue;
    redacted += text.slice(done, index + between.length) + REDACTED;
    VALUE_REST.lastIndex = VALUE.lastIndex;
    VALUE_REST.exec(text);
    done = VALUE_REST.lastIndex;
  }
  return redacted + text.slice(done);
}

/** Whether a value after a name in a text is a secret. */
function isSecretAssignment(name: string, value: string, assigned: boolean): boolean {
  const words = inWords(name);
  // PWD with a path is the working directory.
  if (/pwd$/i.test(words) && value.startsWith('/')) return false;
  // `token: word` in a sentence is rarely a credential, unless the word has a digit.
  if (SECRET_END.test(words)) return assigned || /^x-/i.test(name) || /\d/.test(value);
  if (!assigned || words === 'key' || !LIKELY_END.test(words)) return false;
  // `forward_pass=12.345ms` is a measurement, and the key of a row or cache is a word or short.
  if (/pass$/i.test(words)) return /^(?=\D*\d)(?![\d.,]+[a-z%]{0,3}$).{8,}$/.test(value);
  return /^(?=\D*\d)[\w~+=%-]{16,}$/.test(value);
}

/** Replaces credentials with `***`. References such as `{{secrets/scope/key}}` are not secrets and stay. */
export function redact(text: string): string {
  let redacted = text;
  for (const pattern of SECRETS) {
    redacted = redacted.replace(pattern, (_match, kept: unknown) => (typeof kept === 'string' ? kept : '') + REDACTED);
  }
  return redactNamed(redacted);
}

const REFERENCE = /^\{\{\s*secrets\/([^/{}\s]+)\/([^/{}\s]+)\s*\}\}$/;

/** Scope and key of a reference to a workspace secret (fact K1). Undefined for any other value. */
export function secretReference(value: string): { scope: string; key: string } | undefined {
  const [, scope, key] = REFERENCE.exec(value) ?? [];
  return scope && key ? { scope, key } : undefined;
}

/** Names of variables with a secret. TOKENIZER, AUTHOR, PRIMARY_KEY and MONKEY only look similar. */
const SECRET_NAMES = [
  /secret|token(?!i[sz])|passw|passphrase|pwd|credential|api_?key|private_?key|connection_?string|(?:^|_)dsn(?:_|$)/i,
  SECRET_END,
  LIKELY_END,
];
const PASSWORD_NAME = /passw|passphrase|pwd|pass$/i;

/**
 * Whether a variable is a raw secret, by its name or the form of its value. Input checks, display and journal all use this rule. References,
 * numbers and booleans are not secrets (MAX_TOKENS=200), except a long number in a variable named like a password.
 */
export function looksSecret(name: string, value: string): boolean {
  if (secretReference(value) || /^(true|false)?$/i.test(value)) return false;
  if (/^[-+]?\d+(\.\d+)?$/.test(value)) return value.length > 3 && isSecretName(name) && PASSWORD_NAME.test(name);
  return isSecretName(name) || redact(value) !== value;
}

function isSecretName(name: string): boolean {
  const words = inWords(name);
  return SECRET_NAMES.some((form) => form.test(words));
}

/** Environment variables for display, with raw secrets redacted and references shown. */
export function redactEnvironment(variables: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, redactVariable(name, value)]));
}

export function redactVariable(name: string, value: string): string {
  if (!looksSecret(name, value)) return value;
  return isSecretName(name) ? REDACTED : redact(value);
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

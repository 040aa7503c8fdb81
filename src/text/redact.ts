/** Secrets in texts, known by their form and by the name before them. */

export const REDACTED = '***';

/** The lines around a private key. */
export const KEY_BEGIN = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
export const KEY_END = /-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;

/**
 * Things that look like a credential wherever they stand; the first group, where there is one, is kept. Every repetition is bounded or
 * begins where a run begins, so that a hostile text costs no more than a harmless one of its length.
 */
const SECRETS: RegExp[] = [
  /\b(?:dapi|dose|dkea|dsse|dosp|dsapi)[0-9a-f]{16,}(?:-\d+)?\b/gi, // Databricks tokens, as in src/auth/errors.ts
  /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, // JSON web tokens
  // A shell variable in the place of a token is a placeholder: `Bearer $DATABRICKS_TOKEN`.
  /\b((?:proxy-)?authorization["']?\s{0,9}[:=]\s{0,9}["']?(?!(?:[a-z]{3,20}\s{1,9})?\$\{?[a-z_]{3,60}\}?["'\s])(?:[a-z]{3,20}\s{1,9})?)[^\s"',;*]{6,}/gi,
  // Without a header's name before it the rest must not be a plain word: "basic understanding" is no credential.
  /\b((?:[Bb]earer|BEARER|[Bb]asic|BASIC)\s{1,9})(?=[\w.~+/=-]*(?:[\d=]|[a-z][A-Z]))[\w.~+/=-]{12,}/g,
  /(?<![\w-])(?:sk|pk|rk)-(?:[a-z]+-)?[\w-]{16,}/gi, // OpenAI, Anthropic and alike
  /\b(?:[srp]k_(?:live|test)|whsec)_[A-Za-z0-9+/=]{16,}/g, // Stripe
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  /\b(?:AIza[\w-]{30,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,})/g, // Google
  /(?<![\w.~-])[\w.~]{3}\dQ~[\w.~-]{31,34}/g, // client secrets of Microsoft Entra
  /\b(?:gh[pousr]|github_pat|glpat|xox[abprs])[_-][\w-]{16,}/g,
  // Without `_` after the first one: `hf_hub_download_to_file` is a function.
  /\b(?:hf|npm|gsk|r8)_[A-Za-z0-9]{30,}/g, // Hugging Face, npm, Groq, Replicate
  /\b(?:pypi|nvapi|xai|pplx)-[\w-]{30,}/g,
  new RegExp(`${KEY_BEGIN.source}[^]*?(?:${KEY_END.source}|$)`, 'g'),
  /\b([a-z][a-z0-9+.-]{1,30}:\/\/[^\s/:@]{0,200}:)[^\s/]{1,500}(?=@)/gi, // password in a URL
  /([?&](?:sig|signature|x-(?:amz|goog)-signature)=)(?!\*\*\*)[^\s&"',;)}\]]{6,}/gi, // signed URLs
  /\b(sig=)[\w%+/=-]{40,}/g, // a SAS that begins with its signature; what is shorter may be statistics
  /([?&](?:key|code)=)(?=[^\s&"',;)}\]]{0,100}\d)[^\s&"',;)}\]]{8,}/gi,
  // Without a password; what has no digit is the name of a person or an organisation.
  /\b(https?:\/\/)(?=[^\s/:@]{0,200}\d)[^\s/:@]{16,500}(?=@)/gi,
  /\b(hooks\.slack\.com\/(?:services|workflows|triggers)\/)[\w/-]{8,}/g,
  /\b(cookie["']?\s{0,9}:\s{0,9}["']?)(?=[\w.-]{1,60}=)[^\s"';]+(?:;[ \t]?[^\s"';]+)*/gi,
  // The value of an option: `--db-password hunter2`, neither a variable nor the next option.
  /(--(?:[a-z]{1,20}-){0,4}(?:password|passwd|passphrase|secret|token|api-?key|access-key)\s{1,9}["']?)(?![-$<*])[^\s"'$<]{6,}/gi,
];

/** Ends of names whose value is a secret, in words that `_` parts. */
const SECRET_END =
  /(?:secret|token|passw(?:or)?d|passphrase|pwd|(?:api|access|account|secret|private|subscription|signing|encryption)_?key|shared_?access_?signature)(?:_?v?\d+)?$/i;
/** Ends of names whose value often is none. PRIMARY_KEY and its like never are. */
const LIKELY_END =
  /(?:^|_)(?:pass|auth(?:orization)?|private|cookie|sas|jwt|bearer|(?<!(?:primary|foreign|partition|sort|join|lookup|public)_)key)(?:_?v?\d+)?$/i;

/** A name in camel case or with hyphens counts by its words. */
function inWords(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .replace(/[ -]/g, '_');
}

/** What stands between a name and its value, in code, in JSON, and in JSON within JSON. References and masks are no raw values. */
const BETWEEN = /(\\?["'])?\s{0,9}([=:])\s{0,9}\\?["']?(?!\{\{\s{0,3}secrets\/|\*\*\*)/g;
const NAME_BEFORE = /(?:(?:(?:secret|shared) )?(?:api|access|account|secret|private|subscription) )?[\w-]+$/i;
/** Enough of a value to judge it. What is shorter than six characters is none. */
const VALUE = /(?:[^\s&"',;)}\]\\]|\\(?!["'])){6,200}/y;
const VALUE_REST = /(?:[^\s&"',;)}\]\\]|\\(?!["']))*/y;

/** Masks the values behind telling names: `NAME=value`, `"name": "value"`, and `name: value` when it is no sentence. */
function redactNamed(text: string): string {
  let masked = '';
  let done = 0;
  for (const { 0: between, 1: quoted, 2: sign, index } of text.matchAll(BETWEEN)) {
    const name = index < done ? undefined : NAME_BEFORE.exec(text.slice(Math.max(0, index - 80), index))?.[0];
    if (name === undefined) continue;
    VALUE.lastIndex = index + between.length;
    const value = VALUE.exec(text)?.[0];
    if (value === undefined || !isSecretAssignment(name, value, sign === '=' || quoted !== undefined)) continue;
    masked += text.slice(done, index + between.length) + REDACTED;
    VALUE_REST.lastIndex = VALUE.lastIndex;
    VALUE_REST.exec(text);
    done = VALUE_REST.lastIndex;
  }
  return masked + text.slice(done);
}

/** Whether a name tells that a value in a text is a secret. */
function isSecretAssignment(name: string, value: string, assigned: boolean): boolean {
  const words = inWords(name);
  // With a path it is the working directory.
  if (/pwd$/i.test(words) && value.startsWith('/')) return false;
  // `token: word` in a sentence is mostly no credential; one with a digit in it may be.
  if (SECRET_END.test(words)) return assigned || /^x-/i.test(name) || /\d/.test(value);
  if (!assigned || words === 'key' || !LIKELY_END.test(words)) return false;
  // `forward_pass=12.345ms` is a measure, and the key of a row or of a cache is a word or a short one.
  if (/pass$/i.test(words)) return /^(?=\D*\d)(?![\d.,]+[a-z%]{0,3}$).{8,}$/.test(value);
  return /^(?=\D*\d)[\w~+=%-]{16,}$/.test(value);
}

/** Replaces credentials by `***`. References of the form `{{secrets/scope/key}}` are no secrets and stay. */
export function redact(text: string): string {
  let masked = text;
  for (const pattern of SECRETS) {
    masked = masked.replace(pattern, (_match, kept: unknown) => (typeof kept === 'string' ? kept : '') + REDACTED);
  }
  return redactNamed(masked);
}

const REFERENCE = /^\{\{\s*secrets\/([^/{}\s]+)\/([^/{}\s]+)\s*\}\}$/;

/** Scope and key of a reference to a workspace secret (fact K1); undefined for any other value. */
export function secretReference(value: string): { scope: string; key: string } | undefined {
  const [, scope, key] = REFERENCE.exec(value) ?? [];
  return scope && key ? { scope, key } : undefined;
}

/** Names of variables that hold a secret. TOKENIZER, AUTHOR, PRIMARY_KEY and MONKEY only sound like one. */
const SECRET_NAMES = [
  /secret|token(?!i[sz])|passw|passphrase|pwd|credential|api_?key|private_?key|connection_?string|(?:^|_)dsn(?:_|$)/i,
  SECRET_END,
  LIKELY_END,
];
const PASSWORD_NAME = /passw|passphrase|pwd|pass$/i;

/**
 * Whether a variable holds a raw secret, by its name or by the form of its value. The one answer for what is taken, shown and noted. References
 * are none, and numbers and switches neither, as MAX_TOKENS=200; only a long number under the name of a password may be one.
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

/** Environment variables for display: raw secrets are masked, references are shown. */
export function redactEnvironment(variables: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, redactVariable(name, value)]));
}

export function redactVariable(name: string, value: string): string {
  if (!looksSecret(name, value)) return value;
  return isSecretName(name) ? REDACTED : redact(value);
}

/** Environment variables as they came from anywhere, for display. */
export function redactVariables(variables: unknown): unknown {
  if (typeof variables !== 'object' || variables === null) return variables;
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      typeof value === 'string' ? redactVariable(name, value) : value,
    ]),
  );
}

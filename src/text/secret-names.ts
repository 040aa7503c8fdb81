/** Which names promise a secret. Pure. */

/** A name in camel case, with hyphens, dots or blanks, as lower-case words separated by `_`. */
function inWords(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .replace(/[ .-]/g, '_')
    .toLowerCase();
}

/** What may follow the noun: `api_key_plaintext`, `password2`, `TOKEN_V1`. */
const SUFFIX = /_?(?:plaintext|value|data|base64|b64|v?\d{1,2})$/;

/** Passwords in a few languages. */
const PASSWORD = /(?:passwor[dt]|passwd|passphrase|passcode|pwd|(?:^|_)pw|kennwort|contrase[nñ]a|mot_de_passe|senha)$/;

/** Endings of names that hold a secret and nothing else. */
const EXACT = [
  PASSWORD,
  /(?:client|consumer|app|api|auth|shared|session|signing|webhook|jwt)_?secret$/,
  /(?:api|access|account|secret|private|subscription|signing|encryption|master|storage)_?key$/,
  /(?:access|auth|api|bearer|bot|(?:^|_)id|refresh|security|session)_?token$/,
  /^x_[a-z_]*(?:token|secret|key)$/, // headers
  /shared_?access_?signature$/,
];

/** Endings of names that often hold a secret. Their value must look like one. */
const LIKELY = /(?:token|secret|(?:^|_)(?:pass|auth(?:orization)?|private|cookie|sas|jwt|bearer|credentials?|key))$/;

/** Tokens of text and of pages, and keys of data: `eos_token`, `next_page_token`, `max_tokens`, `primary_key`. */
const HARMLESS = new RegExp(
  `(?:^|_)(?:${[
    'unexpected|next|page|pagination|continuation|sync|resume|skip|cursor|max|min|num|new|last|first|total',
    'eos|bos|pad|padding|unk|sep|cls|mask|stop|start|begin|end|special|template|image|audio|input|output|prompt',
    'primary|foreign|partition|sort|join|lookup|public|cache|row|object|idempotency|index',
  ].join('|')})_(?:[a-z]+_)?(?:token|key)$`,
);

/** A part of every name that promises a secret, whatever its case and hyphens. Most names have none, and are read no further. */
const NOUN =
  /pass|pwd|pw|kennwort|contrase|senha|secret|token|key|signature|auth|private|cookie|sas|jwt|bearer|credential/iu;

/** How much a name promises: `exact` names hold a secret whatever it looks like, values of `likely` names must look like one. */
export function promiseOf(name: string): 'exact' | 'likely' | undefined {
  if (!NOUN.test(name)) return undefined;
  const words = inWords(name).replace(SUFFIX, '');
  if (HARMLESS.test(words)) return undefined;
  if (EXACT.some((form) => form.test(words)) || /\b[A-Z\d_]+_(?:TOKEN|SECRET)$/.test(name)) return 'exact';
  return LIKELY.test(words) && words !== 'key' ? 'likely' : undefined;
}

export function isPasswordName(name: string): boolean {
  return PASSWORD.test(inWords(name).replace(SUFFIX, '')) || /pass$/i.test(name);
}

/** The noun at the end of a name: `key` in `openai_api_key`. */
export function nounOf(name: string): string {
  return /[a-z\d]*$/.exec(inWords(name))?.[0] ?? '';
}

/** Names of variables with a secret. TOKENIZER, AUTHOR, PRIMARY_KEY, EOS_TOKEN and MONKEY only look similar. */
const VARIABLE =
  /secret|token(?!i[sz])|passw|passphrase|pwd|credential|api_?key|private_?key|connection_?string|(?:^|_)dsn(?:_|$)/;

/** Whether an environment variable may hold a secret only. This is stricter than for other names, because variables often do. */
export function isSecretVariable(name: string): boolean {
  const words = inWords(name);
  if (HARMLESS.test(words.replace(SUFFIX, '').replace(/s$/, ''))) return false;
  return VARIABLE.test(words) || promiseOf(name) !== undefined || words === 'key';
}

/** Which values look like a secret. Pure. */
import { isPasswordName, promiseOf } from './secret-names.ts';

/** Values in the place of a secret. */
const PLACEHOLDERS = [
  /^(?:null|none|nil|true|false|undefined|string|str|optional|required|redacted|hidden|masked|omitted)$/i,
  /^(?:empty|unset|unused|missing|invalid|incorrect|expired|dummy|placeholder|n\/a|not[-_ ]?(?:set|needed|used|found))$/i,
  /^(?:your|insert|enter|replace)[-_ ]/i, // your-api-key
  /^<[^<>]*>$|^<\|/, // <your-token>, and <|eot_id|> of a tokenizer
  /^\$(?:[{(]|[A-Z_]+$|[a-z_]+$)/, // $TOKEN, ${TOKEN}, $(command)
  /^[{%#@!:]?[{(].*[)}]s?$|^%\w*%?$|^\[.*\]$/, // {{secrets/scope/key}}, {token}, %(token)s, %TOKEN%, [MASK]
  /^(?:os|env|process|secrets?|vault|var|self|this|kv|ssm|op|arn|file|projects)(?:[./]|::?)\S/, // references of other tools
  /^https?:\/\//i, // a password in it has its own pattern
  /^\d{4}-\d\d-\d\d(?:$|[T ])/, // a date
];

/** A masked or cut secret. A text with blanks is more than that. */
export function isMask(value: string): boolean {
  return /[*•]{3}|\.{3}|…|x{6}|^[x*#._-]{3,}$/i.test(value) && !/\s/.test(value);
}

export function isPlaceholder(value: string): boolean {
  return isMask(value) || isPath(value) || PLACEHOLDERS.some((form) => form.test(value));
}

/** A path has words. A key that begins with `/` has letters and digits mixed. */
function isPath(value: string): boolean {
  return /^(?:\.{0,2}|~)\//.test(value) && value.split(/[-_./~]/).every((part) => /^[a-z]*\d{0,4}$|^\d*$/i.test(part));
}

/** A sentence: several words, one of them little. A passphrase has none of these. */
function isProse(value: string): boolean {
  return (
    /\s/.test(value) &&
    /(?:^|\s)(?:a|an|and|at|be|by|for|from|has|in|is|must|not|of|or|the|to|was|with)(?:\s|$)/i.test(value)
  );
}

/** Whether a value has letters and digits mixed as no identifier has. `IDENTIFIER_12`, `scope/key-1` and `oauth-m2m` are identifiers. */
export function looksRandom(value: string): boolean {
  if (!/^(?=.*\d)(?=.*[a-z])[\w~+/=%.:$-]{8,}$/i.test(value)) return false;
  const words = value.replace(/^[A-Z](?=[a-z])/, 'a').split(/[-_./:]/);
  return !words.every((word) => /^(?:[a-z]*|[A-Z]*)\d{0,2}$|^\d*$|^\w{1,3}$/.test(word));
}

/** Whether the value of a field is a secret, by the name of the field and the form of the value. */
export function isSecretField(name: string, value: string): boolean {
  const promise = promiseOf(name);
  if (promise === undefined || value === '' || isPlaceholder(value)) return false;
  if (/^[-+]?\d+(\.\d+)?$/.test(value)) return promise === 'exact' && value.length > 3 && isPasswordName(name);
  if (promise === 'exact') return !isProse(value);
  return isLikely(name, value);
}

/** Whether the value of a name that is sometimes harmless is a secret. */
export function isLikely(name: string, value: string): boolean {
  // `forward_pass=12.345ms` is a measurement.
  if (/pass$/i.test(name)) return /^(?=\D*\d)(?![\d.,]+[a-z%]{0,3}$)\S{8,}$/.test(value);
  // The key of a row or a cache is short.
  return looksRandom(value) && (value.length >= 16 || !/key$/i.test(name));
}

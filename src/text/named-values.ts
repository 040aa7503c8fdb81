/** Redacts the values of secret names in a text: in code, JSON, YAML, XML, SQL, headers, options and sentences. Pure. */
import { isPasswordName, nounOf, promiseOf } from './secret-names.ts';
import { isLikely, isPlaceholder, isSecretField, looksRandom } from './secret-values.ts';

/** The end of a name that may promise a secret, and the account after a name of Azure's Spark settings. */
const NAME_END =
  /(?:passwor[dt]|passwd|passphrase|passcode|pwd|pw|passe?|kennwort|contrase[nñ]a|senha|secret|token|key|signature|auth(?:orization)?|private|cookie|sas|jwt|bearer|credentials?)(?:[_-]?(?:plaintext|value|data|base64|b64|v?\d{1,2}))?(\.[\w-]{1,60}\.(?:dfs|blob)\.core\.windows\.net)?(?![\w-])/gi;
/** Enough of the text before the end of a name. */
const NAME_LENGTH = 80;

/** How a value follows its name. The looser the form, the more the value itself must look like a secret. */
type Form = 'assigned' | 'colon' | 'pair' | 'call' | 'blank';

/** A quote, with the backslashes of JSON within JSON. */
const QUOTE = '\\\\{0,15}["\'`]';
/** A blank or a line end, also as a text in JSON writes it. */
const BLANK = '(?:\\s|\\\\{1,15}[nrt])';
const form = (kind: Form, source: string): [Form, RegExp] => [
  kind,
  new RegExp(source.replaceAll('Q', QUOTE).replaceAll('B', BLANK), 'y'),
];
/** What stands between a name and its value. The group is the quote before the value, if it has one. */
const FORMS: [Form, RegExp][] = [
  // {"name": "DB_PASSWORD", "value": "…"}, also in YAML and XML
  form('assigned', '(?:Q)? ?,?B{0,40}(?:Q)?(?:string_)?[vV]alue(?:Q)?\\s{0,9}[:=]\\s{0,9}(Q)?'),
  // databricks secrets put-secret scope db-password --string-value …
  form('assigned', '[ \\t]--string-value[ =](Q)?'),
  // NAME=value, name = "value", name => "value", name: str = "value"
  form('assigned', '(?:Q)?(?:: ?\\w{1,20})?[ \\t]{0,40}(?:={1,3}>?|:=|%3D|\\\\u003d)[ \\t]{0,9}(?:[bfru]?(Q))?'),
  form('assigned', 'Q\\s{0,9}(?::|->)\\s{0,9}(?:[bfru]?(Q))?'),
  form('assigned', '[ \\t]{0,9}:[ \\t]{0,9}(Q)'),
  // <password>value, <property name="password">value
  form('assigned', '(?:Q[^<>\\n]{0,80})?>()(?=[^\\s<>]{1,300}<\\/)'),
  // name: value, **Name:** value, name: |, name provided: value
  form('colon', '(?: (?:provided|given|used))?[ \\t]{0,9}:(?:\\*\\*)?(?:[ \\t]{0,9}[|>][+-]?B{1,40}|[ \\t]{0,9})()'),
  // ("x-api-key", "value")
  form('pair', 'Q\\s{0,9},\\s{0,9}[bfru]?(Q)'),
  // setPassword("value")
  form('call', '\\(\\s{0,9}(Q)'),
  // --password value, password 'value', the password is value
  form(
    'blank',
    '(?:[ \\t]{1,40}\\|[ \\t]{1,40}|[ \\t]{1,40}|Q[ \\t](?=Q))(?:(?:is|was|to|by|ist|lautet|es|est):? )?(Q)?',
  ),
];

/** Not before the next name: `password=abc,user=x`. */
const NO_NAME = '(?!(?:\\w{1,20} )?[\\w.-]{1,40}["\']?[ \\t]?[:=])';
/** The parts of a value without quotes. Each begins with another character, so nothing is tried twice. */
const BARE_PART = `(?:${[
  '[^\\s&"\'`,;()[\\]{}\\\\<]',
  '<(?!\\/)', // not the end of an element
  `&(?:amp|lt|gt|#\\d{2,3});${NO_NAME}`, // entities of XML
  '\\\\(?![rnt"\'`])',
  '\\([^\\s"\'`()]{0,40}\\)',
  `["'\`,;)\\]}](?=[\\w!@#%^*+.~-])${NO_NAME}`, // in the middle of a word
].join('|')})`;
/** Enough of a value to judge it. */
const JUDGED = 120;
const BARE = new RegExp(`${BARE_PART}{1,${JUDGED}}`, 'y');
const BARE_REST = new RegExp(`${BARE_PART}*`, 'y');
const QUOTED_LENGTH = 2_000;

interface NamedValue {
  name: string;
  form: Form;
  quoted: boolean;
  value: string;
  start: number;
  end: number;
  /** The text before the last word of the name. */
  before: string;
  /** Whether the value follows an option or the word `is`. */
  between: string;
  /** The first character after the value. */
  next: string;
}

/** Replaces the secrets that follow a name with `mark`. */
export function redactNamed(text: string, mark: string): string {
  let redacted = '';
  let done = 0;
  for (const { 0: ending, 1: account = '', index } of text.matchAll(NAME_END)) {
    if (index < done) continue;
    const after = index + ending.length;
    const start = nameStart(text, index, Math.max(done, index - NAME_LENGTH));
    const name = text.slice(start, after - account.length);
    if (promiseOf(name) === undefined) continue;
    const found = valueAfter(text, name, after);
    if (!found || !isSecret(found)) continue;
    redacted += text.slice(done, found.start) + mark;
    done = found.quoted ? found.end : bareEnd(text, found);
  }
  return redacted + text.slice(done);
}

/** Where the whole name begins, with up to two words before it: `AWS Secret Access Key`, `Unexpected token`. */
function nameStart(text: string, end: number, least: number): number {
  let start = wordStart(text, end, least, /[\w.-]/);
  for (let words = 0; words < 2 && text[start - 1] === ' '; words++) {
    const earlier = wordStart(text, start - 1, least, /[a-z]/i);
    if (earlier === start - 1) break;
    start = earlier;
  }
  return start;
}

function wordStart(text: string, end: number, least: number, letter: RegExp): number {
  let start = end;
  while (start > least && letter.test(text.charAt(start - 1))) start--;
  return start;
}

function valueAfter(text: string, name: string, at: number): NamedValue | undefined {
  const word = /[^ ]*$/.exec(name)?.[0] ?? '';
  const before = text.slice(Math.max(0, at - word.length - 80), at - word.length);
  for (const [kind, pattern] of FORMS) {
    pattern.lastIndex = at;
    const [between, quote = ''] = pattern.exec(text) ?? [];
    if (between === undefined) continue;
    const start = at + between.length;
    const close = quote === '' ? -1 : closingQuote(text, quote, start);
    BARE.lastIndex = start;
    const bare = close < 0 ? BARE.exec(text)?.[0].replace(/[.,;:]+$/, '') : undefined;
    const value = close < 0 ? bare : text.slice(start, close);
    if (value === undefined) continue;
    const end = start + value.length;
    return { name, form: kind, quoted: close >= 0, value, start, end, before, between, next: text[end] ?? '' };
  }
  return undefined;
}

/** The end of a value that may be longer than what is judged. Only the value of a secret is read to its end. */
function bareEnd(text: string, { value, end }: NamedValue): number {
  if (value.length < JUDGED / 2) return end;
  BARE_REST.lastIndex = end;
  BARE_REST.exec(text);
  return BARE_REST.lastIndex;
}

/**
 * Where a quoted value ends, or -1. In JSON within JSON, the quotes of a value have as many backslashes as their depth requires. A quote
 * inside the value has more.
 */
function closingQuote(text: string, quote: string, start: number): number {
  const depth = quote.length - 1;
  const sign = quote.slice(-1);
  const limit = start + QUOTED_LENGTH;
  for (let at = text.indexOf(sign, start); at >= 0 && at < limit; at = text.indexOf(sign, at + 1)) {
    let slashes = 0;
    while (at - slashes > start && text[at - slashes - 1] === '\\') slashes++;
    const escaped = slashes > depth && ((slashes - depth) % (2 * (depth + 1)) !== 0 || /\w/.test(text[at + 1] ?? ''));
    if (!escaped) return at - Math.min(slashes, depth);
  }
  return -1;
}

const hasDigitAndLetter = (value: string) => /\d/.test(value) && /[a-z]/i.test(value);

/** Whether a value that follows a name in a text is a secret. */
function isSecret(found: NamedValue): boolean {
  const { name, form: kind, quoted, value, before, between, next } = found;
  if (value.length < 4 || isPlaceholder(value) || value.toLowerCase() === nounOf(name)) return false;
  if (!quoted && isCode(name, value, next)) return false;
  const exact = promiseOf(name) === 'exact';
  const option = /(?:^| )--?[\w-]*$/.test(name);
  if (kind === 'pair')
    return /[([]\s{0,9}[bfru]?\\{0,15}["'`]$/.test(before) && /[^a-z_-]/i.test(value) && isSecretField(name, value);
  if (kind === 'call')
    return !/(?:get|load|read|fetch|env)[\w.]*$/i.test(name) && hasDigitAndLetter(value) && isSecretField(name, value);
  // `arn:aws:secretsmanager:eu-west-1:1234:secret:prod/db-AbC1dE` is a name.
  if (kind === 'colon' && /\w:$/.test(before) && between === ':') return false;
  if (kind === 'colon')
    return isSecretField(name, value) && (hasDigitAndLetter(value) || (exact && endsLine(name, value, next)));
  if (kind === 'blank' && !option) return isStated(found);
  if (!exact && (between.includes('=') || option)) return isAssigned(found);
  // The word after an option is a part of a sentence: `use --password instead`.
  return isSecretField(name, value) && (kind !== 'blank' || /[^a-z]/.test(value));
}

/** `token=value`, which may be a variable or a reference. */
function isAssigned({ name, value, before }: NamedValue): boolean {
  if (isLikely(name, value)) return true;
  if (/[?&]$/.test(before)) return value.length >= 6;
  return (
    /(?:token|secret)$/i.test(name) && hasDigitAndLetter(value) && /^[^\s/<>|]{8,}$/.test(value) && /[a-z]/.test(value)
  );
}

/** A value alone on its line, as in YAML. In a sentence, other words follow. */
function endsLine(name: string, value: string, next: string): boolean {
  return /^[\n\r"'`\\]?$/.test(next) && (/[^a-z]/i.test(value) || /^x-/i.test(name));
}

/** `password 'value'` of SQL, `login name password value` of a .netrc file, or `the password is value`. */
function isStated({ name, value, quoted, before, between }: NamedValue): boolean {
  if (!isPasswordName(name)) return value.length >= 16 && looksRandom(value);
  if (!isSecretField(name, value) || /\s/.test(value)) return false;
  if (quoted) return /[^a-z_]/i.test(value);
  const alone = /(?:^|\n|\\n)[ \t-]*(?:ENV |\| )?$|\blogin\s{1,9}\S{1,60}\s{1,9}$/.test(before);
  return hasDigitAndLetter(value) && (alone || /\w/.test(between) || looksRandom(value));
}

/** Whether a value without quotes is a call, a path to a variable, a variable with the noun of the name, or `<the token>`. */
function isCode(name: string, value: string, next: string): boolean {
  if (value.startsWith('<') || next === '(' || next === '[' || /^[\w.]+\([^()]*\)$/.test(value)) return true;
  if (/^[a-z_$][a-z_]*(?:\.[a-z_]+)+$/i.test(value) && /^[a-z_$]/.test(value)) return true;
  return /^[a-z_.]+$/i.test(value) && nounOf(value) === nounOf(name);
}

/** Makes text from outside safe: strips control characters, redacts secrets and limits the length. Pure. */
import { REDACTED, redact, redactVariable, redactVariables } from './redact.ts';
import { isSecretField } from './secret-values.ts';

/** ANSI escape sequences: CSI, OSC (which ends with BEL or ST), and two-character escapes. */
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])/g;
/**
 * Control characters except tab and newline, line and paragraph separators, and characters that Unicode defines as invisible. These are
 * bidirectional controls, zero-width, filler and tag characters, and variation selectors except the one for emoji.
 */
const INVISIBLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufff9-\ufffb]|(?!\ufe0f)\p{Default_Ignorable_Code_Point}/gu;

/** Half of a surrogate pair. It is no character, and some clients fail when they write it. */
const HALF_PAIR = /\p{Surrogate}/gu;

/** Printable ASCII, as most texts are. */
const PRINTABLE = /^[\t\n\x20-\x7e]*$/;

/** Removes characters that a reader cannot see but a terminal or a model would obey. Newlines and tabs stay. */
export function stripControls(text: string): string {
  if (PRINTABLE.test(text)) return text;
  return text.replace(/\r\n/g, '\n').replace(ANSI, '').replace(INVISIBLE, '').replace(HALF_PAIR, '\ufffd');
}

/** Strips, redacts and cuts a text to `limit` characters. States how many were omitted. */
export function clip(text: string, limit: number): string {
  const read = beginning(text, limit);
  const clean = redact(stripControls(read));
  const more = clean.length - limit + text.length - read.length;
  return more <= 0 ? clean : `${clean.slice(0, limit)}… (${more} more characters)`;
}

/** Much more than `limit` characters, because cleaning shortens a text. A text of megabytes is not cleaned for its first lines. */
const enough = (limit: number) => 4 * limit + 64 * 1024;

/** Ends with a whole word, because the first half of a secret is not recognizable. */
function beginning(text: string, limit: number): string {
  let end = enough(limit);
  if (text.length <= end) return text;
  const least = end - MAX_WORD;
  while (end > least && /\S/.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** Starts with a whole word. */
function ending(text: string, limit: number): string {
  let start = text.length - enough(limit);
  if (start <= 0) return text;
  const most = start + MAX_WORD;
  while (start < most && /\S/.test(text.charAt(start))) start++;
  return text.slice(start);
}

/** Characters. No secret is longer, except keys of several lines. */
const MAX_WORD = 4_000;

/**
 * The last `limit` characters of a growing text, stripped and redacted before the cut. Without the last word, because the first half of a
 * secret is not recognizable.
 */
export function clipTail(text: string, limit: number): string {
  const whole = stripControls(ending(text, limit)).replace(/(?<!\S)\S+$/, '');
  return redact(whole).trim().slice(-limit);
}

/** As {@link clip}, for about `limit` characters of JSON, where quotes and line ends count twice. */
export function clipJson(text: string, limit: number): string {
  const whole = clip(text, limit);
  const size = JSON.stringify(whole).length;
  return size <= limit * 1.1 + 40 ? whole : clip(text, Math.floor((limit * whole.length) / size));
}

/**
 * Strips and redacts every string in a value, including keys. This is the last step before a result leaves, and before a line enters the
 * journal. The name of a field decides too: in objects, in pairs of a name and a value, and in differences (`field`, `from`, `to`).
 */
export function sanitize(value: unknown): unknown {
  if (typeof value === 'string') return redact(stripControls(value));
  if (Array.isArray(value)) return sanitizeList(value);
  if (!isObject(value)) return value;
  const entries = Object.entries(value);
  const pair = NAME_FIELDS.map((field) => value[field]).find((name) => typeof name === 'string');
  return Object.fromEntries(
    entries.map(([key, inner]) => {
      if (typeof value.field === 'string' && (key === 'from' || key === 'to')) return [key, named(value.field, inner)];
      if (pair !== undefined && VALUE_FIELDS.has(key)) return [key, named(String(pair), inner)];
      return [redact(stripControls(key)), named(key, inner)];
    }),
  );
}

/** Fields of a pair such as `{"key": "db_password", "value": "…"}`, which tags and variables use. */
const NAME_FIELDS = ['name', 'key', 'header'];
const VALUE_FIELDS: ReadonlySet<string> = new Set(['value', 'string_value']);

/** A header may be a list of its name and its value. */
function sanitizeList(list: unknown[]): unknown[] {
  const [name, value] = list;
  if (list.length === 2 && typeof name === 'string' && typeof value === 'string' && /\d/.test(value))
    return [sanitize(name), named(name, value)];
  return list.map(sanitize);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** A value that belongs to a name, or to the path of a difference: `tags.db_password`, `environment_vars.API_TOKEN`. */
function named(path: string, value: unknown): unknown {
  if (/(?:^|\.)environment_vars$/.test(path)) return sanitize(redactVariables(value));
  if (typeof value === 'number' && isSecretField(path, String(value))) return REDACTED;
  if (typeof value !== 'string') return sanitize(value);
  const shown = stripControls(value);
  const variable = /(?:^|\.)environment_vars\.(\w+)$/.exec(path)?.[1];
  if (variable !== undefined) return sanitize(redactVariable(variable, shown));
  return isSecretField(path, shown) ? REDACTED : redact(shown);
}

/** Makes text from outside safe: strips control characters, redacts secrets and limits the length. Pure. */
import { redact, redactVariable, redactVariables } from './redact.ts';

/** ANSI escape sequences: CSI, OSC (which ends with BEL or ST), and two-character escapes. */
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])/g;
/**
 * Control characters except tab and newline, line and paragraph separators, and characters that Unicode defines as invisible. These are
 * bidirectional controls, zero-width, filler and tag characters, and variation selectors except the one for emoji.
 */
const INVISIBLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufff9-\ufffb]|(?!\ufe0f)\p{Default_Ignorable_Code_Point}/gu;

/** Removes characters that a reader cannot see but a terminal or a model would obey. Newlines and tabs stay. */
export function stripControls(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(ANSI, '').replace(INVISIBLE, '');
}

/** Strips, redacts and cuts a text to `limit` characters. States how many were omitted. */
export function clip(text: string, limit: number): string {
  const clean = redact(stripControls(text));
  return clean.length <= limit ? clean : `${clean.slice(0, limit)}… (${clean.length - limit} more characters)`;
}

/**
 * The last `limit` characters of a growing text, stripped and redacted before the cut. Without the last word, because the first half of a
 * secret is not recognizable.
 */
export function clipTail(text: string, limit: number): string {
  const whole = stripControls(text).replace(/(?<!\S)\S+$/, '');
  return redact(whole).trim().slice(-limit);
}

/** As {@link clip}, for about `limit` characters of JSON, where quotes and line ends count twice. */
export function clipJson(text: string, limit: number): string {
  const whole = clip(text, limit);
  const size = JSON.stringify(whole).length;
  return size <= limit * 1.1 + 40 ? whole : clip(text, Math.floor((limit * whole.length) / size));
}

/**
 * Strips and redacts every string in a value, including keys. This is the last step before a result leaves. Environment variables are also
 * redacted by name, in configs (`environment_vars`) and in differences (`field` ending in `environment_vars.NAME`).
 */
export function sanitize(value: unknown): unknown {
  if (typeof value === 'string') return redact(stripControls(value));
  if (Array.isArray(value)) return value.map(sanitize);
  if (typeof value !== 'object' || value === null) return value;
  const variable =
    'field' in value && typeof value.field === 'string' ? /environment_vars\.(\w+)$/.exec(value.field)?.[1] : undefined;
  const wholeSet = 'field' in value && typeof value.field === 'string' && /(^|\.)environment_vars$/.test(value.field);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (variable !== undefined && (key === 'from' || key === 'to'))
        return [key, sanitize(typeof inner === 'string' ? redactVariable(variable, inner) : inner)];
      if (wholeSet && (key === 'from' || key === 'to')) return [key, sanitize(redactVariables(inner))];
      if (key === 'environment_vars') return [key, sanitize(redactVariables(inner))];
      return [redact(stripControls(key)), sanitize(inner)];
    }),
  );
}

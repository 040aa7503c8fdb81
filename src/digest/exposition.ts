/** Exposition texts as samples, in linear time. Pure. */

/** One sample. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
  /** Milliseconds since 1970. Undefined for a sample without a timestamp. */
  at?: number;
  /** Number of the reading that it comes from, where several are summed. */
  reading?: number;
}

/** Characters. No line of a service is longer, and a pattern needs memory for each character of a label. */
const MAX_LINE = 16_384;
// Without the flag `s`, `.` stops at the line separators of Unicode, and each brace is tried.
const LINE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*?)\})?\s+(NaN|[+-]?Inf|[+-]?[0-9.eE+-]+)(?:\s+(-?[0-9.]+))?\s*(?:#.*)?$/s;
// The lookbehind prevents a try at each letter of a name.
const LABEL = /(?<![a-zA-Z0-9_])([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** The samples of an exposition text. Skips comments, exemplars, invalid or overlong lines and `NaN`, which means "no value". */
export function parseExposition(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('#') || line.length > MAX_LINE) return [];
    const match = LINE.exec(line.trim());
    if (!match?.[1] || !match[3]) return [];
    const value = match[3].endsWith('Inf') ? (match[3].startsWith('-') ? -Infinity : Infinity) : Number(match[3]);
    if (Number.isNaN(value)) return [];
    const labels = Object.fromEntries(
      [...(match[2] ?? '').matchAll(LABEL)].map(([, key, raw]) => [key ?? '', unescapeLabel(raw ?? '')]),
    );
    const at = timeOf(match[4]);
    return [{ name: match[1], labels, value, ...(at === undefined ? {} : { at }) }];
  });
}

/** Whether a text has the form of metrics: its first line is a comment or a sample. An empty text has no samples. */
export function isExposition(text: string): boolean {
  const first = text.split('\n', 1_000).find((line) => line.trim() !== '');
  return first === undefined || first.startsWith('#') || (first.length <= MAX_LINE && LINE.test(first.trim()));
}

/** The service stamps milliseconds (fact L10). OpenMetrics itself has seconds, which stay below this number for three thousand years. */
const FIRST_MILLISECONDS = 1e11;

function timeOf(stamp: string | undefined): number | undefined {
  const time = Number(stamp ?? Number.NaN);
  if (!Number.isFinite(time) || time <= 0) return undefined;
  return time < FIRST_MILLISECONDS ? time * 1000 : time;
}

function unescapeLabel(raw: string): string {
  return raw.replace(/\\(.)/g, (_all, mark: string) => (mark === 'n' ? '\n' : mark));
}

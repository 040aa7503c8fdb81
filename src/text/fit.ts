/** The last word on size: a result never takes more than 8,000 tokens, whatever a workspace holds or a model answers. Pure. */

/** Characters of JSON, four to a token. Tools keep well below it; this holds where they could not foresee. */
export const MAX_RESULT = 32_000;

/** Calls and files are right as a whole or wrong: they are left out, never cut. */
const WHOLE = new Set(['undo', 'next', 'call', 'cli', 'bundle', 'curl', 'content']);
/** Characters of a text and entries of a list or object that are kept, tried in turn until everything fits. */
const STEPS: readonly [text: number, entries: number][] = [
  [8_000, 200],
  [4_000, 100],
  [2_000, 60],
  [1_000, 40],
  [500, 20],
  [200, 12],
  [100, 6],
  [60, 3],
];
/** Places named in the note. */
const MAX_PLACES = 12;

/**
 * The value itself when it fits; else with texts cut and lists shortened where they are longest, and `truncated` that names the places. An object
 * stays an object and a list a list.
 */
export function fitToLimit(value: Record<string, unknown>, limit = MAX_RESULT): Record<string, unknown> {
  if (size(value) <= limit) return value;
  for (const [text, entries] of STEPS) {
    const places: string[] = [];
    const cut = shorten(value, { text, entries, places }, []) as Record<string, unknown>; // an object stays an object
    const truncated = [...places.slice(0, MAX_PLACES), ...(places.length > MAX_PLACES ? ['and more'] : [])];
    const found = { ...cut, truncated };
    if (size(found) <= limit) return found;
  }
  return { truncated: ['everything: the result is too large to show'] };
}

interface Bounds {
  text: number;
  entries: number;
  places: string[];
}

function shorten(value: unknown, bounds: Bounds, path: string[]): unknown {
  if (typeof value === 'string') {
    if (size(value) <= bounds.text) return value;
    // In JSON quotes, backslashes and line ends take two characters and control characters six.
    const kept = Math.floor((bounds.text * value.length) / size(value));
    bounds.places.push(`${place(path)}: ${kept} of ${value.length} characters shown`);
    return `${value.slice(0, kept)}…`;
  }
  if (typeof value !== 'object' || value === null) return value;
  const all = Object.entries(value);
  const fields = all.filter(([key, inner]) => {
    const whole = Array.isArray(value) || !WHOLE.has(key) || size(inner) <= Math.max(bounds.text, 2_000);
    if (!whole) bounds.places.push(`${place([...path, key])}: ${size(inner)} characters, too long to show`);
    return whole;
  });
  // The outermost fields are the tool's own.
  const kept = path.length === 0 ? fields : fields.slice(0, bounds.entries);
  if (kept.length < fields.length) bounds.places.push(`${place(path)}: ${kept.length} of ${all.length} shown`);
  const inner = kept.map(([key, each]) => [key, shorten(each, bounds, [...path, key])] as const);
  return Array.isArray(value) ? inner.map(([, each]) => each) : Object.fromEntries(inner);
}

function place(path: string[]): string {
  return path.slice(0, 4).join('.').slice(0, 120) || 'result';
}

function size(value: unknown): number {
  return JSON.stringify(value)?.length ?? 0;
}

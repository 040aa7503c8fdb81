/** Limits the size of every result to 8,000 tokens. Pure. */

/** Characters of JSON, four per token. Tools usually stay well below this limit. */
export const MAX_RESULT = 32_000;

/** Calls and files are useless when cut, so they are omitted as a whole. */
const WHOLE = new Set(['undo', 'next', 'call', 'cli', 'bundle', 'curl', 'content']);
/** Limits for the characters of a text and the entries of a list or object, tried in turn until the result fits. */
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
/** Places listed in `truncated`. */
const MAX_PLACES = 12;

/**
 * The value itself if it fits. Otherwise a copy with the longest texts and lists shortened, and the places listed in `truncated`. An
 * object stays an object, and a list stays a list.
 */
export function fitToLimit(value: Record<string, unknown>, limit = MAX_RESULT): Record<string, unknown> {
  if (size(value) <= limit) return value;
  for (const [text, entries] of STEPS) {
    const places: string[] = [];
    const cut = shorten(value, { text, entries, places }, []) as Record<string, unknown>; // an object stays an object
    const earlier = Array.isArray(value.truncated) ? value.truncated : [];
    const found = { ...cut, truncated: listed([...earlier, ...places]) };
    if (size(found) <= limit) return found;
  }
  return { truncated: ['everything: the result is too large to show'] };
}

/** Values in a result that are cleaned one by one. */
const MAX_VALUES = 20_000;

/**
 * The value with shorter lists if it has more than {@link MAX_VALUES} values, for the work between here and {@link fitToLimit}. Texts stay whole: half
 * a secret is not recognizable.
 */
export function fewerValues(value: Record<string, unknown>): Record<string, unknown> {
  if (count(value) <= MAX_VALUES) return value;
  for (const [, entries] of STEPS) {
    const places: string[] = [];
    const cut = shorten(value, { text: Infinity, entries, places }, []) as Record<string, unknown>; // an object stays an object
    if (count(cut) <= MAX_VALUES) return { ...cut, truncated: listed(places) };
  }
  return { truncated: ['everything: the result is too large to show'] };
}

function count(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + count(inner), 1);
}

function listed(places: string[]): string[] {
  return [...places.slice(0, MAX_PLACES), ...(places.length > MAX_PLACES ? ['and more'] : [])];
}

interface Bounds {
  text: number;
  entries: number;
  places: string[];
}

function shorten(value: unknown, bounds: Bounds, path: string[]): unknown {
  if (typeof value === 'string') {
    if (size(value) <= bounds.text) return value;
    // In JSON, quotes, backslashes and line ends take two characters, and control characters six.
    const kept = Math.floor((bounds.text * value.length) / size(value));
    bounds.places.push(`${place(path)}: ${kept} of ${value.length} characters shown`);
    return `${value.slice(0, kept).replace(/[\ud800-\udbff]$/, '')}…`;
  }
  if (typeof value !== 'object' || value === null) return value;
  const all = Object.entries(value);
  const fields = all.filter(([key, inner]) => {
    const whole = Array.isArray(value) || !WHOLE.has(key) || size(inner) <= Math.max(bounds.text, 2_000);
    if (!whole) bounds.places.push(`${place([...path, key])}: ${size(inner)} characters, too long to show`);
    return whole;
  });
  // The outermost fields are named by the tool, so all of them stay.
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

/** How deep a JSON value from outside may be nested. A function that calls itself for each level ends with an error after some thousand. */

/** Levels of arrays and objects. */
export const MAX_DEPTH = 100;

/** Replaces what is nested deeper. */
export const TOO_DEEP = `… (nested more than ${MAX_DEPTH} levels deep)`;

/** Whether a value has more levels. */
export function isTooDeep(value: unknown, levels = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  // A list of numbers is most of an answer with embeddings, and `Object.values` copies it.
  const inner: unknown[] = Array.isArray(value) ? value : Object.values(value);
  return inner.some((each) => typeof each === 'object' && isTooDeep(each, levels - 1));
}

/** The value with {@link TOO_DEEP} in place of its deeper levels. */
export function clipDepth(value: unknown): unknown {
  return isTooDeep(value) ? clip(value, MAX_DEPTH) : value;
}

function clip(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) return TOO_DEEP;
  if (Array.isArray(value)) return value.map((inner) => clip(inner, levels - 1));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, clip(inner, levels - 1)]));
}

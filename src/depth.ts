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

/** Whether a JSON text is nested deeper, without reading its values: to parse millions of levels takes seconds. */
export function isTextTooDeep(text: string, levels: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      for (at++; at < text.length && text.charCodeAt(at) !== QUOTE; at++) if (text.charCodeAt(at) === BACKSLASH) at++;
    } else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      if (++depth > levels) return true;
    } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) depth--;
  }
  return false;
}

const [QUOTE, BACKSLASH, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [34, 92, 91, 93, 123, 125] as const;

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

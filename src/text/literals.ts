/** Values as literals of other languages, so that none of them is run as code. Pure. */

/** A JSON value as JavaScript, of which JSON is a subset. */
export function js(value: unknown): string {
  return JSON.stringify(value);
}

/** A JSON value as a Python expression. JSON string escapes mean the same in Python. */
export function py(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (Array.isArray(value)) return `[${value.map(py).join(', ')}]`;
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([key, inner]) => `${JSON.stringify(key)}: ${py(inner)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}

/** A word of a POSIX shell, quoted so that nothing is expanded. */
export function sh(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/**
 * A YAML scalar. A JSON string is valid double-quoted YAML, and a name such as `on` or `1e3` stays text. Characters that YAML forbids or
 * reads as line breaks are escaped too.
 */
export function yaml(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Whether a JSON value is an object, so that its fields can be read. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object without its undefined members. */
export function defined<Fields extends object>(fields: Fields): Fields {
  // An absent member reads as undefined, so the type stays the same.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
}

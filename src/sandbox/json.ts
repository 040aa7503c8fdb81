import { isSafeNumber, parse, stringify } from 'lossless-json';

/** A JSON object whose fields are not known yet. */
export type JsonObject = Record<string, unknown>;

/** JSON as a model server reads it: Python keeps all digits of an integer. Integers beyond 2^53 are bigints. Throws for other texts. */
export function parsePython(text: string): unknown {
  return parse(text, undefined, {
    parseNumber: (literal) => (/^-?\d+$/.test(literal) && !isSafeNumber(literal) ? BigInt(literal) : Number(literal)),
    onDuplicateKey: ({ newValue }) => newValue,
  });
}

/** JSON with bigints as numbers. */
export function toJson(value: unknown): string {
  return stringify(value) ?? 'null';
}

/** True for a JSON object, false for arrays and null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A body without its null fields, at any depth. A field that is null is as good as absent. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner)]));
}

/** A value without the fields that hold an empty list, at any depth. Protocol buffers have no empty lists in JSON. */
export function withoutEmptyLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptyLists);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, inner]) => !(Array.isArray(inner) && inner.length === 0));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutEmptyLists(inner)]));
}

/** The named fields of an object that it has. */
export function pick<T extends object, K extends keyof T>(value: T, keys: readonly K[]): Pick<T, K> {
  const found = keys.flatMap((key) => (value[key] === undefined ? [] : [[key, value[key]]]));
  return Object.fromEntries(found); // the type is that of the named fields
}

/** Drops keys whose value is undefined or null. The service never sends null. */
export function compact(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== null));
}

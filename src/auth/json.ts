export type JsonObject = Record<string, unknown>;

/**
 * The object in a text, or undefined. Never throws, because the message of a JSON parser quotes the text, which may be a token.
 */
export function parseObject(text: string): JsonObject | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The value if it is an object, not an array. Otherwise undefined. */
export function asObject(value: unknown): JsonObject | undefined {
  // An object that is not an array is a record, but TypeScript cannot infer it.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** A non-empty string, or undefined. */
export function stringOf(object: JsonObject | undefined, key: string): string | undefined {
  const value = object?.[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A number, or undefined. Accepts strings, such as `expires_on` of Azure. */
export function numberOf(object: JsonObject | undefined, key: string): number | undefined {
  const value = object?.[key];
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : undefined;
}

/** The `exp` claim of a JWT in epoch milliseconds. Unverified, because it only decides when to refresh. */
export function jwtExpiry(jwt: string): number | undefined {
  const payload = jwt.split('.')[1];
  if (payload === undefined) return undefined;
  const seconds = numberOf(parseObject(Buffer.from(payload, 'base64url').toString('utf8')), 'exp');
  return seconds === undefined ? undefined : seconds * 1000;
}

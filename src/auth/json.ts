export type JsonObject = Record<string, unknown>;

/**
 * The object in a text, or undefined. Never throws: the message of a JSON parser quotes the text, which may be a token.
 */
export function parseObject(text: string): JsonObject | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The value when it is an object and no array, else undefined. */
export function asObject(value: unknown): JsonObject | undefined {
  // An object that is no array is a record by construction; TypeScript cannot see it.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** A string that is not empty, or undefined. */
export function stringOf(object: JsonObject | undefined, key: string): string | undefined {
  const value = object?.[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A number, also when written as a string (`expires_on` of Azure is one), or undefined. */
export function numberOf(object: JsonObject | undefined, key: string): number | undefined {
  const value = object?.[key];
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : undefined;
}

/** The `exp` claim of a JWT in epoch milliseconds, unverified: it only says when to ask for the next one. */
export function jwtExpiry(jwt: string): number | undefined {
  const payload = jwt.split('.')[1];
  if (payload === undefined) return undefined;
  const seconds = numberOf(parseObject(Buffer.from(payload, 'base64url').toString('utf8')), 'exp');
  return seconds === undefined ? undefined : seconds * 1000;
}

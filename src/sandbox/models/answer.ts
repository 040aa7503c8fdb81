/** What a part of the data plane answers before it becomes an HTTP response: a JSON `body`, or plain text when it is a string. */
export interface Answer {
  status: number;
  body: unknown;
}

/** A JSON object whose fields are not known yet. */
export type JsonObject = Record<string, unknown>;

/** True for a JSON object, false for arrays and null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The usual error body of the service (API contract, section 4.1, form 1). */
export function failure(status: number, error_code: string, message: string): Answer {
  return { status, body: { error_code, message } };
}

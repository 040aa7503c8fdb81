import type { Context } from 'hono';
import type { SandboxEnv } from './context.ts';
import { ApiError, endpointMissing } from './errors.ts';
import { isObject, type JsonObject, withoutEmptyLists, withoutNulls } from './json.ts';
import type { Endpoint } from './state/state.ts';

/** One request in a handler. */
export type Call = Context<SandboxEnv>;

const MALFORMED = 'Invalid JSON given in the body of the request';

/**
 * The body as a JSON object, without its null fields. An empty body is refused. A client that loses its payload must not receive a success,
 * least of all for a PATCH. assumed: empty-body, assumed: malformed-json, assumed: null-fields
 */
export async function jsonBody(c: Call): Promise<Record<string, unknown>> {
  const text = await c.req.text();
  if (text.trim() === '') throw new ApiError(400, 'INVALID_PARAMETER_VALUE', 'The request body is missing.');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new ApiError(400, 'MALFORMED_REQUEST', `${MALFORMED} - failed to parse given JSON`);
  }
  const body = withoutNulls(parsed);
  if (!isObject(body)) throw new ApiError(400, 'MALFORMED_REQUEST', `${MALFORMED} - expected a JSON object`);
  return body;
}

/** The answer of a control-plane route. A field whose list is empty is left out. evidence: empty-lists */
export function answer(c: Call, body: JsonObject): Response {
  return c.json(withoutEmptyLists(body));
}

/** The endpoint that a path names, or the control plane's 404. */
export function endpointOf(c: Call, name: string): Endpoint {
  const endpoint = c.get('workspace').endpoints.get(name);
  if (!endpoint) throw endpointMissing(name);
  return endpoint;
}

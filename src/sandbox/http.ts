import type { Context } from 'hono';
import type { SandboxEnv } from './context.ts';
import { ApiError, endpointMissing } from './errors.ts';
import { isObject } from './json.ts';
import type { Endpoint } from './state/state.ts';

/** One request in a handler. */
export type Call = Context<SandboxEnv>;

/**
 * The body as a JSON object. An empty body is refused. A client that loses its payload must not receive a success, least of all for a
 * PATCH. assumed: empty-body, assumed: malformed-json
 */
export async function jsonBody(c: Call): Promise<Record<string, unknown>> {
  const text = await c.req.text();
  if (text.trim() === '') throw new ApiError(400, 'INVALID_PARAMETER_VALUE', 'The request body is missing.');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new ApiError(400, 'MALFORMED_REQUEST', 'Could not parse request object: the body is not valid JSON.');
  }
  if (!isObject(parsed))
    throw new ApiError(400, 'MALFORMED_REQUEST', 'Could not parse request object: expected a JSON object.');
  return parsed;
}

/** The endpoint that a path names, or the control plane's 404. */
export function endpointOf(c: Call, name: string): Endpoint {
  const endpoint = c.get('workspace').endpoints.get(name);
  if (!endpoint) throw endpointMissing(name);
  return endpoint;
}

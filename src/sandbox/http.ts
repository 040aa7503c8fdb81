import type { Context } from 'hono';
import type { SandboxContext, SandboxEnv } from './context.ts';
import type { View } from './endpoints/render.ts';
import { ApiError, endpointMissing } from './errors.ts';
import type { Endpoint } from './state/state.ts';

/** One request in a handler. */
export type Call = Context<SandboxEnv>;

/**
 * The body as a JSON object. An empty body is refused, PATCH above all: a client that loses its payload on the way would otherwise be
 * told that nothing was done successfully. assumed: empty-body assumed: malformed-json
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

/** Whether a value is a JSON object: not null, not an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What the renderer needs for this caller at this moment. */
export function viewOf(ctx: SandboxContext, c: Call): View {
  return { workspace: c.get('workspace'), principal: c.get('principal'), now: ctx.clock.now(), host: ctx.host };
}

/** The endpoint a path names, or the control plane's 404. */
export function endpointOf(c: Call, name: string): Endpoint {
  const endpoint = c.get('workspace').endpoints.get(name);
  if (!endpoint) throw endpointMissing(name);
  return endpoint;
}

import { ApiError, foundationMissing, queryEndpointMissing } from '../errors.ts';
import { may } from '../identity/access.ts';
import { isObject, parsePython } from '../json.ts';
import { type Answer, failure } from '../models/answer.ts';
import { badRequest } from '../models/chat-request.ts';
import { notJson } from '../models/dataframe.ts';
import type { Endpoint, EndpointConfig, Principal, Workspace } from '../state/state.ts';

const MB = 1024 * 1024;

/** Largest body of a query: 16 MB for custom models, 4 MB for foundation models, external models and agents. The sizes are documented. */
export const CUSTOM_BODY_LIMIT = 16 * MB;
export const LANGUAGE_BODY_LIMIT = 4 * MB;

/** The endpoint that a query names. Throws the 404 of the query routes. A name of three parts is for the gateway. evidence: gateway-platform-names */
export function queriedEndpoint(workspace: Workspace, name: string): Endpoint {
  const direct = workspace.endpoints.get(name);
  if (direct) return direct;
  // assumed: foundation-names
  if (name.startsWith('databricks-')) throw foundationMissing(name);
  throw queryEndpointMissing();
}

/** Throws the 403 of a caller without CAN_QUERY. For a caller without any grant, the service says 'View'. evidence: no-view-text */
export function requireQuery(principal: Principal, endpoint: Endpoint): void {
  if (may(principal, endpoint, 'Query')) return;
  // assumed: permission-words
  const word = may(principal, endpoint, 'View') ? 'Query' : 'View';
  throw new ApiError(403, 'PERMISSION_DENIED', `User does not have permission '${word}' on Endpoint ${endpoint.name}`);
}

/** The config that takes traffic. Throws when no config was ever deployed, and when the endpoint is stopped. */
export function activeConfig(endpoint: Endpoint): EndpointConfig {
  // The service may also answer 503 here. assumed: data.not-ready
  if (endpoint.config === null || endpoint.config.served_entities.length === 0) throw queryEndpointMissing();
  if (endpoint.stopped) throw endpointStopped();
  return endpoint.config;
}

/** A query does not wake a stopped endpoint. evidence: stopped-query */
function endpointStopped(): ApiError {
  const message = 'The given endpoint is stopped, please retry after starting the endpoint.';
  return new ApiError(400, 'BAD_REQUEST', message, { detailed: false });
}

/** Whether a body is CSV, by its content type. */
export function isCsv(header: string | undefined): boolean {
  return /^\s*text\/csv\s*(;|$)/i.test(header ?? '');
}

/**
 * The plain-text 415 of the model server for anything except JSON in UTF-8, and CSV for a model that takes rows. Undefined when the type is
 * fine. assumed: data.content-type
 */
export function refuseType(header: string | undefined, rows: boolean): Answer | undefined {
  const [type = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim());
  if (isCsv(header) && !rows) return { status: 415, body: 'This model takes no rows. Send application/json.' };
  if (type.toLowerCase() !== 'application/json' && !isCsv(header)) {
    const body = `This predictor only supports the following content types: Types: ['text/csv', 'application/json']. Got '${type}'.`;
    return { status: 415, body };
  }
  const unknown = parameters.find((parameter) => !parameter.toLowerCase().startsWith('charset='));
  if (unknown !== undefined) return { status: 415, body: `Unrecognized content type parameters: ${unknown}.` };
  const charset = parameters[0]?.slice('charset='.length).replaceAll('"', '').toLowerCase();
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') {
    return { status: 415, body: 'The scoring server only supports UTF-8' };
  }
  return undefined;
}

/** The answer to a body over the limit. assumed: data.body-limit */
export function refuseSize(text: string, limit: number): Answer | undefined {
  if (Buffer.byteLength(text) <= limit) return undefined;
  return failure(413, 'REQUEST_ENTITY_TOO_LARGE', `Request size cannot exceed ${limit} bytes.`);
}

/**
 * The body as JSON. `strict` selects the decoder whose complaint is answered. `python` keeps the digits of integers beyond 2^53, as model servers do.
 * evidence: data.python-integers
 */
export function parseBody(text: string, strict: boolean, python: boolean): { body: unknown } | { refused: Answer } {
  try {
    const body: unknown = python ? parsePython(text) : JSON.parse(text);
    return { body };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { refused: strict ? badRequest(`json: ${reason}`) : notJson(text, reason) };
  }
}

/** `usage_context` and `client_request_id` of a body, if they have the right types. */
export function usageFields(body: unknown): { client_request_id?: string; usage_context?: Record<string, string> } {
  const { client_request_id, usage_context } = isObject(body) ? body : {};
  const pairs = isObject(usage_context)
    ? Object.entries(usage_context).filter(([, value]) => typeof value === 'string')
    : [];
  return {
    ...(typeof client_request_id === 'string' ? { client_request_id } : {}),
    ...(pairs.length > 0
      ? { usage_context: Object.fromEntries(pairs.map(([key, value]) => [key, String(value)])) }
      : {}),
  };
}

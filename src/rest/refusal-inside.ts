/** A refusal inside an answer with status 200, such as a frame of a stream (fact Q15), as the same error as one with a status. */
import { ApiError } from './errors.ts';
import { isObject } from './json.ts';
import { unwrap } from './said.ts';

/** Status for each code of Databricks, and for those of the providers that Databricks passes on. */
const STATUSES: readonly [status: number, codes: RegExp][] = [
  [
    400,
    /^(?:BAD_REQUEST|INVALID_PARAMETER_VALUE|INVALID_STATE|MALFORMED_REQUEST|invalid_request\w*|invalid_prompt|content_filter|context_length_exceeded)$/,
  ],
  [401, /^(?:UNAUTHENTICATED|authentication_error|invalid_api_key)$/],
  [403, /^(?:PERMISSION_DENIED|permission_error)$/],
  [404, /^(?:ENDPOINT_NOT_FOUND|RESOURCE_DOES_NOT_EXIST|NOT_FOUND|FEATURE_DISABLED|not_found_error|model_not_found)$/],
  [409, /^(?:ABORTED|ALREADY_EXISTS|RESOURCE_ALREADY_EXISTS|RESOURCE_CONFLICT)$/],
  [
    429,
    /^(?:REQUEST_LIMIT_EXCEEDED|RESOURCE_EXHAUSTED|TOO_MANY_REQUESTS|RATE_LIMIT_EXCEEDED|rate_limit\w*|insufficient_quota|QUOTA_EXCEEDED)$/,
  ],
  [503, /^(?:TEMPORARILY_UNAVAILABLE|overloaded_error)$/],
  [504, /^(?:DEADLINE_EXCEEDED|timeout_error)$/],
];

/**
 * The refusal that a body or a frame reports, or undefined when it reports none. Advice on it follows as for a status. The status is the one inside,
 * or that of the code, or 500.
 * @param body a parsed answer or frame. A failed response of an agent and the event `error` count, and so does any object with `error_code`.
 */
export function refusalInside(body: unknown, request: { method: string; path: string }): ApiError | undefined {
  const refusal = refusalOf(body);
  if (refusal === undefined) return undefined;
  const said = unwrap(refusal);
  const known = said.codes.findLast((code) => statusOf(code) !== undefined);
  const code = said.codes.findLast((each) => /^[A-Za-z][\w.-]{0,79}$/.test(each) && each !== 'error');
  const status = said.status ?? (known === undefined ? undefined : statusOf(known)) ?? 500;
  const words = said.words.trim() === '' ? 'no message' : said.words;
  const trace = isObject(body) && typeof body.stack_trace === 'string' ? { stackTrace: body.stack_trace } : {};
  return new ApiError({ status, code: code ?? `HTTP_${status}`, detail: words, said, ...request, ...trace });
}

function statusOf(code: string): number | undefined {
  return STATUSES.find(([, codes]) => codes.test(code))?.[0];
}

/** Fields of an answer. A model may have a field `error` of its own next to them. */
const ANSWERS = ['predictions', 'outputs', 'choices', 'data', 'messages', 'delta'];

function refusalOf(body: unknown): unknown {
  if (!isObject(body) || ANSWERS.some((field) => body[field] !== undefined && body[field] !== null)) return undefined;
  const isResponse = body.object === 'response' || body.type === 'response.failed';
  const response = isObject(body.response) ? body.response : body;
  if (isResponse || body.status === 'failed')
    return response.status === 'failed' || body.type === 'response.failed' ? (response.error ?? response) : undefined;
  if (body.type === 'error') return isObject(body.error) ? body.error : body;
  if (body.error_code !== undefined || body.external_model_error !== undefined) return body;
  return typeof body.error === 'string' || isObject(body.error) ? body : undefined;
}

/** Failures inside an answer whose status is 200, and blocks by a service policy. Pure. */
import { titleOf, wordsOfPage } from './html-page.ts';
import { isObject } from './json.ts';

/** A failure that a body or an event of a stream reports. */
export interface ModelFailure {
  /** `model`: the agent or model ran and failed. `service`: a refusal in the form of the service, or words that are no answer. */
  from: 'model' | 'service';
  code: string | undefined;
  message: string;
  /** The body of the refusal, to be read like that of any other refusal. */
  body: unknown;
}

/**
 * The failure that a value reports. @param value a whole body or the data of an event; a text that is no JSON comes as `{ words }`.
 * @param name the name of the event.
 */
export function failureOf(value: unknown, name?: string): ModelFailure | undefined {
  if (!isObject(value)) return name === 'error' ? service(value) : undefined;
  const { type, response } = value;
  if (type === 'response.failed') return ofResponse(isObject(response) ? response : value);
  if (value.status === 'failed' && (value.object === 'response' || Array.isArray(value.output)))
    return ofResponse(value);
  if (name === 'error' || type === 'error')
    return service(value.error === undefined || value.error === null ? value : withError(value));
  if ((isErrorCode(value.error_code) || isErrorCode(value.errorCode)) && !hasResult(value))
    return service(isGiven(value.error) ? withError(value) : value);
  const inChoice = Array.isArray(value.choices)
    ? value.choices.find((choice) => isObject(choice) && isGiven(choice.error))
    : undefined;
  if (isObject(inChoice)) return service({ error: inChoice.error });
  // A result next to the error is an answer, whose error is a field like others.
  if (isGiven(value.error) && !hasResult(value)) return service(withError(value));
  return undefined;
}

function ofResponse(response: Record<string, unknown>): ModelFailure {
  const { error, message } = response;
  const inner = isObject(error) ? error : {};
  const words = [inner.message, error, message].find((each) => typeof each === 'string' && each !== '');
  const code = [inner.code, inner.type, response.code].find((each) => typeof each === 'string' && each !== '');
  return {
    from: 'model',
    code: typeof code === 'string' ? code : undefined,
    message: typeof words === 'string' ? words : isGiven(error) ? JSON.stringify(error) : 'no reason was given',
    body: response,
  };
}

function service(body: unknown): ModelFailure {
  const { error } = isObject(body) ? body : { error: undefined };
  const inner = isObject(error) ? error : isObject(body) ? body : {};
  const code = [inner.error_code, inner.errorCode, inner.code, inner.type].find(
    (each) => typeof each === 'string' && each !== 'error',
  );
  const words = [inner.message, inner.detail, error].find((each) => typeof each === 'string' && each !== '');
  const message = typeof words === 'string' ? words : typeof body === 'string' ? body : JSON.stringify(body);
  const own = code === undefined && statusIn(body) === undefined && !OF_THE_WAY.test(message);
  return { from: own ? 'model' : 'service', code: typeof code === 'string' ? code : undefined, message, body };
}

/** Words of proxies, and of the front of the service. Without them, and without a code, only the model can have said it. */
const OF_THE_WAY =
  /^\s*<|\bupstream\b|\bgateway\b|\btime-?out\b|no healthy|unavailable|too many requests|rate limit|\b[A-Z]+_[A-Z_]+: |^(?:HTTP |Error code: )?[45]\d\d\b/i;

const TRACEBACK = /^Traceback \(most recent call last\)|\n\s+File "[^"\n]{1,300}", line \d/;

/** Whether words between the events of a stream report a failure. Other words are those of a model that streams plain text. */
export function saysFailure(text: string): boolean {
  return (
    TRACEBACK.test(text) ||
    /^\s*(?:[<{[]|(?:upstream|no healthy|internal server error|bad gateway|service unavailable|gateway time|too many requests|rate limit|(?:[\w.]{0,60}(?:error|exception|fatal|failed|failure)) ?[:!])|(?:HTTP |Error code: )?[45]\d\d\b)/i.test(
      text,
    )
  );
}

/** The code of a piece of an answer that is broken JSON. */
export const UNREADABLE = 'unreadable_answer';

/** A failure in words that are no JSON. */
export function failureInWords(text: string): ModelFailure {
  // The beginning of JSON that does not go on as JSON.
  if (/^\s*[{[]/.test(text)) return { from: 'model', code: UNREADABLE, message: text, body: text };
  return { from: TRACEBACK.test(text) ? 'model' : 'service', code: undefined, message: text, body: text };
}

/** The parts of a body that its error consists of. */
function withError({ error, error_code, message, stack_trace }: Record<string, unknown>): Record<string, unknown> {
  return {
    error,
    ...(isGiven(error_code) ? { error_code, message: message ?? error } : {}),
    ...(isGiven(stack_trace) ? { stack_trace } : {}),
  };
}

/** Whether a field says something: models also send an error of `false`, 0 or `{}` where there is none. */
function isGiven(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return value !== undefined && value !== null && value !== '' && value !== false && value !== 0;
}

/** A code of the service is a word or a status. A model may have a field of this name too. */
function isErrorCode(value: unknown): boolean {
  if (typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value))) return Number(value) >= 400;
  return typeof value === 'string' && /^[A-Z][A-Z_]+$/.test(value) && !/^(?:OK|SUCCESS|NONE)$/.test(value);
}

function hasResult({ predictions, outputs, data }: Record<string, unknown>): boolean {
  return [predictions, outputs, data].some((each) => (Array.isArray(each) ? each.length > 0 : isGiven(each)));
}

/** HTTP statuses of codes that the service and providers use. */
const STATUSES: Record<string, number> = {
  BAD_REQUEST: 400,
  INVALID_PARAMETER_VALUE: 400,
  MALFORMED_REQUEST: 400,
  invalid_request_error: 400,
  UNAUTHENTICATED: 401,
  authentication_error: 401,
  PERMISSION_DENIED: 403,
  permission_error: 403,
  NOT_FOUND: 404,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_DOES_NOT_EXIST: 404,
  not_found_error: 404,
  REQUEST_LIMIT_EXCEEDED: 429,
  RESOURCE_EXHAUSTED: 429,
  TOO_MANY_REQUESTS: 429,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  TEMPORARILY_UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

/** The status that a failure would have as an answer of its own. 500 when nothing in it says another one. */
export function statusOf(code: string | undefined, body: unknown, message: string): number {
  const known = code !== undefined && Object.hasOwn(STATUSES, code) ? STATUSES[code] : undefined;
  if (known !== undefined) return known;
  // A page has its status in its title.
  const words = /^\s*</.test(message) ? titleOf(message) || wordsOfPage(message) : message;
  const written = /^(?:HTTP |Error code: |Error )?([45]\d\d)\b/i.exec(words)?.[1];
  return statusIn(body) ?? (written === undefined ? 500 : Number(written));
}

function statusIn(body: unknown): number | undefined {
  for (const place of isObject(body) ? [body, body.error] : []) {
    if (!isObject(place)) continue;
    for (const each of [place.error_code, place.code, place.status, place.status_code]) {
      const number = Number(each);
      if (number >= 400 && number < 600) return number;
    }
  }
  return undefined;
}

/**
 * The policy that blocked a request (fact Q18). Its object decides, not the words: a model can write them too. Undefined for a policy that let the
 * request pass.
 */
export function policyOf(value: unknown): Record<string, unknown> | undefined {
  if (!isObject(value)) return undefined;
  const choices: unknown[] = Array.isArray(value.choices) ? value.choices : [];
  const inner = choices.flatMap((choice) => (isObject(choice) ? [choice, choice.message, choice.delta] : []));
  const places = [value, value.response, value.error, ...inner];
  for (const place of places) {
    const policy = isObject(place) ? place.databricks_service_policy : undefined;
    if (isObject(policy) && (policy.action === undefined || /^(deny|block|reject)/i.test(String(policy.action))))
      return policy;
  }
  return value.id === 'databricks-guardrail-block' ? {} : undefined;
}

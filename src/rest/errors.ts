/** Refusals of the service: one error class for every form of body (fact H1). */
import { ProxyError } from '../connection/errors.ts';
import { isTooDeep } from '../depth.ts';
import { titleOf, wordsOfPage } from './html-page.ts';
import { isObject } from './json.ts';
import { askedPause, type Window, windowOf } from './limit-window.ts';
import { type Said, unwrap } from './said.ts';

/** A refusal by the service, or an answer that a Databricks workspace does not send. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status. */
  readonly status: number;
  /** The service's `error_code`, or a code derived from the form of the body or the HTTP status. */
  readonly code: string;
  /** The innermost message. It is text from outside, so it is shown and never obeyed. */
  readonly detail: string;
  /** Who refused and in which words, without the wrappings of the message. */
  readonly said: Said;
  readonly method: string;
  readonly path: string;
  /** From the details of the body, or from a header (fact H3). */
  readonly requestId: string | undefined;
  /** Milliseconds to wait, if a header or the words ask for it. */
  readonly retryAfterMs: number | undefined;
  /** The time over which the limit counts, for a refusal that names it. */
  readonly window: Window | undefined;
  /** Stack trace of a model server (fact H2). */
  readonly stackTrace: string | undefined;
  /** An earlier try of the same request was answered with 503, which can hide a success. */
  readonly afterBusy: boolean;
  /** What a rule of the diagnosis says about it, in trusted words. A tool adds it. */
  explained: { cause: string; next: string | undefined } | undefined;

  /** @param fields `said` is read from `detail` where it is missing. */
  constructor(fields: {
    status: number;
    code: string;
    detail: string;
    said?: Said;
    method: string;
    path: string;
    requestId?: string;
    retryAfterMs?: number;
    stackTrace?: string;
    afterBusy?: boolean;
  }) {
    const said = fields.said ?? unwrap(fields.detail);
    const detail = fields.said ? fields.detail : said.words;
    super(`${detail} (${fields.status} ${fields.code})`);
    this.status = fields.status;
    this.code = fields.code;
    this.detail = detail;
    this.said = said;
    this.method = fields.method;
    this.path = fields.path;
    this.requestId = fields.requestId;
    const busy = [fields.status, said.status].some((each) => each === 429 || each === 503 || each === 529);
    // A header is about this answer. The words may come from far behind it.
    this.retryAfterMs = fields.retryAfterMs ?? (busy ? askedPause(detail) : undefined);
    this.window = [fields.status, said.status].includes(429) ? windowOf(detail) : undefined;
    this.stackTrace = fields.stackTrace;
    this.afterBusy = fields.afterBusy ?? false;
  }
}

/**
 * A request that was not sent, because the identity of this server's calls does not reach its route, whatever the person may do. Readers of hints
 * treat it like the 403 that the service would answer (fact A9).
 */
export class UnreachedError extends ApiError {
  /** What a person can do, in trusted words. */
  readonly next: string;

  constructor(request: { method: string; path: string }, why: string, next: string) {
    super({ status: 403, code: 'not_reached', detail: why, ...request });
    this.next = next;
  }
}

/** The request or its answer was lost on the way. `sent` is false only when the service cannot have seen the request. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  /**
   * `refused`: no connection now. `unreachable`: no connection at all, such as an unknown host or an invalid certificate. `lost`: cut off or
   * altered on the way. `empty`: without the content that every answer to the request has. `timeout`: no complete answer in time. `too_large`: the
   * answer exceeds a limit of size or depth.
   */
  readonly kind: 'refused' | 'unreachable' | 'lost' | 'empty' | 'timeout' | 'too_large';
  readonly sent: boolean;
  readonly method: string;
  readonly path: string;

  /** What a person can do, where the cause says so. */
  readonly next: string | undefined;

  constructor(
    kind: TransportError['kind'],
    request: { method: string; path: string; sent: boolean },
    message: string,
    cause?: unknown,
    next?: string,
  ) {
    super(message, { cause });
    this.next = cause instanceof ProxyError ? cause.next : next;
    this.kind = kind;
    this.sent = request.sent;
    this.method = request.method;
    this.path = request.path;
  }
}

/** The parts of an HTTP answer that make up an error. */
export interface RefusedAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  method: string;
  path: string;
}

/**
 * Turns a refused or unusable answer into an {@link ApiError}. Tries the forms of a body (fact H1) in this order: HTML, nothing, JSON with
 * `error_code` (string or number), `{"error": …}`, SCIM, other JSON, `CODE: text`, anything else.
 * @param now epoch milliseconds, for a `Retry-After` given as a date.
 */
export function toApiError(answer: RefusedAnswer, now: number): ApiError {
  const { code, said, requestId, stackTrace } = readBody(answer);
  // A code is one word. Anything else in this field is part of the message.
  const isWord = CODE.test(code);
  const words = said.words.trim() === '' ? 'no message' : said.words;
  return new ApiError({
    status: answer.status,
    code: isWord ? code : statusCode(answer.status),
    detail: isWord || code.trim() === '' ? words : `${code}: ${words}`,
    said,
    method: answer.method,
    path: answer.path,
    requestId: requestId ?? said.requestId ?? header(answer, 'x-request-id'),
    retryAfterMs: parseRetryAfter(header(answer, 'retry-after'), now),
    stackTrace,
  });
}

/**
 * A redirect as an error. Redirects are not followed, so that no credential reaches another host. One target has a special meaning
 * (fact H4). The message omits the query of the target, because it may contain a token.
 */
export function redirected(status: number, location: string, request: { method: string; path: string }): ApiError {
  const { method, path } = request;
  if (/[?&]error=private-link-validation-error/.test(location)) {
    const detail = 'the workspace accepts requests only over its private link';
    return new ApiError({ status: 403, code: 'PRIVATE_LINK_VALIDATION_ERROR', detail, method, path });
  }
  const detail = `${method} ${path} was redirected to ${location.split('?')[0]}; a workspace API never redirects, so the host is wrong or a login page intervened`;
  return new ApiError({ status, code: 'REDIRECT', detail, method, path });
}

const CODE = /^[A-Za-z][\w.-]{0,79}$/;

interface Parsed {
  code: string;
  said: Said;
  requestId?: string | undefined;
  stackTrace?: string | undefined;
}

function readBody(answer: RefusedAnswer): Parsed {
  const text = answer.text.trim();
  if (isHtml(answer, text)) return html(answer, text);
  // Some refusals have no body, and their words in a header (fact H13).
  const detail = text || header(answer, 'x-databricks-reason-phrase') || `HTTP ${answer.status} with an empty body`;
  const json = parseObject(text);
  if (json) return fromJson(answer, json);
  const said = unwrap(detail);
  return { code: /^[A-Z][A-Z_]+(?=: )/.exec(detail)?.[0] ?? statusCode(answer.status), said, stackTrace: said.trace };
}

function fromJson(answer: RefusedAnswer, body: Record<string, unknown>): Parsed {
  const { status } = answer;
  const isScim = body.error_code === undefined && (body.schemas !== undefined || answer.path.includes('/scim/'));
  const isNull = isScim && (body.detail === 'null' || !body.detail);
  const said = unwrap(isNull ? 'SCIM API Internal Error' : body);
  const reason = header(answer, 'x-databricks-reason-phrase');
  return {
    code: isScim && !isObject(body.error) ? `SCIM_${status}` : codeOf(body, status),
    said: said.words === '' && reason ? { ...unwrap(reason), codes: said.codes } : said,
    requestId: requestIdOf(body.details),
    stackTrace: traceField(body) ?? said.trace,
  };
}

/** The names that model servers give to a stack trace. */
const TRACE_FIELDS = ['stack_trace', 'stackTrace', 'traceback', 'trace', 'stack', 'exc_info'];

function traceField(body: Record<string, unknown>): string | undefined {
  const inner = isObject(body.error) ? body.error : {};
  const found = TRACE_FIELDS.flatMap((name) => [body[name], inner[name]]).find((each) => string(each)?.includes('\n'));
  return string(found) ?? string(body.stack_trace);
}

/** The outermost code. A number is the status, and so is an OAuth error without a description (fact H1). */
function codeOf(body: Record<string, unknown>, status: number): string {
  const given = body.error_code ?? body.errorCode;
  if (typeof given === 'string' && !/^\d{3}$/.test(given)) return given;
  if (typeof given === 'string' || typeof given === 'number') return statusCode(status);
  const { error } = body;
  if (isObject(error)) {
    // The code of OpenAI says more than its type. Others have a number there.
    const inner = string(error.code);
    return inner !== undefined && CODE.test(inner) ? inner : (string(error.type) ?? inner ?? statusCode(status));
  }
  const isOauth = typeof error === 'string' && /^[a-z_]+$/.test(error);
  return isOauth && (string(body.message) ?? string(body.error_description)) !== undefined ? error : statusCode(status);
}

/** An HTML page is a login page or comes from a proxy: the host or the path is wrong (fact H5). */
function html({ status, method, path }: RefusedAnswer, text: string): Parsed {
  if (status < 400)
    return {
      code: 'HTML_PAGE',
      said: unwrap(`got an HTML page instead of JSON from ${method} ${path}: wrong host or path`),
    };
  const page = wordsOfPage(text);
  const said = unwrap(titleOf(text) || `HTTP ${status} with an HTML page${page === '' ? '' : `: ${page}`}`);
  return { code: statusCode(status), said: { ...said, layers: [page, ...said.layers] } };
}

function isHtml(answer: RefusedAnswer, text: string): boolean {
  return /text\/html/i.test(header(answer, 'content-type') ?? '') || /^<(!doctype|html)/i.test(text);
}

/**
 * `Retry-After` in milliseconds from now: whole seconds or an HTTP date (RFC 9110, section 10.2.3).
 * Undefined when absent, invalid or negative.
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  const date = Date.parse(text);
  if (!Number.isFinite(date) || !/[A-Za-z]{3}/.test(text)) return undefined;
  return Math.max(0, date - now);
}

const STATUS_CODES: Record<number, string> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'RESOURCE_CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'TOO_MANY_REQUESTS',
  499: 'CANCELLED',
  500: 'INTERNAL_ERROR',
  501: 'NOT_IMPLEMENTED',
  502: 'BAD_GATEWAY',
  503: 'TEMPORARILY_UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

function statusCode(status: number): string {
  return STATUS_CODES[status] ?? `HTTP_${status}`;
}

function requestIdOf(details: unknown): string | undefined {
  if (!Array.isArray(details)) return undefined;
  for (const entry of details) {
    if (isObject(entry) && typeof entry.request_id === 'string') return entry.request_id;
  }
  return undefined;
}

function header(answer: RefusedAnswer, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Undefined for other texts, and for an object whose depth no reader expects: its text is shown instead. */
function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && !isTooDeep(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function string(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

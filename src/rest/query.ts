/** Queries to an endpoint (fact Q1): one answer, or a stream of events. */
import * as z from 'zod';
import { isSecure } from '../connection/loopback.ts';
import { clipDepth, isTooDeep } from '../depth.ts';
import { AnswerReader } from './answer-reader.ts';
import type { Endpoint } from './endpoints.ts';
import { type ApiError, TransportError, toApiError } from './errors.ts';
import { parseModelJson, stringifyExact } from './exact-json.ts';
import type { Answer, Http, RequestOptions } from './http.ts';
import { isObject } from './json.ts';
import type { ModelAnswer } from './model-answer.ts';
import { type ModelFailure, statusOf } from './model-failure.ts';
import { GATEWAY_PATH, segment } from './names.ts';
import { events, type StreamEvent } from './sse.ts';
import { asChatFrame } from './stream-forms.ts';
import { withDeadline } from './transport.ts';

/** Largest body that the service takes, in bytes. `llm` is for foundation models, external models and agents (fact Q10). */
export const PAYLOAD_LIMIT = { custom: 16 * 1024 * 1024, llm: 4 * 1024 * 1024 };

export interface QueryOptions {
  /** One served entity, bypassing the traffic split (fact Q11). */
  entity?: string | undefined;
  /** Longest silence, in milliseconds, and with `now` also the longest time until the answer is whole. */
  timeoutMs: number;
  now?: () => number;
  /** The URL of a route-optimized endpoint, from {@link direct}. */
  target?: DirectTarget | undefined;
  /** The name is that of a model service, which answers with this API (fact V9). */
  api?: GatewayApi | undefined;
  /** Labels of the request for the usage table of Unity Gateway. */
  tags?: Record<string, string> | undefined;
}

/** What a model service is asked. */
export type GatewayApi = 'chat/completions' | 'embeddings' | 'responses';

/** The URL of a route-optimized endpoint, and the token that works only there. */
export interface DirectTarget {
  origin: string;
  path: string;
  bearer: string;
}

export { readContent } from './message-content.ts';
export type { ModelAnswer, Said } from './model-answer.ts';

const TokenAnswer = z.looseObject({ access_token: z.string() });

/**
 * The direct route to a route-optimized endpoint. New ones answer only there (fact D1), and only with a token exchanged for this endpoint
 * (fact D2). Undefined when the endpoint has no such route, or an insecure one. Then no token is requested.
 */
export async function direct(http: Http, endpoint: Endpoint): Promise<DirectTarget | undefined> {
  const info = endpoint.data_plane_info?.query_info;
  const url = info?.endpoint_url ?? endpoint.endpoint_url;
  if (url === undefined || !URL.canParse(url) || info?.authorization_details === undefined) return undefined;
  const target = new URL(url);
  if (!isSecure(target)) return undefined;
  const signer = await http.signer();
  const { authorization_details } = info;
  const form = async () =>
    new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: await signer.bearer(),
      authorization_details,
    });
  const token = TokenAnswer.parse(await http.json('POST', '/oidc/v1/token', { form, repeatable: true }));
  return { origin: target.origin, path: target.pathname, bearer: token.access_token };
}

/** An answer (fact Q2), where it came from, and how it arrived. */
export interface Reply {
  body: unknown;
  /** The body is text that no parser reads as its type says, or only a part that arrived before the connection was lost. */
  unread?: { text: string; type: string; lost?: TransportError };
  /** Deeper levels of the body are omitted. */
  clipped?: true;
  /** The answer, when it came as a stream without being asked for. */
  said?: ModelAnswer;
  /** Keys that an object has several times, with their earlier values. */
  repeated: { key: string; earlier: unknown }[];
  origin: Origin;
}

/** What the headers tell about an answer. */
export interface Origin {
  /** The served entity that answered (fact Q9). */
  servedBy: string | undefined;
  /** The id of the request in the payload table (fact Q19). */
  requestId: string | undefined;
  /** Another id of the request, from a header that proxies set too. */
  otherId: string | undefined;
  headers: Answer['headers'];
}

/** A joined stream. The part that arrived is kept, and nothing is retried. */
export interface StreamedAnswer extends ModelAnswer {
  origin: Origin;
  /** Milliseconds from the request to the first text. Undefined without any text. */
  firstTextMs: number | undefined;
  /** Reading stopped at the time limit. */
  late?: true;
  /** The whole reply, when the model ignored `stream` (fact Q17). */
  whole?: Reply;
}

function invocationsPath(endpoint: string, { entity, api }: Pick<QueryOptions, 'entity' | 'api'>): string {
  if (api !== undefined) return `${GATEWAY_PATH}/${api}`;
  const base = `/serving-endpoints/${segment(endpoint)}`;
  return entity === undefined ? `${base}/invocations` : `${base}/served-models/${segment(entity)}/invocations`;
}

/** Path and options of an inference request, for the workspace or the endpoint's own URL. */
function route(endpoint: string, options: QueryOptions, request: RequestOptions): [string, RequestOptions] {
  const { target, tags } = options;
  const headers = tags && { 'databricks-ai-gateway-request-tags': asciiJson(tags) };
  if (!target) return [invocationsPath(endpoint, options), { ...request, ...(headers ? { headers } : {}) }];
  return [target.path, { ...request, target: { origin: target.origin, bearer: target.bearer } }];
}

/** JSON for a header, which has no characters beyond ASCII. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Sends one inference request. It is never retried after a timeout or a lost answer, because it may have run and costs money.
 * @throws ApiError TransportError
 */
export async function invoke(http: Http, endpoint: string, body: unknown, options: QueryOptions): Promise<Reply> {
  const started = options.now?.();
  const [path, request] = route(endpoint, options, { json: stringifyExact(body), timeoutMs: options.timeoutMs });
  const answer = await http.open('POST', path, request);
  return wholeReply(answer, endpoint, options, started);
}

/** The body of an answer that is no stream. @throws TransportError when nothing of it arrived: the model may have run. */
async function wholeReply(
  answer: Answer,
  endpoint: string,
  options: QueryOptions,
  started: number | undefined,
): Promise<Reply> {
  const request = { method: 'POST', path: invocationsPath(endpoint, options), sent: true };
  const origin = originOf(answer);
  const type = String(answer.headers['content-type'] ?? '');
  const chunks: Uint8Array[] = [];
  try {
    const late = () => options.now !== undefined && options.now() - (started ?? 0) > options.timeoutMs;
    for await (const chunk of withDeadline(answer.body, request, late)) chunks.push(chunk);
  } catch (error) {
    if (!(error instanceof TransportError) || chunks.length === 0) throw error;
    return { body: undefined, unread: { text: decode(chunks), type, lost: error }, repeated: [], origin };
  }
  const text = decode(chunks);
  if (text.trim() === '')
    throw new TransportError('empty', request, `the model answered nothing: ${endpoint} sent an empty answer`);
  if (/event-stream/i.test(type) || /^\s*(?:data|event):/.test(text)) {
    const reader = new AnswerReader();
    await readEvents(reader, chunks, () => {});
    return { body: undefined, said: reader.answer, repeated: [], origin };
  }
  try {
    const { value, repeated } = parseModelJson(text);
    return { body: clipDepth(value), ...(isTooDeep(value) ? { clipped: true } : {}), repeated, origin };
  } catch {
    return isText(text, type)
      ? { body: text, repeated: [], origin }
      : { body: undefined, unread: { text, type }, repeated: [], origin };
  }
}

const decode = (chunks: Uint8Array[]) => new TextDecoder().decode(Buffer.concat(chunks));

/** Whether a body that is no JSON is an answer in another form, such as CSV. Anything that begins like JSON is broken JSON. */
function isText(text: string, type: string): boolean {
  if (/ndjson|jsonl|json-?lines|json-seq/i.test(type)) return true;
  if (/json|octet-stream|^(?:image|audio|video|font)\/|zip|pickle|parquet|protobuf/i.test(type)) return false;
  return !text.includes('\u0000') && (/csv|html|xml|markdown/i.test(type) || !/^\s*[[{]/.test(text));
}

/**
 * Sends one inference request with `stream: true` and joins the events.
 * @param onText called with the whole text so far, each time it grows.
 */
export async function stream(
  http: Http,
  endpoint: string,
  body: Record<string, unknown>,
  options: QueryOptions & { onText: (soFar: string) => void; now: () => number },
): Promise<StreamedAnswer> {
  const started = options.now();
  const json = stringifyExact({ ...body, stream: true });
  const [path, request] = route(endpoint, options, { json, accept: 'text/event-stream', timeoutMs: options.timeoutMs });
  const answer = await http.open('POST', path, request);
  const reader = new AnswerReader();
  const seen: StreamedAnswer = Object.assign(reader.answer, { origin: originOf(answer), firstTextMs: undefined });
  if (!/event-stream/i.test(String(answer.headers['content-type'] ?? ''))) {
    // A custom model may ignore `stream` (fact Q17). Its whole answer is still an answer.
    seen.whole = await wholeReply(answer, endpoint, options, started);
    seen.firstTextMs = options.now() - started;
    return seen;
  }
  const late = () => options.now() - started > options.timeoutMs;
  let length = 0;
  try {
    await readEvents(reader, withDeadline(answer.body, { method: 'POST', path }, late), () => {
      const elapsed = options.now() - started;
      if (seen.text.length <= length) return;
      length = seen.text.length;
      seen.firstTextMs ??= elapsed;
      options.onText(seen.text);
    });
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    if (reader.finished) return seen;
    seen.incomplete = error.message;
    seen.cutOff = true;
    if (error.kind === 'timeout') seen.late = true;
  }
  return seen;
}

/** Reads events until the answer ends or fails. @throws TransportError when the connection is lost. */
async function readEvents(
  reader: AnswerReader,
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  onEvent: () => void,
): Promise<void> {
  const { answer } = reader;
  for await (const event of events(body, () => {
    reader.finished = true;
  })) {
    takeEvent(reader, event);
    if (answer.failure || answer.policy) return;
    onEvent();
  }
  if (reader.finished) return;
  answer.incomplete ??= 'the stream ended without its end mark';
  answer.cutOff = true;
}

/** Comments keep a connection alive. Some servers send a word instead. */
const KEEP_ALIVE = /^\s*(?:ping|keep-?alive|heartbeat)?\s*$/i;

function takeEvent(reader: AnswerReader, { name, data, loose }: StreamEvent): void {
  if (name === 'ping' || KEEP_ALIVE.test(data)) return;
  let value: unknown;
  try {
    value = clipDepth(parseModelJson(data).value);
  } catch {
    reader.words(data, loose === true || name === 'error');
    return;
  }
  const foreign = isObject(value) ? asChatFrame(value) : undefined;
  reader.event(foreign?.frame ?? value, name);
  if (foreign?.ends) reader.finished = true;
}

/** A whole answer of a text model, or one that reports a failure or a block. Undefined for other families. */
export function joinAnswer(body: unknown): ModelAnswer | undefined {
  const reader = new AnswerReader();
  return isObject(body) && reader.whole(body) ? reader.answer : undefined;
}

/** A failure inside an answer, as the refusal that it would be with its own status. */
export function refusalOf(
  { code, body, message }: ModelFailure,
  endpoint: string,
  of: Pick<QueryOptions, 'entity' | 'api'>,
  { headers }: Origin,
): ApiError {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const path = invocationsPath(endpoint, of);
  return toApiError(
    { status: statusOf(code, body, message), headers: { ...headers, 'content-type': '' }, text, method: 'POST', path },
    0,
  );
}

function originOf({ headers }: Answer): Origin {
  const header = (name: string) => [headers[name]].flat()[0];
  return {
    servedBy: header('served-model-name'),
    requestId: header('x-databricks-request-id') ?? header('databricks-request-id'),
    otherId: header('x-request-id'),
    headers,
  };
}

/** Queries to an endpoint (fact Q1): one answer, or a stream of events. */
import * as z from 'zod';
import { isSecure } from '../connection/loopback.ts';
import { clipDepth, isTooDeep } from '../depth.ts';
import type { Endpoint } from './endpoints.ts';
import { TransportError } from './errors.ts';
import type { Answer, Http, RequestOptions } from './http.ts';
import { defined, isObject } from './json.ts';
import { segment } from './names.ts';
import { events } from './sse.ts';
import { withDeadline } from './transport.ts';

/** Largest body that the service takes, in bytes. `llm` is for foundation models, external models and agents (fact Q10). */
export const PAYLOAD_LIMIT = { custom: 16 * 1024 * 1024, llm: 4 * 1024 * 1024 };

export interface QueryOptions {
  /** One served entity, bypassing the traffic split (fact Q11). */
  entity?: string;
  timeoutMs: number;
  /** The URL of a route-optimized endpoint, from {@link direct}. */
  target?: DirectTarget | undefined;
}

/** The URL of a route-optimized endpoint, and the token that works only there. */
export interface DirectTarget {
  origin: string;
  path: string;
  bearer: string;
}

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
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: await signer.bearer(),
    authorization_details: info.authorization_details,
  });
  const token = TokenAnswer.parse(await http.json('POST', '/oidc/v1/token', { form, repeatable: true }));
  return { origin: target.origin, path: target.pathname, bearer: token.access_token };
}

/** A whole answer (fact Q2) and the served entity that answered (fact Q9). */
export interface Reply {
  body: unknown;
  /** Deeper levels of the body are omitted. */
  clipped?: true;
  servedBy: string | undefined;
}

export interface ToolCall {
  name: string;
  /** JSON, as written by the model. */
  arguments: string;
  /** Assigns the pieces of a chat stream to their call. Absent for a whole call. */
  index?: number;
}

/** A joined stream. `incomplete` says why it ended early (fact Q15). The part that arrived is kept, and nothing is retried. */
export interface StreamedAnswer {
  text: string;
  reasoning: string;
  toolCalls: ToolCall[];
  /** Those that arrive in pieces, by their index. */
  pieces: Map<number, ToolCall>;
  finishReason: string | undefined;
  usage: Record<string, unknown> | undefined;
  model: string | undefined;
  servedBy: string | undefined;
  /** Milliseconds from the request to the first text. Undefined without any text. */
  firstTextMs: number | undefined;
  incomplete: string | undefined;
}

function invocationsPath(endpoint: string, entity: string | undefined): string {
  const base = `/serving-endpoints/${segment(endpoint)}`;
  return entity === undefined ? `${base}/invocations` : `${base}/served-models/${segment(entity)}/invocations`;
}

/** Path and options of an inference request, for the workspace or the endpoint's own URL. */
function route(endpoint: string, { entity, target }: QueryOptions, request: RequestOptions): [string, RequestOptions] {
  if (!target) return [invocationsPath(endpoint, entity), request];
  return [target.path, { ...request, target: { origin: target.origin, bearer: target.bearer } }];
}

/** Sends one inference request. It is never retried after a timeout or a lost answer, because it may have run and costs money. */
export async function invoke(http: Http, endpoint: string, body: unknown, options: QueryOptions): Promise<Reply> {
  const answer = await http.open('POST', ...route(endpoint, options, { body, timeoutMs: options.timeoutMs }));
  const value = await wholeBody(answer, endpoint, options);
  return { body: clipDepth(value), servedBy: servedBy(answer), ...(isTooDeep(value) ? { clipped: true } : {}) };
}

/** The body of an answer that is no stream. @throws TransportError when it is empty or cut: the model may have run. */
async function wholeBody(answer: Answer, endpoint: string, { entity }: QueryOptions): Promise<unknown> {
  const request = { method: 'POST', path: invocationsPath(endpoint, entity), sent: true };
  const text = await answer.text();
  if (text.trim() === '')
    throw new TransportError('empty', request, `the model answered nothing: ${endpoint} sent an empty answer`);
  const value = parse(text);
  if (value === text && /json/i.test(String(answer.headers['content-type'] ?? ''))) {
    const message = `the answer of ${endpoint} is not complete JSON (${text.length} characters): it was cut off or altered on the way`;
    throw new TransportError('lost', request, message);
  }
  return value;
}

/**
 * Sends one inference request with `stream: true` and joins the events.
 * @param onText called with the whole text so far, each time it grows.
 * @param now milliseconds, for the time to the first text.
 */
export async function stream(
  http: Http,
  endpoint: string,
  body: Record<string, unknown>,
  options: QueryOptions & { onText: (soFar: string) => void; now: () => number },
): Promise<StreamedAnswer> {
  const started = options.now();
  const asked = { body: { ...body, stream: true }, accept: 'text/event-stream', timeoutMs: options.timeoutMs };
  const [path, request] = route(endpoint, options, asked);
  const answer = await http.open('POST', path, request);
  const seen = nothingYet(servedBy(answer));
  if (!/event-stream/i.test(String(answer.headers['content-type'] ?? ''))) {
    // A custom model may ignore `stream` (fact Q17). Its whole answer is still an answer.
    take(seen, clipDepth(await wholeBody(answer, endpoint, options)));
    seen.firstTextMs = options.now() - started;
    return seen;
  }
  const late = () => options.now() - started > options.timeoutMs;
  let finished = false;
  try {
    for await (const data of events(withDeadline(answer.body, { method: 'POST', path }, late), () => {
      finished = true;
    })) {
      const elapsed = options.now() - started;
      const before = seen.text.length;
      if (take(seen, clipDepth(parse(data)))) finished = true;
      if (seen.incomplete !== undefined) break;
      if (seen.text.length > before) {
        seen.firstTextMs ??= elapsed;
        options.onText(seen.text);
      }
    }
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    seen.incomplete = error.message;
    return seen;
  }
  if (!finished && seen.incomplete === undefined) seen.incomplete = 'the stream ended without its end mark';
  return seen;
}

function nothingYet(entity: string | undefined): StreamedAnswer {
  return {
    text: '',
    reasoning: '',
    toolCalls: [],
    pieces: new Map(),
    finishReason: undefined,
    usage: undefined,
    model: undefined,
    servedBy: entity,
    firstTextMs: undefined,
    incomplete: undefined,
  };
}

/** A whole answer of a chat, completion or agent endpoint in the form of a joined stream. Undefined for other families. */
export function joinAnswer(body: Record<string, unknown>): StreamedAnswer | undefined {
  const seen = nothingYet(undefined);
  take(seen, body);
  for (const item of Array.isArray(body.output) ? body.output : []) {
    if (!isObject(item)) continue;
    const { text, toolCall } = readOutputItem(item);
    seen.text += text;
    if (toolCall) seen.toolCalls.push(toolCall);
  }
  if (Array.isArray(body.messages)) for (const message of body.messages) takeMessage(seen, message);
  const known = Array.isArray(body.choices) || Array.isArray(body.output) || Array.isArray(body.messages);
  return known ? seen : undefined;
}

/** Reads one event or a whole answer into `seen`. True when it completes the answer. */
function take(seen: StreamedAnswer, event: unknown): boolean {
  if (!isObject(event)) return false;
  if (event.error !== undefined && event.error !== null) {
    const error = isObject(event.error) ? (event.error.message ?? JSON.stringify(event.error)) : event.error;
    seen.incomplete = `the service reported an error in the stream: ${String(error)}`;
    return true;
  }
  if (typeof event.model === 'string') seen.model = event.model;
  if (isObject(event.usage)) seen.usage = event.usage; // the sum so far on some models, so the last one counts (fact Q5)
  if (typeof event.type === 'string') return takeResponsesEvent(seen, event.type, event);
  let done = false;
  for (const choice of Array.isArray(event.choices) ? event.choices : []) {
    if (!isObject(choice)) continue;
    const finish = choice.finish_reason ?? choice.finishReason;
    if (typeof finish === 'string') {
      seen.finishReason = finish;
      done = true;
    }
    takeMessage(seen, isObject(choice.delta) ? choice.delta : choice.message);
    if (typeof choice.text === 'string') seen.text += choice.text;
  }
  if (isObject(event.delta)) takeMessage(seen, event.delta); // ChatAgent frames have no `choices` (fact Q7)
  if (typeof event.finish_reason === 'string') {
    seen.finishReason = event.finish_reason;
    done = true;
  }
  return done;
}

function takeMessage(seen: StreamedAnswer, message: unknown): void {
  if (!isObject(message) || message.role === 'tool') return; // the output of a tool is not the answer of the agent
  const content = readContent(message.content);
  seen.text += content.text;
  seen.reasoning +=
    content.reasoning + (typeof message.reasoning_content === 'string' ? message.reasoning_content : '');
  for (const call of Array.isArray(message.tool_calls) ? message.tool_calls : [])
    if (isObject(call)) takeToolCall(seen, call);
}

/** With an `index` it is a piece of a call. Without one it is a whole call, as agents send it (fact Q7). */
function takeToolCall(seen: StreamedAnswer, call: Record<string, unknown>): void {
  const fn = isObject(call.function) ? call.function : {};
  const name = typeof fn.name === 'string' ? fn.name : '';
  const args = typeof fn.arguments === 'string' ? fn.arguments : '';
  const index = typeof call.index === 'number' ? call.index : undefined;
  const known = index === undefined ? undefined : seen.pieces.get(index);
  if (known) {
    known.name += name;
    known.arguments += args;
    return;
  }
  const begun = defined({ name, arguments: args, index });
  seen.toolCalls.push(begun);
  if (index !== undefined) seen.pieces.set(index, begun);
}

/** An event of a Responses agent. A supervisor sends its text only in `output_item.done` (fact Q6). */
function takeResponsesEvent(seen: StreamedAnswer, type: string, event: Record<string, unknown>): boolean {
  if (type === 'response.output_text.delta' && typeof event.delta === 'string') seen.text += event.delta;
  if (type === 'response.reasoning_summary_text.delta' && typeof event.delta === 'string')
    seen.reasoning += event.delta;
  if (type === 'response.output_item.done' && isObject(event.item)) {
    const item = readOutputItem(event.item);
    if (item.text && !seen.text.endsWith(item.text)) seen.text += item.text;
    if (item.toolCall) seen.toolCalls.push(item.toolCall);
    return true;
  }
  if (type === 'response.completed' || type === 'responses.completed') {
    if (isObject(event.response) && isObject(event.response.usage)) seen.usage = event.response.usage;
    seen.finishReason ??= 'completed';
    return true;
  }
  if (type === 'error' || type === 'response.failed') {
    seen.incomplete = `the service reported an error in the stream: ${String(event.message ?? JSON.stringify(event))}`;
  }
  return false;
}

/** Text and reasoning of a message's `content`: a string, or parts of several kinds (fact Q8). */
export function readContent(content: unknown): { text: string; reasoning: string } {
  if (typeof content === 'string') return { text: content, reasoning: '' };
  let text = '';
  let reasoning = '';
  for (const part of Array.isArray(content) ? content : []) {
    if (!isObject(part)) continue;
    if (part.type === 'reasoning') {
      for (const summary of Array.isArray(part.summary) ? part.summary : []) {
        if (isObject(summary) && typeof summary.text === 'string') reasoning += summary.text;
      }
    } else if (typeof part.text === 'string') text += part.text;
  }
  return { text, reasoning };
}

/** Text or tool call of one item of a Responses agent's `output`. */
export function readOutputItem(item: Record<string, unknown>): {
  text: string;
  toolCall?: ToolCall;
} {
  if (item.type === 'function_call') {
    return { text: '', toolCall: { name: String(item.name ?? ''), arguments: String(item.arguments ?? '') } };
  }
  return { text: item.type === 'message' ? readContent(item.content).text : '' };
}

function servedBy(answer: Answer): string | undefined {
  const value = answer.headers['served-model-name'];
  return Array.isArray(value) ? value[0] : value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

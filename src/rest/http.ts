import { setMaxListeners } from 'node:events';
import type { Dispatcher } from 'undici';
import type { HttpProxy } from '../connection/proxy.ts';
import { isTooDeep, MAX_DEPTH } from '../depth.ts';
import { effectUnknown, saysTokenExpired } from './effect.ts';
import { ApiError, redirected, TransportError, toApiError, type UnreachedError } from './errors.ts';
import { createLine, type Line } from './line.ts';
import { isInferencePath } from './names.ts';
import { retryDelay } from './retry.ts';
import { boundedBody, MAX_BODY, readText, transportError, unlessAborted, withDeadline } from './transport.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a request is signed with. Implemented by the credentials of `src/auth`. */
export interface Signer {
  host: string;
  /** How it signs, for records: never a secret. */
  authType: string;
  profile?: string | undefined;
  /** The name of the person, where a server acts for several. */
  user?: string | undefined;
  /** Where the workspace runs, if its host, its own metadata or the configuration says so. */
  cloud?: 'aws' | 'azure' | 'gcp' | undefined;
  headers(signal?: AbortSignal): Promise<Record<string, string>>;
  bearer(signal?: AbortSignal): Promise<string>;
  /** @param authorization the refused header. @returns whether another token can be had. */
  invalidate(authorization?: string): boolean;
}

export interface RequestOptions {
  /** Sent as JSON. Explicit `false` and `0` reach the wire (fact E14); `undefined` members do not. */
  body?: unknown;
  /** JSON that is sent as it is, with all digits of its numbers. */
  json?: string;
  /** Sent as it is, as the content of a file. */
  bytes?: string;
  /** Sent as a form, for OAuth exchanges. It is made for each try, because it may contain a token that was renewed. */
  form?: () => Promise<URLSearchParams>;
  query?: Record<string, string | undefined>;
  /** Further headers. */
  headers?: Record<string, string>;
  accept?: string;
  /** Whether the request may be retried when its effect is unknown. Default: only for GET. */
  repeatable?: boolean;
  /**
   * Never retry, even when the service did not accept the request. For requests that replace a whole: someone else may change it during the pause,
   * and the old body would undo that.
   */
  noRetry?: boolean;
  /** Longest silence of the service, in milliseconds. Default 60 s, as in the official SDKs (fact H8). */
  timeoutMs?: number;
  /** Largest answer in bytes, where it is smaller than for others. */
  maxBody?: number;
  /** Return every answer, also refusals, redirects and pages, for a reader that compares answers. A failure of the connection still throws. */
  asIs?: boolean;
  /** Send no login. For what a host says to everyone. */
  unsigned?: boolean;
  /** Another origin than the workspace's, with its own bearer: that of a route-optimized endpoint (fact D1). */
  target?: { origin: string; bearer: string };
}

/** A successful answer whose body is not read yet. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: AsyncIterable<Uint8Array>;
  text(): Promise<string>;
}

/** One request that reached the service, for the journal: no headers, no bodies. */
export interface SentRequest {
  method: Method;
  path: string;
  status: number;
  requestId: string | undefined;
}

/** What a connection may send: reads, reads and inferences, or reads and changes. */
export type Access = 'read' | 'query' | 'write';

/** A request that does not leave under the caller's own identity: it is not sent, or it leaves under the identity of the app. */
export type Detour = UnreachedError | 'app';

/** What binds a connection to one call. */
export interface Binding {
  /** Ends reads, inferences and pauses. A request that changes something and is under way runs to its answer. Nothing begins after it. */
  signal: AbortSignal;
  access: Access;
  onSent?: (request: SentRequest) => void;
  /** Called before a request takes a detour. */
  onDetour?: (detour: Detour) => void;
}

/** The one way to the workspace: authentication, JSON, time limits, errors and retries live here and nowhere else. */
export interface Http {
  /** The JSON value answered; `{}` for the empty answer to a change (fact E13). Throws {@link ApiError} or {@link TransportError}. */
  json(method: Method, path: string, options?: RequestOptions): Promise<unknown>;
  /** The body as text. */
  text(method: Method, path: string, options?: RequestOptions): Promise<string>;
  /** The answer before its body is read. A connection lost while reading throws {@link TransportError}; the request is not retried. */
  open(method: Method, path: string, options?: RequestOptions): Promise<Answer>;
  /** The detour that a request would take. A connection without this takes none. */
  detour?(method: Method, path: string): Detour | undefined;
  /** Host and bearer of the workspace, for flows that need both. Resolves the credentials. */
  signer(): Promise<Signer>;
  /** The earliest time that the service can give to something that it does from now on, by its own clock. Epoch milliseconds. */
  earliest(): number;
  /** The time by the clock of the service, as its latest answer showed it. Every time of an endpoint and of its log lines is on that clock. */
  time(): number;
  /** How many times faster than this machine's the clock of the service runs: 1, except in a sandbox. */
  pace(): number;
  /** The id of the workspace, as its answers name it (fact W6). Undefined before the first answer, and where no answer names it. */
  workspaceId(): string | undefined;
  /** The same connection for one tool call: bound to its signal and access, reporting the requests it sent. An unbound connection may send everything. */
  bind(binding: Binding): Http;
  close(): Promise<void>;
}

export interface HttpEnvironment {
  /** Called at the first request and after a failure: start-up needs no credentials. */
  credentials: (signal?: AbortSignal) => Promise<Signer>;
  now: () => number;
  random: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  userAgent: string;
  /** Maximum body size in bytes. A larger body is refused while it arrives. Default 64 MiB. */
  maxBody?: number;
  /** The proxy for an origin. Default: none. @throws ProxyError */
  proxy?: (origin: URL) => HttpProxy | undefined;
  /** Connections that several of these share. Default: its own. */
  line?: Line;
  log: (line: string) => void;
}

const DEFAULT_TIMEOUT = 60_000;

/** The connection to the workspace. Creating it sends nothing, reads no credentials and does not load undici. The first request does. */
export function createHttp(environment: HttpEnvironment): Http {
  const line = environment.line ?? createLine(environment);
  const { clock } = line;
  let workspace: string | undefined;

  async function sendOnce(
    { host, auth }: { host: string; auth: Record<string, string> },
    method: Method,
    path: string,
    options: RequestOptions,
    binding: Partial<Binding>,
  ): Promise<Answer> {
    binding.signal?.throwIfAborted();
    const signal = isChange(binding, method, path) ? undefined : binding.signal;
    const origin = options.target?.origin ?? host;
    const timeout = options.timeoutMs ?? DEFAULT_TIMEOUT;
    const request = { method, path, sent: true };
    const payload = await payloadOf(options);
    let response: Dispatcher.ResponseData;
    try {
      const sending = (await line.pool(origin)).request({
        origin,
        method,
        path: path + queryString(options.query),
        headers: {
          ...(options.unsigned ? {} : auth),
          accept: options.accept ?? 'application/json',
          'user-agent': environment.userAgent,
          ...options.headers,
          ...(payload === undefined ? {} : { 'content-type': payload.type }),
        },
        body: payload?.text ?? null,
        headersTimeout: timeout,
        bodyTimeout: timeout,
        signal: signal ?? null,
      });
      response = await unlessAborted(sending, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw transportError(error, request, origin, timeout);
    }
    if (!options.target) {
      clock.hear(response.headers.date);
      const id = String(response.headers['x-databricks-org-id'] ?? '');
      if (/^\d{1,20}$/.test(id)) workspace = id;
    }
    const requestId = response.headers['x-request-id'];
    binding.onSent?.({
      method,
      path,
      status: response.statusCode,
      requestId: Array.isArray(requestId) ? requestId[0] : requestId,
    });
    const max = Math.min(options.maxBody ?? MAX_BODY, environment.maxBody ?? MAX_BODY);
    const body = boundedBody(response.body, request, origin, timeout, signal, max);
    const begun = environment.now();
    const late = () => environment.now() - begun > timeout;
    const text = () => readText(withDeadline(body, request, late));
    if (options.asIs) return { status: response.statusCode, headers: response.headers, body, text };
    const html = /text\/html/i.test(String(response.headers['content-type'] ?? ''));
    if (response.statusCode >= 300 && response.statusCode < 400) {
      await text().catch(() => '');
      throw redirected(response.statusCode, String(response.headers.location ?? 'elsewhere'), request);
    }
    if (response.statusCode >= 400 || html) {
      const refusal = { status: response.statusCode, headers: response.headers, text: await text(), method, path };
      throw toApiError(refusal, environment.now());
    }
    return { status: response.statusCode, headers: response.headers, body, text };
  }

  async function send(
    method: Method,
    path: string,
    options: RequestOptions,
    binding: Partial<Binding>,
    read: (answer: Answer) => Promise<unknown>,
  ): Promise<unknown> {
    if (binding.access !== undefined && !allows(binding.access, method, path))
      throw new Error(`${method} ${path} was blocked: this connection has ${binding.access} access only`);
    const repeatable = options.repeatable ?? method === 'GET';
    const changes = isChange(binding, method, path);
    const signer = await environment.credentials(binding.signal);
    const headers = async () =>
      options.target ? { authorization: `Bearer ${options.target.bearer}` } : signer.headers(binding.signal);
    let auth = await headers();
    let renewed = false;
    let waited = 0;
    const earlier: Earlier = { unclear: undefined, busy: false };
    // What a change met before its caller went away says whether it took effect.
    const lastWord = (error: unknown) => (changes ? afterEarlier(error, earlier) : binding.signal?.reason);
    const stopped = (failure: unknown) => (error: unknown) => {
      throw binding.signal?.aborted ? lastWord(failure) : error;
    };
    for (let attempt = 1; ; attempt++) {
      try {
        return await read(await sendOnce({ host: signer.host, auth }, method, path, options, binding));
      } catch (error) {
        if (binding.signal?.aborted) throw lastWord(error);
        const refused = auth.authorization;
        if (!renewed && !options.target && saysTokenExpired(error) && signer.invalidate(refused)) {
          renewed = true;
          auth = await headers().catch(stopped(error));
          // The service refused the request unread, so a retry with a new token repeats nothing. A source may only have the old one.
          if (auth.authorization === refused) throw afterEarlier(error, earlier);
          attempt--;
          continue;
        }
        const random = environment.random();
        const delay = options.noRetry ? undefined : retryDelay(error, attempt, repeatable, random, waited);
        if (delay === undefined) throw afterEarlier(error, earlier);
        waited += delay;
        if (effectUnknown(error)) earlier.unclear ??= error;
        if (error instanceof ApiError && error.status === 503) earlier.busy = true;
        environment.log(`${method} ${path}: ${String(error)}; retrying in ${Math.round(delay)} ms`);
        await environment.sleep(delay, binding.signal).catch(stopped(error));
        auth = await headers().catch(stopped(error));
      }
    }
  }

  function bound(binding: Partial<Binding>): Http {
    return {
      async json(method, path, options = {}) {
        return send(method, path, options, binding, async (answer) =>
          parseJson(await answer.text(), answer, method, path),
        );
      },
      async text(method, path, options = {}) {
        return String(await send(method, path, options, binding, (answer) => answer.text()));
      },
      async open(method, path, options = {}) {
        let opened: Answer | undefined;
        await send(method, path, options, binding, async (answer) => {
          opened = answer;
        });
        if (!opened) throw new Error('unreachable: send returned without an answer');
        return opened;
      },
      signer: () => environment.credentials(binding.signal),
      earliest: clock.earliest,
      time: clock.time,
      pace: clock.pace,
      workspaceId: () => workspace,
      bind(inner) {
        // A call may send many requests at once, and each listens to its signal.
        setMaxListeners(0, inner.signal);
        return bound(inner);
      },
      async close() {
        if (!environment.line) await line.close();
      },
    };
  }
  return bound({});
}

/** Earlier tries of the same request. */
interface Earlier {
  /** The first failure after which the request may have taken effect. */
  unclear: unknown;
  /** Whether a try was answered with 503. */
  busy: boolean;
}

/** The last failure of a request, or an earlier one that says more: a refusal of the last try does not undo the first. */
function afterEarlier(error: unknown, { unclear, busy }: Earlier): unknown {
  if (unclear !== undefined) return unclear;
  return busy && error instanceof ApiError ? new ApiError({ ...error, afterBusy: true }) : error;
}

/** A statement of ours reads, and its cancellation ends that read. `src/rest/sql.ts` sends both, and the texts are in `src/usage/`. */
const STATEMENT = /^\/api\/2\.0\/sql\/statements(?:\/[\w-]+\/cancel)?$/;

/** A `query` connection may POST only inferences and the token exchange that they need. */
function allows(access: Access, method: Method, path: string): boolean {
  if (method === 'GET' || (method === 'POST' && STATEMENT.test(path))) return true;
  const asks = method === 'POST' && (isInferencePath(path) || path === '/oidc/v1/token');
  return access === (asks ? 'query' : 'write');
}

/** Whether a request of a bound connection changes something. Nothing cuts such a request off, so that its effect becomes known. */
function isChange({ access }: Partial<Binding>, method: Method, path: string): boolean {
  return access === 'write' && !allows('read', method, path);
}

async function payloadOf({
  body,
  json,
  bytes,
  form,
}: RequestOptions): Promise<{ type: string; text: string } | undefined> {
  if (form) return { type: 'application/x-www-form-urlencoded', text: (await form()).toString() };
  if (json !== undefined) return { type: 'application/json', text: json };
  if (bytes !== undefined) return { type: 'application/octet-stream', text: bytes };
  return body === undefined ? undefined : { type: 'application/json', text: JSON.stringify(body) };
}

function parseJson(text: string, answer: Answer, method: Method, path: string): unknown {
  if (text.trim() === '') {
    // Some changes have no content in their answer (fact E13). A read always has some, so a proxy dropped it.
    if (method !== 'GET') return {};
    throw new TransportError('empty', { method, path, sent: true }, `the answer to GET ${path} is empty`);
  }
  const value = parsed(text, answer, method, path);
  if (!isTooDeep(value)) return value;
  const message = `the answer to ${method} ${path} is nested more than ${MAX_DEPTH} levels deep, so it was not read`;
  throw new TransportError('too_large', { method, path, sent: true }, message);
}

function parsed(text: string, answer: Answer, method: Method, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (/^\s*<(!doctype|html)/i.test(text)) {
      throw toApiError({ status: answer.status, headers: answer.headers, text, method, path }, 0);
    }
    const message = `the answer to ${method} ${path} is not whole JSON (${text.length} characters): it was cut or altered on the way`;
    throw new TransportError('lost', { method, path, sent: true }, message, cause);
  }
}

function queryString(query: Record<string, string | undefined> | undefined): string {
  if (!query) return '';
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as [string, string]],
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}

/** A request that changes something, as data. A preview shows it, and the runner of a write sends it. */
export interface WriteRequest<T = unknown> {
  method: Exclude<Method, 'GET'>;
  path: string;
  body?: unknown;
  /**
   * When it may be retried. `lost`: also when its effect is unknown, because a repeat changes nothing more. `refused`: only when the service was
   * too busy to accept it. `never`: it replaces a whole, which someone else may have changed in the meantime.
   */
  again: 'lost' | 'refused' | 'never';
  /** Reads the service's answer. @throws ZodError for an answer in an unknown form. */
  parse(answer: unknown): T;
}

/** The detour that the request of a write would take. */
export function detourOf({ method, path }: Pick<WriteRequest, 'method' | 'path'>, http: Http): Detour | undefined {
  return http.detour?.(method, path);
}

/** The `parse` of a request whose answer has no field that matters. */
export function unread(answer: unknown): unknown {
  return answer;
}

/** Sends a request, with the retries that it allows. @returns the raw answer. At that point the service has accepted the request. */
export function send(http: Http, { method, path, body, again }: WriteRequest): Promise<unknown> {
  return http.json(method, path, { body, repeatable: again === 'lost', noRetry: again === 'never' });
}

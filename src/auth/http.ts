import { Agent, buildConnector, type Dispatcher } from 'undici';
import { connectorFor } from '../connection/connector.ts';
import { ConnectError, ProxyError } from '../connection/errors.ts';
import { proxyFor } from '../connection/proxy.ts';
import { AuthError } from './errors.ts';

export interface Ask {
  url: URL;
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  /** Sent as application/x-www-form-urlencoded. */
  form?: Record<string, string>;
  /** Only one attempt, for services that answer at once or not at all. */
  once?: boolean;
  /** Milliseconds per attempt. */
  timeoutMs?: number;
}

export interface Answer {
  status: number;
  header(name: string): string | undefined;
  text: string;
}

/** Sends one request for authentication. Throws AuthError `token_endpoint` when there is no answer. */
export type Send = (ask: Ask) => Promise<Answer>;

// Token requests without a limit can hang a whole session. A healthy issuer answers within a second.
const ATTEMPT_TIMEOUT_MS = 10_000;
// A tool call takes at most about 45 s, including the actual request.
const BUDGET_MS = 30_000;
const BACKOFF_MS = [500, 1_000, 2_000];
const MAX_RETRY_AFTER_MS = 10_000;
const BUSY = new Set([429, 502, 503, 504]);
const MAX_ANSWER_BYTES = 1_000_000;

/**
 * Makes the function that sends requests for authentication. It does not follow redirects, because a secret must not follow one. It
 * retries 429, 502, 503, 504 and network failures up to three times within 30 s, and respects `Retry-After` up to 10 s.
 */
export function createHttp(environment: {
  env: Record<string, string | undefined>;
  now(): number;
  sleep(ms: number): Promise<void>;
  dispatcher?: Dispatcher | undefined;
}): Send {
  const choose = dispatcherFor(environment.env, environment.dispatcher);

  async function attempt(ask: Ask): Promise<Answer> {
    const headers: Record<string, string> = { accept: 'application/json', ...ask.headers };
    let body: string | undefined;
    if (ask.form !== undefined) {
      headers['content-type'] = 'application/x-www-form-urlencoded';
      body = new URLSearchParams(ask.form).toString();
    }
    const { origin, pathname, search } = ask.url;
    const response = await choose(ask.url).request({
      origin,
      path: `${pathname}${search}`,
      method: ask.method ?? 'GET',
      headers,
      body: body ?? null,
      signal: AbortSignal.timeout(ask.timeoutMs ?? ATTEMPT_TIMEOUT_MS),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response.body) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > MAX_ANSWER_BYTES) throw new AnswerTooLong();
      chunks.push(bytes);
    }
    return {
      status: response.statusCode,
      header: (name) => {
        const value = response.headers[name.toLowerCase()];
        return Array.isArray(value) ? value[0] : value;
      },
      text: Buffer.concat(chunks).toString('utf8'),
    };
  }

  return async (ask) => {
    const started = environment.now();
    for (let tries = 0; ; tries += 1) {
      let answer: Answer | undefined;
      let failure: unknown;
      try {
        answer = await attempt(ask);
      } catch (error) {
        failure = error;
      }
      const wait = waitBeforeRetry(answer, failure, tries);
      const mayRetry = ask.once !== true && wait !== undefined && environment.now() - started + wait <= BUDGET_MS;
      if (!mayRetry) {
        if (answer !== undefined) return answer;
        throw unreachable(ask.url, failure);
      }
      await environment.sleep(wait);
    }
  };
}

function waitBeforeRetry(answer: Answer | undefined, failure: unknown, tries: number): number | undefined {
  const backoff = BACKOFF_MS[tries];
  if (backoff === undefined) return undefined;
  if (answer === undefined) return isTransient(failure) ? backoff : undefined;
  if (!BUSY.has(answer.status)) return undefined;
  const seconds = Number(answer.header('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, MAX_RETRY_AFTER_MS) : backoff;
}

class AnswerTooLong extends Error {}

// A retry does not help with certificates and malformed requests.
function isTransient(failure: unknown): boolean {
  if (failure instanceof AnswerTooLong) return false;
  if (failure instanceof ProxyError) return failure.transient;
  const code = codeOf(failure);
  return !/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME|^ERR_TLS|^ERR_SSL|UND_ERR_INVALID_ARG/.test(code);
}

function codeOf(failure: unknown): string {
  if (failure instanceof ConnectError) return codeOf(failure.cause);
  if (!(failure instanceof Error)) return 'unknown failure';
  if ('code' in failure && typeof failure.code === 'string') return failure.code;
  return failure.name === 'TimeoutError' ? 'no answer in time' : failure.name;
}

function unreachable(url: URL, failure: unknown): AuthError {
  // Only the origin, because the paths and queries of some of these URLs are secret.
  const where = url.origin;
  if (failure instanceof AnswerTooLong) {
    return new AuthError('token_endpoint', `${where} sent over 1 MB instead of a token`, 'Check the host.');
  }
  if (failure instanceof ProxyError) return new AuthError('token_endpoint', failure.message, failure.next);
  const code = codeOf(failure);
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code)) {
    return new AuthError(
      'token_endpoint',
      `the TLS certificate of ${where} is not trusted (${code})`,
      'Behind a proxy that intercepts TLS, set NODE_EXTRA_CA_CERTS to its CA file. Otherwise check the host.',
    );
  }
  return new AuthError(
    'token_endpoint',
    `cannot reach ${where} (${code})`,
    'Check the host, the network or VPN, and HTTPS_PROXY / NO_PROXY.',
  );
}

function dispatcherFor(
  env: Record<string, string | undefined>,
  given: Dispatcher | undefined,
): (url: URL) => Dispatcher {
  if (given !== undefined) return () => given;
  const agents = new Map<string, Agent>();
  return (url) => {
    const proxy = proxyFor(url, env);
    const key = proxy?.url.href ?? 'direct';
    const agent = agents.get(key) ?? new Agent({ connect: connectorFor(buildConnector, proxy) });
    agents.set(key, agent);
    return agent;
  };
}

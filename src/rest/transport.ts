/** Failures of the connection, with their meaning: whether the request was sent, and whether a retry can help. */
import { ConnectError, ProxyError } from '../connection/errors.ts';
import { TransportError } from './errors.ts';

/** 64 MiB. A larger body is refused while it arrives, so that one answer cannot fill the memory. */
export const MAX_BODY = 64 * 1024 * 1024;

/**
 * The chunks of a body, until `late` returns true. A body that trickles in, or sends only comments, never triggers the limit for silence and
 * could hold a call for hours. @throws TransportError `timeout`, after the first late chunk.
 */
export async function* withDeadline(
  body: AsyncIterable<Uint8Array>,
  request: { method: string; path: string },
  late: () => boolean,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    yield chunk;
    if (!late()) continue;
    const message = `the answer to ${request.method} ${request.path} did not end in time, so reading stopped`;
    throw new TransportError('timeout', { ...request, sent: true }, message);
  }
}

/** The result of some work, or an error as soon as the signal aborts. undici itself notices an abort only once it is connected. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** The whole body as text. */
export async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return new TextDecoder().decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
}

function tooLarge(request: { method: string; path: string }, max: number): TransportError {
  const message = `the answer to ${request.method} ${request.path} is larger than ${max / 1024 / 1024} MiB, so reading stopped`;
  return new TransportError('too_large', { ...request, sent: true }, message);
}

/** A body with a size limit, whose failures are {@link TransportError}s. */
export async function* boundedBody(
  body: AsyncIterable<Uint8Array>,
  request: { method: string; path: string; sent: boolean },
  origin: string,
  timeout: number,
  signal: AbortSignal | undefined,
  max: number,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.byteLength;
      if (size > max) throw tooLarge(request, max);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof TransportError) throw error;
    signal?.throwIfAborted();
    throw transportError(error, request, origin, timeout);
  }
}

/** Codes of Node and undici for requests that the service cannot have seen. */
const NOT_SENT = new Set(['ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

const NO_WAY =
  'Check the network, the VPN and the workspace host, then repeat the call. If only a proxy leads out of this network, set HTTPS_PROXY and restart this server.';
const NO_NAME =
  'Correct the workspace host (--host, DATABRICKS_HOST or the profile). If the workspace has only a private address, this machine needs the DNS and the VPN of its network.';
const NO_TLS =
  'Check the workspace host and its port. A proxy or firewall between may break TLS: ask its administrator.';

const CERTIFICATE = /CERT|SIGNATURE|SELF_SIGNED|ALTNAME|UNABLE_TO_/;

function certificateAdvice(code: string): string {
  if (code.includes('ALTNAME'))
    return 'The certificate is for another host. Check the workspace host. Behind a private DNS, its administrator checks where the name leads.';
  if (code.includes('EXPIRED') || code.includes('NOT_YET'))
    return 'Check the clock of this machine. If it is right, a proxy between has an old certificate: ask its administrator.';
  return 'A proxy or firewall that reads TLS has a certificate of its own. Set NODE_EXTRA_CA_CERTS to its CA file and restart this server.';
}

/** An error of the connection as a {@link TransportError}. */
export function transportError(
  error: unknown,
  request: { method: string; path: string; sent: boolean },
  origin: string,
  timeout: number,
): TransportError {
  if (error instanceof ProxyError)
    return new TransportError(
      error.transient ? 'refused' : 'unreachable',
      { ...request, sent: false },
      error.message,
      error,
    );
  const code = errorCode(error);
  const what = `${request.method} ${request.path}`;
  const unsent = (kind: TransportError['kind'], message: string, next: string) =>
    new TransportError(kind, { ...request, sent: false }, message, error, next);
  if (NOT_SENT.has(code)) return unsent('refused', `${origin} cannot be reached (${code})`, NO_WAY);
  if (code === 'ENOTFOUND')
    return unsent('unreachable', `${origin} is not a known host (${code}); check the workspace host`, NO_NAME);
  if (CERTIFICATE.test(code)) {
    const message = `the certificate of ${origin} is not valid (${code}); nothing was sent`;
    return unsent('unreachable', message, certificateAdvice(code));
  }
  if (/SSL|TLS|EPROTO/.test(code) && error instanceof ConnectError)
    return unsent(
      'unreachable',
      `${origin} does not speak TLS as this machine does (${code}); nothing was sent`,
      NO_TLS,
    );
  if (error instanceof ConnectError) {
    const message = `the connection to ${origin} failed before anything was sent (${code || 'closed'})`;
    return new TransportError('refused', { ...request, sent: false }, message, error);
  }
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    const message = `no answer to ${what} within ${Math.round(timeout / 1000)} s`;
    return new TransportError('timeout', request, message, error);
  }
  return new TransportError('lost', request, `the answer to ${what} was lost (${code || 'connection closed'})`, error);
}

function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if (error instanceof ConnectError) return errorCode(error.cause);
  if ('code' in error && typeof error.code === 'string') return error.code;
  if ('errors' in error && Array.isArray(error.errors)) return errorCode(error.errors[0]);
  return 'cause' in error ? errorCode(error.cause) : '';
}

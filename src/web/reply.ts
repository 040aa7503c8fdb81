/** Answers of the server: a refusal, or what the protocol answered. Nothing of an error or of a request's headers gets into them. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type HttpRefusal, refusalBody } from './refusal.ts';

const ALWAYS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** Bytes that are thrown away of a refused body. */
export const LINGER_BYTES = 1024 * 1024;

/** Limits on a client that still sends after its request was refused. */
interface LingerLimits {
  /** Milliseconds. */
  lingerMs: number;
  bytes: number;
}

/**
 * Refuses a request at once. A body that is still to come is thrown away, so that the next request on the connection can be read. One that is too long
 * or too slow for that ends the connection, a while after the answer: a connection that is closed while data arrives is reset, and the client would
 * never see why.
 */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  refused: HttpRefusal,
  headers: Record<string, string>,
  limits: LingerLimits,
): void {
  if (response.headersSent) return void response.destroy();
  const body = Buffer.from(refusalBody(refused));
  const unread = !request.complete && hasBody(request);
  response.writeHead(refused.status, {
    ...ALWAYS,
    ...(unread && mayBeLong(request, limits) ? { connection: 'close' } : {}),
    ...headers,
    ...refused.headers,
    'content-type': 'application/json',
    'content-length': body.length,
  });
  if (!unread) return void response.end(body);
  response.write(body);
  let left = limits.bytes;
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const cut = () => {
    end();
    request.socket.destroySoon();
  };
  const timer = setTimeout(cut, limits.lingerMs);
  request.on('data', (part: Buffer) => {
    left -= part.length;
    if (left < 0) cut();
  });
  request.once('end', end).once('close', end).resume();
}

/** Whether the rest of a body is not worth reading, or may never come: its client waits to be asked. */
function mayBeLong({ headers }: IncomingMessage, { bytes }: LingerLimits): boolean {
  return headers.expect !== undefined || Number(headers['content-length'] ?? 0) > bytes;
}

/** Whether a body follows the head, complete or not. */
function hasBody({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined;
}

/** An answer without a protocol: that of the health check or of a preflight. */
export function answerPlainly(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body?: object,
): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const length = status === 204 ? {} : { 'content-length': Buffer.byteLength(text) };
  response.writeHead(status, { ...ALWAYS, ...headers, ...type, ...length }).end(text);
}

/** Headers that belong to one connection. Node writes its own. */
const OF_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/**
 * Passes on what the protocol answered, as fast as the client takes it. Resolves when all of it is sent or the client is gone.
 * @param sendMs how long a client may take nothing, in milliseconds. Its connection then ends.
 */
export async function passOn(
  answer: Response,
  response: ServerResponse,
  headers: Record<string, string>,
  sendMs: number,
): Promise<void> {
  const own = Object.fromEntries([...answer.headers].filter(([name]) => !OF_CONNECTION.has(name)));
  const reader = answer.body?.getReader();
  const closed = new Promise<void>((resolve) => response.once('close', resolve));
  void closed.then(() => reader?.cancel()).catch(() => {});
  /** Waits for the client, but not for ever. */
  const taken = async (event: Promise<unknown>) => {
    const timer = setTimeout(() => response.destroy(), sendMs);
    await Promise.race([event, closed]);
    clearTimeout(timer);
  };
  const head = { ...own, ...ALWAYS, ...headers };
  const parts: Uint8Array[] = [];
  const streams = answer.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  if (streams) response.writeHead(answer.status, head).flushHeaders();
  for (let part = await reader?.read(); part?.done === false && !response.destroyed; part = await reader?.read())
    if (!streams) parts.push(part.value);
    else if (!response.write(part.value)) await taken(once(response, 'drain'));
  if (streams) response.end();
  else {
    const body = Buffer.concat(parts);
    response.writeHead(answer.status, { ...head, 'content-length': body.length }).end(body);
  }
  await taken(closed);
}

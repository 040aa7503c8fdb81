/** The way to the host, step by step: name, connection or tunnel, TLS, and one request without credentials. */
import { lookup } from 'node:dns/promises';
import { request } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { ConnectError } from '../connection/errors.ts';
import { isLoopback } from '../connection/loopback.ts';
import type { HttpProxy } from '../connection/proxy.ts';
import { openTunnel } from '../connection/tunnel.ts';
import { TransportError } from '../rest/errors.ts';
import { transportError } from '../rest/transport.ts';
import { codeOf } from './explain.ts';
import { type Budget, inSeconds, TooLate } from './limit.ts';

/** Where a host describes itself. Authentication asks for it too, and older workspaces have no such page (fact I10). */
export const PAGE = '/.well-known/databricks-config';

export interface Reached {
  /** What worked, in order. */
  steps: string[];
  status: number;
  location: string | undefined;
  contentType: string;
  /** The clock of the host at the middle of the request, and that of this machine. Epoch milliseconds. */
  clock: { theirs: number; ours: number } | undefined;
  body: string;
}

/** Where a step failed. */
export class ReachError extends Error {
  override readonly name = 'ReachError';
  readonly steps: string[];
  override readonly cause: unknown;

  constructor(steps: string[], cause: unknown) {
    super('the host was not reached', { cause });
    this.steps = steps;
    this.cause = cause;
  }
}

/** Characters of the page that are read. A description of a host is short. */
const MAX_PAGE = 64 * 1024;

/**
 * Reaches a host as the server would, and asks for its description.
 * @throws ReachError, whose cause is a TransportError, a ProxyError or TooLate.
 */
export async function reach(
  origin: URL,
  proxy: HttpProxy | undefined,
  { budget, now, userAgent }: { budget: Budget; now: () => number; userAgent: string },
): Promise<Reached> {
  const steps: string[] = [];
  let socket: Socket | undefined;
  try {
    const plain = proxy ? await tunnelTo(origin, proxy, budget, steps) : await connectTo(origin, budget, steps);
    socket = plain;
    const way = origin.protocol === 'https:' ? await secured(plain, origin, budget, steps) : plain;
    socket = way;
    const answer = await step(budget, 'answer', origin, 'no answer', (signal) =>
      ask(way, origin, userAgent, now, signal),
    );
    return { steps, ...answer };
  } catch (error) {
    throw new ReachError(steps, error instanceof TransportError ? error : understood(error, origin, budget));
  } finally {
    socket?.destroy();
  }
}

/** System errors become those of requests, whose words and advice are known. */
function understood(error: unknown, origin: URL, { limits }: Budget): unknown {
  const code = codeOf(error);
  if (code.startsWith('HPE_')) {
    const message = `${origin.origin} does not answer as a web server does (${code})`;
    const next = 'Check the workspace host and its port.';
    return new TransportError('unreachable', { method: 'GET', path: PAGE, sent: true }, message, error, next);
  }
  return transportError(error, { method: 'GET', path: PAGE, sent: false }, origin.origin, limits.answer);
}

const NO_WAY =
  'Check the network, the VPN and the workspace host. If only a proxy leads out of this network, set HTTPS_PROXY.';

/** One step of the way. @param lacks what is missing when it takes too long. */
async function step<T>(
  budget: Budget,
  kind: 'connect' | 'answer',
  origin: URL,
  lacks: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await budget.within(kind, work);
  } catch (error) {
    if (!(error instanceof TooLate)) throw error;
    const message = `${origin.origin}: ${lacks} within ${inSeconds(error.ms)} s`;
    throw new TransportError('timeout', { method: 'GET', path: PAGE, sent: false }, message, error, NO_WAY);
  }
}

async function connectTo(origin: URL, budget: Budget, steps: string[]): Promise<Socket> {
  const host = origin.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) === 0 && !isLoopback(origin.hostname)) {
    const found = await step(budget, 'connect', origin, 'its name was not resolved', () =>
      asConnectError(lookup(host, { all: true })),
    );
    steps.push(
      `resolves to ${found[0]?.address ?? 'no address'}${found.length > 1 ? ` and ${found.length - 1} more` : ''}`,
    );
  }
  const port = Number(origin.port || (origin.protocol === 'https:' ? 443 : 80));
  const socket = await step(budget, 'connect', origin, 'no connection', (signal) =>
    ready(connect({ host, port }), 'connect', signal),
  );
  steps.push(`accepts connections on port ${port}`);
  return socket;
}

async function tunnelTo(origin: URL, proxy: HttpProxy, budget: Budget, steps: string[]): Promise<Socket> {
  const port = origin.port || (origin.protocol === 'https:' ? '443' : '80');
  const { limits } = budget;
  const socket = await step(budget, 'connect', origin, `no tunnel through the proxy ${proxy.name}`, () =>
    // A little less, so that its own error, which names the proxy, comes first.
    openTunnel(proxy, `${origin.hostname}:${port}`, limits.connect * 0.9),
  );
  steps.push(`is reached through a tunnel of the proxy ${proxy.name}`);
  return socket;
}

async function secured(socket: Socket, origin: URL, budget: Budget, steps: string[]): Promise<Socket> {
  const servername = origin.hostname.replace(/^\[|\]$/g, '');
  const secure = connectSecurely({ socket, ...(isIP(servername) === 0 ? { servername } : { host: servername }) });
  const done = await step(budget, 'connect', origin, 'no TLS handshake', (signal) =>
    ready(secure, 'secureConnect', signal),
  );
  steps.push('has a trusted certificate');
  return done;
}

/** A socket after its event. Before it, nothing was sent. @throws ConnectError */
function ready<S extends Socket>(socket: S, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<S> {
  return new Promise((resolve, reject) => {
    const fail = (cause?: unknown) => {
      socket.destroy();
      reject(new ConnectError('no connection', { cause }));
    };
    socket.on('error', fail);
    socket.once('close', () => fail());
    signal.addEventListener('abort', () => fail(signal.reason), { once: true });
    socket.once(event, () => resolve(socket));
  });
}

async function asConnectError<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new ConnectError('no connection', { cause });
  }
}

function ask(
  socket: Socket,
  origin: URL,
  userAgent: string,
  now: () => number,
  signal: AbortSignal,
): Promise<Omit<Reached, 'steps'>> {
  return new Promise((resolve, reject) => {
    const sent = now();
    const asked = request({
      method: 'GET',
      path: PAGE,
      headers: { host: origin.host, accept: 'application/json', 'user-agent': userAgent, connection: 'close' },
      createConnection: () => socket,
      signal,
    });
    asked.once('error', reject);
    asked.once('response', (response) => {
      const { statusCode: status = 0, headers } = response;
      const theirs = Date.parse(headers.date ?? '');
      const ours = (sent + now()) / 2;
      const chunks: Buffer[] = [];
      let size = 0;
      const finish = () =>
        resolve({
          status,
          location: headers.location,
          contentType: headers['content-type'] ?? '',
          clock: Number.isFinite(theirs) ? { theirs, ours } : undefined,
          body: Buffer.concat(chunks).toString('utf8'),
        });
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= MAX_PAGE) chunks.push(chunk);
        else finish();
      });
      response.once('end', finish).once('error', reject).once('aborted', finish);
    });
    asked.end();
  });
}

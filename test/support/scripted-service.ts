/** A small HTTP service on this machine. A test sets its handler and reads the requests it received. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createHttp, type Http, type HttpEnvironment } from '../../src/rest/http.ts';

export interface Received {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export type Handler = (request: Received, response: ServerResponse, index: number) => void;

export interface Service {
  origin: string;
  received: Received[];
  /** Replaces the handler; the first request after it has index 0. */
  answer(handler: Handler): void;
  close(): Promise<void>;
}

export async function startService(): Promise<Service> {
  const received: Received[] = [];
  let handler: Handler = (_request, response) => void response.end('{}');
  const server: Server = createServer((message, response) => {
    let body = '';
    message.setEncoding('utf8');
    message.on('data', (chunk: string) => {
      body += chunk;
    });
    message.on('end', () => {
      const request = { method: message.method ?? '', url: message.url ?? '', headers: message.headers, body };
      received.push(request);
      handler(request, response, received.length - 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    received,
    answer(next) {
      handler = next;
      received.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers with JSON. */
export function json(response: ServerResponse, status: number, value: unknown, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

export interface Tried {
  http: Http;
  /** Pauses in milliseconds. */
  pauses: number[];
  tokens: { issued: number; invalidated: number };
}

/** An Http with a stopped clock. It records its pauses and does not make them. @param options `staysOld`: the source has only the refused token. */
export function tryHttp(
  origin: string,
  options: Partial<HttpEnvironment> & { canRefresh?: boolean; staysOld?: boolean } = {},
): Tried {
  const pauses: number[] = [];
  const tokens = { issued: 0, invalidated: 0 };
  let token = 'fake-token-1';
  const { canRefresh = false, staysOld = false, ...environment } = options;
  const http = createHttp({
    credentials: async () => ({
      host: origin,
      authType: 'pat',
      headers: async () => ({ authorization: `Bearer ${token}` }),
      bearer: async () => token,
      // As the cache of tokens does, it renews a refused token once.
      invalidate(refused) {
        if (refused !== undefined && refused !== `Bearer ${token}`) return canRefresh;
        tokens.invalidated++;
        if (!staysOld) token = `fake-token-${tokens.invalidated + 1}`;
        return canRefresh;
      },
    }),
    now: () => Date.parse('2026-03-01T12:00:00Z'),
    random: () => 0,
    sleep: async (ms) => {
      pauses.push(ms);
    },
    userAgent: 'test/0.0.0',
    log: () => {},
    ...environment,
  });
  return { http, pauses, tokens };
}

/** The connections of the server: how many there are, and what a client hears whose request cannot be read. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type HttpRefusal, INVALID_REQUEST, refusal, refusalBody } from './refusal.ts';

export interface Connections {
  /** Call it at each request. */
  began(request: IncomingMessage, response: ServerResponse): void;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

/** @param most connections at a time. When they are all taken, idle ones make room for the next. */
export function watchConnections(server: Server, most: number): Connections {
  /** The exchanges of a connection that have not ended. */
  const open = new WeakMap<Socket, Set<Exchange>>();
  server.maxConnections = most;
  server.on('drop', () => server.closeIdleConnections());
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const others = [...(open.get(socket) ?? [])];
    // An answer to an unreadable request must not be taken for that to an earlier one. The request itself may be the only open one, in its body.
    const own =
      others.length === 1 && others[0] !== undefined && !others[0].request.complete && !others[0].response.headersSent;
    if (!socket.writable || error.code === 'ECONNRESET' || (others.length > 0 && !own)) return void socket.destroy();
    socket.end(rawAnswer(refusalOf(error)), () => socket.destroy());
  });
  server.on('connect', (_request, socket) => {
    socket.end(rawAnswer(refusal(405, 'this server is no proxy')), () => socket.destroy());
  });
  return {
    began(request, response) {
      const { socket } = request;
      const exchanges = open.get(socket) ?? new Set();
      open.set(socket, exchanges);
      const exchange = { request, response };
      exchanges.add(exchange);
      response.once('close', () => exchanges.delete(exchange));
    },
  };
}

function refusalOf({ code }: NodeJS.ErrnoException): HttpRefusal {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return refusal(431, 'the headers of the request are too long');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return refusal(413, 'the request has too much around its body');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return refusal(408, 'the request did not arrive in time');
    default:
      return { ...refusal(400, 'the request is not valid HTTP'), code: INVALID_REQUEST };
  }
}

const REASONS: Record<number, string> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Payload Too Large',
  431: 'Request Header Fields Too Large',
};

/** Written to the connection itself: there is no request that Node would let be answered. */
function rawAnswer(refused: HttpRefusal): string {
  const body = refusalBody(refused);
  return [
    `HTTP/1.1 ${refused.status} ${REASONS[refused.status]}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

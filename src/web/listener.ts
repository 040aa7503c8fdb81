/** A server of HTTP with limits on the time and the number of its connections. Its answers are the caller's. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { watchConnections } from './connections.ts';

/** Times are in milliseconds. */
export interface ListenerLimits {
  /** Connections at a time. Beyond it, idle ones are closed and new ones refused. */
  connections: number;
  /** Time for the head of a request, for its body, for a client that takes no part of its answer, and for an idle connection. */
  headMs: number;
  bodyMs: number;
  sendMs: number;
  idleMs: number;
  /** How long the rest of a refused body is thrown away. */
  lingerMs: number;
  /** A request is answered with an error after this time. Calls end earlier by themselves. */
  answerMs: number;
}

export interface Listener {
  /** @returns the port. @throws the error of the system when the address is in use. */
  listen(port: number, address: string): Promise<number>;
  /** Ends all connections. */
  close(): void;
}

/** Bytes of a head. Two tokens of the platform fit. */
const MAX_HEAD = 32 * 1024;

/** @param handle answers a request. `asks`: its client sends the body only after `writeContinue`. */
export function createListener(
  limits: ListenerLimits,
  handle: (request: IncomingMessage, response: ServerResponse, asks: boolean) => void,
): Listener {
  const server = createServer({
    maxHeaderSize: MAX_HEAD,
    headersTimeout: limits.headMs,
    requestTimeout: limits.headMs + limits.bodyMs + limits.lingerMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: Math.min(1_000, limits.headMs),
    requireHostHeader: true,
    insecureHTTPParser: false,
  });
  server.timeout = limits.answerMs + limits.sendMs; // a connection on which nothing moves
  server.maxHeadersCount = 0; // the head is refused for too many, where Node would drop them
  const connections = watchConnections(server, limits.connections);
  const taken = (asks: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    connections.began(request, response);
    handle(request, response, asks);
  };
  server.on('request', taken(false));
  // A body is asked for only when its request may pass.
  server.on('checkContinue', taken(true));
  return {
    async listen(port, address) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, address, () => {
          server.off('error', reject);
          resolve();
        });
      });
      return (server.address() as AddressInfo).port; // a server that listens on TCP
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A door in front of a server that can be shut: while it is, connections are refused as by a host that is down. */
import { connect, createServer, type Socket } from 'node:net';

export interface Relay {
  /** Where it listens, `http://127.0.0.1:PORT`. */
  host: string;
  shut(): Promise<void>;
  open(): Promise<void>;
  close(): Promise<void>;
}

/** Stands before `target`, an origin on this machine. */
export async function startRelay(target: string): Promise<Relay> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.setNoDelay(true);
      one.on('error', () => {}); // seen by the other side as a close
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  const listen = (at: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  await listen(0);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the relay has no port');
  const shut = async () => {
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
    // A turn for the client to learn that its idle connections are gone.
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return {
    host: `http://127.0.0.1:${address.port}`,
    shut,
    open: async () => {
      if (!server.listening) await listen(address.port);
    },
    close: shut,
  };
}

/** A proxy in front of a server that a test can close. A closed proxy refuses connections, as a host that is down does. */
import { connect, createServer, type Socket } from 'node:net';

export interface ClosableProxy {
  /** `http://127.0.0.1:PORT`. */
  host: string;
  /** Ends all connections and refuses new ones. */
  close(): Promise<void>;
  /** Listens on the same port again. */
  reopen(): Promise<void>;
}

/** @param target an origin on this machine. */
export async function startClosableProxy(target: string): Promise<ClosableProxy> {
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
      one.on('error', () => {}); // the other side sees a close
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
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    host: `http://127.0.0.1:${address.port}`,
    async close() {
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      // The client needs a moment to notice that its idle connections are gone.
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
    async reopen() {
      if (!server.listening) await listen(address.port);
    },
  };
}

/** An HTTP proxy on this machine that treats each tunnel as a test says. */
import { connect, createServer, type Socket } from 'node:net';

/** What happens to a tunnel that a client asks for. */
export type Treatment = (socket: Socket, target: string) => void;

export interface TestProxy {
  /** HOST:PORT. */
  name: string;
  /** The heads of all requests for a tunnel. */
  asked: string[];
  /** How many connections there were. */
  connections(): number;
  treat(treatment: Treatment): void;
  /** Ends all open connections. */
  drop(): void;
  close(): Promise<void>;
}

/** Opens the tunnel, as a proxy should. */
export const forward: Treatment = (socket, target) => {
  const { hostname, port } = new URL(`http://${target}`);
  const far = connect(Number(port || 80), hostname, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
  far.on('error', () => socket.destroy());
  socket.on('close', () => far.destroy());
  socket.pipe(far).pipe(socket);
};
export const destroy: Treatment = (socket) => void socket.destroy();
export const finish: Treatment = (socket) => void socket.end();
/** Never answers. */
export const hold: Treatment = () => {};
/** Opens the tunnel and ends it before a request can pass. */
export const openAndDestroy: Treatment = (socket) =>
  void socket.write('HTTP/1.1 200 OK\r\n\r\n', () => socket.once('data', () => socket.destroy()));

/** Answers with a status, and keeps the connection. */
export function status(code: number, header = ''): Treatment {
  return (socket) => void socket.write(`HTTP/1.1 ${code} No\r\n${header}content-length: 0\r\n\r\n`);
}

export async function startHttpProxy(first: Treatment): Promise<TestProxy> {
  let treatment = first;
  let count = 0;
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    count++;
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    let head = '';
    socket.on('data', function read(chunk) {
      head += String(chunk);
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', read);
      asked.push(head);
      treatment(socket, /^CONNECT (\S+) /.exec(head)?.[1] ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    name: `127.0.0.1:${address.port}`,
    asked,
    connections: () => count,
    treat(next) {
      treatment = next;
    },
    drop,
    close() {
      drop();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

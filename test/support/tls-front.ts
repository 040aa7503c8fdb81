/** A server on this machine under https, as a workspace is: the variable of an App names its host without a scheme. */
import { connect } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { selfSigned } from './certificate.ts';

export interface TlsFront {
  /** `localhost:PORT`. */
  host: string;
  /** In PEM form. A client must trust it. */
  cert: string;
  close(): Promise<void>;
}

/** @param target an http origin on this machine. @param now epoch milliseconds. */
export async function startTlsFront(target: string, now: number): Promise<TlsFront> {
  const { hostname, port } = new URL(target);
  const { key, cert } = selfSigned(now);
  const open = new Set<TLSSocket>();
  const server = createServer({ key, cert }, (near) => {
    open.add(near);
    const far = connect(Number(port), hostname);
    near.on('error', () => far.destroy()).on('close', () => open.delete(near) && far.destroy());
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    host: `localhost:${address.port}`,
    cert,
    close() {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

/** How undici opens a connection: directly or through a proxy, and never more often than it is asked to. */
import type { buildConnector } from 'undici';
import { ConnectError } from './errors.ts';
import type { HttpProxy } from './proxy.ts';
import { openTunnel } from './tunnel.ts';

/** Milliseconds to open a connection or a tunnel. */
const TIMEOUT = 10_000;

/**
 * A function for the option `connect`. Its errors are {@link ConnectError}s: nothing was sent, and undici fails the waiting requests.
 * @param build `buildConnector` of undici, which a start does not load.
 */
export function connectorFor(
  build: (options: buildConnector.BuildOptions) => buildConnector.connector,
  proxy: HttpProxy | undefined,
): buildConnector.connector {
  const connect = build({ timeout: TIMEOUT });
  return (options, callback) => {
    const done: buildConnector.Callback = (...[error, socket]) => {
      if (socket) callback(null, socket);
      else callback(error instanceof ConnectError ? error : new ConnectError('no connection', { cause: error }), null);
    };
    if (!proxy) return connect(options, done);
    const { protocol, hostname } = options;
    const port = options.port || (protocol === 'https:' ? '443' : '80');
    const target = `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
    openTunnel(proxy, target, TIMEOUT).then(
      (socket) => (protocol === 'https:' ? connect({ ...options, httpSocket: socket }, done) : done(null, socket)),
      (error: unknown) => done(error as ConnectError, null), // `openTunnel` throws nothing else
    );
  };
}

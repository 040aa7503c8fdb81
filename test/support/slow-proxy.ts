/** A proxy in front of a server that answers late, and counts the requests that wait. */
import { Agent, createServer, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

export interface SlowProxy {
  /** `http://127.0.0.1:PORT`. */
  host: string;
  /** The greatest number of requests that waited for an answer at one time. */
  peak(): number;
  /** All requests so far. */
  count(): number;
  close(): Promise<void>;
}

/**
 * @param target an origin on this machine.
 * @param delayMs milliseconds before a request is passed on, by its path. Infinity: never.
 */
export async function startSlowProxy(target: string, delayMs: (path: string) => number): Promise<SlowProxy> {
  const agent = new Agent({ keepAlive: true });
  let running = 0;
  let peak = 0;
  let count = 0;
  const server = createServer((from, to) => {
    count++;
    peak = Math.max(peak, ++running);
    to.once('close', () => running--);
    const pass = () => {
      const onward = request(target + from.url, { method: from.method, headers: from.headers, agent }, (answer) => {
        to.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(to);
      });
      onward.on('error', () => to.destroy());
      from.pipe(onward);
    };
    const delay = delayMs(from.url ?? '');
    if (delay < Number.POSITIVE_INFINITY) void wait(delay).then(pass);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    host: `http://127.0.0.1:${address.port}`,
    peak: () => peak,
    count: () => count,
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

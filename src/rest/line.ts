/** The open connections to a workspace, and the clock that its answers show. It has no login, so connections of several users may share it. */
import type { Dispatcher } from 'undici';
import { connectorFor } from '../connection/connector.ts';
import type { HttpProxy } from '../connection/proxy.ts';
import { createServiceClock, type ServiceClock } from './service-clock.ts';

export interface Line {
  /** The connections to an origin. */
  pool(origin: string): Promise<Dispatcher>;
  clock: ServiceClock;
  close(): Promise<void>;
}

/** Creating it opens nothing and does not load undici. */
export function createLine({
  now,
  proxy,
}: {
  now: () => number;
  /** The proxy for an origin. Default: none. @throws ProxyError */
  proxy?: (origin: URL) => HttpProxy | undefined;
}): Line {
  const pools = new Map<string, Dispatcher>();
  return {
    clock: createServiceClock(now),
    async pool(origin) {
      const open = pools.get(origin);
      if (open) return open;
      // undici takes longer to load than everything else at start-up, and only a request needs it. It is CommonJS, so a bundled `import()` has its
      // exports in `default` alone.
      const { buildConnector, Pool } = (await import('undici')).default;
      const meanwhile = pools.get(origin); // another request waited for the same import
      if (meanwhile) return meanwhile;
      const connect = connectorFor(buildConnector, proxy?.(new URL(origin)));
      const made = new Pool(origin, { connections: 64, keepAliveTimeout: 30_000, connect });
      pools.set(origin, made);
      return made;
    },
    async close() {
      await Promise.all([...pools.values()].map((each) => each.destroy()));
      pools.clear();
    },
  };
}

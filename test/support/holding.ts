/** Requests to a workspace that are held on their way, so that a test can act while one is under way. */
import { type ProxiedRequest, startInterceptingProxy } from './intercepting-proxy.ts';

export interface Holding {
  /** For the option `via` of a server. @returns the host that the server connects to. */
  via: (host: string) => Promise<string>;
  /** Resolves when the first request is held. */
  held: Promise<void>;
  /** Lets the held requests pass. */
  release: () => void;
  /** Refuses what is still held, and closes the proxy. */
  close: () => Promise<void>;
}

/** Holds the requests for which `holds` is true, until `release`. */
export function holdRequests(holds: (request: ProxiedRequest) => boolean): Holding {
  let end = (_pass: boolean) => {};
  const ended = new Promise<boolean>((resolve) => {
    end = resolve;
  });
  let reached = () => {};
  const held = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const closing: (() => Promise<void>)[] = [];
  return {
    async via(host) {
      const proxy = await startInterceptingProxy(host, (request) => {
        if (!holds(request)) return true;
        reached();
        return ended;
      });
      closing.push(proxy.close);
      return proxy.host;
    },
    held,
    release: () => end(true),
    async close() {
      end(false);
      await Promise.all(closing.splice(0).map((close) => close()));
    },
  };
}

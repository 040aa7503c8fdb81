/** Knows when a request is under way that changes something, so that nothing cuts it off. */
import type { Http, Method } from '../rest/http.ts';

export interface Written {
  /** The connection, watched. */
  http: Http;
  /** Whether a changing request was sent so far. */
  ever(): boolean;
  /** Whether one was sent since the latest call began. */
  inThisCall(): boolean;
  newCall(): void;
  /** Calls back as soon as none is under way, before another one can begin. */
  whenIdle(then: () => void): void;
}

/** Watches the connections that write. Reads are not counted. @param inner the connection of the process. */
export function watchWrites(inner: Http): Written {
  let ever = false;
  let inThisCall = false;
  let open = 0;
  const waiting: (() => void)[] = [];

  async function counted<T>(method: Method, send: () => Promise<T>): Promise<T> {
    if (method === 'GET') return send();
    ever = true;
    inThisCall = true;
    open++;
    try {
      return await send();
    } finally {
      if (--open === 0) for (const wake of waiting.splice(0)) wake();
    }
  }

  function watched(http: Http): Http {
    return {
      ...http,
      json: (method, path, options) => counted(method, () => http.json(method, path, options)),
      text: (method, path, options) => counted(method, () => http.text(method, path, options)),
      open: (method, path, options) => counted(method, () => http.open(method, path, options)),
    };
  }

  return {
    http: {
      ...inner,
      bind: (binding) => (binding.access === 'write' ? watched(inner.bind(binding)) : inner.bind(binding)),
    },
    ever: () => ever,
    inThisCall: () => inThisCall,
    newCall() {
      inThisCall = false;
    },
    whenIdle(then) {
      if (open === 0) then();
      else waiting.push(then);
    },
  };
}

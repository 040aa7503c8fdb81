/** Knows whether a request was sent that changes something. */
import type { Http, Method } from '../rest/http.ts';

export interface Written {
  /** The connection, watched. */
  http: Http;
  /** Whether a changing request was sent so far. */
  ever(): boolean;
  /** Whether one was sent since the latest call began. */
  inThisCall(): boolean;
  newCall(): void;
}

/** Watches the connections that write. Reads are not counted. @param inner the connection of the process. */
export function watchWrites(inner: Http): Written {
  let ever = false;
  let inThisCall = false;

  function counted<T>(method: Method, send: () => Promise<T>): Promise<T> {
    if (method !== 'GET') {
      ever = true;
      inThisCall = true;
    }
    return send();
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
  };
}

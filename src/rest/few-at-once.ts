/** A connection that sends a few requests at a time, for answers that are made of many reads. */
import type { Http, RequestOptions } from './http.ts';

/** Defaults of the requests, where they name none themselves. */
type Bounds = Pick<RequestOptions, 'timeoutMs' | 'maxBody'>;

/** Work that waits for its turn. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** Lets at most `limit` works run at a time. Others wait for their turn, in order. */
export function createGate(limit: number): Gate {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      // The turn passes to the next one, so the number stays.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}

/** The same connection, whose requests wait at a gate that other connections may share. */
export function through(gate: Gate, http: Http, bounds: Bounds = {}): Http {
  return {
    ...http,
    json: (method, path, options) => gate(() => http.json(method, path, { ...bounds, ...options })),
    text: (method, path, options) => gate(() => http.text(method, path, { ...bounds, ...options })),
  };
}

/** The same connection, with at most `limit` requests under way. */
export function fewAtOnce(http: Http, limit: number, bounds: Bounds = {}): Http {
  return through(createGate(limit), http, bounds);
}

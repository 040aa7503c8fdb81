/** A connection that sends a few requests at a time, for answers that are made of many reads. */
import type { Http, RequestOptions } from './http.ts';

/** Defaults of the requests, where they name none themselves. */
type Bounds = Pick<RequestOptions, 'timeoutMs' | 'maxBody'>;

/** The same connection, with at most `limit` requests under way. Others wait for their turn, in order. */
export function fewAtOnce(http: Http, limit: number, bounds: Bounds = {}): Http {
  const waiting: (() => void)[] = [];
  let running = 0;
  async function turn<T>(work: () => Promise<T>): Promise<T> {
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
  }
  return {
    ...http,
    json: (method, path, options) => turn(() => http.json(method, path, { ...bounds, ...options })),
    text: (method, path, options) => turn(() => http.text(method, path, { ...bounds, ...options })),
  };
}

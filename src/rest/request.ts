/** A request that changes something, as data. A preview shows it, and the runner of a write sends it. */
import type { Http, Method } from './http.ts';

export interface WriteRequest<T = unknown> {
  method: Exclude<Method, 'GET'>;
  path: string;
  body?: unknown;
  /**
   * When it may be retried. `lost`: also when its effect is unknown, because a repeat changes nothing more. `refused`: only when the service was
   * too busy to accept it. `never`: it replaces a whole, which someone else may have changed in the meantime.
   */
  again: 'lost' | 'refused' | 'never';
  /** Reads the service's answer. @throws ZodError for an answer in an unknown form. */
  parse(answer: unknown): T;
}

/** The `parse` of a request whose answer has no field that matters. */
export function unread(answer: unknown): unknown {
  return answer;
}

/** Sends a request, with the retries that it allows. @returns the raw answer. At that point the service has accepted the request. */
export function send(http: Http, { method, path, body, again }: WriteRequest): Promise<unknown> {
  return http.json(method, path, { body, repeatable: again === 'lost', noRetry: again === 'never' });
}

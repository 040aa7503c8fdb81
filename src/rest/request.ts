/** A request that changes something, as data: a preview shows it, and the runner of a write sends it. */
import type { Http, Method } from './http.ts';

export interface WriteRequest<T = unknown> {
  method: Exclude<Method, 'GET'>;
  path: string;
  body?: unknown;
  /**
   * When it may be sent again. `lost`: also when its effect is unknown, because a second one changes nothing more. `refused`: only when the
   * service was too busy to accept it. `never`: it replaces a whole, which someone else may have changed in the meantime.
   */
  again: 'lost' | 'refused' | 'never';
  /** Reads the service's answer. @throws ZodError for an answer in an unknown form. */
  parse(answer: unknown): T;
}

/** Sends a request, with the retries that it allows. @returns the answer as it came: the service has accepted the request. */
export function send(http: Http, { method, path, body, again }: WriteRequest): Promise<unknown> {
  return http.json(method, path, { body, repeatable: again === 'lost', noRetry: again === 'never' });
}

import { ApiError } from '../../src/rest/errors.ts';
import type { Http } from '../../src/rest/http.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';

/** An endpoint, or undefined when there is none of this name. */
export async function find(http: Http, name: string): Promise<Endpoint | undefined> {
  try {
    return await endpoints.get(http, name);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

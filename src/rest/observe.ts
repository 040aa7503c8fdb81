/** What an endpoint says about itself: metrics (fact L6) and schema (fact O1). */
import { endpointPath } from './endpoints.ts';
import type { Http } from './http.ts';

/** Exposition text of the last minute. 404 for foundation-model endpoints (fact L8). */
export async function metrics(http: Http, name: string): Promise<string> {
  return http.text('GET', `${endpointPath(name)}/metrics`, { accept: 'text/plain' });
}

/** The OpenAPI document as the service sends it, unparsed. */
export async function openapi(http: Http, name: string): Promise<string> {
  return http.text('GET', `${endpointPath(name)}/openapi`, { accept: 'text/plain' });
}

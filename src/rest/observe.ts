/** The metrics (fact L6) and the schema (fact O1) of an endpoint. */
import { endpointPath } from './endpoints.ts';
import type { Http } from './http.ts';

/** 8 MiB, about 100,000 series. It bounds the time to read them. */
const MAX_METRICS = 8 * 1024 * 1024;

/** Metrics of the last minute in exposition format. 404 for foundation-model endpoints (fact L8). */
export async function metrics(http: Http, name: string): Promise<string> {
  return http.text('GET', `${endpointPath(name)}/metrics`, { accept: 'text/plain', maxBody: MAX_METRICS });
}

/** The OpenAPI document, unparsed. */
export async function openapi(http: Http, name: string): Promise<string> {
  return http.text('GET', `${endpointPath(name)}/openapi`, { accept: 'text/plain' });
}

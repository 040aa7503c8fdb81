/** The metrics (fact L6), their history (fact L14) and the schema (fact O1) of an endpoint. */
import { endpointPath } from './endpoints.ts';
import { ApiError } from './errors.ts';
import type { Http } from './http.ts';

/** 8 MiB, about 100,000 series. It bounds the time to read them. */
const MAX_METRICS = 8 * 1024 * 1024;

/** Metrics of the last minute in exposition format. 404 for foundation-model endpoints (fact L8). */
export async function metrics(http: Http, name: string): Promise<string> {
  return http.text('GET', `${endpointPath(name)}/metrics`, { accept: 'text/plain', maxBody: MAX_METRICS });
}

/**
 * The metrics of a period as the service keeps them, unparsed: nothing public shows the form of the answer. Undefined where the workspace, or this login,
 * has no such route (fact L14).
 * @param from, to milliseconds since 1970.
 */
export async function metricsHistory(
  http: Http,
  name: string,
  { from, to }: { from: number; to: number },
): Promise<string | undefined> {
  const query = { start_timestamp: String(Math.round(from)), end_timestamp: String(Math.round(to)) };
  try {
    return await http.text('GET', `${endpointPath(name)}/metrics-history`, { query, maxBody: MAX_METRICS });
  } catch (error) {
    // A page in place of an answer comes with the status of a success.
    const absent = error instanceof ApiError && (NO_HISTORY.has(error.status) || error.status < 400);
    if (!absent) throw error;
    return undefined;
  }
}

const NO_HISTORY: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 501]);

/** The OpenAPI document, unparsed. */
export async function openapi(http: Http, name: string): Promise<string> {
  return http.text('GET', `${endpointPath(name)}/openapi`, { accept: 'text/plain' });
}

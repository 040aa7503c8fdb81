/** Suggestions for a mistyped endpoint name. */
import { ApiError } from '../rest/errors.ts';
import type { Http } from '../rest/http.ts';
import { endpoints } from '../rest/index.ts';
import { ENDPOINT_NAME } from '../rest/names.ts';
import { closest } from '../text/did-you-mean.ts';

/** The endpoint whose name is closest to one that does not exist. Undefined when no name is close, or when the list cannot be read. */
export async function nearEndpoint(http: Http, name: string): Promise<string | undefined> {
  const all = await endpoints.list(http).catch(() => []);
  // The suggestion becomes part of `next`, so it must be a valid name and no other text.
  return closest(
    name,
    all.map((each) => each.name).filter((each) => each !== name && ENDPOINT_NAME.test(each)),
  );
}

/** Whether the service said that no endpoint has this name (fact E3). */
export function saysMissing(error: unknown, name: string): boolean {
  return error instanceof ApiError && error.status === 404 && error.path === endpoints.endpointPath(name);
}

/** What the container wrote while it was built and while it serves (API contract, section 1.13). */
import * as z from 'zod';
import { endpointPath } from './endpoints.ts';
import type { Http } from './http.ts';
import { segment } from './names.ts';

const Logs = z.looseObject({ logs: z.string().default('') });

/** The build log of a served entity, from the active or the pending config. The service has no paging and no follow. */
export async function build(http: Http, endpoint: string, entity: string): Promise<string> {
  return Logs.parse(await http.json('GET', `${path(endpoint, entity)}/build-logs`)).logs;
}

/** The last lines the serving process wrote; only recent ones are kept, and none while scaled to zero. */
export async function service(http: Http, endpoint: string, entity: string): Promise<string> {
  return Logs.parse(await http.json('GET', `${path(endpoint, entity)}/logs`)).logs;
}

function path(endpoint: string, entity: string): string {
  return `${endpointPath(endpoint)}/served-models/${segment(entity)}`;
}

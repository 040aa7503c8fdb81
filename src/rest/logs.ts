/** The logs of a container: of its build, and of its service (fact L1). */
import * as z from 'zod';
import { endpointPath } from './endpoints.ts';
import type { Http } from './http.ts';
import { segment } from './names.ts';

const Logs = z.looseObject({ logs: z.string().default('') });

/** The build log of a served entity. The query names no config version, so the service reads the active config (fact L2). */
export async function build(http: Http, endpoint: string, entity: string): Promise<string> {
  return Logs.parse(await http.json('GET', `${path(endpoint, entity)}/build-logs`)).logs;
}

/** The last lines of the serving process. The service keeps only recent lines, and none while scaled to zero (fact L3). */
export async function service(http: Http, endpoint: string, entity: string): Promise<string> {
  return Logs.parse(await http.json('GET', `${path(endpoint, entity)}/logs`)).logs;
}

function path(endpoint: string, entity: string): string {
  return `${endpointPath(endpoint)}/served-models/${segment(entity)}`;
}

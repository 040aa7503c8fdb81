/** The logs of a container, of its build and of its service (fact L1), and the events of an endpoint (fact L11). */
import * as z from 'zod';
import { endpointPath } from './endpoints.ts';
import { ApiError } from './errors.ts';
import type { Http } from './http.ts';
import { segment } from './names.ts';

const Logs = z.looseObject({ logs: z.string().nullish() });

export interface LogRequest {
  endpoint: string;
  entity: string;
  log: 'service' | 'build';
  /** The config whose log is read. Undefined reads the active one (fact L2). */
  configVersion?: number | undefined;
}

export interface ReadLog {
  text: string;
  /** The service refused the config version, so the text is that of the version which it reads without one. */
  versionRefused: boolean;
}

/**
 * The log of a served entity: all of its build, or the last lines of its service. The service keeps only recent lines, and none while scaled
 * to zero (fact L3). It tries both spellings of the route (fact L12), and the version before no version.
 * @throws ApiError the first refusal, when every form of the request was refused. A 404 does not mean that the entity is unknown (fact L2).
 */
export async function read(http: Http, { endpoint, entity, log, configVersion }: LogRequest): Promise<ReadLog> {
  const leaf = log === 'build' ? 'build-logs' : 'logs';
  const versions = configVersion === undefined ? [undefined] : [String(configVersion), undefined];
  let first: ApiError | undefined;
  for (const config_version of versions) {
    for (const spelling of ['served-entities', 'served-models']) {
      const path = `${endpointPath(endpoint)}/${spelling}/${segment(entity)}/${leaf}`;
      try {
        const { logs } = Logs.parse(await http.json('GET', path, { query: { config_version } }));
        return { text: logs ?? '', versionRefused: config_version !== versions[0] };
      } catch (error) {
        if (!(error instanceof ApiError) || !mayBeTheForm(error)) throw error;
        first ??= error;
      }
    }
  }
  throw first ?? new Error('unreachable: no form of the request was tried');
}

/** Whether the service may have refused the spelling or the parameter, and not the caller. */
function mayBeTheForm({ status }: ApiError): boolean {
  return status === 400 || status === 404 || status === 405 || status === 501;
}

const Event = z.looseObject({
  event_type: z.string().default(''),
  message: z.string().default(''),
  timestamp: z.number().optional().catch(undefined),
  config_version: z.number().optional().catch(undefined),
  served_entity_name: z.string().optional().catch(undefined),
});
export type Event = z.infer<typeof Event>;

const Events = z.looseObject({ events: z.array(Event).default([]) });

/** Far more than one deployment has. */
const MAX_EVENTS = '100';

/** The events of an endpoint, oldest first. Undefined where the workspace or the caller has no access to them (fact L11). */
export async function events(http: Http, endpoint: string): Promise<Event[] | undefined> {
  try {
    const answer = await http.json('GET', `${endpointPath(endpoint)}/events`, { query: { limit: MAX_EVENTS } });
    return Events.parse(answer).events.toSorted((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0));
  } catch (error) {
    if (error instanceof z.ZodError) return undefined;
    if (error instanceof ApiError && (mayBeTheForm(error) || error.status === 403)) return undefined;
    throw error;
  }
}

import { MINUTE } from '../clock.ts';
import { hexOf } from '../ids.ts';
import type { Endpoint, RoutedRequest, RoutingPeriod, Workspace } from '../state/state.ts';
import { requestsBetween } from '../traffic/requests.ts';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** An endpoint that is there or was, and the span in which it was. */
export interface Lifetime {
  endpoint: Endpoint;
  until: number | null;
}

/** Every endpoint of the workspace, the deleted ones too. */
export function lifetimes({ endpoints, deleted }: Workspace): Lifetime[] {
  const gone = deleted.map(({ at, endpoint }): Lifetime => ({ endpoint, until: at }));
  return [...gone, ...[...endpoints.values()].map((endpoint): Lifetime => ({ endpoint, until: null }))];
}

/** The id of an entity in one version of a config. System tables are joined by it. assumed: sql-entity-id */
export function servedEntityId({ id, name }: Endpoint, configVersion: number, entity: string): string {
  return hexOf(`${id ?? name}/${configVersion}/${entity}`);
}

/** A request with the names by which tables know it. */
export interface Tracked {
  endpoint: Endpoint;
  request: RoutedRequest;
  request_id: string;
  served_entity_id: string;
}

/**
 * The requests from `from` to before `to` of the periods that are wanted, those of clients and the seeded ones. An endpoint with more than
 * `budget` seeded requests has only those of the newest hours. assumed: sql-history
 */
export function* trackedRequests(
  workspace: Workspace,
  span: { from: number; to: number },
  budget: number,
  wanted: (period: RoutingPeriod, endpoint: Endpoint) => boolean,
  among: readonly Lifetime[] = lifetimes(workspace),
): Generator<Tracked> {
  for (const { endpoint, until } of among) {
    const end = Math.min(span.to, until ?? span.to);
    const begin = Math.max(affordable(endpoint, span.from, end, budget), endpoint.created_at);
    const ids = new Map<string, string>();
    const idOf = (version: number, entity: string): string => {
      const key = `${version}/${entity}`;
      const known = ids.get(key) ?? servedEntityId(endpoint, version, entity);
      ids.set(key, known);
      return known;
    };
    let last = Number.NaN;
    let twin = 0;
    for (const [at, period] of endpoint.periods.entries()) {
      if (!wanted(period, endpoint)) continue;
      const stop = Math.min(end, endpoint.periods[at + 1]?.since ?? end);
      // Day by day, so that a busy month needs little memory.
      for (let from = Math.max(begin, period.since); from < stop; from += DAY) {
        for (const request of requestsBetween(workspace, endpoint, from, Math.min(from + DAY, stop))) {
          twin = request.at === last ? twin + 1 : 0;
          last = request.at;
          const version = request.config_version ?? period.config?.config_version ?? 0;
          yield {
            endpoint,
            request,
            request_id: request.request_id ?? uuidOf(`${endpoint.id ?? endpoint.name}/${request.at}/${twin}`),
            served_entity_id: idOf(version, request.entity),
          };
        }
      }
    }
  }
}

/** The beginning of the newest full hours whose seeded requests are within the budget, or of the newest full minutes of a busy hour. */
export function affordable({ periods }: Endpoint, from: number, to: number, budget: number): number {
  let left = budget;
  for (let at = periods.length - 1; at >= 0; at -= 1) {
    const period = periods[at];
    if (period === undefined) continue;
    const begin = Math.max(from, period.since);
    const end = Math.min(to, periods[at + 1]?.since ?? to);
    const rate = (period.config === null ? 0 : (period.traffic?.requests_per_minute ?? 0)) / MINUTE;
    const needed = Math.max(0, end - begin) * rate;
    if (needed > left) return Math.max(begin, newestPart(end - left / rate, end));
    left -= needed;
  }
  return from;
}

/** Full hours keep their rows for an hour. Where they would leave out most of the rows, full minutes, or none, are better. */
function newestPart(from: number, to: number): number {
  const begins = [HOUR, MINUTE, 1].map((unit) => Math.ceil(from / unit) * unit);
  return begins.find((begin) => to - begin >= (to - from) / 2) ?? from;
}

function uuidOf(text: string): string {
  const h = hexOf(text);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-8${h.slice(17, 20)}-${h.slice(20)}`;
}

import { modelOf } from '../gateway/destination-entity.ts';
import { routedView } from '../gateway/routed-view.ts';
import type { Destination, ModelService } from '../state/model-service.ts';
import type { Endpoint, RoutedRequest, RoutingPeriod, Workspace } from '../state/state.ts';
import { type Lifetime, trackedRequests } from './tracked-requests.ts';

/** A call of a model service, with its attempts in order. */
export interface ServiceCallRow {
  service: ModelService;
  view: Endpoint;
  request_id: string;
  attempts: RoutedRequest[];
  /** The attempt whose answer the caller got. */
  last: RoutedRequest;
}

/** Every model service of the workspace with its routing, the deleted ones too. */
export function serviceLifetimes(workspace: Workspace, now: number): (Lifetime & { service: ModelService })[] {
  const there = [...workspace.model_services.values()];
  return [
    ...workspace.deleted_services.map(({ at, service }) => ({ service, until: at })),
    ...there.map((service) => ({ service, until: null })),
  ].map(({ service, until }) => ({ service, until, endpoint: routedView(workspace, service, now) }));
}

/** The calls of services in a span, in periods that are wanted. A call that a policy blocked before the model is none. evidence: gateway-policy-unlogged */
export function* serviceCalls(
  workspace: Workspace,
  span: { from: number; to: number },
  budget: number,
  wanted: (period: RoutingPeriod) => boolean,
): Generator<ServiceCallRow> {
  for (const { service, ...life } of serviceLifetimes(workspace, span.to)) {
    const made = new Map<string, ServiceCallRow>();
    let seeded: ServiceCallRow | undefined;
    for (const { endpoint, request, request_id } of trackedRequests(workspace, span, budget, wanted, [life])) {
      if (request.blocked) continue;
      const isMade = request.request_id !== undefined;
      const open = isMade ? made.get(request_id) : request.fallback ? seeded : undefined;
      if (open) {
        open.attempts.push(request);
        open.last = request;
        continue;
      }
      const row: ServiceCallRow = { service, view: endpoint, request_id, attempts: [request], last: request };
      if (isMade) {
        made.set(request_id, row);
        continue;
      }
      if (seeded) yield seeded;
      seeded = row;
    }
    if (seeded) yield seeded;
    yield* made.values();
  }
}

/** The destination of an attempt, as the config of its time has it. Undefined when none was tried. */
export function destinationOf(
  { service }: ServiceCallRow,
  { entity, config_version }: RoutedRequest,
): Destination | undefined {
  const config = service.releases[(config_version ?? 1) - 1]?.config ?? service.config;
  return [...config.destinations, ...(config.fallbacks ?? [])].find(({ name }) => name === entity);
}

/** The model that answered a call. Null when none was tried. */
export function modelOfCall(call: ServiceCallRow): string | null {
  const found = call.last.refused ? undefined : destinationOf(call, call.last);
  return found ? modelOf(found) : null;
}

/** The API of a call. Seeded calls use that of their model. */
export function apiOf({ last, view }: ServiceCallRow): string {
  if (last.api_type !== undefined) return last.api_type;
  const entities = view.releases.flatMap(({ config }) => config.served_entities);
  const embeds = entities.find(({ config }) => config.name === last.entity)?.spec?.kind === 'embedding';
  return `mlflow/v1/${embeds ? 'embeddings' : 'chat/completions'}`;
}

/** The time of all attempts of a call, in sandbox milliseconds. */
export function latencyOf({ attempts }: ServiceCallRow): number {
  return Math.round(attempts.reduce((sum, { latency_ms }) => sum + latency_ms, 0));
}

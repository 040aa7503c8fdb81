import { MINUTE } from '../clock.ts';
import type { Destination, ModelService, ServiceRateLimit, ServiceTable } from '../state/model-service.ts';
import { emptyEndpoint } from '../state/new-endpoint.ts';
import type { Endpoint, EndpointConfig, RoutingPeriod, ServedEntity, Workspace } from '../state/state.ts';
import type { GatewayRateLimit, Route } from '../state/wire-types.ts';
import { appliedAt, appliedTimes, limitsBegin } from './applied.ts';
import { backingOf, unprefixed } from './backing.ts';
import { destinationEntity, stoppedEntity } from './destination-entity.ts';
import { tableName } from './inference-table.ts';

const LIMIT_KEY = {
  RATE_LIMIT_KEY_SERVICE: 'endpoint',
  RATE_LIMIT_KEY_USER_DEFAULT: 'user',
  RATE_LIMIT_KEY_USER: 'user',
  RATE_LIMIT_KEY_USER_GROUP: 'user_group',
  RATE_LIMIT_KEY_SERVICE_PRINCIPAL: 'service_principal',
} as const;

/** The limits of one period in the terms of an endpoint's limits, which they share their rules with. */
export function limitsOf(limits: readonly ServiceRateLimit[], period: 'MINUTE' | 'HOUR'): GatewayRateLimit[] {
  return limits
    .filter(({ renewal_period }) => renewal_period.endsWith(period))
    .map(({ key, principal, requests, tokens }) => ({
      key: LIMIT_KEY[key],
      renewal_period: 'minute',
      ...(principal === undefined ? {} : { principal }),
      ...(requests === undefined ? {} : { calls: requests }),
      ...(tokens === undefined ? {} : { tokens }),
    }));
}

/** The full name of the table into which a service writes. Null without one. */
export function tableOf(table: ServiceTable | null): string | null {
  return table === null || table.deleted ? null : tableName(table);
}

/** When the endpoint behind a destination was there. Everything else is there as long as the workspace knows it. */
function spansOf(workspace: Workspace, destination: Destination): { from: number; to: number }[] {
  if (destination.destination_type !== 'DESTINATION_TYPE_PROVISIONED_THROUGHPUT_FOUNDATION_MODEL') return [];
  const name = unprefixed('endpoint', destination.provisioned_throughput_config.model_serving_endpoint);
  const gone = workspace.deleted.filter(({ endpoint }) => endpoint.name === name);
  return gone.map(({ at, endpoint }) => ({ from: endpoint.created_at, to: at }));
}

/** What was behind a destination at a moment, as an entity. Undefined when nothing was. */
function entityAt(workspace: Workspace, destination: Destination, at: number): ServedEntity | undefined {
  const past = spansOf(workspace, destination).find(({ from, to }) => from <= at && at < to);
  if (past === undefined) {
    const backing = backingOf(workspace, destination);
    const since = backing?.kind === 'provisioned' ? backing.endpoint.created_at : Number.NEGATIVE_INFINITY;
    return backing && since <= at ? destinationEntity(destination, backing) : undefined;
  }
  const found = workspace.deleted.findLast(
    ({ at: end, endpoint }) => end === past.to && endpoint.created_at === past.from,
  );
  return found && destinationEntity(destination, { kind: 'provisioned', endpoint: found.endpoint });
}

function periodAt(workspace: Workspace, service: ModelService, since: number): RoutingPeriod[] {
  const applied = appliedAt(service, since);
  if (applied === undefined) return [];
  const { destinations, fallbacks, rate_limits, inference_table } = applied.config;
  // What is gone keeps its share. assumed: gateway-deleted-destination
  const present = destinations.map((destination) => ({
    entity: entityAt(workspace, destination, since) ?? stoppedEntity(destination),
    percent: destination.traffic_percentage ?? 100,
  }));
  const backups = (fallbacks ?? []).flatMap((each) => entityAt(workspace, each, since) ?? []);
  const routes = present.map(({ entity, percent }): Route => {
    const { name } = entity.config;
    return { served_entity_name: name, served_model_name: name, traffic_percentage: percent };
  });
  const config: EndpointConfig = {
    config_version: applied.release + 1,
    served_entities: [...present.map(({ entity }) => entity), ...backups],
    routes,
    auto_capture: null,
  };
  return [
    {
      since,
      config,
      limits: limitsOf(rate_limits, 'MINUTE'),
      fallback: backups.length > 0,
      fallbacks: backups,
      traffic: service.traffic.findLast((each) => each.since <= since) ?? null,
      tracked: true,
      payload_table: tableOf(inference_table),
    },
  ];
}

/**
 * A model service as a target of requests, so that seeded traffic, limits and tables work as they do for endpoints. Its entities are the
 * destinations. A name of three parts is never the name of an endpoint. Nothing of it is kept: each reading makes a new one.
 */
export function routedView(workspace: Workspace, service: ModelService, now: number): Endpoint {
  const named = service.releases.flatMap(({ config }) => [...config.destinations, ...(config.fallbacks ?? [])]);
  const ends = named.flatMap((each) => {
    const backing = backingOf(workspace, each);
    const back = backing?.kind === 'provisioned' ? [backing.endpoint.created_at] : [];
    return [...spansOf(workspace, each).flatMap(({ from, to }) => [from, to]), ...back];
  });
  const moments = [
    ...appliedTimes(service),
    limitsBegin(service),
    ...service.traffic.map(({ since }) => since),
    ...ends.filter((at) => at > service.created_at),
  ];
  const sorted = [...new Set(moments)].sort((a, b) => a - b);
  const periods = sorted.flatMap((at) => periodAt(workspace, service, at));
  const present = periods.findLast(({ since }) => since <= now);
  return {
    ...emptyEndpoint(service.full_name, service.owner, service.created_at, () => 0),
    id: service.id,
    config: present?.config ?? null,
    traffic: present?.traffic ?? null,
    mishaps: service.mishaps,
    periods,
    releases: periods.flatMap(({ since, config }) => (config === null ? [] : [{ at: since, config }])),
  };
}

/** How far back an hourly limit looks, in milliseconds. */
export const HOUR = 60 * MINUTE;

import { hash32 } from '../ids.ts';
import type { Endpoint, EndpointConfig, EndpointEvent, PendingConfig, ServedEntity } from '../state/state.ts';
import { updateEvent } from './endpoint-event.ts';
import { hasContainer } from './lifecycle.ts';

/**
 * Everything that has happened to an endpoint up to now, oldest first. Reasons and the repeated build are the service's words; the other texts are the sandbox's own.
 * evidence: events-route, assumed: events-texts
 */
export function eventsOf(endpoint: Endpoint, now: number): EndpointEvent[] {
  const events = new Map<string, EndpointEvent>();
  const current = [
    ...endpoint.past_events,
    ...(endpoint.config ? deploymentEvents(endpoint, endpoint.config, null) : []),
    ...(endpoint.pending ? deploymentEvents(endpoint, endpoint.pending, endpoint.pending) : []),
  ];
  for (const event of current) if (event.timestamp <= now) events.set(JSON.stringify(event), event);
  return [...events.values()].sort((a, b) => a.timestamp - b.timestamp);
}

/** The newest events in the order of the service, which is none. evidence: events-route */
export function listedEvents(endpoint: Endpoint, now: number, limit: number): EndpointEvent[] {
  const place = (event: EndpointEvent) => hash32(JSON.stringify(event));
  return eventsOf(endpoint, now)
    .slice(-limit)
    .sort((a, b) => place(a) - place(b));
}

/** The events of one config. @param update the config as an update, unless it has become active. */
function deploymentEvents(endpoint: Endpoint, config: EndpointConfig, update: PendingConfig | null): EndpointEvent[] {
  const { config_version } = config;
  const known = new Set(
    endpoint.past_events.map(({ timestamp, served_entity_name }) => `${served_entity_name} ${timestamp}`),
  );
  const fresh = config.served_entities.filter(
    (entity) =>
      (!update || entity.creation_timestamp >= update.start_time) &&
      !known.has(`${entity.config.name} ${entity.creation_timestamp}`),
  );
  const events = fresh.flatMap((entity) => entityEvents(entity, config_version));
  const start = update?.start_time ?? fresh[0]?.creation_timestamp;
  if (start !== undefined) events.push(updateEvent(endpoint, config_version, 'initiated', start));
  const end = update ? endOf(endpoint, update) : seededEnd(endpoint, config_version, fresh);
  // An update that is over also ends the deployment of its other entities.
  return end ? [...events.filter(({ timestamp }) => timestamp <= end.timestamp), end] : events;
}

function endOf(
  endpoint: Endpoint,
  { config_version, served_entities, cancels_at, start_time }: PendingConfig,
): EndpointEvent | undefined {
  if (endpoint.config_update === 'UPDATE_CANCELED')
    return updateEvent(endpoint, config_version, 'canceled', cancels_at ?? start_time);
  const failed = served_entities.flatMap(({ plan, ready_at }) =>
    plan && plan.outcome !== 'ready' && ready_at === null ? [plan.ends_at] : [],
  );
  return failed.length === 0 ? undefined : updateEvent(endpoint, config_version, 'failed', Math.min(...failed));
}

/** The end of a deployment that was over before the sandbox began. The end of any other is a past event. */
function seededEnd(
  endpoint: Endpoint,
  config_version: number,
  fresh: readonly ServedEntity[],
): EndpointEvent | undefined {
  if (fresh.length === 0 || endpoint.past_events.some((event) => event.config_version === config_version))
    return undefined;
  const ends = fresh.map(({ ready_at, creation_timestamp }) => ready_at ?? creation_timestamp);
  return updateEvent(endpoint, config_version, 'succeeded', Math.max(...ends));
}

function entityEvents(entity: ServedEntity, config_version: number): EndpointEvent[] {
  const { config, creation_timestamp: start, plan } = entity;
  const event =
    (event_type: string) =>
    (timestamp: number, message: string): EndpointEvent => ({
      ...{ event_type, message, timestamp, config_version },
      served_entity_name: config.name,
    });
  const created = event('SERVED_ENTITY_CREATION_EVENT');
  const container = event('SERVED_ENTITY_CONTAINER_EVENT');
  const service = event('SERVED_ENTITY_SERVICE_EVENT');
  const events = [created(start, `Served entity creation initiated for served entity ${config.name}`)];
  if (!plan || !hasContainer(entity)) return events;
  const buildFails = plan.failed_phase === 'build' && plan.outcome === 'failed';
  const { attempts = 1, events: words = [] } = plan.failure ?? {};
  const said = words.length > 0 ? words : [plan.message];
  // Without its secrets, or over a quota, no image is built.
  const builds = plan.built_at > start && (plan.failure !== null || plan.failed_phase !== 'build');
  const length = plan.built_at - start;
  for (let attempt = 0; builds && attempt < attempts; attempt++)
    events.push(container(start + Math.floor((attempt * length) / attempts), 'Container image creation initiated'));
  if (buildFails) return [...events, ...said.map((text) => container(plan.ends_at, text))];
  if (builds) events.push(container(plan.built_at, 'Container image creation succeeded'));
  events.push(service(plan.built_at, 'Deploying served entities'));
  if (plan.outcome === 'failed') events.push(...said.map((text) => service(plan.ends_at, text)));
  if (plan.outcome === 'timed_out')
    events.push(service(plan.ends_at, 'Served entity creation aborted since the update timed out'));
  if (plan.outcome === 'ready')
    events.push(created(plan.ends_at, `Served entity creation succeeded for served entity ${config.name}`));
  return events;
}

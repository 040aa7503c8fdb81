import type { SandboxApp, SandboxContext } from '../context.ts';
import { versionOf } from '../endpoints/accept-config.ts';
import { listedEvents } from '../endpoints/events.ts';
import { hasContainer, warmth } from '../endpoints/lifecycle.ts';
import { ApiError, missing } from '../errors.ts';
import { type Call, endpointOf } from '../http.ts';
import { requirePermission } from '../identity/access.ts';
import { HISTORY } from '../state/periods.ts';
import type { Endpoint, EndpointConfig, RoutedRequest, ServedEntity } from '../state/state.ts';
import { newestRequests } from '../traffic/requests.ts';
import { buildLogText } from './build-log.ts';
import { KEPT_LINES, type LogSource, serviceLogText } from './log-text.ts';

const ENDPOINT = '/api/2.0/serving-endpoints/:name';
/** Both spellings of a served entity. evidence: log-spellings */
const ENTITIES = ['served-entities', 'served-models'].map((spelling) => `${ENDPOINT}/${spelling}/:entity`);
/** Events in one answer, unless the request says otherwise. assumed: events-limit */
const USUAL_EVENTS = 100;

/** Mounts build logs, service logs and events. */
export function mountEndpointLogs(app: SandboxApp, ctx: SandboxContext): void {
  for (const path of ENTITIES) {
    app.get(`${path}/build-logs`, (c) => c.json({ logs: buildLogText(sourceOf(ctx, c).source) }));
    app.get(`${path}/logs`, (c) => c.json({ logs: serviceLog(ctx, c) }));
  }
  app.get(`${ENDPOINT}/events`, (c) => {
    const endpoint = endpointOf(c, c.req.param('name'));
    requirePermission(c.get('principal'), endpoint, 'View');
    const limit = wholeNumber(c.req.query('limit'), 'limit') || USUAL_EVENTS;
    return c.json({ events: listedEvents(endpoint, ctx.clock.now(), limit) });
  });
}

function serviceLog(ctx: SandboxContext, c: Call): string {
  const { source, endpoint, entity } = sourceOf(ctx, c);
  const active = endpoint.config?.served_entities.includes(entity) === true;
  const requests = active ? newest(ctx, endpoint, entity, source.now) : [];
  const asleep = active && (endpoint.stopped || warmth(endpoint, entity, source.now) === 'cold');
  return serviceLogText(source, requests, asleep);
}

/** The newest requests of an entity. They are those that its metrics count. */
function newest(ctx: SandboxContext, endpoint: Endpoint, entity: ServedEntity, now: number): RoutedRequest[] {
  const since = Math.max(entity.ready_at ?? now, entity.creation_timestamp, now - HISTORY);
  const span = { since, now, count: KEPT_LINES };
  return newestRequests(ctx.workspace, endpoint, entity.config.name, span);
}

function sourceOf(ctx: SandboxContext, c: Call): { source: LogSource; endpoint: Endpoint; entity: ServedEntity } {
  const endpoint = endpointOf(c, c.req.param('name') ?? '');
  requirePermission(c.get('principal'), endpoint, 'View');
  const name = c.req.param('entity') ?? '';
  const entity = configOf(endpoint, wholeNumber(c.req.query('config_version'), 'config_version'))?.served_entities.find(
    (each) => each.config.name === name,
  );
  // External and foundation models have no container in the workspace. assumed: logs-missing
  if (!entity || !hasContainer(entity)) {
    throw missing(`Served model with name '${name}' does not exist in endpoint '${endpoint.name}'.`);
  }
  const version = versionOf(c.get('workspace'), entity.config);
  const own = activeTwin(endpoint, entity);
  return { source: { endpoint, entity: own, version, now: ctx.clock.now() }, endpoint, entity: own };
}

/** The config whose logs are read: the active one, unless the request names a version. Logs of earlier configs are gone. evidence: log-version */
function configOf(endpoint: Endpoint, version: number | undefined): EndpointConfig | undefined {
  if (version === undefined || version === 0) return endpoint.config ?? undefined;
  return [endpoint.config, endpoint.pending].find((each) => each?.config_version === version) ?? undefined;
}

/** An update takes over entities that already serve. They have one container, and one log. */
function activeTwin(endpoint: Endpoint, entity: ServedEntity): ServedEntity {
  const same = (e: ServedEntity) =>
    e.config.name === entity.config.name && e.creation_timestamp === entity.creation_timestamp;
  return endpoint.config?.served_entities.find(same) ?? entity;
}

/** A whole number from 0 on in the query. assumed: log-version-text */
function wholeNumber(text: string | undefined, field: string): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,9}$/.test(text))
    throw new ApiError(400, 'INVALID_PARAMETER_VALUE', `Could not parse ${field}: '${text}' is not a number.`);
  return Number(text);
}

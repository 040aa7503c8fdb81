import type { SandboxApp, SandboxContext } from '../context.ts';
import { versionOf } from '../endpoints/accept-config.ts';
import { hasContainer, warmth } from '../endpoints/lifecycle.ts';
import { missing } from '../errors.ts';
import { type Call, endpointOf } from '../http.ts';
import { requirePermission } from '../identity/access.ts';
import { HISTORY } from '../state/periods.ts';
import type { Endpoint, RoutedRequest, ServedEntity } from '../state/state.ts';
import { newestRequests } from '../traffic/requests.ts';
import { buildLogText, KEPT_LINES, type LogSource, serviceLogText } from './log-text.ts';

const ENTITY = '/api/2.0/serving-endpoints/:name/served-models/:entity';

/** Mounts build and service logs. */
export function mountEndpointLogs(app: SandboxApp, ctx: SandboxContext): void {
  app.get(`${ENTITY}/build-logs`, (c) => c.json({ logs: buildLogText(sourceOf(ctx, c).source) }));

  app.get(`${ENTITY}/logs`, (c) => {
    const { source, endpoint, entity } = sourceOf(ctx, c);
    const active = endpoint.config?.served_entities.includes(entity) === true;
    const requests = active ? newest(ctx, endpoint, entity, source.now) : [];
    const asleep = active && (endpoint.stopped || warmth(endpoint, entity, source.now) === 'cold');
    return c.json({ logs: serviceLogText(source, requests, asleep) });
  });
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
  const entity = findEntity(endpoint, name);
  // External and foundation models have no container in the workspace. assumed: logs-missing
  if (!entity || !hasContainer(entity)) {
    throw missing(`Served model with name '${name}' does not exist in endpoint '${endpoint.name}'.`);
  }
  const version = versionOf(c.get('workspace'), entity.config);
  return { source: { endpoint, entity, version, now: ctx.clock.now() }, endpoint, entity };
}

/** The entity of a log. An entity that is deploying or has failed comes before the one that serves under the same name. */
function findEntity(endpoint: Endpoint, name: string): ServedEntity | undefined {
  const named = (e: ServedEntity) => e.config.name === name;
  const active = endpoint.config?.served_entities.find(named);
  const pending = endpoint.pending?.served_entities.find(named);
  return pending && pending.creation_timestamp !== active?.creation_timestamp ? pending : (active ?? pending);
}

/** What a write would change, field by field, and whether an endpoint is still the one that was looked at. Pure. */
import { configInput } from './config-input.ts';
import type { Endpoint } from './rest/endpoints.ts';
import { isObject } from './rest/json.ts';

/** One field that a write would change; `from` or `to` is absent when the field is added or removed. */
export interface Change {
  field: string;
  from?: unknown;
  to?: unknown;
}

/** A config with entities and routes by name, so that their order, which the service does not keep, makes no difference. */
export function configView(config: {
  served_entities?: unknown[];
  traffic_config?: { routes?: unknown[] };
}): Record<string, unknown> {
  const entities: Record<string, unknown> = {};
  for (const entity of config.served_entities ?? []) {
    const { name, ...rest } = entity as Record<string, unknown>; // an entity is always an object here
    entities[String(name)] = rest;
  }
  const traffic: Record<string, unknown> = {};
  for (const route of config.traffic_config?.routes ?? []) {
    const { served_entity_name, served_model_name, traffic_percentage } = route as Record<string, unknown>; // as above
    traffic[String(served_entity_name ?? served_model_name)] = traffic_percentage;
  }
  return { served_entities: entities, traffic };
}

/** Field by field, what is different. Lists are compared as a whole; a new or removed object is one change. */
export function differences(before: unknown, after: unknown, field = ''): Change[] {
  if (Object.is(before, after)) return [];
  if (isObject(before) && isObject(after)) {
    const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return fields.flatMap((key) => differences(before[key], after[key], field === '' ? key : `${field}.${key}`));
  }
  if (canonical(before) === canonical(after)) return [];
  return [{ field, ...(before === undefined ? {} : { from: before }), ...(after === undefined ? {} : { to: after }) }];
}

/**
 * Twelve hex digits that change when anything a person can set on the endpoint changes: config, update under way, gateway, tags, description.
 * Not its state: a scale to zero is no change. `beside` is state that is kept elsewhere and counts too, such as grants.
 */
export function fingerprint(endpoint: Endpoint, beside?: unknown): string {
  const settings = {
    beside,
    id: endpoint.id,
    config: configView(configInput(endpoint.config)),
    version: endpoint.config?.config_version,
    pending: endpoint.pending_config ? configView(configInput(endpoint.pending_config)) : undefined,
    gateway: endpoint.ai_gateway && { ...endpoint.ai_gateway, rate_limits: inOrder(endpoint.ai_gateway.rate_limits) },
    tags: inOrder(endpoint.tags),
    description: endpoint.description,
    notifications: endpoint.email_notifications,
  };
  // Loaded when the first fingerprint is made: at start it would cost as much as all the schemas of the tools.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(canonical(settings)).digest('hex').slice(0, 12);
}

/** A list whose order the service does not keep. */
function inOrder(list: unknown[] | undefined): string[] {
  return (list ?? []).map(canonical).sort();
}

/** JSON with sorted keys: equal values give equal text. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
    ) ?? 'undefined'
  );
}

/** What a write would change, field by field. Pure. */
import { isObject } from '../rest/json.ts';

/** One field that a write would change; `from` or `to` is absent when the field is added or removed. */
export interface FieldDiff {
  field: string;
  from?: unknown;
  to?: unknown;
}

/** A config with entities and routes by name, so that their order makes no difference: the service does not keep it (fact E10). */
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
export function differences(before: unknown, after: unknown, field = ''): FieldDiff[] {
  if (Object.is(before, after)) return [];
  if (isObject(before) && isObject(after)) {
    const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return fields.flatMap((key) => differences(before[key], after[key], field === '' ? key : `${field}.${key}`));
  }
  if (canonical(before) === canonical(after)) return [];
  return [{ field, ...(before === undefined ? {} : { from: before }), ...(after === undefined ? {} : { to: after }) }];
}

/** JSON with sorted keys: equal values give equal text. */
export function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
    ) ?? 'undefined'
  );
}

/** The differences that a write makes, field by field. Pure. */
import { defined, isObject } from '../rest/json.ts';

/** One field that a write changes. `from` is absent for an added field, and `to` for a removed one. */
export interface FieldDiff {
  field: string;
  from?: unknown;
  to?: unknown;
}

/** A config with entities and routes by name. Their order is irrelevant, because the service does not keep it (fact E10). */
export function configView(config: {
  served_entities?: unknown[];
  traffic_config?: { routes?: unknown[] };
}): Record<string, unknown> {
  const entities: Record<string, unknown> = {};
  for (const entity of config.served_entities ?? []) {
    const { name, ...rest } = entity as Record<string, unknown>; // an entity is always an object
    entities[String(name)] = rest;
  }
  const traffic: Record<string, unknown> = {};
  for (const route of config.traffic_config?.routes ?? []) {
    const { served_entity_name, served_model_name, traffic_percentage } = route as Record<string, unknown>; // as above
    traffic[String(served_entity_name ?? served_model_name)] = traffic_percentage;
  }
  return { served_entities: entities, traffic };
}

/** The differences, field by field. A list is one field, and so is an added or removed object. */
export function differences(before: unknown, after: unknown, field = ''): FieldDiff[] {
  if (Object.is(before, after)) return [];
  if (isObject(before) && isObject(after)) {
    const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return fields.flatMap((key) => differences(before[key], after[key], field === '' ? key : `${field}.${key}`));
  }
  if (canonical(before) === canonical(after)) return [];
  return [defined({ field, from: before, to: after })];
}

/** JSON with sorted keys, so that equal values give equal text. */
export function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
    ) ?? 'undefined'
  );
}

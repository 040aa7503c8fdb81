/** A create of an existing endpoint. A repeat changes nothing, and another endpoint with the same name is never touched. */
import { differences, type FieldDiff } from '../../src/plan/diff.ts';
import { type EntityInput, nameOf } from '../../src/plan/entity-rules.ts';
import { sameTelemetry, type TelemetryInput } from '../../src/plan/telemetry.ts';
import { call, Refusal, type ToolResult } from '../../src/refusal.ts';
import { hasAll } from '../../src/rest/asked.ts';
import type { CreateInput } from '../../src/rest/endpoints.ts';
import { type Endpoint, endpoints, type ServedEntity } from '../../src/rest/index.ts';
import { defined, isObject } from '../../src/rest/json.ts';
import { trafficOf } from '../../src/rest/traffic.ts';
import { timeText } from '../../src/text/time.ts';
import { brief } from './view.ts';

/** Whether the endpoint has the same entities, by name, model and version. */
function servesTheSame(found: Endpoint, entities: readonly EntityInput[]): boolean {
  const there = entitiesIn(found);
  return (
    there.length === entities.length &&
    entities.every((entity) =>
      there.some(
        (each) =>
          each.name === nameOf(entity) &&
          each.entity_name === entity.entity_name &&
          each.entity_version === entity.entity_version &&
          sameExternal(each.external_model, entity.external_model),
      ),
    )
  );
}

function entitiesIn(found: Endpoint): ServedEntity[] {
  return endpoints.entitiesOf(endpoints.latestConfig(found));
}

function sameExternal(there: unknown, wanted: unknown): boolean {
  const key = (model: unknown) => {
    const { provider, name, task } = (model ?? {}) as Record<string, unknown>; // the rules checked that it is an object
    return JSON.stringify([provider, name, task]);
  };
  return key(there) === key(wanted);
}

/** Whether an endpoint has everything that a create asked for: entities, traffic, gateway, tags, description and all other settings. */
export function isRequested(found: Endpoint, body: CreateInput, entities: readonly EntityInput[]): boolean {
  const { name: _, config, budget_policy_id, telemetry_config: telemetry, ...settings } = body;
  const traffic = trafficOf(endpoints.latestConfig(found));
  return (
    servesTheSame(found, entities) &&
    entities.every((entity) => entitiesIn(found).some((each) => hasAll(each, readable(entity)))) &&
    (config.traffic_config?.routes ?? []).every(
      (route) => traffic.get(route.served_entity_name) === route.traffic_percentage,
    ) &&
    hasAll(found, { ...settings, effective_budget_policy_id: budget_policy_id }) &&
    (telemetry === undefined || sameTelemetry(found.telemetry_config, telemetry as TelemetryInput, undefined)) // checked by its rules
  );
}

/** An entity with its name, without the settings that the service never returns. */
function readable(entity: EntityInput): EntityInput {
  const fields = Object.entries({ ...entity, name: nameOf(entity) });
  return Object.fromEntries(fields.filter(([field]) => !endpoints.WRITE_ONLY.has(field)));
}

/** Who created an endpoint, and when. */
export function madeBy({ creator, creation_timestamp: at }: Endpoint): ToolResult {
  return defined({ creator, created: timeText(at) });
}

/**
 * The answer to a create of a name that is taken.
 * @param given the settings that the caller gave, by entity. All others may differ.
 * @throws Refusal when the endpoint serves something else, or has other settings.
 */
export function existingAnswer(
  existing: Endpoint,
  entities: readonly EntityInput[],
  given: readonly EntityInput[],
): ToolResult {
  const name = existing.name;
  const show = `${call('get_endpoint', { endpoint: name })} shows the existing endpoint.`;
  if (!servesTheSame(existing, entities)) {
    const message = `endpoint ${name} already exists and serves something else`;
    const next = `Choose another name, or change the endpoint with swap_version or update_endpoint. ${show}`;
    throw new Refusal('name_taken', message, next, { existing: madeBy(existing) });
  }
  const differs = given.flatMap((entity) => differencesFrom(existing, entity));
  if (differs.length > 0) {
    const message = `endpoint ${name} already exists with other settings (in differs, from is its current value)`;
    const next = `Change it with update_endpoint if that is wanted, or choose another name. ${show}`;
    throw new Refusal('name_taken', message, next, { differs: differs.slice(0, 30), existing: madeBy(existing) });
  }
  const note =
    'an endpoint with this name already serves these entities; its tags, gateway, telemetry and traffic were not compared';
  return { ...brief(existing), ...madeBy(existing), note, next: call('wait_for_endpoint', { endpoint: name }) };
}

/** The settings in which an entity differs. Settings that the service never returns are not compared. */
function differencesFrom(existing: Endpoint, given: EntityInput): FieldDiff[] {
  const { entity_version: _version, ...settings } = given; // already compared; it may be a number or a text
  const there = entitiesIn(existing).find((each) => each.name === nameOf(given));
  const readable = Object.entries(settings).filter(([field]) => !endpoints.WRITE_ONLY.has(field));
  return differences(there, overlay(there, Object.fromEntries(readable)), nameOf(given));
}

/** The existing value with the given fields laid over it. The service never returns plain-text keys, so they are left out. */
function overlay(there: unknown, given: unknown): unknown {
  if (!isObject(given)) return given;
  const fields = Object.entries(given).filter(([key]) => !key.endsWith('_plaintext'));
  const before = isObject(there) ? there : {};
  return { ...before, ...Object.fromEntries(fields.map(([key, value]) => [key, overlay(before[key], value)])) };
}

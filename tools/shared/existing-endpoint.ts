/** A create of an existing endpoint. A repeat changes nothing, and another endpoint with the same name is never touched. */
import { differences, type FieldDiff } from '../../src/plan/diff.ts';
import { type EntityInput, nameOf } from '../../src/plan/entity-rules.ts';
import { call, Refusal, type ToolResult } from '../../src/refusal.ts';
import { type Endpoint, endpoints, type ServedEntity } from '../../src/rest/index.ts';
import { isObject } from '../../src/rest/json.ts';
import { brief } from './view.ts';

/** Whether the endpoint has the same entities, by name, model and version. */
export function servesTheSame(found: Endpoint, entities: readonly EntityInput[]): boolean {
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
  return endpoints.entitiesOf(found.pending_config ?? found.config);
}

function sameExternal(there: unknown, wanted: unknown): boolean {
  const key = (model: unknown) => {
    const { provider, name, task } = (model ?? {}) as Record<string, unknown>; // the rules checked that it is an object
    return JSON.stringify([provider, name, task]);
  };
  return key(there) === key(wanted);
}

/** Whether the entities have the same settings. If not, someone else created an endpoint with the same models in the meantime. */
export function setTheSame(found: Endpoint, entities: readonly EntityInput[]): boolean {
  const there = entitiesIn(found);
  return entities.every((entity) =>
    there.some((each) => endpoints.sameEntity(each, { ...entity, name: nameOf(entity) })),
  );
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
    throw new Refusal('name_taken', message, next);
  }
  const differs = given.flatMap((entity) => differencesFrom(existing, entity));
  if (differs.length > 0) {
    const message = `endpoint ${name} already exists with other settings (in differs, from is its current value)`;
    const next = `Change it with update_endpoint if that is wanted, or choose another name. ${show}`;
    throw new Refusal('name_taken', message, next, { differs: differs.slice(0, 30) });
  }
  const note =
    'an endpoint with this name already serves these entities; its tags, gateway and traffic were not compared';
  return { ...brief(existing), note, next: call('wait_for_endpoint', { endpoint: name }) };
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

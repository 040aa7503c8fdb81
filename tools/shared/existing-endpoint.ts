/** Creating what is there already: a repeat changes nothing, and another thing under the same name is never touched. */
import { differences, type FieldDiff } from '../../src/plan/diff.ts';
import { type EntityInput, nameOf } from '../../src/plan/entity-rules.ts';
import { call, Refusal, type ToolResult } from '../../src/refusal.ts';
import { type Endpoint, endpoints, type ServedEntity } from '../../src/rest/index.ts';
import { isObject } from '../../src/rest/json.ts';
import { brief } from './view.ts';

/** Entity by entity: the same name, model and version. */
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
    const { provider, name, task } = (model ?? {}) as Record<string, unknown>; // the rules saw that it is an object
    return JSON.stringify([provider, name, task]);
  };
  return key(there) === key(wanted);
}

/** Setting by setting: an endpoint that somebody else made of the same models meanwhile is not ours. */
export function setTheSame(found: Endpoint, entities: readonly EntityInput[]): boolean {
  const there = entitiesIn(found);
  return entities.every((entity) =>
    there.some((each) => endpoints.sameEntity(each, { ...entity, name: nameOf(entity) })),
  );
}

/**
 * The answer to a create of a name that is taken.
 * @param said the settings that the caller named, by entity: what they left out may be set as it likes.
 * @throws Refusal when something else is there, or the same with other settings.
 */
export function existingAnswer(
  existing: Endpoint,
  entities: readonly EntityInput[],
  said: readonly EntityInput[],
): ToolResult {
  const name = existing.name;
  const show = `${call('get_endpoint', { endpoint: name })} shows it.`;
  if (!servesTheSame(existing, entities)) {
    const message = `endpoint ${name} exists already and serves something else`;
    const next = `Choose another name, or change it with swap_version or update_endpoint; ${show}`;
    throw new Refusal('name_taken', message, next);
  }
  const differs = said.flatMap((entity) => otherwise(existing, entity));
  if (differs.length > 0) {
    const message = `endpoint ${name} exists already with other settings (differs: from is what it has)`;
    const next = `Change it with update_endpoint if that is wanted, or choose another name; ${show}`;
    throw new Refusal('name_taken', message, next, { differs: differs.slice(0, 30) });
  }
  const note =
    'an endpoint of this name serves these entities already; its tags, gateway and traffic were not compared';
  return { ...brief(existing), note, next: call('wait_for_endpoint', { endpoint: name }) };
}

/** Where an entity is not as it was said. What the service never tells cannot differ. */
function otherwise(existing: Endpoint, said: EntityInput): FieldDiff[] {
  const { entity_version: _version, ...settings } = said; // seen to be the same, and a number or a text
  const there = entitiesIn(existing).find((each) => each.name === nameOf(said));
  const told = Object.entries(settings).filter(([field]) => !endpoints.WRITE_ONLY.has(field));
  return differences(there, over(there, Object.fromEntries(told)), nameOf(said));
}

/** What is there, with what was said put over it, field by field; keys in plain text are never told. */
function over(there: unknown, said: unknown): unknown {
  if (!isObject(said)) return said;
  const fields = Object.entries(said).filter(([key]) => !key.endsWith('_plaintext'));
  const before = isObject(there) ? there : {};
  return { ...before, ...Object.fromEntries(fields.map(([key, value]) => [key, over(before[key], value)])) };
}

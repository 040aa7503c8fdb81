/** From an endpoint as it is and named changes to the config that is sent, purely. What is not named stays. */

import type { ConfigInput, Endpoint } from '../rest/endpoints.ts';
import { trafficOf } from '../rest/traffic.ts';
import { configInput, routes, unwritable } from './config-input.ts';
import { configView, differences, type FieldDiff } from './diff.ts';
import { type EntityInput, nameOf, problemsOfEntity, problemsOfList, problemsOfTraffic } from './entity-rules.ts';

/** Settings of one entity; null takes a setting back to what the service chooses. */
export type EntitySettings = Record<string, unknown>;

export interface UpdateWish {
  /** Entity whose settings change; may be left out when there is one only. */
  entity?: string;
  settings: EntitySettings;
  /** Variables to set; null removes one. */
  environment_vars?: Record<string, string | null>;
  add: EntityInput[];
  remove: string[];
  /** New shares by entity; entities that are not named keep theirs. */
  traffic?: Record<string, number>;
}

export interface UpdatePlan {
  config: ConfigInput;
  changes: FieldDiff[];
  /** Everything that is wrong; nothing may be sent while this is not empty. */
  problems: string[];
}

/** One way to scale replaces the other, so the settings of the other go (fact S5). */
const EXCLUDES: Record<string, string[]> = {
  workload_size: ['min_provisioned_concurrency', 'max_provisioned_concurrency'],
  min_provisioned_concurrency: ['workload_size'],
  max_provisioned_concurrency: ['workload_size'],
};

/** Plans a change of the active config. */
export function planUpdate(endpoint: Endpoint, wish: UpdateWish): UpdatePlan {
  const current = endpoint.config?.served_entities ?? [];
  const before = configInput(endpoint.config);
  const problems: string[] = [];
  const touches = Object.keys(wish.settings).length > 0 || wish.environment_vars !== undefined;
  const target = wish.entity ?? (current.length === 1 ? current[0]?.name : undefined);
  if (touches && target === undefined)
    problems.push(`name the entity to change: ${current.map((each) => each.name).join(', ') || 'there is none'}`);
  for (const name of [...wish.remove, ...(wish.entity === undefined ? [] : [wish.entity])]) {
    if (!current.some((each) => each.name === name))
      problems.push(`there is no entity ${name}: ${current.map((each) => each.name).join(', ')}`);
  }
  if (touches && target !== undefined && wish.remove.includes(target))
    problems.push(`${target} is both changed and removed`);
  for (const each of current.filter((entity) => entity.provisioned_model_units !== undefined))
    problems.push(`${each.name} runs on provisioned model units: only model_units and burst_scaling can be changed`);
  problems.push(
    ...current.filter((each) => !wish.remove.includes(each.name)).flatMap((each) => unwritable(each) ?? []),
  );

  const kept = before.served_entities
    .filter((each) => !wish.remove.includes(nameOf(each)))
    .map((each) => (touches && nameOf(each) === target ? changed(each, wish) : each));
  const added = wish.add.map((each) => ({ ...each, name: nameOf(each) }));
  const entities = [...kept, ...added];

  const shares = trafficOf(endpoint.config);
  const freed = wish.remove.reduce((sum, name) => sum + (shares.get(name) ?? 0), 0);
  for (const name of wish.remove) shares.delete(name);
  for (const each of added) shares.set(nameOf(each), 0);
  for (const [name, share] of Object.entries(wish.traffic ?? {})) shares.set(name, share);
  const names = entities.map(nameOf);
  if (freed > 0 && wish.traffic === undefined) {
    problems.push(`${wish.remove.join(', ')} has ${freed} % of the traffic: give traffic, so that the others take it`);
  }
  // Entities as the service answers them are taken as they are; only what the caller gave is checked field by field.
  const touched = touches ? kept.find((each) => nameOf(each) === target) : undefined;
  if (touched?.external_model !== undefined)
    problems.push(`${target}: an external model has no compute of its own: leave size, type and variables out`);
  if ((touched?.min_provisioned_concurrency === undefined) !== (touched?.max_provisioned_concurrency === undefined))
    problems.push(`${target}: give the least and the most concurrency together`);
  const given = [...added, ...(touched && touched.external_model === undefined ? [checkable(touched, wish)] : [])];
  problems.push(...given.flatMap(problemsOfEntity));
  if (added.length > 0) problems.push(...problemsOfList(entities));
  if (names.length === 0) problems.push('the last served entity cannot be removed: delete the endpoint instead');
  else if (freed === 0 || wish.traffic) problems.push(...problemsOfTraffic(names, Object.fromEntries(shares)));

  const config: ConfigInput = { served_entities: entities, traffic_config: { routes: routes(shares) } };
  return { config, changes: differences(configView(before), configView(config)), problems: [...new Set(problems)] };
}

/** Of a changed entity what the caller answers for: what they named, beside how it scales, which must not clash with it. */
function checkable(entity: EntityInput, wish: UpdateWish): EntityInput {
  const named = Object.keys(wish.settings);
  const scaling = Object.keys(entity).filter((field) =>
    /^(min|max)_provisioned_|^provisioned_model_units$/.test(field),
  );
  const fields = ['name', 'entity_name', ...scaling, ...named].filter((field) => entity[field] !== undefined);
  const variables = Object.entries(wish.environment_vars ?? {}).filter(([, value]) => value !== null);
  return {
    ...Object.fromEntries(fields.map((field) => [field, entity[field]])),
    ...(variables.length > 0 ? { environment_vars: Object.fromEntries(variables) } : {}),
  };
}

function changed(entity: EntityInput, wish: UpdateWish): EntityInput {
  const result: EntityInput = { ...entity };
  for (const [field, value] of Object.entries(wish.settings)) {
    for (const other of EXCLUDES[field] ?? []) delete result[other];
    if (value === null) delete result[field];
    else result[field] = value;
  }
  if (wish.environment_vars) {
    const variables: Record<string, unknown> = { ...(entity.environment_vars as Record<string, string> | undefined) }; // the wire's own shape
    for (const [name, value] of Object.entries(wish.environment_vars)) {
      if (value === null) delete variables[name];
      else variables[name] = value;
    }
    // An entity without variables has no such field, rather than an empty one.
    if (Object.keys(variables).length > 0) result.environment_vars = variables;
    else delete result.environment_vars;
  }
  return result;
}

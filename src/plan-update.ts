/** From an endpoint as it is and named changes to the config that is sent, purely. What is not named stays. */
import { configInput, routes, sharesOf, unwritable } from './config-input.ts';
import { type Change, configView, differences } from './difference.ts';
import { type EntityInput, nameOf, problemsOfEntities, problemsOfTraffic } from './entity-rules.ts';
import type { ConfigInput, Endpoint } from './rest/endpoints.ts';

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
  changes: Change[];
  /** Everything that is wrong; nothing may be sent while this is not empty. */
  problems: string[];
}

/** One way to scale replaces the other: what belongs to the other family goes (API contract, section 1.1). */
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
  problems.push(
    ...current.filter((each) => !wish.remove.includes(each.name)).flatMap((each) => unwritable(each) ?? []),
  );

  const kept = before.served_entities
    .filter((each) => !wish.remove.includes(nameOf(each)))
    .map((each) => (touches && nameOf(each) === target ? changed(each, wish) : each));
  const added = wish.add.map((each) => ({ ...each, name: nameOf(each) }));
  const entities = [...kept, ...added];

  const shares = sharesOf(endpoint.config);
  const freed = wish.remove.reduce((sum, name) => sum + (shares.get(name) ?? 0), 0);
  for (const name of wish.remove) shares.delete(name);
  for (const each of added) shares.set(nameOf(each), 0);
  for (const [name, share] of Object.entries(wish.traffic ?? {})) shares.set(name, share);
  const names = entities.map(nameOf);
  if (freed > 0 && wish.traffic === undefined) {
    problems.push(`${wish.remove.join(', ')} has ${freed} % of the traffic: give traffic, so that the others take it`);
  }
  // Entities as the service answers them are taken as they are; only what the caller gave is checked field by field.
  const given = [...added, ...kept.filter((each) => touches && nameOf(each) === target)];
  if (given.length > 0)
    problems.push(...problemsOfEntities(given, undefined).filter((each) => !each.includes('need traffic')));
  if (added.length > 0)
    problems.push(
      ...problemsOfEntities(entities, undefined).filter((each) =>
        /^two entities|at most|cannot share|different tasks/.test(each),
      ),
    );
  if (names.length === 0) problems.push('the last served entity cannot be removed: delete the endpoint instead');
  else if (freed === 0 || wish.traffic) problems.push(...problemsOfTraffic(names, Object.fromEntries(shares)));

  const config: ConfigInput = { served_entities: entities, traffic_config: { routes: routes(shares) } };
  return { config, changes: differences(configView(before), configView(config)), problems: [...new Set(problems)] };
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
    result.environment_vars = variables;
  }
  return result;
}

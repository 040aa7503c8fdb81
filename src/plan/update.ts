/** Endpoint + named changes → the config to send. Pure. Everything else stays. */

import type { ConfigInput, Endpoint } from '../rest/endpoints.ts';
import { trafficOf } from '../rest/traffic.ts';
import { configInput, routes, unwritable } from './config-input.ts';
import { configView, differences, type FieldDiff } from './diff.ts';
import { type EntityInput, nameOf, problemsOfEntity, problemsOfList, problemsOfTraffic } from './entity-rules.ts';
import { repeatedVersions } from './repeated-version.ts';
import { type VariableChanges, withVariables } from './variables.ts';

/** Settings of one entity. null resets a setting to the default of the service. */
export type EntitySettings = Record<string, unknown>;

export interface UpdateWish {
  /** Entity whose settings change. Optional when there is only one. */
  entity?: string;
  settings: EntitySettings;
  /** Variables to set. null removes one. */
  environment_vars?: VariableChanges;
  add: EntityInput[];
  remove: string[];
  /** New shares by entity. Other entities keep theirs. */
  traffic?: Record<string, number>;
}

export interface UpdatePlan {
  config: ConfigInput;
  changes: FieldDiff[];
  /** All problems. Nothing may be sent unless this is empty. */
  problems: string[];
  /** What the service may refuse. */
  warnings: string[];
}

/** One way to scale replaces the other, so the settings of the other go (fact S5). */
const EXCLUDES: Record<string, string[]> = {
  workload_size: ['min_provisioned_concurrency', 'max_provisioned_concurrency'],
  min_provisioned_concurrency: ['workload_size'],
  max_provisioned_concurrency: ['workload_size'],
};

/** Plans a change of the active config. */
export function planUpdate(endpoint: Endpoint, wish: UpdateWish): UpdatePlan {
  const before = configInput(endpoint.config);
  const update = applied(endpoint, wish);
  const config: ConfigInput = {
    served_entities: [...update.kept, ...update.added],
    traffic_config: { routes: routes(update.shares) },
  };
  const { target, added } = update;
  const touched = [...added.map(nameOf), ...(target === undefined ? [] : [target])];
  const repeated = repeatedVersions(config.served_entities, touched);
  const problems = [
    ...problemsOfWish(endpoint, wish, update),
    ...problemsOfResult(wish, update),
    ...(added.length > 0 ? repeated.problems : []),
    ...problemsOfUnits(endpoint, added),
  ];
  const changes = differences(configView(before), configView(config));
  return { config, changes, problems: [...new Set(problems)], warnings: repeated.warnings };
}

/** The wish applied to the active config. */
interface AppliedUpdate {
  /** The entity whose settings change. Undefined when none change, or when the choice is open. */
  target: string | undefined;
  kept: EntityInput[];
  added: EntityInput[];
  shares: Map<string, number>;
  /** Traffic of the removed entities, percent. */
  freed: number;
}

function applied(endpoint: Endpoint, wish: UpdateWish): AppliedUpdate {
  const current = endpoint.config?.served_entities ?? [];
  const target = changesSettings(wish)
    ? (wish.entity ?? (current.length === 1 ? current[0]?.name : undefined))
    : undefined;
  const kept = configInput(endpoint.config)
    .served_entities.filter((each) => !wish.remove.includes(nameOf(each)))
    .map((each) => (target !== undefined && nameOf(each) === target ? changed(each, wish) : each));
  const added = wish.add.map((each) => ({ ...each, name: nameOf(each) }));

  const shares = trafficOf(endpoint.config);
  const freed = wish.remove.reduce((sum, name) => sum + (shares.get(name) ?? 0), 0);
  for (const name of wish.remove) shares.delete(name);
  for (const each of added) shares.set(nameOf(each), 0);
  for (const [name, share] of Object.entries(wish.traffic ?? {})) shares.set(name, share);
  return { target, kept, added, shares, freed };
}

function changesSettings(wish: UpdateWish): boolean {
  return Object.keys(wish.settings).length > 0 || wish.environment_vars !== undefined;
}

/** Model units have their own route, and an endpoint does not switch to them (facts C2 and S12). */
function problemsOfUnits({ config }: Endpoint, added: readonly EntityInput[]): string[] {
  if ((config?.served_entities ?? []).length === 0) return [];
  return added.flatMap((each) =>
    each.provisioned_model_units === undefined
      ? []
      : [
          `${nameOf(each)}: an existing endpoint does not switch to provisioned model units: create another one for them`,
        ],
  );
}

/** Problems of the wish itself: unknown, conflicting or fixed entities, and traffic without a new owner. */
function problemsOfWish(endpoint: Endpoint, wish: UpdateWish, { target, freed }: AppliedUpdate): string[] {
  const current = endpoint.config?.served_entities ?? [];
  const names = current.map((each) => each.name);
  const named = [...wish.remove, ...(wish.entity === undefined ? [] : [wish.entity])];
  const problems: string[] = [];
  if (changesSettings(wish) && target === undefined)
    problems.push(`choose the entity to change: ${names.join(', ') || 'there is none'}`);
  for (const name of named) if (!names.includes(name)) problems.push(`there is no entity ${name}: ${names.join(', ')}`);
  if (target !== undefined && wish.remove.includes(target)) problems.push(`${target} is both changed and removed`);
  for (const each of current)
    if (each.provisioned_model_units !== undefined)
      problems.push(`${each.name} runs on provisioned model units: only model_units and burst_scaling can be changed`);
  const kept = current.filter((each) => !wish.remove.includes(each.name));
  problems.push(...kept.flatMap((each) => unwritable(each) ?? []));
  if (freed > 0 && wish.traffic === undefined)
    problems.push(`${wish.remove.join(', ')} has ${freed} % of the traffic: use traffic to give it to other entities`);
  return problems;
}

/** Problems of the new config. Only values from the caller are checked field by field, not those from the service. */
function problemsOfResult(wish: UpdateWish, { target, kept, added, shares, freed }: AppliedUpdate): string[] {
  const problems: string[] = [];
  const touched = target === undefined ? undefined : kept.find((each) => nameOf(each) === target);
  const external = touched?.external_model !== undefined;
  if (external) problems.push(`${target}: an external model has no compute here: omit size, type and variables`);
  if ((touched?.min_provisioned_concurrency === undefined) !== (touched?.max_provisioned_concurrency === undefined))
    problems.push(`${target}: set min_concurrency and max_concurrency together`);
  const given = [...added, ...(touched && !external ? [checkable(touched, wish)] : [])];
  problems.push(...given.flatMap(problemsOfEntity));
  const entities = [...kept, ...added];
  if (added.length > 0) problems.push(...problemsOfList(entities));
  if (entities.length === 0) problems.push('the last served entity cannot be removed: use delete_endpoint instead');
  else if (freed === 0 || wish.traffic)
    problems.push(...problemsOfTraffic(entities.map(nameOf), Object.fromEntries(shares)));
  return problems;
}

/** The fields of a changed entity to check: the named ones, and those for scaling, which must not conflict with them. */
function checkable(entity: EntityInput, wish: UpdateWish): EntityInput {
  const named = Object.keys(wish.settings);
  // Concurrency that is there may be older than its rule. Only a change of it is checked.
  const concurrency = named.some((field) => field.endsWith('_provisioned_concurrency'));
  const scaling = Object.keys(entity).filter(
    (field) =>
      /^(min|max)_provisioned_|^provisioned_model_units$/.test(field) &&
      (concurrency || !field.endsWith('_provisioned_concurrency')),
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
  return withVariables(result, wish.environment_vars);
}

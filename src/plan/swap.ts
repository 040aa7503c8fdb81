/**
 * Endpoint + wanted version → the config to send. Pure. Every PUT of this API replaces the whole config, so the plan starts from the
 * current one and keeps all that the caller does not name.
 */

import type { ConfigInput, Endpoint, ServedEntity } from '../rest/endpoints.ts';
import { ENDPOINT_NAME, isWorkspaceModel, MODEL_NAME } from '../rest/names.ts';
import { trafficOf } from '../rest/traffic.ts';
import { configInput, defaultEntityName, entityInput, routes, shortEntityName, unwritable } from './config-input.ts';
import { configView, differences, type FieldDiff } from './diff.ts';
import { type VariableChanges, withVariables } from './variables.ts';

/** Why there is no plan: a code, the reason and advice. */
export interface Impossible {
  kind: 'impossible';
  code: string;
  message: string;
  advice: string;
  /** The entities to choose from. */
  entities?: { name: string; version: string | undefined }[];
}

export interface SwapWish {
  version: string;
  /** The entity to replace. Required when several are possible. */
  entity?: string;
  /** Traffic percent for the new version. The replaced entity keeps the rest of its own. Absent: all of it. */
  percent?: number;
  /** Variables of the new version that differ from those of the replaced one. */
  variables?: VariableChanges;
}

export interface SwapPlan {
  kind: 'swap';
  config: ConfigInput;
  changes: FieldDiff[];
  model: string;
  /** The entity that serves the new version. */
  entity: string;
  /** Traffic of that entity after the swap, percent. */
  share: number;
  replaced: { name: string; version: string };
  /** The entity serves already, next to the replaced one, and only gets more traffic. */
  existing: boolean;
  /** Another version of the model keeps traffic that this one does not get. */
  shared: boolean;
}

/** The model of the version to swap. The caller needs it to resolve an alias before the plan. */
export function swapModel(
  endpoint: Endpoint,
  entity: string | undefined,
): { kind: 'model'; model: string } | Impossible {
  const entities = base(endpoint)?.served_entities ?? [];
  const models = withVersion(entities).filter((each) => entity === undefined || each.name === entity);
  const model = models[0]?.entity_name;
  if (model !== undefined && models.every((each) => each.entity_name === model)) return { kind: 'model', model };
  const former = entity === undefined || models.length > 0 ? undefined : modelOfRemoved(withVersion(entities), entity);
  if (former !== undefined) return { kind: 'model', model: former };
  const target = chooseTarget(endpoint.name, entities, { version: '', entity });
  return 'kind' in target ? target : { kind: 'model', model: target.model };
}

/** The version already serves with the wanted traffic. */
export interface NothingToSwap {
  kind: 'nothing';
  model: string;
  entity: string;
  /** Its traffic, percent. */
  share: number;
  /** Another version of the model keeps traffic that this one does not get. */
  shared: boolean;
}

/** The config that a swap starts from: the active one, or the pending one of a first deployment. */
function base(endpoint: Endpoint) {
  return endpoint.config ?? endpoint.pending_config;
}

/** Plans a swap on the active config. All other entities, and all settings of the replaced one, stay. */
export function planSwap(endpoint: Endpoint, wish: SwapWish): SwapPlan | NothingToSwap | Impossible {
  const current = base(endpoint);
  const entities = current?.served_entities ?? [];
  const traffic = trafficOf(current);
  const target = chooseTarget(endpoint.name, entities, wish);
  if ('kind' in target) return target;
  const { model, existing, replaced } = target;
  if (!replaced) return planVariables(endpoint, target, wish.variables);
  const refusal = unchangeable(entities, replaced);
  if (refusal) return refusal;
  const split = splitTraffic(traffic, replaced, existing, wish.percent);
  if ('kind' in split) return split;
  const swap = { model, existing, replaced };
  const next = nextEntity(entities, swap, wish, split);
  if ('kind' in next) return next;

  const config = newConfig(entities, traffic, swap, next, split);
  const changes = differences(configView(configInput(current)), configView(config));
  const { share, rest } = split;
  const shared = rest !== undefined;
  if (changes.length === 0) return { kind: 'nothing', model, entity: next.name, share, shared };
  return {
    kind: 'swap',
    config,
    changes,
    model,
    entity: next.name,
    share,
    replaced: { name: replaced.name, version: replaced.entity_version ?? '' },
    existing: existing !== undefined,
    shared,
  };
}

/** The version has all the traffic it can get, so at most its variables change. */
function planVariables(
  endpoint: Endpoint,
  target: Target,
  variables: VariableChanges | undefined,
): SwapPlan | NothingToSwap | Impossible {
  const current = base(endpoint);
  const entities = current?.served_entities ?? [];
  const done = alreadySwapped(entities, trafficOf(current), target);
  const { existing } = target;
  if (!existing || !variables) return done;
  const before = configInput(current);
  const config = {
    ...before,
    served_entities: before.served_entities.map((each) =>
      each.name === existing.name ? withVariables(each, variables) : each,
    ),
  };
  const changes = differences(configView(before), configView(config));
  if (changes.length === 0) return done;
  const refusal = unchangeable(entities, existing);
  if (refusal) return refusal;
  const replaced = { name: existing.name, version: existing.entity_version ?? '' };
  return { ...done, kind: 'swap', config, changes, replaced, existing: true };
}

/** The version has all the traffic it can get already. */
function alreadySwapped(
  entities: readonly ServedEntity[],
  traffic: Map<string, number>,
  { model, existing }: Target,
): NothingToSwap {
  const share = traffic.get(existing?.name ?? '') ?? 0;
  const shared = entities.some(
    (each) => each !== existing && each.entity_name === model && (traffic.get(each.name) ?? 0) > share,
  );
  return { kind: 'nothing', model, entity: existing?.name ?? '', share, shared };
}

/** Why the config cannot be replaced: an entity would lose its key, or it runs on model units. */
function unchangeable(entities: readonly ServedEntity[], replaced: ServedEntity): Impossible | undefined {
  const lost = entities.map(unwritable).find((reason) => reason !== undefined);
  if (lost !== undefined)
    return impossible(
      'unwritable',
      lost,
      'Put the key into a secret scope and set the provider reference to {{secrets/scope/key}} first.',
    );
  if (replaced.provisioned_model_units === undefined) return undefined;
  return impossible(
    'provisioned_throughput',
    `${replaced.name} runs on provisioned model units, which a config update cannot change`,
    'Use the provisioned-throughput API of the service for this endpoint.',
  );
}

interface TrafficSplit {
  /** Traffic of the new version, percent. */
  share: number;
  /** Traffic that the replaced entity keeps, percent. Undefined when it is removed. */
  rest: number | undefined;
}

/** Divides the traffic of the replaced entity and of the entity with the new version, if there is one. */
function splitTraffic(
  traffic: Map<string, number>,
  replaced: ServedEntity,
  existing: ServedEntity | undefined,
  percent: number | undefined,
): TrafficSplit | Impossible {
  const available = (traffic.get(replaced.name) ?? 0) + (existing ? (traffic.get(existing.name) ?? 0) : 0);
  if (percent === undefined || (percent === available && available > 0)) return { share: available, rest: undefined };
  if (percent <= available) return { share: percent, rest: available - percent };
  const message = `the new version cannot get ${percent} %, because ${replaced.name} has only ${available} % to give`;
  return impossible('too_much_traffic', message, `Ask for at most ${available} %.`);
}

interface NextEntity {
  name: string;
  input: Record<string, unknown>;
}

/** The entity that serves the new version. It takes over the custom name of an entity that it replaces fully. */
function nextEntity(
  entities: readonly ServedEntity[],
  { model, existing, replaced }: Replacement,
  { version, variables }: SwapWish,
  { rest }: TrafficSplit,
): NextEntity | Impossible {
  if (existing) return { name: existing.name, input: withVariables(entityInput(existing), variables) };
  const removed = rest === undefined;
  const custom = replaced.name !== defaultEntityName(model, replaced.entity_version ?? '');
  const name = removed && custom ? replaced.name : shortEntityName(model, version);
  if (entities.some((entity) => entity.name === name && !(entity === replaced && removed))) {
    const message = `an entity named ${name} already serves something else`;
    return impossible('name_taken', message, 'Rename or remove that entity first.');
  }
  const input = { ...entityInput(replaced), name, entity_version: version };
  return { name, input: withVariables(input, variables) };
}

/** The whole config. The new version follows the replaced one or takes its position. */
function newConfig(
  entities: readonly ServedEntity[],
  traffic: Map<string, number>,
  { existing, replaced }: Replacement,
  next: NextEntity,
  { share, rest }: TrafficSplit,
): ConfigInput {
  const placed = entities
    .filter((entity) => entity !== existing)
    .flatMap((entity) => {
      const input = entityInput(entity);
      if (entity !== replaced) return [{ name: entity.name, input, share: traffic.get(entity.name) ?? 0 }];
      const kept = rest === undefined ? [] : [{ name: entity.name, input, share: rest }];
      return [...kept, { ...next, share }];
    });
  const shares = new Map(placed.map((each) => [each.name, each.share]));
  return { served_entities: placed.map((each) => each.input), traffic_config: { routes: routes(shares) } };
}

/** The entities with a model version of Unity Catalog. A name of another form has no versions there, and must not become part of a call. */
function withVersion(entities: ServedEntity[]): ServedEntity[] {
  return entities.filter(
    ({ entity_name, entity_version, foundation_model }) =>
      MODEL_NAME.test(entity_name ?? '') && entity_version !== undefined && foundation_model === undefined,
  );
}

interface Target {
  model: string;
  /** The entity that gives up traffic. Undefined when the version has all of it. */
  replaced: ServedEntity | undefined;
  /** The entity that already has the wanted version. */
  existing: ServedEntity | undefined;
}

type Replacement = Target & { replaced: ServedEntity };

function chooseTarget(endpoint: string, entities: ServedEntity[], wish: SwapWish): Target | Impossible {
  const models = withVersion(entities);
  const legacy = entities.find(({ entity_name, entity_version }) => isWorkspaceModel(entity_name) && entity_version);
  if (models.length === 0 && legacy)
    return impossible(
      'workspace_model',
      `${legacy.name} of endpoint ${endpoint} serves a model of the workspace registry, and this server swaps only models of Unity Catalog`,
      'Ask the user to register the model in Unity Catalog and to serve it from there, or to change the version on the Serving page.',
    );
  if (models.length === 0) {
    const message = `endpoint ${endpoint} serves no model version of Unity Catalog, so there is nothing to swap`;
    return impossible('no_model', message, 'Call get_endpoint to see what it serves.');
  }
  let candidates = models;
  if (wish.entity !== undefined) {
    candidates = models.filter((entity) => entity.name === wish.entity);
    const model = candidates.length === 0 ? modelOfRemoved(models, wish.entity) : undefined;
    const there = models.filter((each) => each.entity_name === model && each.entity_version === wish.version);
    // A repeated call may continue a finished swap, whose entity has been replaced by the version.
    if (model !== undefined && there.length === 1) return { model, existing: there[0], replaced: undefined };
    if (candidates.length === 0) {
      const message = `endpoint ${endpoint} has no served entity named ${wish.entity} with a model version`;
      return oneOf(models, 'unknown_entity', message, 'Choose a served entity');
    }
  }
  const model = candidates[0]?.entity_name ?? '';
  if (candidates.some((entity) => entity.entity_name !== model)) {
    return oneOf(models, 'ambiguous', `endpoint ${endpoint} serves several models`, 'Choose the entity to replace');
  }
  const existing = models.find((entity) => entity.entity_name === model && entity.entity_version === wish.version);
  const others = candidates.filter((entity) => entity !== existing);
  if (others.length > 1) {
    const message = `endpoint ${endpoint} serves several versions of ${model}`;
    return oneOf(others, 'ambiguous', message, 'Choose the entity to replace');
  }
  return { model, existing, replaced: others[0] };
}

/** The model of an entity that is gone, if its name or the remaining entities reveal it. */
function modelOfRemoved(models: ServedEntity[], entity: string): string | undefined {
  const names = [...new Set(models.flatMap((each) => each.entity_name ?? []))];
  const likely = names.length === 1 ? names : names.filter((name) => entity.startsWith(defaultEntityName(name, '')));
  return likely.length === 1 ? likely[0] : undefined;
}

/** A choice for the caller. The names come from the service, so advice contains them only if they are valid names. */
function oneOf(list: ServedEntity[], code: string, message: string, request: string): Impossible {
  const entities = list.map(({ name, entity_version }) => ({ name, version: entity_version }));
  const valid = entities.every(({ name, version }) => ENDPOINT_NAME.test(name) && /^\d+$/.test(version ?? ''));
  const choice = valid ? entities.map(({ name, version }) => `${name} (version ${version})`).join(', ') : undefined;
  return { ...impossible(code, message, `${request}: ${choice ?? 'see entities'}.`), entities };
}

function impossible(code: string, message: string, advice: string): Impossible {
  return { kind: 'impossible', code, message, advice };
}

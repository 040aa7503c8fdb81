/**
 * From an endpoint as it is and the version that it shall serve to the config that is sent, purely. Every PUT of this API replaces the whole
 * config, so it is always built from what is there: what the caller did not name stays.
 */

import type { ConfigInput, Endpoint, ServedEntity } from '../rest/endpoints.ts';
import { ENDPOINT_NAME } from '../rest/names.ts';
import { trafficOf } from '../rest/traffic.ts';
import { configInput, defaultEntityName, entityInput, routes, unwritable } from './config-input.ts';
import { configView, differences, type FieldDiff } from './diff.ts';

/** Why a plan cannot be made: a code, what is wrong, and what to do instead. */
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
  /** The entity to replace; needed when the choice is not plain. */
  entity?: string;
  /** Share of the endpoint's traffic for the new version; the replaced entity keeps the rest of its own. Absent: all of it. */
  percent?: number;
}

export interface SwapPlan {
  kind: 'swap';
  config: ConfigInput;
  changes: FieldDiff[];
  model: string;
  /** Entity that serves the new version. */
  entity: string;
  /** What it gets of the endpoint's traffic then, percent. */
  share: number;
  replaced: { name: string; version: string };
  /** It serves already beside the one that gives way, and gets more of the traffic: no new entity comes. */
  existing: boolean;
  /** Another version of the model keeps traffic that this one does not get. */
  shared: boolean;
}

/** The model whose version a swap would change, so that an alias of it can be resolved before the plan is made. */
export function swapModel(
  endpoint: Endpoint,
  entity: string | undefined,
): { kind: 'model'; model: string } | Impossible {
  const entities = base(endpoint)?.served_entities ?? [];
  const models = withVersion(entities).filter((each) => entity === undefined || each.name === entity);
  const model = models[0]?.entity_name;
  if (model !== undefined && models.every((each) => each.entity_name === model)) return { kind: 'model', model };
  const gone = entity === undefined || models.length > 0 ? undefined : modelOfGone(withVersion(entities), entity);
  if (gone !== undefined) return { kind: 'model', model: gone };
  const target = chooseTarget(endpoint.name, entities, { version: '', ...(entity === undefined ? {} : { entity }) });
  return 'kind' in target ? target : { kind: 'model', model: target.model };
}

/** The version is there already with the traffic that was asked for. */
export interface NothingToSwap {
  kind: 'nothing';
  model: string;
  entity: string;
  /** What it gets of the endpoint's traffic, percent. */
  share: number;
  /** Another version of the model keeps traffic that this one does not get. */
  shared: boolean;
}

/** What a swap starts from: the active config, or the first one when its deployment runs or failed and nothing is active yet. */
function base(endpoint: Endpoint) {
  return endpoint.config ?? endpoint.pending_config;
}

/** Plans a swap on the config that is active. All other entities, and every setting of the replaced one, stay. */
export function planSwap(endpoint: Endpoint, wish: SwapWish): SwapPlan | NothingToSwap | Impossible {
  const entities = base(endpoint)?.served_entities ?? [];
  const target = chooseTarget(endpoint.name, entities, wish);
  if ('kind' in target) return target;
  const { replaced, existing, model } = target;
  const before = trafficOf(base(endpoint));
  if (!replaced) {
    const share = before.get(existing?.name ?? '') ?? 0;
    const shared = entities.some(
      (each) => each !== existing && each.entity_name === model && (before.get(each.name) ?? 0) > share,
    );
    return { kind: 'nothing', model, entity: existing?.name ?? '', share, shared };
  }
  const lost = entities.map(unwritable).find((reason) => reason !== undefined);
  if (lost !== undefined)
    return impossible(
      'unwritable',
      lost,
      'Put the key into a secret scope and set the provider reference to {{secrets/scope/key}} first.',
    );
  if (replaced.provisioned_model_units !== undefined) {
    const message = `${replaced.name} runs on provisioned model units, which a config update does not take`;
    return impossible(
      'provisioned_throughput',
      message,
      'Use the provisioned-throughput route of the service for this endpoint.',
    );
  }

  const available = (before.get(replaced.name) ?? 0) + (existing ? (before.get(existing.name) ?? 0) : 0);
  const whole = wish.percent === undefined || (wish.percent === available && available > 0);
  if (!whole && (wish.percent ?? 0) > available) {
    const message = `${wish.percent} % was asked for the new version, but ${replaced.name} has only ${available} % to give`;
    return impossible('too_much_traffic', message, `Ask for at most ${available} %.`);
  }

  const custom = replaced.name !== defaultEntityName(model, replaced.entity_version ?? '');
  const name = existing?.name ?? (whole && custom ? replaced.name : defaultEntityName(model, wish.version));
  if (!existing && entities.some((entity) => entity.name === name && !(entity === replaced && whole))) {
    return impossible(
      'name_taken',
      `an entity named ${name} exists already and serves something else`,
      'Rename or remove that entity first.',
    );
  }
  const added = existing ? entityInput(existing) : { ...entityInput(replaced), name, entity_version: wish.version };
  const share = whole ? available : (wish.percent ?? 0);
  const shares = new Map<string, number>();
  const list: Record<string, unknown>[] = [];
  for (const entity of entities) {
    if (entity === existing) continue;
    if (entity !== replaced) {
      list.push(entityInput(entity));
      shares.set(entity.name, before.get(entity.name) ?? 0);
      continue;
    }
    if (!whole) {
      list.push(entityInput(entity));
      shares.set(entity.name, available - (wish.percent ?? 0));
    }
    list.push(added);
    shares.set(name, share);
  }
  const config: ConfigInput = { served_entities: list, traffic_config: { routes: routes(shares) } };
  const changes = differences(configView(configInput(base(endpoint))), configView(config));
  if (changes.length === 0) return { kind: 'nothing', model, entity: name, share, shared: !whole };
  return {
    kind: 'swap',
    config,
    changes,
    model,
    entity: name,
    share,
    replaced: { name: replaced.name, version: replaced.entity_version ?? '' },
    existing: existing !== undefined,
    shared: !whole,
  };
}

function withVersion(entities: ServedEntity[]): ServedEntity[] {
  return entities.filter(
    (entity) =>
      entity.entity_name !== undefined && entity.entity_version !== undefined && entity.foundation_model === undefined,
  );
}

interface Target {
  model: string;
  /** The entity that gives up traffic; undefined when the version has it all. */
  replaced: ServedEntity | undefined;
  /** The entity that has the wanted version already. */
  existing: ServedEntity | undefined;
}

function chooseTarget(endpoint: string, entities: ServedEntity[], wish: SwapWish): Target | Impossible {
  const models = entities.filter(
    (entity) => entity.entity_name !== undefined && entity.entity_version !== undefined && !entity.foundation_model,
  );
  if (models.length === 0) {
    const message = `endpoint ${endpoint} serves no registered model version, so there is nothing to swap`;
    return impossible('no_model', message, 'Call get_endpoint to see what it serves.');
  }
  let candidates = models;
  if (wish.entity !== undefined) {
    candidates = models.filter((entity) => entity.name === wish.entity);
    const model = candidates.length === 0 ? modelOfGone(models, wish.entity) : undefined;
    const there = models.filter((each) => each.entity_name === model && each.entity_version === wish.version);
    // A swap that is called again to go on may be over: the entity that it named has given way to the version.
    if (model !== undefined && there.length === 1) return { model, existing: there[0], replaced: undefined };
    if (candidates.length === 0) {
      const message = `endpoint ${endpoint} has no served entity named ${wish.entity} with a model version`;
      return oneOf(models, 'unknown_entity', message, 'Name one that is served');
    }
  }
  const model = candidates[0]?.entity_name ?? '';
  if (candidates.some((entity) => entity.entity_name !== model)) {
    return oneOf(models, 'ambiguous', `endpoint ${endpoint} serves several models`, 'Name the entity to replace');
  }
  const existing = models.find((entity) => entity.entity_name === model && entity.entity_version === wish.version);
  const others = candidates.filter((entity) => entity !== existing);
  if (others.length > 1) {
    const message = `endpoint ${endpoint} serves several versions of ${model}`;
    return oneOf(others, 'ambiguous', message, 'Name the entity to replace');
  }
  return { model, existing, replaced: others[0] };
}

/** The model that an entity served which is not there any more, as far as its name or its former neighbours tell. */
function modelOfGone(models: ServedEntity[], entity: string): string | undefined {
  const names = [...new Set(models.flatMap((each) => each.entity_name ?? []))];
  const likely = names.length === 1 ? names : names.filter((name) => entity.startsWith(defaultEntityName(name, '')));
  return likely.length === 1 ? likely[0] : undefined;
}

/** A choice that the caller must make. The names come from the service: advice holds them only while they are nothing but names. */
function oneOf(list: ServedEntity[], code: string, message: string, what: string): Impossible {
  const entities = list.map(({ name, entity_version }) => ({ name, version: entity_version }));
  const plain = entities.every(({ name, version }) => ENDPOINT_NAME.test(name) && /^\d+$/.test(version ?? ''));
  const choice = plain ? entities.map(({ name, version }) => `${name} (version ${version})`).join(', ') : undefined;
  return { ...impossible(code, message, `${what}: ${choice ?? 'see entities'}.`), entities };
}

function impossible(code: string, message: string, advice: string): Impossible {
  return { kind: 'impossible', code, message, advice };
}

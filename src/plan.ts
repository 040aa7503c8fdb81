/**
 * From an endpoint as it is and a wish to what is sent, purely. Every PUT of this API replaces the whole block, so the block is always
 * built from what is there: what the caller did not name stays.
 */
import { createHash } from 'node:crypto';
import type { AiGateway, Config, ConfigInput, Endpoint, RateLimit, ServedEntity } from './rest/endpoints.ts';

/** One field that a write would change; `from` or `to` is absent when the field is added or removed. */
export interface Change {
  field: string;
  from?: unknown;
  to?: unknown;
}

/** Why a plan cannot be made: a code, what is wrong, and what to do instead. */
export interface Impossible {
  kind: 'impossible';
  code: string;
  message: string;
  advice: string;
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// served entities

/** What the service adds to an entity in its answers and does not take back (API contract, section 1.1, the hidden fields too). */
const OUTPUT_ONLY = new Set([
  'creator',
  'creation_timestamp',
  'state',
  'foundation_model',
  'type',
  'min_dbus',
  'max_dbus',
]);

/** An entity as it must be sent to stay what it is. Unknown fields are kept: they may be input of a newer service. */
export function entityInput(entity: ServedEntity): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entity).filter(([field]) => !OUTPUT_ONLY.has(field)));
}

/** The name the service gives an entity when none is sent: the model's last name part and the version (API contract, section 6.4). */
export function defaultEntityName(model: string, version: string): string {
  return `${model.split('.').at(-1) ?? model}-${version}`;
}

/** Where each provider keeps its credentials: references, or a way that needs none (API contract, section 1.2). */
const CREDENTIALS: Record<string, RegExp> = {
  'amazon-bedrock': /^(aws_secret_access_key|instance_profile_arn|uc_service_credential_name)$/,
  custom: /^(value|token)$/,
};
const ANY_CREDENTIAL = /(api_key|api_token|private_key|client_secret|secret_access_key)$/;

/**
 * Why an entity cannot be written back as it is, or undefined when it can. The service never echoes a key that was given in plain text,
 * so a PUT built from what it answers would lose it.
 */
export function unwritable(entity: ServedEntity): string | undefined {
  if (entity.foundation_model || entity.entity_name?.startsWith('system.ai.')) {
    if (entity.foundation_model)
      return `${entity.name} is a foundation model of the platform; its config cannot be changed`;
  }
  const external = entity.external_model;
  if (!external) return undefined;
  const credential = CREDENTIALS[external.provider ?? ''] ?? ANY_CREDENTIAL;
  if (hasField(external, credential)) return undefined;
  return `${entity.name} has its provider key stored in plain text, which the service never gives back; writing the config would lose it`;
}

function hasField(value: unknown, name: RegExp): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([field, inner]) => (name.test(field) && typeof inner === 'string' && inner !== '') || hasField(inner, name),
  );
}

/** The whole config to send so that nothing changes. */
export function configInput(config: Config | undefined): ConfigInput {
  const entities = config?.served_entities ?? [];
  return { served_entities: entities.map(entityInput), traffic_config: { routes: routes(sharesOf(config)) } };
}

function sharesOf(config: Config | undefined): Map<string, number> {
  const shares = new Map<string, number>();
  for (const route of config?.traffic_config?.routes ?? []) {
    const name = route.served_entity_name ?? route.served_model_name;
    if (name !== undefined) shares.set(name, route.traffic_percentage);
  }
  const entities = config?.served_entities ?? [];
  for (const entity of entities) {
    if (!shares.has(entity.name)) shares.set(entity.name, entities.length === 1 ? 100 : 0);
  }
  return shares;
}

function routes(shares: Map<string, number>): ConfigInput['traffic_config']['routes'] {
  return [...shares].map(([name, share]) => ({ served_entity_name: name, traffic_percentage: share }));
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// version swap

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
  changes: Change[];
  model: string;
  /** Entity that serves the new version. */
  entity: string;
  replaced: { name: string; version: string };
}

/** The model whose version a swap would change, so that an alias of it can be resolved before the plan is made. */
export function swapModel(
  endpoint: Endpoint,
  entity: string | undefined,
): { kind: 'model'; model: string } | Impossible {
  const entities = endpoint.config?.served_entities ?? [];
  const models = withVersion(entities).filter((each) => entity === undefined || each.name === entity);
  const model = models[0]?.entity_name;
  if (model !== undefined && models.every((each) => each.entity_name === model)) return { kind: 'model', model };
  const target = chooseTarget(endpoint.name, entities, { version: '', ...(entity === undefined ? {} : { entity }) });
  return 'kind' in target ? target : { kind: 'model', model: target.model };
}

/** The version is there already with the traffic that was asked for. */
export interface NothingToSwap {
  kind: 'nothing';
  model: string;
  entity: string;
}

/** Plans a swap on the config that is active. All other entities, and every setting of the replaced one, stay. */
export function planSwap(endpoint: Endpoint, wish: SwapWish): SwapPlan | NothingToSwap | Impossible {
  const entities = endpoint.config?.served_entities ?? [];
  const target = chooseTarget(endpoint.name, entities, wish);
  if ('kind' in target) return target;
  const { replaced, existing, model } = target;
  if (!replaced) return { kind: 'nothing', model, entity: existing?.name ?? '' };
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

  const before = sharesOf(endpoint.config);
  const available = (before.get(replaced.name) ?? 0) + (existing ? (before.get(existing.name) ?? 0) : 0);
  const whole = wish.percent === undefined || (wish.percent === available && available > 0);
  if (!whole && (wish.percent ?? 0) > available) {
    const message = `${wish.percent} % was asked for the new version, but ${replaced.name} has only ${available} % to give`;
    return impossible('too_much_traffic', message, `Ask for at most ${available} %.`);
  }

  const custom = replaced.name !== defaultEntityName(model, replaced.entity_version ?? '');
  const name = existing?.name ?? (whole && custom ? replaced.name : defaultEntityName(model, wish.version));
  if (!existing && entities.some((entity) => entity.name === name && entity !== replaced)) {
    return impossible(
      'name_taken',
      `an entity named ${name} exists already and serves something else`,
      'Rename or remove that entity first.',
    );
  }
  const added = existing ? entityInput(existing) : { ...entityInput(replaced), name, entity_version: wish.version };
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
    shares.set(name, whole ? available : (wish.percent ?? 0));
  }
  const config: ConfigInput = { served_entities: list, traffic_config: { routes: routes(shares) } };
  const changes = differences(configView(configInput(endpoint.config)), configView(config));
  if (changes.length === 0) return { kind: 'nothing', model, entity: name };
  return {
    kind: 'swap',
    config,
    changes,
    model,
    entity: name,
    replaced: { name: replaced.name, version: replaced.entity_version ?? '' },
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
  const named = (list: ServedEntity[]) =>
    list.map((entity) => `${entity.name} (version ${entity.entity_version})`).join(', ');
  if (models.length === 0) {
    const message = `endpoint ${endpoint} serves no registered model version in its active config, so there is nothing to swap`;
    return impossible('no_model', message, 'Call get_endpoint to see what it serves.');
  }
  let candidates = models;
  if (wish.entity !== undefined) {
    candidates = models.filter((entity) => entity.name === wish.entity);
    if (candidates.length === 0) {
      const message = `endpoint ${endpoint} has no served entity named ${wish.entity} with a model version`;
      return impossible('unknown_entity', message, `Name one of: ${named(models)}.`);
    }
  }
  const model = candidates[0]?.entity_name ?? '';
  if (candidates.some((entity) => entity.entity_name !== model)) {
    return impossible(
      'ambiguous',
      `endpoint ${endpoint} serves several models`,
      `Name the entity to replace: ${named(models)}.`,
    );
  }
  const existing = models.find((entity) => entity.entity_name === model && entity.entity_version === wish.version);
  const others = candidates.filter((entity) => entity !== existing);
  if (others.length > 1) {
    return impossible(
      'ambiguous',
      `endpoint ${endpoint} serves several versions of ${model}`,
      `Name the entity to replace: ${named(others)}.`,
    );
  }
  return { model, existing, replaced: others[0] };
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// rate limits

/** One limit as a caller names it. Exactly one of `calls` and `tokens`; 0 lets nobody through. Per minute: the service has no other period. */
export interface LimitWish {
  key: 'endpoint' | 'user' | 'user_group' | 'service_principal';
  principal?: string;
  calls?: number;
  tokens?: number;
}

/** Which limit: a principal can have one for calls and one for tokens. */
export interface LimitRef {
  key: LimitWish['key'];
  principal?: string;
  unit?: 'calls' | 'tokens';
}

/** The AI Gateway block with limits added, changed and removed; guardrails, tracking, fallback and inference table as they were. */
export function planRateLimits(
  current: AiGateway | undefined,
  wish: { set: LimitWish[]; remove: LimitRef[] },
): { gateway: AiGateway; changes: Change[]; notFound: LimitRef[] } {
  const limits = new Map<string, RateLimit>();
  for (const limit of current?.rate_limits ?? []) limits.set(limitKey(limit), limit);
  const before = new Map(limits);
  const notFound: LimitRef[] = [];
  for (const ref of wish.remove) {
    const units = ref.unit ? [ref.unit] : (['calls', 'tokens'] as const);
    const hits = units.map((unit) => limitName(ref.key, ref.principal, unit)).filter((key) => limits.delete(key));
    if (hits.length === 0) notFound.push(ref);
  }
  for (const limit of wish.set) {
    const known = limits.get(limitKey(limit));
    const { principal, ...rest } = limit;
    limits.set(limitKey(limit), {
      ...known,
      ...rest,
      ...(principal === undefined ? {} : { principal }),
      renewal_period: 'minute',
    });
  }
  const gateway: AiGateway = { ...current, rate_limits: [...limits.values()] };
  return {
    gateway,
    changes: differences({ rate_limits: limitView(before) }, { rate_limits: limitView(limits) }),
    notFound,
  };
}

function limitName(key: string | undefined, principal: string | undefined, unit: string): string {
  return `${key ?? 'endpoint'}${principal === undefined ? '' : `:${principal}`} ${unit}`;
}

function limitKey(limit: { key?: string; principal?: string; calls?: number; tokens?: number }): string {
  return limitName(
    limit.key,
    limit.principal,
    limit.tokens !== undefined && limit.calls === undefined ? 'tokens' : 'calls',
  );
}

function limitView(limits: Map<string, RateLimit>): Record<string, unknown> {
  return Object.fromEntries([...limits].map(([key, limit]) => [key, limit.calls ?? limit.tokens]));
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// differences and fingerprints

/** A config with entities and routes by name, so that their order, which the service does not keep, makes no difference. */
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
export function differences(before: unknown, after: unknown, field = ''): Change[] {
  if (Object.is(before, after)) return [];
  if (isObject(before) && isObject(after)) {
    const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return fields.flatMap((key) => differences(before[key], after[key], field === '' ? key : `${field}.${key}`));
  }
  if (canonical(before) === canonical(after)) return [];
  return [{ field, ...(before === undefined ? {} : { from: before }), ...(after === undefined ? {} : { to: after }) }];
}

/**
 * Twelve hex digits that change when anything a person can set on the endpoint changes: config, update under way, gateway, tags, description.
 * Not its state: a scale to zero is no change.
 */
export function fingerprint(endpoint: Endpoint): string {
  const settings = {
    id: endpoint.id,
    config: configView(configInput(endpoint.config)),
    version: endpoint.config?.config_version,
    pending: endpoint.pending_config ? configView(configInput(endpoint.pending_config)) : undefined,
    gateway: endpoint.ai_gateway,
    tags: [...(endpoint.tags ?? [])].sort((a, b) => a.key.localeCompare(b.key)),
    description: endpoint.description,
    notifications: endpoint.email_notifications,
  };
  return createHash('sha256').update(canonical(settings)).digest('hex').slice(0, 12);
}

/** JSON with sorted keys: equal values give equal text. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
    ) ?? 'undefined'
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function impossible(code: string, message: string, advice: string): Impossible {
  return { kind: 'impossible', code, message, advice };
}

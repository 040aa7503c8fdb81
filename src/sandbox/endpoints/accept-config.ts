import { MINUTE } from '../clock.ts';
import { replicaName } from '../ids.ts';
import { pick } from '../json.ts';
import { mostConcurrencyOf } from '../state/concurrency.ts';
import { missingSecret } from '../state/secrets.ts';
import type {
  DeployPlan,
  EndpointConfig,
  Failure,
  ModelVersion,
  PendingConfig,
  ServedEntity,
  Workspace,
} from '../state/state.ts';
import type {
  ConfigInput,
  EntityConfig,
  EntityInput,
  ExternalModel,
  Route,
  SentEntity,
  ServedModelInput,
} from '../state/wire-types.ts';
import { metByEntity, metByWorkspace } from './needs.ts';

const CREATING_MESSAGE = 'Creating resources for served entity.';

/** Even an update that only moves traffic takes about half a minute. */
const SHORTEST_UPDATE = 0.5 * MINUTE;

/** A deployment of which nothing else is known, in minutes. */
const USUAL_DEPLOYMENT = 8;

/** The start of a stopped endpoint. */
const START = 3 * MINUTE;

/** Longest deployment after the image is built, in minutes, by workload type. From the service's page on timeouts. */
function deployLimit(workloadType: string | undefined): number {
  if (!workloadType || workloadType.startsWith('CPU')) return 30;
  return /^GPU_(SMALL|MEDIUM)$/.test(workloadType) ? 60 : 120;
}

/** The name that the service gives to an unnamed entity. evidence: default-names */
export function defaultEntityName(entity: EntityInput): string {
  if (entity.external_model) return entity.external_model.name.replace(/[.:]/g, '-');
  const leaf = (entity.entity_name ?? '').split('.').at(-1) ?? '';
  return entity.entity_version ? `${leaf}-${entity.entity_version}` : leaf;
}

/** A deprecated `served_models` item as an entity. */
function modelToEntity(model: ServedModelInput): SentEntity {
  const { model_name, model_version, ...rest } = model;
  return { ...rest, entity_name: model_name, entity_version: model_version };
}

/** The entities of a config body, from whichever of the two lists it used. A version may be a number. evidence: numeric-version */
export function entitiesOf(config: ConfigInput): EntityInput[] {
  const sent = config.served_entities ?? config.served_models?.map(modelToEntity) ?? [];
  return sent.map(({ entity_version, ...rest }) =>
    entity_version === undefined ? rest : { ...rest, entity_version: String(entity_version) },
  );
}

/**
 * Drops every `*_plaintext` field at any depth. The service stores it as a managed secret and never returns it. evidence: write-only-fields
 */
function stripPlaintext<T>(value: T): T {
  if (Array.isArray(value)) return value.map(stripPlaintext) as T; // the shape stays, only keys go
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([key]) => !key.endsWith('_plaintext'));
  return Object.fromEntries(kept.map(([key, inner]) => [key, stripPlaintext(inner)])) as T; // as above
}

/**
 * The settings of an entity. Other fields of a body are dropped: its state, its creator, unknown ones. evidence: echoed-fields, assumed:
 * unknown-fields
 */
const ENTITY_SETTINGS = [
  'entity_name',
  'entity_version',
  'external_model',
  'workload_size',
  'workload_type',
  'scale_to_zero_enabled',
  'min_provisioned_concurrency',
  'max_provisioned_concurrency',
  'min_provisioned_throughput',
  'max_provisioned_throughput',
  'provisioned_model_units',
  'environment_vars',
  'instance_profile_arn',
] as const satisfies (keyof EntityConfig)[];

/** An entity as the service stores it: named, with defaults filled in, without write-only and unknown fields. */
export function storedEntity(input: EntityInput): EntityConfig {
  const entity: EntityConfig = { name: input.name ?? defaultEntityName(input), ...pick(input, ENTITY_SETTINGS) };
  if (input.external_model) {
    entity.external_model = stripPlaintext<ExternalModel>(input.external_model);
    return entity;
  }
  if (input.provisioned_model_units !== undefined) return entity;
  entity.workload_type ??= 'CPU';
  if (input.min_provisioned_concurrency === undefined && input.max_provisioned_concurrency === undefined) {
    entity.workload_size ??= 'Small';
  }
  return entity;
}

/** Routes with both name fields. Without a split, the only entity gets all traffic. */
function storedRoutes(config: ConfigInput, entities: EntityConfig[]): Route[] {
  const sent = config.traffic_config?.routes;
  const only = entities.length === 1 ? entities[0] : undefined;
  if ((!sent || sent.length === 0) && only) {
    return [{ served_model_name: only.name, traffic_percentage: 100, served_entity_name: only.name }];
  }
  return (sent ?? []).map((route) => ({
    served_model_name: route.served_model_name ?? route.served_entity_name ?? '',
    traffic_percentage: route.traffic_percentage,
    served_entity_name: route.served_entity_name ?? route.served_model_name ?? '',
  }));
}

/** The model version of a served entity, when it is a Unity Catalog model of this workspace. */
export function versionOf(
  workspace: Workspace,
  entity: Pick<EntityConfig, 'entity_name' | 'entity_version'>,
): ModelVersion | undefined {
  if (!entity.entity_name) return undefined;
  return workspace.models.get(entity.entity_name)?.versions.get(Number(entity.entity_version ?? 1));
}

export interface Acceptance {
  /** The name of the endpoint. */
  endpoint: string;
  config: ConfigInput;
  version: number;
  creator: string | null;
  now: number;
  random: () => number;
  /** The active config. Its auto-capture settings stay when the body has none, and its unchanged entities keep running. */
  active: EndpointConfig | null;
}

/**
 * Turns a config body into a pending update and decides the fate of each entity. An entity that is equal in the active config is not
 * deployed again (assumed: unchanged-entity-kept). Entities are sorted by name, because the service may reorder them.
 */
export function acceptConfig(workspace: Workspace, a: Acceptance): PendingConfig {
  const configs = entitiesOf(a.config).map(storedEntity);
  const routes = storedRoutes(a.config, configs);
  const entities = configs
    .map((config) => unchangedEntity(config, a) ?? newEntity(workspace, config, a))
    .sort((x, y) => (x.config.name < y.config.name ? -1 : 1));
  const atOnce = entities.every((e) => e.type === 'EXTERNAL_MODEL' || e.config.provisioned_model_units !== undefined);
  return {
    config_version: a.version,
    served_entities: entities,
    routes,
    auto_capture: a.config.auto_capture_config ?? a.active?.auto_capture ?? null,
    start_time: a.now,
    ends_at: atOnce ? a.now : a.now + SHORTEST_UPDATE,
    cancels_at: null,
  };
}

function unchangedEntity(config: EntityConfig, a: Acceptance): ServedEntity | undefined {
  const same = a.active?.served_entities.find((e) => sameJson(e.config, config));
  if (same?.deployment !== 'DEPLOYMENT_STOPPED') return same && { ...same };
  // Its image exists, so only the containers start. evidence: stopped-starts
  const plan: DeployPlan = {
    built_at: a.now,
    ends_at: a.now + START,
    outcome: 'ready',
    failed_phase: null,
    message: '',
    failure: null,
  };
  const replica = replicaName(a.random);
  return { ...same, deployment: 'DEPLOYMENT_CREATING', message: CREATING_MESSAGE, plan, ready_at: null, replica };
}

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(sortKeys(a)) === JSON.stringify(sortKeys(b));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([x], [y]) => (x < y ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}

function newEntity(workspace: Workspace, config: EntityConfig, a: Acceptance): ServedEntity {
  const external = config.external_model !== undefined;
  const immediate = external || config.provisioned_model_units !== undefined;
  return {
    config,
    creator: a.creator,
    creation_timestamp: a.now,
    deployment: immediate ? 'DEPLOYMENT_READY' : 'DEPLOYMENT_CREATING',
    message: immediate ? '' : CREATING_MESSAGE,
    plan: immediate ? null : planOf(workspace, config, a),
    ready_at: immediate ? a.now : null,
    last_active_at: a.now,
    waking_until: null,
    replica: replicaName(a.random),
    type: external ? 'EXTERNAL_MODEL' : versionOf(workspace, config)?.spec.kind === 'feature-spec' ? null : 'UC_MODEL',
    ...priceOf(workspace, config),
  };
}

/** The price of the throughput: the model's price of one chunk, times the chunks. assumed: dbus-of-throughput */
function priceOf(workspace: Workspace, config: EntityConfig): Pick<ServedEntity, 'min_dbus' | 'max_dbus'> {
  const { min_provisioned_throughput: least = 0, max_provisioned_throughput: most } = config;
  const { throughput_chunk_size: chunk, dbus } = versionOf(workspace, config)?.optimization ?? {};
  if (most === undefined || chunk === undefined || dbus === undefined) return { min_dbus: null, max_dbus: null };
  return { min_dbus: (least / chunk) * dbus, max_dbus: (most / chunk) * dbus };
}

/** The service resolves secrets in environment variables at deployment, not when it accepts the update. assumed: secret-missing-deploy */
function lostSecret(workspace: Workspace, config: EntityConfig): string | undefined {
  return Object.values(config.environment_vars ?? {}).flatMap((value) => missingSecret(workspace, value) ?? [])[0];
}

/** The failure that a deployment meets now, unless its cause went away. */
function failureOf(workspace: Workspace, config: EntityConfig, version: ModelVersion | undefined): Failure | null {
  const failure = version?.failure ?? null;
  const need = failure?.until ?? null;
  return need !== null && metByWorkspace(workspace, need) && metByEntity(need, config) ? null : failure;
}

function planOf(workspace: Workspace, config: EntityConfig, { now, active, endpoint }: Acceptance): DeployPlan {
  const refused = lostSecret(workspace, config) ?? overQuota(workspace, config, endpoint, active);
  if (refused !== undefined) {
    const at = now + MINUTE;
    return { built_at: at, ends_at: at, outcome: 'failed', failed_phase: 'build', message: refused, failure: null };
  }
  const version = versionOf(workspace, config);
  const deploy = version?.deploy_minutes ?? 8;
  const build = Math.min(version?.build_minutes ?? deploy * 0.6, deploy);
  const built_at = now + build * MINUTE;
  const failure = failureOf(workspace, config, version);
  if (failure) {
    const ends_at = failure.phase === 'build' ? built_at : now + deploy * MINUTE;
    return { built_at, ends_at, outcome: 'failed', failed_phase: failure.phase, message: failure.message, failure };
  }
  const limit = built_at + deployLimit(config.workload_type) * MINUTE;
  // The time of a deployment that fails is no time of one that does not.
  const ready = now + (version?.failure ? Math.min(deploy, USUAL_DEPLOYMENT) : deploy) * MINUTE;
  if (ready > limit)
    return { built_at, ends_at: limit, outcome: 'timed_out', failed_phase: 'load', message: '', failure: null };
  return {
    built_at: Math.min(built_at, ready),
    ends_at: ready,
    outcome: 'ready',
    failed_phase: null,
    message: '',
    failure: null,
  };
}

/** Whether the endpoints together would provision more than the workspace may. evidence: concurrency-quota */
function overQuota(
  workspace: Workspace,
  config: EntityConfig,
  name: string,
  active: EndpointConfig | null,
): string | undefined {
  const quota = workspace.limits.provisioned_concurrency;
  if (quota === null) return undefined;
  const others = [...workspace.endpoints.values()].filter((each) => each.name !== name && !each.stopped);
  const used = others.flatMap((each) => each.config?.served_entities ?? []);
  const kept = (active?.served_entities ?? []).filter((each) => each.config.name !== config.name);
  const containers = [...used, ...kept].filter(({ type }) => type === 'UC_MODEL');
  const sum = containers.reduce((total, entity) => total + mostConcurrencyOf(entity.config), mostConcurrencyOf(config));
  return sum > quota ? 'Workspace exceeded provisioned concurrency quota' : undefined;
}

import { ApiError, invalid } from '../errors.ts';
import type { Workspace } from '../state/state.ts';
import type { AiGateway, ConfigInput, EntityConfig, EntityInput, RouteInput, Tag } from '../state/wire-types.ts';
import { entitiesOf, storedEntity } from './accept-config.ts';
import { checkExternal } from './rules-external.ts';

/** Letters, digits, dash and underscore, at most 63. assumed: first-character */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

/** The service accepts 15, although its documentation says 10. Its text names `served_models` for both lists. evidence: fifteen-entities */
const MOST_ENTITIES = 15;

/** Checks the name of an endpoint. */
export function checkName(name: string): void {
  if (!NAME.test(name)) {
    throw invalid(
      `Invalid endpoint name '${name}'. Names have 1 to 63 characters: letters, digits, dashes and underscores.`,
    );
  }
}

/** Checks the rules that the schema of a config cannot express: exclusive fields, counts, names and the traffic sum. */
export function checkConfigRules(workspace: Workspace, config: ConfigInput): void {
  if (config.served_entities && config.served_models) {
    throw invalid('Cannot use both served_models and served_entities.');
  }
  const inputs = entitiesOf(config);
  if (inputs.length === 0) throw invalid('At least one served entity is required.');
  if (inputs.length > MOST_ENTITIES) {
    throw invalid(`served_models cannot contain more than ${MOST_ENTITIES} elements`);
  }
  for (const input of inputs) checkEntity(workspace, input);
  const entities = inputs.map(storedEntity);
  checkKinds(entities);
  checkVersionsOnce(entities);
  checkEntityNames(entities);
  checkTraffic(config.traffic_config?.routes, entities);
}

function checkEntity(workspace: Workspace, entity: EntityInput): void {
  const hasName = entity.entity_name !== undefined && entity.entity_name !== '';
  if (hasName === (entity.external_model !== undefined)) {
    throw invalid('A served entity needs exactly one of entity_name and external_model.');
  }
  if (entity.external_model) {
    checkExternal(workspace, entity, entity.external_model);
    return;
  }
  const concurrency =
    entity.min_provisioned_concurrency !== undefined || entity.max_provisioned_concurrency !== undefined;
  if (concurrency && entity.workload_size !== undefined) {
    throw invalid(
      'workload_size cannot be used together with min_provisioned_concurrency or max_provisioned_concurrency.',
    );
  }
  checkConcurrency(entity);
  const throughput = entity.max_provisioned_throughput !== undefined || entity.min_provisioned_throughput !== undefined;
  const provisioned = throughput || entity.provisioned_model_units !== undefined;
  if (!provisioned && entity.scale_to_zero_enabled === undefined) {
    throw invalid('scaleToZeroEnabled is undefined. Please set it to either true or false.');
  }
  // Azure answers with an empty list of node types. evidence: workload-azure
  if (workspace.cloud === 'azure' && entity.workload_type === 'GPU_MEDIUM') {
    const size = entity.workload_size ?? 'Small';
    throw invalid(`Workload type 'GPU_MEDIUM' with size '${size}' is not supported. Please choose a node type from `);
  }
}

/** The multiples of 4 are the rule of the service's own web page. Only the texts are the sandbox's. evidence: concurrency-steps */
function checkConcurrency(entity: EntityInput): void {
  const { min_provisioned_concurrency: least, max_provisioned_concurrency: most } = entity;
  for (const value of [least, most]) {
    if (value !== undefined && value % 4 !== 0) throw invalid('Provisioned concurrency must be a multiple of 4.');
  }
  if (most === 0) throw invalid('max_provisioned_concurrency must be at least 4.');
  if (least !== undefined && most !== undefined && least > most) {
    throw invalid('min_provisioned_concurrency must not exceed max_provisioned_concurrency.');
  }
}

/** The start of the text is known, the rest is the sandbox's. evidence: version-twice */
function checkVersionsOnce(entities: EntityConfig[]): void {
  const seen = new Set<string>();
  for (const { entity_name, entity_version } of entities) {
    if (entity_version === undefined) continue;
    const version = `model '${entity_name}' and version '${entity_version}'`;
    if (seen.has(version)) {
      throw new ApiError(400, 'BAD_REQUEST', `Cannot create 2+ served entities with the same ${version}.`);
    }
    seen.add(version);
  }
}

function checkKinds(entities: EntityConfig[]): void {
  const external = entities.filter((e) => e.external_model);
  if (external.length > 0 && external.length < entities.length) {
    throw invalid('External models cannot be mixed with other served entities in one endpoint.');
  }
  if (new Set(external.map((e) => e.external_model?.task)).size > 1) {
    throw invalid('All external models of an endpoint must have the same task.');
  }
}

function checkEntityNames(entities: EntityConfig[]): void {
  const seen = new Set<string>();
  for (const { name } of entities) {
    if (!NAME.test(name)) throw invalid(`Invalid served entity name '${name}'.`);
    if (seen.has(name)) throw invalid(`Served entity names must be unique in an endpoint; '${name}' is there twice.`);
    seen.add(name);
  }
}

/** assumed: route-unknown-entity */
function checkTraffic(routes: RouteInput[] | undefined, entities: EntityConfig[]): void {
  if (!routes || routes.length === 0) {
    if (entities.length > 1) throw invalid('traffic_config is required when there is more than one served entity.');
    return;
  }
  const seen = new Set<string>();
  for (const route of routes) {
    const { served_entity_name: entity, served_model_name: model } = route;
    if (entity !== undefined && model !== undefined && entity !== model) {
      throw invalid(`A route names two served entities: '${entity}' and '${model}'.`);
    }
    const name = entity ?? model;
    if (name === undefined) throw invalid('Every route needs a served_entity_name.');
    if (!entities.some((e) => e.name === name))
      throw invalid(`The traffic config names an unknown served entity: '${name}'.`);
    if (seen.has(name)) throw invalid(`The traffic config names the served entity '${name}' twice.`);
    seen.add(name);
  }
  const sum = routes.reduce((total, route) => total + route.traffic_percentage, 0);
  if (sum !== 100) throw invalid(`Traffic percentages must sum to 100; got ${sum}.`);
}

/** A tag key has 1 to 255 characters and none of these. evidence: tag-keys */
const TAG_KEY = /^[^.,=/:]{1,255}$/;

/** Checks the keys of new tags. */
export function checkTagKeys(tags: Tag[]): void {
  for (const { key } of tags) {
    if (!TAG_KEY.test(key)) {
      throw invalid(
        `Endpoint tag key ${key} is either not between 1-255 characters long or contains one of the characters . , = / :`,
      );
    }
  }
}

/** Checks the rules that the schema of a gateway config cannot express. */
export function checkGatewayRules(gateway: AiGateway): void {
  for (const limit of gateway.rate_limits ?? []) {
    if ((limit.calls === undefined) === (limit.tokens === undefined)) {
      throw invalid('A rate limit needs exactly one of calls and tokens.');
    }
    const named = limit.key === 'user_group' || limit.key === 'service_principal';
    if (named && !limit.principal) throw invalid(`A rate limit with key ${limit.key} needs a principal.`);
  }
  const table = gateway.inference_table_config;
  if ((table?.table_name_prefix ?? '').length > 63) throw invalid('table_name_prefix has at most 63 characters.');
  if (table?.enabled && !(table.catalog_name && table.schema_name)) {
    throw invalid('An inference table needs catalog_name and schema_name.');
  }
}

/** Serving endpoints: list, read, create, change, delete (fact E1). */
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { ApiError, TransportError } from './errors.ts';
import type { Http } from './http.ts';
import { unread, type WriteRequest } from './http.ts';
import { defined, isObject } from './json.ts';
import { segment } from './names.ts';
import { trafficOf } from './traffic.ts';

export { trafficOf } from './traffic.ts';

/** Where endpoints are listed and created. */
export const ROOT = '/api/2.0/serving-endpoints';

/** Path of an endpoint's control-plane routes. */
export function endpointPath(name: string): string {
  return `${ROOT}/${segment(name)}`;
}

// The schemas name only the fields that are read. They keep all others (fact E5), so that a read-merge-write loses nothing.
const EntityState = z.looseObject({
  deployment: z.string().optional(),
  deployment_state_message: z.string().optional(),
});

export const ServedEntity = z.looseObject({
  name: z.string().default(''),
  entity_name: z.string().optional(),
  entity_version: z.string().optional(),
  external_model: z
    .looseObject({ name: z.string().optional(), provider: z.string().optional(), task: z.string().optional() })
    .optional(),
  foundation_model: z.looseObject({ name: z.string().optional(), display_name: z.string().optional() }).optional(),
  workload_size: z.string().optional(),
  workload_type: z.string().optional(),
  scale_to_zero_enabled: z.boolean().optional(),
  environment_vars: z.record(z.string(), z.string()).optional(),
  state: EntityState.optional(),
  creator: z.string().optional().catch(undefined),
  creation_timestamp: z.number().optional().catch(undefined),
});
export type ServedEntity = z.infer<typeof ServedEntity>;

const Route = z.looseObject({
  served_entity_name: z.string().optional(),
  served_model_name: z.string().optional(),
  traffic_percentage: z.number(),
});
export type Route = z.infer<typeof Route>;

/** Far more than an endpoint can have. A longer list comes from no workspace, and comparing configs takes the square of it. */
const MAX_ENTITIES = 1_000;

const Config = z.preprocess(
  withEntities,
  z.looseObject({
    config_version: z.number().optional(),
    served_entities: z.array(ServedEntity).max(MAX_ENTITIES).optional(),
    traffic_config: z.looseObject({ routes: z.array(Route).max(MAX_ENTITIES).optional() }).optional(),
    start_time: z.number().optional(),
  }),
);
export type Config = z.infer<typeof Config>;

/** Older answers list their entities as `served_models` only (fact S14). */
function withEntities(config: unknown): unknown {
  if (!isObject(config) || config.served_entities !== undefined || !Array.isArray(config.served_models)) return config;
  const { served_models: models, ...rest } = config;
  return {
    ...rest,
    served_entities: models.map((each: unknown) => {
      if (!isObject(each)) return each;
      const { model_name: entity_name, model_version: entity_version, ...settings } = each;
      return defined({ entity_name, entity_version, ...settings });
    }),
  };
}

export const RateLimit = z.looseObject({
  calls: z.number().optional(),
  tokens: z.number().optional(),
  key: z.string().optional(),
  principal: z.string().optional(),
  renewal_period: z.string().default('minute'),
});
export type RateLimit = z.infer<typeof RateLimit>;

export const AiGateway = z.looseObject({ rate_limits: z.array(RateLimit).optional() });
export type AiGateway = z.infer<typeof AiGateway>;

const Tag = z.looseObject({ key: z.string(), value: z.string().optional() });
export type Tag = z.infer<typeof Tag>;

/** Who gets an e-mail when an update ends. */
const Notifications = z.looseObject({
  on_update_success: z.array(z.string()).optional(),
  on_update_failure: z.array(z.string()).optional(),
});
export type Notifications = z.infer<typeof Notifications>;

/** Logs, traces, metrics and payloads in tables of Unity Catalog (facts E17 and E18). */
const Telemetry = z.looseObject({
  enabled_telemetry_features: z.array(z.string()).optional(),
  inference_table_config: z.looseObject({ name: z.string().optional() }).optional(),
  telemetry_profile_id: z.string().optional(),
});
export type Telemetry = z.infer<typeof Telemetry>;

/** An endpoint as GET answers it. `state` has two independent flags (fact R1), see `src/readiness.ts`. */
export const Endpoint = z.looseObject({
  id: z.string().optional(),
  name: z.string(),
  creator: z.string().optional(),
  creation_timestamp: z.number().optional(),
  last_updated_timestamp: z.number().optional(),
  state: z.looseObject({ ready: z.string().optional(), config_update: z.string().optional() }).default({}),
  config: Config.optional(),
  pending_config: Config.optional(),
  tags: z.array(Tag).optional(),
  task: z.string().optional(),
  permission_level: z.string().optional(),
  ai_gateway: AiGateway.optional(),
  email_notifications: Notifications.optional(),
  description: z.string().optional(),
  telemetry_config: Telemetry.optional(),
  effective_budget_policy_id: z.string().optional(),
  route_optimized: z.boolean().optional(),
  endpoint_type: z.string().optional(),
  endpoint_url: z.string().optional(),
  data_plane_info: z
    .looseObject({
      query_info: z
        .looseObject({ endpoint_url: z.string().optional(), authorization_details: z.string().optional() })
        .optional(),
    })
    .optional(),
});
export type Endpoint = z.infer<typeof Endpoint>;

const EndpointList = z.looseObject({ endpoints: z.array(Endpoint).default([]) });

/** The body of PUT config: all served entities and all routes. The service removes what is left out (fact U1). */
export interface ConfigInput {
  served_entities: Record<string, unknown>[];
  traffic_config: { routes: { served_entity_name: string; traffic_percentage: number }[] };
}

/** The body of a create: `name` at the top, and the config under `config` (fact E4). */
export interface CreateInput {
  name: string;
  config: Partial<ConfigInput>;
  [field: string]: unknown;
}

/** All endpoints that the caller may view. The service has no paging here (fact E2). */
export async function list(http: Http): Promise<Endpoint[]> {
  return EndpointList.parse(await http.json('GET', ROOT)).endpoints;
}

/**
 * One endpoint. Throws an ApiError 404 RESOURCE_DOES_NOT_EXIST when it does not exist (fact E3), and a TransportError when the answer is about another
 * one: its name would become part of the next calls.
 */
export async function get(http: Http, name: string): Promise<Endpoint> {
  const path = endpointPath(name);
  const found = Endpoint.parse(await http.json('GET', path));
  if (found.name.toLowerCase() === name.toLowerCase()) return found;
  throw new TransportError(
    'lost',
    { method: 'GET', path, sent: true },
    `the answer to GET ${path} is about another endpoint`,
  );
}

/** One endpoint, or undefined when it does not exist. A 404 with another code says nothing about the endpoint: it may come from a proxy. */
export async function find(http: Http, name: string): Promise<Endpoint | undefined> {
  try {
    return await get(http, name);
  } catch (error) {
    if (error instanceof ApiError && error.code === 'RESOURCE_DOES_NOT_EXIST') return undefined;
    throw error;
  }
}

/** Creates an endpoint. When the answer is lost, reading the endpoint resolves it: a second POST conflicts with the first (fact H7). */
export function create(input: CreateInput): WriteRequest<Endpoint> {
  return { method: 'POST', path: ROOT, body: input, again: 'refused', parse: Endpoint.parse };
}

/**
 * Replaces entities and routes. The old config serves until the new one is ready (fact U1). While an update runs, the service refuses another one
 * (fact U2). It is never retried: another caller's update may have finished in between, and a second try would undo it.
 */
export function putConfig(name: string, config: ConfigInput): WriteRequest<Endpoint> {
  return { method: 'PUT', path: `${endpointPath(name)}/config`, body: config, again: 'never', parse: Endpoint.parse };
}

/**
 * Replaces the whole AI Gateway block: a part left out is removed (fact G1). It is never retried: someone else may have added a part in between,
 * and the old body would remove it.
 */
export function putAiGateway(name: string, gateway: AiGateway): WriteRequest<AiGateway> {
  const parse = (answer: unknown) => AiGateway.parse(answer ?? {});
  return { method: 'PUT', path: `${endpointPath(name)}/ai-gateway`, body: gateway, again: 'never', parse };
}

/** Deletes an endpoint. Not retried when the answer is lost: by then the name may belong to someone else's new endpoint (fact E12). */
export function remove(name: string): WriteRequest {
  return { method: 'DELETE', path: endpointPath(name), again: 'refused', parse: unread };
}

/** The config that serves or will serve. The pending config of a failed update stays, and never will (fact R4). */
export function latestConfig({ state, config, pending_config }: Endpoint): Config | undefined {
  return state.config_update === 'IN_PROGRESS' ? (pending_config ?? config) : (config ?? pending_config);
}

/** The served entities of a config. Empty without a config. */
export function entitiesOf(config: Config | undefined): ServedEntity[] {
  return config?.served_entities ?? [];
}

const TagList = z.union([z.array(Tag), z.looseObject({ tags: z.array(Tag).default([]) })]);

export interface TagPatch {
  add_tags?: Tag[];
  delete_tags?: string[];
}

/** Adds, overwrites and deletes single tags. The answer has two known forms (fact E8). */
export function patchTags(name: string, body: TagPatch): WriteRequest<Tag[]> {
  const parse = (answer: unknown) => {
    const list = TagList.parse(answer);
    return Array.isArray(list) ? list : list.tags;
  };
  return { method: 'PATCH', path: `${endpointPath(name)}/tags`, body, again: 'lost', parse };
}

/** Replaces the notification addresses (fact E9). */
export function patchNotifications(name: string, notifications: Notifications): WriteRequest {
  const body = { email_notifications: notifications };
  return { method: 'PATCH', path: `${endpointPath(name)}/notifications`, body, again: 'lost', parse: unread };
}

/** Replaces the description (fact E15). */
export function patchDescription(name: string, description: string): WriteRequest {
  const body = { name, description };
  return { method: 'PATCH', path: `${endpointPath(name)}/description`, body, again: 'lost', parse: unread };
}

/** Replaces the budget policy (fact E15). */
export function patchBudgetPolicy(name: string, id: string): WriteRequest {
  const body = { name, budget_policy_id: id };
  return { method: 'PATCH', path: `${endpointPath(name)}/budget-policy`, body, again: 'lost', parse: unread };
}

/** Replaces the telemetry, or removes it (fact E16). It is never retried: table names would make a second profile (fact E17). */
export function patchTelemetry(name: string, telemetry: Record<string, unknown> | undefined): WriteRequest<Endpoint> {
  const body = telemetry === undefined ? {} : { telemetry_config: telemetry };
  const path = `${endpointPath(name)}/telemetry-config`;
  return { method: 'PATCH', path, body, again: 'never', parse: Endpoint.parse };
}

/** Settings that a PUT takes and GET never returns (fact E7). */
export const WRITE_ONLY: ReadonlySet<string> = new Set(['burst_scaling_enabled']);

/** Settings that an entity has only if a request set them. */
const NEVER_ADDED = ['environment_vars', 'instance_profile_arn'] as const;

/** Whether an entity has the wanted settings, field by field, and no others. Fields that the service adds do not count. */
export function sameEntity(there: ServedEntity, wanted: Record<string, unknown>): boolean {
  const more = NEVER_ADDED.some((field) => !(field in wanted) && Object.keys(Object(there[field] ?? {})).length > 0);
  if (more) return false;
  return Object.entries(wanted).every(
    ([field, value]) => WRITE_ONLY.has(field) || isDeepStrictEqual(there[field], value),
  );
}

/** Whether a config has exactly these entities, settings and traffic shares. */
export function sameConfig(config: Config | undefined, wanted: ConfigInput): boolean {
  if (!config) return false;
  const traffic = trafficOf(config);
  const there = entitiesOf(config);
  const routes = wanted.traffic_config.routes;
  return (
    there.length === wanted.served_entities.length &&
    routes.every((route) => (traffic.get(route.served_entity_name) ?? 0) === route.traffic_percentage) &&
    wanted.served_entities.every((entity) =>
      there.some((each) => each.name === entity.name && sameEntity(each, entity)),
    )
  );
}

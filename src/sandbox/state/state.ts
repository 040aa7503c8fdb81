import type { App } from './app.ts';
import type { Logins } from './logins.ts';
import type { Mishap } from './mishap.ts';
import type { ModelService, ProviderService } from './model-service.ts';
import type { Behaviour, ModelSpec } from './model-spec.ts';
import type { Failure, RegisteredModel } from './model-version.ts';
import type { SqlState } from './sql-state.ts';
import type { Step } from './step.ts';
import type { BackgroundTraffic } from './traffic-caller.ts';
import type { Volume } from './volume.ts';
import type {
  AiGateway,
  AutoCapture,
  ConfigUpdate,
  Deployment,
  EmailNotifications,
  EntityConfig,
  GatewayRateLimit,
  PermissionLevel,
  RateLimit,
  Route,
  Tag,
  TelemetryConfig,
} from './wire-types.ts';

export type { Failure, ModelVersion, Optimization, RegisteredModel } from './model-version.ts';
export type { BackgroundTraffic } from './traffic-caller.ts';

/** A user or a service principal. `name` is its name in the API: user name or application id. */
export interface Principal {
  kind: 'user' | 'service_principal';
  id: string;
  name: string;
  display_name: string;
  admin: boolean;
  groups: string[];
  /** Whether it may sign in. */
  active: boolean;
  /** Entitlements of its own. Groups may give more. */
  entitlements: string[];
  /** It left the workspace, which knows only its name, as the creator of what it made. */
  left: boolean;
  client_secret: string | null;
  federation: boolean;
  /** Lifetime of an OAuth token of this principal in wall seconds. `null` is the service's hour. */
  token_lifetime_seconds: number | null;
}

export interface Group {
  id: string;
  display_name: string;
  entitlements: string[];
}

/** The owner and the grants of a catalog or schema: the privileges of each principal, as Unity Catalog spells them. */
export interface Securable {
  owner: string;
  grants: Map<string, string[]>;
}

/** A bearer token. `expires_at` is wall time; `null` never expires. A `narrowed` token opens only one data-plane URL. */
export interface Token {
  value: string;
  principal: string;
  kind: 'pat' | 'oauth' | 'narrowed';
  expires_at: number | null;
  /** What it opens. `null` is everything that its principal may do. */
  scopes: string[] | null;
  authorization_details: string | null;
}

/** What the clock will do to a deploying entity. It is decided when the update is accepted, so that reads change nothing. */
export interface DeployPlan {
  built_at: number;
  ends_at: number;
  outcome: 'ready' | 'failed' | 'timed_out';
  failed_phase: 'build' | 'load' | null;
  message: string;
  /** The failure of the version that this deployment meets. Another deployment may not meet it. */
  failure: Failure | null;
}

export interface ServedEntity {
  config: EntityConfig;
  creator: string | null;
  creation_timestamp: number;
  deployment: Deployment;
  message: string;
  plan: DeployPlan | null;
  ready_at: number | null;
  /** Sandbox time of the last routed request, or of becoming ready. The idle period starts here. */
  last_active_at: number;
  /** The end of a cold start. `null` when none began since the last idle period. */
  waking_until: number | null;
  /** The name of its replica, which starts each line of the service log. A redeploy makes a new one. */
  replica: string;
  /** What an answer says about it. A feature spec has none; the hidden entity of a tile is never in an answer. */
  type: 'UC_MODEL' | 'FOUNDATION_MODEL' | 'EXTERNAL_MODEL' | 'TILE' | null;
  min_dbus: number | null;
  max_dbus: number | null;
  /** What a destination of a model service computes. Absent: its model says so. */
  spec?: ModelSpec;
}

export interface EndpointConfig {
  config_version: number;
  served_entities: ServedEntity[];
  routes: Route[];
  auto_capture: AutoCapture | null;
}

export interface PendingConfig extends EndpointConfig {
  start_time: number;
  /** The end of the update if nothing fails. Traffic-only updates take half a minute. */
  ends_at: number;
  /** When the update is canceled in the UI. The public API has no route for it. */
  cancels_at: number | null;
}

export interface Grant {
  kind: 'user_name' | 'group_name' | 'service_principal_name';
  name: string;
  level: PermissionLevel;
}

export interface Foundation {
  task: string;
  entity_name: string;
  display_name: string;
  description: string;
  docs: string;
  price: string | null;
  retirement: string | null;
  /** How it is sold: PPT (per token), PT (provisioned), BATCH. */
  products: string[];
  spec: ModelSpec;
}

/** An agent that Agent Bricks manages. Its endpoint serves without any served entity in its answers. */
export interface Tile {
  metadata: Record<string, unknown>;
  task: string;
  spec: ModelSpec;
}

/** How an endpoint routed from a moment on. Requests of the past are computed from these. */
export interface RoutingPeriod {
  since: number;
  /** `null` while nothing serves. */
  config: EndpointConfig | null;
  limits: GatewayRateLimit[];
  fallback: boolean;
  /** What a fallback tries, in this order. Absent: the other entities. */
  fallbacks?: ServedEntity[];
  traffic: BackgroundTraffic | null;
  /** Whether requests go into the usage table. */
  tracked: boolean;
  /** The full name of the inference table, if requests go into one. */
  payload_table: string | null;
}

/** A config from the moment it was active. */
export interface Release {
  /** Sandbox time, epoch milliseconds. */
  at: number;
  config: EndpointConfig;
}

/** One line of an endpoint's event list, as it is sent. */
export interface EndpointEvent {
  event_type: string;
  message: string;
  /** Sandbox time, epoch milliseconds. */
  timestamp: number;
  config_version: number;
  served_entity_name?: string;
}

export interface Endpoint {
  /** 32 hex digits. `null` for a foundation-model endpoint, which also has no creator and no access list. */
  id: string | null;
  name: string;
  creator: string | null;
  created_at: number;
  updated_at: number;
  config: EndpointConfig | null;
  pending: PendingConfig | null;
  config_update: ConfigUpdate;
  /** Whether the endpoint was stopped in the UI. It stays so until a config update ends well. */
  stopped: boolean;
  last_config_version: number;
  description: string;
  tags: Tag[];
  ai_gateway: AiGateway | null;
  email_notifications: EmailNotifications | null;
  telemetry: TelemetryConfig | null;
  rate_limits: RateLimit[];
  budget_policy_id: string | null;
  route_optimized: boolean;
  /** First path part of the dedicated URL of a route-optimized endpoint. */
  route_id: string | null;
  /** Provisioned-throughput endpoints update at once. */
  provisioned: boolean;
  grants: Grant[];
  foundation: Foundation | null;
  tile: Tile | null;
  traffic: BackgroundTraffic | null;
  /** The routing so far, the oldest first. The last one is in force. */
  periods: RoutingPeriod[];
  /** The configs that were active so far, the oldest first. */
  releases: Release[];
  /** Events of configs that are no longer active or pending. */
  past_events: EndpointEvent[];
  /** Log lines from the seed, by served entity name. They replace the generated ones. */
  logs: Map<string, { build?: string[]; service?: string[] }>;
  /** What goes wrong with some of its requests. */
  mishaps: Mishap[];
}

export type SecretLevel = 'READ' | 'WRITE' | 'MANAGE';

/** Names of secrets, each with the time of its last change. Values are not kept. */
export interface SecretScope {
  name: string;
  backend_type: string;
  keys: Map<string, number>;
  /** Levels by principal: user name, group name or application id. */
  acls: Map<string, SecretLevel>;
}

/** One request that was routed to a served entity. Metrics, usage and rate limits are computed only from these. */
export interface RoutedRequest {
  endpoint: string;
  entity: string;
  /** Sandbox time. */
  at: number;
  status: number;
  latency_ms: number;
  queue_ms: number;
  principal: string;
  tokens_in: number;
  tokens_out: number;
  bytes: number;
  streaming: boolean;
  /** Another attempt after a fallback. The caller made only one call. */
  fallback?: boolean;
  /** A fallback went on after it. The call counts here, and its other attempts do not. */
  retried?: boolean;
  /** The id that tables of usage and payloads have. Seeded requests have none. */
  request_id?: string;
  /** The config that answered. The periods of the endpoint have its models and versions. */
  config_version?: number;
  /** The gateway refused it, so it never reached the served entity. */
  refused?: boolean;
  /** The exception in the model, as the last line of a Python traceback. */
  raised?: string;
  /** The body of its answer, if a mishap made it. Tables of payloads show it. */
  answered?: Record<string, unknown>;
  /** Lines of its own in the service log. */
  logged?: readonly string[];
  /** Both as the caller sent them. The service stores them in its usage table. */
  client_request_id?: string;
  usage_context?: Record<string, string>;
  /** Through Unity Gateway: the tags of the caller's header, the API, and the program that asked. */
  request_tags?: Record<string, string>;
  api_type?: string;
  user_agent?: string;
  /** The pay-per-token endpoint whose quota a request to a model service used. */
  foundation?: string;
  /** A policy of a model service refused it before any model saw it. It counts against limits, and no table has it. */
  blocked?: boolean;
}

export interface Limits {
  /** Create and update operations in five sandbox minutes. The service allows 50. */
  writes_per_five_minutes: number;
  endpoints: number;
  /** Input tokens per minute for each foundation model. `null` is no quota. */
  fm_input_tokens_per_minute: number | null;
  /** Concurrency that all endpoints together may provision. `null` is no quota. */
  provisioned_concurrency: number | null;
}

/** A behaviour that a control route sets for the entities that match. */
export interface SetBehaviour {
  id: number;
  since: number;
  /** `null` while it is in force. */
  until: number | null;
  match: { endpoint?: string; entity?: string; model?: string; version?: string };
  set: Behaviour;
}

/** A change that a principal made through the API, and that the workspace accepted. */
export interface Change {
  /** Sandbox time, epoch milliseconds. */
  at: number;
  principal: string;
  /** What the request did, such as `update config`. */
  action: string;
  method: string;
  path: string;
  /** The endpoint in the path or body. */
  endpoint?: string;
  request_id: string;
}

/** What an endpoint serves. */
export type EndpointKind = 'custom' | 'agent' | 'external' | 'provisioned' | 'foundation';

/**
 * What a workspace has. Not every real workspace has all of it. A part of the AI Gateway may be there for some kinds of endpoints only.
 */
export interface Features {
  inference_table: boolean | EndpointKind[];
  usage_tracking: boolean | EndpointKind[];
  rate_limits: boolean | EndpointKind[];
  provisioned_throughput: boolean;
  /** The routes that change a description or a budget policy. */
  description_route: boolean;
  budget_policy_route: boolean;
  /** The metrics have a series for each served entity. Otherwise they have one for the endpoint. */
  metrics_per_entity: boolean;
}

/** Everything that the sandbox remembers between requests. */
export interface Workspace {
  org_id: string;
  cloud: 'aws' | 'azure' | 'gcp';
  account_id: string;
  metastore_id: string;
  endpoints: Map<string, Endpoint>;
  models: Map<string, RegisteredModel>;
  /** Services of Unity Gateway, by full name. */
  model_services: Map<string, ModelService>;
  provider_services: Map<string, ProviderService>;
  /** Model services that were deleted, the oldest first. Tables of usage still have their requests. */
  deleted_services: { at: number; service: ModelService }[];
  /** Catalogs and schemas that the seed describes, by full name. */
  catalogs: Map<string, Securable>;
  schemas: Map<string, Securable>;
  principals: Map<string, Principal>;
  groups: Map<string, Group>;
  scopes: Map<string, SecretScope>;
  /** Volumes by full name. */
  volumes: Map<string, Volume>;
  apps: Map<string, App>;
  tokens: Map<string, Token>;
  logins: Logins;
  /** Endpoints that were deleted, the oldest first. Tables of usage still name what they served. */
  deleted: { at: number; endpoint: Endpoint }[];
  /** Access lists of deleted endpoints by id. evidence: dead-acl */
  dead_grants: Map<string, Grant[]>;
  routed: RoutedRequest[];
  /** Behaviours from the control route, the oldest first. Those that ended stay, because they explain past requests. */
  behaviours: SetBehaviour[];
  /** Warehouses, statements, and the bodies that inference tables hold. */
  sql: SqlState;
  /** Who changed what, the oldest first. */
  changes: Change[];
  /** Sandbox times of accepted control-plane writes, for the limit on operations. */
  writes: number[];
  limits: Limits;
  features: Features;
  /** What a person can do outside the API, by name. */
  steps: Map<string, Step>;
  /** What the steps of persons have made true. */
  facts: Set<string>;
  /** Sandbox time of its beginning. */
  started_at: number;
}

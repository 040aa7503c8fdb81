/** Types of the serving API. Names and spelling are the service's. */

export type Ready = 'READY' | 'NOT_READY';
export type ConfigUpdate = 'IN_PROGRESS' | 'NOT_UPDATING' | 'UPDATE_CANCELED' | 'UPDATE_FAILED';
export type Deployment =
  | 'DEPLOYMENT_CREATING'
  | 'DEPLOYMENT_RECOVERING'
  | 'DEPLOYMENT_READY'
  | 'DEPLOYMENT_FAILED'
  | 'DEPLOYMENT_ABORTED'
  | 'DEPLOYMENT_STOPPED';
export type PermissionLevel = 'CAN_MANAGE' | 'CAN_QUERY' | 'CAN_VIEW';
export type VersionStatus = 'PENDING_REGISTRATION' | 'READY' | 'FAILED_REGISTRATION';

export interface ExternalModel {
  provider: string;
  name: string;
  task: string;
  [providerConfig: string]: unknown;
}

/** A served entity as stored and returned: the name is filled in, write-only fields are gone. */
export interface EntityConfig {
  name: string;
  entity_name?: string;
  entity_version?: string;
  external_model?: ExternalModel;
  workload_size?: string;
  workload_type?: string;
  scale_to_zero_enabled?: boolean;
  min_provisioned_concurrency?: number;
  max_provisioned_concurrency?: number;
  min_provisioned_throughput?: number;
  max_provisioned_throughput?: number;
  provisioned_model_units?: number;
  environment_vars?: Record<string, string>;
  instance_profile_arn?: string;
}

/** A served entity of a body, read. Items of `served_models` are converted to this form. */
export interface EntityInput extends Omit<EntityConfig, 'name'> {
  name?: string;
  burst_scaling_enabled?: boolean;
}

/** A served entity as a client sends it. Its version may be a number. */
export interface SentEntity extends Omit<EntityInput, 'entity_version'> {
  entity_version?: string | number;
}

/** The deprecated form of an entity. */
export interface ServedModelInput extends Omit<EntityInput, 'entity_name' | 'entity_version' | 'external_model'> {
  model_name: string;
  model_version: string | number;
}

export interface RouteInput {
  served_entity_name?: string;
  served_model_name?: string;
  traffic_percentage: number;
}

export interface Route {
  served_model_name: string;
  served_entity_name: string;
  traffic_percentage: number;
}

export interface AutoCapture {
  catalog_name?: string;
  schema_name?: string;
  table_name_prefix?: string;
  enabled?: boolean;
}

export interface ConfigInput {
  served_entities?: SentEntity[];
  served_models?: ServedModelInput[];
  traffic_config?: { routes?: RouteInput[] };
  auto_capture_config?: AutoCapture;
}

export interface Tag {
  key: string;
  value?: string;
}

export interface GatewayRateLimit {
  calls?: number;
  tokens?: number;
  key?: 'endpoint' | 'user' | 'user_group' | 'service_principal';
  principal?: string;
  renewal_period: 'minute';
}

export interface AiGateway {
  fallback_config?: { enabled: boolean };
  guardrails?: { input?: Guardrail; output?: Guardrail };
  inference_table_config?: AutoCapture;
  rate_limits?: GatewayRateLimit[];
  usage_tracking_config?: { enabled?: boolean };
}

export interface Guardrail {
  safety?: boolean;
  pii?: { behavior?: 'NONE' | 'BLOCK' | 'MASK' };
  invalid_keywords?: string[];
  valid_topics?: string[];
  /** Endpoints that judge a text. The web page of the service sets them. */
  custom_guardrails?: unknown[];
}

/** A legacy rate limit. */
export interface RateLimit {
  calls: number;
  key?: 'user' | 'endpoint';
  renewal_period: 'minute';
}

export interface EmailNotifications {
  on_update_success?: string[];
  on_update_failure?: string[];
}

export interface TelemetryConfig {
  enabled_telemetry_features?: string[];
  inference_table_config?: { name?: string; sampling_fraction?: number };
  table_names?: Record<string, string>;
  telemetry_profile_id?: string;
}

export interface CreateInput {
  name: string;
  config?: ConfigInput;
  ai_gateway?: AiGateway;
  budget_policy_id?: string;
  description?: string;
  email_notifications?: EmailNotifications;
  rate_limits?: RateLimit[];
  route_optimized?: boolean;
  tags?: Tag[];
  telemetry_config?: TelemetryConfig;
}

export interface AclEntry {
  user_name?: string;
  group_name?: string;
  service_principal_name?: string;
  permission_level?: PermissionLevel;
}

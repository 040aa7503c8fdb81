import type { Mishap } from './mishap.ts';
import type { BackgroundTraffic } from './traffic-caller.ts';

/** A model at a provider, with the API types that it speaks there, such as `openai/v1/chat/completions`. */
export interface ModelTarget {
  model: string;
  native_api_types?: string[];
  /** A path below the base URL of a custom provider. Model services do not have it. */
  endpoint_route?: string;
}

/** What a destination is, with its block, as the wire spells both. The block names what is behind the destination. */
export type DestinationKind =
  | {
      destination_type: 'DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL';
      /** `models/{catalog}.{schema}.{model}`. */
      pay_per_token_config: { model: string };
    }
  | {
      destination_type: 'DESTINATION_TYPE_PROVISIONED_THROUGHPUT_FOUNDATION_MODEL';
      /** `serving-endpoints/{name}`. The model is that of the last write, `{catalog}.{schema}.{model}`. */
      provisioned_throughput_config: { model_serving_endpoint: string; model: string };
    }
  | {
      destination_type: 'DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL';
      /** `model-provider-services/{catalog}.{schema}.{name}`. */
      external_model_config: { model_provider_service: string; target: ModelTarget };
    };

/** A destination of a model service. `traffic_percentage` is absent for a single destination without it, and for fallbacks. */
export type Destination = DestinationKind & { name: string; traffic_percentage?: number };

export type LimitKey = 'SERVICE' | 'USER_DEFAULT' | 'USER' | 'USER_GROUP' | 'SERVICE_PRINCIPAL';

/** A limit, as the wire spells it. An absent dimension has no limit, and 0 refuses everything. */
export interface ServiceRateLimit {
  key: `RATE_LIMIT_KEY_${LimitKey}`;
  renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_MINUTE' | 'RATE_LIMIT_RENEWAL_PERIOD_HOUR';
  /** E-mail, group name or application id. Only the last three keys have one. */
  principal?: string;
  requests?: number;
  tokens?: number;
}

/** Where a service logs its payloads. The table exists since the service had this block, and `deleted` says that it was dropped. */
export interface ServiceTable {
  /** `{catalog}.{schema}`. */
  schema: string;
  prefix: string;
  deleted: boolean;
}

/** A policy of a service. Its wire form is not documented, and answers show its name only. assumed: service-policies */
export interface ServicePolicy {
  name: string;
  /** Where it looks: at the request, or at the answer. */
  phase: 'input' | 'output';
  /** It blocks a text with one of these words, in any case of letters. */
  words: string[];
  reason: string;
}

/** What a model service does with a request. */
export interface ServiceConfig {
  destinations: Destination[];
  /** Tried in this order after a destination failed. `null` without the block. */
  fallbacks: Destination[] | null;
  rate_limits: ServiceRateLimit[];
  inference_table: ServiceTable | null;
  service_policies: ServicePolicy[];
}

/** What model services and provider services have in common. Times are sandbox time, epoch milliseconds. */
export interface ServiceBase {
  /** `{catalog}.{schema}.{name}`. */
  full_name: string;
  id: string;
  owner: string;
  /** The privileges of each principal. */
  grants: Map<string, string[]>;
  comment: string;
  created_at: number;
  created_by: string;
  updated_at: number;
  updated_by: string;
  /** Each change raises it. The etag is made of it. */
  revision: number;
}

/** A model service of Unity Gateway. */
export interface ModelService extends ServiceBase {
  config: ServiceConfig;
  /** The configs so far, the oldest first. The last one is `config`, which may not be applied yet. */
  releases: { at: number; config: ServiceConfig }[];
  /** Requests of other clients, the oldest first. The last one is in force. */
  traffic: BackgroundTraffic[];
  /** What goes wrong with some of its requests. `match.entity` is the name of a destination. */
  mishaps: Mishap[];
}

export type ProviderType =
  | 'OPENAI'
  | 'AZURE_OPENAI'
  | 'ANTHROPIC'
  | 'AMAZON_BEDROCK'
  | 'BEDROCK_MANTLE'
  | 'GEMINI_ENTERPRISE'
  | 'MICROSOFT_FOUNDRY'
  | 'CUSTOM';

/** What a provider service does with a request. Values of secrets are not kept. */
export interface ProviderConfig {
  provider_type: `EXTERNAL_MODEL_PROVIDER_TYPE_${ProviderType}`;
  /** The block of the provider, as it is shown: a secret is an empty object, or names a secret of Unity Catalog. */
  provider: Record<string, unknown>;
  targets: ModelTarget[];
  allow_all_targets: boolean;
  forward_headers: boolean;
  forward_query_parameters: boolean;
  forward_unmanaged_paths: boolean;
  rate_limits: ServiceRateLimit[];
  inference_table: ServiceTable | null;
  pricing: { default_discount_basis_points?: number } | null;
}

/** A provider of external models, with its credentials. Model services name it in their destinations. */
export interface ProviderService extends ServiceBase {
  config: ProviderConfig;
}

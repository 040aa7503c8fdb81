/** Answers of Unity Gateway: model services and provider services. Fields that only official clients know are those of the SDK and of Terraform. */
import { COUNT, closed, list, MOMENT, page, type Schema, TEXT, words } from './forms.ts';

/** A name behind the word for its kind, such as `models/a.b.c`. */
const RESOURCE: Schema = { type: 'string', pattern: '^[a-z-]+/[^/]+$' };

const TRUE: Schema = { const: true, evidence: 'gateway-false-omitted' };

const base: Record<string, Schema> = {
  comment: { type: 'string', minLength: 1 },
  create_time: MOMENT,
  created_by: TEXT,
  effective_owner: TEXT,
  etag: { type: 'string', pattern: '^[A-Za-z0-9+/]+={0,2}$', evidence: 'gateway-etag' },
  metastore_id: TEXT,
  update_time: MOMENT,
  updated_by: TEXT,
};

const REQUIRED = ['name', 'config', 'create_time', 'effective_owner', 'etag', 'metastore_id', 'update_time'];

const TARGET = closed(['model'], { model: TEXT, native_api_types: list(TEXT), endpoint_route: TEXT });

const DESTINATION: Schema = {
  ...closed(['name', 'destination_type'], {
    name: TEXT,
    destination_type: TEXT,
    pay_per_token_config: closed(['model'], { model: RESOURCE }),
    provisioned_throughput_config: closed(['model_serving_endpoint', 'model'], {
      model_serving_endpoint: RESOURCE,
      model: { type: 'string', pattern: '^[^./]+\\.[^./]+\\.[^./]+$' },
    }),
    external_model_config: closed(['model_provider_service', 'target'], {
      model_provider_service: RESOURCE,
      target: TARGET,
    }),
    traffic_percentage: { type: 'integer', minimum: 0, maximum: 100 },
    is_deleted: TRUE,
  }),
  // Exactly one block, and it is that of the type.
  oneOf: [
    ['PAY_PER_TOKEN', 'pay_per_token_config'],
    ['PROVISIONED_THROUGHPUT', 'provisioned_throughput_config'],
    ['EXTERNAL', 'external_model_config'],
  ].map(([kind, block]) => ({
    required: [block],
    properties: { destination_type: { const: `DESTINATION_TYPE_${kind}_FOUNDATION_MODEL` } },
  })),
};

const RATE_LIMIT = closed(
  ['key', 'renewal_period'],
  {
    key: words(
      ...['SERVICE', 'SERVICE_PRINCIPAL', 'USER', 'USER_DEFAULT', 'USER_GROUP'].map((key) => `RATE_LIMIT_KEY_${key}`),
    ),
    renewal_period: words('RATE_LIMIT_RENEWAL_PERIOD_MINUTE', 'RATE_LIMIT_RENEWAL_PERIOD_HOUR'),
    principal: TEXT,
    requests: COUNT,
    tokens: COUNT,
  },
  { known: 'request_tag_key request_tag_value' },
);

const TABLE = closed(
  ['parent', 'table'],
  {
    parent: RESOURCE,
    table: RESOURCE,
    table_name_prefix: TEXT,
    is_deleted: TRUE,
  },
  { known: 'disabled' },
);

/** A model service in both views. BASIC has neither destinations nor the inference table. */
export const MODEL_SERVICE = closed(
  REQUIRED,
  {
    ...base,
    name: RESOURCE,
    supported_api_types: list(TEXT),
    config: closed([], {
      routing: closed(
        ['destinations'],
        {
          destinations: list(DESTINATION),
          fallback: closed([], { destinations: list(DESTINATION) }),
        },
        { known: 'first_token_timeout traffic_splitting' },
      ),
      rate_limits: list(RATE_LIMIT),
      inference_table: TABLE,
      service_policies: list(closed(['name'], { name: TEXT }), 'service-policies'),
    }),
  },
  { evidence: 'gateway-control-routes' },
);

export const MODEL_SERVICE_PAGE = page('model_services', MODEL_SERVICE);

/** A secret never has its text. */
const SECRET = closed([], { secret_reference: closed(['name'], { name: RESOURCE }) });

const DIRECT = closed([], {
  base_url: TEXT,
  organization: TEXT,
  region: TEXT,
  project_id: TEXT,
  api_key: SECRET,
  aws_access_key: closed(['access_key_id'], { access_key_id: TEXT, secret_access_key: SECRET }),
  entra_service_principal: closed(['tenant_id', 'client_id'], {
    tenant_id: TEXT,
    client_id: TEXT,
    client_secret: SECRET,
  }),
  header_auth: closed(['api_key_name'], { api_key_name: TEXT, api_key_value: SECRET }),
  service_credential: closed(['name'], { name: TEXT }, { known: 'id is_deleted' }),
});

const BLOCK = closed([], { direct: DIRECT, relayed: closed([], {}) });
const BLOCKS = [
  ...['amazon_bedrock', 'anthropic', 'azure_openai', 'bedrock_mantle'],
  ...['custom', 'gemini_enterprise', 'microsoft_foundry', 'openai'],
];

/** A model provider service in both views. */
export const PROVIDER_SERVICE = closed(
  REQUIRED,
  {
    ...base,
    name: RESOURCE,
    config: closed(['provider_type'], {
      provider_type: words(...BLOCKS.map((block) => `EXTERNAL_MODEL_PROVIDER_TYPE_${block.toUpperCase()}`)),
      ...Object.fromEntries(BLOCKS.map((block) => [block, BLOCK])),
      targets: list(TARGET),
      allow_all_targets: TRUE,
      forward_headers: TRUE,
      forward_query_parameters: TRUE,
      forward_unmanaged_paths: TRUE,
      rate_limits: list(RATE_LIMIT),
      inference_table: TABLE,
      pricing: closed([], { default_discount_basis_points: { type: 'integer' } }),
    }),
  },
  { evidence: 'gateway-control-routes' },
);

export const PROVIDER_SERVICE_PAGE = page('model_provider_services', PROVIDER_SERVICE);

/** The bodies of the gateway's writes. They are closed: an unknown field is refused. Fields that only answers have are accepted and ignored. */
type Shape = Record<string, unknown>;

export const TEXT: Shape = { type: 'string' };
const FLAG: Shape = { type: 'boolean' };
const COUNT: Shape = { type: 'integer', minimum: 0 };
const ANY: Shape = {};

export function closed(properties: Record<string, Shape>, required: readonly string[] = []): Shape {
  return { type: 'object', additionalProperties: false, required, properties };
}

function listOf(items: Shape, maxItems?: number): Shape {
  return { type: 'array', items, ...(maxItems === undefined ? {} : { maxItems }) };
}

/** Fields of every service: its comment, and those that the server makes. evidence: gateway-control-routes */
const COMMON = {
  comment: { type: 'string', maxLength: 65_536 },
  create_time: ANY,
  created_by: ANY,
  effective_owner: ANY,
  etag: ANY,
  metastore_id: ANY,
  update_time: ANY,
  updated_by: ANY,
};

export const TARGET = closed(
  {
    model: { type: 'string', minLength: 1 },
    // evidence: gateway-control-routes
    native_api_types: listOf({ type: 'string', minLength: 1, maxLength: 256 }, 64),
    endpoint_route: TEXT,
  },
  ['model'],
);

const DESTINATION = closed(
  {
    name: { type: 'string', minLength: 1, maxLength: 255 },
    destination_type: {
      enum: [
        'DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL',
        'DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL',
        'DESTINATION_TYPE_PROVISIONED_THROUGHPUT_FOUNDATION_MODEL',
      ],
    },
    pay_per_token_config: closed({ model: TEXT }, ['model']),
    provisioned_throughput_config: closed({ model_serving_endpoint: TEXT, model: ANY }, ['model_serving_endpoint']),
    external_model_config: closed({ model_provider_service: TEXT, target: TARGET }, [
      'model_provider_service',
      'target',
    ]),
    traffic_percentage: { type: 'integer', minimum: 0, maximum: 100 },
    is_deleted: ANY,
  },
  ['name', 'destination_type'],
);

const KEYS = ['SERVICE', 'SERVICE_PRINCIPAL', 'USER', 'USER_DEFAULT', 'USER_GROUP'];
const PERIODS = ['HOUR', 'MINUTE'];

const RATE_LIMITS = listOf(
  closed(
    {
      key: { enum: KEYS.map((key) => `RATE_LIMIT_KEY_${key}`) },
      renewal_period: { enum: PERIODS.map((period) => `RATE_LIMIT_RENEWAL_PERIOD_${period}`) },
      principal: { type: 'string', minLength: 1 },
      requests: COUNT,
      tokens: COUNT,
    },
    ['key', 'renewal_period'],
  ),
);

const INFERENCE_TABLE = closed({ parent: TEXT, table_name_prefix: TEXT, table: ANY, is_deleted: ANY }, ['parent']);

/** A model service. */
export const MODEL_SERVICE_BODY = closed({
  ...COMMON,
  name: TEXT,
  supported_api_types: ANY,
  config: closed({
    routing: closed({
      destinations: listOf(DESTINATION, 10),
      fallback: closed({ destinations: listOf(DESTINATION, 5) }),
    }),
    rate_limits: RATE_LIMITS,
    inference_table: INFERENCE_TABLE,
    service_policies: listOf({ type: 'object', required: ['name'], properties: { name: TEXT } }),
  }),
});

/** The fields of a provider service that hold the settings of its provider. */
export const PROVIDER_BLOCKS = [
  'amazon_bedrock',
  'anthropic',
  'azure_openai',
  'bedrock_mantle',
  'custom',
  'gemini_enterprise',
  'microsoft_foundry',
  'openai',
];
const PROVIDERS = PROVIDER_BLOCKS.map((block) => `EXTERNAL_MODEL_PROVIDER_TYPE_${block.toUpperCase()}`);

/** A provider service. The blocks of the providers are checked by their own schemas. */
export const PROVIDER_SERVICE_BODY = closed({
  ...COMMON,
  name: TEXT,
  config: closed({
    provider_type: { enum: PROVIDERS },
    ...Object.fromEntries(PROVIDER_BLOCKS.map((block) => [block, { type: 'object' }])),
    targets: listOf(TARGET),
    allow_all_targets: FLAG,
    forward_headers: FLAG,
    forward_query_parameters: FLAG,
    forward_unmanaged_paths: FLAG,
    rate_limits: RATE_LIMITS,
    inference_table: INFERENCE_TABLE,
    // evidence: gateway-control-routes
    pricing: closed({ default_discount_basis_points: { type: 'integer', minimum: -(2 ** 31), maximum: 10_000 } }),
  }),
});

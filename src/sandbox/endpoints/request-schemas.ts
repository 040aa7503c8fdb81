/** JSON Schemas of the request bodies of the control plane. Unknown fields pass and are dropped. assumed: unknown-fields */

const TEXT = { type: 'string' } as const;
const FLAG = { type: 'boolean' } as const;
const VERSION = { type: ['string', 'integer'] } as const;
const COUNT = { type: 'integer', minimum: 0 } as const;
const TEXT_MAP = { type: 'object', additionalProperties: TEXT } as const;

/** The nine workload types. */
export const WORKLOAD_TYPES = [
  'CPU',
  'CPU_MEDIUM',
  'CPU_LARGE',
  'GPU_SMALL',
  'GPU_MEDIUM',
  'GPU_LARGE',
  'GPU_XLARGE',
  'GPU_XLARGE_8',
  'MULTIGPU_MEDIUM',
] as const;

export const PROVIDERS = [
  'ai21labs',
  'amazon-bedrock',
  'anthropic',
  'cohere',
  'custom',
  'databricks-model-serving',
  'google-cloud-vertex-ai',
  'openai',
  'palm',
] as const;

const entityFields = {
  name: TEXT,
  workload_size: { enum: ['Small', 'Medium', 'Large'] },
  workload_type: { enum: WORKLOAD_TYPES },
  scale_to_zero_enabled: FLAG,
  min_provisioned_concurrency: COUNT,
  max_provisioned_concurrency: COUNT,
  min_provisioned_throughput: COUNT,
  max_provisioned_throughput: COUNT,
  provisioned_model_units: COUNT,
  burst_scaling_enabled: FLAG,
  environment_vars: TEXT_MAP,
  instance_profile_arn: TEXT,
};

const EXTERNAL_MODEL = {
  type: 'object',
  required: ['provider', 'name', 'task'],
  properties: {
    provider: { enum: PROVIDERS },
    name: { type: 'string', minLength: 1 },
    task: { enum: ['llm/v1/chat', 'llm/v1/completions', 'llm/v1/embeddings'] },
  },
} as const;

const ENTITY = {
  type: 'object',
  properties: { ...entityFields, entity_name: TEXT, entity_version: VERSION, external_model: EXTERNAL_MODEL },
};

const MODEL = {
  type: 'object',
  required: ['model_name', 'model_version'],
  properties: { ...entityFields, model_name: TEXT, model_version: VERSION },
};

const ROUTE = {
  type: 'object',
  required: ['traffic_percentage'],
  properties: {
    served_entity_name: TEXT,
    served_model_name: TEXT,
    traffic_percentage: { type: 'integer', minimum: 0, maximum: 100 },
  },
} as const;

const TABLE = {
  type: 'object',
  properties: { catalog_name: TEXT, schema_name: TEXT, table_name_prefix: TEXT, enabled: FLAG },
} as const;

export const CONFIG = {
  type: 'object',
  properties: {
    served_entities: { type: 'array', items: ENTITY },
    served_models: { type: 'array', items: MODEL },
    traffic_config: { type: 'object', properties: { routes: { type: 'array', items: ROUTE } } },
    auto_capture_config: TABLE,
  },
};

const TAG = {
  type: 'object',
  required: ['key'],
  properties: { key: TEXT, value: TEXT },
} as const;

const GUARDRAIL = {
  type: 'object',
  properties: {
    safety: FLAG,
    pii: { type: 'object', properties: { behavior: { enum: ['NONE', 'BLOCK', 'MASK'] } } },
    invalid_keywords: { type: 'array', items: TEXT },
    valid_topics: { type: 'array', items: TEXT },
    custom_guardrails: { type: 'array', items: { type: 'object' } },
  },
} as const;

export const GATEWAY = {
  type: 'object',
  properties: {
    fallback_config: { type: 'object', required: ['enabled'], properties: { enabled: FLAG } },
    guardrails: { type: 'object', properties: { input: GUARDRAIL, output: GUARDRAIL } },
    inference_table_config: TABLE,
    rate_limits: {
      type: 'array',
      items: {
        type: 'object',
        required: ['renewal_period'],
        properties: {
          calls: COUNT,
          tokens: COUNT,
          key: { enum: ['endpoint', 'user', 'user_group', 'service_principal'] },
          principal: TEXT,
          renewal_period: { enum: ['minute'] },
        },
      },
    },
    usage_tracking_config: { type: 'object', properties: { enabled: FLAG } },
  },
};

const RATE_LIMITS_LIST = {
  type: 'array',
  items: {
    type: 'object',
    required: ['calls', 'renewal_period'],
    properties: { calls: COUNT, key: { enum: ['user', 'endpoint'] }, renewal_period: { enum: ['minute'] } },
  },
} as const;

export const RATE_LIMITS = {
  type: 'object',
  required: ['rate_limits'],
  properties: { rate_limits: RATE_LIMITS_LIST },
} as const;

const MAILS = { type: 'array', items: TEXT } as const;
const EMAIL = { type: 'object', properties: { on_update_success: MAILS, on_update_failure: MAILS } } as const;

export const NOTIFICATIONS = {
  type: 'object',
  required: ['email_notifications'],
  properties: { email_notifications: EMAIL },
} as const;

const TELEMETRY_CONFIG = {
  type: 'object',
  properties: {
    enabled_telemetry_features: {
      type: 'array',
      items: {
        enum: [
          'TELEMETRY_FEATURE_INFERENCE_TABLE',
          'TELEMETRY_FEATURE_LOGS',
          'TELEMETRY_FEATURE_METRICS',
          'TELEMETRY_FEATURE_TRACES',
        ],
      },
    },
    inference_table_config: {
      type: 'object',
      properties: { name: TEXT, sampling_fraction: { type: 'number', minimum: 0, maximum: 1 } },
    },
    table_names: TEXT_MAP,
    telemetry_profile_id: TEXT,
  },
} as const;

export const TELEMETRY = { type: 'object', properties: { telemetry_config: TELEMETRY_CONFIG } } as const;

export const DESCRIPTION = { type: 'object', properties: { description: TEXT } } as const;
export const BUDGET_POLICY = { type: 'object', properties: { budget_policy_id: TEXT } } as const;

export const TAGS_PATCH = {
  type: 'object',
  properties: { add_tags: { type: 'array', items: TAG }, delete_tags: { type: 'array', items: TEXT } },
} as const;

export const CREATE = {
  type: 'object',
  required: ['name'],
  properties: {
    name: TEXT,
    config: CONFIG,
    ai_gateway: GATEWAY,
    budget_policy_id: TEXT,
    description: TEXT,
    email_notifications: EMAIL,
    rate_limits: RATE_LIMITS_LIST,
    route_optimized: FLAG,
    tags: { type: 'array', items: TAG },
    telemetry_config: TELEMETRY_CONFIG,
  },
};

const PT_CONFIG = {
  type: 'object',
  required: ['served_entities'],
  properties: {
    served_entities: {
      type: 'array',
      items: {
        type: 'object',
        required: ['entity_name', 'provisioned_model_units'],
        properties: {
          entity_name: TEXT,
          entity_version: VERSION,
          name: TEXT,
          provisioned_model_units: COUNT,
          burst_scaling_enabled: FLAG,
        },
      },
    },
    traffic_config: CONFIG.properties.traffic_config,
  },
};

export const PT_CREATE = {
  type: 'object',
  required: ['name', 'config'],
  properties: { ...CREATE.properties, config: PT_CONFIG },
};

export const PT_UPDATE = { type: 'object', required: ['config'], properties: { config: PT_CONFIG } };

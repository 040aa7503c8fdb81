/** Parts of an endpoint that have rules of their own: external models, the AI Gateway, telemetry and tables. */
import { COUNT, closed, FLAG, list, type Schema, TEXT, words } from './forms.ts';

export const TASK = words(
  'llm/v1/chat',
  'llm/v1/completions',
  'llm/v1/embeddings',
  'agent/v1/responses',
  'agent/v2/chat',
  'agent/v1/chat',
);

/** The settings of a provider. Secrets are references; raw keys are never returned. */
const provider = (fields: string): Schema =>
  closed([], Object.fromEntries(fields.split(' ').map((name) => [name, TEXT])), { evidence: 'write-only-fields' });

export const EXTERNAL_MODEL = closed(['provider', 'name', 'task'], {
  provider: words(
    'ai21labs',
    'amazon-bedrock',
    'anthropic',
    'cohere',
    'custom',
    'databricks-model-serving',
    'google-cloud-vertex-ai',
    'openai',
    'palm',
  ),
  name: TEXT,
  task: TASK,
  ai21labs_config: provider('ai21labs_api_key'),
  amazon_bedrock_config: provider(
    'aws_region bedrock_provider instance_profile_arn uc_service_credential_name aws_access_key_id aws_secret_access_key',
  ),
  anthropic_config: provider('anthropic_api_key'),
  cohere_config: provider('cohere_api_base cohere_api_key'),
  custom_provider_config: closed([], {
    custom_provider_url: TEXT,
    api_key_auth: provider('key value'),
    bearer_token_auth: provider('token'),
  }),
  databricks_model_serving_config: provider('databricks_workspace_url databricks_api_token'),
  google_cloud_vertex_ai_config: provider('project_id region private_key'),
  openai_config: provider(
    'openai_api_type openai_api_base openai_api_version openai_deployment_name openai_organization microsoft_entra_tenant_id microsoft_entra_client_id openai_api_key microsoft_entra_client_secret',
  ),
  palm_config: provider('palm_api_key'),
});

/** An inference table, of the gateway or of the older kind. */
export const TABLE = closed(
  [],
  { catalog_name: TEXT, schema_name: TEXT, table_name_prefix: TEXT, enabled: FLAG },
  { evidence: 'table-off-names', known: 'state' },
);

const GUARDRAIL = closed([], {
  safety: FLAG,
  pii: closed([], { behavior: words('NONE', 'BLOCK', 'MASK') }),
  invalid_keywords: list(TEXT),
  valid_topics: list(TEXT),
  custom_guardrails: list({ type: 'object' }),
});

export const GATEWAY = closed([], {
  fallback_config: closed(['enabled'], { enabled: FLAG }),
  guardrails: closed([], { input: GUARDRAIL, output: GUARDRAIL }),
  inference_table_config: TABLE,
  rate_limits: list(
    closed(['renewal_period'], {
      calls: COUNT,
      tokens: COUNT,
      key: words('endpoint', 'user', 'user_group', 'service_principal'),
      principal: TEXT,
      renewal_period: words('minute'),
    }),
  ),
  usage_tracking_config: closed([], { enabled: FLAG }),
});

export const TELEMETRY = closed(
  [],
  {
    enabled_telemetry_features: list(
      words(
        'TELEMETRY_FEATURE_INFERENCE_TABLE',
        'TELEMETRY_FEATURE_LOGS',
        'TELEMETRY_FEATURE_METRICS',
        'TELEMETRY_FEATURE_TRACES',
      ),
    ),
    inference_table_config: closed([], { name: TEXT, sampling_fraction: { type: 'number', minimum: 0, maximum: 1 } }),
    telemetry_profile_id: TEXT,
  },
  { evidence: 'telemetry-rules' },
);

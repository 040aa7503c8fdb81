/** The nine providers of external models (facts X1 and X3), for tests. */

export const KEY = '{{secrets/llm-providers/key}}';

/** Each provider with the smallest complete config, and the fields that hold its secrets. */
export const PROVIDERS: [string, string, Record<string, unknown>, string[]][] = [
  ['ai21labs', 'ai21labs_config', { ai21labs_api_key: KEY }, ['ai21labs_api_key']],
  [
    'amazon-bedrock',
    'amazon_bedrock_config',
    { aws_region: 'eu-west-1', bedrock_provider: 'anthropic', aws_access_key_id: KEY, aws_secret_access_key: KEY },
    ['aws_access_key_id', 'aws_secret_access_key'],
  ],
  ['anthropic', 'anthropic_config', { anthropic_api_key: KEY }, ['anthropic_api_key']],
  [
    'cohere',
    'cohere_config',
    { cohere_api_key: KEY, cohere_api_base: 'https://cohere.example.com' },
    ['cohere_api_key'],
  ],
  [
    'custom',
    'custom_provider_config',
    { custom_provider_url: 'https://llm.example.com/v1', bearer_token_auth: { token: KEY } },
    ['bearer_token_auth.token'],
  ],
  [
    'databricks-model-serving',
    'databricks_model_serving_config',
    { databricks_workspace_url: 'https://other.example.com', databricks_api_token: KEY },
    ['databricks_api_token'],
  ],
  [
    'google-cloud-vertex-ai',
    'google_cloud_vertex_ai_config',
    { project_id: 'p', region: 'europe-west4', private_key: KEY },
    ['private_key'],
  ],
  ['openai', 'openai_config', { openai_api_key: KEY, openai_organization: 'org' }, ['openai_api_key']],
  ['palm', 'palm_config', { palm_api_key: KEY }, ['palm_api_key']],
];

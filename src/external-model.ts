/** External models: the nine providers, what each needs, and where its secrets go (API contract, section 1.2). Pure. */
import { isSecretReference } from './untrusted.ts';

interface Provider {
  config: string;
  required: readonly string[];
  /** Secret fields, of which one set must be complete; a set may also be a way that needs no secret. */
  credentials: readonly (readonly string[])[];
}

const PROVIDERS: Record<string, Provider> = {
  ai21labs: { config: 'ai21labs_config', required: [], credentials: [['ai21labs_api_key']] },
  'amazon-bedrock': {
    config: 'amazon_bedrock_config',
    required: ['aws_region', 'bedrock_provider'],
    credentials: [
      ['aws_access_key_id', 'aws_secret_access_key'],
      ['instance_profile_arn'],
      ['uc_service_credential_name'],
    ],
  },
  anthropic: { config: 'anthropic_config', required: [], credentials: [['anthropic_api_key']] },
  cohere: { config: 'cohere_config', required: [], credentials: [['cohere_api_key']] },
  custom: {
    config: 'custom_provider_config',
    required: ['custom_provider_url'],
    credentials: [['api_key_auth'], ['bearer_token_auth']],
  },
  'databricks-model-serving': {
    config: 'databricks_model_serving_config',
    required: ['databricks_workspace_url'],
    credentials: [['databricks_api_token']],
  },
  'google-cloud-vertex-ai': {
    config: 'google_cloud_vertex_ai_config',
    required: ['project_id', 'region'],
    credentials: [['private_key']],
  },
  openai: {
    config: 'openai_config',
    required: [],
    credentials: [
      ['openai_api_key'],
      ['microsoft_entra_tenant_id', 'microsoft_entra_client_id', 'microsoft_entra_client_secret'],
    ],
  },
  palm: { config: 'palm_config', required: [], credentials: [['palm_api_key']] },
};
const TASKS = ['llm/v1/chat', 'llm/v1/completions', 'llm/v1/embeddings'];
/** Fields that take a `{{secrets/scope/key}}` reference and nothing else. */
const SECRET_FIELD = /(_api_key|_api_token|private_key|client_secret|aws_access_key_id|aws_secret_access_key)$/;

/** Everything that is wrong with an `external_model`. Raw keys are refused and never repeated. */
export function problemsOfExternalModel(model: unknown): string[] {
  if (!isObject(model)) return ['external_model must be an object'];
  const provider = PROVIDERS[String(model.provider)];
  if (!provider)
    return [
      `external_model.provider must be one of ${Object.keys(PROVIDERS).join(', ')}`,
      ...rawSecrets(model, 'external_model'),
    ];
  const problems: string[] = [];
  if (typeof model.name !== 'string' || model.name === '')
    problems.push("external_model.name is missing: the provider's model id");
  if (!TASKS.includes(String(model.task))) problems.push(`external_model.task must be one of ${TASKS.join(', ')}`);
  for (const key of Object.keys(model)) {
    if (key.endsWith('_config') && key !== provider.config)
      problems.push(`external_model.${key} does not belong to provider ${model.provider}: use ${provider.config}`);
  }
  const config = model[provider.config];
  problems.push(...rawSecrets(model, 'external_model'));
  if (!isObject(config)) return [...problems, `external_model.${provider.config} is missing`];
  const needed = model.provider === 'openai' ? [...provider.required, ...azureFields(config)] : provider.required;
  for (const name of needed) if (config[name] === undefined) problems.push(`${provider.config}.${name} is missing`);
  const given = provider.credentials.filter((set) => set.every((name) => config[name] !== undefined));
  const plain = Object.keys(config).some((name) => name.endsWith('_plaintext'));
  if (given.length === 0 && !plain) {
    problems.push(
      `${provider.config} has no credentials: give ${provider.credentials.map((set) => set.join(' and ')).join(', or ')}`,
    );
  }
  if (given.length > 1) problems.push(`${provider.config} has two kinds of credentials: give one`);
  return problems;
}

/** OpenAI on Azure needs where and what; with Entra ID it needs who (section 1.2). */
function azureFields(config: Record<string, unknown>): string[] {
  if (config.openai_api_type !== 'azure' && config.openai_api_type !== 'azuread') return [];
  return ['openai_api_base', 'openai_api_version', 'openai_deployment_name'];
}

function rawSecrets(value: Record<string, unknown>, path: string): string[] {
  return Object.entries(value).flatMap(([name, inner]) => {
    const where = `${path}.${name}`;
    if (isObject(inner)) return rawSecrets(inner, where);
    if (name.endsWith('_plaintext'))
      return [
        `${where} would send a raw key: store it in a secret scope and give ${name.replace('_plaintext', '')} as {{secrets/scope/key}}`,
      ];
    const inAuth = /\.(api_key_auth|bearer_token_auth)$/.test(path) && (name === 'value' || name === 'token');
    if ((SECRET_FIELD.test(name) || inAuth) && !(typeof inner === 'string' && isSecretReference(inner))) {
      return [`${where} takes a reference {{secrets/scope/key}}, not a key; store the key in a secret scope`];
    }
    return [];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

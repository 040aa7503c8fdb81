/** External models: the nine providers, the fields that each needs (fact X1), and where its secrets go (fact X2). Pure. */

import { isObject } from '../rest/json.ts';
import { meantName } from '../text/other-names.ts';
import { redact, secretReference } from '../text/redact.ts';

interface Provider {
  config: string;
  required: readonly string[];
  /** Other fields that are not secrets. */
  optional?: readonly string[];
  /** Sets of credential fields. One set must be complete. Some sets need no secret. */
  credentials: readonly (readonly string[])[];
}

const AZURE = ['openai_api_base', 'openai_api_version', 'openai_deployment_name'];
const ENTRA = ['microsoft_entra_tenant_id', 'microsoft_entra_client_id', 'microsoft_entra_client_secret'];

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
  cohere: { config: 'cohere_config', required: [], optional: ['cohere_api_base'], credentials: [['cohere_api_key']] },
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
    optional: ['openai_api_type', 'openai_organization', ...AZURE],
    credentials: [['openai_api_key'], ENTRA],
  },
  palm: { config: 'palm_config', required: [], credentials: [['palm_api_key']] },
};
/** Fields of the two authentication objects of a custom provider. */
const AUTH_FIELDS: Record<string, readonly string[]> = { api_key_auth: ['key', 'value'], bearer_token_auth: ['token'] };
const MODEL_FIELDS = ['provider', 'name', 'task'];
const TASKS = ['llm/v1/chat', 'llm/v1/completions', 'llm/v1/embeddings'];
/** Fields that accept only a `{{secrets/scope/key}}` reference. */
const SECRET_FIELD = /(_api_key|_api_token|private_key|client_secret|aws_access_key_id|aws_secret_access_key)$/;

/** All problems of an `external_model`. Raw keys are refused and never repeated. */
export function problemsOfExternalModel(model: unknown): string[] {
  if (!isObject(model)) return ['external_model must be an object'];
  const { provider: given } = model;
  const provider = typeof given === 'string' && Object.hasOwn(PROVIDERS, given) ? PROVIDERS[given] : undefined;
  if (!provider)
    return [
      `external_model.provider must be one of ${Object.keys(PROVIDERS).join(', ')}`,
      ...rawSecrets(model, 'external_model'),
    ];
  const problems: string[] = [];
  if (typeof model.name !== 'string' || model.name === '')
    problems.push("external_model.name is missing: give the provider's model id");
  if (typeof model.task !== 'string' || !TASKS.includes(model.task))
    problems.push(`external_model.task must be one of ${TASKS.join(', ')}`);
  problems.push(...unknownFields(model, 'external_model', [...MODEL_FIELDS, provider.config], model.provider));
  problems.push(...rawSecrets(model, 'external_model'));
  const config = model[provider.config];
  if (!isObject(config)) return [...problems, `external_model.${provider.config} is missing`];
  const known = [...provider.required, ...(provider.optional ?? []), ...provider.credentials.flat()];
  problems.push(...unknownFields(config, provider.config, known));
  const azure = model.provider === 'openai' && /^azure(ad)?$/.test(String(config.openai_api_type));
  for (const name of [...provider.required, ...(azure ? AZURE : [])])
    if (config[name] === undefined) problems.push(`${provider.config}.${name} is missing`);
  return [...problems, ...credentialProblems(provider, config)];
}

/** A provider needs one complete set of credentials. OpenAI takes its Entra set for `azuread`, and otherwise its key (fact X3). */
function credentialProblems(provider: Provider, config: Record<string, unknown>): string[] {
  const type = config.openai_api_type;
  const sets =
    provider.config === 'openai_config' ? [type === 'azuread' ? ENTRA : ['openai_api_key']] : provider.credentials;
  const given = sets.filter((set) => set.every((name) => config[name] !== undefined));
  const plain = Object.keys(config).some((name) => name.endsWith('_plaintext'));
  const problems: string[] = [];
  if (given.length === 0 && !plain)
    problems.push(`${provider.config} has no credentials: give ${sets.map((set) => set.join(' and ')).join(', or ')}`);
  if (given.length > 1) problems.push(`${provider.config} has two kinds of credentials: give only one`);
  for (const [name, fields] of Object.entries(AUTH_FIELDS)) {
    const auth = config[name];
    if (auth === undefined) continue;
    if (!isObject(auth)) {
      problems.push(`${provider.config}.${name} must be an object with ${fields.join(' and ')}`);
      continue;
    }
    problems.push(...unknownFields(auth, `${provider.config}.${name}`, fields));
    for (const field of fields)
      if (auth[field] === undefined) problems.push(`${provider.config}.${name}.${field} is missing`);
  }
  return problems;
}

/** A mistyped field would send its value, possibly a key, to the service. */
function unknownFields(
  value: Record<string, unknown>,
  path: string,
  known: readonly string[],
  provider?: unknown,
): string[] {
  return Object.keys(value)
    .filter((key) => !known.includes(key) && !key.endsWith('_plaintext'))
    .map((key) => {
      if (provider !== undefined && key.endsWith('_config'))
        return `${path}.${key} does not belong to provider ${provider}: use ${known.at(-1)}`;
      const hint = meantName(key, known);
      return `${path} has no field ${redact(key)}${hint ? `: did you mean ${hint}?` : ''}`;
    });
}

function rawSecrets(value: Record<string, unknown>, path: string): string[] {
  return Object.entries(value).flatMap(([name, inner]) => {
    const where = `${path}.${name}`;
    if (name.endsWith('_plaintext'))
      return [
        `${where} would send a raw key: store it in a secret scope and set ${name.replace('_plaintext', '')} to {{secrets/scope/key}}`,
      ];
    const inAuth = /\.(api_key_auth|bearer_token_auth)$/.test(path) && (name === 'value' || name === 'token');
    if (typeof inner === 'string' && secretReference(inner)) return [];
    if (SECRET_FIELD.test(name) || inAuth)
      return [`${where} must be a reference {{secrets/scope/key}}, not a key; store the key in a secret scope`];
    if (isObject(inner)) return rawSecrets(inner, where);
    if (typeof inner === 'string' && redact(inner) !== inner)
      return [`${where} looks like a raw key; store it in a secret scope`];
    return [];
  });
}

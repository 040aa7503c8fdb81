import { invalid } from '../errors.ts';
import { isObject, type JsonObject } from '../json.ts';
import { isReference, missingSecret } from '../state/secrets.ts';
import type { Workspace } from '../state/state.ts';
import type { EntityInput, ExternalModel } from '../state/wire-types.ts';

/** Config key, required plain fields and secret fields of each provider, from the types of the official SDKs. */
const PROVIDER_CONFIGS: Record<string, { key: string; required: string[]; secrets: string[] }> = {
  ai21labs: { key: 'ai21labs_config', required: [], secrets: ['ai21labs_api_key'] },
  'amazon-bedrock': {
    key: 'amazon_bedrock_config',
    required: ['aws_region', 'bedrock_provider'],
    secrets: ['aws_access_key_id', 'aws_secret_access_key'],
  },
  anthropic: { key: 'anthropic_config', required: [], secrets: ['anthropic_api_key'] },
  cohere: { key: 'cohere_config', required: [], secrets: ['cohere_api_key'] },
  custom: { key: 'custom_provider_config', required: ['custom_provider_url'], secrets: [] },
  'databricks-model-serving': {
    key: 'databricks_model_serving_config',
    required: ['databricks_workspace_url'],
    secrets: ['databricks_api_token'],
  },
  'google-cloud-vertex-ai': {
    key: 'google_cloud_vertex_ai_config',
    required: ['project_id', 'region'],
    secrets: ['private_key'],
  },
  openai: { key: 'openai_config', required: [], secrets: ['openai_api_key', 'microsoft_entra_client_secret'] },
  palm: { key: 'palm_config', required: [], secrets: ['palm_api_key'] },
};

/** Checks an external model: its provider config is complete, and each secret is a resolvable reference or a `*_plaintext` value. */
export function checkExternal(workspace: Workspace, entity: EntityInput, model: ExternalModel): void {
  if (
    entity.min_provisioned_throughput !== undefined ||
    entity.max_provisioned_throughput !== undefined ||
    entity.provisioned_model_units !== undefined
  ) {
    throw invalid('provisioned throughput is not supported for endpoints with external models');
  }
  const provider = PROVIDER_CONFIGS[model.provider];
  if (!provider) throw invalid(`Unknown external model provider '${model.provider}'.`);
  const config = model[provider.key];
  if (!isObject(config)) throw invalid(`External model provider '${model.provider}' needs ${provider.key}.`);
  for (const field of provider.required) {
    if (typeof config[field] !== 'string') throw invalid(`${provider.key} needs ${field}.`);
  }
  for (const field of provider.secrets) checkSecret(workspace, config, field);
  if (model.provider === 'custom') checkCustomAuth(workspace, config);
  else checkComplete(model.provider, provider.key, config);
}

function has(config: JsonObject, field: string): boolean {
  return config[field] !== undefined || config[`${field}_plaintext`] !== undefined;
}

function checkComplete(provider: string, key: string, config: JsonObject): void {
  if (provider === 'amazon-bedrock') {
    const keys = has(config, 'aws_access_key_id') && has(config, 'aws_secret_access_key');
    if (!keys && !config.instance_profile_arn && !config.uc_service_credential_name) {
      throw invalid(`${key} needs access keys, an instance profile or a service credential.`);
    }
  } else if (provider === 'openai' && config.openai_api_type === 'azuread') {
    for (const field of ['microsoft_entra_tenant_id', 'microsoft_entra_client_id', 'microsoft_entra_client_secret']) {
      if (!has(config, field)) throw invalid(`${key} with openai_api_type azuread needs ${field}.`);
    }
  } else if (provider === 'openai') {
    const azure = ['openai_api_base', 'openai_api_version', 'openai_deployment_name'];
    for (const field of ['openai_api_key', ...(config.openai_api_type === 'azure' ? azure : [])]) {
      if (!has(config, field)) throw invalid(`${key} needs ${field}.`);
    }
  } else {
    for (const field of PROVIDER_CONFIGS[provider]?.secrets ?? []) {
      if (!has(config, field)) throw invalid(`${key} needs ${field} or ${field}_plaintext.`);
    }
  }
}

function checkCustomAuth(workspace: Workspace, config: JsonObject): void {
  const { api_key_auth: apiKey, bearer_token_auth: bearer } = config;
  if (isObject(apiKey) === isObject(bearer)) {
    throw invalid('custom_provider_config needs exactly one of api_key_auth and bearer_token_auth.');
  }
  if (isObject(apiKey)) checkSecret(workspace, apiKey, 'value');
  if (isObject(bearer)) checkSecret(workspace, bearer, 'token');
}

/** assumed: secret-missing-external */
function checkSecret(workspace: Workspace, config: JsonObject, field: string): void {
  const reference = config[field];
  if (reference === undefined) return;
  if (config[`${field}_plaintext`] !== undefined)
    throw invalid(`Only one of ${field} and ${field}_plaintext may be set.`);
  if (typeof reference !== 'string' || !isReference(reference)) {
    throw invalid(
      `${field} takes a secret reference of the form {{secrets/scope/key}}; use ${field}_plaintext for a value.`,
    );
  }
  const lost = missingSecret(workspace, reference);
  if (lost) throw invalid(lost);
}

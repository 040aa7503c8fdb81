/** Model services and provider services of the sandbox, over plain HTTP. */
import { type Client, ENGINEER, type Reply, startClient } from '../client.ts';

export const SERVICES = '/api/2.1/unity-catalog/model-services';
export const PROVIDERS = '/api/2.1/unity-catalog/model-provider-services';
const SCHEMA = 'ml.prod';

type Body = Record<string, unknown>;

/** A pay-per-token destination. */
export function paid(name: string, model = 'databricks-gpt-5', more: Body = {}): Body {
  return {
    name,
    destination_type: 'DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL',
    pay_per_token_config: { model: `models/system.ai.${model}` },
    ...more,
  };
}

/** A destination on an endpoint with provisioned throughput. */
export function provisioned(name: string, endpoint: string): Body {
  return {
    name,
    destination_type: 'DESTINATION_TYPE_PROVISIONED_THROUGHPUT_FOUNDATION_MODEL',
    provisioned_throughput_config: { model_serving_endpoint: `serving-endpoints/${endpoint}` },
  };
}

/** A destination at a provider service of the test schema. */
export function external(name: string, provider: string, model = 'gpt-4o'): Body {
  return {
    name,
    destination_type: 'DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL',
    external_model_config: {
      model_provider_service: `model-provider-services/${SCHEMA}.${provider}`,
      target: { model },
    },
  };
}

/** A config with these primary destinations. */
export function routed(...destinations: Body[]): Body {
  return { routing: { destinations } };
}

/** The config of an OpenAI provider with a key as plain text. */
export function openAi(more: Body = {}): Body {
  return {
    provider_type: 'EXTERNAL_MODEL_PROVIDER_TYPE_OPENAI',
    openai: { direct: { api_key: { plaintext: 'made-up-key' } } },
    targets: [{ model: 'gpt-4o', native_api_types: ['openai/v1/chat/completions'] }],
    ...more,
  };
}

export interface Gateway extends Omit<Client, 'create'> {
  create(id: string, config: unknown, who?: string): Promise<Reply>;
  createProvider(id: string, config: unknown, who?: string): Promise<Reply>;
  /** The service `ml.prod.{id}`. */
  read(id: string, who?: string): Promise<Reply>;
  update(id: string, mask: string, body: Body, who?: string, etag?: string): Promise<Reply>;
  grant(type: string, name: string, principal: string, ...add: string[]): Promise<Reply>;
  /** An endpoint with provisioned throughput, of the engineer. */
  throughput(name: string): Promise<Reply>;
}

/** The default workspace, or that of a seed, with short calls for the gateway. */
export async function startGateway(seed?: unknown): Promise<Gateway> {
  const client = await startClient(seed === undefined ? {} : { seed });
  const query = (fields: Record<string, string | undefined>) =>
    new URLSearchParams(Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined));
  return {
    ...client,
    create: (id, config, who = ENGINEER) =>
      client.call(
        'POST',
        `${SERVICES}?${query({ parent: `schemas/${SCHEMA}`, model_service_id: id })}`,
        { config },
        who,
      ),
    createProvider: (id, config, who = ENGINEER) =>
      client.call(
        'POST',
        `${PROVIDERS}?${query({ parent: `schemas/${SCHEMA}`, model_provider_service_id: id })}`,
        { config },
        who,
      ),
    read: (id, who = ENGINEER) => client.call('GET', `${SERVICES}/${SCHEMA}.${id}`, undefined, who),
    update: (id, update_mask, body, who = ENGINEER, etag) =>
      client.call('PATCH', `${SERVICES}/${SCHEMA}.${id}?${query({ update_mask, etag })}`, body, who),
    grant: (type, name, principal, ...add) =>
      client.call('PATCH', `/api/2.1/unity-catalog/permissions/${type}/${name}`, { changes: [{ principal, add }] }),
    throughput: (name) => {
      const entity = {
        entity_name: 'system.ai.gpt-oss-120b',
        entity_version: '1',
        provisioned_model_units: 50,
      };
      const config = { served_entities: [entity] };
      return client.call('POST', '/api/2.0/serving-endpoints/pt', { name, config }, ENGINEER);
    },
  };
}

/** Status and message of a refusal. */
export function refusal({ status, body }: Reply): [number, string, string] {
  return [status, body?.error_code, body?.message];
}

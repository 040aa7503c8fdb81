import type { QueryRoute } from '../models/answer-query.ts';
import type { Destination, ModelTarget, ProviderService } from '../state/model-service.ts';
import type { ModelSpec } from '../state/model-spec.ts';
import type { Endpoint, EndpointConfig, ServedEntity } from '../state/state.ts';
import type { ExternalModel } from '../state/wire-types.ts';
import type { Backing } from './backing.ts';

const READY: Omit<ServedEntity, 'config'> = {
  creator: null,
  creation_timestamp: 0,
  deployment: 'DEPLOYMENT_READY',
  message: '',
  plan: null,
  ready_at: 0,
  last_active_at: 0,
  waking_until: null,
  replica: '',
  type: null,
  min_dbus: null,
  max_dbus: null,
};

/** The word for a kind of provider in an external model of an endpoint. */
const PROVIDER_WORD: Partial<Record<string, string>> = {
  EXTERNAL_MODEL_PROVIDER_TYPE_OPENAI: 'openai',
  EXTERNAL_MODEL_PROVIDER_TYPE_AZURE_OPENAI: 'openai',
  EXTERNAL_MODEL_PROVIDER_TYPE_ANTHROPIC: 'anthropic',
  EXTERNAL_MODEL_PROVIDER_TYPE_AMAZON_BEDROCK: 'amazon-bedrock',
  EXTERNAL_MODEL_PROVIDER_TYPE_BEDROCK_MANTLE: 'amazon-bedrock',
  EXTERNAL_MODEL_PROVIDER_TYPE_GEMINI_ENTERPRISE: 'google-cloud-vertex-ai',
};

/** The task of a target: the one of its API types, or else that of the request. */
function taskOf({ native_api_types = [] }: ModelTarget, route: QueryRoute): string {
  const tasks = native_api_types.map(
    (type) => /(embeddings|completions)$/.exec(type.replace('chat/completions', ''))?.[1],
  );
  const [only] = tasks;
  if (only !== undefined && tasks.every((task) => task === only)) return `llm/v1/${only}`;
  return route === 'embeddings' || route === 'completions' ? `llm/v1/${route}` : 'llm/v1/chat';
}

/** The first text with this name in a block of a provider, at any depth. */
function textIn(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = key === name && typeof inner === 'string' ? inner : textIn(inner, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The model at a provider, as the sandbox answers for it or forwards to it. assumed: data.external-answer */
function externalModel({ config }: ProviderService, target: ModelTarget, route: QueryRoute): ExternalModel {
  const { provider_type, provider } = config;
  const base = textIn(provider, 'base_url');
  const address = base === undefined ? {} : { openai_config: { openai_api_base: base } };
  // A custom provider speaks the API of OpenAI, so both kinds are forwarded in the same way.
  const word = base === undefined ? (PROVIDER_WORD[provider_type] ?? 'custom') : 'openai';
  return { provider: word, name: target.model, task: taskOf(target, route), ...address };
}

function foundationEntity(endpoint: Endpoint): { config: ServedEntity['config']; spec?: ModelSpec } {
  const { foundation, name } = endpoint;
  return {
    config: { name, entity_name: foundation?.entity_name ?? name },
    ...(foundation ? { spec: foundation.spec } : {}),
  };
}

/** The entity of a provisioned endpoint that gets the request. */
type Choose = (config: EndpointConfig) => ServedEntity | undefined;

/**
 * A destination as a served entity, so that it answers, fails and is recorded as one. Its name is that of the destination. A provisioned
 * endpoint that serves nothing is one that is not ready. assumed: gateway-idle-throughput
 */
export function destinationEntity(
  destination: Destination,
  backing: Backing,
  route: QueryRoute = 'chat',
  choose: Choose = ({ served_entities }) => served_entities[0],
): ServedEntity {
  const { name } = destination;
  switch (backing.kind) {
    case 'foundation': {
      const { config, spec } = foundationEntity(backing.endpoint);
      return { ...READY, type: 'FOUNDATION_MODEL', config: { ...config, name }, ...(spec ? { spec } : {}) };
    }
    case 'provisioned': {
      const { config, stopped } = backing.endpoint;
      const entity = config === null || stopped ? undefined : choose(config);
      return entity ? { ...entity, config: { ...entity.config, name } } : stoppedEntity(destination);
    }
    case 'external':
      return {
        ...READY,
        type: 'EXTERNAL_MODEL',
        config: { name, external_model: externalModel(backing.provider, backing.target, route) },
      };
  }
}

/** A destination that nothing answers for. */
export function stoppedEntity(destination: Destination): ServedEntity {
  return {
    ...READY,
    deployment: 'DEPLOYMENT_STOPPED',
    config: { name: destination.name, entity_name: modelOf(destination) },
  };
}

/** The model of a destination, as tables name it. */
export function modelOf(destination: Destination): string {
  switch (destination.destination_type) {
    case 'DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL':
      return destination.pay_per_token_config.model.replace(/^models\//, '');
    case 'DESTINATION_TYPE_PROVISIONED_THROUGHPUT_FOUNDATION_MODEL':
      return destination.provisioned_throughput_config.model;
    case 'DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL':
      return destination.external_model_config.target.model;
  }
}

import type { Destination, ModelTarget, ProviderService } from '../state/model-service.ts';
import type { Endpoint, Workspace } from '../state/state.ts';

/** The prefixes of resource names. */
export const RESOURCE = {
  model: 'models/',
  endpoint: 'serving-endpoints/',
  provider: 'model-provider-services/',
  service: 'model-services/',
  schema: 'schemas/',
  table: 'tables/',
  credential: 'credentials/',
  secret: 'secrets/',
} as const;

/** What answers the requests of a destination. */
export type Backing =
  | { kind: 'foundation'; endpoint: Endpoint }
  | { kind: 'provisioned'; endpoint: Endpoint }
  | { kind: 'external'; provider: ProviderService; target: ModelTarget };

/** A resource name without its prefix. Undefined when the prefix is another one. */
export function unprefixed(kind: keyof typeof RESOURCE, resource: string): string | undefined {
  return resource.startsWith(RESOURCE[kind]) ? resource.slice(RESOURCE[kind].length) : undefined;
}

/** The pay-per-token endpoint of a model in system.ai. assumed: gateway-foundation-names */
export function foundationOf(workspace: Workspace, model: string): Endpoint | undefined {
  const [, name] = /^system\.ai\.(?:databricks-)?(.+)$/.exec(model) ?? [];
  if (name === undefined) return undefined;
  const found = workspace.endpoints.get(`databricks-${name}`);
  return found?.foundation?.products.includes('PPT') ? found : undefined;
}

/** What is behind a destination. Undefined when it is gone, so that no request can use the destination. */
export function backingOf(workspace: Workspace, destination: Destination): Backing | undefined {
  switch (destination.destination_type) {
    case 'DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL': {
      const model = unprefixed('model', destination.pay_per_token_config.model);
      const endpoint = model === undefined ? undefined : foundationOf(workspace, model);
      return endpoint && { kind: 'foundation', endpoint };
    }
    case 'DESTINATION_TYPE_PROVISIONED_THROUGHPUT_FOUNDATION_MODEL': {
      const name = unprefixed('endpoint', destination.provisioned_throughput_config.model_serving_endpoint);
      const endpoint = name === undefined ? undefined : workspace.endpoints.get(name);
      return endpoint && { kind: 'provisioned', endpoint };
    }
    case 'DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL': {
      const { model_provider_service, target } = destination.external_model_config;
      const name = unprefixed('provider', model_provider_service);
      const provider = name === undefined ? undefined : workspace.provider_services.get(name);
      return provider && { kind: 'external', provider, target };
    }
  }
}

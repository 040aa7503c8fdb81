/** A model service as the service returns it → what is compared, shown and sent again. Pure. */
import { defined } from '../rest/json.ts';
import type { Destination, ModelService } from '../rest/model-services.ts';
import { fullNameOf } from '../rest/names.ts';

/** The word for this gateway in answers. */
export const UNITY_GATEWAY = 'Unity Gateway';

/** What a destination routes to, by the names that people use. */
export interface Target {
  /** A model of Unity Catalog, or with `provider` the provider's own name of the model. */
  model?: string | undefined;
  /** A provider service, as `catalog.schema.name`. */
  provider?: string | undefined;
  /** An endpoint with provisioned throughput. */
  endpoint?: string | undefined;
  /** The API types of a model at a provider, where they are not those of the provider service. */
  api_types?: string[] | undefined;
}

/** What a destination routes to. */
export function targetOf(destination: Destination): Target {
  const { pay_per_token_config, provisioned_throughput_config, external_model_config: external } = destination;
  const name = (resource: string | undefined) => (resource === undefined ? undefined : fullNameOf(resource));
  const types = external?.target?.native_api_types;
  return defined({
    model: external ? external.target?.model : name(pay_per_token_config?.model),
    provider: name(external?.model_provider_service),
    endpoint: name(provisioned_throughput_config?.model_serving_endpoint),
    api_types: Array.isArray(types) && types.length > 0 ? types.map(String) : undefined,
  });
}

/** The primary destinations. */
export function primariesOf({ config }: Pick<ModelService, 'config'>): Destination[] {
  return config?.routing?.destinations ?? [];
}

/** The fallbacks, in the order in which they are tried. */
export function fallbacksOf({ config }: Pick<ModelService, 'config'>): Destination[] {
  return config?.routing?.fallback?.destinations ?? [];
}

/** The models that a write lets a model service route to. Pure. */
import type { Destination } from '../rest/model-services.ts';
import { fullNameOf } from '../rest/names.ts';
import type { PlannedWrite } from './planned-write.ts';

/**
 * Models of destinations that the service does not have yet. A destination at a provider has none in the registry. The model of an endpoint is
 * undefined where the write did not find it out.
 */
export function newlyRouted({ service, steps, endpointModels = {} }: PlannedWrite): unknown[] {
  const there = new Set(destinationsOf(service).map(targetOf));
  return steps
    .filter(({ what }) => what === 'create_service' || what === 'service')
    .flatMap(({ request }) => destinationsOf(request?.body))
    .filter((destination) => !there.has(targetOf(destination)))
    .flatMap((destination): unknown[] => {
      const { pay_per_token_config: token, provisioned_throughput_config: throughput } = destination;
      if (token) return [token.model && fullNameOf(token.model)];
      if (!throughput) return [];
      const models = endpointModels[fullNameOf(throughput.model_serving_endpoint ?? '')] ?? [];
      return models.length > 0 ? [...models] : [undefined];
    });
}

/** All destinations of a service, or of the body of a request: primary ones and fallbacks. */
function destinationsOf(body: unknown): Destination[] {
  const { config } = (body ?? {}) as Pick<NonNullable<PlannedWrite['service']>, 'config'>; // the form of these requests
  const { destinations = [], fallback } = config?.routing ?? {};
  return [...destinations, ...(fallback?.destinations ?? [])];
}

function targetOf({ pay_per_token_config, provisioned_throughput_config, external_model_config }: Destination): string {
  const { model_provider_service, target } = external_model_config ?? {};
  return JSON.stringify([
    pay_per_token_config?.model,
    provisioned_throughput_config?.model_serving_endpoint,
    model_provider_service,
    target?.model,
  ]);
}

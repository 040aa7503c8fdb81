/** Whether two endpoints serve the same model, as far as its names tell. Pure. */
import type { Endpoint, ServedEntity } from '../rest/endpoints.ts';
import { modelOf } from './foundation.ts';

/** Prefixes that say where a model runs or who made it: regions and makers of Bedrock, and Databricks itself. */
const PREFIX =
  /^(?:system\.ai\.|databricks-|(?:us|eu|apac|global)\.|(?:anthropic|amazon|meta|cohere|ai21|mistral|openai|google|deepseek|qwen)[./-])/;
/** Ends that name a build of a model: `-20250929`, `@20250929`, `-2025-08-07`, `-v1:0`, `-latest`. */
const BUILD = /(?:[-@]20\d{6}|-20\d\d-\d\d-\d\d|-v\d+(?::\d+)?|-latest)$/;

/** The name of a foundation model or of a provider's model, without provider, region, punctuation and, unless it is kept, build. */
export function modelKey(name: string, build: 'kept' | 'dropped' = 'dropped'): string {
  let rest = name.toLowerCase().split('/').at(-1) ?? '';
  for (const part of build === 'kept' ? [PREFIX] : [PREFIX, BUILD])
    while (part.test(rest)) rest = rest.replace(part, '');
  return rest.replaceAll(/[^a-z0-9]/g, '');
}

function foundationKeys(endpoint: Endpoint): string[] {
  const entity = endpoint.config?.served_entities?.[0];
  const model = modelOf(endpoint);
  return [endpoint.name, entity?.entity_name, model?.name, model?.display_name].flatMap((name) =>
    name ? [modelKey(name)] : [],
  );
}

/** The foundation model whose name an entity of another endpoint has, without provider, region and build. */
export function sameModel(entity: ServedEntity, models: readonly Endpoint[]): Endpoint | undefined {
  const name = entity.external_model?.name ?? entity.entity_name;
  const wanted = name === undefined ? '' : modelKey(name);
  return wanted === '' ? undefined : models.find((each) => foundationKeys(each).includes(wanted));
}

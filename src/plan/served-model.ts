/** Which endpoints serve a model that a person names. Pure. */
import type { Config, Endpoint, ServedEntity } from '../rest/endpoints.ts';
import { ENDPOINT_NAME } from '../rest/names.ts';
import { closestNames, normalize } from '../text/did-you-mean.ts';
import { modelKey } from './same-model.ts';

/** The names that a person may give to what an entity serves: in full, as shown, as a provider's model, as in the list of foundation models. */
function namesOf({
  entity_name,
  entity_version,
  external_model,
  foundation_model,
}: Pick<ServedEntity, 'entity_name' | 'entity_version' | 'external_model' | 'foundation_model'>): string[] {
  const { provider, name } = external_model ?? {};
  return [
    entity_name,
    entity_name && entity_version && `${entity_name} ${entity_version}`,
    name,
    name && provider && `${provider} ${name}`,
    foundation_model?.name,
    foundation_model?.display_name,
  ].flatMap((each) => each || []);
}

/** The configs in which an endpoint may serve a model: the active one, and one that is on its way or failed. */
function configsOf({ config, pending_config }: Endpoint): Config[] {
  return [config, pending_config].filter((each) => each !== undefined);
}

function entitiesOf(endpoint: Endpoint): ServedEntity[] {
  return configsOf(endpoint).flatMap((config) => config.served_entities ?? []);
}

/** A name and its ends, from each part on: `ml.prod.churn` is also `prod.churn` and `churn`. Versions and providers follow a blank, `/` or `:`. */
function isName(name: string, wanted: string): boolean {
  const parts = plain(name).split('.');
  return parts.some((_part, at) => normalize(parts.slice(at).join('.')) === normalize(plain(wanted)));
}

function plain(name: string): string {
  return name.replaceAll(/[/:@]/g, ' ');
}

/** Models of providers and of Databricks: their names differ by region, and a name without a build means every build. */
function hasKey({ entity_name, external_model, foundation_model }: ServedEntity, wanted: string): boolean {
  const own = entity_name?.startsWith('system.ai.') ? entity_name : undefined;
  const key = modelKey(wanted, 'kept');
  const names = [own, external_model?.name, foundation_model?.name].flatMap((name) => name ?? []);
  return key !== '' && names.some((name) => modelKey(name) === key || modelKey(name, 'kept') === key);
}

/** How well an endpoint fits the name of a model: it serves a model of this name, or of a name that contains it, or neither. */
export function servesModel(endpoint: Endpoint, wanted: string): 'exact' | 'part' | 'none' {
  const entities = entitiesOf(endpoint);
  const names = entities.flatMap(namesOf);
  if (names.some((name) => isName(name, wanted)) || entities.some((each) => hasKey(each, wanted))) return 'exact';
  return names.some((name) => normalize(plain(name)).includes(normalize(plain(wanted)))) ? 'part' : 'none';
}

/** The names of all models that these endpoints serve, each once and without versions. */
export function modelNames(endpoints: readonly Endpoint[]): string[] {
  const entities = endpoints.flatMap(({ config }) => config?.served_entities ?? []);
  const names = entities.flatMap(({ entity_name, external_model, foundation_model }) => [
    entity_name,
    external_model?.name,
    foundation_model?.display_name,
  ]);
  return [...new Set(names)].flatMap((name) => name ?? []);
}

/** The models that an endpoint serves or deploys, by their full names. */
export function fullModelNames(endpoint: Endpoint): string[] {
  return entitiesOf(endpoint).flatMap(({ entity_name, foundation_model }) =>
    [entity_name ?? [], foundation_model?.name ?? []].flat(),
  );
}

/** The endpoints that serve a model of exactly this name. A name of an endpoint that is more than a name is left out. */
export function servingNames(endpoints: readonly Endpoint[], model: string): string[] {
  return plainNames(endpoints.filter((each) => fullModelNames(each).includes(model)));
}

/** The endpoints that serve a model with a name like this one. */
export function servingAlike(endpoints: readonly Endpoint[], model: string): string[] {
  const like = closestNames(model, [...new Set(endpoints.flatMap(fullModelNames))]);
  return plainNames(endpoints.filter((each) => fullModelNames(each).some((name) => like.includes(name))));
}

/** The names of endpoints that may become part of advice. */
export function plainNames(endpoints: readonly Endpoint[]): string[] {
  return endpoints.map(({ name }) => name).filter((name) => ENDPOINT_NAME.test(name));
}

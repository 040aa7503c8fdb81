/** A config as the service returns it → the config to send so that nothing changes. Pure. */
import type { Config, ConfigInput, Endpoint, ServedEntity } from '../rest/endpoints.ts';
import { isObject } from '../rest/json.ts';
import { trafficOf } from '../rest/traffic.ts';

/** Fields that the service adds to an entity in its answers. They are not settings, so they are not sent (fact S2). */
const OUTPUT_ONLY = new Set([
  'creator',
  'creation_timestamp',
  'state',
  'foundation_model',
  'type',
  'dbus',
  'min_dbus',
  'max_dbus',
]);

/** An entity in the form that leaves it unchanged. Unknown fields stay, because a newer service may accept them (fact E5). */
export function entityInput(entity: ServedEntity): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entity).filter(([field]) => !OUTPUT_ONLY.has(field)));
}

/** The service's name for an entity that is sent without one: the last part of the model name, and the version (fact S1). */
export function defaultEntityName(model: string, version: string): string {
  return `${model.split('.').at(-1) ?? model}-${version}`;
}

/** The same for an entity that is sent with its name, which has at most 63 characters (fact E11). */
export function shortEntityName(model: string, version: string): string {
  const leaf = model.split('.').at(-1) ?? model;
  return `${leaf.slice(0, 62 - version.length)}-${version}`;
}

/** The credential fields of each provider, including those without a secret (fact X3). */
const CREDENTIALS: Record<string, RegExp> = {
  'amazon-bedrock': /^(aws_secret_access_key|instance_profile_arn|uc_service_credential_name)$/,
  custom: /^(value|token)$/,
};
const ANY_CREDENTIAL = /(api_key|api_token|private_key|client_secret|secret_access_key)$/;

/**
 * Why an entity cannot be written back unchanged, or undefined when it can. The service never returns a key that was given in plain
 * text (fact X2), so a PUT built from its answer would lose the key.
 */
export function unwritable(entity: ServedEntity): string | undefined {
  if (entity.foundation_model)
    return `${entity.name} is a Databricks-hosted foundation model, so its config cannot be changed`;
  const external = entity.external_model;
  if (!external) return undefined;
  const credential = CREDENTIALS[external.provider ?? ''] ?? ANY_CREDENTIAL;
  if (hasField(external, credential)) return undefined;
  return `${entity.name} has a provider key in plain text, which the service never returns; writing the config would lose it`;
}

function hasField(value: unknown, name: RegExp): boolean {
  if (!isObject(value)) return false;
  return Object.entries(value).some(
    ([field, inner]) => (name.test(field) && typeof inner === 'string' && inner !== '') || hasField(inner, name),
  );
}

/** The whole config in the form that changes nothing. A legacy inference table stays without being named (fact U4). */
export function configInput(config: Config | undefined): ConfigInput {
  const entities = config?.served_entities ?? [];
  return { served_entities: entities.map(entityInput), traffic_config: { routes: routes(trafficOf(config)) } };
}

/** Shares by entity name → the routes of a config. */
export function routes(shares: Map<string, number>): ConfigInput['traffic_config']['routes'] {
  return [...shares].map(([name, share]) => ({ served_entity_name: name, traffic_percentage: share }));
}

/** Fields of a create, besides name and config, that an answer may contain (fact E6). */
const KEPT = [
  'ai_gateway',
  'budget_policy_id',
  'description',
  'email_notifications',
  'route_optimized',
  'tags',
  'telemetry_config',
];

/** The create request that would make this endpoint again. Before its first deployment succeeds, it has only a pending config (fact R3). */
export function createInput(endpoint: Endpoint): Record<string, unknown> {
  const kept = KEPT.filter((field) => !isEmpty(endpoint[field])).map((field) => [field, endpoint[field]]);
  return {
    name: endpoint.name,
    config: configInput(endpoint.config ?? endpoint.pending_config),
    ...Object.fromEntries(kept),
  };
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  );
}

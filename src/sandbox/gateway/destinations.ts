import { isProvisioned } from '../endpoints/features.ts';
import { invalid, notFound } from '../errors.ts';
import type { Destination, DestinationKind, ModelTarget } from '../state/model-service.ts';
import type { Endpoint, Workspace } from '../state/state.ts';
import { foundationOf } from './backing.ts';
import { fullNameIn } from './names.ts';

/** A destination as a client sends it. */
export interface SentDestination {
  name: string;
  destination_type: DestinationKind['destination_type'];
  pay_per_token_config?: { model: string };
  provisioned_throughput_config?: { model_serving_endpoint: string; model?: string };
  external_model_config?: { model_provider_service: string; target: ModelTarget };
  traffic_percentage?: number;
  is_deleted?: boolean;
}

/** Whether a destination may be gone. Only a seed says so. */
export type Gone = 'refused' | 'as marked';

const BLOCK = {
  DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL: 'pay_per_token_config',
  DESTINATION_TYPE_PROVISIONED_THROUGHPUT_FOUNDATION_MODEL: 'provisioned_throughput_config',
  DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL: 'external_model_config',
} as const satisfies Record<DestinationKind['destination_type'], keyof SentDestination>;

/**
 * Reads the primary destinations: at least one, with percentages when there are several.
 * evidence: gateway-control-routes, assumed: gateway-destination-rules
 */
export function readPrimaries(
  workspace: Workspace,
  sent: readonly SentDestination[] = [],
  gone: Gone = 'refused',
): Destination[] {
  const field = 'config.routing.destinations';
  if (sent.length === 0) throw invalid(`Missing required field: ${field}.`);
  if (sent.length > 1) {
    const missing = sent.findIndex(({ traffic_percentage }) => traffic_percentage === undefined);
    if (missing >= 0) throw invalid(`Missing required field: ${field}[${missing}].traffic_percentage.`);
    const sum = sent.reduce((total, { traffic_percentage = 0 }) => total + traffic_percentage, 0);
    if (sum !== 100) throw invalid(`The traffic percentages of ${field} must sum to 100; got ${sum}.`);
  }
  return sent.map((each, at) => readDestination(workspace, each, `${field}[${at}]`, gone));
}

/** Reads the fallbacks. They are ordered and have no percentages. assumed: gateway-destination-rules */
export function readFallbacks(
  workspace: Workspace,
  sent: readonly SentDestination[],
  gone: Gone = 'refused',
): Destination[] {
  return sent.map((each, at) => {
    const field = `config.routing.fallback.destinations[${at}]`;
    if (each.traffic_percentage !== undefined)
      throw invalid(`Invalid value for ${field}.traffic_percentage: fallback destinations have none.`);
    return readDestination(workspace, each, field, gone);
  });
}

/** Names are unique among the primaries and the fallbacks. assumed: gateway-destination-rules */
export function checkUniqueNames(destinations: readonly Destination[]): void {
  const seen = new Set<string>();
  for (const { name } of destinations) {
    if (seen.has(name)) throw invalid(`The destination name '${name}' is used twice.`);
    seen.add(name);
  }
}

function readDestination(workspace: Workspace, sent: SentDestination, field: string, gone: Gone): Destination {
  const { name, traffic_percentage } = sent;
  const kind = readKind(workspace, sent, field, gone === 'as marked' && sent.is_deleted === true);
  return { name, ...kind, ...(traffic_percentage === undefined ? {} : { traffic_percentage }) };
}

function readKind(workspace: Workspace, sent: SentDestination, field: string, gone: boolean): DestinationKind {
  const { destination_type, pay_per_token_config, provisioned_throughput_config, external_model_config } = sent;
  const wanted = BLOCK[destination_type];
  const other = Object.values(BLOCK).find((block) => block !== wanted && sent[block] !== undefined);
  if (other !== undefined) throw invalid(`${field}.${other} does not match destination_type ${destination_type}.`);
  if (pay_per_token_config) {
    const model = fullNameIn('model', pay_per_token_config.model, `${field}.pay_per_token_config.model`, 3);
    if (!gone && !foundationOf(workspace, model)) throw notFound('Model', model);
    return { destination_type: 'DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL', pay_per_token_config };
  }
  if (provisioned_throughput_config) {
    const { model_serving_endpoint } = provisioned_throughput_config;
    const where = `${field}.provisioned_throughput_config.model_serving_endpoint`;
    const endpoint = fullNameIn('endpoint', model_serving_endpoint, where, 1);
    const known = gone ? provisioned_throughput_config.model : undefined;
    const model = known ?? throughputModel(workspace, endpoint);
    return {
      destination_type: 'DESTINATION_TYPE_PROVISIONED_THROUGHPUT_FOUNDATION_MODEL',
      provisioned_throughput_config: { model_serving_endpoint, model },
    };
  }
  if (external_model_config) {
    return {
      destination_type: 'DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL',
      external_model_config: gone
        ? external_model_config
        : readExternal(workspace, external_model_config, `${field}.external_model_config`),
    };
  }
  throw invalid(`Missing required field: ${field}.${wanted}.`);
}

/** The model of an endpoint that serves provisioned throughput. Throws 404 and 400 for others. */
function throughputModel(workspace: Workspace, name: string): string {
  const endpoint = workspace.endpoints.get(name);
  if (!endpoint) throw notFound('Endpoint', name);
  const model = provisionedModel(endpoint);
  if (model === undefined) throw invalid(`Endpoint '${name}' does not serve a model with provisioned throughput.`);
  return model;
}

function provisionedModel({ config, pending }: Endpoint): string | undefined {
  const entities = (config ?? pending)?.served_entities ?? [];
  return entities.find((entity) => isProvisioned(entity.config))?.config.entity_name;
}

type External = NonNullable<SentDestination['external_model_config']>;

function readExternal(workspace: Workspace, sent: External, field: string): External {
  const { model_provider_service, target } = sent;
  const name = fullNameIn('provider', model_provider_service, `${field}.model_provider_service`, 3);
  const provider = workspace.provider_services.get(name);
  if (!provider) throw notFound('Model Provider Service', name);
  if (target.endpoint_route) throw invalid(`Invalid value for ${field}.target.endpoint_route: not supported here.`);
  const { allow_all_targets, targets } = provider.config;
  if (!allow_all_targets && !targets.some(({ model }) => model === target.model)) {
    const known = targets.map(({ model }) => model).join(', ');
    throw invalid(`Model '${target.model}' is not a target of '${name}'. Its targets: ${known}.`);
  }
  const { model, native_api_types } = target;
  return { model_provider_service, target: { model, ...(native_api_types && { native_api_types }) } };
}

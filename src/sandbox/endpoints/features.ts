import { ApiError, invalid } from '../errors.ts';
import type { Endpoint, EndpointKind, Features, Workspace } from '../state/state.ts';
import type { AiGateway, ConfigInput, EntityConfig, EntityInput } from '../state/wire-types.ts';
import { entitiesOf, versionOf } from './accept-config.ts';

type GatewayPart = 'inference_table' | 'usage_tracking' | 'rate_limits';

/** The words of the refusal for each part. */
const PART: Record<GatewayPart, string> = {
  inference_table: 'Inference table',
  usage_tracking: 'Usage tracking',
  rate_limits: 'Rate limits',
};

/** The kind of an endpoint that a config makes. Without a config it counts as custom. */
export function kindOfConfig(workspace: Workspace, config: ConfigInput | undefined): EndpointKind {
  return kindOfEntities(workspace, config ? entitiesOf(config) : []);
}

/** The kind of an existing endpoint. */
export function kindOfEndpoint(workspace: Workspace, endpoint: Endpoint): EndpointKind {
  if (endpoint.foundation) return 'foundation';
  if (endpoint.tile) return 'agent';
  const entities = (endpoint.config ?? endpoint.pending)?.served_entities ?? [];
  return kindOfEntities(
    workspace,
    entities.map((entity) => entity.config),
  );
}

function kindOfEntities(workspace: Workspace, entities: (EntityInput | EntityConfig)[]): EndpointKind {
  if (entities.some((entity) => entity.external_model)) return 'external';
  if (entities.some(isProvisioned)) return 'provisioned';
  return entities.some((entity) => versionOf(workspace, entity)?.spec.kind === 'agent') ? 'agent' : 'custom';
}

/** Whether an entity is served with provisioned throughput. */
export function isProvisioned(entity: EntityInput): boolean {
  const { min_provisioned_throughput, max_provisioned_throughput, provisioned_model_units } = entity;
  return [min_provisioned_throughput, max_provisioned_throughput, provisioned_model_units].some((n) => n !== undefined);
}

/**
 * Refuses a part of the AI Gateway that the workspace lacks, for all endpoints or for this kind of endpoint. A part that is sent switched
 * off is accepted. evidence: feature-disabled, assumed: feature-sent-off
 */
export function checkGatewayFeatures(workspace: Workspace, kind: EndpointKind, gateway: AiGateway | undefined): void {
  const wanted: Record<GatewayPart, boolean> = {
    inference_table: gateway?.inference_table_config?.enabled === true,
    usage_tracking: gateway?.usage_tracking_config?.enabled === true,
    rate_limits: (gateway?.rate_limits ?? []).length > 0,
  };
  for (const part of ['inference_table', 'usage_tracking', 'rate_limits'] as const) {
    if (wanted[part] && !hasFeature(workspace.features[part], kind)) {
      const text = `${PART[part]} is not currently supported for this endpoint type in this workspace.`;
      throw new ApiError(404, 'FEATURE_DISABLED', text);
    }
  }
}

function hasFeature(feature: Features[GatewayPart], kind: EndpointKind): boolean {
  return typeof feature === 'boolean' ? feature : feature.includes(kind);
}

/** Refuses provisioned throughput in a workspace without it. evidence: throughput-disabled */
export function checkThroughputFeature(workspace: Workspace, config: ConfigInput): void {
  if (!workspace.features.provisioned_throughput && entitiesOf(config).some(isProvisioned)) {
    throw invalid('Provisioned throughput is not enabled for this workspace.');
  }
}

import { type JsonObject, pick } from '../json.ts';
import type { Destination, ModelService, ServiceBase, ServiceRateLimit } from '../state/model-service.ts';
import type { Workspace } from '../state/state.ts';
import { apiTypes } from './api-types.ts';
import { backingOf, RESOURCE } from './backing.ts';
import { etagOf } from './etag.ts';
import { renderTable } from './inference-table.ts';

export type View = 'BASIC' | 'FULL';

/** The fields that every service has. */
export function renderBase(workspace: Workspace, service: ServiceBase, kind: 'service' | 'provider'): JsonObject {
  const { full_name, comment, owner, created_at, created_by, updated_at, updated_by } = service;
  return {
    name: `${RESOURCE[kind]}${full_name}`,
    ...(comment !== '' && { comment }),
    effective_owner: owner,
    metastore_id: workspace.metastore_id,
    create_time: new Date(created_at).toISOString(),
    created_by,
    update_time: new Date(updated_at).toISOString(),
    updated_by,
    etag: etagOf(service),
  };
}

/** Limits as a view shows them. BASIC omits their principals. evidence: gateway-control-routes */
export function renderLimits(limits: readonly ServiceRateLimit[], view: View): JsonObject[] {
  const fields = ['key', 'renewal_period', 'requests', 'tokens'] as const;
  return limits.map((limit) => ({ ...pick(limit, view === 'FULL' ? [...fields, 'principal'] : fields) }));
}

/** A model service. BASIC omits destinations and the inference table. evidence: gateway-control-routes */
export function renderModelService(workspace: Workspace, service: ModelService, view: View): JsonObject {
  const { config } = service;
  const { destinations, fallbacks, inference_table, service_policies } = config;
  const details = view === 'FULL' && {
    routing: {
      destinations: destinations.map((each) => renderDestination(workspace, each)),
      ...(fallbacks && { fallback: { destinations: fallbacks.map((each) => renderDestination(workspace, each)) } }),
    },
    ...(inference_table && { inference_table: renderTable(inference_table) }),
    // assumed: service-policies
    service_policies: service_policies.map(({ name }) => ({ name })),
  };
  return {
    ...renderBase(workspace, service, 'service'),
    config: { ...details, rate_limits: renderLimits(config.rate_limits, view) },
    supported_api_types: apiTypes(workspace, destinations),
  };
}

/** `is_deleted` appears with the value true only. assumed: gateway-false-omitted */
function renderDestination(workspace: Workspace, destination: Destination): JsonObject {
  return { ...destination, ...(backingOf(workspace, destination) === undefined && { is_deleted: true }) };
}

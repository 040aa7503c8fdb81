import type { SandboxContext } from '../context.ts';
import type { Call } from '../http.ts';
import { levelOf } from '../identity/access.ts';
import { DATA_PLANE_PREFIX } from '../identity/authenticate.ts';
import { compact, type JsonObject, pick } from '../json.ts';
import type { Endpoint, EndpointConfig, Principal, ServedEntity, Workspace } from '../state/state.ts';
import { versionOf } from './accept-config.ts';
import { deploymentMessage, hasContainer } from './lifecycle.ts';

/** What rendering needs: the workspace, the caller, the time and the host. */
export interface View {
  workspace: Workspace;
  principal: Principal;
  now: number;
  host: string;
}

/** The view of one request. */
export function viewOf(ctx: SandboxContext, c: Call): View {
  return { workspace: c.get('workspace'), principal: c.get('principal'), now: ctx.clock.now(), host: ctx.host };
}

/** The task of an endpoint, from its external model or from the spec of its first active model. Classical models have no task. */
export function taskOf(workspace: Workspace, endpoint: Endpoint): string | null {
  if (endpoint.foundation) return endpoint.foundation.task;
  if (endpoint.tile) return endpoint.tile.task;
  const first = endpoint.config?.served_entities[0];
  if (!first) return null;
  if (first.config.external_model) return first.config.external_model.task;
  const spec = versionOf(workspace, first.config)?.spec;
  switch (spec?.kind) {
    case 'chat':
      return 'llm/v1/chat';
    case 'completion':
      return 'llm/v1/completions';
    case 'embedding':
      return 'llm/v1/embeddings';
    case 'agent':
      return spec.protocol === 'responses' ? 'agent/v1/responses' : 'agent/v2/chat';
    default:
      return null;
  }
}

/** An endpoint in full. A missing value has no key, because the service sends no null here. */
export function renderEndpoint(view: View, endpoint: Endpoint): JsonObject {
  const { workspace, principal } = view;
  const external = endpoint.config?.served_entities.some((e) => e.type === 'EXTERNAL_MODEL');
  return compact({
    name: endpoint.name,
    creator: endpoint.creator ?? undefined,
    creation_timestamp: endpoint.created_at,
    last_updated_timestamp: endpoint.updated_at,
    state: renderState(endpoint),
    config: endpoint.config ? renderConfig(view, endpoint, endpoint.config) : undefined,
    pending_config: endpoint.pending
      ? { ...renderConfig(view, endpoint, endpoint.pending), start_time: endpoint.pending.start_time }
      : undefined,
    tags: endpoint.tags.length > 0 ? endpoint.tags : undefined,
    task: taskOf(workspace, endpoint) ?? undefined,
    id: endpoint.id ?? undefined,
    permission_level: levelOf(principal, endpoint) ?? undefined,
    route_optimized: endpoint.route_optimized,
    ...renderRoute(view, endpoint),
    ai_gateway: endpoint.ai_gateway ?? undefined,
    description: endpoint.foundation ? undefined : endpoint.description,
    email_notifications: endpoint.email_notifications ?? undefined,
    telemetry_config: endpoint.telemetry ?? undefined,
    ...renderCreator(workspace, endpoint),
    effective_budget_policy_id: endpoint.budget_policy_id ?? undefined,
    resource_credential_strategy: endpoint.foundation ? undefined : 'EMBEDDED_CREDENTIALS',
    endpoint_type: endpoint.foundation ? 'FOUNDATION_MODEL_API' : external ? 'EXTERNAL_MODEL' : undefined,
    tile_endpoint_metadata: endpoint.tile?.metadata,
    capabilities: endpoint.foundation && { function_calling: endpoint.foundation.task === 'llm/v1/chat' },
  });
}

function renderCreator(workspace: Workspace, endpoint: Endpoint): JsonObject {
  const creator = endpoint.creator === null ? undefined : workspace.principals.get(endpoint.creator);
  if (!creator) return {};
  return {
    creator_display_name: creator.display_name,
    creator_kind: creator.kind === 'user' ? 'User' : 'ServicePrincipal',
  };
}

/** An endpoint as a list item: no traffic, no entity state, no pending config. evidence: list-fields */
export function renderListItem({ workspace, principal }: View, endpoint: Endpoint): JsonObject {
  return compact({
    name: endpoint.name,
    creator: endpoint.creator ?? undefined,
    creation_timestamp: endpoint.created_at,
    last_updated_timestamp: endpoint.updated_at,
    state: renderState(endpoint),
    config: endpoint.config ? renderListConfig(endpoint, endpoint.config) : undefined,
    tags: endpoint.tags.length > 0 ? endpoint.tags : undefined,
    task: taskOf(workspace, endpoint) ?? undefined,
    id: endpoint.id ?? undefined,
    permission_level: levelOf(principal, endpoint) ?? undefined,
    route_optimized: endpoint.route_optimized,
    ...renderCreator(workspace, endpoint),
    description: endpoint.foundation ? undefined : endpoint.description,
    ai_gateway: endpoint.ai_gateway ?? undefined,
    telemetry_config: endpoint.telemetry ?? undefined,
    endpoint_type: endpoint.foundation ? 'FOUNDATION_MODEL_API' : undefined,
    tile_endpoint_metadata: endpoint.tile?.metadata,
  });
}

function renderListConfig(endpoint: Endpoint, { served_entities }: EndpointConfig): JsonObject {
  // A tile lists nothing of what it serves. evidence: tile-endpoint
  if (endpoint.tile) return {};
  return {
    served_entities: served_entities.map((entity) =>
      compact({
        ...pick(entity.config, ['name', 'entity_name', 'entity_version', 'external_model']),
        type: entity.type ?? undefined,
        foundation_model: renderFoundation(endpoint),
      }),
    ),
    served_models: served_entities
      .filter(hasContainer)
      .map(({ config: { name, entity_name, entity_version } }) =>
        compact({ name, model_name: entity_name, model_version: entity_version }),
      ),
  };
}

/** Foundation models and tiles have the first two fields only. evidence: state-fields */
function renderState(endpoint: Endpoint): JsonObject {
  const state = {
    ready: endpoint.config && !endpoint.stopped ? 'READY' : 'NOT_READY',
    config_update: endpoint.config_update,
  };
  if (endpoint.foundation || endpoint.tile) return state;
  return {
    ...state,
    // The value during a start is the sandbox's choice. evidence: stopped-state, assumed: stopped-starting
    suspend: endpoint.stopped && endpoint.config_update !== 'IN_PROGRESS' ? 'STOPPED' : 'NOT_SUSPENDED',
    system_update_failure: false,
  };
}

/** assumed: data-plane-url */
function renderRoute(view: View, endpoint: Endpoint): JsonObject {
  if (!endpoint.route_id || !endpoint.id) return {};
  const path = `${endpoint.route_id}/${view.workspace.org_id}/serving-endpoints/${endpoint.name}/invocations`;
  const url = `${view.host}${DATA_PLANE_PREFIX}${path}`;
  const details = [
    {
      type: 'workspace_permission',
      object_type: 'serving-endpoints',
      object_path: `/serving-endpoints/${endpoint.id}`,
      actions: ['query_inference_endpoint'],
    },
  ];
  return {
    endpoint_url: url,
    data_plane_info: { query_info: { endpoint_url: url, authorization_details: JSON.stringify(details) } },
  };
}

function renderFoundation(endpoint: Endpoint): JsonObject | undefined {
  const model = endpoint.foundation;
  if (!model) return undefined;
  const { entity_name: name, display_name, docs, description, price } = model;
  return compact({ name, display_name, docs, description, price: price ?? undefined });
}

function renderConfig(view: View, endpoint: Endpoint, config: EndpointConfig): JsonObject {
  if (endpoint.tile) return {};
  const entities = config.served_entities.map((entity) => renderEntity(view, endpoint, entity));
  const models = config.served_entities.flatMap((entity, i) =>
    hasContainer(entity) ? [asModel(entities[i] ?? {})] : [],
  );
  return compact({
    served_entities: entities,
    served_models: models,
    traffic_config: { routes: config.routes },
    config_version: config.config_version,
    auto_capture_config: config.auto_capture ?? undefined,
  });
}

function renderEntity(view: View, endpoint: Endpoint, entity: ServedEntity): JsonObject {
  return compact({
    ...entity.config,
    foundation_model: renderFoundation(endpoint),
    type: entity.type ?? undefined,
    min_dbus: entity.min_dbus ?? undefined,
    max_dbus: entity.max_dbus ?? undefined,
    state: { deployment: entity.deployment, deployment_state_message: deploymentMessage(endpoint, entity, view.now) },
    creator: entity.creator ?? undefined,
    creation_timestamp: entity.creation_timestamp,
  });
}

/** The mirrored `served_models` form of an entity. */
function asModel(entity: JsonObject): JsonObject {
  const { entity_name, entity_version, type: _, ...rest } = entity;
  return compact({ ...rest, model_name: entity_name, model_version: entity_version });
}

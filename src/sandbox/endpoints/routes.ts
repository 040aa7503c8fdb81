import type { SandboxApp, SandboxContext } from '../context.ts';
import { ApiError, invalid, routeMissing } from '../errors.ts';
import { answer, type Call, endpointOf, jsonBody } from '../http.ts';
import { may, requirePermission } from '../identity/access.ts';
import { hex } from '../ids.ts';
import { pick } from '../json.ts';
import { emptyEndpoint } from '../state/new-endpoint.ts';
import type { Endpoint, EndpointKind } from '../state/state.ts';
import type { AiGateway, ConfigInput, CreateInput } from '../state/wire-types.ts';
import { acceptConfig } from './accept-config.ts';
import { checkCreator } from './creator.ts';
import { updateEvent } from './endpoint-event.ts';
import { eventsOf } from './events.ts';
import { checkGatewayFeatures, checkThroughputFeature, kindOfConfig } from './features.ts';
import { storedGateway } from './gateway.ts';
import { checkGatewayTable, checkLegacyTable } from './inference-table.ts';
import { settle } from './lifecycle.ts';
import { checkRoom, countWrite } from './operations.ts';
import { checkModels } from './preflight.ts';
import { renderEndpoint, renderListItem, viewOf } from './render.ts';
import { checkConfigRules, checkGatewayRules, checkName, checkTagKeys } from './rules.ts';
import { acceptTelemetry, supportsTelemetry } from './telemetry.ts';
import { checkConfig, checkCreate } from './validate.ts';

const BASE = '/api/2.0/serving-endpoints';

/** The event list keeps recent events. The number is the sandbox's own. */
const KEPT_EVENTS = 200;
/** Deleted endpoints to keep. The number is the sandbox's own. */
const KEPT_DELETED = 200;

/** Mounts list, get, create, replace config and delete of serving endpoints. */
export function mountEndpoints(app: SandboxApp, ctx: SandboxContext): void {
  app.get(BASE, (c) => {
    const workspace = c.get('workspace');
    const visible = [...workspace.endpoints.values()].filter((e) => may(c.get('principal'), e, 'View'));
    return answer(c, { endpoints: visible.map((e) => renderListItem(viewOf(ctx, c), e)) });
  });

  // evidence: foundation-list, assumed: foundation-products
  app.get(`${BASE}:foundation-models`, (c) => {
    const product = c.req.query('product');
    const found = [...c.get('workspace').endpoints.values()].filter(
      ({ foundation }) => foundation && (product === undefined || foundation.products.includes(product)),
    );
    return answer(c, { endpoints: found.map((e) => renderListItem(viewOf(ctx, c), e)) });
  });

  app.get(`${BASE}/:name`, (c) => {
    const endpoint = endpointOf(c, c.req.param('name'));
    requirePermission(c.get('principal'), endpoint, 'View');
    return answer(c, renderEndpoint(viewOf(ctx, c), endpoint));
  });

  app.post(BASE, async (c) => {
    const body = await jsonBody(c);
    refuseDuplicate(ctx, body.name);
    const input = checkCreate(body);
    checkName(input.name);
    checkTagKeys(input.tags ?? []);
    if (input.config) checkNewConfig(ctx, c.get('principal').name, input.config);
    checkNewGateway(ctx, kindOfConfig(ctx.workspace, input.config), input);
    checkRoom(ctx);
    countWrite(ctx);
    const endpoint = createEndpoint(ctx, c, input);
    return answer(c, renderEndpoint(viewOf(ctx, c), endpoint));
  });

  app.put(`${BASE}/:name/config`, async (c) => {
    const body = await jsonBody(c);
    const endpoint = endpointOf(c, c.req.param('name'));
    requireEditable(c, endpoint);
    refuseTile(endpoint);
    const config = checkConfig(body);
    checkSameKind(endpoint, config);
    checkNewConfig(ctx, endpoint.creator ?? '', config);
    refuseWhileUpdating(endpoint, 'Endpoint served entities are currently being updated');
    countWrite(ctx);
    startUpdate(ctx, c.get('principal').name, endpoint, config);
    return answer(c, renderEndpoint(viewOf(ctx, c), endpoint));
  });

  // Only the UI stops an endpoint, and a config update starts it. evidence: stop-not-public
  app.post(`${BASE}/:name/stop`, (c) => {
    throw routeMissing(c.req.method, c.req.path);
  });

  app.delete(`${BASE}/:name`, (c) => {
    const endpoint = endpointOf(c, c.req.param('name'));
    requireEditable(c, endpoint);
    ctx.workspace.endpoints.delete(endpoint.name);
    ctx.workspace.deleted.push({ at: ctx.clock.now(), endpoint });
    ctx.workspace.deleted.splice(0, ctx.workspace.deleted.length - KEPT_DELETED);
    if (endpoint.id) ctx.workspace.dead_grants.set(endpoint.id, endpoint.grants);
    return answer(c, {});
  });
}

/** Everything that a config may break, on create and on update. */
function checkNewConfig(ctx: SandboxContext, creator: string, config: ConfigInput): void {
  checkConfigRules(ctx.workspace, config);
  checkThroughputFeature(ctx.workspace, config);
  checkModels(ctx.workspace, config);
  checkCreator(ctx.workspace, creator, config);
  checkLegacyTable(config.auto_capture_config);
}

/** Everything that the AI Gateway of an endpoint may break, on create and on update. */
export function checkNewGateway(
  ctx: SandboxContext,
  kind: EndpointKind,
  { name, ai_gateway: gateway }: { name: string; ai_gateway?: AiGateway },
): void {
  if (!gateway) return;
  checkGatewayRules(gateway);
  checkGatewayFeatures(ctx.workspace, kind, gateway);
  checkGatewayTable(ctx.workspace, name, gateway.inference_table_config);
}

/** 409 when the name is taken. The text comes from the test server of the Databricks CLI. */
export function refuseDuplicate(ctx: SandboxContext, name: unknown): void {
  if (typeof name === 'string' && ctx.workspace.endpoints.has(name)) {
    throw new ApiError(409, 'RESOURCE_ALREADY_EXISTS', `Serving endpoint with name ${name} already exists`);
  }
}

/** Every write needs Manage, and no caller may manage the endpoint of a foundation model. assumed: foundation-not-editable */
export function requireEditable(c: Call, endpoint: Endpoint): void {
  requirePermission(c.get('principal'), endpoint, 'Manage');
  if (endpoint.foundation) {
    throw new ApiError(
      403,
      'PERMISSION_DENIED',
      `Endpoint ${endpoint.name} is managed by Databricks and cannot be changed.`,
    );
  }
}

/** The config of an Agent Bricks endpoint is managed elsewhere. assumed: tile-config */
function refuseTile(endpoint: Endpoint): void {
  if (endpoint.tile) throw invalid(`The config of endpoint ${endpoint.name} is managed by its Agent Bricks tile.`);
}

/** Creates an endpoint from a checked body. With a config it starts an update, which ends at once for external models. */
export function createEndpoint(ctx: SandboxContext, c: Call, input: CreateInput): Endpoint {
  const now = ctx.clock.now();
  const principal = c.get('principal');
  const kind = principal.kind === 'user' ? 'user_name' : 'service_principal_name';
  const endpoint: Endpoint = {
    ...emptyEndpoint(input.name, principal.name, now, ctx.random),
    description: input.description ?? '',
    tags: (input.tags ?? []).map((tag) => pick(tag, ['key', 'value'])),
    ai_gateway: input.ai_gateway ? storedGateway(input.ai_gateway, null) : null,
    email_notifications: input.email_notifications ?? null,
    rate_limits: input.rate_limits ?? [],
    budget_policy_id: input.budget_policy_id ?? null,
    route_optimized: input.route_optimized === true,
    route_id: input.route_optimized === true ? hex(ctx.random, 16) : null,
    grants: [{ kind, name: principal.name, level: 'CAN_MANAGE' }],
  };
  ctx.workspace.endpoints.set(endpoint.name, endpoint);
  if (input.config) {
    startUpdate(ctx, principal.name, endpoint, input.config);
    // On create, the service silently drops telemetry that the endpoint cannot have. evidence: telemetry-rules
    if (input.telemetry_config && supportsTelemetry(endpoint) === null) {
      acceptTelemetry(ctx, endpoint, input.telemetry_config);
    }
  }
  return endpoint;
}

/** Starts an update and applies the transitions that are due at once. Call `refuseWhileUpdating` first. */
export function startUpdate(ctx: SandboxContext, by: string, endpoint: Endpoint, config: ConfigInput): void {
  const now = ctx.clock.now();
  endpoint.past_events = eventsOf(endpoint, now).slice(-KEPT_EVENTS);
  // assumed: failed-version-number
  endpoint.last_config_version += 1;
  endpoint.pending = acceptConfig(ctx.workspace, {
    endpoint: endpoint.name,
    config,
    version: endpoint.last_config_version,
    creator: by,
    now,
    random: ctx.random,
    active: endpoint.config,
  });
  endpoint.past_events.push(updateEvent(endpoint, endpoint.last_config_version, 'initiated', now));
  endpoint.config_update = 'IN_PROGRESS';
  endpoint.updated_at = now;
  settle(endpoint, now);
}

/** 409 while an update runs, the first deployment included. evidence: one-update */
export function refuseWhileUpdating(endpoint: Endpoint, text: string): void {
  if (endpoint.config_update === 'IN_PROGRESS') throw new ApiError(409, 'RESOURCE_CONFLICT', text);
}

/** The service refuses to add external models to an existing endpoint, or to remove them. */
function checkSameKind(endpoint: Endpoint, config: ConfigInput): void {
  const before = endpoint.config ?? endpoint.pending;
  if (!before) return;
  const wasExternal = before.served_entities.some((e) => e.type === 'EXTERNAL_MODEL');
  const isExternal = (config.served_entities ?? []).some((e) => e.external_model !== undefined);
  if (wasExternal !== isExternal) {
    throw new ApiError(
      400,
      'INVALID_PARAMETER_VALUE',
      'External models cannot be added to or removed from an existing endpoint.',
    );
  }
}

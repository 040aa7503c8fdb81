import type { SandboxApp, SandboxContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import { type Call, endpointOf, jsonBody } from '../http.ts';
import { may, requirePermission } from '../identity/access.ts';
import { hex } from '../ids.ts';
import { emptyEndpoint } from '../state/new-endpoint.ts';
import type { Endpoint } from '../state/state.ts';
import type { ConfigInput, CreateInput } from '../state/wire-types.ts';
import { acceptConfig } from './accept-config.ts';
import { checkTable } from './inference-table.ts';
import { settle } from './lifecycle.ts';
import { checkRoom, countWrite } from './operations.ts';
import { checkModels } from './preflight.ts';
import { renderEndpoint, renderListItem, viewOf } from './render.ts';
import { checkConfigRules, checkGatewayRules, checkName } from './rules.ts';
import { acceptTelemetry, supportsTelemetry } from './telemetry.ts';
import { checkConfig, checkCreate } from './validate.ts';

const BASE = '/api/2.0/serving-endpoints';

/** Mounts list, get, create, replace config and delete of serving endpoints. */
export function mountEndpoints(app: SandboxApp, ctx: SandboxContext): void {
  app.get(BASE, (c) => {
    const workspace = c.get('workspace');
    const visible = [...workspace.endpoints.values()].filter((e) => may(c.get('principal'), e, 'View'));
    return c.json({ endpoints: visible.map((e) => renderListItem(workspace, e)) });
  });

  app.get(`${BASE}/:name`, (c) => {
    const endpoint = endpointOf(c, c.req.param('name'));
    requirePermission(c.get('principal'), endpoint, 'View');
    return c.json(renderEndpoint(viewOf(ctx, c), endpoint));
  });

  app.post(BASE, async (c) => {
    const body = await jsonBody(c);
    refuseDuplicate(ctx, body.name);
    const input = checkCreate(body);
    checkName(input.name);
    if (input.config) checkConfigRules(ctx.workspace, input.config);
    if (input.ai_gateway) checkGatewayRules(input.ai_gateway);
    if (input.config) checkModels(ctx.workspace, c.get('principal'), input.config);
    checkTable(ctx.workspace, input.name, 'auto_capture', input.config?.auto_capture_config);
    checkTable(ctx.workspace, input.name, 'gateway', input.ai_gateway?.inference_table_config);
    checkRoom(ctx);
    countWrite(ctx);
    const endpoint = createEndpoint(ctx, c, input);
    return c.json(renderEndpoint(viewOf(ctx, c), endpoint));
  });

  app.put(`${BASE}/:name/config`, async (c) => {
    const body = await jsonBody(c);
    const endpoint = endpointOf(c, c.req.param('name'));
    requireEditable(c, endpoint);
    const config = checkConfig(body);
    checkConfigRules(ctx.workspace, config);
    checkSameKind(endpoint, config);
    checkModels(ctx.workspace, c.get('principal'), config);
    checkTable(ctx.workspace, endpoint.name, 'auto_capture', config.auto_capture_config);
    refuseWhileUpdating(endpoint, 'configuration');
    countWrite(ctx);
    startUpdate(ctx, c.get('principal').name, endpoint, config);
    return c.json(renderEndpoint(viewOf(ctx, c), endpoint));
  });

  app.delete(`${BASE}/:name`, (c) => {
    const endpoint = endpointOf(c, c.req.param('name'));
    requireEditable(c, endpoint);
    ctx.workspace.endpoints.delete(endpoint.name);
    if (endpoint.id) ctx.workspace.dead_grants.set(endpoint.id, endpoint.grants);
    return c.json({});
  });
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

/** Creates an endpoint from a checked body. With a config it starts an update, which ends at once for external models. */
export function createEndpoint(ctx: SandboxContext, c: Call, input: CreateInput): Endpoint {
  const now = ctx.clock.now();
  const principal = c.get('principal');
  const kind = principal.kind === 'user' ? 'user_name' : 'service_principal_name';
  const endpoint: Endpoint = {
    ...emptyEndpoint(input.name, principal.name, now, ctx.random),
    description: input.description ?? '',
    tags: input.tags ?? [],
    ai_gateway: input.ai_gateway ?? null,
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
  // assumed: failed-version-number
  endpoint.last_config_version += 1;
  endpoint.pending = acceptConfig(ctx.workspace, {
    config,
    version: endpoint.last_config_version,
    creator: by,
    now,
    random: ctx.random,
    active: endpoint.config,
  });
  endpoint.config_update = 'IN_PROGRESS';
  endpoint.updated_at = now;
  settle(endpoint, now);
}

/** 409 while an update runs. The text for a config follows the one for telemetry. assumed: conflict-text */
export function refuseWhileUpdating(endpoint: Endpoint, what: 'configuration' | 'telemetry configuration'): void {
  if (endpoint.config_update !== 'IN_PROGRESS') return;
  throw new ApiError(
    409,
    'RESOURCE_CONFLICT',
    `Endpoint ${endpoint.name} is currently updating. Wait for the update to complete before updating its ${what}.`,
  );
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

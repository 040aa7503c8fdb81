import type { SandboxApp, SandboxContext } from '../context.ts';
import { endpointMissing, invalid, routeMissing } from '../errors.ts';
import { answer, endpointOf, jsonBody } from '../http.ts';
import { requirePermission } from '../identity/access.ts';
import { compact, pick } from '../json.ts';
import { kindOfEndpoint } from './features.ts';
import { storedGateway } from './gateway.ts';
import { renderEndpoint, viewOf } from './render.ts';
import { checkNewGateway, refuseWhileUpdating, requireEditable } from './routes.ts';
import { checkTagKeys } from './rules.ts';
import { acceptTelemetry, supportsTelemetry } from './telemetry.ts';
import {
  checkBudgetPolicy,
  checkDescription,
  checkGateway,
  checkNotifications,
  checkRateLimits,
  checkTags,
  checkTelemetry,
} from './validate.ts';

const BASE = '/api/2.0/serving-endpoints';

/** Mounts the settings that change without a deployment: tags, gateway, legacy rate limits, texts, notifications, telemetry. */
export function mountEndpointSettings(app: SandboxApp, ctx: SandboxContext): void {
  app.patch(`${BASE}/:name/tags`, async (c) => {
    const body = await jsonBody(c);
    const endpoint = endpointOf(c, c.req.param('name'));
    // The service does not find a foundation model here. evidence: foundation-tags
    if (endpoint.foundation) throw endpointMissing(endpoint.name);
    requireEditable(c, endpoint);
    const { add_tags = [], delete_tags = [] } = checkTags(body);
    checkTagKeys(add_tags);
    const tags = new Map(endpoint.tags.map((tag) => [tag.key, tag]));
    for (const key of delete_tags) tags.delete(key);
    for (const tag of add_tags) tags.set(tag.key, pick(tag, ['key', 'value']));
    // The service returns tags in no stable order. The sandbox sorts them by key.
    endpoint.tags = [...tags.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
    endpoint.updated_at = ctx.clock.now();
    return answer(c, { tags: endpoint.tags });
  });

  app.put(`${BASE}/:name/ai-gateway`, async (c) => {
    const body = await jsonBody(c);
    const endpoint = endpointOf(c, c.req.param('name'));
    // Foundation-model endpoints accept gateway settings, although their config is read-only.
    requirePermission(c.get('principal'), endpoint, 'Manage');
    const gateway = checkGateway(body);
    checkNewGateway(ctx, kindOfEndpoint(ctx.workspace, endpoint), { name: endpoint.name, ai_gateway: gateway });
    const kept = storedGateway(gateway, endpoint.ai_gateway);
    endpoint.ai_gateway = Object.keys(kept).length > 0 ? kept : null;
    endpoint.updated_at = ctx.clock.now();
    return answer(c, { ...kept });
  });

  app.put(`${BASE}/:name/rate-limits`, async (c) => {
    const body = await jsonBody(c);
    const endpoint = endpointOf(c, c.req.param('name'));
    requirePermission(c.get('principal'), endpoint, 'Manage');
    const { rate_limits } = checkRateLimits(body);
    // assumed: legacy-limits-text
    if (!endpoint.foundation)
      throw invalid('Rate limits are only supported for foundation model endpoints; use the AI Gateway.');
    endpoint.rate_limits = rate_limits;
    endpoint.updated_at = ctx.clock.now();
    return answer(c, { rate_limits });
  });

  app.patch(`${BASE}/:name/description`, async (c) => {
    const body = await jsonBody(c);
    if (!ctx.workspace.features.description_route) throw routeMissing(c.req.method, c.req.path);
    const endpoint = endpointOf(c, c.req.param('name'));
    requireEditable(c, endpoint);
    const { description = '' } = checkDescription(body);
    endpoint.description = description;
    endpoint.updated_at = ctx.clock.now();
    // assumed: description-answer
    return answer(c, { name: endpoint.name, description });
  });

  app.patch(`${BASE}/:name/budget-policy`, async (c) => {
    const body = await jsonBody(c);
    if (!ctx.workspace.features.budget_policy_route) throw routeMissing(c.req.method, c.req.path);
    const endpoint = endpointOf(c, c.req.param('name'));
    requireEditable(c, endpoint);
    const { budget_policy_id } = checkBudgetPolicy(body);
    endpoint.budget_policy_id = budget_policy_id || null;
    endpoint.updated_at = ctx.clock.now();
    // evidence: settings-routes
    return answer(c, compact({ budget_policy_id, effective_budget_policy_id: budget_policy_id }));
  });

  app.patch(`${BASE}/:name/notifications`, async (c) => {
    const body = await jsonBody(c);
    const endpoint = endpointOf(c, c.req.param('name'));
    requireEditable(c, endpoint);
    const { email_notifications } = checkNotifications(body);
    endpoint.email_notifications = email_notifications;
    endpoint.updated_at = ctx.clock.now();
    return answer(c, { name: endpoint.name, email_notifications });
  });

  app.patch(`${BASE}/:name/telemetry-config`, async (c) => {
    const body = await jsonBody(c);
    const endpoint = endpointOf(c, c.req.param('name'));
    requireEditable(c, endpoint);
    const { telemetry_config } = checkTelemetry(body);
    const unsupported = supportsTelemetry(endpoint);
    if (unsupported) {
      throw invalid(
        `Telemetry configuration is not supported for endpoint type '${unsupported}'. This API only supports endpoints with custom served models.`,
      );
    }
    refuseWhileUpdating(
      endpoint,
      `Endpoint ${endpoint.name} is currently updating. Wait for the update to complete before updating its telemetry configuration.`,
    );
    if (telemetry_config) acceptTelemetry(ctx, endpoint, telemetry_config);
    else endpoint.telemetry = null;
    endpoint.updated_at = ctx.clock.now();
    return answer(c, renderEndpoint(viewOf(ctx, c), endpoint));
  });
}

import * as z from 'zod';
import { causeOf } from '../src/digest/failure-causes.ts';
import { AGENT_TILE, isAgentTile } from '../src/plan/agent-tile.ts';
import { configInput } from '../src/plan/config-input.ts';
import { fingerprint } from '../src/plan/fingerprint.ts';
import { minutesRunning, updateStart } from '../src/plan/pending-update.ts';
import { isStopped } from '../src/plan/stopped.ts';
import { call } from '../src/refusal.ts';
import { type AiGateway, type Endpoint, endpoints } from '../src/rest/index.ts';
import { isServiceName } from '../src/rest/names.ts';
import { clip } from '../src/text/sanitize.ts';
import { timeText } from '../src/text/time.ts';
import { defineTool } from '../src/tool.ts';
import { TOOLSET_NAMES } from '../src/toolsets.ts';
import { showService } from './model-services/show.ts';
import { target } from './params.ts';
import { limitLine } from './shared/recording.ts';
import { rolloutField } from './shared/running-rollout.ts';
import { unservable } from './shared/unservable.ts';
import { dropEmpty, entityViews, permissionView, status } from './shared/view.ts';

export const getEndpoint = defineTool({
  name: 'get_endpoint',
  title: 'Inspect an endpoint',
  effect: 'read',
  toolsets: TOOLSET_NAMES,
  view: 'endpoint',
  description:
    'Shows one endpoint or model service: what it serves, traffic split, running or failed update, rate limits, tags and your permission. Returns at once. To wait for an update use wait_for_endpoint.',
  services: true,
  input: z.strictObject({
    endpoint: target,
    detail: z.boolean().default(false).describe('true: also return every setting, in the form of a config update.'),
  }),
  output: z.looseObject({
    endpoint: z.string().optional(),
    status: z.string().optional(),
    serving: z.array(z.looseObject({})).optional(),
    pending: z.array(z.looseObject({})).optional(),
    pending_update: z.looseObject({}).optional(),
    failed_update: z.looseObject({}).optional(),
    fingerprint: z.string().optional(),
  }),

  async run({ endpoint: name, detail }, context) {
    if (isServiceName(name)) return showService({ endpoint: name, detail }, context);
    const { http, readOnly } = context;
    const found = await endpoints.get(http, name);
    const now = http.time();
    const problems = await unservable(http, found);
    return dropEmpty({
      endpoint: name,
      status: status(found),
      task: found.task,
      description: found.description && clip(found.description, 300),
      config_version: found.config?.config_version,
      ...activeView(name, found),
      ...updateView(found, now),
      ...(await rolloutField(found, context)),
      problems,
      system_update_failure: found.state.system_update_failure || undefined,
      gateway: gatewayView(found.ai_gateway),
      telemetry: found.telemetry_config,
      budget_policy_id: found.effective_budget_policy_id,
      tags: Object.fromEntries((found.tags ?? []).slice(0, 30).map(({ key, value }) => [key, value ?? ''])),
      creator: found.creator,
      created: timeText(found.creation_timestamp),
      last_change: timeText(found.last_updated_timestamp),
      ...permissionView('permission', found, readOnly),
      route_optimized: found.route_optimized || undefined,
      ...(detail ? settings(found) : {}),
      fingerprint: fingerprint(found),
      next: nextStep(found, now),
    });
  },
});

/** The active config. An endpoint that is not ready does not serve it. */
function activeView(name: string, found: Endpoint): Record<string, unknown> {
  if (isAgentTile(found)) return { note: `This endpoint is ${AGENT_TILE}.` };
  const stopped = isStopped(found);
  const note = `It is stopped: it answers no query, and no query wakes it. A person can have it started with ${call('update_endpoint', { endpoint: name, start: true })}. A running endpoint costs money.`;
  return {
    [found.state.ready === 'READY' && !stopped ? 'serving' : 'not_serving']: entityViews(found.config),
    ...(stopped ? { note } : {}),
  };
}

/** The latest update, unless it succeeded: who started it, when, and its entities. A failed one is over, so it will get no traffic (fact R4). */
function updateView(found: Endpoint, now: number): Record<string, unknown> {
  const { state, pending_config } = found;
  if (state.config_update === 'IN_PROGRESS')
    return { pending_update: updateStart(found, now), pending: entityViews(pending_config) };
  const start = updateStart(found);
  const ended = { UPDATE_FAILED: 'failed_update', UPDATE_CANCELED: 'cancelled_update' }[state.config_update ?? ''];
  if (ended === undefined) return {};
  const entities = entityViews(pending_config).map(({ entity, serves, deployment, message, creator, created }) =>
    dropEmpty({
      entity,
      serves,
      deployment,
      message,
      remedy: causeOf(String(message ?? ''))?.remedy,
      creator,
      created,
    }),
  );
  return { [ended]: dropEmpty({ ...start, entities }) };
}

/** The parts that the short view omits: all settings of all entities, and ids and URLs of the endpoint. */
function settings(found: Endpoint): Record<string, unknown> {
  return {
    id: found.id,
    endpoint_type: found.endpoint_type,
    endpoint_url: found.endpoint_url,
    config: found.config && configInput(found.config),
    pending_config: found.pending_config && configInput(found.pending_config),
    rate_limits: found.ai_gateway?.rate_limits,
    notifications: found.email_notifications,
  };
}

function gatewayView(gateway: AiGateway | undefined): Record<string, unknown> {
  if (!gateway) return {};
  const { rate_limits, ...rest } = gateway;
  return dropEmpty({ ...rest, rate_limits: rate_limits?.map(limitLine) });
}

/** A deployment on CPU rarely takes longer (fact R8). Minutes. */
const USUAL = 30;

/** A running update is waited for. One that failed or has run for long, and an endpoint that does not serve, need a reason. */
function nextStep(found: Endpoint, now: number): string | undefined {
  const { name, state } = found;
  const running = state.config_update === 'IN_PROGRESS';
  if (running && (minutesRunning(found, now) ?? 0) < USUAL) return call('wait_for_endpoint', { endpoint: name });
  const healthy = state.ready === 'READY' && state.config_update !== 'UPDATE_FAILED';
  if (!running && (healthy || isStopped(found))) return undefined;
  return call('diagnose_endpoint', { endpoint: name });
}

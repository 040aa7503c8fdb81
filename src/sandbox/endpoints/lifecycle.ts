import { MINUTE } from '../clock.ts';
import { recordPeriod } from '../state/periods.ts';
import type { Endpoint, PendingConfig, ServedEntity, Workspace } from '../state/state.ts';
import { updateEvent } from './endpoint-event.ts';

/** Idle time after which an entity with scale-to-zero gives up its replicas. evidence: scaled-to-zero */
export const IDLE_TO_ZERO = 30 * MINUTE;

/** Requests a minute that keep an entity awake. Fewer leave pauses that are longer than the idle time. */
export const FEWEST_TO_KEEP_AWAKE = MINUTE / IDLE_TO_ZERO;

/** The messages of a deployment, after the first one. Only the moment of the first change is the sandbox's. evidence: message-order */
const BUILDING_MESSAGE = 'Container creation pending.';
const LOADING_MESSAGE = 'Deploying served entities';
/** The share of a build after which its message changes. */
const FIRST_STEP = 0.2;
/** assumed: message-waking */
const WAKING_MESSAGE = 'Scaling up from zero.';
const ABORTED_TIMEOUT = 'served entity creation aborted because the resource did not become available in time';
/** assumed: message-sibling-aborted */
const ABORTED_SIBLING = 'Served entity creation aborted because another served entity of the update failed.';

/** Brings every endpoint to `now`. It runs before each request. The outcome depends only on timestamps, never on how often it runs. */
export function settleAll(workspace: Workspace, now: number): void {
  for (const endpoint of workspace.endpoints.values()) settle(endpoint, now);
}

/**
 * Applies every transition of an endpoint that is due at `now`. The end of a deployment is no change of the endpoint. evidence:
 * pending-config, evidence: failed-update, evidence: timed-out-abort, evidence: update-time
 */
export function settle(endpoint: Endpoint, now: number): void {
  const pending = endpoint.pending;
  if (!pending || endpoint.config_update !== 'IN_PROGRESS') return;
  const doneAt = Math.max(pending.ends_at, ...pending.served_entities.map((e) => e.plan?.ends_at ?? 0));
  const failsAt = firstFailure(pending);
  const endsAt = failsAt ?? doneAt;
  if (pending.cancels_at !== null && pending.cancels_at <= Math.min(now, endsAt)) {
    cancelUpdate(endpoint, pending, pending.cancels_at);
  } else if (endsAt > now) {
    for (const entity of pending.served_entities) showProgress(entity, pending.start_time, now);
  } else if (failsAt !== null) {
    failUpdate(endpoint, pending, failsAt);
  } else {
    completeUpdate(endpoint, pending, doneAt);
  }
}

function firstFailure(pending: PendingConfig): number | null {
  // An entity from the active config already serves, so its old plan no longer matters.
  const deploying = pending.served_entities.filter((e) => e.ready_at === null);
  const ends = deploying.flatMap((e) => (e.plan && e.plan.outcome !== 'ready' ? [e.plan.ends_at] : []));
  return ends.length === 0 ? null : Math.min(...ends);
}

function showProgress(entity: ServedEntity, start: number, now: number): void {
  if (!entity.plan || entity.deployment === 'DEPLOYMENT_READY') return;
  if (entity.plan.ends_at <= now) {
    entity.deployment = 'DEPLOYMENT_READY';
    entity.message = '';
  } else if (entity.plan.built_at <= now) {
    entity.message = LOADING_MESSAGE;
  } else if (start + FIRST_STEP * (entity.plan.built_at - start) <= now) {
    entity.message = BUILDING_MESSAGE;
  }
}

function failUpdate(endpoint: Endpoint, pending: PendingConfig, at: number): void {
  for (const entity of pending.served_entities) {
    const plan = entity.plan;
    if (plan && plan.outcome !== 'ready' && plan.ends_at <= at) {
      const failed = plan.outcome === 'failed' && plan.failure?.aborted !== true;
      entity.deployment = failed ? 'DEPLOYMENT_FAILED' : 'DEPLOYMENT_ABORTED';
      entity.message = plan.outcome === 'failed' ? plan.message : ABORTED_TIMEOUT;
    } else {
      entity.deployment = 'DEPLOYMENT_ABORTED';
      entity.message = ABORTED_SIBLING;
    }
  }
  endpoint.config_update = 'UPDATE_FAILED';
}

/** assumed: cancel-keeps-pending */
function cancelUpdate(endpoint: Endpoint, pending: PendingConfig, at: number): void {
  for (const entity of pending.served_entities) {
    entity.deployment = 'DEPLOYMENT_ABORTED';
    entity.message = 'Served entity creation aborted because the endpoint update was canceled.';
  }
  endpoint.config_update = 'UPDATE_CANCELED';
  endpoint.updated_at = at;
}

function completeUpdate(endpoint: Endpoint, pending: PendingConfig, at: number): void {
  endTraffic(endpoint, at);
  for (const entity of pending.served_entities) {
    const before = endpoint.config?.served_entities.find((e) => e.config.name === entity.config.name);
    entity.last_active_at = Math.max(entity.last_active_at, before?.last_active_at ?? 0);
    entity.ready_at ??= entity.plan?.ends_at ?? at;
    // A new entity is idle from the moment it serves. An entity from the active config keeps its own idle period.
    if (entity.creation_timestamp >= pending.start_time) entity.last_active_at = Math.max(entity.last_active_at, at);
    entity.deployment = 'DEPLOYMENT_READY';
    entity.message = '';
  }
  const { config_version, served_entities, routes, auto_capture } = pending;
  endpoint.config = { config_version, served_entities, routes, auto_capture };
  endpoint.past_events.push(updateEvent(endpoint, config_version, 'succeeded', at));
  endpoint.pending = null;
  endpoint.stopped = false;
  endpoint.config_update = 'NOT_UPDATING';
  recordPeriod(endpoint, at);
}

/** Whether the seeded traffic reaches an entity of the active config. It keeps the entity awake. */
function hasTraffic({ traffic, config }: Endpoint, entity: ServedEntity, now: number): boolean {
  if (traffic === null || traffic.requests_per_minute < FEWEST_TO_KEEP_AWAKE || traffic.since > now) return false;
  const route = config?.routes.find(({ served_entity_name }) => served_entity_name === entity.config.name);
  return (route?.traffic_percentage ?? 0) > 0;
}

/** Starts the idle period of every entity that seeded traffic reaches. Call it before the routing or the traffic changes. */
export function endTraffic(endpoint: Endpoint, at: number): void {
  if (endpoint.stopped) return;
  for (const entity of endpoint.config?.served_entities ?? []) if (hasTraffic(endpoint, entity, at)) touch(entity, at);
}

/**
 * Stops an endpoint, as the UI of the service does. Its active config stays, without containers. Only a config update starts it again. Call
 * it for an endpoint with an active config and no running update. evidence: stopped-state
 */
export function stopEndpoint(endpoint: Endpoint): void {
  endpoint.stopped = true;
  endpoint.pending = null;
  endpoint.config_update = 'NOT_UPDATING';
  for (const entity of endpoint.config?.served_entities ?? []) {
    entity.deployment = 'DEPLOYMENT_STOPPED';
    entity.message = 'Stopped';
  }
}

/** Whether an entity runs in a container of the workspace. */
export function hasContainer(entity: ServedEntity): boolean {
  return entity.type === 'UC_MODEL' || entity.type === null;
}

/** Whether an entity of the active config answers at once, is asleep, or is waking. */
export function warmth(endpoint: Endpoint, entity: ServedEntity, now: number): 'warm' | 'cold' | 'waking' {
  if (!hasContainer(entity) || entity.config.scale_to_zero_enabled !== true) return 'warm';
  if (entity.waking_until !== null && now < entity.waking_until) return 'waking';
  if (hasTraffic(endpoint, entity, now)) return 'warm';
  const idleSince = Math.max(entity.last_active_at, entity.ready_at ?? 0, entity.waking_until ?? 0);
  return now - idleSince >= IDLE_TO_ZERO ? 'cold' : 'warm';
}

/** Begins a cold start of `coldStart` ms of sandbox time. Call it only for a `cold` entity. */
export function wake(entity: ServedEntity, now: number, coldStart: number): void {
  entity.waking_until = now + coldStart;
  entity.last_active_at = now + coldStart;
}

/** Records a routed request, which restarts the idle period. */
export function touch(entity: ServedEntity, now: number): void {
  entity.last_active_at = Math.max(entity.last_active_at, now);
}

/** The `deployment_state_message` that the service sends for an entity, including the texts for sleeping and waking. */
export function deploymentMessage(endpoint: Endpoint, entity: ServedEntity, now: number): string {
  if (entity.deployment !== 'DEPLOYMENT_READY' || !endpoint.config?.served_entities.includes(entity))
    return entity.message;
  const state = warmth(endpoint, entity, now);
  if (state === 'cold') return 'Scaled to zero';
  return state === 'waking' ? WAKING_MESSAGE : entity.message;
}

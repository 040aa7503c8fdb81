import { FEWEST_TO_KEEP_AWAKE, hasContainer, IDLE_TO_ZERO } from '../endpoints/lifecycle.ts';
import type { Endpoint, RoutingPeriod, ServedEntity, Workspace } from '../state/state.ts';
import { joined, type Span } from './intervals.ts';
import type { Lifetime } from './tracked-requests.ts';

/** When an entity of an endpoint had containers, and when it woke up. */
export interface Awake {
  entity: ServedEntity;
  spans: Span[];
  /** Moments at which it began to wake from zero. */
  wakes: number[];
}

/** The spans in which each entity of an endpoint was active, by the periods of its routing. */
export function awakeSpans(workspace: Workspace, { endpoint, until }: Lifetime, to: number): Awake[] {
  const all = new Map<string, Awake>();
  for (const [at, period] of endpoint.periods.entries()) {
    const from = Math.max(period.since, endpoint.created_at);
    const end = Math.min(endpoint.periods[at + 1]?.since ?? to, until ?? to, to);
    for (const entity of period.config?.served_entities ?? []) {
      if (from >= end) continue;
      const key = `${entity.config.name}/${entity.config.entity_version}/${JSON.stringify(entity.config)}`;
      const held = all.get(key) ?? { entity, spans: [], wakes: [] };
      all.set(key, held);
      const span: Span = [Math.max(from, Math.min(entity.ready_at ?? from, end)), end];
      if (alwaysAwake(period, entity)) held.spans.push(span);
      else awakeByRequests(workspace, endpoint, entity, span, held);
    }
  }
  return [...all.values()].map(({ spans, ...rest }) => ({ ...rest, spans: joined(spans) }));
}

/** Whether an entity cannot sleep, or other clients keep it awake. */
function alwaysAwake({ config, traffic }: RoutingPeriod, entity: ServedEntity): boolean {
  if (!hasContainer(entity) || entity.config.scale_to_zero_enabled !== true) return true;
  const share = config?.routes.find(({ served_entity_name }) => served_entity_name === entity.config.name);
  return (share?.traffic_percentage ?? 0) > 0 && (traffic?.requests_per_minute ?? 0) >= FEWEST_TO_KEEP_AWAKE;
}

/** Each request keeps an entity awake for the idle time. */
function awakeByRequests(
  workspace: Workspace,
  { name, created_at }: Endpoint,
  entity: ServedEntity,
  [from, to]: Span,
  held: Awake,
): void {
  let awakeUntil = Number.NEGATIVE_INFINITY;
  for (const { endpoint, entity: reached, at, refused } of workspace.routed) {
    if (endpoint !== name || reached !== entity.config.name || refused || at < created_at || at < from || at >= to)
      continue;
    if (at > awakeUntil) held.wakes.push(at);
    awakeUntil = at + IDLE_TO_ZERO;
    held.spans.push([at, Math.min(awakeUntil, to)]);
  }
}

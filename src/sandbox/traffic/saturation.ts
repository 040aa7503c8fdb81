import { MINUTE } from '../clock.ts';
import { hasContainer } from '../endpoints/lifecycle.ts';
import { concurrencyOf, mostConcurrencyOf } from '../state/concurrency.ts';
import type { RoutingPeriod, ServedEntity } from '../state/state.ts';
import type { Performance } from './served-model.ts';

/** How full an entity is with the requests of other clients. */
export interface Saturation {
  /** Requests at the same time, on average. */
  load: number;
  /** The share of requests that it refuses, because all its places are taken. */
  refused: number;
  /** The mean wait of a request before the model, in sandbox milliseconds. */
  queue_ms: number;
}

const NONE: Saturation = { load: 0, refused: 0, queue_ms: 0 };
/** The share of its places from which on requests wait. The number is the sandbox's own. */
const BUSY = 0.7;
/** A request waits at most for as many answers as this. The number is the sandbox's own. */
const LONGEST_QUEUE = 6;

/** How full an entity is under the traffic of a period. assumed: data.saturation-limit */
export function saturationOf(
  { config, traffic }: Pick<RoutingPeriod, 'config' | 'traffic'>,
  entity: ServedEntity,
  { latency_ms }: Performance,
): Saturation {
  if (traffic === null || !hasContainer(entity)) return NONE;
  const routes = config?.routes ?? [];
  const total = routes.reduce((sum, { traffic_percentage }) => sum + traffic_percentage, 0);
  const mine = routes.find(({ served_entity_name }) => served_entity_name === entity.config.name)?.traffic_percentage;
  const load = (traffic.requests_per_minute * ((mine ?? 0) / (total || 1)) * latency_ms) / MINUTE;
  const use = load / mostConcurrencyOf(entity.config);
  if (use <= BUSY) return { ...NONE, load };
  const queue = Math.min(LONGEST_QUEUE, use < 1 ? (use - BUSY) / (1 - use) : LONGEST_QUEUE);
  return { load, refused: Math.max(0, 1 - 1 / use), queue_ms: queue * latency_ms };
}

/** The same for many requests of one period. Each state of an entity is computed once. */
export function saturations(
  period: Pick<RoutingPeriod, 'config' | 'traffic'>,
): (entity: ServedEntity, performance: Performance) => Saturation {
  const known = new WeakMap<Performance, Saturation>();
  return (entity, performance) => {
    const held = known.get(performance) ?? saturationOf(period, entity, performance);
    known.set(performance, held);
    return held;
  };
}

/** The concurrency that an awake entity provisions for a load: it follows the load between its bounds, in steps of four. */
export function provisionedFor({ config }: ServedEntity, load: number): number {
  const wanted = Math.ceil(load / 4) * 4;
  return Math.min(mostConcurrencyOf(config), Math.max(concurrencyOf(config), wanted));
}

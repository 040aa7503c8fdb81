import type { EntityConfig } from './wire-types.ts';

/** Lower bound of provisioned concurrency by workload size, from the documentation of the service. */
const SIZE_CONCURRENCY: Record<string, number> = { Small: 4, Medium: 8, Large: 16 };
/** Concurrency of one replica. The service provisions it in steps of four. */
const PER_REPLICA = 4;
/** A log shows no more replicas than these. The number is the sandbox's own. */
const MOST_REPLICAS = 8;

/** Requests that an awake entity can serve at the same time. */
export function concurrencyOf({ workload_size = 'Small', min_provisioned_concurrency: least }: EntityConfig): number {
  return least !== undefined && least > 0 ? least : (SIZE_CONCURRENCY[workload_size] ?? PER_REPLICA);
}

/** Upper bound of provisioned concurrency by workload size, from the documentation of the service. */
const SIZE_MOST: Record<string, number> = { Small: 4, Medium: 16, Large: 64 };

/** Requests that an entity can serve at the same time when it has scaled up. */
export function mostConcurrencyOf(config: EntityConfig): number {
  const { workload_size = 'Small', max_provisioned_concurrency: most } = config;
  return most !== undefined && most > 0 ? most : Math.max(concurrencyOf(config), SIZE_MOST[workload_size] ?? 0);
}

/** How many replicas an awake entity has. assumed: data.replicas */
export function replicasOf(config: EntityConfig): number {
  return Math.min(MOST_REPLICAS, Math.max(1, Math.ceil(concurrencyOf(config) / PER_REPLICA)));
}

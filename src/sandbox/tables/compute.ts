import { concurrencyOf } from '../state/concurrency.ts';
import type { EntityConfig } from '../state/wire-types.ts';

/** The most concurrency of a workload size, from the documentation of the service. */
const MOST: Record<string, number> = { Small: 4, Medium: 16, Large: 64 };

/** DBU for an hour of one replica of a workload type, as public price pages list them. assumed: sql-prices */
const DBU_PER_HOUR: Record<string, number> = {
  GPU_SMALL: 10.48,
  GPU_MEDIUM: 20,
  MULTIGPU_MEDIUM: 112,
  GPU_MEDIUM_4: 112,
  GPU_MEDIUM_8: 290.8,
  GPU_LARGE: 67.3,
  GPU_LARGE_8: 538.4,
};

/** The bounds of the concurrency of an entity. */
export function boundsOf(config: EntityConfig): { min: number; max: number } {
  const { scale_to_zero_enabled, min_provisioned_concurrency, max_provisioned_concurrency, workload_size } = config;
  const max = max_provisioned_concurrency ?? MOST[workload_size ?? 'Small'] ?? concurrencyOf(config);
  return { min: scale_to_zero_enabled ? 0 : (min_provisioned_concurrency ?? concurrencyOf(config)), max };
}

/** Whether an entity runs on graphics cards. */
export function isGpu({ workload_type = 'CPU' }: EntityConfig): boolean {
  return !workload_type.startsWith('CPU');
}

/** DBU for an hour of an entity that is awake. A unit of concurrency on CPUs costs one DBU. assumed: sql-prices */
export function dbuPerHour(config: EntityConfig): number {
  return isGpu(config) ? (DBU_PER_HOUR[config.workload_type ?? ''] ?? 20) : concurrencyOf(config);
}

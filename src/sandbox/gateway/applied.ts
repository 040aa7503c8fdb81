import { MINUTE } from '../clock.ts';
import { fraction } from '../ids.ts';
import type { ModelService, ServiceConfig } from '../state/model-service.ts';

/** A change takes effect after this long at the earliest, and after a minute at the latest. assumed: gateway-apply-time */
const EARLIEST = MINUTE / 3;

/** Milliseconds from a write to its effect. The same write always takes the same time. */
function delayOf({ id }: ModelService, release: number): number {
  return Math.round(EARLIEST + (MINUTE - EARLIEST) * fraction(`${id}/${release}`));
}

/** The moments at which the releases of a service take effect. A later one never comes first, and a new service serves at once. */
export function appliedTimes(service: ModelService): number[] {
  let last = Number.NEGATIVE_INFINITY;
  return service.releases.map(({ at }, release) => {
    last = Math.max(last, release === 0 ? at : at + delayOf(service, release));
    return last;
  });
}

/** When the limits of a new service begin to hold. They do not hold back its first burst. evidence: gateway-first-burst */
export function limitsBegin(service: ModelService): number {
  return (service.releases[0]?.at ?? service.created_at) + delayOf(service, 0);
}

/** The config of a service at a moment, and the number of its release. Undefined before the service was there. */
export function appliedAt(service: ModelService, at: number): { config: ServiceConfig; release: number } | undefined {
  const release = appliedTimes(service).findLastIndex((moment) => moment <= at);
  const found = service.releases[release];
  if (found === undefined) return undefined;
  const { config } = found;
  return { release, config: at < limitsBegin(service) ? { ...config, rate_limits: [] } : config };
}

/** Served entities whose removal takes something away from callers. */
import { byEntity, digest } from '../../src/digest/metrics.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';
import type { ToolContext } from '../../src/tool.ts';
import { recentShares } from './journaled-changes.ts';
import { readMetrics } from './read-metrics.ts';

/**
 * The loss when these entities are removed, in one sentence. Taking the traffic of an entity first does not make its removal harmless. So an entity
 * counts for a day after a recorded change took its traffic, and as long as it gets requests. Undefined when no such entity is removed.
 */
export async function lossOfTraffic(
  removed: readonly string[],
  current: Endpoint,
  context: ToolContext,
): Promise<string | undefined> {
  const traffic = endpoints.trafficOf(current.config);
  const there = endpoints.entitiesOf(current.config).map(({ name }) => name);
  const idle = removed.filter((name) => there.includes(name) && !traffic.get(name));
  const [shares, asked] =
    idle.length === 0
      ? [new Map<string, number>(), []]
      : await Promise.all([recentShares(current.name, context), askedDirectly(current.name, idle, context)]);
  const lost = removed.flatMap((name) => {
    const now = traffic.get(name) ?? 0;
    if (now > 0) return [`${name} (${now} % of the traffic)`];
    if (!idle.includes(name)) return [];
    const before = shares.get(name);
    if (before !== undefined) return [`${name} (up to ${before} % of the traffic in the last 24 hours)`];
    return asked.includes(name) ? [`${name} (no traffic now, but requests in the last minute)`] : [];
  });
  return lost.length === 0 ? undefined : `This removes ${lost.join(', ')} from endpoint ${current.name}.`;
}

/** The entities that had requests in the last minute. Without metrics, none is known. */
async function askedDirectly(name: string, entities: readonly string[], context: ToolContext): Promise<string[]> {
  const reading = await readMetrics(name, context).catch(() => undefined);
  if (reading === undefined) return [];
  const samples = byEntity(reading.samples, entities);
  return entities.filter((entity) => (digest(samples.get(entity) ?? []).requests ?? 0) > 0);
}

import { MINUTE } from '../clock.ts';
import { backgroundTraffic, unknownCaller } from '../state/background-traffic.ts';
import { recordPeriod } from '../state/periods.ts';
import type { Endpoint } from '../state/state.ts';
import { type SeedEndpoint, SeedError } from './seed.ts';
import { type Builder, serveConfig } from './serve-config.ts';

/** Lets an endpoint live through that part of its history which is in a span: earlier configs, and the requests of other clients then. */
export function buildPast(
  builder: Builder,
  endpoint: Endpoint,
  { history = [], deployed_minutes_ago = 0 }: SeedEndpoint,
  span: { from: number; to: number },
  path: string,
): void {
  const { workspace, now } = builder;
  const entries = history.map((entry, at) => ({
    ...entry,
    at: now - entry.minutes_ago * MINUTE,
    path: `${path}.history[${at}]`,
  }));
  for (const entry of entries.sort((a, b) => a.at - b.at)) {
    if (entry.at < endpoint.created_at) throw new SeedError(entry.path, 'is before the endpoint was created');
    if (entry.config && entry.minutes_ago <= deployed_minutes_ago) {
      throw new SeedError(
        `${entry.path}.config`,
        'must be before deployed_minutes_ago, when the config of the endpoint began',
      );
    }
    if (entry.at < span.from || entry.at >= span.to) continue;
    const by = entry.by ?? endpoint.creator ?? builder.admin;
    if (!workspace.principals.has(by))
      throw new SeedError(`${entry.path}.by`, `names '${by}', which is not in the seed`);
    if (entry.config)
      serveConfig(
        builder,
        endpoint,
        { config: entry.config, at: entry.at, by, idle_since: entry.at },
        `${entry.path}.config`,
      );
    if (entry.traffic) {
      endpoint.traffic = backgroundTraffic(workspace, entry.traffic, entry.at);
      const unknown = unknownCaller(workspace, endpoint.traffic);
      if (unknown !== undefined)
        throw new SeedError(`${entry.path}.traffic.callers`, `names '${unknown}', which is not in the seed`);
      if (entry.traffic.requests_per_minute === 0) endpoint.traffic = null;
    }
    recordPeriod(endpoint, entry.at);
  }
}

import { payloadTable } from './payload-table.ts';
import type { Endpoint, RoutingPeriod, Workspace } from './state.ts';

/** The service shows metrics of two weeks, in milliseconds. evidence: data.metrics-history */
export const HISTORY = 14 * 24 * 60 * 60_000;
/** System tables and inference tables reach further back than metrics, in milliseconds. assumed: sql-history */
export const TABLE_HISTORY = 30 * 24 * 60 * 60_000;
/** Changes of routing to keep for each endpoint. The number is the sandbox's own. */
const KEPT_PERIODS = 200;
/** Releases to keep for each endpoint. The number is the sandbox's own. */
const KEPT_RELEASES = 500;

/**
 * Records how an endpoint routes at `at`, if that differs from before. Call it after anything that may change the active config, the limits
 * or the traffic. Requests before `at` keep the routing of their own time.
 */
export function recordPeriod(endpoint: Endpoint, at: number): void {
  const now: RoutingPeriod = {
    since: at,
    config: endpoint.stopped ? null : endpoint.config,
    limits: [...(endpoint.ai_gateway?.rate_limits ?? []), ...endpoint.rate_limits],
    fallback: endpoint.ai_gateway?.fallback_config?.enabled === true,
    traffic: endpoint.traffic,
    tracked: endpoint.ai_gateway?.usage_tracking_config?.enabled === true,
    payload_table: payloadTable(endpoint),
  };
  recordRelease(endpoint, at);
  const last = endpoint.periods.at(-1);
  if (last !== undefined && sameRouting(last, now)) return;
  // Two changes at one moment are one change.
  if (last?.since === at) endpoint.periods.pop();
  endpoint.periods.push(now);
  const tooOld = endpoint.periods.findLastIndex(({ since }) => since <= at - TABLE_HISTORY);
  endpoint.periods.splice(0, Math.max(tooOld, endpoint.periods.length - KEPT_PERIODS, 0));
}

/** Records the routing of every endpoint. */
export function recordPeriods(workspace: Workspace, at: number): void {
  for (const endpoint of workspace.endpoints.values()) recordPeriod(endpoint, at);
}

/** Keeps every config that was active, each once. */
function recordRelease({ config, releases }: Endpoint, at: number): void {
  if (config === null || releases.at(-1)?.config.config_version === config.config_version) return;
  releases.push({ at, config });
  releases.splice(0, releases.length - KEPT_RELEASES);
}

function sameRouting(a: RoutingPeriod, b: RoutingPeriod): boolean {
  return (
    a.config === b.config &&
    a.traffic === b.traffic &&
    a.fallback === b.fallback &&
    a.tracked === b.tracked &&
    a.payload_table === b.payload_table &&
    JSON.stringify(a.limits) === JSON.stringify(b.limits)
  );
}

/** When each endpoint had its last request, from the usage table: one statement for all of them. Loaded where a warehouse is set. */
import { Refusal } from '../../src/refusal.ts';
import { ApiError } from '../../src/rest/errors.ts';
import type { Endpoint } from '../../src/rest/index.ts';
import type { ToolContext } from '../../src/tool.ts';
import type { Scope } from '../../src/usage/statement.ts';
import { LAST_REQUESTS, lastRequests } from '../../src/usage/traffic.ts';
import { IDLE_DAYS, WINDOWS } from '../../src/usage/window.ts';
import { type Use, useOf } from './endpoint-use.ts';
import { openWarehouse } from './warehouse.ts';

const DAY = 86_400_000;
/** Milliseconds for the statement. Metrics of other endpoints are read after it. */
const LIMIT = 15_000;

/** Use by the usage table, and by metrics for the endpoints that have no row in it. */
export async function useByTable(candidates: readonly Endpoint[], context: ToolContext): Promise<Use> {
  const read = await lastUse(context);
  if ('why' in read) return { ...(await useOf(candidates, context)), table: { unread: read.why } };
  const timeOf = (each: Endpoint) => read.times.get(keyOf(each));
  const others = candidates.filter((each) => timeOf(each) === undefined);
  const use = await useOf(others, context);
  const seen = new Set(use.searched);
  const firstUnread = candidates.findIndex((each) => timeOf(each) === undefined && !seen.has(each));
  const searched = firstUnread < 0 ? [...candidates] : candidates.slice(0, firstUnread);
  const last = new Map<string, number>();
  for (const each of searched) {
    const at = timeOf(each);
    if (at !== undefined) last.set(each.name, at);
  }
  return { ...use, searched, table: { last, idleSince: context.http.time() - IDLE_DAYS * DAY } };
}

/**
 * The times by {@link keyOf}, in milliseconds since 1970, or why they could not be read. A stopped warehouse is not started for it. An endpoint that is
 * absent has no row: it may be unused, or have no usage tracking (fact W8).
 */
async function lastUse(context: ToolContext): Promise<{ times: Map<string, number> } | { why: string }> {
  const { http } = context;
  try {
    const reader = await openWarehouse(context, undefined, false, LIMIT);
    const now = http.time();
    const scope: Scope = {
      since: now - WINDOWS.traffic.widest * DAY,
      until: now,
      workspace: http.workspaceId(),
      endpoint: undefined,
      endpointId: undefined,
    };
    const { rows } = await reader.read(LAST_REQUESTS, scope, 'idle');
    return { times: new Map(lastRequests(rows).map(({ id, endpoint, at }) => [id ?? endpoint, at])) };
  } catch (error) {
    if (error instanceof Refusal) return { why: error.message };
    if (error instanceof ApiError) return { why: `the service refused it (${error.status})` };
    throw error;
  }
}

/** An endpoint in the usage table. A new endpoint of the same name has another id (fact E12); foundation models have none. */
function keyOf({ id, name }: Pick<Endpoint, 'id' | 'name'>): string {
  return id ?? name;
}

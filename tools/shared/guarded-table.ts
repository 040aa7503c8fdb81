/** The minutes of a guarded rollout from a table, over a SQL warehouse, at a pace that spares it. */
import type { HistoryPlace } from '../../src/history/place.ts';
import { Refusal } from '../../src/refusal.ts';
import { reasonOf } from '../../src/rest/failed-read.ts';
import type { Endpoint } from '../../src/rest/index.ts';
import { isObject } from '../../src/rest/json.ts';
import type { Minute } from '../../src/rollout/measure.ts';
import { type TableRead, tableMinutes } from '../../src/rollout/measure-table.ts';
import { lateMinutes, MINUTE, QUERY_EVERY_MS, type RolloutSource, type TableName } from '../../src/rollout/source.ts';
import type { RunningRollout } from '../../src/rollout/state.ts';
import type { Look } from '../../src/rollout/watch.ts';
import type { ToolContext } from '../../src/tool.ts';
import { payloadTable } from '../../src/usage/failed-requests.ts';
import {
  ENTITY_NAMES,
  type EntityNames,
  entityNames,
  type MinuteCounts,
  minuteCounts,
  payloadMinutes,
  USAGE_MINUTES,
} from '../../src/usage/per-minute.ts';
import { type Query, quoted, type Scope } from '../../src/usage/statement.ts';
import { openWarehouse, type Reader } from './warehouse.ts';

/** What a query is for, in the history of the warehouse. */
const TAG = 'rollout';

export type TableSource = RolloutSource & { name: TableName };

/** The newest full minute of which a table has its rows. */
export function knownUntil(name: TableName, now: number): number {
  return Math.floor(now / MINUTE) * MINUTE - lateMinutes(name) * MINUTE;
}

/** What earlier queries found out and later ones need not ask again. */
interface Memory {
  payloads?: Query;
  names?: EntityNames;
}

/**
 * Reads the requests by minute and entity in a window that ends where the table is complete.
 * @param since epoch milliseconds, by the clock of the service.
 * @param memory of earlier queries of the same rollout.
 * @throws Refusal that says which warehouse, table, right or column is missing, and what the connection throws.
 */
export async function readTable(
  source: TableSource,
  current: Endpoint,
  since: number,
  context: ToolContext,
  memory: Memory = {},
): Promise<TableRead & { reader: Reader }> {
  const reader = await openWarehouse(context, source.warehouse, source.start_warehouse ?? false);
  const { http } = context;
  const until = knownUntil(source.name, http.time());
  const workspace = http.workspaceId();
  const from = Math.min(Math.floor(since / MINUTE) * MINUTE, until);
  const scope: Scope = { since: from, until, workspace, endpoint: current.name, endpointId: current.id };
  const { rows, truncated } =
    source.name === 'usage_table'
      ? await reader.read(USAGE_MINUTES, scope, TAG)
      : await readPayloads(reader, payloadParts(current), scope, memory);
  const counts = minuteCounts(rows);
  if (!counts) throw new Refusal('unreadable_rows', 'a row of the table has no time or no count', 'Report it.');
  const names = memory.names ?? { names: new Map(), configVersion: -1 };
  const isComplete = counts.every(({ id }) => id === undefined || names.names.has(id));
  if (isComplete && names.configVersion >= (current.config?.config_version ?? 0))
    return { counts, names, truncated, until, reader };
  memory.names = entityNames((await reader.read(ENTITY_NAMES, { ...scope, until: http.time() }, TAG)).rows);
  return { counts, names: memory.names, truncated, until, reader };
}

/** Statuses and durations only: the bodies of requests stay in the table, so `--payloads` is not needed. */
async function readPayloads(reader: Reader, table: readonly string[], scope: Scope, memory: Memory) {
  if (memory.payloads === undefined) {
    const query = payloadMinutes(await reader.columns(table, scope, TAG));
    if ('missing' in query)
      throw new Refusal(
        'column_missing',
        `the inference table lacks ${query.missing.join(' and ')}`,
        'A table of another form cannot tell versions apart.',
      );
    memory.payloads = query;
  }
  return reader.read(memory.payloads, { ...scope, table: quoted(table) }, TAG);
}

function payloadParts(current: Endpoint): readonly string[] {
  const found = payloadTable(current);
  if (found) return found.table;
  throw new Refusal('table_missing', 'the endpoint has no inference table any more', 'Switch it on again.');
}

/** What a server knows of a rollout whose numbers come from a table. The table keeps the rows, so another server reads them again. */
interface Known {
  minutes: readonly Minute[];
  asOf: number;
  /** When the latest query was made, by the clock of the service. */
  queried: number;
  failure?: unknown;
  failingSince?: number | undefined;
  memory: Memory;
}

const KNOWN = new WeakMap<HistoryPlace, Map<string, Known>>();

/**
 * Looks at the table, unless the latest query of this server is young enough. Within a minute, a table has nothing new. Later in the same call, and while
 * this server watches, the pace spares the warehouse.
 * @param isFirst the first look of a call. It queries again after a failure, because a person may have mended the cause.
 * @throws what a cancellation throws. A failed query is a part of the look.
 */
export async function lookAtTable(
  source: TableSource,
  { current, running }: { current: Endpoint; running: RunningRollout },
  isFirst: boolean,
  context: ToolContext,
): Promise<Look> {
  const known = KNOWN.get(context.history) ?? new Map<string, Known>();
  KNOWN.set(context.history, known);
  const before = known.get(running.id);
  const now = context.http.time();
  const every = isFirst ? (before?.failure === undefined ? MINUTE : 0) : QUERY_EVERY_MS;
  // A new step has another config, which the minutes so far do not know.
  const isOlder = (before?.queried ?? 0) <= (running.times.at(-1)?.from ?? 0);
  const isFresh = before !== undefined && !isOlder && now - before.queried < every;
  const found = isFresh ? before : await queried(source, { current, running }, before, context);
  known.set(running.id, found);
  return { ...found, due: found.queried + QUERY_EVERY_MS };
}

/** What this server read of a rollout before, without a query. */
export function knownOfTable({ id }: { id: string }, { history }: Pick<ToolContext, 'history'>): Look | undefined {
  const known = KNOWN.get(history)?.get(id);
  return known && { ...known, due: known.queried + QUERY_EVERY_MS };
}

async function queried(
  source: TableSource,
  { current, running }: { current: Endpoint; running: RunningRollout },
  before: Known | undefined,
  context: ToolContext,
): Promise<Known> {
  const { canary, baseline, times } = running;
  const { http, signal } = context;
  const began = times[0]?.from ?? http.time();
  const memory = before?.memory ?? {};
  try {
    const read = await readTable(source, current, began, context, memory);
    const { minutes, asOf } = tableMinutes(read, {
      canary,
      baseline,
      times,
      configVersion: current.config?.config_version ?? 0,
      limited: hasLimits(current),
      joined: source.name === 'usage_table',
    });
    return { minutes, asOf, queried: http.time(), memory };
  } catch (error) {
    signal.throwIfAborted();
    const now = http.time();
    const { minutes = [], asOf = began, failingSince = now } = before ?? {};
    return { minutes, asOf, queried: now, failure: error, failingSince, memory };
  }
}

function hasLimits({ ai_gateway: gateway }: Endpoint): boolean {
  return isObject(gateway) && Array.isArray(gateway.rate_limits) && gateway.rate_limits.length > 0;
}

/** Why a table cannot be read, in words of this program. @throws an error that is no failure of the service. */
export function causeOf(error: unknown): string {
  if (error instanceof Refusal) {
    const starts =
      error.code === 'warehouse_stopped' ? '. plan.start_warehouse true lets it start, which costs money' : '';
    return `${error.message}${starts}`;
  }
  return `the SQL warehouse: ${reasonOf(error, 'the service has no such route (404)')}`;
}

/** Requests that reached an entity in the window, by name. */
export function requestsOf({ counts, names }: TableRead, entity: string): number {
  const own = ({ id }: MinuteCounts) => names.names.get(id ?? '') === entity;
  return counts.filter(own).reduce((sum, { requests }) => sum + requests, 0);
}

/** Where the numbers of a guarded rollout come from: checked before the start, in the order of how much and how soon each shows. */
import { byEntity, countsOf } from '../../src/digest/metrics.ts';
import { call, Refusal, type ToolResult } from '../../src/refusal.ts';
import { ApiError } from '../../src/rest/errors.ts';
import type { Endpoint } from '../../src/rest/index.ts';
import { isObject } from '../../src/rest/json.ts';
import {
  isTable,
  lateMinutes,
  MINUTE,
  QUERY_EVERY_MS,
  type RolloutSource,
  SOURCES,
  sourceWords,
  unseenGates,
} from '../../src/rollout/source.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import { payloadTable } from '../../src/usage/failed-requests.ts';
import { causeOf, knownUntil, readTable, requestsOf, type TableSource } from './guarded-table.ts';
import { readMetrics } from './read-metrics.ts';

/** What a call wants: any source, or one of them. */
export interface SourceWish {
  source?: Partial<RolloutSource> | undefined;
  /** The call has probes. */
  probes: boolean;
}

export interface ChosenSource {
  /** Undefined where nothing tells the versions apart. */
  source: RolloutSource | undefined;
  /** Requests of the endpoint a minute, as far as they are known. */
  perMinute: number;
  /** Why each better source is not used, one sentence each. */
  not: string[];
  /** The warehouse that answered. */
  warehouse?: string;
}

/** Minutes whose rows show whether a table is in use. */
export const CHECKED_MINUTES = 15;

/**
 * The first source that has numbers about the entity that serves now.
 * @throws what a failure of the connection throws, because it says nothing about the source.
 */
export async function chooseSource(
  current: Endpoint,
  entity: string,
  { source: wanted = {}, probes }: SourceWish,
  context: ToolContext,
): Promise<ChosenSource> {
  const not: string[] = [];
  const asked = wanted.name === undefined ? SOURCES : [wanted.name];
  const metrics = await metricsOf(current, entity, context);
  const { perMinute } = metrics;
  for (const name of asked) {
    if (name === 'metrics') {
      if (metrics.why === undefined) return { source: { name }, perMinute, not };
      not.push(metrics.why);
    } else if (name === 'probes') {
      if (probes) return { source: { name }, perMinute, not };
      not.push('probes: the call has none');
    } else {
      const tried = await tryTable({ ...wanted, name }, current, entity, perMinute, context);
      if ('found' in tried) return { ...tried.found, perMinute: Math.max(perMinute, tried.found.perMinute), not };
      not.push(`${sourceWords(name)}: ${tried.why}`);
    }
  }
  return { source: undefined, perMinute, not };
}

/** Whether the metrics have series of their own for an entity, and the requests of the endpoint in the last minute. */
async function metricsOf(
  { name }: Endpoint,
  entity: string,
  context: ToolContext,
): Promise<{ perMinute: number; why?: string }> {
  try {
    const { samples } = await readMetrics(name, context);
    const perMinute = countsOf(samples).requests ?? 0;
    const named = (byEntity(samples, [entity]).get(entity) ?? []).length > 0;
    if (samples.length === 0 || named) return { perMinute };
    return { perMinute, why: 'series per entity: the metrics do not say which served entity a request reached' };
  } catch (error) {
    const isAbsent = error instanceof ApiError && [403, 404, 501].includes(error.status);
    if (!isAbsent) throw error;
    return { perMinute: 0, why: `series per entity: the service refused the metrics (${error.status})` };
  }
}

type Tried = { found: { source: RolloutSource; perMinute: number; warehouse: string } } | { why: string };

async function tryTable(
  source: TableSource,
  current: Endpoint,
  entity: string,
  perMinute: number,
  context: ToolContext,
): Promise<Tried> {
  const off = switchedOff(source.name, current);
  if (off !== undefined) return { why: off };
  const { http, signal } = context;
  try {
    const since = knownUntil(source.name, http.time()) - CHECKED_MINUTES * MINUTE;
    const read = await readTable(source, current, since, context);
    const requests = requestsOf(read, entity);
    if (requests === 0 && (perMinute > 0 || read.counts.length > 0))
      return { why: `it has no row of ${entity} in ${CHECKED_MINUTES} minutes, although there is traffic` };
    const { id, name } = read.reader.warehouse;
    const kept = { name: source.name, warehouse: id, ...(source.start_warehouse ? { start_warehouse: true } : {}) };
    return { found: { source: kept, perMinute: requests / CHECKED_MINUTES, warehouse: clip(name, 100) } };
  } catch (error) {
    signal.throwIfAborted();
    return { why: causeOf(error) };
  }
}

/** Why a table has no rows of an endpoint, by the endpoint's own settings. */
function switchedOff(name: TableSource['name'], current: Endpoint): string | undefined {
  if (name === 'usage_table') {
    const tracking = current.ai_gateway?.usage_tracking_config;
    return isObject(tracking) && tracking.enabled === true ? undefined : 'usage tracking of the endpoint is off';
  }
  const table = payloadTable(current);
  return table && !table.off ? undefined : 'the endpoint has none that is switched on';
}

/** The source as the plan shows it: its name, how late it is, what it does not see, and what it costs. */
export function sourceView({ source, not, warehouse, perMinute }: ChosenSource, firstPercent: number): ToolResult {
  if (!source) return {};
  const late = lateMinutes(source.name);
  const off = unseenGates(source.name);
  return {
    measured_by: sourceWords(source.name),
    ...(not.length > 0 ? { instead_of: not } : {}),
    ...(late === 0 ? {} : { late: lateText(late, (perMinute * firstPercent) / 100) }),
    ...(off.length > 0 ? { gates_off: `${off.join(' and ')}: ${sourceWords(source.name)} does not show that` } : {}),
    ...(isTable(source.name) ? { costs: costText(warehouse ?? '') } : {}),
  };
}

function lateText(late: number, canaryPerMinute: number): string {
  const failed = Math.ceil(canaryPerMinute * (late + 1));
  const risk = `By then about ${failed} requests have failed at the first step.`;
  return `Rows come ${late} minutes late, and each step takes that much longer. A version that fails wholly goes back after ${late + 1} minutes at the earliest. ${risk}`;
}

function costText(warehouse: string): string {
  const every = QUERY_EVERY_MS / MINUTE;
  return `The SQL warehouse ${warehouse} runs for this and costs money. Each call queries it, and this server does so every ${every} minutes while it watches.`;
}

/** How to roll out by hand, where nothing tells the versions apart. */
export function stepsByHand(
  endpoint: string,
  version: string,
  [canary, baseline]: readonly [canary: string | undefined, baseline: string],
  steps: readonly number[],
): string[] {
  const [first = 5, ...others] = steps;
  const swap = call('swap_version', { endpoint, version, traffic_percent: first });
  const shifts =
    canary === undefined ? [] : others.map((percent) => ({ [canary]: percent, [baseline]: 100 - percent }));
  return [
    swap,
    `${call('get_metrics', { endpoint })} shows both versions together: judge them before each further step`,
    ...shifts.map((traffic) => call('set_traffic', { endpoint, traffic })),
  ];
}

/** What would give a rollout its numbers, as steps of a person. */
export const ENABLE_SOURCE =
  'To judge a canary by its own requests, add probes, or switch on an inference table or usage tracking with update_ai_gateway and name a SQL warehouse in plan.warehouse.';

/** @throws Refusal when a later call cannot find out where the numbers come from. */
export function requireSource({ source, not }: ChosenSource, endpoint: string): RolloutSource {
  if (source) return source;
  throw new Refusal('no_source', `nothing tells the versions of ${endpoint} apart: ${not.join('; ')}`, ENABLE_SOURCE);
}

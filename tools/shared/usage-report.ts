/** The frame of `get_usage`: what may be asked, over which window and warehouse, and what every answer says. */
import { sinceTime } from '../../src/digest/log-filter.ts';
import { UNITY_GATEWAY } from '../../src/plan/model-service.ts';
import { Refusal, type ToolResult } from '../../src/refusal.ts';
import { isAbsent } from '../../src/rest/absent.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';
import { timeText } from '../../src/text/time.ts';
import type { ToolContext } from '../../src/tool.ts';
import { COST_GROUPINGS } from '../../src/usage/cost.ts';
import { GROUPINGS, type Grouping, type Report, type Scope } from '../../src/usage/statement.ts';
import { listed } from '../../src/usage/warehouse.ts';
import { LATE, windowOf } from '../../src/usage/window.ts';
import { serviceOf, serviceUsage } from '../model-services/usage.ts';
import { REPORTERS } from './usage-parts.ts';
import { dropEmpty } from './view.ts';
import { needsPayloads, openWarehouse, type Reader } from './warehouse.ts';

export interface Asked {
  report: Report;
  endpoint?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
  by?: Grouping | undefined;
  warehouse?: string | undefined;
  start_warehouse: boolean;
}

/** Runs a report. @throws Refusal for what cannot be asked or read. */
export async function usageReport(asked: Asked, context: ToolContext): Promise<ToolResult> {
  const { http } = context;
  const { report, endpoint, by } = asked;
  refuseGrouping(report, by);
  if (report === 'failed_requests') {
    if (!context.payloads) throw needsPayloads();
    if (endpoint === undefined)
      throw new Refusal('nothing_asked', 'failed_requests is about one endpoint', 'Name it in endpoint.');
  }
  const window = windowIn(asked, http.time());
  const service = await serviceOf(asked, context);
  const absent = endpoint === undefined || service !== undefined ? undefined : await lookUp(endpoint, context);
  const found = absent && 'found' in absent ? absent.found : undefined;
  const missing = absent && 'error' in absent ? absent.error : undefined;
  // Only the tables of the system know deleted endpoints.
  if (missing !== undefined && report === 'failed_requests') throw missing;
  // A mistyped name is the better answer than a warehouse that cannot be used.
  const unlessMissing = (error: unknown): never => {
    throw missing ?? error;
  };
  const { warehouse, start_warehouse } = asked;
  const reader = await openWarehouse(context, warehouse, start_warehouse).catch(unlessMissing);
  const workspace = http.workspaceId();
  const scope: Scope = {
    ...window,
    workspace,
    endpoint,
    endpointId: workspace === undefined ? found?.id : undefined,
  };
  const { empty, ...answer } = await (service
    ? serviceUsage(service, report, { reader, scope, by })
    : REPORTERS[report]({ context, reader, scope, by, found })
  ).catch(unlessMissing);
  if (missing !== undefined && empty) throw missing;
  return dropEmpty({
    report,
    ...(service ? { model_service: endpoint, gateway: UNITY_GATEWAY } : { endpoint }),
    since: timeText(window.since),
    until: timeText(window.until),
    ...answer,
    late: LATE[report],
    warehouse: warehouseView(reader),
    notes: [
      ...(missing === undefined ? [] : ['this endpoint does not exist any more']),
      ...(workspace === undefined && found?.id === undefined
        ? ['the service did not name this workspace, so the rows may be those of several']
        : []),
      ...(Array.isArray(answer.notes) ? answer.notes : []),
    ],
  });
}

/** The endpoint, or the error that says that it does not exist. */
async function lookUp(name: string, { http }: ToolContext): Promise<{ found: Endpoint } | { error: unknown }> {
  try {
    return { found: await endpoints.get(http, name) };
  } catch (error) {
    if (isAbsent(error)) return { error };
    throw error;
  }
}

function warehouseView({ warehouse, starts }: Reader): Record<string, unknown> {
  const [view] = listed([warehouse]);
  return {
    name: view?.name,
    id: view?.id,
    ...(starts
      ? {
          started:
            'It was stopped, and this call started it. It costs money until it stops by itself or a person stops it.',
        }
      : {}),
  };
}

function refuseGrouping(report: Report, by: Grouping | undefined): void {
  const known: Record<Report, readonly string[]> = {
    traffic: GROUPINGS,
    cost: COST_GROUPINGS,
    releases: [],
    failed_requests: [],
  };
  if (by === undefined || known[report].includes(by)) return;
  const why = report === 'cost' ? ': billing has no requests' : '';
  const next =
    known[report].length > 0 ? `Group it by ${known[report].join(' or ')}.` : 'Omit by. Only traffic and cost have it.';
  throw new Refusal('invalid_arguments', `the report ${report} cannot be grouped by ${by}${why}`, next);
}

/** @throws Refusal that says the widest window. */
function windowIn({ report, since, until }: Asked, now: number): { since: number; until: number } {
  const window = windowOf(report, { since: timeOf('since', since, now), until: timeOf('until', until, now) }, now);
  if ('since' in window) return window;
  throw new Refusal('invalid_arguments', window.problem, window.instead);
}

function timeOf(name: string, text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const time = sinceTime(text, now);
  if (time !== undefined) return time;
  throw new Refusal(
    'invalid_arguments',
    `${name} is neither a duration nor an ISO time`,
    'Give 12h, 7d, 2026-03-01 or 2026-03-01T12:00:00Z.',
  );
}

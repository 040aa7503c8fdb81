import { MINUTE } from '../clock.ts';
import { arrayOf, BIGINT, DATE, DOUBLE, INT, STRING, TIMESTAMP } from '../engine/types.ts';
import { TABLE_HISTORY } from '../state/periods.ts';
import type { Endpoint, Workspace } from '../state/state.ts';
import { seededBodies } from './payload-bodies.ts';
import { columns, json, type TableDef } from './table.ts';
import { affordable, lifetimes, trackedRequests } from './tracked-requests.ts';

/** assumed: sql-lag */
const LAG = 5 * MINUTE;
/** Seeded requests of one endpoint in this table, and the newest of them that have bodies, because bodies are computed. assumed: sql-payload-rows */
const BUDGET = 12_000;
const BODIES = 2_000;
const DAY = 24 * 60 * MINUTE;

/** The inference tables of all endpoints that have rows. A table appears with its first row. evidence: sql-payload-table */
export function payloadTables(workspace: Workspace, now: number): TableDef[] {
  const names = new Map<string, string>();
  for (const { endpoint } of lifetimes(workspace)) {
    for (const { payload_table } of endpoint.periods) {
      if (payload_table !== null) names.set(payload_table, endpoint.creator ?? 'System user');
    }
  }
  return [...names].flatMap(([full, owner]) => {
    const table = payloadTable(full, owner);
    return hasRows(workspace, full, now - LAG) ? [table] : [];
  });
}

function hasRows(workspace: Workspace, full: string, to: number): boolean {
  for (const _one of trackedRequests(
    workspace,
    { from: to - TABLE_HISTORY, to },
    50,
    (period) => period.payload_table === full,
  ))
    return true;
  return false;
}

/** One row for each request of an endpoint while it wrote into this table. assumed: sql-payload-rows */
function payloadTable(full: string, owner: string): TableDef {
  const [catalog = '', schema = '', ...name] = full.split('.');
  return {
    ...{ catalog, schema, name: name.join('.'), owner, lag: LAG, grows: true },
    comment: 'Payloads of a serving endpoint',
    stamp: () => '',
    columns: columns({
      request_date: DATE,
      databricks_request_id: STRING,
      client_request_id: STRING,
      request_time: TIMESTAMP,
      status_code: INT,
      sampling_fraction: DOUBLE,
      execution_duration_ms: BIGINT,
      request: STRING,
      response: STRING,
      served_entity_id: STRING,
      logging_error_codes: arrayOf(STRING),
      requester: STRING,
    }),
    *rows(workspace, from, to) {
      const wanted = trackedRequests(workspace, { from, to }, BUDGET, ({ payload_table }) => payload_table === full);
      const bodied = new Map<Endpoint, number>();
      for (const { endpoint, request, request_id, served_entity_id } of wanted) {
        const since = bodied.get(endpoint) ?? affordable(endpoint, from, to, BODIES);
        bodied.set(endpoint, since);
        const kept = request.request_id === undefined ? undefined : workspace.sql.payloads.get(request.request_id);
        const isSeeded = request.request_id === undefined && request.at >= since;
        const seeded = isSeeded ? seededBodies(workspace, endpoint, request) : undefined;
        yield [
          Math.floor(request.at / DAY),
          request_id,
          request.client_request_id ?? null,
          request.at,
          request.status,
          1,
          Math.max(0, Math.round(request.latency_ms - request.queue_ms)),
          kept?.request ?? seeded?.request ?? null,
          kept?.response ?? seeded?.response ?? null,
          served_entity_id,
          json(kept?.errors ?? []),
          request.principal === '' ? null : request.principal,
        ];
      }
    },
  };
}

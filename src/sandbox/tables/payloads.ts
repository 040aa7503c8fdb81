import { MINUTE } from '../clock.ts';
import { arrayOf, BIGINT, DATE, DOUBLE, INT, STRING, TIMESTAMP } from '../engine/types.ts';
import { TABLE_HISTORY } from '../state/periods.ts';
import type { Workspace } from '../state/state.ts';
import { seededBodies } from './payload-bodies.ts';
import { columns, json, type TableDef } from './table.ts';
import { lifetimes, trackedRequests } from './tracked-requests.ts';

/** assumed: sql-lag */
const LAG = 5 * MINUTE;
/** Seeded requests of one endpoint in this table. Their bodies are computed. */
const BUDGET = 2000;
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
      for (const { endpoint, request, request_id, served_entity_id } of wanted) {
        const kept = request.request_id === undefined ? undefined : workspace.sql.payloads.get(request.request_id);
        const seeded = request.request_id === undefined ? seededBodies(workspace, endpoint, request) : undefined;
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

import { MINUTE } from '../clock.ts';
import { arrayOf, BIGINT, INT, mapOf, STRING, TIMESTAMP } from '../engine/types.ts';
import { hexOf } from '../ids.ts';
import type { Workspace } from '../state/state.ts';
import { seededBodies } from './payload-bodies.ts';
import { apiOf, latencyOf, modelOfCall, serviceCalls, serviceLifetimes } from './service-calls.ts';
import { columns, json, type TableDef } from './table.ts';

/** assumed: sql-lag */
const LAG = 5 * MINUTE;
/** Seeded calls of one service in this table. Their bodies are computed. */
const BUDGET = 2000;

/** The inference tables of all model services. A table is there since the service has it. assumed: gateway-payload-rows */
export function servicePayloadTables(workspace: Workspace, now: number): TableDef[] {
  const names = new Map<string, string>();
  for (const { service, endpoint } of serviceLifetimes(workspace, now)) {
    for (const { payload_table } of endpoint.periods)
      if (payload_table !== null) names.set(payload_table, service.owner);
  }
  return [...names].map(([full, owner]) => servicePayloadTable(full, owner));
}

/** One row for each call of a service while it wrote into this table. evidence: gateway-payload-table, assumed: gateway-payload-rows */
function servicePayloadTable(full: string, owner: string): TableDef {
  const [catalog = '', schema = '', ...name] = full.split('.');
  return {
    ...{ catalog, schema, name: name.join('.'), owner, lag: LAG, grows: true },
    comment: 'Payloads of a model service',
    stamp: () => '',
    columns: columns({
      request_id: STRING,
      invocation_id: STRING,
      event_time: TIMESTAMP,
      status_code: INT,
      latency_ms: BIGINT,
      requester: STRING,
      request: STRING,
      response: STRING,
      destination_model: STRING,
      api_type: STRING,
      request_tags: mapOf(STRING),
      logging_error_codes: arrayOf(STRING),
    }),
    *rows(workspace, from, to) {
      for (const call of serviceCalls(workspace, { from, to }, BUDGET, (period) => period.payload_table === full)) {
        const { last, view, request_id } = call;
        const kept = workspace.sql.payloads.get(last.request_id ?? '');
        const seeded = last.request_id === undefined ? seededBodies(workspace, view, last) : undefined;
        yield [
          ...[request_id, hexOf(`${view.name}/${request_id}`), last.at, last.status, latencyOf(call)],
          last.principal === '' ? null : last.principal,
          kept?.request ?? seeded?.request ?? null,
          kept?.response ?? seeded?.response ?? null,
          ...[modelOfCall(call), apiOf(call)],
          ...[json(last.request_tags ?? {}), json(kept?.errors ?? [])],
        ];
      }
    },
  };
}

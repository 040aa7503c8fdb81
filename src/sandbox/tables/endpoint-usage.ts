import { MINUTE } from '../clock.ts';
import { BIGINT, BOOLEAN, INT, mapOf, STRING, TIMESTAMP } from '../engine/types.ts';
import { columns, json, type TableDef } from './table.ts';
import { trackedRequests } from './tracked-requests.ts';

/** The service says minutes to hours, and reports say 15 to 25 minutes. assumed: sql-lag */
const LAG = 20 * MINUTE;
/** Seeded requests of one endpoint in this table. */
const BUDGET = 30_000;
/** Characters of a token, by which the table counts those of a request. assumed: sql-usage-rows */
const CHARACTERS = 4;

/** One row for each routed request of an endpoint with usage tracking. evidence: sql-usage-table, assumed: sql-usage-rows */
export const ENDPOINT_USAGE: TableDef = {
  catalog: 'system',
  schema: 'serving',
  name: 'endpoint_usage',
  comment: 'Requests to endpoints with usage tracking',
  owner: 'System user',
  lag: LAG,
  grows: true,
  stamp: () => '',
  columns: columns({
    account_id: STRING,
    workspace_id: STRING,
    client_request_id: STRING,
    databricks_request_id: STRING,
    requester: STRING,
    status_code: INT,
    request_time: TIMESTAMP,
    input_token_count: BIGINT,
    output_token_count: BIGINT,
    input_character_count: BIGINT,
    output_character_count: BIGINT,
    usage_context: mapOf(STRING),
    request_streaming: BOOLEAN,
    served_entity_id: STRING,
  }),
  *rows(workspace, from, to) {
    const { account_id, org_id } = workspace;
    for (const one of trackedRequests(workspace, { from, to }, BUDGET, ({ tracked }) => tracked)) {
      const { request, request_id, served_entity_id } = one;
      yield [
        account_id,
        org_id,
        request.client_request_id ?? null,
        request_id,
        request.principal === '' ? null : request.principal,
        request.status,
        request.at,
        request.tokens_in,
        request.tokens_out,
        request.tokens_in * CHARACTERS,
        request.tokens_out * CHARACTERS,
        json(request.usage_context ?? {}),
        request.streaming ? 1 : 0,
        served_entity_id,
      ];
    }
  },
};

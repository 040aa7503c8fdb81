import { MINUTE } from '../clock.ts';
import { arrayOf, BIGINT, INT, mapOf, STRING, struct, TIMESTAMP } from '../engine/types.ts';
import { isTabular, servedSpec } from '../traffic/served-model.ts';
import { columns, json, type TableDef } from './table.ts';
import { trackedRequests } from './tracked-requests.ts';

/** assumed: sql-lag */
const LAG = 10 * MINUTE;
const BUDGET = 10_000;

const ATTEMPT = struct({
  action: STRING,
  destination: STRING,
  status_code: INT,
  error_code: STRING,
  latency_ms: BIGINT,
});

/** Requests to language models of endpoints with usage tracking. evidence: sql-gateway-table, assumed: sql-gateway-rows */
export const GATEWAY_USAGE: TableDef = {
  catalog: 'system',
  schema: 'ai_gateway',
  name: 'usage',
  comment: 'Requests through the AI Gateway',
  owner: 'System user',
  lag: LAG,
  grows: true,
  stamp: () => '',
  columns: columns({
    account_id: STRING,
    workspace_id: STRING,
    request_id: STRING,
    endpoint_id: STRING,
    endpoint_name: STRING,
    event_time: TIMESTAMP,
    destination_type: STRING,
    destination_name: STRING,
    destination_model: STRING,
    requester: STRING,
    requester_type: STRING,
    api_type: STRING,
    request_tags: mapOf(STRING),
    input_tokens: BIGINT,
    output_tokens: BIGINT,
    total_tokens: BIGINT,
    token_details: struct({
      cache_read_input_tokens: BIGINT,
      cache_creation_input_tokens: BIGINT,
      output_reasoning_tokens: BIGINT,
    }),
    status_code: INT,
    latency_ms: BIGINT,
    time_to_first_byte_ms: BIGINT,
    routing_information: struct({ attempts: arrayOf(ATTEMPT) }),
    user_agent: STRING,
    ip_address: STRING,
  }),
  *rows(workspace, from, to) {
    const { account_id, org_id } = workspace;
    const wanted = trackedRequests(workspace, { from, to }, BUDGET, ({ tracked, config }, endpoint) => {
      const [entity] = config?.served_entities ?? [];
      return tracked && entity !== undefined && !isTabular(servedSpec(workspace, endpoint, entity));
    });
    for (const { endpoint, request, request_id } of wanted) {
      const entity = endpoint.config?.served_entities.find(({ config }) => config.name === request.entity);
      const external = entity?.config.external_model;
      const kind = workspace.principals.get(request.principal)?.kind;
      yield [
        ...[account_id, org_id, request_id, endpoint.id, endpoint.name, request.at],
        external ? 'EXTERNAL_MODEL' : endpoint.foundation ? 'PAY_PER_TOKEN_FOUNDATION_MODEL' : 'CUSTOM_MODEL',
        request.entity,
        external?.name ?? entity?.config.entity_name ?? request.entity,
        request.principal === '' ? null : request.principal,
        kind === undefined ? null : kind === 'user' ? 'USER' : 'SERVICE_PRINCIPAL',
        'mlflow/v1/chat/completions',
        json(request.usage_context ?? {}),
        ...[request.tokens_in, request.tokens_out, request.tokens_in + request.tokens_out],
        json({}),
        ...[request.status, Math.round(request.latency_ms), Math.round(request.queue_ms)],
        json({ attempts: [attemptOf(request)] }),
        ...[null, null],
      ];
    }
  },
};

function attemptOf({
  fallback,
  entity,
  status,
  latency_ms,
}: {
  fallback?: boolean;
  entity: string;
  status: number;
  latency_ms: number;
}) {
  return {
    action: fallback === true ? 'FALLBACK' : 'INITIAL_ATTEMPT',
    destination: entity,
    status_code: status,
    latency_ms: Math.round(latency_ms),
  };
}

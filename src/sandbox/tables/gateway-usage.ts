import { MINUTE } from '../clock.ts';
import { arrayOf, BIGINT, INT, mapOf, STRING, struct, TIMESTAMP } from '../engine/types.ts';
import type { Principal, RoutedRequest, Workspace } from '../state/state.ts';
import { isTabular, servedSpec } from '../traffic/served-model.ts';
import { apiOf, destinationOf, latencyOf, modelOfCall, serviceCalls } from './service-calls.ts';
import { type Cell, columns, json, type TableDef } from './table.ts';
import { trackedRequests } from './tracked-requests.ts';

/** Reports say 15 to 25 minutes. assumed: sql-lag */
const LAG = 20 * MINUTE;
const BUDGET = 10_000;

const ATTEMPT = struct({
  action: STRING,
  destination: STRING,
  status_code: INT,
  error_code: STRING,
  latency_ms: BIGINT,
});

/**
 * Requests to language models of endpoints with usage tracking, and all calls of model services.
 * evidence: sql-gateway-table, assumed: sql-gateway-rows, assumed: gateway-usage-rows
 */
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
    service_type: STRING,
    service_name: STRING,
    service_tags: mapOf(STRING),
    auth_mode: STRING,
    mcp_metadata: struct({ tool_name: STRING }),
  }),
  *rows(workspace, from, to) {
    const { account_id, org_id } = workspace;
    yield* serviceRows(workspace, from, to);
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
        requesterType(kind),
        'mlflow/v1/chat/completions',
        json(request.request_tags ?? request.usage_context ?? {}),
        ...[request.tokens_in, request.tokens_out, request.tokens_in + request.tokens_out],
        json({}),
        ...[request.status, Math.round(request.latency_ms), Math.round(request.queue_ms)],
        json({ attempts: [attemptOf(request)] }),
        ...[request.user_agent ?? null, null],
        ...[null, null, null, null, null],
      ];
    }
  },
};

function requesterType(kind: Principal['kind'] | undefined): string | null {
  if (kind === undefined) return null;
  return kind === 'user' ? 'USER' : 'SERVICE_PRINCIPAL';
}

/** One row for each call of a model service, with its attempts. Also a refused one has a row. assumed: gateway-usage-rows */
function* serviceRows(workspace: Workspace, from: number, to: number): Generator<Cell[]> {
  for (const call of serviceCalls(workspace, { from, to }, BUDGET, () => true)) {
    const { service, request_id, last, attempts } = call;
    const [first = last] = attempts;
    const destination = last.refused ? undefined : destinationOf(call, last);
    const tokens_in = attempts.reduce((sum, each) => Math.max(sum, each.tokens_in), 0);
    yield [
      ...[workspace.account_id, workspace.org_id, request_id, service.id, service.full_name, first.at],
      destination?.destination_type.replace('DESTINATION_TYPE_', '') ?? null,
      ...[destination?.name ?? null, modelOfCall(call), last.principal === '' ? null : last.principal],
      requesterType(workspace.principals.get(last.principal)?.kind),
      ...[apiOf(call), json(last.request_tags ?? {})],
      ...[tokens_in, last.tokens_out, tokens_in + last.tokens_out, json({})],
      ...[last.status, latencyOf(call), Math.round(first.queue_ms)],
      json({ attempts: last.refused ? [] : attempts.filter(({ entity }) => entity !== '').map(attemptOf) }),
      ...[last.user_agent ?? null, null],
      ...['MODEL_SERVICE', service.full_name, json({}), null, null],
    ];
  }
}

/** The code of a failed attempt. assumed: gateway-usage-rows */
function codeOf({ status, answered }: RoutedRequest): string | undefined {
  if (typeof answered?.error_code === 'string') return answered.error_code;
  if (status < 400) return undefined;
  if (status >= 500) return status === 503 ? 'TEMPORARILY_UNAVAILABLE' : 'INTERNAL_ERROR';
  return { 403: 'PERMISSION_DENIED', 404: 'NOT_FOUND', 429: 'REQUEST_LIMIT_EXCEEDED' }[status] ?? 'BAD_REQUEST';
}

function attemptOf(request: RoutedRequest) {
  const { fallback, entity, status, latency_ms } = request;
  return {
    action: fallback === true ? 'FALLBACK' : 'INITIAL_ATTEMPT',
    destination: entity,
    status_code: status,
    error_code: codeOf(request),
    latency_ms: Math.round(latency_ms),
  };
}

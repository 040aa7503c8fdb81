/** Who called what, with which outcome: from the requests of endpoints with usage tracking (fact W8). Pure. */
import { timeText } from '../text/time.ts';
import type { Grouping, Query } from './statement.ts';
import { numberIn, type Row, textIn, timeIn } from './table.ts';

/** Groups that a statement returns at most, the largest first. */
const MAX_GROUPS = 1_000;

/** A served entity has a row for each config version, and joining all of them would count each request several times (fact W9). */
const ENTITIES = `(
  SELECT served_entity_id,
    MAX(endpoint_name) AS endpoint_name,
    MAX(endpoint_id) AS endpoint_id,
    MAX(served_entity_name) AS served_entity_name,
    MAX(entity_name) AS entity_name,
    MAX(entity_version) AS entity_version
  FROM system.serving.served_entities
  WHERE (:workspace IS NULL OR workspace_id = :workspace)
  GROUP BY served_entity_id
) AS e`;

const WHERE = `WHERE u.request_time >= :since AND u.request_time < :until
  AND (:workspace IS NULL OR u.workspace_id = :workspace)
  AND (:endpoint IS NULL OR e.endpoint_name = :endpoint)
  AND (:endpoint_id IS NULL OR e.endpoint_id = :endpoint_id)`;

const MEASURES = `COUNT(*) AS requests,
  COUNT_IF(u.status_code BETWEEN 200 AND 299) AS ok,
  COUNT_IF(u.status_code = 429) AS limited,
  COUNT_IF(u.status_code BETWEEN 400 AND 499 AND u.status_code <> 429) AS client_errors,
  COUNT_IF(u.status_code >= 500) AS server_errors,
  SUM(u.input_token_count) AS input_tokens,
  SUM(u.output_token_count) AS output_tokens,
  COUNT_IF(u.request_streaming) AS streamed,
  MAX(u.request_time) AS last_request`;

const MEASURED = [
  'requests',
  'ok',
  'limited',
  'client_errors',
  'server_errors',
  'input_tokens',
  'output_tokens',
  'streamed',
  'last_request',
];

/** The columns of each grouping, by their names in the result. */
const GROUPS: Readonly<Record<Grouping, readonly (readonly [name: string, expression: string])[]>> = {
  day: [['day', 'DATE(u.request_time)']],
  endpoint: [['endpoint', 'e.endpoint_name']],
  entity: [
    ['endpoint', 'e.endpoint_name'],
    ['entity', 'e.served_entity_name'],
    ['model', 'e.entity_name'],
    ['version', 'e.entity_version'],
  ],
  requester: [['requester', 'u.requester']],
  status: [['status', 'u.status_code']],
};

const NEEDS = {
  'system.serving.endpoint_usage': [
    'workspace_id',
    'request_time',
    'status_code',
    'input_token_count',
    'output_token_count',
    'request_streaming',
    'requester',
    'served_entity_id',
  ],
  'system.serving.served_entities': [
    'workspace_id',
    'served_entity_id',
    'endpoint_name',
    'endpoint_id',
    'served_entity_name',
    'entity_name',
    'entity_version',
  ],
};

/** Requests by a grouping. */
export function trafficQuery(by: Grouping): Query {
  const groups = GROUPS[by];
  const text = `SELECT ${groups.map(([name, expression]) => `${expression} AS ${name}`).join(', ')},
  ${MEASURES}
FROM system.serving.endpoint_usage AS u
LEFT JOIN ${ENTITIES} ON e.served_entity_id = u.served_entity_id
${WHERE}
GROUP BY ${groups.map((_, at) => at + 1).join(', ')}
ORDER BY requests DESC
LIMIT ${MAX_GROUPS + 1}`;
  return { text, needs: NEEDS, returns: [...groups.map(([name]) => name), ...MEASURED], rowLimit: MAX_GROUPS };
}

/** The last request of each endpoint, in one statement for all of them. */
export const LAST_REQUESTS: Query = {
  text: `SELECT e.endpoint_id AS endpoint_id, e.endpoint_name AS endpoint, COUNT(*) AS requests, MAX(u.request_time) AS last_request
FROM system.serving.endpoint_usage AS u
JOIN ${ENTITIES} ON e.served_entity_id = u.served_entity_id
${WHERE}
GROUP BY 1, 2
ORDER BY last_request DESC
LIMIT 2001`,
  needs: {
    'system.serving.endpoint_usage': ['workspace_id', 'request_time', 'served_entity_id'],
    'system.serving.served_entities': NEEDS['system.serving.served_entities'],
  },
  returns: ['endpoint_id', 'endpoint', 'requests', 'last_request'],
  rowLimit: 2_000,
};

/** The last request of an endpoint that has rows in the usage table. */
export interface LastRequest {
  /** Undefined for foundation models, which have none. */
  id: string | undefined;
  endpoint: string;
  /** Milliseconds since 1970. */
  at: number;
}

/** The result of {@link LAST_REQUESTS}. Rows without a name or a time say nothing. */
export function lastRequests(rows: readonly Row[]): LastRequest[] {
  return rows.flatMap((row) => {
    const [endpoint, at] = [textIn(row, 'endpoint'), timeIn(row, 'last_request')];
    return endpoint === undefined || at === undefined ? [] : [{ id: textIn(row, 'endpoint_id'), endpoint, at }];
  });
}

/** Sums of requests. */
export interface Traffic {
  requests: number;
  ok: number;
  /** 429. The table does not say who refused: a limit of the endpoint, the provider or a lack of capacity. */
  limited: number;
  clientErrors: number;
  serverErrors: number;
  inputTokens: number;
  outputTokens: number;
  streamed: number;
  last: number | undefined;
}

const NONE: Traffic = {
  requests: 0,
  ok: 0,
  limited: 0,
  clientErrors: 0,
  serverErrors: 0,
  inputTokens: 0,
  outputTokens: 0,
  streamed: 0,
  last: undefined,
};

function trafficIn(row: Row): Traffic {
  const count = (column: string) => numberIn(row, column) ?? 0;
  return {
    requests: count('requests'),
    ok: count('ok'),
    limited: count('limited'),
    clientErrors: count('client_errors'),
    serverErrors: count('server_errors'),
    inputTokens: count('input_tokens'),
    outputTokens: count('output_tokens'),
    streamed: count('streamed'),
    last: timeIn(row, 'last_request'),
  };
}

/** The sum of groups. */
export function totalOf(rows: readonly Row[]): Traffic {
  return rows.map(trafficIn).reduce(
    (a, b) => ({
      requests: a.requests + b.requests,
      ok: a.ok + b.ok,
      limited: a.limited + b.limited,
      clientErrors: a.clientErrors + b.clientErrors,
      serverErrors: a.serverErrors + b.serverErrors,
      inputTokens: a.inputTokens + b.inputTokens,
      outputTokens: a.outputTokens + b.outputTokens,
      streamed: a.streamed + b.streamed,
      last: Math.max(a.last ?? 0, b.last ?? 0) || undefined,
    }),
    NONE,
  );
}

/** Sums as an answer shows them. A row omits zeros; the total keeps those of the outcomes, because their absence is news. */
export function trafficView(traffic: Traffic, keepZeros: boolean): Record<string, unknown> {
  const { requests, ok, limited, clientErrors, serverErrors, inputTokens, outputTokens, streamed, last } = traffic;
  const shown = (value: number) => (value === 0 && !keepZeros ? undefined : value);
  return {
    requests,
    ok: shown(ok),
    limited_429: shown(limited),
    other_4xx: shown(clientErrors),
    errors_5xx: shown(serverErrors),
    other_status: requests - ok - limited - clientErrors - serverErrors || undefined,
    input_tokens: inputTokens || undefined,
    output_tokens: outputTokens || undefined,
    streaming_percent: streamed === 0 ? undefined : Math.round((1000 * streamed) / Math.max(1, requests)) / 10,
    last_request: timeText(last),
  };
}

/**
 * The groups of a report: days in their order, all others with the largest first.
 * @param labels the names of a group. Default: those of the usage table of endpoints.
 */
export function trafficRows(
  rows: readonly Row[],
  by: Grouping,
  labels: readonly string[] = GROUPS[by].map(([name]) => name),
): Record<string, unknown>[] {
  const views = rows.map((row): Record<string, unknown> => {
    const view = trafficView(trafficIn(row), false);
    // The outcome of a status is the status.
    const outcomes =
      by === 'status' ? { ok: undefined, limited_429: undefined, other_4xx: undefined, errors_5xx: undefined } : {};
    return { ...Object.fromEntries(labels.map((name) => [name, labelOf(row, name)])), ...view, ...outcomes };
  });
  return by === 'day' ? views.toSorted((a, b) => (String(a.day) < String(b.day) ? -1 : 1)) : views;
}

/** What a row is about. The join may find no served entity, such as one of a workspace that the caller may not see. */
function labelOf(row: Row, name: string): string | number | undefined {
  const text = textIn(row, name);
  if (text === undefined) return name === 'version' || name === 'model' ? undefined : 'not named';
  if (name === 'day') return text.slice(0, 10);
  return name === 'status' && /^\d+$/.test(text) ? Number(text) : text;
}

/** Answers by status, for rules that judge an endpoint. */
export function byStatus(rows: readonly Row[]): Map<number, number> {
  return new Map(
    rows.flatMap((row): [number, number][] => {
      const [status, requests] = [numberIn(row, 'status'), numberIn(row, 'requests')];
      return status === undefined || requests === undefined || textIn(row, 'status') === undefined
        ? []
        : [[status, requests]];
    }),
  );
}

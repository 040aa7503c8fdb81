/** Who called a model service, with which outcome: from the table of the gateway, which only account admins may read, unless they grant it (fact W14). Pure. */
import type { ModelService } from '../rest/model-services.ts';
import { fullNameOf } from '../rest/names.ts';
import type { TableName } from './failed-requests.ts';
import type { Grouping, Query } from './statement.ts';

/** Groups that a statement returns at most, the largest first. */
const MAX_GROUPS = 1_000;

type Column = readonly [name: string, expression: string];

/** The columns of each grouping, by their names in the result. */
const GROUPS: Readonly<Record<Grouping, readonly [Column, ...Column[]]>> = {
  day: [['day', 'DATE(u.event_time)']],
  endpoint: [['endpoint', 'u.endpoint_name']],
  entity: [
    ['destination', 'u.destination_name'],
    ['model', 'u.destination_model'],
  ],
  requester: [['requester', 'u.requester']],
  status: [['status', 'u.status_code']],
};

const MEASURES = `COUNT(*) AS requests,
  COUNT_IF(u.status_code BETWEEN 200 AND 299) AS ok,
  COUNT_IF(u.status_code = 429) AS limited,
  COUNT_IF(u.status_code BETWEEN 400 AND 499 AND u.status_code <> 429) AS client_errors,
  COUNT_IF(u.status_code >= 500) AS server_errors,
  SUM(u.input_tokens) AS input_tokens,
  SUM(u.output_tokens) AS output_tokens,
  MAX(u.event_time) AS last_request`;

const NEEDS = {
  'system.ai_gateway.usage': [
    'workspace_id',
    'event_time',
    'endpoint_name',
    'destination_name',
    'destination_model',
    'requester',
    'status_code',
    'input_tokens',
    'output_tokens',
  ],
};

/** The names that rows of a grouping have. */
export function labelsOf(by: Grouping): string[] {
  return GROUPS[by].map(([name]) => name);
}

/** Requests of a service by a grouping. */
export function serviceTrafficQuery(by: Grouping): Query {
  const groups = GROUPS[by];
  const text = `SELECT ${groups.map(([name, expression]) => `${expression} AS ${name}`).join(', ')},
  ${MEASURES}
FROM system.ai_gateway.usage AS u
WHERE u.event_time >= :since AND u.event_time < :until
  AND (:workspace IS NULL OR u.workspace_id = :workspace)
  AND u.endpoint_name = :endpoint
GROUP BY ${groups.map((_, at) => at + 1).join(', ')}
ORDER BY requests DESC
LIMIT ${MAX_GROUPS + 1}`;
  const measured = [...MEASURES.matchAll(/\bAS (\w+)/g)].map(([, name = '']) => name);
  return { text, needs: NEEDS, returns: [...labelsOf(by), ...measured], rowLimit: MAX_GROUPS };
}

/** The inference table of a service. Undefined where it has none. */
export function payloadTableOf({ config }: ModelService): { table: TableName; off: boolean } | undefined {
  const { table: resource, is_deleted } = config?.inference_table ?? {};
  const [catalog, schema, table, ...rest] = resource === undefined ? [] : fullNameOf(resource).split('.');
  if (!catalog || !schema || !table || rest.length > 0) return undefined;
  return { table: [catalog, schema, table], off: is_deleted === true };
}

/** Every statement that this server can send, by a name. */
import { COST_GROUPINGS, costQuery } from '../../src/usage/cost.ts';
import { failedQueries } from '../../src/usage/failed-requests.ts';
import { GATEWAY_USAGE } from '../../src/usage/gateway-usage.ts';
import { ENTITY_NAMES, payloadMinutes, USAGE_MINUTES } from '../../src/usage/per-minute.ts';
import { RELEASES } from '../../src/usage/releases.ts';
import { serviceTrafficQuery } from '../../src/usage/service-traffic.ts';
import { COLUMNS, GROUPINGS, type Query } from '../../src/usage/statement.ts';
import { LAST_REQUESTS, trafficQuery } from '../../src/usage/traffic.ts';

/** The columns of each known form of an inference table. */
export const FORMS = {
  gateway:
    'databricks_request_id client_request_id request_date request_time status_code sampling_fraction execution_duration_ms request response served_entity_id requester logging_error_codes',
  older: 'client_request_id databricks_request_id date timestamp_ms status_code execution_time_ms request response',
  'model service':
    'request_id invocation_id event_time status_code latency_ms requester request response destination_model api_type request_tags logging_error_codes',
  least: 'request_time status_code request response',
} as const;

export function columnsOf(form: keyof typeof FORMS): { name: string; type: string }[] {
  return FORMS[form].split(' ').map((name) => ({ name, type: 'STRING' }));
}

function failed(form: keyof typeof FORMS): [string, Query][] {
  const queries = failedQueries(columnsOf(form));
  if ('missing' in queries) throw new Error(`the form ${form} lacks ${queries.missing.join(', ')}`);
  return [
    [`failed requests, ${form}`, queries.rows],
    [`failed requests by status, ${form}`, queries.counts],
    [`failed answers, ${form}`, queries.answers],
  ];
}

function minutes(form: keyof typeof FORMS): [string, Query] {
  const query = payloadMinutes(columnsOf(form));
  if ('missing' in query) throw new Error(`the form ${form} lacks ${query.missing.join(', ')}`);
  return [`minutes, ${form}`, query];
}

export const QUERIES: readonly (readonly [what: string, query: Query])[] = [
  ['columns', COLUMNS],
  ...GROUPINGS.map((by) => [`traffic by ${by}`, trafficQuery(by)] as const),
  ['last requests', LAST_REQUESTS],
  ...COST_GROUPINGS.map((by) => [`cost by ${by}`, costQuery(by)] as const),
  ['releases', RELEASES],
  ['gateway usage', GATEWAY_USAGE],
  ...GROUPINGS.map((by) => [`service traffic by ${by}`, serviceTrafficQuery(by)] as const),
  ...failed('gateway'),
  ...failed('older'),
  ...failed('model service'),
  ...failed('least'),
  ['minutes of the usage table', USAGE_MINUTES],
  ['names of entities', ENTITY_NAMES],
  minutes('gateway'),
];

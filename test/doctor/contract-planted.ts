/* biome-ignore-all lint/suspicious/noAssignInExpressions: each change is one assignment in a table */
/** Differences that are planted in answers of the sandbox, one at a time, and what the check must find. */
import type { Planted } from '../support/differing-service.ts';

export interface PlantedRow {
  name: string;
  plant: Planted[];
  /** One difference that must be in the report. */
  finds: { route?: string; pointer: string; service: string; row?: string };
  /** What is no longer confirmed, and nothing else. */
  touches: string[];
}

type Json = Record<string, unknown>;
const items = (body: Json, field: string) => body[field] as Json[];
const ENDPOINTS = '/api/2.0/serving-endpoints';
const LIST = /serving-endpoints$/;
const DETAIL = /serving-endpoints\/house-price$/;
const rename = (object: Json, from: string, to: string) => {
  if (!(from in object)) return;
  object[to] = object[from];
  delete object[from];
};
const each =
  (field: string, change: (item: Json) => void) =>
  (body: Json): void => {
    for (const item of items(body, field)) change(item);
  };
const seconds = (time: unknown) => Math.floor(Number(time) / 1000);
const entity = (body: Json): Json => items(body.config as Json, 'served_entities')[0] ?? {};

export const PLANTED: PlantedRow[] = [
  {
    name: 'a renamed field',
    plant: [{ path: LIST, json: each('endpoints', (item) => rename(item, 'permission_level', 'access_level')) }],
    finds: { route: ENDPOINTS, pointer: '/endpoints/*/access_level', service: 'text', row: 'list-fields' },
    touches: ['answer.endpoints', 'list-fields'],
  },
  {
    name: 'the renamed field, as one that is missing',
    plant: [{ path: LIST, json: each('endpoints', (item) => rename(item, 'permission_level', 'access_level')) }],
    finds: { route: ENDPOINTS, pointer: '/endpoints/*/permission_level', service: 'absent', row: 'list-fields' },
    touches: ['answer.endpoints', 'list-fields'],
  },
  {
    name: 'a new field',
    plant: [{ path: DETAIL, json: (body) => ({ ...body, health_summary: { score: 4 } }) }],
    finds: { route: `${ENDPOINTS}/{name}`, pointer: '/health_summary', service: 'object' },
    touches: ['answer.endpoint'],
  },
  {
    name: 'a new field deep inside',
    plant: [{ path: DETAIL, json: (body) => void (entity(body).gpu_memory_gb = 16) }],
    finds: { pointer: '/config/served_entities/*/gpu_memory_gb', service: 'whole number' },
    touches: ['answer.endpoint'],
  },
  {
    name: 'a missing field',
    plant: [{ path: DETAIL, json: (body) => void delete body.route_optimized }],
    finds: { pointer: '/route_optimized', service: 'absent' },
    touches: ['answer.endpoint'],
  },
  {
    name: 'an integer as text',
    plant: [{ path: DETAIL, json: (body) => void ((body.config as Json).config_version = '1') }],
    finds: { pointer: '/config/config_version', service: 'text of digits' },
    touches: ['answer.endpoint'],
  },
  {
    name: 'a version as a number',
    plant: [{ path: DETAIL, json: (body) => void (entity(body).entity_version = 1) }],
    finds: { pointer: '/config/served_entities/*/entity_version', service: 'whole number' },
    touches: ['answer.endpoint'],
  },
  {
    name: 'null in the place of a text',
    plant: [{ path: DETAIL, json: (body) => void (body.description = null) }],
    finds: { pointer: '/description', service: 'null' },
    touches: ['answer.endpoint'],
  },
  {
    name: 'a new word in a state',
    plant: [{ path: LIST, json: each('endpoints', ({ state }) => void ((state as Json).ready = 'DEGRADED')) }],
    finds: { pointer: '/endpoints/*/state/ready', service: 'DEGRADED' },
    touches: ['answer.endpoints'],
  },
  {
    name: 'another word for a stopped endpoint',
    plant: [{ path: /ticket-search$/, json: ({ state }) => void ((state as Json).suspend = 'PAUSED_BY_USER') }],
    finds: { pointer: '/state/suspend', service: 'PAUSED_BY_USER', row: 'stopped-state' },
    touches: ['answer.endpoint', 'stopped-state'],
  },
  {
    name: 'a new task, in the spelling of tasks',
    plant: [{ path: /support-agent$/, json: (body) => void (body.task = 'agent/v3/responses') }],
    finds: { pointer: '/task', service: 'agent/v3/responses' },
    touches: ['answer.endpoint'],
  },
  {
    name: 'seconds in the place of milliseconds',
    plant: [{ path: DETAIL, json: (body) => void (body.creation_timestamp = seconds(body.creation_timestamp)) }],
    finds: { pointer: '/creation_timestamp', service: 'seconds' },
    touches: ['answer.endpoint'],
  },
  {
    name: 'microseconds in events',
    plant: [
      { path: /events\?/, json: each('events', (item) => void (item.timestamp = Number(item.timestamp) * 1000)) },
    ],
    finds: { pointer: '/events/*/timestamp', service: 'microseconds' },
    touches: ['answer.events'],
  },
  {
    name: 'an empty list in the place of an absent one',
    plant: [{ path: LIST, json: each('endpoints', (item) => void (item.tags ??= [])) }],
    finds: { pointer: '/endpoints/*/tags', service: 'empty list', row: 'empty-lists' },
    touches: ['answer.endpoints', 'empty-lists'],
  },
  {
    name: 'an empty page token on the last page',
    plant: [{ path: /\/api\/2\.0\/apps$/, json: (body) => ({ ...body, next_page_token: '' }) }],
    finds: { route: '/api/2.0/apps', pointer: '/next_page_token', service: 'empty text', row: 'last-page' },
    touches: ['answer.app-page', 'last-page'],
  },
  {
    name: 'a page token that is a number',
    plant: [{ path: /models\?max_results=1$/, json: (body) => ({ ...body, next_page_token: 2 }) }],
    finds: { pointer: '/next_page_token', service: 'whole number', row: 'last-page' },
    touches: ['answer.error', 'answer.model-page', 'last-page'],
  },
  {
    name: 'another body of an error',
    plant: [
      {
        path: /no-such-endpoint/,
        status: (status) => status === 404,
        json: () => ({ error: { message: 'not found', code: 404 } }),
      },
    ],
    finds: { route: `${ENDPOINTS}/{name}`, pointer: '/error_code', service: 'absent' },
    touches: ['answer.error'],
  },
  {
    name: 'an error without its request id',
    plant: [{ path: /no-such-endpoint/, status: (status) => status === 404, json: (body) => void delete body.details }],
    finds: { pointer: '/details', service: 'absent', row: 'request-info' },
    touches: ['request-info'],
  },
  {
    name: 'another code of an error',
    plant: [
      {
        path: /no-such-endpoint/,
        status: (status) => status === 404,
        json: (body) => ({ ...body, error_code: 'NOT_FOUND' }),
      },
    ],
    finds: { pointer: '/error_code', service: 'NOT_FOUND', row: 'not-found-control' },
    touches: ['answer.error', 'not-found-control'],
  },
  {
    name: 'another text of an error, whose common words are shown',
    plant: [
      {
        path: /no_such_catalog/,
        status: (status) => status === 404,
        json: (body) => ({ ...body, message: String(body.message).replace('Routine or Model', 'Registered Model') }),
      },
    ],
    finds: { pointer: '/message', service: "Registered Model '{name}' does not exist.", row: 'catalog-missing-text' },
    touches: ['answer.error', 'catalog-missing-text'],
  },
  {
    name: 'another status of a missing model',
    plant: [{ path: /no_such_catalog/, status: (status) => status === 404, as: 403 }],
    finds: { pointer: 'status', service: '403', row: 'catalog-missing-text' },
    touches: ['answer.error', 'catalog-missing-text'],
  },
  {
    name: 'a list that answers 202',
    plant: [{ path: /scopes\/list$/, as: 202 }],
    finds: { pointer: 'status', service: '202' },
    touches: ['answer.scopes', 'answer.secrets', 'secret-routes'],
  },
  {
    name: 'another content type',
    plant: [
      { path: /metrics$/, headers: (headers) => void (headers['content-type'] = 'application/openmetrics-text') },
    ],
    finds: { pointer: 'content-type', service: 'application/openmetrics-text', row: 'data.metrics-type' },
    touches: ['answer.metrics', 'data.metrics-type'],
  },
  {
    name: 'an OpenAPI document as plain text',
    plant: [{ path: /openapi$/, headers: (headers) => void (headers['content-type'] = 'text/plain') }],
    finds: { pointer: 'content-type', service: 'text/plain', row: 'data.openapi-type' },
    touches: ['answer.openapi', 'data.openapi-type'],
  },
  {
    name: 'a map in the place of an object',
    plant: [
      {
        path: /listing-app$/,
        json: (body) => ({
          ...body,
          ...Object.fromEntries(Array.from({ length: 13 }, (_, at) => [`app_${'abcdefghijklm'[at]}`, {}])),
        }),
      },
    ],
    finds: { route: '/api/2.0/apps/{name}', pointer: '/{key}', service: 'more than 12 fields' },
    touches: ['answer.app'],
  },
  {
    name: 'a page in the place of a log',
    plant: [
      {
        path: /\/logs$/,
        headers: (headers) => void (headers['content-type'] = 'text/html; charset=utf-8'),
        text: () => '<!doctype html><title>Sign in</title>',
      },
    ],
    finds: { pointer: 'content-type', service: 'text/html' },
    touches: ['answer.logs', 'data.access-lines', 'data.replicas', 'data.service-log'],
  },
  {
    name: 'a log of JSON lines',
    plant: [
      {
        path: /served-entities\/house_price-1\/logs$/,
        json: ({ logs }) => ({
          logs: String(logs)
            .split('\n')
            .map((line) => JSON.stringify({ line }))
            .join('\n'),
        }),
      },
    ],
    finds: { pointer: '/logs', service: 'lines of JSON', row: 'data.replicas' },
    touches: ['data.access-lines', 'data.replicas', 'data.service-log'],
  },
  {
    name: 'a build log without prefixes',
    plant: [{ path: /build-logs/, json: ({ logs }) => ({ logs: String(logs).replace(/^#\d+ [\d.]+ /gm, '') }) }],
    finds: { pointer: '/logs', service: 'lines of another form', row: 'build-log-format' },
    touches: ['build-log-format'],
  },
  {
    name: 'another name of a metric',
    plant: [{ path: /metrics$/, text: (text) => text.replaceAll('cpu_usage_percentage', 'cpu_utilization') }],
    finds: { pointer: '/cpu_utilization', service: 'gauge', row: 'data.metrics-gauges' },
    touches: ['answer.metrics', 'data.metrics-gauges'],
  },
  {
    name: 'counters in the place of gauges',
    plant: [
      { path: /metrics$/, text: (text) => text.replaceAll('request_count_total gauge', 'request_count_total counter') },
    ],
    finds: { pointer: '/request_count_total', service: 'counter', row: 'data.metrics-gauges' },
    touches: ['answer.metrics', 'data.metrics-gauges'],
  },
  {
    name: 'another label of a metric',
    plant: [{ path: /metrics$/, text: (text) => text.replaceAll('served_entity_name=', 'replica_id=') }],
    finds: { pointer: '/labels/replica_id', service: 'sent', row: 'data.metrics-type' },
    touches: ['answer.metrics', 'data.metrics-type'],
  },
  {
    name: 'metrics in seconds',
    plant: [{ path: /metrics$/, text: (text) => text.replace(/(\d{10})000$/gm, '$1') }],
    finds: { pointer: '/timestamp', service: 'another unit', row: 'data.metrics-gauges' },
    touches: ['answer.metrics', 'data.metrics-gauges'],
  },
  {
    name: 'counts without a fraction',
    plant: [{ path: /metrics$/, text: (text) => text.replace(/ (\d+)\.0 /g, ' $1 ') }],
    finds: { pointer: '/request_count_total', service: 'whole numbers', row: 'data.metrics-idle' },
    touches: ['answer.metrics', 'data.metrics-idle'],
  },
  {
    name: 'a header that is missing',
    plant: [{ path: /./, status: () => true, headers: (headers) => void delete headers['x-request-id'] }],
    finds: { route: 'any route', pointer: 'header x-request-id', service: 'absent', row: 'request-headers' },
    touches: ['answer.headers', 'request-headers'],
  },
  {
    name: 'headers of rate limits and of timing',
    plant: [
      {
        path: LIST,
        headers: (headers) =>
          void Object.assign(headers, { 'x-ratelimit-limit': '50', 'server-timing': 'total;dur=5' }),
      },
    ],
    finds: { pointer: 'header server-timing', service: 'sent', row: 'request-headers' },
    touches: ['answer.headers', 'request-headers'],
  },
  {
    name: 'other levels of access',
    plant: [
      {
        path: /permissionLevels$/,
        json: each('permission_levels', (item) => void (item.permission_level = 'CAN_READ')),
      },
    ],
    finds: { pointer: '/permission_levels/*/permission_level', service: 'CAN_READ' },
    touches: ['answer.levels'],
  },
  {
    name: 'aliases that nobody asked for',
    plant: [
      {
        path: /models\/ml\.prod\.house_price$/,
        json: (body) => ({ ...body, aliases: [{ alias_name: 'a', version_num: 1 }] }),
      },
    ],
    finds: { pointer: '/aliases', service: 'there', row: 'catalog-routes' },
    touches: ['catalog-routes'],
  },
  {
    name: 'grants in the short form',
    plant: [
      {
        path: /effective-permissions/,
        json: each(
          'privilege_assignments',
          (item) => void (item.privileges = items(item, 'privileges').map((one) => one.privilege)),
        ),
      },
    ],
    finds: { pointer: '/privilege_assignments/*/privileges/*', service: 'text' },
    touches: ['answer.effective-grants'],
  },
  {
    name: 'a directory without the list of groups',
    plant: [{ path: /scim\/v2\/Me$/, json: (body) => void delete body.groups }],
    finds: { pointer: '/groups', service: 'absent', row: 'scim-lists' },
    touches: ['answer.me', 'scim-lists'],
  },
  {
    name: 'an OpenAPI document with a path of the endpoint itself',
    plant: [{ path: /house-price\/openapi$/, json: (body) => ({ ...body, paths: { '/invocations': {} } }) }],
    finds: { pointer: '/paths/{key}', service: 'a key of another form', row: 'data.openapi-shape' },
    touches: ['answer.openapi', 'data.openapi-enum', 'data.openapi-shape'],
  },
];

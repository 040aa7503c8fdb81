/** What failing requests contained: from the inference table of an endpoint (facts W12 and W13). Pure. */
import type { Endpoint } from '../rest/endpoints.ts';
import { isObject } from '../rest/json.ts';
import type { Table } from '../rest/sql.ts';
import { clip, clipJson } from '../text/sanitize.ts';
import { timeText } from '../text/time.ts';
import { DAYS, DURATIONS, TIMES } from './payload-form.ts';
import type { Query } from './statement.ts';
import { numberIn, type Row, textIn, timeIn } from './table.ts';

/** Requests that an answer shows. Each is a customer's. */
const MOST_SHOWN = 5;
/** Statuses that an answer counts apart, the most frequent. */
const MOST_COUNTED = 10;
/** Characters of a body that leave the warehouse. Secrets are searched in them before an answer cuts them. */
const READ = 6_000;
/** Characters of a body in an answer. */
const SHOWN = 400;

/** Characters of an answer, and different answers, that a diagnosis reads. */
const ANSWER = 2_000;
const MOST_ANSWERS = 20;

/** A table of the service, by its three parts. */
export type TableName = readonly [catalog: string, schema: string, table: string];

/**
 * The table that has the requests of an endpoint: of the gateway, of telemetry (fact E17), or the older one of its config (fact U4). One that is
 * switched off still has its earlier rows.
 */
export function payloadTable(found: Endpoint): { table: TableName; off: boolean } | undefined {
  const { ai_gateway: gateway, telemetry_config: telemetry, config } = found;
  const named = telemetry?.inference_table_config?.name?.split('.') ?? [];
  const [catalog, schema, table, ...rest] = named;
  const tables = [
    fromConfig(gateway?.inference_table_config, found.name),
    catalog && schema && table && rest.length === 0
      ? { table: [catalog, schema, table] as const, off: false }
      : undefined,
    fromConfig(config?.auto_capture_config, found.name),
  ].filter((each) => each !== undefined);
  return tables.find(({ off }) => !off) ?? tables[0];
}

/** `<prefix>_payload`, where the prefix is the endpoint's name by default. */
function fromConfig(config: unknown, endpoint: string): { table: TableName; off: boolean } | undefined {
  if (!isObject(config)) return undefined;
  const { catalog_name: catalog, schema_name: schema, table_name_prefix: prefix, enabled } = config;
  if (typeof catalog !== 'string' || typeof schema !== 'string' || catalog === '' || schema === '') return undefined;
  const name = typeof prefix === 'string' && prefix !== '' ? prefix : endpoint;
  return { table: [catalog, schema, `${name}_payload`], off: enabled === false };
}

/** Each field of the answer, with the columns that may have it. */
const FIELDS = [
  { field: 'request_id', columns: ['databricks_request_id', 'request_id'] },
  { field: 'duration_ms', columns: DURATIONS },
  { field: 'requester', columns: ['requester'] },
  { field: 'served_entity_id', columns: ['served_entity_id'] },
  { field: 'destination', columns: ['destination_model'] },
] as const;

/** The columns without which the report says nothing. */
const BODIES = ['status_code', 'request', 'response'];

export interface FailedQueries {
  rows: Query;
  /** Failed requests of the window by status. */
  counts: Query;
  /** Failed answers of the window by status and text, the most frequent first. */
  answers: Query;
}

/**
 * The statements for a table, put together from fixed parts by the columns that it has.
 * @param columns the table's own columns, as the service lists them.
 * @returns the columns that are missing, where the table is none of the known forms.
 */
export function failedQueries(columns: Table['columns']): FailedQueries | { missing: string[] } {
  const has = new Set(columns.map(({ name }) => name.toLowerCase()));
  const time = TIMES.find(({ column }) => has.has(column));
  const missing = BODIES.filter((name) => !has.has(name));
  if (time === undefined || missing.length > 0) {
    return { missing: [...(time === undefined ? ['request_time'] : []), ...missing] };
  }
  const day = DAYS.find(({ column }) => has.has(column));
  const where = `WHERE ${[...(day === undefined ? [] : [day.where]), time.where].join('\n  AND ')}
  AND status_code >= 400`;
  const fields = FIELDS.map(({ field, columns: names }) => {
    const column = names.find((name) => has.has(name));
    return { field, text: column === undefined ? `NULL AS ${field}` : `CAST(${column} AS STRING) AS ${field}` };
  });
  const why = has.has('logging_error_codes')
    ? 'CAST(logging_error_codes AS STRING) AS absent_because'
    : 'NULL AS absent_because';
  const text = `SELECT ${time.column} AS at, status_code AS status, ${fields.map((each) => each.text).join(', ')},
  SUBSTR(request, 1, ${READ}) AS request, LENGTH(request) AS request_length,
  SUBSTR(response, 1, ${READ}) AS response, LENGTH(response) AS response_length,
  ${why}
FROM IDENTIFIER(:table)
${where}
ORDER BY ${time.column} DESC
LIMIT ${MOST_SHOWN}`;
  return {
    rows: {
      text,
      needs: {},
      returns: [
        'at',
        'status',
        ...fields.map(({ field }) => field),
        'request',
        'request_length',
        'response',
        'response_length',
        'absent_because',
      ],
      rowLimit: MOST_SHOWN,
    },
    counts: {
      text: `SELECT status_code AS status, COUNT(*) AS requests
FROM IDENTIFIER(:table)
${where}
GROUP BY 1
ORDER BY requests DESC
LIMIT 51`,
      needs: {},
      returns: ['status', 'requests'],
      rowLimit: 50,
    },
    answers: {
      text: `SELECT status_code AS status, SUBSTR(response, 1, ${ANSWER}) AS response, COUNT(*) AS answers, MAX(${time.column}) AS last
FROM IDENTIFIER(:table)
${where}
GROUP BY 1, 2
ORDER BY answers DESC
LIMIT ${MOST_ANSWERS}`,
      needs: {},
      returns: ['status', 'response', 'answers', 'last'],
      rowLimit: MOST_ANSWERS,
    },
  };
}

/** A failed request as an answer shows it. Bodies are text of others: they are redacted before they are cut. */
export function failedView(row: Row): Record<string, unknown> {
  const absent = textIn(row, 'absent_because');
  return {
    at: timeText(timeIn(row, 'at') ?? numberIn(row, 'at')),
    status: numberIn(row, 'status'),
    duration_ms: textIn(row, 'duration_ms') === undefined ? undefined : numberIn(row, 'duration_ms'),
    requester: clipped(row, 'requester', 70),
    request_id: clipped(row, 'request_id', 60),
    served_entity_id: clipped(row, 'served_entity_id', 60),
    destination: clipped(row, 'destination', 70),
    request: body(row, 'request'),
    response: body(row, 'response'),
    body_absent: absent === undefined || /^\s*(\[\s*\])?\s*$/.test(absent) ? undefined : reasonOf(absent),
  };
}

function clipped(row: Row, column: string, limit: number): string | undefined {
  const text = textIn(row, column);
  return text === undefined ? undefined : clipJson(text, limit);
}

function body(row: Row, column: string): string | undefined {
  const text = textIn(row, column);
  if (text === undefined) return undefined;
  const left = (numberIn(row, `${column}_length`) ?? 0) - text.length;
  // Two counts of what is missing would confuse.
  const shown = clipJson(text, SHOWN);
  return left > 0 ? shown.replace(/ \(\d+ more characters\)$/, ` (${left + text.length} characters in all)`) : shown;
}

/** Why a body is absent (fact W13). */
function reasonOf(codes: string): string {
  const parts = [
    /MAX_REQUEST_SIZE/.test(codes) ? 'the request was too large to log' : undefined,
    /MAX_RESPONSE_SIZE/.test(codes) ? 'the response was too large to log' : undefined,
  ].filter((part) => part !== undefined);
  return parts.length > 0 ? parts.join(', and ') : clipJson(codes, 60);
}

/** Failed requests by status, as an answer shows them. */
export function failedCounts(rows: readonly Row[]): Record<string, number> {
  const counts = rows.map((row) => [textIn(row, 'status') ?? 'none', numberIn(row, 'requests') ?? 0] as const);
  const others = counts.slice(MOST_COUNTED).reduce((sum, [, requests]) => sum + requests, 0);
  return { ...Object.fromEntries(counts.slice(0, MOST_COUNTED)), ...(others > 0 ? { others } : {}) };
}

/** A text with which requests failed. */
export interface FailedAnswer {
  status: number | undefined;
  /** Of a customer's request: redacted, and cut. */
  text: string;
  count: number;
  /** Of the last one, in milliseconds since 1970. */
  at: number;
}

/** The failed answers that have a text, the newest first. */
export function failedAnswers(rows: readonly Row[]): FailedAnswer[] {
  return rows
    .flatMap((row): FailedAnswer[] => {
      const text = textIn(row, 'response');
      const at = timeIn(row, 'last') ?? numberIn(row, 'last');
      if (text === undefined || at === undefined) return [];
      return [
        {
          status: numberIn(row, 'status') || undefined,
          text: clip(text, ANSWER),
          count: numberIn(row, 'answers') ?? 1,
          at,
        },
      ];
    })
    .sort((a, b) => b.at - a.at);
}

/**
 * Requests by minute and served entity, for a guarded rollout whose metrics do not tell the versions apart: from the inference table (facts W12 and
 * W13) or from the usage table (fact W8). Bodies are not read. Pure.
 */
import type { Table } from '../rest/sql.ts';
import { DAYS, DURATIONS, TIMES } from './payload-form.ts';
import type { Query } from './statement.ts';
import { numberIn, type Row, textIn, timeIn } from './table.ts';

const MINUTE_MS = 60_000;
/** Two rows a minute cover sixteen hours. An older minute of a longer rollout no longer counts. */
const MAX_ROWS = 2_000;
/** The newest entities of an endpoint. A rollout has a config version for each of its steps. */
const MAX_NAMES = 200;

/** Durations at which requests are counted, in milliseconds. They are about 1.5 apart, because that is the slowdown that the latency gate looks for. */
export const BOUNDS = [
  5, 8, 12, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 7_500, 10_000, 15_000,
  20_000, 30_000, 60_000, 120_000, 300_000, 600_000,
] as const;

const COUNTS = `COUNT(*) AS requests,
  COUNT_IF(status_code >= 500) AS errors_5xx,
  COUNT_IF(status_code BETWEEN 400 AND 499 AND status_code <> 429) AS errors_4xx,
  COUNT_IF(status_code = 429) AS limited`;
const COUNTED = ['minute', 'id', 'requests', 'errors_5xx', 'errors_4xx', 'limited'];

const OF_ENDPOINT = `(:workspace IS NULL OR workspace_id = :workspace)
    AND endpoint_name = :endpoint
    AND (:endpoint_id IS NULL OR endpoint_id = :endpoint_id)`;

/** The minutes of an endpoint in the usage table. */
export const USAGE_MINUTES: Query = {
  text: `SELECT DATE_TRUNC('MINUTE', u.request_time) AS minute, u.served_entity_id AS id,
  ${COUNTS.replaceAll('status_code', 'u.status_code')}
FROM system.serving.endpoint_usage AS u
JOIN (
  SELECT served_entity_id
  FROM system.serving.served_entities
  WHERE ${OF_ENDPOINT}
  GROUP BY 1
) AS e ON e.served_entity_id = u.served_entity_id
WHERE u.request_time >= :since AND u.request_time < :until
  AND (:workspace IS NULL OR u.workspace_id = :workspace)
GROUP BY 1, 2
ORDER BY minute DESC
LIMIT ${MAX_ROWS + 1}`,
  needs: {
    'system.serving.endpoint_usage': ['workspace_id', 'request_time', 'status_code', 'served_entity_id'],
    'system.serving.served_entities': ['workspace_id', 'endpoint_name', 'endpoint_id', 'served_entity_id'],
  },
  returns: COUNTED,
  rowLimit: MAX_ROWS,
};

/** The names behind the ids of the tables: all versions of the config up to the end of the window, the newest first (fact W9). */
export const ENTITY_NAMES: Query = {
  text: `SELECT served_entity_id AS id, MAX(served_entity_name) AS entity,
  MAX(endpoint_config_version) AS config_version, MAX(change_time) AS changed
FROM system.serving.served_entities
WHERE ${OF_ENDPOINT}
    AND change_time < :until
GROUP BY 1
ORDER BY changed DESC
LIMIT ${MAX_NAMES + 1}`,
  needs: {
    'system.serving.served_entities': [
      'workspace_id',
      'endpoint_name',
      'endpoint_id',
      'served_entity_id',
      'served_entity_name',
      'endpoint_config_version',
      'change_time',
    ],
  },
  returns: ['id', 'entity', 'config_version', 'changed'],
  rowLimit: MAX_NAMES,
};

/**
 * The statement for the minutes of an inference table, put together from fixed parts by the columns that it has.
 * @param columns the table's own columns, as the service lists them.
 * @returns the columns that are missing, where the table cannot tell versions apart, or has no durations.
 */
export function payloadMinutes(columns: Table['columns']): Query | { missing: string[] } {
  const has = new Set(columns.map(({ name }) => name.toLowerCase()));
  const time = TIMES.find(({ column }) => has.has(column));
  const day = DAYS.find(({ column }) => has.has(column));
  const duration = DURATIONS.find((name) => has.has(name));
  const missing = ['status_code', 'served_entity_id'].filter((name) => !has.has(name));
  if (time === undefined || duration === undefined || missing.length > 0)
    return { missing: [time ? '' : 'request_time', ...missing, duration ? '' : DURATIONS[0]].filter(Boolean) };
  const bounds = BOUNDS.map((bound) => `COUNT_IF(${duration} <= ${bound}) AS le_${bound}`);
  return {
    text: `SELECT ${time.minute} AS minute, served_entity_id AS id,
  ${COUNTS},
  COUNT(${duration}) AS timed,
  ${bounds.join(',\n  ')}
FROM IDENTIFIER(:table)
WHERE ${[...(day === undefined ? [] : [day.where]), time.where].join('\n  AND ')}
GROUP BY 1, 2
ORDER BY minute DESC
LIMIT ${MAX_ROWS + 1}`,
    needs: {},
    returns: [...COUNTED, 'timed', ...BOUNDS.map((bound) => `le_${bound}`)],
    rowLimit: MAX_ROWS,
  };
}

/** The requests of one served entity in a minute. */
export interface MinuteCounts {
  /** The end of the minute, in milliseconds since 1970. */
  at: number;
  /** Undefined for requests that reached no entity. */
  id: string | undefined;
  requests: number;
  errors_5xx: number;
  /** Without 429. */
  errors_4xx: number;
  /** 429. The tables do not say who refused: a limit of the endpoint, or the model for lack of capacity. */
  limited: number;
  /** Requests at or below each duration in milliseconds, the last of them infinite. Empty for the usage table. */
  durations: readonly { bound: number; count: number }[];
}

/** The rows of a statement for minutes. @returns undefined when one of them has no time or a count that is no number. */
export function minuteCounts(rows: readonly Row[]): MinuteCounts[] | undefined {
  const found = rows.map(countsIn);
  return found.every((each) => each !== undefined) ? found : undefined;
}

function countsIn(row: Row): MinuteCounts | undefined {
  const minute = timeIn(row, 'minute') ?? numberIn(row, 'minute');
  const numbers = [...COUNTED.slice(2), ...(row.has('timed') ? ['timed'] : [])].map((name) => numberIn(row, name));
  const [requests, errors_5xx, errors_4xx, limited, timed] = numbers;
  const bounds =
    timed === undefined ? [] : BOUNDS.map((bound) => ({ bound, count: numberIn(row, `le_${bound}`) ?? -1 }));
  const durations = timed === undefined ? [] : [...bounds, { bound: Infinity, count: timed }];
  const counts = [...numbers, ...durations.map(({ count }) => count)];
  if (!minute || !counts.every((each) => each !== undefined && each >= 0)) return undefined;
  return {
    at: minute + MINUTE_MS,
    id: textIn(row, 'id'),
    requests: requests ?? 0,
    errors_5xx: errors_5xx ?? 0,
    errors_4xx: errors_4xx ?? 0,
    limited: limited ?? 0,
    durations,
  };
}

/** What the table of served entities knows of an endpoint. */
export interface EntityNames {
  /** By the id that the tables of requests have. */
  names: ReadonlyMap<string, string>;
  /** The newest version of the config that it has. 0 where it has none. */
  configVersion: number;
}

/** The result of {@link ENTITY_NAMES}. */
export function entityNames(rows: readonly Row[]): EntityNames {
  const names = rows.flatMap((row): [string, string][] => {
    const [id, entity] = [textIn(row, 'id'), textIn(row, 'entity')];
    return id === undefined || entity === undefined ? [] : [[id, entity]];
  });
  const versions = rows.map((row) => numberIn(row, 'config_version') ?? 0);
  return { names: new Map(names), configVersion: Math.max(0, ...versions) };
}

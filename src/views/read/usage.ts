/** `get_usage` as its view shows it: sums, rows of cells, and what is missing. Pure. */
import { isObject } from '../../rest/json.ts';
import type { Data } from '../host/host.ts';
import { numberOf, rowsOf, textOf, textsOf, timeOf, unreadIn, wordOf } from './fields.ts';
import { spoken } from './state.ts';

/** What a value is, so that a view can write it as people of its host do. */
export type Kind = 'text' | 'number' | 'money' | 'percent' | 'time' | 'duration';

export interface Cell {
  kind: Kind;
  /** A text, or a number of the kind: percent, milliseconds, or an amount of the currency. */
  value: string | number;
}

export interface Column {
  field: string;
  title: string;
  kind: Kind;
}

export interface Table {
  columns: Column[];
  /** One cell for each column. Undefined where the row has none: nothing is known, or it is zero and left out by the tool. */
  rows: (Cell | undefined)[][];
  /** The column whose numbers are drawn as bars. */
  measure: Column | undefined;
  /** Rows that the answer left out, and why. */
  omitted: string | undefined;
}

export interface FailedRequest {
  facts: [string, Cell][];
  request: string | undefined;
  response: string | undefined;
}

export interface Usage {
  report: string;
  /** An endpoint or a model service. Undefined: all. */
  endpoint: string | undefined;
  by: string | undefined;
  since: number | undefined;
  until: number | undefined;
  currency: string | undefined;
  totals: [string, Cell][];
  main: Table;
  /** Days, oldest first, for a chart. Undefined for another grouping. */
  days: Days | undefined;
  /** Further tables with their titles. */
  others: [string, Table][];
  /** Failed requests by status, and examples of them. */
  failed: [string, Cell][];
  requests: FailedRequest[];
  /** Endpoints whose requests are in no row. */
  notTracked: string | undefined;
  late: string | undefined;
  warehouse: string | undefined;
  /** The call started the warehouse, in the words of the tool. */
  started: string | undefined;
  table: string | undefined;
  missing: string[];
  notes: string[];
}

export interface Days {
  /** The start of the first day in UTC, in milliseconds since 1970. */
  start: number;
  /** One for each day. `null`: no row, which is not the same as zero. */
  values: (number | null)[];
  title: string;
  kind: Kind;
  /** The window begins or ends within a day. */
  isCut: boolean;
}

/** Undefined for an answer that is no report. */
export function usageOf(data: Data): Usage | undefined {
  const report = textOf(data.report);
  if (report === undefined) return undefined;
  const by = textOf(data.by);
  const warehouse = isObject(data.warehouse) ? data.warehouse : {};
  const rows = rowsOf(report === 'releases' ? data.releases : data.rows);
  const main = tableOf(rows, omittedIn(data));
  const idle = tableOf(rowsOf(data.idle), undefined);
  const destinations = tableOf(rowsOf(data.destinations), undefined);
  const others: [string, Table][] = [
    [`Idle: ${textOf(data.idle_means) ?? 'costs money without requests'}`, idle],
    ['Where the gateway sent the requests', destinations],
  ];
  const unread = ['rows', 'releases', 'requests', 'idle', 'destinations'].filter((field) => unreadIn(data[field]) > 0);
  const left = numberOf(data.foundation_models_left_out);
  return {
    report,
    endpoint: textOf(data.endpoint) ?? textOf(data.model_service),
    by,
    since: timeOf(data.since),
    until: timeOf(data.until),
    currency: textOf(data.currency),
    totals: cellsIn(isObject(data.total) ? data.total : {}),
    main,
    days: by === 'day' ? daysOf(rows, main.measure, [timeOf(data.since), timeOf(data.until)]) : undefined,
    others: others.filter(([, table]) => table.rows.length > 0),
    failed: cellsIn(isObject(data.failed) ? data.failed : {}).map(([status, cell]) => [`Status ${status}`, cell]),
    requests: rowsOf(data.requests).map(requestOf),
    notTracked: notTrackedIn(data.not_tracked),
    late: textOf(data.late),
    warehouse: textOf(warehouse.name) ?? textOf(warehouse.id),
    started: textOf(warehouse.started),
    table: textOf(data.table),
    missing: [
      ...textsOf(data.not_checked),
      ...unread.map((field) => `${field}: entries of a form that this view does not know`),
      ...(left === undefined ? [] : [`${left} foundation models are left out`]),
    ],
    notes: textsOf(data.notes),
  };
}

/** The fields that this view knows, in the order of the columns. Those of a newer version are shown by their own names. */
const FIELDS: ReadonlyMap<string, readonly [title: string, kind: Kind]> = new Map([
  ['day', ['Day', 'text']],
  ['endpoint', ['Endpoint', 'text']],
  ['entity', ['Served entity', 'text']],
  ['model', ['Model', 'text']],
  ['version', ['Version', 'text']],
  ['requester', ['Requester', 'text']],
  ['destination', ['Destination', 'text']],
  ['status', ['Status', 'text']],
  ['config_version', ['Config version', 'text']],
  ['requests', ['Requests', 'number']],
  ['ok', ['Answered', 'number']],
  ['limited_429', ['Limited (429)', 'number']],
  ['other_4xx', ['Other 4xx', 'number']],
  ['errors_5xx', ['Errors (5xx)', 'number']],
  ['input_tokens', ['Input tokens', 'number']],
  ['output_tokens', ['Output tokens', 'number']],
  ['streaming_percent', ['Streamed', 'percent']],
  ['list_cost', ['List cost', 'money']],
  ['waking_cost', ['of it for waking', 'money']],
  ['units', ['Units', 'number']],
  ['units_without_price', ['Units without a price', 'number']],
  ['by_kind', ['By kind', 'money']],
  ['last_request', ['Last request', 'time']],
  ['last_usage', ['Last usage', 'time']],
  ['from', ['From', 'time']],
  ['until', ['Until', 'time']],
  ['by', ['Changed by', 'text']],
  ['deleted', ['Deleted', 'time']],
  ['at', ['Time', 'time']],
  ['duration_ms', ['Duration', 'duration']],
  ['p50_ms', ['Latency, median', 'duration']],
  ['p95_ms', ['Latency, p95', 'duration']],
  ['first_byte_p50_ms', ['First byte, median', 'duration']],
]);

/** Columns that can be bars, the first that a table has. */
const MEASURES = ['list_cost', 'requests'];
/** Rows that a page draws. An answer has fewer. */
const MOST = 500;

function columnOf(field: string): Column {
  const [title, kind] = FIELDS.get(field) ?? [spoken(field).replace(/^./, (first) => first.toUpperCase()), 'text'];
  return { field, title, kind };
}

function tableOf(all: readonly Data[], omitted: string | undefined): Table {
  const rows = all.slice(0, MOST);
  const found = new Set(rows.flatMap((row) => Object.keys(row)));
  // Known fields keep their order, whichever of them the first row has.
  const known = [...FIELDS.keys()].filter((field) => found.delete(field));
  const fields = [...known, ...found].slice(0, 20);
  const columns = fields.map((field) => {
    const column = columnOf(field);
    const isNumber = rows.every((row) => row[field] === undefined || numberOf(row[field]) !== undefined);
    return column.kind === 'text' && isNumber && !FIELDS.has(field) ? { ...column, kind: 'number' as const } : column;
  });
  const measure = columns.find(({ field }) => MEASURES.includes(field));
  return {
    columns,
    rows: rows.map((row) => columns.map(({ field, kind }) => cellOf(row[field], kind))),
    measure,
    omitted,
  };
}

/** A value that is not of its kind is shown as it is. */
function cellOf(value: unknown, kind: Kind): Cell | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (kind === 'time') {
    const time = timeOf(value);
    return time === undefined ? { kind: 'text', value: wordOf(value) ?? JSON.stringify(value) } : { kind, value: time };
  }
  const number = numberOf(value);
  if (number !== undefined && kind !== 'text') return { kind, value: number };
  if (Array.isArray(value)) return { kind: 'text', value: value.map((each) => wordOf(each) ?? '?').join(', ') };
  if (isObject(value)) {
    const parts = Object.entries(value).map(([key, each]) => `${spoken(key)} ${wordOf(each) ?? '?'}`);
    return { kind: 'text', value: parts.join(', ') };
  }
  return { kind: 'text', value: wordOf(value) ?? String(value) };
}

function cellsIn(row: Data): [string, Cell][] {
  return Object.entries(row).flatMap(([field, value]): [string, Cell][] => {
    const { title, kind } = columnOf(field);
    const cell = cellOf(value, kind === 'text' && numberOf(value) !== undefined ? 'number' : kind);
    return cell ? [[title, cell]] : [];
  });
}

const DAY = 86_400_000;
const MOST_DAYS = 400;

function daysOf(
  rows: readonly Data[],
  measure: Column | undefined,
  ends: readonly (number | undefined)[],
): Days | undefined {
  if (!measure) return undefined;
  const known = new Map<number, number>();
  for (const row of rows) {
    const [text, value] = [textOf(row.day), numberOf(row[measure.field])];
    const at = text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
    if (!Number.isNaN(at) && value !== undefined) known.set(at, value);
  }
  const times = [...known.keys()];
  const start = Math.min(...times);
  const count = Math.round((Math.max(...times) - start) / DAY) + 1;
  if (!(count > 1 && count <= MOST_DAYS)) return undefined;
  const values = Array.from({ length: count }, (_, at) => known.get(start + at * DAY) ?? null);
  const isCut = ends.some((each) => each === undefined || each % DAY !== 0);
  return { start, values, title: measure.title, kind: measure.kind, isCut };
}

function omittedIn({ omitted, omitted_why }: Data): string | undefined {
  const count = numberOf(omitted);
  if (count === undefined || count === 0) return undefined;
  return `${count} more rows are not in this answer: ${textOf(omitted_why) ?? 'it does not say why'}.`;
}

function notTrackedIn(value: unknown): string | undefined {
  if (!isObject(value)) return undefined;
  const names = textsOf(value.endpoints).join(', ');
  const count = numberOf(value.count);
  return `${count === undefined ? 'Some endpoints' : count === 1 ? '1 endpoint' : `${count} endpoints`}: ${names}. ${textOf(value.why) ?? ''}`.trim();
}

const BODIES: ReadonlySet<string> = new Set(['request', 'response']);

function requestOf(row: Data): FailedRequest {
  const facts = Object.fromEntries(Object.entries(row).filter(([field]) => !BODIES.has(field)));
  return { facts: cellsIn(facts), request: textOf(row.request), response: textOf(row.response) };
}

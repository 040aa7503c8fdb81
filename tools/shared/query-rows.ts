/** Checks and reads the rows of a query before the call costs money: against the published schema, and for numbers that lost digits. */
import type { Column } from '../../src/digest/json-schema.ts';
import { digestOpenApi, exampleRow } from '../../src/digest/openapi.ts';
import {
  isDouble,
  missingValues,
  problemsOfRows,
  rowsOfSplit,
  rowsOfTensor,
  sentValue,
  splitOf,
  unevenRows,
} from '../../src/digest/rows.ts';
import { call, Refusal } from '../../src/refusal.ts';
import { ApiError } from '../../src/rest/errors.ts';
import { isExact, maybeRounded } from '../../src/rest/exact-json.ts';
import { type Endpoint, endpoints, observe } from '../../src/rest/index.ts';
import { isObject } from '../../src/rest/json.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import type { QueryInput } from './query-body.ts';

/** Characters of the example row, and of the problems found in the given rows. */
const MAX_ROW = 3_000;
const MAX_PROBLEMS = 3_000;
/** Numbers that are named in a refusal or a warning. */
const MAX_NUMBERS = 5;

type Body = Record<string, unknown>;

export interface ReadRows {
  body: Body;
  warnings: string[];
}

/**
 * The body that is sent. Without a schema any row is accepted.
 * @throws Refusal for rows that do not fit, and for numbers that may not be what the caller wrote.
 */
export async function readRows(
  args: QueryInput & { entity?: string | undefined },
  body: Body,
  found: Endpoint | undefined,
  context: ToolContext,
): Promise<ReadRows> {
  refuseUneven(args.dataframe_split);
  const columns = await columnsFor(args, found, context);
  const warnings = columns.length > 0 ? checkRows(args, columns) : [];
  const byName = new Map(columns.map((column) => [column.name, column]));
  refuseRounded(body, byName);
  const sent = withDigits(body, byName);
  return { body: sent, warnings: [...warnings, ...doubtfulNumbers(sent)] };
}

async function columnsFor(
  args: QueryInput & { entity?: string | undefined },
  found: Endpoint | undefined,
  { http }: ToolContext,
): Promise<Column[]> {
  const { dataframe_records: records, dataframe_split: split, instances, inputs } = args;
  const table = records ?? split ?? rowsOfTensor(instances ?? inputs);
  if (table === undefined || found?.task !== undefined) return [];
  const text = await observe.openapi(http, args.endpoint).catch((error: unknown) => {
    if (error instanceof ApiError) return undefined;
    throw error;
  });
  if (text === undefined) return [];
  const served = endpoints.entitiesOf(found?.config);
  return columnsOf(text, args.entity ?? (served.length === 1 ? served[0]?.name : undefined));
}

/** @returns warnings. @throws Refusal */
function checkRows(args: QueryInput, columns: Column[]): string[] {
  const { dataframe_records: records, dataframe_split: split, instances, inputs } = args;
  const rows = records ?? (split ? rowsOfSplit(split) : rowsOfTensor(instances ?? inputs));
  if (!rows) return [];
  // Tensors may have another form than the schema says, so the service judges them.
  const problems = records || split ? problemsOfRows(rows, columns) : [];
  if (problems.length === 0) return missingValues(rows, columns);
  const row = exampleRow(columns);
  const example = split ? { example_split: splitOf(row) } : { example_row: row };
  const shown = JSON.stringify(example).length <= MAX_ROW;
  const message = `the rows do not match the schema of ${args.endpoint}; nothing was sent: ${clip(problems.slice(0, 12).join('; '), MAX_PROBLEMS)}`;
  // Column names are text from outside, so the example row is data and `next` only refers to it.
  const next = shown
    ? `Repeat the call with ${split ? 'a dataframe_split like example_split' : 'rows like example_row'}.`
    : `See ${call('get_schema', { endpoint: args.endpoint })}.`;
  throw new Refusal('schema_mismatch', message, next, {
    ...(shown ? example : {}),
    problems: problems.slice(0, 30).map((problem) => clip(problem, 300)),
  });
}

/** In a row of the wrong length, no value can be assigned to its column. */
function refuseUneven(split: QueryInput['dataframe_split']): void {
  const problem = split && unevenRows(split);
  if (problem === undefined) return;
  const next = 'Give each row of data one value per column, in column order. Use null for a missing value.';
  throw new Refusal('uneven_rows', `dataframe_split: ${problem}; nothing was sent`, next);
}

/** The columns of the entity that will answer. With several entities, only columns that all of them share can be checked. */
function columnsOf(text: string, entity: string | undefined): Column[] {
  try {
    const schemas = digestOpenApi(text);
    if (entity !== undefined) return schemas.find((each) => each.entity === entity)?.columns ?? [];
    const [first, ...others] = schemas;
    return first && others.every((each) => JSON.stringify(each.columns) === JSON.stringify(first.columns))
      ? first.columns
      : [];
  } catch {
    return [];
  }
}

type Columns = ReadonlyMap<string, Column>;

/** The body with texts of digits as numbers, where the schema says integer. */
function withDigits(body: Body, columns: Columns): Body {
  if (columns.size === 0) return body;
  const row = (given: unknown) =>
    isObject(given)
      ? Object.fromEntries(Object.entries(given).map(([name, value]) => [name, sentValue(value, columns.get(name))]))
      : given;
  const column = (name: string, values: unknown) => {
    const found = columns.get(name);
    return Array.isArray(values) ? values.map((value) => sentValue(value, found)) : sentValue(values, found);
  };
  const tensor = (value: unknown) =>
    Array.isArray(value)
      ? value.map(row)
      : isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([name, values]) => [name, column(name, values)]))
        : value;
  const { dataframe_records: records, dataframe_split: split, instances, inputs } = body;
  return {
    ...body,
    ...(Array.isArray(records) ? { dataframe_records: records.map(row) } : {}),
    ...(isObject(split) ? { dataframe_split: splitWithDigits(split, columns) } : {}),
    ...(instances === undefined ? {} : { instances: tensor(instances) }),
    ...(inputs === undefined ? {} : { inputs: tensor(inputs) }),
  };
}

function splitWithDigits(split: Body, columns: Columns): Body {
  const names = Array.isArray(split.columns) ? split.columns.map(String) : [];
  const found = names.map((name) => columns.get(name));
  const rows = Array.isArray(split.data) ? split.data : [];
  const data = rows.map((row: unknown) =>
    Array.isArray(row) ? row.map((value, at) => sentValue(value, found[at])) : row,
  );
  return { ...split, data };
}

/** A number in a body, and the names on the way to it. */
interface Place {
  path: string[];
  value: unknown;
}

/**
 * A client that parses the call rounds integers beyond 2^53 before this server sees them. In a column of doubles nothing is lost, because the model
 * rounds them too.
 */
function refuseRounded(body: Body, columns: Columns): void {
  const names = isObject(body.dataframe_split) ? body.dataframe_split.columns : undefined;
  const isHarmless = ({ path }: Place) => {
    const [form, first, second, third] = path;
    const split = Array.isArray(names) ? String(names[Number(third)]) : undefined;
    const name = form === 'dataframe_split' ? split : form === 'inputs' && columns.has(first ?? '') ? first : second;
    return isDouble(columns.get(name ?? ''));
  };
  const rounded = numbersIn(body, maybeRounded).filter((place) => !isHarmless(place));
  if (rounded.length === 0) return;
  const message = `${listed(rounded)} may have lost digits before this server got the call, because it is beyond 2^53; nothing was sent`;
  const next =
    'Give it as text, in quotes: it travels as a number with all its digits where the schema says integer, and as text elsewhere.';
  throw new Refusal('rounded_number', message, next);
}

/** Numbers that look as if a JavaScript client had rounded them: they are sent as they are, but may not be the right ones. */
function doubtfulNumbers(body: Body): string[] {
  const doubtful = numbersIn(body, (value) => isExact(value) && String(Number(value.toString())) === value.toString());
  if (doubtful.length === 0) return [];
  return [
    `${listed(doubtful)} was sent with the digits that this server got. A client in JavaScript may have rounded it before: give it as text to be sure.`,
  ];
}

function listed(places: Place[]): string {
  const names = places.slice(0, MAX_NUMBERS).map(({ path, value }) => `${clip(path.join('.'), 80)} (${String(value)})`);
  return places.length > names.length
    ? `${names.join(', ')} and ${places.length - names.length} more`
    : names.join(', ');
}

function numbersIn(value: unknown, wanted: (value: unknown) => boolean, path: string[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  // A body has millions of numbers, and few of them are wanted.
  return Object.entries(value).flatMap(([key, inner]) => {
    if (typeof inner !== 'number' && typeof inner !== 'object') return [];
    if (wanted(inner)) return [{ path: [...path, key], value: inner }];
    return isExact(inner) ? [] : numbersIn(inner, wanted, [...path, key]);
  });
}

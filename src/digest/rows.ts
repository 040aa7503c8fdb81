/** Checks rows against the columns of a model before a call costs money. Pure. */
import { exactNumber, isExact, maybeRounded } from '../rest/exact-json.ts';
import { isObject } from '../rest/json.ts';
import type { Column } from './json-schema.ts';

/** How many values are checked at most, in the first rows. A model with many columns and rows has more than a call can wait for. */
const MAX_VALUES = 1_000_000;
/** Different problems that are counted. */
const MAX_PROBLEMS = 100;

/** The kinds of value that a column takes, without formats: `integer (int64)|string` has `integer` and `string`. */
const kindsOf = ({ type }: Column) => type.split('|').map((each) => each.split(' ')[0] ?? 'any');

/** Whether a column takes fractions, so that a model reads every number in it as a double. */
export function isDouble(column: Column | undefined): boolean {
  return column !== undefined && kindsOf(column).includes('number');
}

/** Whether a text of digits means a number in this column: a client may not be able to send an id of 64 bits as one. */
function takesDigits(column: Column, value: unknown): value is string {
  const kinds = kindsOf(column);
  return (
    typeof value === 'string' &&
    /^(?:0|-?[1-9]\d{0,19})$/.test(value) &&
    kinds.includes('integer') &&
    !kinds.includes('string') &&
    !kinds.includes('any')
  );
}

/** The value that is sent: a text of digits as a number with all of them. */
export function sentValue(value: unknown, column: Column | undefined): unknown {
  if (column === undefined || !takesDigits(column, value)) return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : exactNumber(String(BigInt(value)));
}

/** Warnings about null in columns that the schema does not call nullable, but where a model server reads it as a value. */
export function missingValues(rows: Record<string, unknown>[], columns: Column[]): string[] {
  return columns.flatMap((column) => {
    const reads = readsNull(column);
    if (reads === undefined || column.nullable) return [];
    const count = rows.filter((row) => row[column.name] === null).length;
    return count === 0 ? [] : [`column "${column.name}" is null in ${count} of ${rows.length} rows: ${reads}`];
  });
}

/** What becomes of null. Undefined when nothing surprises. */
function readsNull(column: Column): string | undefined {
  const kinds = kindsOf(column);
  if (kinds.includes('boolean') && mayBeMissing(column)) return 'the model may read it as false';
  if (column.required !== true) return undefined;
  if (isDouble(column)) return 'the column is required; the model reads it as NaN and may refuse it';
  return kinds.includes('string') ? 'the column is required, and the model may refuse it' : undefined;
}

/**
 * Problems of rows. A problem of many rows is listed once. Model servers ignore extra columns (fact Q14). So an extra column is only
 * reported next to another problem, where it is likely a misspelling.
 */
export function problemsOfRows(given: Record<string, unknown>[], columns: Column[]): string[] {
  const rows = given.slice(0, Math.max(1, Math.floor(MAX_VALUES / Math.max(1, columns.length))));
  const problems = new Map<string, number>();
  const add = (problem: string) => {
    const times = problems.get(problem) ?? 0;
    if (times > 0 || problems.size < MAX_PROBLEMS) problems.set(problem, times + 1);
  };
  const known = new Map(columns.map((column) => [column.name, column]));
  for (const row of rows) {
    for (const column of columns) {
      if (!(column.name in row)) {
        if (column.required === true) add(`column "${column.name}" (${column.type}) is missing`);
      } else {
        const fault = mismatch(row[column.name], column);
        if (fault) add(`column "${column.name}" ${fault}`);
      }
    }
  }
  if (problems.size === 0) return [];
  for (const row of rows) {
    for (const name of Object.keys(row)) if (!known.has(name)) add(`column "${name}" is not part of the schema`);
  }
  const among = rows.length < given.length ? `of the first ${rows.length} rows` : `of ${rows.length} rows`;
  return [...problems].map(([problem, times]) => (given.length > 1 ? `${problem} (${times} ${among})` : problem));
}

/** Whether null may stand for a missing value: integers and booleans cannot be missing, and a required list or object has to be there. */
function mayBeMissing(column: Column): boolean {
  if (column.nullable) return true;
  const kinds = kindsOf(column);
  if (kinds.some((kind) => kind === 'number' || kind === 'string' || kind === 'any')) return true;
  return column.required !== true && !kinds.includes('integer');
}

function mismatch(value: unknown, column: Column): string | undefined {
  if (value === null) return mayBeMissing(column) ? undefined : `is null, but must be ${column.type}`;
  if (takesDigits(column, value)) return isInt64(value) ? undefined : `is ${value}, which has more than 64 bits`;
  if (column.enum && column.enum.length < 20 && !column.enum.some((each) => each === value)) {
    return `must be one of ${JSON.stringify(column.enum)}`;
  }
  if (maybeRounded(value) && !isDouble(column) && kindsOf(column).includes('integer'))
    return `is ${value}, a number that may have lost digits before it arrived: give it as text`;
  const actual = isExact(value) ? 'number' : Array.isArray(value) ? 'array' : typeof value;
  const whole = isExact(value) ? isInt64(value.toString()) : Number.isInteger(value);
  const fits = kindsOf(column).some((wanted) => {
    if (wanted === 'any') return true;
    if (wanted === 'integer') return actual === 'number' && whole;
    return wanted === actual;
  });
  return fits ? undefined : `is ${actual === 'number' && !whole ? 'a fraction' : actual}, but must be ${column.type}`;
}

function isInt64(digits: string): boolean {
  return /^-?\d+$/.test(digits) && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits);
}

interface Split {
  columns: unknown[];
  data: unknown[][];
}

/** The problem with the length of rows. Undefined when each has a value for every column. */
export function unevenRows({ columns, data }: Split): string | undefined {
  const uneven = data.filter((row) => row.length !== columns.length);
  const [first] = uneven;
  if (!first) return undefined;
  const which = data.length > 1 ? ` (${uneven.length} of ${data.length} rows have the wrong length)` : '';
  return `a row has ${first.length} values for ${columns.length} columns${which}`;
}

/** A row in the form of `dataframe_split`. */
export function splitOf(row: Record<string, unknown>): Split {
  return { columns: Object.keys(row), data: [Object.values(row)] };
}

/** `dataframe_split` as rows, so that one check serves both. */
export function rowsOfSplit(split: Split): Record<string, unknown>[] {
  return split.data.map((values) =>
    Object.fromEntries(split.columns.map((column, index) => [String(column), values[index]])),
  );
}

/**
 * Rows in the forms of tensors: a list of objects, or an object with a list for each column. Undefined for other tensors, which have no columns.
 */
export function rowsOfTensor(value: unknown): Record<string, unknown>[] | undefined {
  if (Array.isArray(value)) return value.length > 0 && value.every(isObject) ? value : undefined;
  if (!isObject(value)) return undefined;
  const columns = Object.entries(value).map(
    ([name, values]) => [name, Array.isArray(values) ? values : [values]] as const,
  );
  const length = columns[0]?.[1].length ?? 0;
  if (length === 0 || columns.some(([, values]) => values.length !== length)) return undefined;
  return Array.from({ length }, (_, row) => Object.fromEntries(columns.map(([name, values]) => [name, values[row]])));
}

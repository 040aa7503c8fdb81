/** Checks rows against the columns of a model before a call costs money. Pure. */
import type { Column } from './openapi.ts';

/** How many values are checked at most, in the first rows. A model with many columns and rows has more than a call can wait for. */
const MAX_VALUES = 1_000_000;
/** Different problems that are counted. */
const MAX_PROBLEMS = 100;

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

function mismatch(value: unknown, column: Column): string | undefined {
  if (value === null) return column.nullable ? undefined : `is null, but must be ${column.type}`;
  if (column.enum && column.enum.length < 20 && !column.enum.some((each) => each === value)) {
    return `must be one of ${JSON.stringify(column.enum)}`;
  }
  const actual = Array.isArray(value) ? 'array' : typeof value;
  const fits = column.type.split('|').some((type) => {
    const wanted = type.split(' ')[0] ?? 'any';
    if (wanted === 'any') return true;
    if (wanted === 'integer') return Number.isInteger(value);
    return wanted === actual;
  });
  return fits
    ? undefined
    : `is ${actual === 'number' && !Number.isInteger(value) ? 'a fraction' : actual}, but must be ${column.type}`;
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

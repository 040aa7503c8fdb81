import type { InputColumn } from '../state/model-spec.ts';
import { type Answer, failure } from './answer.ts';

/** The words of the MLflow scoring server. */
const UNREADABLE =
  'Failed to parse input as a Pandas DataFrame. Ensure that the input is a valid CSV-formatted Pandas DataFrame produced using the `pandas.DataFrame.to_csv()` method.';

/** One field, quoted or not, and what ends it. */
const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;

/** The body of a scoring request with the rows of a CSV text, or the 400 of the scoring server. assumed: data.content-type */
export function csvBody(text: string, signature: readonly InputColumn[]): { body: unknown } | { refused: Answer } {
  const [columns, ...rows] = linesOf(text) ?? [];
  const wide = rows.some((row) => row.length > (columns?.length ?? 0));
  if (!columns || wide) return { refused: failure(400, 'BAD_REQUEST', UNREADABLE) };
  const types = new Map(signature.map(({ name, type }) => [name, type]));
  const data = rows.map((row) => columns.map((column, at) => cellOf(row[at], types.get(column) === 'boolean')));
  return { body: { dataframe_split: { columns, data } } };
}

/** An empty field is a missing value. The signature casts numbers later. */
function cellOf(field: string | undefined, flag: boolean): string | boolean | null {
  if (field === undefined || field === '') return null;
  return flag && /^(true|false)$/i.test(field) ? field.toLowerCase() === 'true' : field;
}

/** The lines of a text by field, without blank lines. Undefined when a quote does not end. */
function linesOf(text: string): string[][] | undefined {
  const lines: string[][] = [];
  let line: string[] = [];
  FIELD.lastIndex = 0;
  while (FIELD.lastIndex < text.length) {
    const match = FIELD.exec(text);
    if (!match) return undefined;
    const [, quoted, plain = '', end] = match;
    line.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    if (line.some((field) => field !== '')) lines.push(line);
    line = [];
  }
  if (line.length > 0) lines.push(line);
  return lines;
}

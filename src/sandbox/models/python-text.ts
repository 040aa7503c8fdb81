/** JSON values as Python and pandas print them. Errors of the model server quote the request in that form. */

function quote(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

/** `repr()` of a parsed JSON value. */
export function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([key, item]) => `${quote(key)}: ${pythonRepr(item)}`)
      .join(', ')}}`;
  }
  return String(value);
}

/** `type(value).__name__` of a parsed JSON value. */
export function pythonTypeName(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'dict';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'bigint' || Number.isInteger(value) ? 'int' : 'float';
}

/**
 * `str()` of a pandas DataFrame: right-aligned columns and a numbered index. Rows after the fifth are omitted, as pandas does with long
 * dataframes.
 */
export function dataframeText(columns: readonly string[], rows: readonly Record<string, unknown>[]): string {
  if (rows.length === 0) return `Empty DataFrame\nColumns: [${columns.join(', ')}]\nIndex: []`;
  const shown = rows.slice(0, 5);
  const cell = (value: unknown): string =>
    value === null || value === undefined ? 'NaN' : typeof value === 'string' ? value : pythonRepr(value);
  const index = shown.map((_, row) => String(row));
  const indexWidth = Math.max(...index.map((label) => label.length));
  const cells = columns.map((column) => [column, ...shown.map((row) => cell(row[column]))]);
  const widths = cells.map((column) => Math.max(...column.map((text) => text.length)));
  const line = (label: string, row: number): string =>
    [label.padEnd(indexWidth), ...cells.map((column, at) => (column[row] ?? '').padStart((widths[at] ?? 0) + 1))].join(
      ' ',
    );
  const lines = [line('', 0), ...index.map((label, at) => line(label, at + 1))];
  if (rows.length > shown.length) lines.push('..', '', `[${rows.length} rows x ${columns.length} columns]`);
  return lines.join('\n');
}

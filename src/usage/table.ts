/** Reads the result of a statement by the names of its columns. Pure. */
import type { Table } from '../rest/sql.ts';

/** A row by column. */
export type Row = ReadonlyMap<string, string | null>;

/**
 * The rows by column, or the columns that the result lacks. The service keeps the names of a text, but a proxy or a newer service may not: a missing
 * one must not count as zero.
 */
export function rowsOf(table: Table, wanted: readonly string[]): { rows: Row[] } | { missing: string[] } {
  const names = table.columns.map(({ name }) => name.toLowerCase());
  const missing = wanted.filter((name) => !names.includes(name));
  if (missing.length > 0) return { missing };
  return { rows: table.rows.map((row) => new Map(names.map((name, at) => [name, row[at] ?? null]))) };
}

/** A number, or 0 for NULL, which is the sum of no rows. Undefined for other text. */
export function numberIn(row: Row, column: string): number | undefined {
  const text = row.get(column);
  if (text === null || text === undefined || text.trim() === '') return 0;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** A text, or undefined for NULL and for nothing. */
export function textIn(row: Row, column: string): string | undefined {
  return row.get(column) || undefined;
}

/** A time in milliseconds since 1970. Without a zone it is UTC (fact W4). */
export function timeIn(row: Row, column: string): number | undefined {
  const text = row.get(column)?.trim();
  if (!text) return undefined;
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/i.test(text);
  const time = Date.parse(hasZone ? text : `${text.replace(' ', 'T')}${text.length > 10 ? 'Z' : 'T00:00:00Z'}`);
  return Number.isFinite(time) ? time : undefined;
}

/** The columns of `needs` that a table lacks, by its own list of columns. A field is looked for in the type of its column, if that is spelled out. */
export function missingColumns(table: Table, needs: readonly string[]): string[] {
  const types = new Map(table.columns.map(({ name, type }) => [name.toLowerCase(), type.toLowerCase()]));
  return needs.filter((need) => {
    const [column = '', ...path] = need.split('.');
    const type = types.get(column);
    if (type === undefined) return true;
    return type.includes('<') && path.some((field) => !new RegExp(`\\b${field}\\b`).test(type));
  });
}

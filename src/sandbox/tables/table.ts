import type { SqlType } from '../engine/types.ts';
import type { Workspace } from '../state/state.ts';

/** A value of a row: text, a number, a boolean as 0 or 1, JSON as text, or null. */
export type Cell = string | number | null;

/** A table that statements can read. */
export interface TableDef {
  catalog: string;
  schema: string;
  name: string;
  comment: string;
  columns: readonly { name: string; type: SqlType }[];
  /** Its owner has all rights on it. */
  owner: string;
  /** How late rows appear, in sandbox milliseconds. */
  lag: number;
  /**
   * Whether rows only ever follow. The rows of a span are then read once. Otherwise the whole table is read again when `stamp` changes.
   */
  grows: boolean;
  stamp: (workspace: Workspace, to: number) => string;
  /** The rows from `from` to before `to`, in sandbox time. */
  rows: (workspace: Workspace, from: number, to: number) => Iterable<Cell[]>;
}

/** The columns of a table, from their names and types. */
export function columns(of: Record<string, SqlType>): TableDef['columns'] {
  return Object.entries(of).map(([name, type]) => ({ name, type }));
}

/** Nested values are JSON. A null field is absent. */
export function json(value: Record<string, unknown> | unknown[] | null | undefined): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}

import { forgetSqlite, type Opened, openDatabase } from '../engine/database.ts';
import { TABLE_HISTORY } from '../state/periods.ts';
import type { Workspace } from '../state/state.ts';
import type { TableDef } from '../tables/table.ts';

/** The tables that were read into SQLite, for each workspace. A reset makes a new workspace. */
const STORES = new WeakMap<Workspace, Promise<Store>>();

/** A table in SQLite: until when its rows are there, and for which stamp. */
interface Loaded {
  to: number;
  stamp: string;
}

export interface Store {
  opened: Opened;
  loaded: Map<string, Loaded>;
}

/** The database of a workspace. */
export function storeOf(workspace: Workspace): Promise<Store> {
  const known = STORES.get(workspace) ?? openDatabase().then((opened) => ({ opened, loaded: new Map() }));
  STORES.set(workspace, known);
  // Without its file, it may be there the next time.
  known.catch(() => STORES.delete(workspace));
  return known;
}

/** Drops the database of a workspace, and SQLite itself, which all databases share. */
export function forgetStore(workspace: Workspace): void {
  STORES.delete(workspace);
  forgetSqlite();
}

const nameOf = ({ catalog, schema, name }: TableDef): string =>
  `"${[catalog, schema, name].join('.').replaceAll('"', '""')}"`;

/** Brings the rows of a table up to date. Returns its name in SQLite. */
export function loadTable({ opened, loaded }: Store, table: TableDef, workspace: Workspace, now: number): string {
  const { db } = opened;
  const name = nameOf(table);
  const to = now - table.lag;
  const stamp = table.stamp(workspace, to);
  const before = loaded.get(name);
  if (before === undefined) {
    // Without a type, a column keeps values as they are.
    db.run(`CREATE TABLE ${name} (${table.columns.map((column) => `"${column.name}"`).join(', ')})`);
  } else if (table.grows ? before.to >= to : before.stamp === stamp) {
    return name;
  }
  const from = table.grows ? (before?.to ?? to - TABLE_HISTORY) : to - TABLE_HISTORY;
  db.run('BEGIN');
  if (!table.grows) db.run(`DELETE FROM ${name}`);
  const insert = db.prepare(`INSERT INTO ${name} VALUES (${table.columns.map(() => '?').join(', ')})`);
  try {
    for (const row of table.rows(workspace, from, to)) insert.run(row);
    db.run('COMMIT');
  } catch (error) {
    db.run('ROLLBACK');
    throw error;
  } finally {
    insert.free();
  }
  loaded.set(name, { to, stamp });
  return name;
}

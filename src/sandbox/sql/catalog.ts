import { NotInEngine, tableMissing } from '../engine/sql-error.ts';
import { BIGINT, STRING, typeText } from '../engine/types.ts';
import type { Principal, Workspace } from '../state/state.ts';
import { tablesOf } from '../tables/index.ts';
import { columns, type TableDef } from '../tables/table.ts';
import { missingRight, requireSelect } from './rights.ts';

/** Who looks for a table, and from where. */
export interface Looker {
  workspace: Workspace;
  principal: Principal;
  /** Where a name with fewer than three parts begins. */
  catalog: string;
  schema: string;
  now: number;
}

const isInfo = (schema: string): boolean => schema.toLowerCase() === 'information_schema';

/** The tables of the workspace at this moment. An inference table appears with its first rows. */
export function allTables({ workspace, now }: Looker): TableDef[] {
  return tablesOf(workspace, now);
}

/** A table by its name. Throws the service's error for one that is missing or may not be read. */
export function findTable(looker: Looker, name: readonly string[]): TableDef {
  const full = fullName(looker, name);
  const [catalog = '', schema = '', table = ''] = full;
  if (isInfo(schema)) return informationTable(looker, catalog, table) ?? missing(full);
  const wanted = full.join('.').toLowerCase();
  const found = allTables(looker).find(
    (each) => `${each.catalog}.${each.schema}.${each.name}`.toLowerCase() === wanted,
  );
  if (found === undefined) return missing(full);
  requireSelect(looker.workspace, looker.principal, found);
  return found;
}

function missing(name: readonly string[]): never {
  if (name[0]?.toLowerCase() === 'system' && REAL_SCHEMAS.has(name[1]?.toLowerCase() ?? '')) {
    throw new NotInEngine(`the sandbox has no data for ${name.join('.')}`);
  }
  throw tableMissing(name);
}

/** Schemas of system tables that real workspaces may have and the sandbox lacks. */
const REAL_SCHEMAS = new Set(['access', 'compute', 'query', 'lakeflow', 'storage', 'mlflow', 'marketplace']);

/** A name of three parts. */
export function fullName({ catalog, schema }: Looker, name: readonly string[]): string[] {
  if (name.length > 3) throw tableMissing(name);
  return [...[catalog, schema].slice(0, 3 - name.length), ...name];
}

/** The views that list tables and columns, of what the caller may read. */
function informationTable(looker: Looker, catalog: string, name: string): TableDef | undefined {
  const { workspace, principal } = looker;
  const visible = allTables(looker)
    .filter((each) => catalog.toLowerCase() === 'system' || each.catalog.toLowerCase() === catalog.toLowerCase())
    .filter((each) => missingRight(workspace, principal, each) === undefined);
  const shared = {
    catalog,
    schema: 'information_schema',
    owner: 'System user',
    lag: 0,
    grows: false,
    stamp: () => `${principal.name}/${visible.map((each) => `${each.catalog}.${each.schema}.${each.name}`).join('/')}`,
  };
  switch (name.toLowerCase()) {
    case 'columns':
      return {
        ...shared,
        name: 'columns',
        comment: 'Columns of the tables',
        columns: columns({
          table_catalog: STRING,
          table_schema: STRING,
          table_name: STRING,
          column_name: STRING,
          ordinal_position: BIGINT,
          is_nullable: STRING,
          full_data_type: STRING,
          data_type: STRING,
        }),
        rows: () =>
          visible.flatMap((table) =>
            table.columns.map(({ name: column, type }, at) => [
              ...[table.catalog, table.schema, table.name, column],
              ...[at, 'YES', typeText(type).toLowerCase(), type.name === 'BIGINT' ? 'LONG' : type.name],
            ]),
          ),
      };
    case 'tables':
      return {
        ...shared,
        name: 'tables',
        comment: 'Tables',
        columns: columns({
          table_catalog: STRING,
          table_schema: STRING,
          table_name: STRING,
          table_type: STRING,
          table_owner: STRING,
          comment: STRING,
        }),
        rows: () =>
          visible.map((table) => [
            ...[table.catalog, table.schema, table.name],
            ...[table.catalog === 'system' ? 'FOREIGN' : 'MANAGED', table.owner, table.comment],
          ]),
      };
    default:
      return undefined;
  }
}

import { SqlError } from '../engine/sql-error.ts';
import { EVERYONE, goesBy } from '../identity/grants.ts';
import type { Principal, Securable, Workspace } from '../state/state.ts';

function holds(principal: Principal, privilege: string, places: readonly Securable[]): boolean {
  return places.some(
    ({ owner, grants }, at) =>
      (at === 0 && goesBy(principal, owner)) ||
      [...grants].some(
        ([name, held]) => goesBy(principal, name) && (held.includes(privilege) || held.includes('ALL_PRIVILEGES')),
      ),
  );
}

/** What the seed does not describe: everyone may use it, and admins read its tables. assumed: catalog-open, assumed: sql-table-rights */
const OPEN = ['USE_CATALOG', 'USE_SCHEMA'];
const open: Securable = {
  owner: 'System user',
  grants: new Map([
    [EVERYONE, OPEN],
    ['admins', [...OPEN, 'SELECT']],
  ]),
};

interface Named {
  catalog: string;
  schema: string;
  name: string;
  owner: string;
}

/** The words of the first privilege that a principal lacks to read a table, or undefined. */
export function missingRight(workspace: Workspace, principal: Principal, table: Named): string | undefined {
  const path = `${table.catalog}.${table.schema}`;
  const catalog = workspace.catalogs.get(table.catalog) ?? { ...open, grants: new Map([[EVERYONE, ['USE_CATALOG']]]) };
  const schema = workspace.schemas.get(path) ?? open;
  const own: Securable = { owner: table.owner, grants: new Map() };
  if (!holds(principal, 'USE_CATALOG', [catalog])) return `USE CATALOG on Catalog '${table.catalog}'`;
  if (!holds(principal, 'USE_SCHEMA', [schema, catalog])) return `USE SCHEMA on Schema '${path}'`;
  // The owner of a schema manages its tables.
  const owns = goesBy(principal, schema.owner);
  if (!owns && !holds(principal, 'SELECT', [own, schema, catalog])) return `SELECT on Table '${path}.${table.name}'`;
  return undefined;
}

/** Throws the service's error for a table that a principal may not read. evidence: sql-rights */
export function requireSelect(workspace: Workspace, principal: Principal, table: Named): void {
  const lacks = missingRight(workspace, principal, table);
  if (lacks === undefined) return;
  throw new SqlError('INSUFFICIENT_PERMISSIONS', `Insufficient privileges:\nUser does not have ${lacks}.`, '42501');
}

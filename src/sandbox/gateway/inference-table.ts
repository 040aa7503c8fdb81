import { invalid } from '../errors.ts';
import type { Caller } from '../identity/access.ts';
import type { JsonObject } from '../json.ts';
import type { ServiceTable } from '../state/model-service.ts';
import type { Workspace } from '../state/state.ts';
import { RESOURCE } from './backing.ts';
import { fullNameIn } from './names.ts';
import { requireCreate, schemaPlaces } from './rights.ts';

/** An inference table as a client sends it. */
export interface SentTable {
  parent: string;
  table_name_prefix?: string;
}

/** What is known about the service of a table. */
export interface TableOwner {
  workspace: Workspace;
  caller: Caller;
  full_name: string;
  before: ServiceTable | null;
}

/**
 * Reads the table of a service. The table is made at once, and then its parent and prefix cannot change. A new one needs CREATE_TABLE.
 * evidence: gateway-control-routes, assumed: gateway-table-rules
 */
export function readTable(sent: SentTable | undefined, owner: TableOwner): ServiceTable | null {
  if (!sent) return null;
  const { workspace, caller, full_name, before } = owner;
  const field = 'config.inference_table';
  const schema = fullNameIn('schema', sent.parent, `${field}.parent`, 2);
  const prefix = sent.table_name_prefix || before?.prefix || (full_name.split('.')[2] ?? '');
  if (before) {
    if (schema !== before.schema) throw invalid(`${field}.parent cannot be changed once the table exists.`);
    if (prefix !== before.prefix) throw invalid(`${field}.table_name_prefix cannot be changed once the table exists.`);
    return before;
  }
  schemaPlaces(workspace, schema);
  requireCreate(workspace, caller, schema, 'CREATE_TABLE');
  const table = tableName({ schema, prefix });
  if (takenTables(workspace).has(table)) throw invalid(`Table '${table}' already exists.`);
  return { schema, prefix, deleted: false };
}

/** The full name of a table: `{catalog}.{schema}.{prefix}_payload`. */
export function tableName({ schema, prefix }: Pick<ServiceTable, 'schema' | 'prefix'>): string {
  return `${schema}.${prefix}_payload`;
}

function takenTables({ model_services, provider_services }: Workspace): Set<string> {
  const services = [...model_services.values(), ...provider_services.values()];
  return new Set(
    services.flatMap(({ config: { inference_table } }) => (inference_table ? [tableName(inference_table)] : [])),
  );
}

/** A table as an answer shows it. */
export function renderTable(table: ServiceTable): JsonObject {
  return {
    parent: `${RESOURCE.schema}${table.schema}`,
    table: `${RESOURCE.table}${tableName(table)}`,
    table_name_prefix: table.prefix,
    ...(table.deleted && { is_deleted: true }),
  };
}

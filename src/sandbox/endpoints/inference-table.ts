import { ApiError, invalid } from '../errors.ts';
import type { Endpoint, Workspace } from '../state/state.ts';
import type { AutoCapture } from '../state/wire-types.ts';

type Kind = 'auto_capture' | 'gateway';

/** The payload table a config writes to; the prefix defaults to the endpoint's name (API contract, section 1.1). */
function tableName(endpoint: string, table: AutoCapture): string {
  return `${table.catalog_name}.${table.schema_name}.${table.table_name_prefix ?? endpoint}_payload`;
}

function tablesOf(endpoint: Endpoint): { kind: Kind; table: AutoCapture }[] {
  const tables: { kind: Kind; table: AutoCapture | null | undefined }[] = [
    { kind: 'auto_capture', table: endpoint.pending?.auto_capture ?? endpoint.config?.auto_capture },
    { kind: 'gateway', table: endpoint.ai_gateway?.inference_table_config },
  ];
  return tables.flatMap(({ kind, table }) => (table ? [{ kind, table }] : []));
}

/**
 * Refuses an inference table whose name another endpoint writes to (409, seen), a rename while it is enabled, and switching a legacy
 * table on again (API contract, sections 1.6, 1.8 and 12). assumed: table-change-text
 */
export function checkTable(workspace: Workspace, name: string, kind: Kind, wanted: AutoCapture | undefined): void {
  if (!wanted?.enabled) return;
  const full = tableName(name, wanted);
  for (const other of workspace.endpoints.values()) {
    const taken = tablesOf(other).some(({ table }) => table.enabled && tableName(other.name, table) === full);
    if (other.name !== name && taken) {
      throw new ApiError(409, 'RESOURCE_ALREADY_EXISTS', `The inference table ${full} already exists.`);
    }
  }
  const own = workspace.endpoints.get(name);
  const before = own && tablesOf(own).find((known) => known.kind === kind)?.table;
  if (!before) return;
  if (kind === 'auto_capture' && before.enabled === false) {
    throw invalid('An inference table that was disabled cannot be enabled again.');
  }
  if (before.enabled && tableName(name, before) !== full) {
    throw invalid('The inference table must be disabled before its names are changed.');
  }
}

import { ApiError, invalid } from '../errors.ts';
import type { Endpoint, Workspace } from '../state/state.ts';
import type { AutoCapture } from '../state/wire-types.ts';

type Kind = 'auto_capture' | 'gateway';

/** The payload table that a config writes to. The prefix defaults to the endpoint's name. */
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
 * Refuses an inference table that another endpoint uses, a rename while the table is enabled, and enabling a disabled legacy table again.
 * The 409 for a used table was seen. assumed: table-change-text
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

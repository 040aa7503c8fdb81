import { ApiError, invalid } from '../errors.ts';
import { tableName } from '../state/payload-table.ts';
import type { Endpoint, Workspace } from '../state/state.ts';
import type { AutoCapture } from '../state/wire-types.ts';

function enabledTables(endpoint: Endpoint): string[] {
  const tables = [
    endpoint.pending?.auto_capture ?? endpoint.config?.auto_capture,
    endpoint.ai_gateway?.inference_table_config,
  ];
  return tables.flatMap((table) => (table?.enabled ? [tableName(endpoint.name, table)] : []));
}

/** Refuses a legacy inference table, unless the body switches it off. evidence: legacy-table */
export function checkLegacyTable(wanted: AutoCapture | undefined): void {
  if (wanted === undefined || wanted.enabled === false) return;
  throw invalid('Legacy inference tables have been deprecated. Use the inference table of the AI Gateway.');
}

/**
 * Refuses a gateway table that another endpoint uses, and other names while a table is on. evidence: table-renamed. The 409 for a used
 * table was seen. assumed: table-change-text
 */
export function checkGatewayTable(workspace: Workspace, name: string, wanted: AutoCapture | undefined): void {
  if (!wanted?.enabled) return;
  const full = tableName(name, wanted);
  for (const other of workspace.endpoints.values()) {
    if (other.name !== name && enabledTables(other).includes(full)) {
      throw new ApiError(409, 'RESOURCE_ALREADY_EXISTS', `The inference table ${full} already exists.`);
    }
  }
  const before = workspace.endpoints.get(name)?.ai_gateway?.inference_table_config;
  if (before?.enabled && tableName(name, before) !== full) throw invalid('Inference tables is already enabled');
}

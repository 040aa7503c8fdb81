import type { Endpoint } from './state.ts';
import type { AutoCapture } from './wire-types.ts';

/** The full name of the payload table that a config writes to. The prefix defaults to the endpoint's name. */
export function tableName(endpoint: string, table: AutoCapture): string {
  return `${table.catalog_name}.${table.schema_name}.${table.table_name_prefix ?? endpoint}_payload`;
}

/** The payload table into which an endpoint writes now, or null. The table of the AI Gateway comes before the legacy one. */
export function payloadTable({ name, ai_gateway, config }: Endpoint): string | null {
  const on = [ai_gateway?.inference_table_config, config?.auto_capture].find((table) => table?.enabled === true);
  return on ? tableName(name, on) : null;
}

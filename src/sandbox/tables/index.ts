import type { Workspace } from '../state/state.ts';
import { BILLING_USAGE } from './billing.ts';
import { ENDPOINT_USAGE } from './endpoint-usage.ts';
import { GATEWAY_USAGE } from './gateway-usage.ts';
import { LIST_PRICES } from './list-prices.ts';
import { payloadTables } from './payloads.ts';
import { SERVED_ENTITIES } from './served-entities.ts';
import { servicePayloadTables } from './service-payloads.ts';
import type { TableDef } from './table.ts';

const SYSTEM = [ENDPOINT_USAGE, SERVED_ENTITIES, BILLING_USAGE, LIST_PRICES, GATEWAY_USAGE];

/** Every table of a workspace at a moment. */
export function tablesOf(workspace: Workspace, now: number): TableDef[] {
  return [...SYSTEM, ...payloadTables(workspace, now), ...servicePayloadTables(workspace, now)];
}

import type { Workspace } from '../state/state.ts';
import { ENDPOINT_USAGE } from './endpoint-usage.ts';
import { SERVED_ENTITIES } from './served-entities.ts';
import type { TableDef } from './table.ts';

/** Every table of a workspace at a moment. */
export function systemTables(_workspace: Workspace, _now: number): TableDef[] {
  return [ENDPOINT_USAGE, SERVED_ENTITIES];
}

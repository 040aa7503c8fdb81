import { ApiError } from '../errors.ts';
import type { Warehouse, WarehouseLevel } from '../state/sql-state.ts';
import type { Principal, Workspace } from '../state/state.ts';

const RANK: Record<WarehouseLevel, number> = { CAN_VIEW: 1, CAN_MONITOR: 2, CAN_USE: 3, CAN_MANAGE: 4 };

export type WarehouseState = 'RUNNING' | 'STOPPED' | 'STARTING';

/** The state of a warehouse at a moment. evidence: sql-warehouses */
export function warehouseState({ up_from, auto_stop_ms, last_used_at }: Warehouse, now: number): WarehouseState {
  if (up_from === null) return 'STOPPED';
  if (now < up_from) return 'STARTING';
  const idle = now - Math.max(up_from, last_used_at);
  return auto_stop_ms !== null && idle >= auto_stop_ms ? 'STOPPED' : 'RUNNING';
}

/** Starts a warehouse, unless it runs or starts already. Returns when it runs. assumed: sql-warehouse-start */
export function startWarehouse(warehouse: Warehouse, now: number): number {
  if (warehouseState(warehouse, now) === 'STOPPED') warehouse.up_from = now + warehouse.start_ms;
  warehouse.last_used_at = Math.max(warehouse.last_used_at, now);
  return Math.max(warehouse.up_from ?? now, now);
}

/** Whether the caller has a level on a warehouse. Admins and its creator manage it. */
export function mayWarehouse({ admin, name, groups }: Principal, warehouse: Warehouse, need: WarehouseLevel): boolean {
  if (admin || warehouse.creator === name) return true;
  return [...warehouse.grants].some(
    ([holder, level]) =>
      (holder === name || holder === 'users' || groups.includes(holder)) && RANK[level] >= RANK[need],
  );
}

/** A warehouse by its id. evidence: sql-warehouse-id */
export function warehouseOf({ sql }: Workspace, id: string): Warehouse {
  const found = sql.warehouses.get(id);
  if (found === undefined) throw new ApiError(400, 'INVALID_PARAMETER_VALUE', `${id} is not a valid endpoint id.`);
  return found;
}

/** Throws the service's 403 for a caller without a level. The service calls a warehouse an endpoint. evidence: sql-warehouse-use */
export function requireWarehouse(principal: Principal, warehouse: Warehouse, need: WarehouseLevel): void {
  if (mayWarehouse(principal, warehouse, need)) return;
  const message = `${principal.name} is not authorized to use this SQL Endpoint. Please contact your administrator.`;
  throw new ApiError(403, 'PERMISSION_DENIED', message);
}

import type { SandboxApp, SandboxContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import { answer, type Call } from '../http.ts';
import type { JsonObject } from '../json.ts';
import type { Warehouse } from '../state/sql-state.ts';
import { mayWarehouse, requireWarehouse, startWarehouse, warehouseOf, warehouseState } from './warehouse-state.ts';

const BASE = '/api/2.0/sql/warehouses';

/** Mounts list, get, start and stop of SQL warehouses. evidence: sql-warehouses */
export function mountWarehouses(app: SandboxApp, ctx: SandboxContext): void {
  app.get(BASE, (c) => {
    const mine = [...ctx.workspace.sql.warehouses.values()].filter((each) =>
      mayWarehouse(c.get('principal'), each, 'CAN_VIEW'),
    );
    return answer(c, { warehouses: mine.map((each) => render(ctx, each)) });
  });

  app.get(`${BASE}/:id`, (c) => answer(c, render(ctx, warehouseIn(ctx, c, 'CAN_VIEW'))));

  app.post(`${BASE}/:id/start`, (c) => {
    startWarehouse(warehouseIn(ctx, c, 'CAN_USE'), ctx.clock.now());
    return answer(c, {});
  });

  app.post(`${BASE}/:id/stop`, (c) => {
    warehouseIn(ctx, c, 'CAN_MANAGE').up_from = null;
    return answer(c, {});
  });
}

function warehouseIn(ctx: SandboxContext, c: Call, need: Parameters<typeof requireWarehouse>[2]): Warehouse {
  const id = c.req.param('id') ?? '';
  const found = ctx.workspace.sql.warehouses.get(id);
  // assumed: sql-warehouse-missing
  if (found === undefined && /^[0-9a-f]{16}$/.test(id)) {
    throw new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', `SQL warehouse ${id} does not exist`);
  }
  const warehouse = warehouseOf(ctx.workspace, id);
  requireWarehouse(c.get('principal'), warehouse, need);
  return warehouse;
}

function render(ctx: SandboxContext, warehouse: Warehouse): JsonObject {
  const { id, name, creator, cluster_size, serverless, auto_stop_ms } = warehouse;
  const state = warehouseState(warehouse, ctx.clock.now());
  return {
    id,
    name,
    cluster_size,
    state,
    creator_name: creator,
    warehouse_type: 'PRO',
    enable_serverless_compute: serverless,
    enable_photon: true,
    auto_stop_mins: auto_stop_ms === null ? 0 : Math.round(auto_stop_ms / 60_000),
    min_num_clusters: 1,
    max_num_clusters: 1,
    num_clusters: state === 'RUNNING' ? 1 : 0,
    num_active_sessions: 0,
    channel: { name: 'CHANNEL_NAME_CURRENT' },
    spot_instance_policy: 'COST_OPTIMIZED',
  };
}

import { shapeCheck } from '../check-body.ts';
import type { SandboxApp, SandboxContext } from '../context.ts';
import { jsonBody } from '../http.ts';
import { statementState } from './statement-state.ts';
import { warehouseOf, warehouseState } from './warehouse-state.ts';

const SETTINGS = {
  type: 'object',
  additionalProperties: false,
  properties: {
    state: { enum: ['RUNNING', 'STOPPED'] },
    start_seconds: { type: 'number', minimum: 0 },
    statement_seconds: { type: 'number', minimum: 0 },
    chunk_rows: { type: 'integer', minimum: 1 },
  },
};

const checkSettings = shapeCheck<{
  state?: 'RUNNING' | 'STOPPED';
  start_seconds?: number;
  statement_seconds?: number;
  chunk_rows?: number;
}>(SETTINGS);

/** Mounts the control routes with which a tester looks at statements, and makes warehouses slow. */
export function mountSqlControl(app: SandboxApp, ctx: SandboxContext): void {
  // A real workspace has them in its query history, with other fields.
  app.get('/sandbox/statements', (c) => {
    const now = ctx.clock.now();
    const statements = [...ctx.workspace.sql.statements.values()].map((one) => {
      const { outcome, chunks: _chunks, ...rest } = one;
      return { ...rest, state: statementState(one, now), rows: outcome.kind === 'result' ? outcome.rows.length : null };
    });
    return c.json({ statements });
  });

  app.put('/sandbox/warehouses/:id', async (c) => {
    const warehouse = warehouseOf(ctx.workspace, c.req.param('id'));
    const { state, start_seconds, statement_seconds, chunk_rows } = checkSettings(await jsonBody(c));
    const now = ctx.clock.now();
    if (state !== undefined) warehouse.up_from = state === 'RUNNING' ? now : null;
    if (start_seconds !== undefined) warehouse.start_ms = start_seconds * 1000;
    if (statement_seconds !== undefined) warehouse.statement_ms = statement_seconds * 1000;
    if (chunk_rows !== undefined) warehouse.chunk_rows = chunk_rows;
    const { id, name, start_ms, statement_ms } = warehouse;
    return c.json({
      ...{ id, name, state: warehouseState(warehouse, now) },
      ...{ start_seconds: start_ms / 1000, statement_seconds: statement_ms / 1000, chunk_rows: warehouse.chunk_rows },
    });
  });
}

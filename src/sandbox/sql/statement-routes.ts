import type { SandboxApp, SandboxContext } from '../context.ts';
import { ApiError, invalid, missing } from '../errors.ts';
import { answer, type Call, jsonBody } from '../http.ts';
import { uuid } from '../ids.ts';
import type { SqlStatement, StatementOutcome } from '../state/sql-state.ts';
import { checkStatement, type StatementInput } from './check-statement.ts';
import { cancelStatement, chunksOf, renderChunk, renderStatement, statementState } from './statement-state.ts';
import { requireWarehouse, startWarehouse, warehouseOf } from './warehouse-state.ts';

const BASE = '/api/2.0/sql/statements';
/** Statements to keep. Each may hold a result of 25 MiB. */
const KEPT_STATEMENTS = 100;
/** Real milliseconds between two looks of a call that waits. */
const LOOK_MS = 50;

/** Mounts the statement API. The SQL engine loads with the first statement. */
export function mountStatements(app: SandboxApp, ctx: SandboxContext): void {
  app.post(BASE, async (c) => {
    const { input, wait } = checkStatement(await jsonBody(c));
    const warehouse = warehouseOf(ctx.workspace, input.warehouse_id);
    requireWarehouse(c.get('principal'), warehouse, 'CAN_USE');
    const outcome = await run(ctx, c, input);
    const now = ctx.clock.now();
    const starts_at = startWarehouse(warehouse, now);
    const ends_at = starts_at + warehouse.statement_ms;
    warehouse.last_used_at = Math.max(warehouse.last_used_at, ends_at);
    const statement: SqlStatement = {
      id: uuid(ctx.random),
      principal: c.get('principal').name,
      warehouse: warehouse.id,
      statement: input.statement,
      parameters: input.parameters ?? [],
      query_tags: input.query_tags ?? [],
      submitted_at: now,
      starts_at,
      ends_at,
      canceled_at: null,
      outcome,
      chunks: outcome.kind === 'result' ? chunksOf(outcome.rows, warehouse.chunk_rows) : [],
    };
    keep(ctx, statement);
    // A call that does not wait gets no result, even when there is one. evidence: sql-wait
    if (wait === 0) return answer(c, { statement_id: statement.id, status: { state: 'PENDING' } });
    await settled(ctx, statement, wait);
    const state = statementState(statement, ctx.clock.now());
    if ((state === 'PENDING' || state === 'RUNNING') && input.on_wait_timeout === 'CANCEL') {
      cancelStatement(statement, ctx.clock.now());
    }
    return answer(c, renderStatement(statement, ctx.clock.now()));
  });

  app.get(`${BASE}/:id`, (c) => answer(c, renderStatement(statementIn(ctx, c), ctx.clock.now())));

  app.get(`${BASE}/:id/result/chunks/:chunk`, (c) => {
    const statement = statementIn(ctx, c);
    const state = statementState(statement, ctx.clock.now());
    const chunk = state === 'SUCCEEDED' ? renderChunk(statement, Number(c.req.param('chunk'))) : undefined;
    // assumed: sql-no-chunk
    if (chunk === undefined) throw invalid(`The statement ${statement.id} is ${state} and has no such chunk.`);
    return answer(c, chunk);
  });

  app.post(`${BASE}/:id/cancel`, (c) => {
    cancelStatement(statementIn(ctx, c), ctx.clock.now());
    return answer(c, {});
  });
}

/** Runs a statement on the tables as they are now. Its result is shown when the clock says so. */
async function run(ctx: SandboxContext, c: Call, input: StatementInput): Promise<StatementOutcome> {
  const { runStatement } = await loadEngine();
  const done = await runStatement(ctx.workspace, c.get('principal'), input, ctx.clock.now());
  if (done.kind === 'unsupported') throw new ApiError(501, 'NOT_IMPLEMENTED', done.message);
  return done;
}

/** A package that has to be small comes without the engine, which is a fifth of the program. */
async function loadEngine() {
  try {
    return await import('./run-statement.ts');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const message = 'This package has to be small and comes without an SQL engine; the npm package has it.';
    throw new ApiError(501, 'NOT_IMPLEMENTED', message);
  }
}

function keep(ctx: SandboxContext, statement: SqlStatement): void {
  const { statements } = ctx.workspace.sql;
  statements.set(statement.id, statement);
  for (const id of statements.keys()) {
    if (statements.size <= KEPT_STATEMENTS) break;
    statements.delete(id);
  }
}

/** Waits until a statement is done, at most `seconds` of real time. On a manual clock, no time passes. */
async function settled(ctx: SandboxContext, statement: SqlStatement, seconds: number): Promise<void> {
  const { clock } = ctx;
  const until = clock.now() + seconds * 1000 * clock.speed;
  for (let now = clock.now(); now < until; now = clock.now()) {
    const state = statementState(statement, now);
    if (state !== 'PENDING' && state !== 'RUNNING') return;
    const next = state === 'PENDING' ? statement.starts_at : statement.ends_at;
    await clock.sleep(Math.min(next - now, until - now, LOOK_MS * clock.speed));
    // The owner of a manual clock moves it, not this call.
    if (clock.now() === now) return;
  }
}

/** A statement of the caller. Those of others are not found. assumed: sql-statement-missing */
function statementIn(ctx: SandboxContext, c: Call): SqlStatement {
  const id = c.req.param('id') ?? '';
  const found = ctx.workspace.sql.statements.get(id);
  const { name, admin } = c.get('principal');
  if (found === undefined || (found.principal !== name && !admin)) throw missing(`The statement ${id} was not found.`);
  return found;
}

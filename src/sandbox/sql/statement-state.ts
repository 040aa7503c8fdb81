import type { JsonObject } from '../json.ts';
import type { SqlStatement } from '../state/sql-state.ts';

export type StatementState = 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELED' | 'CLOSED';

/** A result can be fetched this long, in sandbox milliseconds. assumed: sql-result-life */
const RESULT_LIFE = 60 * 60_000;

/** The state of a statement at a moment. evidence: sql-statement-states */
export function statementState(statement: SqlStatement, now: number): StatementState {
  const { starts_at, ends_at, canceled_at, outcome } = statement;
  if (canceled_at !== null) return 'CANCELED';
  if (now < starts_at) return 'PENDING';
  if (now < ends_at) return 'RUNNING';
  if (outcome.kind === 'failure') return 'FAILED';
  return now - ends_at >= RESULT_LIFE ? 'CLOSED' : 'SUCCEEDED';
}

/** Cancels a statement. One that is done stays as it is. evidence: sql-cancel */
export function cancelStatement(statement: SqlStatement, now: number): void {
  const state = statementState(statement, now);
  if (state === 'PENDING' || state === 'RUNNING') statement.canceled_at = now;
}

/** The answer about a statement: its state, and the first chunk when it succeeded. evidence: sql-failed-is-200 */
export function renderStatement(statement: SqlStatement, now: number): JsonObject {
  const state = statementState(statement, now);
  const { id, outcome } = statement;
  if (state === 'FAILED' && outcome.kind === 'failure') {
    const { error_code, message, sql_state } = outcome;
    return {
      statement_id: id,
      status: { state, error: { error_code, message }, ...(sql_state === undefined ? {} : { sql_state }) },
    };
  }
  if (state !== 'SUCCEEDED' || outcome.kind !== 'result') return { statement_id: id, status: { state } };
  return { statement_id: id, status: { state }, manifest: manifest(statement), result: renderChunk(statement, 0) };
}

function manifest({ outcome, chunks }: SqlStatement): JsonObject {
  if (outcome.kind !== 'result') return {};
  const { columns, rows, truncated } = outcome;
  const ends = [...chunks.slice(1), rows.length];
  return {
    format: 'JSON_ARRAY',
    schema: {
      column_count: columns.length,
      columns: columns.map(({ name, type_name, type_text, precision, scale }, position) => ({
        name,
        type_name,
        type_text,
        ...(precision === undefined ? {} : { type_precision: precision, type_scale: scale }),
        position,
      })),
    },
    total_chunk_count: chunks.length,
    chunks: chunks.map((row_offset, chunk_index) => ({
      chunk_index,
      row_offset,
      row_count: (ends[chunk_index] ?? rows.length) - row_offset,
    })),
    total_row_count: rows.length,
    truncated,
  };
}

/** One chunk of a result, or undefined when there is none with this number. An empty result has no rows at all. */
export function renderChunk({ id, outcome, chunks }: SqlStatement, index: number): JsonObject | undefined {
  const row_offset = chunks[index];
  if (outcome.kind !== 'result') return undefined;
  if (row_offset === undefined) return index === 0 ? {} : undefined;
  const next = chunks[index + 1];
  const data_array = outcome.rows.slice(row_offset, next);
  return {
    chunk_index: index,
    row_offset,
    row_count: data_array.length,
    data_array,
    ...(next === undefined
      ? {}
      : {
          next_chunk_index: index + 1,
          next_chunk_internal_link: `/api/2.0/sql/statements/${id}/result/chunks/${index + 1}?row_offset=${next}`,
        }),
  };
}

/** The first rows of the chunks of a result. Without a number of rows, a chunk has up to a mebibyte. assumed: sql-chunks */
export function chunksOf(rows: readonly (readonly (string | null)[])[], most: number | null): number[] {
  const starts: number[] = [];
  let bytes = 0;
  for (const [at, row] of rows.entries()) {
    const size = row.reduce((sum, cell) => sum + (cell?.length ?? 4) + 3, 2);
    const full = most === null ? bytes + size > 2 ** 20 : at - (starts.at(-1) ?? 0) >= most;
    if (starts.length === 0 || full) {
      starts.push(at);
      bytes = 0;
    }
    bytes += size;
  }
  return starts;
}

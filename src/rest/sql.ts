/** SQL warehouses, and statements on them (facts W1 to W6). A statement is one of our own texts; every value in it is a named parameter. */
import * as z from 'zod';
import type { Clock } from '../clock.ts';
import type { Http } from './http.ts';
import { segment } from './names.ts';
import { retryDelay } from './retry.ts';

const WAREHOUSES = '/api/2.0/sql/warehouses';
const STATEMENTS = '/api/2.0/sql/statements';

const Warehouse = z.looseObject({
  id: z.string(),
  name: z.string().default(''),
  state: z.string().default(''),
  cluster_size: z.string().optional().catch(undefined),
  enable_serverless_compute: z.boolean().optional().catch(undefined),
});
export type Warehouse = z.infer<typeof Warehouse>;

const WarehouseList = z.looseObject({
  warehouses: z.array(Warehouse).default([]),
  next_page_token: z.string().optional().catch(undefined),
});

/** Pages of warehouses. The service sends all of them on one page unless asked for less. */
const MAX_PAGES = 10;

/** The warehouses that the caller may see, with their states. Reading them starts none. */
export async function warehouses(http: Http): Promise<Warehouse[]> {
  const found: Warehouse[] = [];
  let token: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const list = WarehouseList.parse(await http.json('GET', WAREHOUSES, { query: { page_token: token } }));
    found.push(...list.warehouses);
    token = list.next_page_token;
    if (!token) break;
  }
  return found;
}

/** A value of a statement. `null` is the NULL of its type. */
export interface Parameter {
  name: string;
  value: string | null;
  type: 'STRING' | 'TIMESTAMP' | 'BIGINT';
}

export interface Statement {
  /** Text of ours. No part of it comes from a call, a model or the service. */
  text: string;
  parameters: readonly Parameter[];
  rowLimit: number;
  /** What it is for. It is shown in the history of the warehouse. */
  tag: string;
}

/** The rows of a statement. Every value is text or null, as the service sends it (fact W4). */
export interface Table {
  columns: { name: string; type: string }[];
  rows: (string | null)[][];
  /** The service or this client left rows out. */
  truncated: boolean;
}

/** A statement that the service ran and that did not succeed. Its HTTP status is 200 (fact W1). */
export class StatementError extends Error {
  override readonly name = 'StatementError';
  /** FAILED, CANCELED or CLOSED. */
  readonly state: string;
  /** `BAD_REQUEST` for every fault of a statement, so the words and the SQL state tell them apart. */
  readonly errorCode: string | undefined;
  /** Five characters, such as `42P01`. */
  readonly sqlState: string | undefined;
  /** The words of the service: text from outside. */
  readonly detail: string;

  constructor(fields: Pick<StatementError, 'state' | 'errorCode' | 'sqlState' | 'detail'>) {
    super(`${fields.detail} (${fields.state})`);
    this.state = fields.state;
    this.errorCode = fields.errorCode;
    this.sqlState = fields.sqlState;
    this.detail = fields.detail;
  }
}

/** A statement that was not done in time. It was cancelled. */
export class StatementTimeout extends Error {
  override readonly name = 'StatementTimeout';
  /** `PENDING` while it waits for its warehouse, `RUNNING` afterwards. */
  readonly state: string;

  constructor(state: string) {
    super(`the statement was ${state || 'not done'} when its time was up`);
    this.state = state;
  }
}

const Chunk = z.looseObject({
  data_array: z.array(z.array(z.unknown())).nullish(),
  next_chunk_index: z.number().nullish().catch(undefined),
});

const Answer = z.looseObject({
  statement_id: z.string(),
  status: z.looseObject({
    state: z.string(),
    sql_state: z.string().optional().catch(undefined),
    error: z
      .looseObject({
        error_code: z.string().optional().catch(undefined),
        message: z.string().optional().catch(undefined),
        sql_state: z.string().optional().catch(undefined),
      })
      .optional()
      .catch(undefined),
  }),
  manifest: z
    .looseObject({
      schema: z
        .looseObject({
          columns: z
            .array(
              z.looseObject({
                name: z.string(),
                type_name: z.string().optional(),
                type_text: z.string().optional(),
                position: z.number().optional(),
              }),
            )
            .default([]),
        })
        .optional(),
      truncated: z.boolean().optional().catch(undefined),
    })
    .optional(),
  result: Chunk.optional(),
});
type Answer = z.infer<typeof Answer>;

/** States that do not change any more. An unknown state means "not yet". */
const ENDED: ReadonlySet<string> = new Set(['SUCCEEDED', 'FAILED', 'CANCELED', 'CLOSED']);

/** Pauses between two polls, in milliseconds. */
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 3_000;
/** Bytes of a result, for the service and for this client (fact W5). An answer of ours has about 8,000. */
const BYTE_LIMIT = 4 * 1024 * 1024;
/** Chunks of a result. Within the byte limit, the service sends one. */
const MAX_CHUNKS = 50;
/** Longest wait for an answer to the start and to the cancellation of a statement, in milliseconds. Both answer at once. */
const START_TIMEOUT = 20_000;
const CANCEL_TIMEOUT = 3_000;

export interface RunOptions {
  /** Id of the warehouse. A stopped one starts, which costs money (fact W2). */
  warehouse: string;
  clock: Clock;
  signal: AbortSignal;
  /** Time on `clock` at which the statement is cancelled. */
  until: number;
  /** Called with each state that is not the last. */
  onState?(state: string): void;
}

/**
 * Runs a statement and reads its rows. If the call ends before the statement does, for any reason, the statement is cancelled.
 * @throws StatementError when the service ran it and it failed, StatementTimeout when the time was up, and what Http throws.
 */
export async function run(http: Http, statement: Statement, options: RunOptions): Promise<Table> {
  const { clock, signal, until, onState } = options;
  // Only the answer to the first request has the id that a cancellation needs, so neither of the two ends with the call.
  const outside = http.bind({ signal: new AbortController().signal, access: 'read' });
  let seen = Answer.parse(await submit(outside, statement, options));
  const path = `${STATEMENTS}/${segment(seen.statement_id)}`;
  try {
    for (let pause = FIRST_PAUSE; !ENDED.has(seen.status.state); pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
      signal.throwIfAborted();
      if (clock.now() >= until) throw new StatementTimeout(seen.status.state);
      onState?.(seen.status.state);
      await clock.sleep(pause);
      seen = Answer.parse(await http.json('GET', path, { maxBody: 4 * BYTE_LIMIT }));
    }
  } catch (error) {
    await cancel(outside, path);
    throw error;
  }
  if (seen.status.state !== 'SUCCEEDED') throw failureOf(seen);
  return tableOf(http, path, seen, statement.rowLimit);
}

/** Starts a statement without waiting for it (fact W3). A second start after a lost answer reads the same once more, and harms nothing. */
async function submit(http: Http, statement: Statement, { warehouse, clock, signal }: RunOptions): Promise<unknown> {
  const body = {
    statement: statement.text,
    warehouse_id: warehouse,
    parameters: statement.parameters.map(({ name, value, type }) =>
      value === null ? { name, type } : { name, value, type },
    ),
    row_limit: statement.rowLimit,
    byte_limit: BYTE_LIMIT,
    format: 'JSON_ARRAY',
    disposition: 'INLINE',
    wait_timeout: '0s',
    on_wait_timeout: 'CONTINUE',
    query_tags: [
      { key: 'source', value: 'databricks-serving-mcp' },
      { key: 'report', value: statement.tag },
    ],
  };
  let waited = 0;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await http.json('POST', STATEMENTS, { body, noRetry: true, timeoutMs: START_TIMEOUT });
    } catch (error) {
      const delay = retryDelay(error, attempt, true, clock.random(), waited);
      if (delay === undefined) throw error;
      waited += delay;
      await clock.sleep(delay);
    }
  }
}

/** Best effort: a statement that cannot be cancelled ends by itself, because its rows are bounded. */
async function cancel(http: Http, path: string): Promise<void> {
  await http.json('POST', `${path}/cancel`, { noRetry: true, timeoutMs: CANCEL_TIMEOUT }).catch(() => {});
}

function failureOf({ status }: Answer): StatementError {
  const { state, error, sql_state } = status;
  const detail =
    error?.message ?? (state === 'CANCELED' ? 'the statement was cancelled in the workspace' : 'no message');
  return new StatementError({
    state,
    errorCode: error?.error_code,
    sqlState: sql_state ?? error?.sql_state ?? /\bSQLSTATE:\s*([0-9A-Z]{5})\b/.exec(detail)?.[1],
    detail,
  });
}

/** The rows of all chunks, up to the limits. */
async function tableOf(http: Http, path: string, { manifest, result }: Answer, rowLimit: number): Promise<Table> {
  const listed = manifest?.schema?.columns ?? [];
  const columns = listed
    .map(({ name, type_name, type_text, position }, at) => ({
      name,
      type: type_text ?? type_name ?? '',
      position: position ?? at,
    }))
    .sort((a, b) => a.position - b.position)
    .map(({ name, type }) => ({ name, type }));
  const rows: (string | null)[][] = [];
  let bytes = 0;
  let chunk = result;
  for (let read = 1; chunk !== undefined; read++) {
    for (const row of chunk.data_array ?? []) {
      const cells = row.map(cellOf);
      bytes += cells.reduce((sum, cell) => sum + (cell?.length ?? 0), 0);
      if (rows.length >= rowLimit || bytes > BYTE_LIMIT) return { columns, rows, truncated: true };
      rows.push(cells);
    }
    const next = chunk.next_chunk_index ?? undefined;
    if (next === undefined) break;
    if (read >= MAX_CHUNKS) return { columns, rows, truncated: true };
    const path_ = `${path}/result/chunks/${next}`;
    chunk = Chunk.parse(await http.json('GET', path_, { maxBody: 4 * BYTE_LIMIT }));
  }
  return { columns, rows, truncated: manifest?.truncated === true };
}

/** Values are text (fact W4). Anything else is written as JSON. */
function cellOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

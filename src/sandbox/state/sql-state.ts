/** A SQL warehouse. Its state follows from its times, so that only the clock changes it. */
export interface Warehouse {
  id: string;
  name: string;
  creator: string;
  cluster_size: string;
  serverless: boolean;
  /** Sandbox time that a start takes. */
  start_ms: number;
  /** Idle time after which it stops by itself. Null is never. */
  auto_stop_ms: number | null;
  /** When it runs, or will run after a start. Null while it is stopped. */
  up_from: number | null;
  /** Sandbox time of the last statement. */
  last_used_at: number;
  /** Sandbox time that a statement takes. A tester sets it, to see statements run. */
  statement_ms: number;
  /** Rows of a chunk of a result. Null: as many as fit into a mebibyte. */
  chunk_rows: number | null;
  /** Levels by user name, group name or application id. */
  grants: Map<string, WarehouseLevel>;
}

export type WarehouseLevel = 'CAN_VIEW' | 'CAN_MONITOR' | 'CAN_USE' | 'CAN_MANAGE';

/** A column of a result, in the words of the statement API. */
export interface ResultColumn {
  name: string;
  type_name: string;
  type_text: string;
  precision?: number;
  scale?: number;
}

/** What a statement comes to, when its time has passed. */
export type StatementOutcome =
  | { kind: 'result'; columns: ResultColumn[]; rows: (string | null)[][]; truncated: boolean }
  | { kind: 'failure'; error_code: string; message: string; sql_state?: string };

export interface SqlStatement {
  id: string;
  principal: string;
  warehouse: string;
  statement: string;
  parameters: { name: string; value?: string; type?: string }[];
  query_tags: { key: string; value?: string }[];
  /** Sandbox times: submitted, the warehouse runs, done. */
  submitted_at: number;
  starts_at: number;
  ends_at: number;
  canceled_at: number | null;
  outcome: StatementOutcome;
  /** The first row of each chunk. */
  chunks: number[];
}

/** The bodies of a request to an endpoint with an inference table. */
export interface Payload {
  request: string | null;
  response: string | null;
  /** Why a body is absent. */
  errors: string[];
}

export interface SqlState {
  /** When the workspace began, in sandbox time. */
  began_at: number;
  warehouses: Map<string, Warehouse>;
  statements: Map<string, SqlStatement>;
  /** By the id of the request. */
  payloads: Map<string, Payload>;
}

/** The state of a workspace without warehouses. */
export function emptySqlState(began_at: number): SqlState {
  return { began_at, warehouses: new Map(), statements: new Map(), payloads: new Map() };
}

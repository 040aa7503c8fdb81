import type { SqlType } from './types.ts';

/** The tree of a statement. */
export type Expr =
  | { kind: 'literal'; value: string | number | boolean | null; type: SqlType }
  | { kind: 'param'; name: string }
  | { kind: 'name'; parts: string[] }
  | { kind: 'star'; of: string[]; except: string[] }
  | Call
  | { kind: 'unary'; op: string; arg: Expr }
  | { kind: 'binary'; op: string; left: Expr; right: Expr }
  | { kind: 'between'; arg: Expr; low: Expr; high: Expr; not: boolean }
  | { kind: 'in'; arg: Expr; list: Expr[] | Query; not: boolean }
  | { kind: 'like'; arg: Expr; pattern: Expr; not: boolean; how: 'LIKE' | 'ILIKE' | 'RLIKE'; escape: string }
  | { kind: 'is'; arg: Expr; what: 'NULL' | 'TRUE' | 'FALSE'; not: boolean }
  | { kind: 'distinct'; left: Expr; right: Expr; not: boolean }
  | { kind: 'case'; of: Expr | null; whens: { when: Expr; result: Expr }[]; otherwise: Expr | null }
  | { kind: 'cast'; arg: Expr; type: SqlType; attempt: boolean }
  | { kind: 'interval'; parts: { amount: Expr; unit: string }[] }
  | { kind: 'exists'; query: Query }
  | { kind: 'scalar'; query: Query }
  | { kind: 'field'; of: Expr; name: string }
  | { kind: 'item'; of: Expr; at: Expr }
  | { kind: 'json'; of: Expr; path: string };

export interface Call {
  kind: 'call';
  name: string;
  args: Expr[];
  distinct: boolean;
  filter: Expr | null;
  over: Window | null;
  /** The order of `WITHIN GROUP`. */
  within: Order[];
}

export interface Window {
  /** The name of a window of the query. */
  name: string | null;
  partition: Expr[];
  order: Order[];
  /** As SQLite takes it, which is as Databricks takes it. */
  frame: string;
}

export interface Order {
  expr: Expr;
  descending: boolean;
  nulls: 'FIRST' | 'LAST' | null;
}

export type From =
  | { kind: 'table'; name: Expr; alias: string | null; columns: string[] }
  | { kind: 'query'; query: Query; alias: string | null; columns: string[] }
  | { kind: 'join'; how: string; left: From; right: From; on: Expr | null; using: string[] };

export interface Select {
  kind: 'select';
  distinct: boolean;
  items: { expr: Expr; alias: string | null; text: string }[];
  from: From | null;
  where: Expr | null;
  group: Expr[] | 'ALL';
  having: Expr | null;
  qualify: Expr | null;
  windows: { name: string; window: Window }[];
}

export type Body =
  | Select
  | { kind: 'set'; op: 'UNION' | 'INTERSECT' | 'EXCEPT'; all: boolean; left: Body; right: Body }
  | { kind: 'values'; rows: Expr[][] }
  | { kind: 'nested'; query: Query };

export interface Query {
  with: { name: string; columns: string[]; query: Query }[];
  body: Body;
  order: Order[] | 'ALL';
  limit: Expr | null;
  offset: Expr | null;
}

export type Statement =
  | { kind: 'query'; query: Query }
  | { kind: 'describe'; table: string[] }
  | { kind: 'show-tables'; schema: string[]; like: string | null }
  | { kind: 'show-schemas'; catalog: string[] }
  | { kind: 'show-catalogs' };

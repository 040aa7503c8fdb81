/**
 * What our statements have in common: the texts are constants of this folder, and values travel as named parameters. No argument of a call, no word
 * of a model and no setting of the service ever becomes part of a text. Pure.
 */
import type { Parameter, Statement } from '../rest/sql.ts';

/** The reports of `get_usage`. */
export const REPORTS = ['traffic', 'cost', 'releases', 'failed_requests'] as const;
export type Report = (typeof REPORTS)[number];

/** What the rows of a report can be grouped by. */
export const GROUPINGS = ['day', 'endpoint', 'entity', 'requester', 'status'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** Which rows a statement reads. Times are milliseconds since 1970; `since` is included and `until` is not. */
export interface Scope {
  since: number;
  until: number;
  /** Undefined: those of all workspaces that the caller may see (fact W6). */
  workspace: string | undefined;
  endpoint: string | undefined;
  /** Tells endpoints of one name in several workspaces apart, where the workspace is not known. */
  endpointId: string | undefined;
  /** A table by name, with its parts quoted. */
  table?: string | undefined;
}

/** A text with the tables and columns that it reads, so that a missing one can be named. */
export interface Query {
  text: string;
  /** Columns by table. Fields of a column of objects follow it after a dot. */
  needs: Readonly<Record<string, readonly string[]>>;
  /** Columns of its result. */
  returns: readonly string[];
  rowLimit: number;
}

/** The statement of a query: its text, and those parameters of the scope that the text names. */
export function statementOf({ text, rowLimit }: Query, scope: Scope, tag: string): Statement {
  const time = (at: number) => new Date(at).toISOString();
  const all: Parameter[] = [
    { name: 'since', value: time(scope.since), type: 'TIMESTAMP' },
    { name: 'until', value: time(scope.until), type: 'TIMESTAMP' },
    { name: 'since_ms', value: String(Math.round(scope.since)), type: 'BIGINT' },
    { name: 'until_ms', value: String(Math.round(scope.until)), type: 'BIGINT' },
    { name: 'workspace', value: scope.workspace ?? null, type: 'STRING' },
    { name: 'endpoint', value: scope.endpoint ?? null, type: 'STRING' },
    { name: 'endpoint_id', value: scope.endpointId ?? null, type: 'STRING' },
    { name: 'table', value: scope.table ?? null, type: 'STRING' },
  ];
  return { text, parameters: all.filter(({ name }) => new RegExp(`:${name}\\b`).test(text)), rowLimit, tag };
}

/** The name of a table as the value of a parameter, with its parts quoted (fact W7). */
export function quoted(parts: readonly string[]): string {
  return parts.map((part) => `\`${part.replaceAll('`', '``')}\``).join('.');
}

/** The columns of any table, without its rows. */
export const COLUMNS: Query = {
  text: 'SELECT * FROM IDENTIFIER(:table) LIMIT 0',
  needs: {},
  returns: [],
  rowLimit: 1,
};

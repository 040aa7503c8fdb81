import { columnMissing, SqlError } from './sql-error.ts';
import type { Query, Window } from './syntax.ts';
import type { SqlType } from './types.ts';

/** An expression as SQLite takes it. */
export interface Value {
  sql: string;
  type: SqlType;
  /** Columns outside aggregates that no group covers. */
  free: readonly string[];
  aggregate: boolean;
  windowed: boolean;
  /** An interval is two numbers, which exist only while a statement is translated. */
  interval?: { months: string; ms: string };
}

export interface Column {
  name: string;
  type: SqlType;
  sql: string;
  /** The right one of two columns that `USING` made one. */
  hidden?: boolean;
}

/** A table or query of a FROM clause. */
export interface Relation {
  /** The names by which columns may be qualified, from the catalog on. An alias replaces them. */
  path: readonly string[];
  columns: Column[];
}

export interface Scope {
  relations: Relation[];
  outer: Scope | null;
  /** Select items so far, for those that use an earlier one. */
  aliases: Map<string, Value>;
  /** The groups of a query with aggregates, by their SQL. Null while rows are not grouped. */
  groups: Map<string, true> | null;
  /** Why an aggregate is not allowed here, or null. */
  noAggregate: 'WHERE' | 'GROUP BY' | 'an aggregate' | null;
  windows: Map<string, Window>;
  /** Common tables that can be seen. */
  ctes: Map<string, CommonTable>;
}

/** A query that is translated, with the columns c0, c1 and so on. */
export interface Translated {
  sql: string;
  columns: { name: string; type: SqlType }[];
}

export type CommonTable = Translated & { query: Query };

/** The scope of a query before its FROM. `outer` is that of the query around it, and `ctes` are the queries of its WITH. */
export function emptyScope(outer: Scope | null, ctes: Scope['ctes']): Scope {
  return { relations: [], outer, aliases: new Map(), groups: null, noAggregate: null, windows: new Map(), ctes };
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** A column by the first parts of a name, and the parts after it, which lead into a struct. Undefined when there is none here. */
function findHere(scope: Scope, parts: readonly string[]): { column: Column; rest: string[] } | undefined {
  const qualified = scope.relations.flatMap(({ path, columns }) =>
    path.flatMap((_part, at) => {
      const names = path.slice(at);
      if (names.length >= parts.length || !names.every((name, i) => same(name, parts[i] ?? ''))) return [];
      const column = columns.find(({ name }) => same(name, parts[names.length] ?? ''));
      return column === undefined ? [] : [{ column, rest: parts.slice(names.length + 1) }];
    }),
  );
  if (qualified[0] !== undefined) return unambiguous(parts, qualified);
  const plain = scope.relations.flatMap(({ columns }) =>
    columns
      .filter(({ name, hidden }) => !hidden && same(name, parts[0] ?? ''))
      .map((column) => ({ column, rest: parts.slice(1) })),
  );
  return plain.length === 0 ? undefined : unambiguous(parts, plain);
}

function unambiguous<T extends { column: Column }>(parts: readonly string[], found: T[]): T | undefined {
  if (found.length > 1) {
    const name = parts.map((part) => `\`${part}\``).join('.');
    throw new SqlError(
      'AMBIGUOUS_REFERENCE',
      `Reference ${name} is ambiguous, could be: [${found.map(() => name).join(', ')}].`,
      '42704',
    );
  }
  return found[0];
}

/** A column of this query or of one around it. `free` says whether it is of this one. Throws the service's error. */
export function resolve(
  scope: Scope,
  parts: readonly string[],
): { column: Column; rest: string[]; here: boolean } | Value {
  for (let each: Scope | null = scope; each !== null; each = each.outer) {
    const found = findHere(each, parts);
    if (found !== undefined) return { ...found, here: each === scope };
    const alias = parts.length === 1 ? each.aliases.get((parts[0] ?? '').toLowerCase()) : undefined;
    if (alias !== undefined && each === scope) return alias;
  }
  const known = scope.relations.flatMap(({ columns }) => columns.map(({ name }) => name));
  throw columnMissing(parts, known);
}

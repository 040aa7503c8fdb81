import { cast, compared, condition, constant } from './casts.ts';
import type { Column, Relation, Scope, Translated, Value } from './scope.ts';
import { columnMissing, NotInEngine, SqlError } from './sql-error.ts';
import type { Expr, From, Query } from './syntax.ts';
import { type Session, translate } from './translate-expression.ts';
import type { SqlType } from './types.ts';

/** A table that a statement may read. */
export interface FoundTable {
  /** Its name in SQLite. */
  sql: string;
  /** Catalog, schema and table. */
  path: readonly string[];
  columns: readonly { name: string; type: SqlType }[];
}

export type TableFinder = (name: readonly string[]) => FoundTable;

/** Translates a FROM clause. The relations go into the scope in the order of their columns. */
export function fromClause(
  from: From,
  scope: Scope,
  session: Session,
  table: TableFinder,
  whole: (query: Query) => Translated,
): string {
  const source = (each: From): { sql: string; relations: Relation[] } => {
    switch (each.kind) {
      case 'table':
        return named(each);
      case 'query':
        return { ...derived(whole(each.query), each.alias === null ? [] : [each.alias], each.columns) };
      case 'join':
        return join(each);
    }
  };

  function named({ name, alias, columns }: Extract<From, { kind: 'table' }>) {
    const path = name.kind === 'name' ? name.parts : identifier(name, scope, session);
    const common = path.length === 1 ? scope.ctes.get((path[0] ?? '').toLowerCase()) : undefined;
    if (common !== undefined) return derived(common, [alias ?? path[0] ?? ''], columns);
    const found = table(path);
    const id = nextId();
    const names = columns.length === 0 ? found.columns : renamedColumns(found.columns, columns);
    const relation: Relation = {
      path: alias === null ? found.path : [alias],
      columns: names.map(({ name: column, type }, at) => ({
        name: column,
        type,
        sql: `${id}."${found.columns[at]?.name}"`,
      })),
    };
    return { sql: `${found.sql} AS ${id}`, relations: [relation] };
  }

  function derived({ sql, columns }: Translated, path: readonly string[], names: readonly string[]) {
    const id = nextId();
    const shown = names.length === 0 ? columns : renamedColumns(columns, names);
    const relation: Relation = {
      path,
      columns: shown.map(({ name, type }, at) => ({ name, type, sql: `${id}.c${at}` })),
    };
    return { sql: `(${sql}) AS ${id}`, relations: [relation] };
  }

  function join({ how, left, right, on, using }: Extract<From, { kind: 'join' }>) {
    const [a, b] = [source(left), source(right)];
    const inner: Scope = { ...scope, relations: [...a.relations, ...b.relations], noAggregate: 'WHERE' };
    const tests = using.map((name) => merged(name, a.relations, b.relations, how));
    if (on) tests.push(condition(translate(on, inner, session), 'ON').sql);
    const test = tests.join(' AND ');
    if (how === 'SEMI' || how === 'ANTI') {
      const not = how === 'ANTI' ? 'NOT ' : '';
      return half(a, `${not}EXISTS (SELECT 1 FROM ${b.sql} WHERE ${test || '1'})`);
    }
    const word = { INNER: 'JOIN', CROSS: 'CROSS JOIN', LEFT: 'LEFT JOIN', RIGHT: 'RIGHT JOIN', FULL: 'FULL JOIN' }[how];
    const nested = right.kind === 'join' ? `(${b.sql})` : b.sql;
    return { sql: `${a.sql} ${word} ${nested}${test === '' ? '' : ` ON ${test}`}`, relations: inner.relations };
  }

  const { sql, relations } = source(from);
  scope.relations.push(...relations);
  return sql;
}

/** The left side of a semi or anti join, as a query of its own. */
function half(
  { sql, relations }: { sql: string; relations: Relation[] },
  test: string,
): { sql: string; relations: Relation[] } {
  const id = nextId();
  const columns = relations.flatMap((relation) => relation.columns);
  const shown = columns.map((column, at) => `${column.sql} AS c${at}`).join(', ');
  let at = -1;
  const moved = relations.map((relation) => ({
    ...relation,
    columns: relation.columns.map((column) => {
      at += 1;
      return { ...column, sql: `${id}.c${at}` };
    }),
  }));
  return { sql: `(SELECT ${shown} FROM ${sql} WHERE ${test}) AS ${id}`, relations: moved };
}

function renamedColumns(columns: FoundTable['columns'], names: readonly string[]): FoundTable['columns'] {
  if (names.length !== columns.length) {
    throw new SqlError(
      'ASSIGNMENT_ARITY_MISMATCH',
      `Number of column aliases does not match number of columns. Number of column aliases: ${names.length}; number of columns: ${columns.length}.`,
      '42802',
    );
  }
  return columns.map(({ type }, at) => ({ name: names[at] ?? '', type }));
}

/** The test of one column of USING, which then is one column. */
function merged(name: string, left: readonly Relation[], right: readonly Relation[], how: string): string {
  const find = (side: readonly Relation[]): Column => {
    const all = side.flatMap(({ columns }) => columns);
    const found = all.find((column) => !column.hidden && column.name.toLowerCase() === name.toLowerCase());
    if (found === undefined)
      throw columnMissing(
        [name],
        all.map((column) => column.name),
      );
    return found;
  };
  const [a, b] = [find(left), find(right)];
  const test = compared('=', constant(a.sql, a.type), constant(b.sql, b.type)).sql;
  if (how === 'FULL') throw new NotInEngine('it uses FULL JOIN with USING');
  (how === 'RIGHT' ? a : b).hidden = true;
  return test;
}

/** The name that `IDENTIFIER(…)` makes. Its text must be known before the statement runs. */
function identifier(e: Expr, scope: Scope, session: Session): string[] {
  const value: Value = cast(translate(e, { ...scope, relations: [] }, session), { name: 'STRING' });
  const parts = value.sql.replace(/^\(+|\)+$/g, '').split(/\)?\s*\|\|\s*\(?/);
  const texts = parts.map((part) => /^'((?:[^']|'')*)'$/.exec(part)?.[1]?.replaceAll("''", "'"));
  if (texts.some((text) => text === undefined)) throw new NotInEngine('it computes the name of a table');
  const name = texts.join('');
  return [...name.matchAll(/`((?:[^`]|``)*)`|([^.`]+)/g)].map(
    ([, quotedPart, plain]) => quotedPart?.replaceAll('``', '`') ?? plain ?? '',
  );
}

let ids = 0;

/** A name for a relation that no other has. */
function nextId(): string {
  ids = (ids + 1) % 1_000_000;
  return `t${ids}`;
}

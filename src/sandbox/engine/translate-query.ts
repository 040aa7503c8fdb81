import { cast, condition, constant, unified } from './casts.ts';
import { type Column, type CommonTable, emptyScope, type Scope, type Translated, type Value } from './scope.ts';
import { NotInEngine, SqlError, typeMismatch } from './sql-error.ts';
import type { Body, Expr, Query, Select } from './syntax.ts';
import { isAggregate, orderSql } from './translate-aggregate.ts';
import { type Session, translate } from './translate-expression.ts';
import { fromClause, type TableFinder } from './translate-from.ts';
import { commonType, STRING, typeText } from './types.ts';

/** A statement that is translated. */
export interface Caller extends Omit<Session, 'query'> {
  /** The SQL name and the columns of a table. Throws the service's error for one that is missing or may not be read. */
  table: TableFinder;
}

/** Translates a query to one of SQLite, with the names and types of its columns. */
export function translateQuery(query: Query, caller: Caller): Translated {
  const session: Session = { ...caller, query: (inner, outer) => whole(inner, outer, outer.ctes) };
  return whole(query, null, new Map());

  function whole(q: Query, outer: Scope | null, around: Scope['ctes']): Translated {
    const ctes = new Map(around);
    for (const { name, columns, query: inner } of q.with) {
      const made_ = whole(inner, outer, ctes);
      ctes.set(name.toLowerCase(), { ...renamed(made_, columns, name), query: inner } satisfies CommonTable);
    }
    const tail = limits(q, session);
    if (q.body.kind === 'select') {
      const { translated, order } = select(q.body, outer, ctes, q.order);
      return { ...translated, sql: translated.sql + order + tail };
    }
    const inner = body(q.body, outer, ctes);
    const order = orderOfOutput(q.order, inner);
    if (order === '' && tail === '') return inner;
    return { ...inner, sql: `SELECT * FROM (${inner.sql})${order}${tail}` };
  }

  function body(b: Body, outer: Scope | null, ctes: Scope['ctes']): Translated {
    switch (b.kind) {
      case 'select':
        return select(b, outer, ctes, []).translated;
      case 'nested':
        return whole(b.query, outer, ctes);
      case 'values':
        return values(b.rows, outer, ctes, session);
      case 'set': {
        if (b.all && b.op !== 'UNION') throw new NotInEngine(`it uses ${b.op} ALL`);
        return combined(b.op + (b.all ? ' ALL' : ''), body(b.left, outer, ctes), body(b.right, outer, ctes));
      }
    }
  }

  function select(
    s: Select,
    outer: Scope | null,
    ctes: Scope['ctes'],
    order: Query['order'],
  ): { translated: Translated; order: string } {
    const scope = emptyScope(outer, ctes);
    for (const { name, window } of s.windows) scope.windows.set(name.toLowerCase(), window);
    const from = s.from ? fromClause(s.from, scope, session, caller.table, (q) => whole(q, outer, ctes)) : '';
    const items = s.items.flatMap((item) => expanded(item, scope));
    const where = s.where
      ? condition(translate(s.where, { ...scope, noAggregate: 'WHERE' }, session), 'WHERE').sql
      : '';
    const groups = groupsOf(s, items, scope);
    const grouped = groups.length > 0 || s.having !== null || items.some(({ expr }) => hasAggregate(expr));
    if (grouped) scope.groups = new Map(groups.map(({ sql }) => [sql, true]));
    const columns = items.map(({ expr, name }) => {
      const value = translate(expr, scope, session);
      if (value.interval) throw new NotInEngine('its result is an interval');
      if (!scope.aliases.has(name.toLowerCase())) scope.aliases.set(name.toLowerCase(), value);
      return { name, value };
    });
    for (const { name, value } of columns) if (grouped) covered(name, value, groups.length > 0);
    const having = s.having ? condition(checked(s.having, scope, groups.length > 0), 'HAVING').sql : '';
    const shown = columns.map(({ value }, at) => `${value.sql} AS c${at}`);
    const output: Translated = {
      sql: '',
      columns: columns.map(({ name, value }) => ({ name, type: value.type.name === 'VOID' ? STRING : value.type })),
    };
    const clauses = [
      from && ` FROM ${from}`,
      where && ` WHERE ${where}`,
      groups.length > 0 ? ` GROUP BY ${groups.map(({ sql }) => groupSql(sql)).join(', ')}` : '',
      // SQLite takes HAVING only with groups. Without any, all rows are one.
      having && (groups.length > 0 ? ` HAVING ${having}` : ` GROUP BY NULL HAVING ${having}`),
    ].join('');
    if (s.qualify) {
      const test = condition(checked(s.qualify, scope, groups.length > 0), 'QUALIFY').sql;
      const names = columns.map((_column, at) => `c${at}`).join(', ');
      const inner = `SELECT ${[...shown, `${test} AS q`].join(', ')}${clauses}`;
      const sql = `SELECT ${s.distinct ? 'DISTINCT ' : ''}${names} FROM (${inner}) WHERE q`;
      return { translated: { ...output, sql }, order: orderOfOutput(order, output) };
    }
    const sql = `SELECT ${s.distinct ? 'DISTINCT ' : ''}${shown.join(', ')}${clauses}`;
    return {
      translated: { ...output, sql },
      order: orderOfRows(order, scope, columns, grouped && groups.length > 0, grouped),
    };
  }

  /** Expressions of GROUP BY: a number is a select item, and a name may be one too. */
  function groupsOf(s: Select, items: Item[], scope: Scope): Value[] {
    const inner: Scope = { ...scope, noAggregate: 'GROUP BY' };
    if (s.group === 'ALL') {
      return items.filter(({ expr }) => !hasAggregate(expr)).map(({ expr }) => translate(expr, inner, session));
    }
    return s.group.map((expr) => {
      if (expr.kind === 'literal' && typeof expr.value === 'number') {
        const item = items[expr.value - 1];
        if (item === undefined) throw outOfRange('GROUP_BY_POS_OUT_OF_RANGE', 'GROUP BY', expr.value, items.length);
        return translate(item.expr, inner, session);
      }
      try {
        return translate(expr, inner, session);
      } catch (error) {
        const [wanted] = expr.kind === 'name' && expr.parts.length === 1 ? expr.parts : [];
        const item = items.find(({ alias, name }) => alias && name.toLowerCase() === wanted?.toLowerCase());
        if (item === undefined) throw error;
        return translate(item.expr, inner, session);
      }
    });
  }

  function checked(expr: Expr, scope: Scope, hasGroups: boolean): Value {
    const value = translate(expr, scope, session);
    if (scope.groups !== null) covered('', value, hasGroups);
    return value;
  }

  function orderOfRows(
    order: Query['order'],
    scope: Scope,
    columns: { name: string; value: Value }[],
    hasGroups: boolean,
    grouped: boolean,
  ): string {
    if (order === 'ALL') return ` ORDER BY ${columns.map((_column, at) => at + 1).join(', ')}`;
    if (order.length === 0) return '';
    const each = order.map(({ expr, ...how }) => {
      const at = outputIndex(expr, columns);
      if (at !== undefined) return orderSql(String(at + 1), how);
      const value = translate(expr, scope, session);
      if (grouped) covered('', value, hasGroups);
      return orderSql(/^-?\d+$/.test(value.sql) ? `(${value.sql} + 0)` : value.sql, how);
    });
    return ` ORDER BY ${each.join(', ')}`;
  }

  function orderOfOutput(order: Query['order'], output: Translated): string {
    const scope = emptyScope(null, new Map());
    scope.relations.push({
      path: [],
      columns: output.columns.map(({ name, type }, at) => ({ name, type, sql: `c${at}` })),
    });
    const columns = output.columns.map(({ name, type }, at) => ({ name, value: constant(`c${at}`, type) }));
    return orderOfRows(order, scope, columns, false, false);
  }
}

interface Item {
  expr: Expr;
  name: string;
  alias: boolean;
}

/** A select item, or the columns of a star. */
function expanded({ expr, alias, text }: Select['items'][number], scope: Scope): Item[] {
  if (expr.kind !== 'star') {
    const last = expr.kind === 'name' ? expr.parts.at(-1) : expr.kind === 'field' ? expr.name : undefined;
    return [{ expr, name: alias ?? last ?? defaultName(text), alias: alias !== null }];
  }
  const wanted = expr.of.map((part) => part.toLowerCase());
  const hidden = expr.except.map((name) => name.toLowerCase());
  const relations = scope.relations.filter(({ path }) => {
    const tail = path.slice(-wanted.length).map((part) => part.toLowerCase());
    return wanted.length === 0 || tail.join('.') === wanted.join('.');
  });
  if (relations.length === 0)
    throw new SqlError(
      'CANNOT_RESOLVE_STAR_EXPAND',
      `Cannot resolve ${wanted.map((part) => `\`${part}\``).join('.')}.* given input columns.`,
      '42704',
    );
  return relations.flatMap(({ path, columns }) =>
    columns
      .filter((column) => !(column.hidden && wanted.length === 0) && !hidden.includes(column.name.toLowerCase()))
      .map((column): Item => ({ expr: ownColumn(path, column), name: column.name, alias: false })),
  );
}

/** A column of a star, by its full name: another table may have the same column. */
function ownColumn(path: readonly string[], { name }: Column): Expr {
  return { kind: 'name', parts: [...path, name] };
}

/** The name of a column without an alias is its text, with functions in small letters. */
function defaultName(text: string): string {
  return text.replace(/\b([A-Z_]+)(?=\()/g, (name) => name.toLowerCase());
}

function hasAggregate(e: Expr): boolean {
  if (e.kind === 'call' && !e.over && isAggregate(e.name)) return true;
  if (e.kind === 'scalar' || e.kind === 'exists') return false;
  return Object.values(e).some((inner: unknown) => partHasAggregate(inner));
}

function partHasAggregate(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(partHasAggregate);
  if (typeof value !== 'object' || value === null) return false;
  // A query in brackets has aggregates of its own.
  if ('body' in value) return false;
  if ('kind' in value && typeof value.kind === 'string') return hasAggregate(value as Expr); // every part with a kind is one
  return Object.values(value).some(partHasAggregate);
}

/** Throws when a column is neither in a group nor in an aggregate: SQLite would take it from any row. */
function covered(name: string, { free }: Value, hasGroups: boolean): void {
  const [first] = free;
  if (first === undefined) return;
  if (!hasGroups) {
    throw new SqlError(
      'MISSING_GROUP_BY',
      'The query does not include a GROUP BY clause. Add GROUP BY or turn it into the window functions using OVER clauses.',
      '42803',
    );
  }
  throw new SqlError(
    'MISSING_AGGREGATION',
    `The non-aggregating expression "${first || name}" is based on columns which are not participating in the GROUP BY clause.\nAdd the columns or the expression to the GROUP BY, aggregate the expression, or use "any_value(${first})" if you do not care which of the values within a group is returned.`,
    '42803',
  );
}

/** A number alone would be a place among the columns. */
function groupSql(sql: string): string {
  return /^[\d.\s()-]+$/.test(sql) ? 'NULL' : sql;
}

function outOfRange(condition_: string, clause: string, at: number, count: number): SqlError {
  return new SqlError(
    condition_,
    `${clause} position ${at} is not in select list (valid range is [1, ${count}]).`,
    '42805',
  );
}

/** The select item that an item of ORDER BY means: by its number, or by its name. */
function outputIndex(expr: Expr, columns: readonly { name: string }[]): number | undefined {
  if (expr.kind === 'literal' && typeof expr.value === 'number') {
    if (expr.value < 1 || expr.value > columns.length)
      throw outOfRange('ORDER_BY_POS_OUT_OF_RANGE', 'ORDER BY', expr.value, columns.length);
    return expr.value - 1;
  }
  const [name] = expr.kind === 'name' && expr.parts.length === 1 ? expr.parts : [];
  if (name === undefined) return undefined;
  const at = columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase());
  return at < 0 ? undefined : at;
}

/** LIMIT and OFFSET. Both must be known before the statement runs. */
function limits({ limit, offset }: Query, session: Session): string {
  const number = (e: Expr, what: string): string => {
    const value = cast(translate(e, emptyScope(null, new Map()), session), { name: 'BIGINT' });
    if (value.aggregate || value.windowed || value.sql.includes('SELECT')) {
      throw new SqlError(
        `INVALID_LIMIT_LIKE_EXPRESSION.IS_UNFOLDABLE`,
        `The ${what} expression must evaluate to a constant value.`,
        '42K0E',
      );
    }
    return value.sql;
  };
  const most = limit ? number(limit, 'limit') : offset ? '-1' : '';
  return (most && ` LIMIT ${most}`) + (offset ? ` OFFSET ${number(offset, 'offset')}` : '');
}

/** The columns of a query under other names. */
export function renamed(translated: Translated, names: readonly string[], of: string): Translated {
  if (names.length === 0) return translated;
  if (names.length !== translated.columns.length) {
    throw new SqlError(
      'ASSIGNMENT_ARITY_MISMATCH',
      `Number of column aliases does not match number of columns. Number of column aliases: ${names.length}; number of columns: ${translated.columns.length} in ${of}.`,
      '42802',
    );
  }
  return { ...translated, columns: translated.columns.map(({ type }, at) => ({ name: names[at] ?? '', type })) };
}

function combined(op: string, left: Translated, right: Translated): Translated {
  const name = op.replace(' ALL', '');
  if (left.columns.length !== right.columns.length) {
    throw new SqlError(
      'NUM_COLUMNS_MISMATCH',
      `${name} can only be performed on inputs with the same number of columns, but the first input has ${left.columns.length} columns and the second input has ${right.columns.length} columns.`,
      '42826',
    );
  }
  const columns = left.columns.map(({ name: column, type }, at) => {
    const other = right.columns[at]?.type ?? type;
    const common = commonType(type, other);
    if (common === undefined)
      throw typeMismatch(name, `the column "${column}" has the types "${typeText(type)}" and "${typeText(other)}"`);
    return { name: column, type: common };
  });
  const side = (one: Translated): string => {
    const casts = columns.map(
      ({ type }, at) => `${cast(constant(`c${at}`, one.columns[at]?.type ?? type), type).sql} AS c${at}`,
    );
    return `SELECT ${casts.join(', ')} FROM (${one.sql})`;
  };
  return { sql: `${side(left)} ${op} ${side(right)}`, columns };
}

function values(rows: Expr[][], outer: Scope | null, ctes: Scope['ctes'], session: Session): Translated {
  const scope = emptyScope(outer, ctes);
  const all = rows.map((row) => row.map((each) => translate(each, scope, session)));
  const width = all[0]?.length ?? 0;
  if (all.some((row) => row.length !== width)) {
    throw new SqlError(
      'INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH',
      'Invalid inline table. Its rows have different numbers of columns.',
      '42000',
    );
  }
  const columns = Array.from({ length: width }, (_column, at) =>
    unified(
      all.flatMap((row) => row[at] ?? []),
      'VALUES',
    ),
  );
  const lines = all.map(
    (_row, line) => `SELECT ${columns.map((column, at) => `${column[line]?.sql} AS c${at}`).join(', ')}`,
  );
  return {
    sql: lines.join(' UNION ALL '),
    columns: columns.map((column, at) => ({ name: `col${at + 1}`, type: column[0]?.type ?? STRING })),
  };
}

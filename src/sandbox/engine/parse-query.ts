import { Cursor } from './cursor.ts';
import { parseExpression, parseOrder, parseWindow } from './parse-expression.ts';
import { NotInEngine } from './sql-error.ts';
import type { Body, Expr, From, Order, Query, Select, Statement } from './syntax.ts';
import { tokenize } from './tokens.ts';

const WRITES =
  /^(INSERT|UPDATE|DELETE|MERGE|CREATE|DROP|ALTER|TRUNCATE|COPY|OPTIMIZE|VACUUM|GRANT|REVOKE|CALL|SET|USE|REFRESH|ANALYZE|EXPLAIN|CACHE|BEGIN|DECLARE|EXECUTE|COMMENT|UNDROP|RESTORE)$/;

/** Parses one statement. Throws the service's syntax error, also for a second statement after it. */
export function parseStatement(sql: string): Statement {
  const c = new Cursor(sql, tokenize(sql), parseQuery);
  const statement = readStatement(c);
  c.take(';');
  if (c.peek().kind !== 'end') throw c.error();
  return statement;
}

function readStatement(c: Cursor): Statement {
  const first = c.peek();
  if (first.kind === 'word' && WRITES.test(first.text)) {
    throw new NotInEngine(`it begins with ${first.text}, and the tables of the sandbox can only be read`);
  }
  if (c.take('DESCRIBE') || c.take('DESC')) {
    for (const what of ['SCHEMA', 'CATALOG', 'FUNCTION', 'HISTORY', 'DETAIL', 'QUERY', 'VOLUME']) {
      if (c.sees(what)) throw new NotInEngine(`it uses DESCRIBE ${what}`);
    }
    c.take('TABLE');
    if (c.take('EXTENDED')) throw new NotInEngine('it uses DESCRIBE EXTENDED');
    return { kind: 'describe', table: c.path() };
  }
  if (c.take('SHOW')) {
    if (c.take('CATALOGS')) return { kind: 'show-catalogs' };
    if (c.take('SCHEMAS') || c.take('DATABASES')) {
      return { kind: 'show-schemas', catalog: c.take('IN') || c.take('FROM') ? c.path() : [] };
    }
    if (c.take('TABLES')) {
      const schema = c.take('IN') || c.take('FROM') ? c.path() : [];
      const like = c.take('LIKE') || c.peek().kind === 'string' ? c.next().text : null;
      return { kind: 'show-tables', schema, like };
    }
    throw new NotInEngine(`it uses SHOW ${c.peek().raw}`);
  }
  return { kind: 'query', query: parseQuery(c) };
}

/** Parses a query with its WITH, ORDER BY and LIMIT. */
function parseQuery(c: Cursor): Query {
  const ctes = c.take('WITH') ? commonTables(c) : [];
  const body = setBody(c);
  let order: Query['order'] = [];
  if (c.take('ORDER', 'BY')) order = c.take('ALL') ? 'ALL' : c.list((): Order => parseOrder(c));
  let limit: Expr | null = null;
  if (c.take('LIMIT') && !c.take('ALL')) limit = parseExpression(c);
  const offset = c.take('OFFSET') ? parseExpression(c) : null;
  return { with: ctes, body, order, limit, offset };
}

function commonTables(c: Cursor): Query['with'] {
  if (c.sees('RECURSIVE')) throw new NotInEngine('it uses WITH RECURSIVE');
  return c.list(() => {
    const name = c.identifier();
    const columns = columnNames(c);
    c.take('AS');
    c.expect('(');
    const query = parseQuery(c);
    c.expect(')');
    return { name, columns, query };
  });
}

function columnNames(c: Cursor): string[] {
  if (!c.take('(')) return [];
  const names = c.list(() => c.identifier());
  c.expect(')');
  return names;
}

function setBody(c: Cursor): Body {
  let left = intersections(c);
  for (;;) {
    const op = c.take('UNION') ? 'UNION' : c.take('EXCEPT') || c.take('MINUS') ? 'EXCEPT' : undefined;
    if (op === undefined) return left;
    const all = c.take('ALL');
    if (!all) c.take('DISTINCT');
    left = { kind: 'set', op, all, left, right: intersections(c) };
  }
}

function intersections(c: Cursor): Body {
  let left = oneBody(c);
  while (c.take('INTERSECT')) {
    const all = c.take('ALL');
    if (!all) c.take('DISTINCT');
    left = { kind: 'set', op: 'INTERSECT', all, left, right: oneBody(c) };
  }
  return left;
}

function oneBody(c: Cursor): Body {
  if (c.take('(')) {
    const query = parseQuery(c);
    c.expect(')');
    return { kind: 'nested', query };
  }
  if (c.take('VALUES')) {
    const row = (): Expr[] => {
      if (!c.take('(')) return [parseExpression(c)];
      const values = c.list(() => parseExpression(c));
      c.expect(')');
      return values;
    };
    return { kind: 'values', rows: c.list(row) };
  }
  if (c.take('SELECT')) return select(c);
  throw c.error();
}

function select(c: Cursor): Select {
  const distinct = c.take('DISTINCT');
  if (!distinct) c.take('ALL');
  const items = c.list(() => {
    const start = c.at;
    const expr = parseExpression(c);
    const text = c.textFrom(start);
    const alias = c.take('AS') ? c.part() : c.seesAlias() ? c.identifier() : null;
    return { expr, alias, text };
  });
  const from = c.take('FROM') ? fromClause(c) : null;
  const where = c.take('WHERE') ? parseExpression(c) : null;
  let group: Select['group'] = [];
  if (c.take('GROUP', 'BY')) {
    if (c.sees('GROUPING') || c.sees('CUBE') || c.sees('ROLLUP')) throw c.error();
    group = c.take('ALL') ? 'ALL' : c.list(() => parseExpression(c));
    if (c.sees('WITH')) throw new NotInEngine('it groups with ROLLUP or CUBE');
  }
  const having = c.take('HAVING') ? parseExpression(c) : null;
  const qualify = c.take('QUALIFY') ? parseExpression(c) : null;
  const windows = c.take('WINDOW')
    ? c.list(() => {
        const name = c.identifier();
        c.expect('AS', '(');
        return { name, window: parseWindow(c) };
      })
    : [];
  return { kind: 'select', distinct, items, from, where, group, having, qualify, windows };
}

function fromClause(c: Cursor): From {
  let left = joined(c);
  while (c.take(',')) left = { kind: 'join', how: 'CROSS', left, right: joined(c), on: null, using: [] };
  return left;
}

function joined(c: Cursor): From {
  let left = source(c);
  for (;;) {
    const how = joinWord(c);
    if (how === undefined) return left;
    const right = source(c);
    let on: Expr | null = null;
    let using: string[] = [];
    if (c.take('ON')) on = parseExpression(c);
    else if (c.take('USING')) using = columnNames(c);
    left = { kind: 'join', how, left, right, on, using };
  }
}

/** The kind of the join that follows. Its words are passed. */
function joinWord(c: Cursor): string | undefined {
  if (c.sees('NATURAL')) throw new NotInEngine('it uses NATURAL JOIN');
  if (c.take('JOIN') || c.take('INNER', 'JOIN')) return 'INNER';
  if (c.take('CROSS', 'JOIN')) return 'CROSS';
  for (const side of ['LEFT', 'RIGHT', 'FULL']) {
    if (c.take(side, 'JOIN') || c.take(side, 'OUTER', 'JOIN')) return side;
  }
  for (const kind of ['SEMI', 'ANTI']) {
    if (c.take('LEFT', kind, 'JOIN') || c.take(kind, 'JOIN')) return kind;
  }
  return undefined;
}

function source(c: Cursor): From {
  if (c.take('(')) {
    if (!c.sees('SELECT') && !c.sees('WITH') && !c.sees('VALUES') && !c.sees('(')) {
      const inner = fromClause(c);
      c.expect(')');
      return inner;
    }
    const query = parseQuery(c);
    c.expect(')');
    return { kind: 'query', query, ...aliasOf(c) };
  }
  if (c.sees('VALUES')) {
    const query: Query = { with: [], body: oneBody(c), order: [], limit: null, offset: null };
    return { kind: 'query', query, ...aliasOf(c) };
  }
  if (c.take('IDENTIFIER', '(')) {
    const name = parseExpression(c);
    c.expect(')');
    return { kind: 'table', name, ...aliasOf(c) };
  }
  const path = c.path();
  if (c.sees('(')) throw new NotInEngine(`it reads from the function ${path.join('.')}()`);
  if (c.sees('TIMESTAMP', 'AS') || c.sees('VERSION', 'AS'))
    throw new NotInEngine('it reads an earlier version of a table');
  // A dot cannot be in a part: names in backticks are split here once, so each part is quoted again.
  const name: Expr = { kind: 'name', parts: path };
  return { kind: 'table', name, ...aliasOf(c) };
}

function aliasOf(c: Cursor): { alias: string | null; columns: string[] } {
  const alias = c.take('AS') || c.seesAlias() ? c.identifier() : null;
  return { alias, columns: alias === null ? [] : columnNames(c) };
}

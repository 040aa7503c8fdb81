import {
  arithmetic,
  asText,
  cast,
  compared,
  condition,
  constant,
  literalSql,
  made,
  numeric,
  quoted,
  unified,
} from './casts.ts';
import { resolve, type Scope, type Translated, type Value } from './scope.ts';
import { NotInEngine, SqlError, typeMismatch } from './sql-error.ts';
import type { Expr, Query } from './syntax.ts';
import { lengthOf } from './times.ts';
import { aggregateCall, isAggregate, windowCall } from './translate-aggregate.ts';
import { scalarCall } from './translate-call.ts';
import { BOOLEAN, INTERVAL, isNested, STRING, typeText } from './types.ts';

/** What the translation of a statement needs besides the scope. */
export interface Session {
  /** Sandbox time, epoch milliseconds. */
  now: number;
  user: string;
  catalog: string;
  schema: string;
  /** Named parameters, as SQLite takes them. */
  params: ReadonlyMap<string, Value>;
  /** Translates a query in brackets. */
  query: (query: Query, outer: Scope) => Translated;
}

/** Translates an expression. Throws the service's error for one that it would refuse, and `NotInEngine` for one that only it can run. */
export function translate(e: Expr, scope: Scope, session: Session): Value {
  const value = node(e, scope, session);
  // What is grouped is one value for each group, whatever it is made of.
  if (scope.groups?.has(value.sql) && value.free.length > 0) return { ...value, free: [] };
  return value;
}

function node(e: Expr, scope: Scope, session: Session): Value {
  const of = (inner: Expr): Value => translate(inner, scope, session);
  switch (e.kind) {
    case 'literal':
      return constant(literalSql(e.value, e.type), e.type);
    case 'param':
      return param(e.name, session);
    case 'name':
      return name(e.parts, scope);
    case 'star':
      throw new SqlError('INVALID_USAGE_OF_STAR_OR_REGEX', "Invalid usage of '*' in an expression.", '42000');
    case 'unary':
      return unary(e.op, of(e.arg));
    case 'binary':
      return binary(e.op, of(e.left), of(e.right));
    case 'between': {
      const [arg, low, high] = [of(e.arg), of(e.low), of(e.high)];
      const both = made(`(${compared('>=', arg, low).sql} AND ${compared('<=', arg, high).sql})`, BOOLEAN, [
        arg,
        low,
        high,
      ]);
      return e.not ? unary('NOT', both) : both;
    }
    case 'in':
      return inList(e, scope, session);
    case 'like':
      return like(e, of(e.arg), of(e.pattern));
    case 'is': {
      const arg = of(e.arg);
      const sql = `(${e.what === 'NULL' ? arg.sql : condition(arg, 'IS').sql} IS ${e.not ? 'NOT ' : ''}${{ NULL: 'NULL', TRUE: '1', FALSE: '0' }[e.what]})`;
      return made(sql, BOOLEAN, [arg]);
    }
    case 'distinct': {
      const [a, b] = unified([of(e.left), of(e.right)], 'IS DISTINCT FROM');
      if (a === undefined || b === undefined) throw new Error('A comparison lost a side.');
      return made(`(${a.sql} IS ${e.not ? '' : 'NOT '}${b.sql})`, BOOLEAN, [a, b]);
    }
    case 'case':
      return cases(e, of);
    case 'cast':
      return cast(of(e.arg), e.type, e.attempt);
    case 'interval':
      return interval(e.parts, of);
    case 'exists':
      return constant(`EXISTS (${session.query(e.query, scope).sql})`, BOOLEAN);
    case 'scalar': {
      const { sql, columns } = session.query(e.query, scope);
      const [only] = columns;
      if (only === undefined || columns.length > 1) throw oneColumn(columns.length);
      return constant(`(${sql})`, only.type);
    }
    case 'field':
      return field(of(e.of), e.name);
    case 'item':
      return item(of(e.of), of(e.at));
    case 'json': {
      const text = of(e.of);
      if (text.type.name !== 'STRING') throw new NotInEngine('it looks with a colon into a column that is no text');
      return made(`x_get_json_object(${text.sql}, ${quoted(e.path)})`, STRING, [text]);
    }
    case 'call':
      if (e.over) return windowCall(e, scope, (inner) => of(inner));
      if (isAggregate(e.name)) return aggregateCall(e, scope, (inner, within) => translate(inner, within, session));
      if (e.filter || e.distinct || e.within.length > 0) throw new NotInEngine(`it filters or orders ${e.name}()`);
      return scalarCall(e.name, e.args.map(of), session);
  }
}

function oneColumn(count: number): SqlError {
  return new SqlError(
    'INVALID_SUBQUERY_EXPRESSION.SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT_COLUMN',
    `Scalar subquery must return only one column, but got ${count}.`,
    '42823',
  );
}

/** evidence: sql-parameters */
function param(wanted: string, { params }: Session): Value {
  const found = params.get(wanted.toLowerCase());
  if (found !== undefined) return found;
  throw new SqlError(
    'UNBOUND_SQL_PARAMETER',
    `Found the unbound parameter: ${wanted}. Please, fix \`args\` and provide a mapping of the parameter to either a SQL literal or collection constructor functions such as \`map()\`, \`array()\`, \`struct()\`.`,
    '42P02',
  );
}

function name(parts: readonly string[], scope: Scope): Value {
  const found = resolve(scope, parts);
  if (!('column' in found)) return found;
  const { column, rest, here } = found;
  const value: Value = { ...constant(column.sql, column.type), free: here ? [parts.join('.')] : [] };
  // A group may be the whole column, of which the expression takes a part.
  const known = scope.groups?.has(value.sql) ? { ...value, free: [] } : value;
  return rest.reduce((inner, part) => field(inner, part), known);
}

function field(value: Value, wanted: string): Value {
  const { name: kind, fields = [], of } = value.type;
  if (kind === 'MAP')
    return made(`json_extract(${value.sql}, ${quoted(`$.${JSON.stringify(wanted)}`)})`, of ?? STRING, [value]);
  if (kind !== 'STRUCT') {
    throw new SqlError(
      'INVALID_EXTRACT_BASE_FIELD_TYPE',
      `Can't extract a value from "${wanted}". Need a complex type [STRUCT, ARRAY, MAP] but got "${typeText(value.type)}".`,
      '42000',
    );
  }
  const found = fields.find((each) => each.name.toLowerCase() === wanted.toLowerCase());
  if (found === undefined) {
    const known = fields.map((each) => `\`${each.name}\``).join(', ');
    throw new SqlError('FIELD_NOT_FOUND', `No such struct field \`${wanted}\` in ${known}.`, '42704');
  }
  return made(`json_extract(${value.sql}, ${quoted(`$.${JSON.stringify(found.name)}`)})`, found.type, [value]);
}

function item(value: Value, at: Value): Value {
  const { name: kind, of = STRING } = value.type;
  if (kind === 'MAP') return made(`x_item(${value.sql}, ${asText(at).sql})`, of, [value, at]);
  if (kind === 'ARRAY') return made(`x_item(${value.sql}, ${numeric(at, 'array[index]').sql})`, of, [value, at]);
  throw typeMismatch('value[key]', `the value has the type "${typeText(value.type)}", and needs "ARRAY" or "MAP"`);
}

function unary(op: string, arg: Value): Value {
  if (op === 'NOT') return made(`(NOT ${condition(arg, 'NOT').sql})`, BOOLEAN, [arg]);
  if (arg.interval) {
    return { ...arg, interval: { months: `(-(${arg.interval.months}))`, ms: `(-(${arg.interval.ms}))` } };
  }
  const value = numeric(arg, '-a');
  return made(`(- ${value.sql})`, value.type, [value]);
}

function binary(op: string, a: Value, b: Value): Value {
  if (op === 'AND' || op === 'OR') {
    return made(`(${condition(a, op).sql} ${op} ${condition(b, op).sql})`, BOOLEAN, [a, b]);
  }
  if (op === '||') {
    if (isNested(a.type) || isNested(b.type)) throw new NotInEngine('it joins arrays with ||');
    return made(`(${asText(a).sql} || ${asText(b).sql})`, STRING, [a, b]);
  }
  return /^[=<>]/.test(op) ? compared(op, a, b) : arithmetic(op, a, b);
}

function inList(e: Extract<Expr, { kind: 'in' }>, scope: Scope, session: Session): Value {
  const arg = translate(e.arg, scope, session);
  const not = e.not ? 'NOT ' : '';
  if (!Array.isArray(e.list)) {
    const { sql, columns } = session.query(e.list, scope);
    const [only] = columns;
    if (only === undefined || columns.length > 1) throw oneColumn(columns.length);
    const [left, right] = unified([arg, constant('c0', only.type)], 'a IN (query)');
    return made(`(${left?.sql} ${not}IN (SELECT ${right?.sql} FROM (${sql})))`, BOOLEAN, [arg]);
  }
  const values = e.list.map((each) => translate(each, scope, session));
  const [left, ...rest] = unified([arg, ...values], 'a IN (…)');
  return made(`(${left?.sql} ${not}IN (${rest.map(({ sql }) => sql).join(', ')}))`, BOOLEAN, [arg, ...values]);
}

function like({ how, not, escape: mark }: Extract<Expr, { kind: 'like' }>, arg: Value, pattern: Value): Value {
  const [text, wanted] = [asText(arg).sql, asText(pattern).sql];
  const sql = {
    LIKE: `x_like(${text}, ${wanted}, ${quoted(mark)})`,
    ILIKE: `x_like(x_lower(${text}), x_lower(${wanted}), ${quoted(mark)})`,
    RLIKE: `x_regexp_like(${text}, ${wanted})`,
  }[how];
  return made(not ? `(NOT ${sql})` : sql, BOOLEAN, [arg, pattern]);
}

function cases(e: Extract<Expr, { kind: 'case' }>, of: (e: Expr) => Value): Value {
  const base = e.of && of(e.of);
  const whens = e.whens.map(({ when }) => (base ? compared('=', base, of(when)) : condition(of(when), 'CASE WHEN')));
  const results = [...e.whens.map(({ result }) => of(result)), ...(e.otherwise ? [of(e.otherwise)] : [])];
  const values = unified(results, 'CASE');
  const arms = whens.map((when, at) => `WHEN ${when.sql} THEN ${values[at]?.sql}`).join(' ');
  const rest = e.otherwise ? ` ELSE ${values.at(-1)?.sql}` : '';
  return made(`CASE ${arms}${rest} END`, values[0]?.type ?? STRING, [...whens, ...results]);
}

function interval(parts: { amount: Expr; unit: string }[], of: (e: Expr) => Value): Value {
  const amounts = parts.map(({ amount }) => numeric(of(amount), 'INTERVAL'));
  const sum = (what: 'months' | 'ms'): string => {
    const each = parts.flatMap(({ unit }, at) => {
      const factor = lengthOf(1, unit)[what];
      return factor === 0 ? [] : [`(${amounts[at]?.sql} * ${factor})`];
    });
    return each.length === 0 ? '0' : each.join(' + ');
  };
  return { ...made('NULL', INTERVAL, amounts), interval: { months: sum('months'), ms: sum('ms') } };
}

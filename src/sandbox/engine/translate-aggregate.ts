import { AGGREGATES } from './aggregate-functions.ts';
import { asText, condition, made, numeric } from './casts.ts';
import type { Scope, Value } from './scope.ts';
import { NotInEngine, SqlError } from './sql-error.ts';
import type { Call, Expr, Order } from './syntax.ts';
import { arrayOf, BIGINT, BOOLEAN, DOUBLE, decimal, INT, isNested, type SqlType, STRING } from './types.ts';

const SAME: Record<string, string> = {
  MEAN: 'AVG',
  APPROX_PERCENTILE: 'PERCENTILE_APPROX',
  PERCENTILE_CONT: 'PERCENTILE',
  PERCENTILE_DISC: 'PERCENTILE_APPROX',
  ARRAY_AGG: 'COLLECT_LIST',
  FIRST_VALUE: 'FIRST',
  ANY_VALUE: 'FIRST',
  LAST_VALUE: 'LAST',
  STDDEV_SAMP: 'STDDEV',
  STD: 'STDDEV',
  VAR_SAMP: 'VARIANCE',
  APPROX_COUNT_DISTINCT: 'APPROX_COUNT',
  BOOL_AND: 'EVERY',
  BOOL_OR: 'SOME',
  ANY: 'SOME',
  LISTAGG: 'STRING_AGG',
};
const BUILT_IN = [
  'COUNT',
  'COUNT_IF',
  'SUM',
  'TRY_SUM',
  'AVG',
  'TRY_AVG',
  'MIN',
  'MAX',
  'EVERY',
  'SOME',
  'APPROX_COUNT',
  'MEDIAN',
];

const nameOf = (name: string): string => SAME[name] ?? name;

/** Whether a function makes one value of many rows. */
export function isAggregate(name: string): boolean {
  const known = nameOf(name);
  return BUILT_IN.includes(known) || known in AGGREGATES;
}

type Translate = (e: Expr, scope: Scope) => Value;

/** A call of an aggregate function over the rows of a group. */
export function aggregateCall(call: Call, scope: Scope, translate: Translate): Value {
  if (scope.noAggregate !== null) throw misplaced(call.name, scope.noAggregate);
  const inside: Scope = { ...scope, groups: null, noAggregate: 'an aggregate' };
  const of = (e: Expr): Value => translate(e, inside);
  const { sql, type } = plainCall(call, of);
  const filter = call.filter && condition(of(call.filter), 'FILTER');
  const value = made(withFilter(sql, filter), type, []);
  return { ...value, aggregate: true };
}

function misplaced(name: string, where: string): SqlError {
  if (where === 'WHERE') {
    return new SqlError(
      'INVALID_WHERE_CONDITION',
      `The WHERE condition "${name.toLowerCase()}" contains invalid expressions: aggregate functions. Rewrite the query to avoid window functions, aggregate functions, and generator functions in the WHERE clause.`,
      '42903',
    );
  }
  if (where === 'GROUP BY') {
    return new SqlError(
      'GROUP_BY_AGGREGATE',
      `Aggregate functions are not allowed in GROUP BY, but found ${name.toLowerCase()}.`,
      '42903',
    );
  }
  return new SqlError(
    'NESTED_AGGREGATE_FUNCTION',
    'It is not allowed to use an aggregate function in the argument of another aggregate function. Please use the inner aggregate function in a sub-query.',
    '42607',
  );
}

/** `FILTER` of both: a count of a condition, and the call's own. */
function withFilter({ call, when }: Plain['sql'], filter: Value | null): string {
  const all = [...(when === undefined ? [] : [when]), ...(filter ? [filter.sql] : [])];
  return all.length === 0 ? call : `${call} FILTER (WHERE ${all.join(' AND ')})`;
}

interface Plain {
  sql: { call: string; when?: string };
  type: SqlType;
  args: Value[];
}

function plainCall(call: Call, of: (e: Expr) => Value): Plain {
  const name = nameOf(call.name);
  const star = call.args[0]?.kind === 'star';
  const exprs = call.within.length > 0 ? withinArguments(call) : call.args;
  const args = star ? [] : exprs.map(of);
  const [first, second] = args;
  const distinct = call.distinct ? 'DISTINCT ' : '';
  const built = (sql: string, type: SqlType, when?: string): Plain => ({
    sql: { call: sql, ...(when === undefined ? {} : { when }) },
    type,
    args,
  });
  if (name === 'COUNT' && (star || first === undefined)) return built('count(*)', BIGINT);
  if (first === undefined)
    throw new SqlError(
      'WRONG_NUM_ARGS.WITHOUT_SUGGESTION',
      `The \`${call.name.toLowerCase()}\` requires > 0 parameters but the actual number is 0.`,
      '42605',
    );
  if (first.interval) throw new NotInEngine('it aggregates intervals');
  switch (name) {
    case 'COUNT':
      return built(`count(${distinct}${together(args)})`, BIGINT);
    case 'APPROX_COUNT':
      return built(`count(DISTINCT ${first.sql})`, BIGINT);
    case 'COUNT_IF':
      return built('count(*)', BIGINT, condition(first, 'count_if()').sql);
    case 'SUM':
    case 'TRY_SUM':
      return built(`sum(${distinct}${numeric(first, 'sum()').sql})`, sumType(first.type));
    case 'AVG':
    case 'TRY_AVG':
      return built(`avg(${distinct}${numeric(first, 'avg()').sql})`, averageType(first.type));
    case 'MIN':
    case 'MAX':
      return built(`${name.toLowerCase()}(${first.sql})`, first.type);
    case 'EVERY':
      return built(`min(${condition(first, 'every()').sql})`, BOOLEAN);
    case 'SOME':
      return built(`max(${condition(first, 'some()').sql})`, BOOLEAN);
    case 'MEDIAN':
      return built(`x_percentile(${numeric(first, 'median()').sql}, 0.5)`, DOUBLE);
  }
  if (call.distinct && name !== 'COLLECT_SET') throw new NotInEngine(`it uses ${call.name.toLowerCase()}(DISTINCT …)`);
  return own(name, args, first, second, built);
}

/** The functions that JavaScript runs. */
function own(
  name: string,
  args: Value[],
  first: Value,
  second: Value | undefined,
  built: (sql: string, type: SqlType) => Plain,
): Plain {
  const call = `x_${name.toLowerCase()}`;
  switch (name) {
    case 'PERCENTILE':
    case 'PERCENTILE_APPROX': {
      const share = second?.sql;
      if (share === undefined)
        throw new SqlError(
          'WRONG_NUM_ARGS.WITHOUT_SUGGESTION',
          `The \`${name.toLowerCase()}\` requires 2 parameters but the actual number is 1.`,
          '42605',
        );
      if (args.length > 2 && name === 'PERCENTILE') throw new NotInEngine('percentile() has a frequency');
      const one = name === 'PERCENTILE' ? DOUBLE : first.type;
      return built(
        `${call}(${numeric(first, 'percentile()').sql}, ${share})`,
        second?.type.name === 'ARRAY' ? arrayOf(one) : one,
      );
    }
    case 'MAX_BY':
    case 'MIN_BY':
      return built(`${call}(${first.sql}, ${second?.sql ?? 'NULL'})`, first.type);
    case 'COLLECT_LIST':
    case 'COLLECT_SET':
      return built(`${call}(${first.sql}, ${isNested(first.type) ? 1 : 0})`, arrayOf(first.type));
    case 'STRING_AGG':
      return built(`${call}(${asText(first).sql}, ${second ? asText(second).sql : "''"})`, STRING);
    case 'FIRST':
    case 'LAST':
      return built(`${call}(${first.sql})`, first.type);
    default:
      return built(`${call}(${numeric(first, name.toLowerCase()).sql})`, DOUBLE);
  }
}

/** `percentile_cont(0.9) WITHIN GROUP (ORDER BY x)` as percentile(x, 0.9). */
function withinArguments({ name, args, within }: Call): Expr[] {
  const [order] = within;
  const [share] = args;
  if (
    !/^(PERCENTILE_CONT|PERCENTILE_DISC)$/.test(name) ||
    order === undefined ||
    share === undefined ||
    order.descending
  ) {
    throw new NotInEngine(`it orders within ${name.toLowerCase()}()`);
  }
  return [order.expr, share];
}

/** Several values count as one, if none is null. */
function together(args: Value[]): string {
  if (args.length === 1) return args[0]?.sql ?? '*';
  const some = args.map(({ sql }) => `${sql} IS NULL`).join(' OR ');
  return `CASE WHEN ${some} THEN NULL ELSE json_array(${args.map(({ sql }) => sql).join(', ')}) END`;
}

function sumType({ name, precision = 10, scale = 0 }: SqlType): SqlType {
  if (name === 'DECIMAL') return decimal(Math.min(38, precision + 10), scale);
  return name === 'INT' || name === 'BIGINT' ? BIGINT : DOUBLE;
}

function averageType({ name, precision = 10, scale = 0 }: SqlType): SqlType {
  return name === 'DECIMAL' ? decimal(Math.min(38, precision + 4), Math.min(scale + 4, 38)) : DOUBLE;
}

const RANKS = ['ROW_NUMBER', 'RANK', 'DENSE_RANK', 'NTILE'];
const SHARES = ['PERCENT_RANK', 'CUME_DIST'];
const NEIGHBOURS = ['LAG', 'LEAD', 'FIRST_VALUE', 'LAST_VALUE', 'NTH_VALUE'];

/** A call with OVER. */
export function windowCall(call: Call, scope: Scope, of: (e: Expr) => Value): Value {
  if (scope.noAggregate !== null) {
    throw new SqlError(
      'UNSUPPORTED_EXPR_FOR_OPERATOR',
      `The window function ${call.name.toLowerCase()} is not allowed in ${scope.noAggregate}.`,
      '42K0E',
    );
  }
  const window = call.over?.name == null ? call.over : scope.windows.get(call.over.name.toLowerCase());
  if (!window)
    throw new SqlError(
      'MISSING_WINDOW_SPECIFICATION',
      `Window specification is not defined in the WINDOW clause for ${call.over?.name}.`,
      '42P20',
    );
  const partition = window.partition.map(of);
  const order = window.order.map(({ expr, ...how }) => ({ ...how, value: of(expr) }));
  const over = [
    partition.length > 0 ? `PARTITION BY ${partition.map(({ sql }) => sql).join(', ')}` : '',
    order.length > 0 ? `ORDER BY ${order.map(({ value, ...how }) => orderSql(value.sql, how)).join(', ')}` : '',
    window.frame,
  ].filter((part) => part !== '');
  const { sql, type, args } = windowed(call, of);
  const filter = call.filter && condition(of(call.filter), 'FILTER');
  const made_ = made(`${withFilter(sql, filter)} OVER (${over.join(' ')})`, type, [
    ...args,
    ...partition,
    ...order.map(({ value }) => value),
    ...(filter ? [filter] : []),
  ]);
  return { ...made_, windowed: true };
}

function windowed(call: Call, of: (e: Expr) => Value): Plain {
  const { name } = call;
  if (RANKS.includes(name) || SHARES.includes(name)) {
    const args = call.args.map(of);
    return {
      sql: { call: `${name.toLowerCase()}(${args.map(({ sql }) => sql).join(', ')})` },
      type: RANKS.includes(name) ? INT : DOUBLE,
      args,
    };
  }
  if (NEIGHBOURS.includes(name) || name === 'FIRST' || name === 'LAST') {
    const args = call.args.map(of);
    const spelt = name === 'FIRST' || name === 'LAST' ? `${name}_VALUE` : name;
    return {
      sql: { call: `${spelt.toLowerCase()}(${args.map(({ sql }) => sql).join(', ')})` },
      type: args[0]?.type ?? STRING,
      args,
    };
  }
  if (!isAggregate(name)) throw new NotInEngine(`it uses ${name.toLowerCase()}() over a window`);
  const plain = plainCall(call, of);
  if (plain.sql.call.startsWith('x_') || call.distinct)
    throw new NotInEngine(`it uses ${name.toLowerCase()}() over a window`);
  return plain;
}

/** One item of an order. Nulls come first in ascending order, as in SQLite. */
export function orderSql(sql: string, { descending, nulls }: Omit<Order, 'expr'>): string {
  return `${sql}${descending ? ' DESC' : ''}${nulls === null ? '' : ` NULLS ${nulls}`}`;
}

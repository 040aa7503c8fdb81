import type { Value } from './scope.ts';
import { NotInEngine, typeMismatch } from './sql-error.ts';
import {
  arithmeticType,
  BIGINT,
  BOOLEAN,
  commonType,
  DATE,
  DOUBLE,
  isNested,
  isNumeric,
  type SqlType,
  STRING,
  TIMESTAMP,
  typeText,
} from './types.ts';

/** A text as a literal of SQLite. */
export function quoted(text: string): string {
  // SQLite ends a literal at a zero character.
  return text.includes('\0')
    ? `(${text.split('\0').map(quoted).join(` || char(0) || `)})`
    : `'${text.replaceAll("'", "''")}'`;
}

/** A literal of a type, from a value as SQLite holds it. */
export function literalSql(value: string | number | boolean | null, type: SqlType): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (!Number.isFinite(value)) return value > 0 ? '9e999' : '-9e999';
  const text = String(value);
  return (type.name === 'DOUBLE' || type.name === 'DECIMAL') && Number.isInteger(value) && !text.includes('e')
    ? `${text}.0`
    : text;
}

/** A value of a type without columns. */
export function constant(sql: string, type: SqlType): Value {
  return { sql, type, free: [], aggregate: false, windowed: false };
}

/** A value that is made of others. */
export function made(sql: string, type: SqlType, from: readonly Value[]): Value {
  return {
    sql,
    type,
    free: [...new Set(from.flatMap(({ free }) => free))],
    aggregate: from.some(({ aggregate }) => aggregate),
    windowed: from.some(({ windowed }) => windowed),
  };
}

/** A value as another type. `attempt` makes a value that does not fit null. Throws for types that cannot be cast. */
export function cast(value: Value, to: SqlType, attempt = false): Value {
  const sql = castSql(value, to, attempt);
  if (sql === undefined)
    throw typeMismatch(
      `CAST(${value.type.name} AS ${typeText(to)})`,
      `cannot cast "${typeText(value.type)}" to "${typeText(to)}"`,
    );
  return { ...made(sql, to, [value]) };
}

function castSql({ sql, type: from }: Value, to: SqlType, attempt: boolean): string | undefined {
  if (from.name === 'VOID') return 'NULL';
  if (from.name === 'INTERVAL') throw new NotInEngine('it uses an interval as a value');
  if (from.name === to.name)
    return from.name === 'DECIMAL' && (from.scale ?? 0) > (to.scale ?? 0) ? `x_round(${sql}, ${to.scale ?? 0})` : sql;
  if (from.name === 'STRING') {
    return isNested(to) ? undefined : `x_cast(${sql}, ${quoted(to.name)}, ${to.scale ?? 0}, ${attempt ? 1 : 0})`;
  }
  if (to.name === 'STRING') return textSql(sql, from);
  const numbers = isNumeric(to);
  switch (from.name) {
    case 'TIMESTAMP':
      if (to.name === 'DATE') return `x_day(${sql})`;
      if (numbers) return to.name === 'INT' || to.name === 'BIGINT' ? `x_unix_timestamp(${sql})` : `(${sql} / 1000.0)`;
      return undefined;
    case 'DATE':
      return to.name === 'TIMESTAMP' ? `(${sql} * 86400000)` : undefined;
    case 'BOOLEAN':
      return numbers ? sql : undefined;
    case 'INT':
    case 'BIGINT':
    case 'DOUBLE':
    case 'DECIMAL':
      if (to.name === 'BOOLEAN') return `(${sql} <> 0)`;
      if (to.name === 'TIMESTAMP') return `x_timestamp_seconds(${sql})`;
      if (to.name === 'DATE' || !numbers) return undefined;
      if (to.name === 'DECIMAL') return `x_round(${sql}, ${to.scale ?? 0})`;
      return to.name === 'DOUBLE' ? `CAST(${sql} AS REAL)` : `CAST(${sql} AS INTEGER)`;
    default:
      return undefined;
  }
}

function textSql(sql: string, { name, scale = 0 }: SqlType): string {
  if (name === 'BOOLEAN') return `CASE ${sql} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END`;
  if (name === 'INT' || name === 'BIGINT') return `CAST(CAST(${sql} AS INTEGER) AS TEXT)`;
  return name === 'STRUCT' || name === 'MAP' || name === 'ARRAY' ? sql : `x_text(${sql}, ${quoted(name)}, ${scale})`;
}

/** Values as the type that holds all of them. `where` names the place for an error. */
export function unified(values: readonly Value[], where: string): Value[] {
  const [first, ...rest] = values;
  if (first === undefined) return [];
  const type = rest.reduce<SqlType>((sofar, value) => {
    const common = commonType(sofar, value.type);
    if (common === undefined) {
      throw typeMismatch(where, `the data types "${typeText(sofar)}" and "${typeText(value.type)}" do not match`);
    }
    return common;
  }, first.type);
  return values.map((value) => cast(value, type));
}

/** A value as a condition. */
export function condition(value: Value, where: string): Value {
  if (value.type.name === 'BOOLEAN' || value.type.name === 'VOID') return value;
  throw typeMismatch(where, `the condition has the type "${typeText(value.type)}", and needs "BOOLEAN"`);
}

/** A value as a number: texts become doubles, as the service does. */
export function numeric(value: Value, where: string): Value {
  if (isNumeric(value.type) || value.type.name === 'VOID') return value;
  if (value.type.name === 'STRING') return cast(value, DOUBLE);
  throw typeMismatch(where, `an argument has the type "${typeText(value.type)}", and needs a number`);
}

const shift = (at: Value, by: Value, sign: 1 | -1): Value => {
  const { months, ms } = by.interval ?? { months: '0', ms: '0' };
  return made(`x_shift(${at.sql}, ${sign} * (${months}), ${sign} * (${ms}))`, TIMESTAMP, [at, by]);
};

/** `a op b` for + - * / % DIV. */
export function arithmetic(op: string, a: Value, b: Value): Value {
  if (a.interval || b.interval) return withInterval(op, a, b);
  const days = a.type.name === 'DATE' && (isNumeric(b.type) || b.type.name === 'DATE');
  if (days && op === '-' && b.type.name === 'DATE') throw new NotInEngine('it subtracts two dates. Use datediff()');
  if (days && (op === '+' || op === '-')) return made(`(${a.sql} ${op} ${b.sql})`, DATE, [a, b]);
  if (a.type.name === 'TIMESTAMP' && b.type.name === 'TIMESTAMP' && op === '-') {
    throw new NotInEngine('it subtracts two timestamps. Use timestampdiff()');
  }
  const [x, y] = [numeric(a, `a ${op} b`), numeric(b, `a ${op} b`)];
  if (op === 'DIV') return made(`x_intdiv(${x.sql}, ${y.sql})`, BIGINT, [x, y]);
  const type = arithmeticType(op, digits(x), digits(y));
  if (op === '/' || op === '%') {
    const sql = `x_${op === '/' ? 'divide' : 'remainder'}(${x.sql}, ${y.sql})`;
    return made(type.name === 'DECIMAL' ? `x_round(${sql}, ${type.scale ?? 0})` : sql, type, [x, y]);
  }
  return made(`(${x.sql} ${op} ${y.sql})`, type, [x, y]);
}

/** An integer that is written out has only its own digits, when it meets a decimal. */
function digits({ sql, type }: Value): SqlType {
  return type.name === 'INT' && /^\d+$/.test(sql) ? { ...type, precision: sql.length } : type;
}

function withInterval(op: string, a: Value, b: Value): Value {
  if (a.interval && b.interval) {
    if (op !== '+' && op !== '-') throw typeMismatch(`interval ${op} interval`, 'the operator takes no intervals');
    const join = (x: string, y: string): string => `((${x}) ${op} (${y}))`;
    return {
      ...made('NULL', a.type, [a, b]),
      interval: { months: join(a.interval.months, b.interval.months), ms: join(a.interval.ms, b.interval.ms) },
    };
  }
  const [value, by] = a.interval ? [b, a] : [a, b];
  const interval = by.interval ?? { months: '0', ms: '0' };
  if (op === '*' && (isNumeric(value.type) || value.type.name === 'STRING')) {
    const times = numeric(value, 'a * interval').sql;
    return {
      ...made('NULL', by.type, [a, b]),
      interval: { months: `((${interval.months}) * ${times})`, ms: `((${interval.ms}) * ${times})` },
    };
  }
  if (op !== '+' && (op !== '-' || a.interval))
    throw typeMismatch(`a ${op} interval`, 'the operator takes no intervals');
  const at = value.type.name === 'TIMESTAMP' ? value : cast(value, TIMESTAMP);
  const moved = shift(at, by, op === '-' ? -1 : 1);
  // A day plus days stays a day.
  const whole =
    value.type.name === 'DATE' &&
    /^[\d\s()*+.-]*$/.test(interval.ms) &&
    Number.isInteger(evaluated(interval.ms) / 86_400_000);
  return whole ? cast(moved, DATE) : moved;
}

/** The value of a product or sum of numbers, which the parts of an interval are. */
function evaluated(sql: string): number {
  const numbers = sql.match(/\d+(\.\d+)?/g)?.map(Number) ?? [];
  return sql.includes('+') || / - /.test(sql)
    ? numbers.reduce((sum, n) => sum + n, 0)
    : numbers.reduce((all, n) => all * n, 1);
}

/** `a op b` for a comparison. */
export function compared(op: string, a: Value, b: Value): Value {
  const [x, y] = unified([a, b], `a ${op} b`);
  if (x === undefined || y === undefined) throw new Error('A comparison lost a side.');
  if (x.type.name === 'MAP') throw typeMismatch(`a ${op} b`, 'a map cannot be compared');
  return made(`(${x.sql} ${op} ${y.sql})`, BOOLEAN, [x, y]);
}

/** A value as text. */
export function asText(value: Value): Value {
  return cast(value, STRING);
}

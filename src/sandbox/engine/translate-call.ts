import { asText, cast, compared, condition, constant, made, numeric, quoted, unified } from './casts.ts';
import { type Kind, SAME, SCALARS, type Scalar } from './scalar-functions.ts';
import type { Value } from './scope.ts';
import { NotInEngine, SqlError } from './sql-error.ts';
import {
  arrayOf,
  BOOLEAN,
  DATE,
  DOUBLE,
  decimal,
  isNested,
  mapOf,
  type SqlType,
  STRING,
  struct,
  TIMESTAMP,
  typeNamed,
  typeText,
} from './types.ts';

interface Caller {
  now: number;
  user: string;
  catalog: string;
  schema: string;
}

/** A call of a function of one row. */
export function scalarCall(written: string, args: Value[], caller: Caller): Value {
  const name = renamed(written, args.length);
  const special = SPECIAL[name]?.(args, caller);
  if (special !== undefined) return special;
  const known = SCALARS[name];
  if (known === undefined) throw new NotInEngine(`it calls ${written.toLowerCase()}(), which the engine does not have`);
  return called(name, known, args);
}

/** Some names have two forms, by the number of their arguments. */
function renamed(name: string, count: number): string {
  if (count === 3 && (name === 'DATEADD' || name === 'DATE_ADD')) return 'TIMESTAMPADD';
  if (count === 3 && (name === 'DATEDIFF' || name === 'DATE_DIFF')) return 'TIMESTAMPDIFF';
  return SAME[name] ?? name;
}

function called(name: string, known: Scalar, args: Value[]): Value {
  const least = known.args.length - (known.optional ?? 0);
  const most = known.rest === undefined ? known.args.length : Number.POSITIVE_INFINITY;
  if (args.length < least || args.length > most) throw wrongCount(name, args.length, least);
  const given = args.map((arg, at) => fitted(arg, known.args[at] ?? known.rest ?? 'any', name));
  const sql = `x_${name.toLowerCase()}(${given.map((each) => each.sql).join(', ')})`;
  const type = typeof known.result === 'function' ? known.result(given.map((each) => each.type)) : known.result;
  return made(sql, rounded(name, type, args), given);
}

/** round() of a decimal has as many places as it rounds to. */
function rounded(name: string, type: SqlType, args: Value[]): SqlType {
  if (name !== 'ROUND' || type.name !== 'DECIMAL') return type;
  const places = args[1] === undefined ? 0 : Number(args[1].sql);
  if (Number.isNaN(places)) return type;
  const { precision = 10, scale = 0 } = type;
  const kept = Math.max(0, Math.min(places, scale));
  return decimal(Math.min(38, precision - scale + kept + 1), kept);
}

function wrongCount(name: string, actual: number, wanted: number): SqlError {
  return new SqlError(
    'WRONG_NUM_ARGS.WITHOUT_SUGGESTION',
    `The \`${name.toLowerCase()}\` requires ${wanted} parameters but the actual number is ${actual}.`,
    '42605',
  );
}

function fitted(value: Value, kind: Kind, name: string): Value {
  switch (kind) {
    case 'text':
      return asText(value);
    case 'number':
      return numeric(value, `${name.toLowerCase()}()`);
    case 'time':
      return cast(value, TIMESTAMP);
    case 'day':
      return cast(value, DATE);
    case 'truth':
      return condition(value, `${name.toLowerCase()}()`);
    default:
      return value;
  }
}

const need = (args: Value[], name: string, count: number): void => {
  if (args.length !== count) throw wrongCount(name, args.length, count);
};

/** A list as SQLite's JSON. Values that are JSON keep their form. */
const jsonOf = (value: Value): string => (isNested(value.type) ? `json(${value.sql})` : value.sql);

type Special = (args: Value[], caller: Caller) => Value | undefined;

const coalesce: Special = (args) => {
  const values = unified(args, 'coalesce()');
  const [only] = values;
  if (only === undefined) throw wrongCount('coalesce', 0, 1);
  return values.length === 1 ? only : made(`coalesce(${values.map(({ sql }) => sql).join(', ')})`, only.type, values);
};

const extreme =
  (name: 'max' | 'min'): Special =>
  (args) => {
    const values = unified(args, name);
    const [first] = values;
    if (first === undefined) throw wrongCount(name === 'max' ? 'greatest' : 'least', 0, 2);
    // SQLite answers null when one value is null. The service leaves nulls out.
    const without = (skip: number) => values.filter((_value, at) => at !== skip).map(({ sql }) => sql);
    const all = values.map((value, at) => `coalesce(${[value.sql, ...without(at)].join(', ')})`);
    return made(values.length === 1 ? first.sql : `${name}(${all.join(', ')})`, first.type, values);
  };

const choose: Special = (args) => {
  const [test, yes, no] = args;
  if (test === undefined || yes === undefined || no === undefined) throw wrongCount('if', args.length, 3);
  const [a, b] = unified([yes, no], 'if()');
  return made(`CASE WHEN ${condition(test, 'if()').sql} THEN ${a?.sql} ELSE ${b?.sql} END`, a?.type ?? STRING, args);
};

const toTime =
  (type: SqlType, attempt: boolean): Special =>
  (args) => {
    const [value, form] = args;
    if (value === undefined) throw wrongCount('to_timestamp', 0, 1);
    if (form !== undefined) throw new NotInEngine('it reads a time by a pattern');
    return cast(value, type, attempt);
  };

/** Functions whose types, nulls or values need more than a row of the table. */
const SPECIAL: Record<string, Special> = {
  COALESCE: coalesce,
  IFNULL: coalesce,
  NVL: coalesce,
  NVL2: (args) => {
    const [test, yes, no] = args;
    if (test === undefined || yes === undefined || no === undefined) throw wrongCount('nvl2', args.length, 3);
    return choose([made(`(${test.sql} IS NOT NULL)`, BOOLEAN, [test]), yes, no], {
      now: 0,
      user: '',
      catalog: '',
      schema: '',
    });
  },
  NULLIF: (args) => {
    const [a, b] = args;
    if (a === undefined || b === undefined) throw wrongCount('nullif', args.length, 2);
    return made(`CASE WHEN ${compared('=', a, b).sql} THEN NULL ELSE ${a.sql} END`, a.type, args);
  },
  NULLIFZERO: ([a]) => a && made(`nullif(${numeric(a, 'nullifzero()').sql}, 0)`, a.type, [a]),
  ZEROIFNULL: ([a]) => a && made(`coalesce(${numeric(a, 'zeroifnull()').sql}, 0)`, a.type, [a]),
  IF: choose,
  IFF: choose,
  GREATEST: extreme('max'),
  LEAST: extreme('min'),
  ISNULL: ([a]) => a && made(`(${a.sql} IS NULL)`, BOOLEAN, [a]),
  ISNOTNULL: ([a]) => a && made(`(${a.sql} IS NOT NULL)`, BOOLEAN, [a]),
  ISNAN: ([a]) => a && made(`(${a.sql} IS NOT NULL AND ${a.sql} <> ${a.sql})`, BOOLEAN, [a]),
  CURRENT_TIMESTAMP: (_args, { now }) => constant(String(now), TIMESTAMP),
  NOW: (_args, { now }) => constant(String(now), TIMESTAMP),
  CURRENT_DATE: (_args, { now }) => constant(String(Math.floor(now / 86_400_000)), DATE),
  CURDATE: (_args, { now }) => constant(String(Math.floor(now / 86_400_000)), DATE),
  CURRENT_USER: (_args, { user }) => constant(quoted(user), STRING),
  SESSION_USER: (_args, { user }) => constant(quoted(user), STRING),
  USER: (_args, { user }) => constant(quoted(user), STRING),
  CURRENT_TIMEZONE: () => constant("'Etc/UTC'", STRING),
  CURRENT_CATALOG: (_args, { catalog }) => constant(quoted(catalog), STRING),
  CURRENT_SCHEMA: (_args, { schema }) => constant(quoted(schema), STRING),
  CURRENT_DATABASE: (_args, { schema }) => constant(quoted(schema), STRING),
  TO_TIMESTAMP: toTime(TIMESTAMP, false),
  TRY_TO_TIMESTAMP: toTime(TIMESTAMP, true),
  TIMESTAMP: toTime(TIMESTAMP, false),
  TO_DATE: toTime(DATE, false),
  DATE: toTime(DATE, false),
  DOUBLE: ([a]) => a && cast(a, DOUBLE),
  STRING: ([a]) => a && asText(a),
  BIGINT: ([a]) => a && cast(a, typeNamed('BIGINT') ?? STRING),
  INT: ([a]) => a && cast(a, typeNamed('INT') ?? STRING),
  UNIX_TIMESTAMP: (args, { now }) =>
    args.length > 0 ? undefined : constant(String(Math.floor(now / 1000)), typeNamed('BIGINT') ?? STRING),
  MOD: ([a, b]) =>
    a && b && made(`x_remainder(${numeric(a, 'mod()').sql}, ${numeric(b, 'mod()').sql})`, a.type, [a, b]),
  TYPEOF: ([a]) =>
    a && { ...constant(quoted(typeText(a.type).toLowerCase()), STRING), free: a.free, aggregate: a.aggregate },
  ELEMENT_AT: (args) => {
    need(args, 'element_at', 2);
    const [value, at] = args;
    if (value === undefined || at === undefined) return undefined;
    const sql =
      value.type.name === 'MAP'
        ? `x_item(${value.sql}, ${asText(at).sql})`
        : `x_element(${value.sql}, ${numeric(at, 'element_at()').sql})`;
    return made(sql, value.type.of ?? STRING, args);
  },
  GET: ([value, at]) => value && at && made(`x_item(${value.sql}, ${at.sql})`, value.type.of ?? STRING, [value, at]),
  ARRAY: (args) => {
    const values = unified(args, 'array()');
    return made(`json_array(${values.map(jsonOf).join(', ')})`, arrayOf(values[0]?.type ?? STRING), values);
  },
  MAP: (args) => {
    const values = unified(
      args.filter((_arg, at) => at % 2 === 1),
      'map()',
    );
    const pairs = values.map((value, at) => `${asText(args[at * 2] ?? value).sql}, ${jsonOf(value)}`);
    return made(`json_object(${pairs.join(', ')})`, mapOf(values[0]?.type ?? STRING), args);
  },
  NAMED_STRUCT: (args) => {
    const names = args.filter((_arg, at) => at % 2 === 0).map(({ sql }) => sql.replace(/^'|'$/g, ''));
    const values = args.filter((_arg, at) => at % 2 === 1);
    const fields = Object.fromEntries(names.map((each, at) => [each, values[at]?.type ?? STRING]));
    const pairs = values.map((value, at) => `${quoted(names[at] ?? '')}, ${jsonOf(value)}`);
    return made(`json_object(${pairs.join(', ')})`, struct(fields), args);
  },
};

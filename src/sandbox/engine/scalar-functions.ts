import { createHash } from 'node:crypto';
import { NotInEngine, SqlError } from './sql-error.ts';
import { addTo, formatted, lengthOf, partOf, truncated, unitNamed, unitsBetween } from './times.ts';
import { arrayOf, BIGINT, BOOLEAN, DATE, DOUBLE, INT, type SqlType, STRING, TIMESTAMP } from './types.ts';
import { DAY_MS, roundHalfUp, timestampOf } from './values.ts';

/** A value as SQLite hands it over. */
export type Raw = string | number | null;

/** What an argument is made into before a function gets it. */
export type Kind = 'text' | 'number' | 'time' | 'day' | 'truth' | 'any';

export interface Scalar {
  args: readonly Kind[];
  /** Arguments that may be absent, at the end. */
  optional?: number;
  /** The kind of any number of further arguments. */
  rest?: Kind;
  result: SqlType | ((args: readonly SqlType[]) => SqlType);
  /** Null arguments give null, unless `nulls` is set. */
  nulls?: true;
  // biome-ignore lint/suspicious/noExplicitAny: the kinds above say the types of the arguments, which SQLite delivers
  run: (...args: any[]) => Raw;
}

const T = ['text'] as const;
const TT = ['text', 'text'] as const;
const N = ['number'] as const;
const AT = ['time'] as const;
const truth = (value: boolean): number => (value ? 1 : 0);

/** A pattern of Java as one of JavaScript. The two differ in rare constructs only. */
function pattern(text: string, flags = ''): RegExp {
  const inline = /^\(\?([imsu]+)\)/.exec(text);
  try {
    return new RegExp(text.slice(inline?.[0].length ?? 0), `${flags}${inline?.[1] ?? ''}u`.replace('uu', 'u'));
  } catch {
    throw new SqlError(
      'INVALID_PARAMETER_VALUE.PATTERN',
      `The value of parameter(s) \`regexp\` is invalid: '${text}'.`,
      '22023',
    );
  }
}

function zero(): SqlError {
  return new SqlError(
    'DIVIDE_BY_ZERO',
    'Division by zero. Use `try_divide` to tolerate divisor being 0 and return NULL instead. If necessary set "ansi_mode" to "false" to bypass this error.',
    '22012',
  );
}

const partFunction = (name: string): Scalar => ({ args: AT, result: INT, run: (at: number) => partOf(name, at) });
const math = (run: (x: number) => number): Scalar => ({ args: N, result: DOUBLE, run });
const sameNumber = ([type = DOUBLE]: readonly SqlType[]): SqlType => type;

/** A value of JSON as SQLite holds it. */
export function fromJson(value: unknown): Raw {
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean') return truth(value);
  return typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value);
}

/** The value at a path such as `$.a.b[0]` of a JSON text, as text. Null when there is none, and for a text that is not JSON. */
function jsonAt(text: string, path: string): Raw {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  for (const [, name, quoted, index] of path.slice(1).matchAll(/\.([^.[\]]+)|\['([^']*)'\]|\[(\d+)\]/g)) {
    if (typeof value !== 'object' || value === null) return null;
    value = Reflect.get(value, name ?? quoted ?? Number(index));
  }
  const found = typeof value === 'boolean' ? String(value) : fromJson(value);
  return found === null ? null : String(found);
}

function split(text: string, by: string, limit = -1): string[] {
  const parts = text.split(pattern(by, 'g'));
  return limit > 0 && parts.length > limit ? [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(by)] : parts;
}

function substring(text: string, start: number, length = Number.POSITIVE_INFINITY): string {
  const letters = [...text];
  const from = start > 0 ? start - 1 : start < 0 ? letters.length + start : 0;
  return letters.slice(Math.max(0, from), Math.max(0, from + length)).join('');
}

function pad(text: string, width: number, by: string, left: boolean): string {
  if (text.length >= width) return text.slice(0, Math.max(0, width));
  const fill = by === '' ? '' : by.repeat(Math.ceil((width - text.length) / by.length)).slice(0, width - text.length);
  return left ? fill + text : text + fill;
}

/** Functions that JavaScript runs. The translator casts their arguments, and SQLite calls them by `x_` and the name. */
export const SCALARS: Record<string, Scalar> = {
  UPPER: { args: T, result: STRING, run: (s: string) => s.toUpperCase() },
  LOWER: { args: T, result: STRING, run: (s: string) => s.toLowerCase() },
  LENGTH: { args: T, result: INT, run: (s: string) => [...s].length },
  TRIM: { args: T, result: STRING, run: (s: string) => s.replace(/^ +| +$/g, '') },
  LTRIM: { args: T, result: STRING, run: (s: string) => s.replace(/^ +/, '') },
  RTRIM: { args: T, result: STRING, run: (s: string) => s.replace(/ +$/, '') },
  SUBSTRING: { args: ['text', 'number', 'number'], optional: 1, result: STRING, run: substring },
  LEFT: { args: ['text', 'number'], result: STRING, run: (s: string, n: number) => substring(s, 1, Math.max(0, n)) },
  RIGHT: { args: ['text', 'number'], result: STRING, run: (s: string, n: number) => (n <= 0 ? '' : substring(s, -n)) },
  CONCAT: { args: [], rest: 'text', result: STRING, run: (...all: string[]) => all.join('') },
  CONCAT_WS: {
    args: T,
    rest: 'text',
    nulls: true,
    result: STRING,
    run: (by: string | null, ...all: (string | null)[]) =>
      by === null ? null : all.filter((s) => s !== null).join(by),
  },
  REPLACE: {
    args: ['text', 'text', 'text'],
    optional: 1,
    result: STRING,
    run: (s: string, old: string, by = '') => (old === '' ? s : s.replaceAll(old, by)),
  },
  REGEXP_EXTRACT: {
    args: ['text', 'text', 'number'],
    optional: 1,
    result: STRING,
    run: (s: string, p: string, group = 1) => pattern(p).exec(s)?.[group] ?? '',
  },
  REGEXP_REPLACE: {
    args: ['text', 'text', 'text'],
    result: STRING,
    run: (s: string, p: string, by: string) => s.replace(pattern(p, 'g'), by),
  },
  REGEXP_LIKE: { args: TT, result: BOOLEAN, run: (s: string, p: string) => truth(pattern(p).test(s)) },
  SPLIT: {
    args: ['text', 'text', 'number'],
    optional: 1,
    result: arrayOf(STRING),
    run: (s: string, by: string, limit?: number) => JSON.stringify(split(s, by, limit)),
  },
  SPLIT_PART: {
    args: ['text', 'text', 'number'],
    result: STRING,
    run: (s: string, by: string, n: number) => s.split(by).at(n > 0 ? n - 1 : n) ?? '',
  },
  INSTR: { args: TT, result: INT, run: (s: string, part: string) => s.indexOf(part) + 1 },
  LOCATE: {
    args: ['text', 'text', 'number'],
    optional: 1,
    result: INT,
    run: (part: string, s: string, from = 1) => s.indexOf(part, from - 1) + 1,
  },
  STARTSWITH: { args: TT, result: BOOLEAN, run: (s: string, part: string) => truth(s.startsWith(part)) },
  ENDSWITH: { args: TT, result: BOOLEAN, run: (s: string, part: string) => truth(s.endsWith(part)) },
  CONTAINS: { args: TT, result: BOOLEAN, run: (s: string, part: string) => truth(s.includes(part)) },
  LPAD: { args: ['text', 'number', 'text'], optional: 1, result: STRING, run: (s, n, by = ' ') => pad(s, n, by, true) },
  RPAD: {
    args: ['text', 'number', 'text'],
    optional: 1,
    result: STRING,
    run: (s, n, by = ' ') => pad(s, n, by, false),
  },
  REPEAT: {
    args: ['text', 'number'],
    result: STRING,
    run: (s: string, n: number) => {
      if (s.length * n > 2 ** 20) throw new NotInEngine('repeat() would make a text of more than a million characters');
      return s.repeat(Math.max(0, n));
    },
  },
  REVERSE: { args: T, result: STRING, run: (s: string) => [...s].reverse().join('') },
  INITCAP: {
    args: T,
    result: STRING,
    run: (s: string) => s.toLowerCase().replace(/(^| )\S/g, (start) => start.toUpperCase()),
  },
  MD5: { args: T, result: STRING, run: (s: string) => createHash('md5').update(s).digest('hex') },
  LIKE: {
    args: ['text', 'text', 'text'],
    result: BOOLEAN,
    run: (s: string, like: string, mark: string) => {
      const body = like.replace(/[\s\S]/gu, (letter, at: number) => {
        const escaped = at > 0 && like[at - 1] === mark && like[at - 2] !== mark;
        if (escaped) return letter.replace(/[.*+?^${}()|[\]\\/-]/, '\\$&');
        if (letter === mark) return '';
        if (letter === '%') return '[\\s\\S]*';
        return letter === '_' ? '[\\s\\S]' : letter.replace(/[.*+?^${}()|[\]\\/-]/, '\\$&');
      });
      return truth(new RegExp(`^${body}$`).test(s));
    },
  },
  ROUND: {
    args: ['number', 'number'],
    optional: 1,
    result: ([type = DOUBLE]) => type,
    run: (x: number, places = 0) => roundHalfUp(x, places),
  },
  FLOOR: { args: N, result: BIGINT, run: (x: number) => Math.floor(x) },
  CEIL: { args: N, result: BIGINT, run: (x: number) => Math.ceil(x) },
  ABS: { args: N, result: sameNumber, run: (x: number) => Math.abs(x) },
  SIGN: math(Math.sign),
  SQRT: math(Math.sqrt),
  EXP: math(Math.exp),
  LN: { args: N, result: DOUBLE, run: (x: number) => (x <= 0 ? null : Math.log(x)) },
  LOG10: { args: N, result: DOUBLE, run: (x: number) => (x <= 0 ? null : Math.log10(x)) },
  LOG2: { args: N, result: DOUBLE, run: (x: number) => (x <= 0 ? null : Math.log2(x)) },
  POWER: { args: ['number', 'number'], result: DOUBLE, run: (x: number, y: number) => x ** y },
  DIVIDE: {
    args: ['number', 'number'],
    result: DOUBLE,
    run: (a: number, b: number) => {
      if (b === 0) throw zero();
      return a / b;
    },
  },
  TRY_DIVIDE: { args: ['number', 'number'], result: DOUBLE, run: (a: number, b: number) => (b === 0 ? null : a / b) },
  INTDIV: {
    args: ['number', 'number'],
    result: BIGINT,
    run: (a: number, b: number) => {
      if (b === 0) throw zero();
      return Math.trunc(a / b);
    },
  },
  REMAINDER: {
    args: ['number', 'number'],
    result: DOUBLE,
    run: (a: number, b: number) => {
      if (b === 0) throw zero();
      return a % b;
    },
  },
  PMOD: {
    args: ['number', 'number'],
    result: sameNumber,
    run: (a: number, b: number) => {
      if (b === 0) throw zero();
      return ((a % b) + b) % b;
    },
  },
  DATE_TRUNC: {
    args: ['text', 'time'],
    result: TIMESTAMP,
    run: (unit: string, at: number) => truncated(at, unitNamed(unit)),
  },
  TRUNC: {
    args: ['day', 'text'],
    result: DATE,
    run: (day: number, unit: string) => Math.floor(truncated(day * DAY_MS, unitNamed(unit)) / DAY_MS),
  },
  DATE_FORMAT: {
    args: ['time', 'text'],
    result: STRING,
    run: (at: number, form: string) => {
      const text = formatted(at, form);
      if (text === undefined) throw new NotInEngine(`date_format() has a letter that it does not know in '${form}'`);
      return text;
    },
  },
  YEAR: partFunction('YEAR'),
  QUARTER: partFunction('QUARTER'),
  MONTH: partFunction('MONTH'),
  DAY: partFunction('DAY'),
  HOUR: partFunction('HOUR'),
  MINUTE: partFunction('MINUTE'),
  SECOND: partFunction('SECOND'),
  DAYOFWEEK: partFunction('DAYOFWEEK'),
  WEEKDAY: partFunction('WEEKDAY'),
  DAYOFYEAR: partFunction('DAYOFYEAR'),
  WEEKOFYEAR: partFunction('WEEK'),
  DATE_PART: { args: ['text', 'time'], result: INT, run: (part: string, at: number) => partOf(part, at) },
  DATE_ADD: { args: ['day', 'number'], result: DATE, run: (day: number, n: number) => day + Math.trunc(n) },
  DATE_SUB: { args: ['day', 'number'], result: DATE, run: (day: number, n: number) => day - Math.trunc(n) },
  DATEDIFF: { args: ['day', 'day'], result: INT, run: (end: number, start: number) => end - start },
  ADD_MONTHS: {
    args: ['day', 'number'],
    result: DATE,
    run: (day: number, n: number) => Math.floor(addTo(day * DAY_MS, n, 0) / DAY_MS),
  },
  LAST_DAY: {
    args: ['day'],
    result: DATE,
    run: (day: number) => Math.floor(addTo(truncated(day * DAY_MS, 'MONTH'), 1, 0) / DAY_MS) - 1,
  },
  TIMESTAMPADD: {
    args: ['text', 'number', 'time'],
    result: TIMESTAMP,
    run: (unit: string, n: number, at: number) => {
      const { months, ms } = lengthOf(Math.trunc(n), unitNamed(unit));
      return addTo(at, months, ms);
    },
  },
  TIMESTAMPDIFF: {
    args: ['text', 'time', 'time'],
    result: BIGINT,
    run: (unit: string, from: number, to: number) => unitsBetween(unitNamed(unit), from, to),
  },
  SHIFT: { args: ['time', 'number', 'number'], result: TIMESTAMP, run: addTo },
  UNIX_TIMESTAMP: { args: AT, result: BIGINT, run: (at: number) => Math.floor(at / 1000) },
  UNIX_MILLIS: { args: AT, result: BIGINT, run: (at: number) => at },
  UNIX_DATE: { args: ['day'], result: INT, run: (day: number) => day },
  TIMESTAMP_MILLIS: { args: N, result: TIMESTAMP, run: (ms: number) => Math.floor(ms) },
  TIMESTAMP_SECONDS: { args: N, result: TIMESTAMP, run: (s: number) => Math.floor(s * 1000) },
  TRY_TO_TIMESTAMP: { args: T, result: TIMESTAMP, run: (s: string) => timestampOf(s) ?? null },
  FROM_UNIXTIME: {
    args: ['number', 'text'],
    optional: 1,
    result: STRING,
    run: (s: number, form = 'yyyy-MM-dd HH:mm:ss') => formatted(s * 1000, form) ?? null,
  },
  GET_JSON_OBJECT: { args: TT, result: STRING, run: jsonAt },
  ARRAY_SIZE: { args: ['any'], result: INT, run: (json: string) => Object.keys(JSON.parse(json)).length },
  ARRAY_CONTAINS: {
    args: ['any', 'any'],
    result: BOOLEAN,
    run: (json: string, value: Raw) => truth(JSON.parse(json).some((each: unknown) => fromJson(each) === value)),
  },
  MAP_CONTAINS_KEY: {
    args: ['any', 'text'],
    result: BOOLEAN,
    run: (json: string, key: string) => truth(key in JSON.parse(json)),
  },
  MAP_KEYS: {
    args: ['any'],
    result: arrayOf(STRING),
    run: (json: string) => JSON.stringify(Object.keys(JSON.parse(json))),
  },
  TO_JSON: { args: ['any'], result: STRING, run: (json: string) => json },
  ARRAY_JOIN: { args: ['any', 'text'], result: STRING, run: (json: string, by: string) => JSON.parse(json).join(by) },
};

/** Other names of the same functions. */
export const SAME: Record<string, string> = {
  UCASE: 'UPPER',
  LCASE: 'LOWER',
  CHAR_LENGTH: 'LENGTH',
  CHARACTER_LENGTH: 'LENGTH',
  LEN: 'LENGTH',
  SUBSTR: 'SUBSTRING',
  REGEXP: 'REGEXP_LIKE',
  RLIKE: 'REGEXP_LIKE',
  POSITION: 'LOCATE',
  CHARINDEX: 'LOCATE',
  CEILING: 'CEIL',
  POW: 'POWER',
  DAYOFMONTH: 'DAY',
  EXTRACT: 'DATE_PART',
  DATE_DIFF: 'DATEDIFF',
  DATEADD: 'DATE_ADD',
  CARDINALITY: 'ARRAY_SIZE',
  SIZE: 'ARRAY_SIZE',
  TO_UNIX_TIMESTAMP: 'UNIX_TIMESTAMP',
};

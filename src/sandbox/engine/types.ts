/** The types of Databricks SQL that the engine knows. */
export type TypeName =
  | 'STRING'
  | 'INT'
  | 'BIGINT'
  | 'DOUBLE'
  | 'DECIMAL'
  | 'BOOLEAN'
  | 'TIMESTAMP'
  | 'DATE'
  | 'INTERVAL'
  | 'VOID'
  | 'STRUCT'
  | 'MAP'
  | 'ARRAY';

/** A type. In SQLite, a timestamp is epoch milliseconds, a date is days, a boolean is 0 or 1, and a nested value is JSON. */
export interface SqlType {
  name: TypeName;
  precision?: number;
  scale?: number;
  /** Of a struct. */
  fields?: readonly { name: string; type: SqlType }[];
  /** Of the values of a map or an array. */
  of?: SqlType;
}

const plain = (name: TypeName): SqlType => ({ name });

export const STRING = plain('STRING');
export const INT = plain('INT');
export const BIGINT = plain('BIGINT');
export const DOUBLE = plain('DOUBLE');
export const BOOLEAN = plain('BOOLEAN');
export const TIMESTAMP = plain('TIMESTAMP');
export const DATE = plain('DATE');
export const INTERVAL = plain('INTERVAL');
export const VOID = plain('VOID');
export const decimal = (precision: number, scale: number): SqlType => ({ name: 'DECIMAL', precision, scale });
export const arrayOf = (of: SqlType): SqlType => ({ name: 'ARRAY', of });
export const mapOf = (of: SqlType): SqlType => ({ name: 'MAP', of });
export const struct = (fields: Record<string, SqlType>): SqlType => ({
  name: 'STRUCT',
  fields: Object.entries(fields).map(([name, type]) => ({ name, type })),
});

/** Whether arithmetic works on values of the type without a cast. */
export function isNumeric({ name }: SqlType): boolean {
  return name === 'INT' || name === 'BIGINT' || name === 'DOUBLE' || name === 'DECIMAL';
}

/** Whether a value of the type holds other values. */
export function isNested({ name }: SqlType): boolean {
  return name === 'STRUCT' || name === 'MAP' || name === 'ARRAY';
}

/** The type as SQL spells it, such as `DECIMAL(38,18)`. */
export function typeText(type: SqlType): string {
  const { name, precision = 10, scale = 0, fields = [], of = STRING } = type;
  if (name === 'DECIMAL') return `DECIMAL(${precision},${scale})`;
  if (name === 'STRUCT') return `STRUCT<${fields.map((each) => `${each.name}: ${typeText(each.type)}`).join(', ')}>`;
  if (name === 'MAP') return `MAP<STRING, ${typeText(of)}>`;
  return name === 'ARRAY' ? `ARRAY<${typeText(of)}>` : name;
}

/** The `type_name` of a column in the statement API. */
export function apiName({ name }: SqlType): string {
  if (name === 'BIGINT') return 'LONG';
  return name === 'VOID' ? 'NULL' : name;
}

/** Whole digits and scale of a number as a decimal. */
function digitsOf({ name, precision = 10, scale = 0 }: SqlType): { whole: number; scale: number } {
  if (name === 'DECIMAL') return { whole: precision - scale, scale };
  return { whole: name === 'BIGINT' ? 20 : precision, scale: 0 };
}

/** A decimal of at most 38 digits. Of a scale that does not fit, six digits stay, as in Spark. */
function bounded(precision: number, scale: number): SqlType {
  if (precision <= 38) return decimal(precision, scale);
  return decimal(38, Math.max(38 - (precision - scale), Math.min(scale, 6)));
}

/** The type of an arithmetic result. */
export function arithmeticType(op: string, a: SqlType, b: SqlType): SqlType {
  if (a.name === 'DOUBLE' || b.name === 'DOUBLE') return DOUBLE;
  if (a.name !== 'DECIMAL' && b.name !== 'DECIMAL') {
    if (op === '/') return DOUBLE;
    return a.name === 'BIGINT' || b.name === 'BIGINT' ? BIGINT : INT;
  }
  const [x, y] = [digitsOf(a), digitsOf(b)];
  if (op === '*') return bounded(x.whole + x.scale + y.whole + y.scale + 1, x.scale + y.scale);
  if (op === '/') {
    const scale = Math.max(6, x.scale + y.whole + y.scale + 1);
    return bounded(x.whole + y.scale + scale, scale);
  }
  const scale = Math.max(x.scale, y.scale);
  return bounded(Math.max(x.whole, y.whole) + scale + (op === '%' ? 0 : 1), scale);
}

/** The type that holds values of both, or undefined. An untyped null fits everything. */
export function commonType(a: SqlType, b: SqlType): SqlType | undefined {
  if (a.name === 'VOID') return b;
  if (b.name === 'VOID') return a;
  if (isNumeric(a) && isNumeric(b)) {
    if (a.name === 'DOUBLE' || b.name === 'DOUBLE') return DOUBLE;
    if (a.name !== 'DECIMAL' && b.name !== 'DECIMAL') return a.name === 'BIGINT' ? a : b;
    const [x, y] = [digitsOf(a), digitsOf(b)];
    const scale = Math.max(x.scale, y.scale);
    return bounded(Math.max(x.whole, y.whole) + scale, scale);
  }
  if (a.name === b.name) return a;
  const names = [a.name, b.name];
  if (names.includes('DATE') && names.includes('TIMESTAMP')) return TIMESTAMP;
  if (!names.includes('STRING')) return undefined;
  const other = a.name === 'STRING' ? b : a;
  if (other.name === 'INT') return BIGINT;
  return isNested(other) || other.name === 'INTERVAL' ? undefined : other;
}

/** Reads the name of a type, such as in a cast. Undefined for one that the engine does not know. */
export function typeNamed(text: string): SqlType | undefined {
  const [, name = '', precision, scale] =
    /^\s*([A-Za-z_]+)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*$/.exec(text) ?? [];
  const upper = name.toUpperCase();
  if (upper === 'DECIMAL' || upper === 'NUMERIC' || upper === 'DEC') {
    return decimal(Number(precision ?? 10), Number(scale ?? 0));
  }
  return NAMED[upper];
}

const NAMED: Record<string, SqlType> = {
  STRING,
  VARCHAR: STRING,
  CHAR: STRING,
  INT,
  INTEGER: INT,
  SMALLINT: INT,
  TINYINT: INT,
  BIGINT,
  LONG: BIGINT,
  DOUBLE,
  FLOAT: DOUBLE,
  REAL: DOUBLE,
  BOOLEAN,
  TIMESTAMP,
  TIMESTAMP_NTZ: TIMESTAMP,
  DATE,
};

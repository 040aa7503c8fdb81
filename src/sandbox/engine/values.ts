import { SqlError } from './sql-error.ts';
import type { SqlType } from './types.ts';

export const DAY_MS = 86_400_000;

const TIME_TEXT =
  /^(\d{4})-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?)?$/i;

/** Epoch milliseconds of a text such as `2026-11-28 01:02:03.456` or `2026-11-28T01:02:03Z`, or undefined. Without a zone it is UTC. */
export function timestampOf(text: string): number | undefined {
  const found = TIME_TEXT.exec(text.trim());
  if (found === null) return undefined;
  const [, year, month, day = '1', hour = '0', minute = '0', second = '0', rest = '', zone = 'Z'] = found;
  const ms = Number(rest.padEnd(3, '0').slice(0, 3));
  const at = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second), ms);
  const date = new Date(at);
  // A day that the month does not have would become one of the next month.
  if (date.getUTCMonth() !== Number(month) - 1 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    return undefined;
  }
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (offset === null) return at;
  const minutes = Number(offset[2]) * 60 + Number(offset[3]);
  return at - (offset[1] === '-' ? -1 : 1) * minutes * 60_000;
}

/** A time as SQL casts it to text: without a fraction that is zero. */
export function timestampText(ms: number): string {
  const [day = '', time = ''] = new Date(ms).toISOString().slice(0, -1).split('T');
  return `${day} ${time.replace(/\.?0*$/, '')}`;
}

/** A day as text, from days since the epoch. */
export function dateText(days: number): string {
  return new Date(days * DAY_MS).toISOString().slice(0, 10);
}

/** A double as the service writes it, which is Java's form: `1.0`, `0.25`, `1.0E10`. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 1e7)) {
    return Number.isInteger(value) ? `${Object.is(value, -0) ? '-0' : value}.0` : String(value);
  }
  const [digits = '0', power = '0'] = value.toExponential().split('e');
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(power)}`;
}

/** A decimal with all digits of its scale. The engine computes in doubles, so digits after the fifteenth are zeros. */
export function decimalText(value: number, scale: number): string {
  const short = Number(value.toPrecision(15));
  const text = Math.abs(short) >= 1e21 || scale > 100 ? String(short) : plainDigits(short, scale);
  return text;
}

function plainDigits(value: number, scale: number): string {
  const fixed = roundHalfUp(value, scale);
  const [whole = '0', fraction = ''] = withoutExponent(fixed).split('.');
  return scale === 0 ? whole : `${whole}.${fraction.slice(0, scale).padEnd(scale, '0')}`;
}

function withoutExponent(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(Math.min(100, 30)) : text;
}

/** Rounds half away from zero at a decimal place, as SQL does. A negative place rounds to tens. */
export function roundHalfUp(value: number, places: number): number {
  if (!Number.isFinite(value)) return value;
  const [digits, power = '0'] = Math.abs(value).toExponential().split('e');
  const moved = Number(`${digits}e${Number(power) + places}`);
  const rounded = Math.round(moved);
  const [back, exponent = '0'] = rounded.toExponential().split('e');
  return Math.sign(value) * Number(`${back}e${Number(exponent) - places}`);
}

/** A value of SQLite as the statement API sends it: text or null. evidence: sql-value-texts */
export function apiText(value: unknown, type: SqlType): string | null {
  if (value === null || value === undefined) return null;
  switch (type.name) {
    case 'TIMESTAMP':
      return new Date(Number(value)).toISOString();
    case 'DATE':
      return dateText(Number(value));
    case 'BOOLEAN':
      return Number(value) === 0 ? 'false' : 'true';
    case 'DOUBLE':
      return doubleText(Number(value));
    case 'DECIMAL':
      return decimalText(Number(value), type.scale ?? 0);
    case 'INT':
    case 'BIGINT':
      return String(Math.trunc(Number(value)));
    default:
      return String(value);
  }
}

/** A text as a value of a type. Throws the service's error, or answers null for a `try_cast`. */
export function castText(text: string, type: SqlType, attempt: boolean): string | number | null {
  const value = readText(text.trim(), type);
  if (value !== undefined) return type.name === 'STRING' ? text : value;
  if (attempt) return null;
  throw new SqlError(
    'CAST_INVALID_INPUT',
    `The value '${text}' of the type "STRING" cannot be cast to "${type.name}" because it is malformed. Correct the value as per the syntax, or change its target type. Use \`try_cast\` to tolerate malformed input and return NULL instead.`,
    '22018',
  );
}

function readText(text: string, type: SqlType): string | number | undefined {
  switch (type.name) {
    case 'TIMESTAMP':
      return timestampOf(text);
    case 'DATE': {
      const at = timestampOf(text);
      return at === undefined ? undefined : Math.floor(at / DAY_MS);
    }
    case 'BOOLEAN':
      if (/^(t|true|y|yes|1)$/i.test(text)) return 1;
      return /^(f|false|n|no|0)$/i.test(text) ? 0 : undefined;
    case 'INT':
    case 'BIGINT':
      return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
    case 'DOUBLE':
    case 'DECIMAL':
      if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
      return type.name === 'DECIMAL' ? roundHalfUp(Number(text), type.scale ?? 0) : Number(text);
    default:
      return text;
  }
}

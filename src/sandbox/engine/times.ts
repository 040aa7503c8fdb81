import { SqlError } from './sql-error.ts';
import { DAY_MS } from './values.ts';

const MONTHS: Record<string, number> = { YEAR: 12, QUARTER: 3, MONTH: 1 };
const LENGTHS: Record<string, number> = {
  WEEK: 7 * DAY_MS,
  DAY: DAY_MS,
  HOUR: 3_600_000,
  MINUTE: 60_000,
  SECOND: 1000,
  MILLISECOND: 1,
  MICROSECOND: 0.001,
};
const SHORT: Record<string, string> = {
  YYYY: 'YEAR',
  YY: 'YEAR',
  MON: 'MONTH',
  MM: 'MONTH',
  DD: 'DAY',
  DAYOFMONTH: 'DAY',
  DAYOFYEAR: 'DAY',
};

/** The unit that a text names, in capitals and without an `s`. */
export function unitNamed(text: string): string {
  const word = text.trim().toUpperCase();
  const unit = SHORT[word] ?? word.replace(/S$/, '');
  if (unit in MONTHS || unit in LENGTHS) return unit;
  throw new SqlError(
    'INVALID_PARAMETER_VALUE.DATETIME_UNIT',
    `expects one of the units without quotes YEAR, QUARTER, MONTH, WEEK, DAY, DAYOFYEAR, HOUR, MINUTE, SECOND, MILLISECOND, MICROSECOND, but got the string literal '${text}'.`,
    '22023',
  );
}

/** An amount of a unit as months and milliseconds. */
export function lengthOf(amount: number, unit: string): { months: number; ms: number } {
  const months = MONTHS[unit];
  return months === undefined ? { months: 0, ms: amount * (LENGTHS[unit] ?? 0) } : { months: amount * months, ms: 0 };
}

/** A time later by months, then by milliseconds. The last day of a month stays in its month. */
export function addTo(at: number, months: number, ms: number): number {
  if (months === 0) return at + ms;
  const date = new Date(at);
  const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + Math.trunc(months), 1);
  const day = Math.min(date.getUTCDate(), daysIn(first));
  return first + (day - 1) * DAY_MS + mod(at, DAY_MS) + ms;
}

function daysIn(first: number): number {
  const date = new Date(first);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}

const mod = (a: number, b: number): number => ((a % b) + b) % b;

/** The beginning of the unit that a time is in. A week begins on Monday. */
export function truncated(at: number, unit: string): number {
  const date = new Date(at);
  const year = date.getUTCFullYear();
  if (unit === 'YEAR') return Date.UTC(year, 0, 1);
  if (unit === 'QUARTER') return Date.UTC(year, Math.floor(date.getUTCMonth() / 3) * 3, 1);
  if (unit === 'MONTH') return Date.UTC(year, date.getUTCMonth(), 1);
  const day = Math.floor(at / DAY_MS);
  // The first day of the epoch was a Thursday.
  if (unit === 'WEEK') return (day - mod(day + 3, 7)) * DAY_MS;
  if (unit === 'MICROSECOND') return at;
  const length = LENGTHS[unit] ?? 1;
  return Math.floor(at / length) * length;
}

/** Whole units from one time to another, cut towards zero. */
export function unitsBetween(unit: string, from: number, to: number): number {
  const months = MONTHS[unit];
  if (months === undefined) return Math.trunc((to - from) / (LENGTHS[unit] ?? 1)) + 0;
  const [a, b] = [new Date(from), new Date(to)];
  let whole = (b.getUTCFullYear() - a.getUTCFullYear()) * 12 + b.getUTCMonth() - a.getUTCMonth();
  if (whole > 0 && addTo(from, whole, 0) > to) whole -= 1;
  if (whole < 0 && addTo(from, whole, 0) < to) whole += 1;
  return Math.trunc(whole / months) + 0;
}

/** A part of a time, such as its hour. */
export function partOf(name: string, at: number): number {
  const date = new Date(at);
  const day = Math.floor(at / DAY_MS);
  const startOfYear = Date.UTC(date.getUTCFullYear(), 0, 1);
  switch (name.trim().toUpperCase().replace(/S$/, '')) {
    case 'YEAR':
    case 'Y':
      return date.getUTCFullYear();
    case 'QUARTER':
      return Math.floor(date.getUTCMonth() / 3) + 1;
    case 'MONTH':
      return date.getUTCMonth() + 1;
    case 'WEEK': {
      // ISO weeks: the Thursday of a week decides its year.
      const thursday = (day - mod(day + 3, 7) + 3) * DAY_MS;
      const year = Date.UTC(new Date(thursday).getUTCFullYear(), 0, 1);
      return Math.floor((thursday - year) / (7 * DAY_MS)) + 1;
    }
    case 'DAY':
    case 'D':
      return date.getUTCDate();
    case 'DAYOFWEEK':
    case 'DOW':
      return mod(day + 4, 7) + 1;
    case 'WEEKDAY':
      return mod(day + 3, 7);
    case 'DAYOFYEAR':
    case 'DOY':
      return Math.floor((at - startOfYear) / DAY_MS) + 1;
    case 'HOUR':
      return date.getUTCHours();
    case 'MINUTE':
      return date.getUTCMinutes();
    case 'SECOND':
      return date.getUTCSeconds();
    default:
      throw new SqlError('INVALID_EXTRACT_FIELD', `Cannot extract \`${name}\` from a timestamp.`, '42601');
  }
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTH_NAMES = 'January February March April May June July August September October November December'.split(' ');

/** A time by a pattern of letters, such as `yyyy-MM-dd HH:mm`. Undefined for a letter that is not known. */
export function formatted(at: number, pattern: string): string | undefined {
  const date = new Date(at);
  let known = true;
  const text = pattern.replace(/'((?:[^']|'')*)'|([A-Za-z])\2*/g, (all, quoted: string | undefined) => {
    if (quoted !== undefined) return quoted === '' ? "'" : quoted.replaceAll("''", "'");
    const width = all.length;
    const pad = (value: number): string => String(value).padStart(width, '0');
    switch (all[0]) {
      case 'y':
      case 'u':
        return width === 2 ? String(date.getUTCFullYear()).slice(-2) : pad(date.getUTCFullYear());
      case 'M': {
        const name = MONTH_NAMES[date.getUTCMonth()] ?? '';
        return width > 2 ? (width === 3 ? name.slice(0, 3) : name) : pad(date.getUTCMonth() + 1);
      }
      case 'd':
        return pad(date.getUTCDate());
      case 'H':
        return pad(date.getUTCHours());
      case 'h':
        return pad(date.getUTCHours() % 12 || 12);
      case 'm':
        return pad(date.getUTCMinutes());
      case 's':
        return pad(date.getUTCSeconds());
      case 'S':
        return String(date.getUTCMilliseconds()).padStart(3, '0').padEnd(width, '0').slice(0, width);
      case 'a':
        return date.getUTCHours() < 12 ? 'AM' : 'PM';
      case 'E':
        return width < 4 ? (DAYS[date.getUTCDay()] ?? '').slice(0, 3) : (DAYS[date.getUTCDay()] ?? '');
      case 'D':
        return pad(partOf('DAYOFYEAR', at));
      case 'q':
      case 'Q':
        return pad(partOf('QUARTER', at));
      default:
        known = false;
        return all;
    }
  });
  return known ? text : undefined;
}

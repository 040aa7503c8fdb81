import type { Raw } from './scalar-functions.ts';
import { SqlError } from './sql-error.ts';

/** An aggregate function that JavaScript runs. SQLite calls it by `x_` and the name. */
export interface Aggregate {
  /** Arguments that SQLite hands over. */
  args: number;
  start: () => unknown[];
  step: (seen: unknown[], ...args: Raw[]) => void;
  finish: (seen: unknown[]) => Raw;
}

type Pair = [value: Raw, by: number | string];

const numbers = (seen: unknown[]): number[] => seen.map(Number).sort((a, b) => a - b);

/** The shares that the second argument of a percentile names: one, or a list as JSON. */
function shares(text: string): { list: number[]; many: boolean } {
  const many = text.startsWith('[');
  const list: number[] = many ? JSON.parse(text) : [Number(text)];
  const wrong = list.find((share) => !(share >= 0 && share <= 1));
  if (wrong !== undefined) {
    throw new SqlError('DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE', 'The percentage must be between [0.0, 1.0].', '42K09');
  }
  return { list, many };
}

function percentiles(seen: unknown[], pick: (sorted: number[], share: number) => number): Raw {
  const [by, ...values] = seen;
  if (values.length === 0) return null;
  const { list, many } = shares(String(by));
  const sorted = numbers(values);
  const found = list.map((share) => pick(sorted, share));
  return many ? JSON.stringify(found) : (found[0] ?? null);
}

/** Between two values, as percentile() does. */
function interpolated(sorted: number[], share: number): number {
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? 0;
  return low + (high - low) * (at - Math.floor(at));
}

/** The smallest value that at least this share of values does not exceed, as percentile_approx() does. */
function nearestRank(sorted: number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

const percentile = (pick: (sorted: number[], share: number) => number): Aggregate => ({
  args: 2,
  start: () => [],
  step: (seen, value, share) => {
    if (share === null) return;
    if (seen.length === 0) seen.push(share);
    if (value !== null) seen.push(value);
  },
  finish: (seen) => percentiles(seen, pick),
});

const extreme = (better: (a: number | string, b: number | string) => boolean): Aggregate => ({
  args: 2,
  start: () => [],
  step: (seen, value, by) => {
    const held = seen[0] as Pair | undefined; // only this function puts something in
    if (by !== null && (held === undefined || better(by, held[1]))) seen[0] = [value, by];
  },
  finish: (seen) => (seen[0] as Pair | undefined)?.[0] ?? null, // as above
});

/** Lists are JSON. A value that is JSON itself comes as an object. */
const collect = (distinct: boolean): Aggregate => ({
  args: 2,
  start: () => [],
  step: (seen, value, nested) => {
    if (value === null || (distinct && seen.includes(value))) return;
    seen.push(nested === 1 ? JSON.parse(String(value)) : value);
  },
  finish: (seen) =>
    JSON.stringify(distinct ? [...new Map(seen.map((each) => [JSON.stringify(each), each])).values()] : seen),
});

function variance(seen: unknown[], less: number): number | null {
  const values = seen.map(Number);
  if (values.length <= less) return less === 1 && values.length === 1 ? null : null;
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - less);
}

const spread = (finish: (seen: unknown[]) => Raw): Aggregate => ({
  args: 1,
  start: () => [],
  step: (seen, value) => {
    if (value !== null) seen.push(value);
  },
  finish,
});

const root = (value: number | null): Raw => (value === null ? null : Math.sqrt(value));

export const AGGREGATES: Record<string, Aggregate> = {
  PERCENTILE: percentile(interpolated),
  PERCENTILE_APPROX: percentile(nearestRank),
  MAX_BY: extreme((a, b) => a > b),
  MIN_BY: extreme((a, b) => a < b),
  COLLECT_LIST: collect(false),
  COLLECT_SET: collect(true),
  FIRST: {
    args: 1,
    start: () => [],
    step: (seen, value) => void (seen.length === 0 && seen.push(value)),
    finish: ([first]) => (first ?? null) as Raw,
  },
  LAST: {
    args: 1,
    start: () => [],
    step: (seen, value) => {
      seen[0] = value;
    },
    finish: ([last]) => (last ?? null) as Raw,
  },
  STDDEV: spread((seen) => root(variance(seen, 1))),
  STDDEV_POP: spread((seen) => root(variance(seen, 0))),
  VARIANCE: spread((seen) => variance(seen, 1)),
  VAR_POP: spread((seen) => variance(seen, 0)),
  STRING_AGG: {
    args: 2,
    start: () => [],
    step: (seen, value, by) => {
      if (value !== null) seen.push(...(seen.length === 0 ? [] : [by]), value);
    },
    finish: (seen) => (seen.length === 0 ? null : seen.join('')),
  },
};

/** Metrics minute by minute: numbers for programs, and a line of block characters for people. Pure. */
import { timeText } from '../text/time.ts';
import type { Sample } from './exposition.ts';
import { countsOf, digest } from './metrics.ts';
import { type Covered, MINUTE_MS, type Reading } from './readings.ts';

/** One number a minute, oldest first. `null` where no reading covers the minute, or the service has no such value. */
type Numbers = (number | null)[];

export interface Series extends SeriesNumbers {
  /** The numbers as lines of text, each with its range. */
  lines: string[];
}

/** The numbers alone. */
export interface SeriesNumbers {
  /** Start of the first minute. */
  start: string | undefined;
  step_seconds: number;
  requests?: Numbers;
  /** Without those that a rate limit refused, where the series tell them apart. */
  errors_4xx?: Numbers;
  errors_5xx?: Numbers;
  rate_limited?: Numbers;
  p95_ms?: Numbers;
}

const NAMES = {
  requests: 'requests',
  errors_4xx: '4xx',
  errors_5xx: '5xx',
  rate_limited: '429',
  p95_ms: 'p95 ms',
} as const;

/** The readings as one number a minute. Each percentile is that of its own minute: percentiles have no mean. */
export function seriesOf(of: Covered): Series {
  const { start, step_seconds, rows } = rowsOf(of);
  return {
    start,
    step_seconds,
    ...byName(rows),
    lines: rows.map(({ name, numbers, open }) => lineOf(NAMES[name], numbers, open)),
  };
}

/** The same without the lines, of some of the samples: a minute of the readings without any of them has no number. */
export function seriesNumbers(
  { readings, ...period }: Covered,
  own: (samples: Reading['samples']) => readonly Sample[],
): SeriesNumbers {
  const { start, step_seconds, rows } = rowsOf({
    ...period,
    readings: readings.map((reading) => ({ ...reading, samples: own(reading.samples) })),
  });
  return { start, step_seconds, ...byName(rows) };
}

interface Row {
  name: keyof typeof NAMES;
  numbers: Numbers;
  /** The largest number is only a minimum. */
  open: boolean;
}

function byName(rows: readonly Row[]): Partial<Record<Row['name'], Numbers>> {
  return Object.fromEntries(rows.map(({ name, numbers }) => [name, numbers]));
}

function rowsOf({ readings, from, to }: Covered): { start: string | undefined; step_seconds: number; rows: Row[] } {
  const length = Math.max(readings.length, Math.round((to - from) / MINUTE_MS));
  const minutes = new Map(
    placesOf(readings.map(({ at }) => (to - at) / MINUTE_MS)).map((place, index) => {
      const samples = readings[readings.length - 1 - index]?.samples ?? [];
      const { p95_ms, at_least } = digest(samples);
      return [
        length - 1 - place,
        { ...countsOf(samples), p95_ms, open: at_least?.includes('p95_ms') === true },
      ] as const;
    }),
  );
  const names = Object.keys(NAMES) as (keyof typeof NAMES)[]; // the keys of a constant
  const rows = names.flatMap((name) => {
    const numbers = Array.from({ length }, (_, at) => finite(minutes.get(at)?.[name]));
    if (numbers.every((number) => number === null)) return [];
    const open = name === 'p95_ms' && [...minutes.values()].some((minute) => minute.open);
    return [{ name, numbers, open }];
  });
  return { start: timeText(to - length * MINUTE_MS), step_seconds: MINUTE_MS / 1000, rows };
}

/** Whole minutes before the newest, one for each reading. @param ages in minutes, oldest reading first. */
function placesOf(ages: readonly number[]): number[] {
  const places: number[] = [];
  for (const age of ages.toReversed()) places.push(Math.max((places.at(-1) ?? -1) + 1, Math.round(age)));
  return places;
}

function finite(number: number | undefined): number | null {
  return number !== undefined && Number.isFinite(number) ? number : null;
}

const BLOCKS = '▁▂▃▄▅▆▇█';
/** A minute without a number. */
const GAP = '·';

/** Numbers as block characters from zero to the largest. Only zero has the lowest block. */
export function blocks(numbers: Numbers): string {
  const largest = Math.max(0, ...numbers.map((number) => number ?? 0));
  return numbers
    .map((number) => {
      if (number === null) return GAP;
      return BLOCKS[largest === 0 ? 0 : Math.ceil((number / largest) * (BLOCKS.length - 1))] ?? GAP;
    })
    .join('');
}

/** @param open the largest number is only a minimum. */
function lineOf(name: string, numbers: Numbers, open: boolean): string {
  const known = numbers.flatMap((number) => number ?? []);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  return `${name} ${blocks(numbers)} ${least === most ? '' : `${least} to `}${open ? '≥ ' : ''}${most}`;
}

/** Metrics minute by minute: numbers for programs, and a line of block characters for people. Pure. */
import { timeText } from '../text/time.ts';
import { countsOf, digest } from './metrics.ts';
import { type Covered, MINUTE_MS } from './readings.ts';

/** One number a minute, oldest first. `null` where no reading covers the minute, or the service has no such value. */
type Numbers = (number | null)[];

export interface Series {
  /** Start of the first minute. */
  start: string | undefined;
  step_seconds: number;
  requests?: Numbers;
  /** Without those that a rate limit refused, where the series tell them apart. */
  errors_4xx?: Numbers;
  errors_5xx?: Numbers;
  rate_limited?: Numbers;
  p95_ms?: Numbers;
  /** The numbers as lines of text, each with its range. */
  lines: string[];
}

const NAMES = {
  requests: 'requests',
  errors_4xx: '4xx',
  errors_5xx: '5xx',
  rate_limited: '429',
  p95_ms: 'p95 ms',
} as const;

/** The readings as one number a minute. Each percentile is that of its own minute: percentiles have no mean. */
export function seriesOf({ readings, from, to }: Covered): Series {
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
    return [{ name, numbers, line: lineOf(NAMES[name], numbers, open) }];
  });
  return {
    start: timeText(to - length * MINUTE_MS),
    step_seconds: MINUTE_MS / 1000,
    ...Object.fromEntries(rows.map(({ name, numbers }) => [name, numbers])),
    lines: rows.map(({ line }) => line),
  };
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

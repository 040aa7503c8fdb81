/** The axes of a chart: where they begin and end, and which of their values have a label. Pure. */

export interface Axis {
  low: number;
  high: number;
  ticks: number[];
}

/** Most labels of an axis. */
const MOST = 4;

/** Zero is always on it. A value at the upper end keeps some room. @param values may be empty. */
export function valueAxis(values: readonly number[]): Axis {
  const least = Math.min(0, ...values);
  const most = Math.max(0, ...values);
  const low = least;
  const high = most > least ? most + (most - least) * 0.08 : least + 1;
  const step = roundStep((high - low) / MOST);
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  // Multiples of a whole number, because sums of fractions would drift.
  return { low, high, ticks: Array.from({ length: count }, (_, at) => Number(((first + at) * step).toPrecision(12))) };
}

/** 1, 2 or 5 times a power of ten, and not less than the given step. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((each) => each * power >= least * 0.999_999) ?? 10;
  return factor * power;
}

const MINUTE = 60_000;
/** Pauses between two labels that people read easily, in minutes. */
const PAUSES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080];

/** Instants with a label, away from both ends, where a label would be cut. @param from and to in milliseconds since 1970. */
export function timeTicks(from: number, to: number): number[] {
  const span = to - from;
  const minutes = PAUSES.find((each) => span / (each * MINUTE) <= MOST);
  if (minutes === undefined || !(span > 0)) return [];
  const pause = minutes * MINUTE;
  const first = Math.ceil(from / pause);
  const all = Array.from({ length: MOST + 1 }, (_, at) => (first + at) * pause);
  return all.filter((each) => each >= from + span * 0.06 && each <= to - span * 0.06);
}

/** The paths of an SVG. */
export interface Paths {
  line: string;
  /** Numbers between two gaps: a line needs two neighbours. Each is a line of no length, which round ends make a dot. */
  points: string;
}

/**
 * A line through the numbers. Gaps stay gaps.
 * @param x @param y the place of an index and of a value.
 */
export function pathsOf(
  values: readonly (number | null)[],
  x: (index: number) => number,
  y: (value: number) => number,
): Paths {
  const known = (index: number) => values[index] !== null && values[index] !== undefined;
  let [line, points] = ['', ''];
  for (const [index, value] of values.entries()) {
    if (value === null) continue;
    const place = `${round(x(index))} ${round(y(value))}`;
    if (known(index - 1)) line += `L${place}`;
    else if (known(index + 1)) line += `M${place}`;
    else points += `M${place}h0`;
  }
  return { line, points };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

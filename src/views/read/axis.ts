/**
 * The geometry of a chart: its axes, their labels, and its lines. D3 computes the round values and the paths. Pure.
 *
 * Of D3, these two parts add 21 kB to the page. uPlot would add 53, chartist 27, frappe-charts 69, and Chart.js or lightweight-charts 165.
 */
import { max, min, ticks } from 'd3-array';
import { line } from 'd3-shape';

export interface Axis {
  low: number;
  high: number;
  ticks: number[];
}

/** Labels of the axis of values, about: D3 prefers round values. */
const ABOUT = 3;
/** Most labels of the axis of times. */
const MOST = 4;

/** Zero is always on it. A value at the upper end keeps some room. @param values may be empty. */
export function valueAxis(values: readonly number[]): Axis {
  const least = Math.min(0, min(values) ?? 0);
  const most = Math.max(0, max(values) ?? 0);
  const low = least;
  const high = most > least ? most + (most - least) * 0.08 : least + 1;
  return { low, high, ticks: ticks(low, high, ABOUT) };
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
  /** Numbers between two gaps: a line needs two neighbours. Each is a closed line of no length, which round ends make a dot. */
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
  const isLonely = (index: number) => !known(index - 1) && !known(index + 1);
  const path = (lonely: boolean) =>
    line<number | null>()
      .defined((value, index) => value !== null && isLonely(index) === lonely)
      .x((_value, index) => x(index))
      .y((value) => y(value ?? 0)) // a gap is not defined, so it has no place
      .digits(1)(values);
  return { line: path(false) ?? '', points: path(true) ?? '' };
}

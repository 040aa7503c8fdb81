/** Where a chart puts its labels and its lines. */
import { describe, expect, test } from 'vitest';
import { pathsOf, timeTicks, valueAxis } from '../../src/views/read/axis.ts';

const MINUTE = 60_000;

describe('the axis of values', () => {
  test.each([
    [
      [0, 1.05],
      [0, 0.5, 1],
    ],
    [
      [360, 420],
      [0, 200, 400],
    ],
    [
      [0, 0],
      [0, 0.5, 1],
    ],
    [[], [0, 0.5, 1]],
    [
      [-2, 3],
      [-2, 0, 2],
    ],
    [[0.3], [0, 0.1, 0.2, 0.3]],
    [[1e9], [0, 500_000_000, 1_000_000_000]],
  ])('of %j has the labels %j', (values, ticks) => {
    expect(valueAxis(values).ticks).toEqual(ticks);
  });

  test('takes more values than a call takes arguments', () => {
    expect(valueAxis(Array.from({ length: 200_000 }, (_, at) => at % 9)).high).toBeCloseTo(8.64);
  });

  test('has zero and every value on it, and few labels, whatever the values are', () => {
    for (const most of [1e-12, 0.007, 0.99, 1, 13, 99.9, 12_345, 1e15, Number.MAX_SAFE_INTEGER]) {
      for (const values of [[most], [-most], [-most, most]]) {
        const { low, high, ticks } = valueAxis(values);
        expect(low).toBeLessThanOrEqual(Math.min(0, ...values));
        expect(high).toBeGreaterThanOrEqual(Math.max(0, ...values));
        expect(ticks.length).toBeGreaterThan(0);
        expect(ticks.length).toBeLessThanOrEqual(6);
        expect(ticks.every((each) => each >= low - most * 1e-9 && each <= high + most * 1e-9)).toBe(true);
      }
    }
  });
});

describe('the axis of times', () => {
  test('an hour has a label each quarter, at full minutes', () => {
    const start = Date.UTC(2026, 0, 5, 9, 3);
    const labels = timeTicks(start, start + 60 * MINUTE).map((each) => new Date(each).toISOString().slice(11, 16));
    expect(labels).toEqual(['09:15', '09:30', '09:45']);
  });

  test('two labels never touch on a narrow page, from two minutes to a month', () => {
    for (let minutes = 2; minutes < 43_200; minutes = Math.ceil(minutes * 1.3)) {
      const ticks = timeTicks(0, minutes * MINUTE);
      expect(ticks.length).toBeLessThanOrEqual(5);
      const nearest = Math.min(...ticks.map((each, at) => each - (ticks[at - 1] ?? Number.NEGATIVE_INFINITY)));
      expect(nearest).toBeGreaterThanOrEqual((minutes * MINUTE) / 5);
    }
  });

  test('no time has no label', () => {
    expect(timeTicks(5, 5)).toEqual([]);
    expect(timeTicks(Number.NaN, 5)).toEqual([]);
  });
});

describe('a line', () => {
  const path = (values: (number | null)[]) =>
    pathsOf(
      values,
      (index) => index * 10,
      (value) => value,
    );

  test('stops at a gap and begins again after it', () => {
    expect(path([1, 2, null, 3, 4])).toEqual({ line: 'M0,1L10,2M30,3L40,4', points: '' });
  });

  test('a number between two gaps is a point, because a line needs two neighbours', () => {
    expect(path([null, 5, null, 6])).toEqual({ line: '', points: 'M10,5ZM30,6Z' });
  });

  test('gaps alone are nothing', () => {
    expect(path([null, null])).toEqual({ line: '', points: '' });
  });
});

import { expect, it } from 'vitest';
import { createServiceClock } from '../../src/rest/service-clock.ts';

const NOON = Date.parse('2026-03-01T12:00:00Z');

it.each<[string, string | string[] | undefined, number]>([
  ['the same time', 'Sun, 01 Mar 2026 12:00:00 GMT', -5_000],
  ['an hour ahead', 'Sun, 01 Mar 2026 13:00:00 GMT', 3_600_000 - 5_000],
  ['an hour behind', 'Sun, 01 Mar 2026 11:00:00 GMT', -3_600_000 - 5_000],
  ['no date', undefined, -600_000],
  ['no valid date', 'yesterday', -600_000],
  ['two dates', ['Sun, 01 Mar 2026 13:00:00 GMT', 'x'], -600_000],
])('the times of the service follow its own clock: %s', (_what, date, expected) => {
  let now = NOON;
  const clock = createServiceClock(() => now);
  clock.hear(date);
  expect(clock.earliest() - NOON).toBe(expected);
  now += 7_000;
  expect(clock.earliest() - NOON).toBe(expected + 7_000);
});

it('the latest answer with a date counts', () => {
  const clock = createServiceClock(() => NOON);
  clock.hear('Sun, 01 Mar 2026 13:00:00 GMT');
  clock.hear('Sun, 01 Mar 2026 12:30:00 GMT');
  clock.hear(undefined);
  expect(clock.earliest() - NOON).toBe(1_800_000 - 5_000);
});

it.each<[string, string | undefined, number]>([
  ['two minutes ahead', 'Sun, 01 Mar 2026 12:02:00 GMT', 120_000],
  ['two seconds behind, which is rounding', 'Sun, 01 Mar 2026 11:59:58 GMT', 0],
  ['unknown', undefined, 0],
])('the time of the service is this machine’s plus the difference: %s', (_what, date, expected) => {
  let now = NOON;
  const clock = createServiceClock(() => now);
  clock.hear(date);
  expect(clock.time() - NOON).toBe(expected);
  now += 7_000;
  expect(clock.time() - NOON).toBe(expected + 7_000);
});

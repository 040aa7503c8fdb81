import { expect, it } from 'vitest';
import { raceForService } from '../support/service-race.ts';

it('two servers make 300 edits of all parts of a service at once: none is lost, and each loser learns what changed', async () => {
  const { made, informed, found, open, wrong } = await raceForService(300);
  expect(wrong).toEqual([]);
  expect(made).toBeGreaterThanOrEqual(300);
  // Without any collision, and without any lost answer, the test would prove nothing.
  expect(informed).toBeGreaterThan(50);
  expect(found).toBeGreaterThan(5);
  expect(open).toBeGreaterThan(5);
});

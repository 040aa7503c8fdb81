import { expect, it } from 'vitest';
import { raceForService } from '../support/service-race.ts';

it('two servers make 300 edits of one list at once: none is lost, and each loser learns what changed', async () => {
  const { made, informed, wrong } = await raceForService(300);
  expect(wrong).toEqual([]);
  expect(made).toBeGreaterThanOrEqual(300);
  // Without any collision the test would prove nothing.
  expect(informed).toBeGreaterThan(50);
});

/** A small fixed part of the simulation: `npm run bench:rollout` runs all of it. */
import { describe, expect, it } from 'vitest';
import { missed, simulate } from '../simulation/cells.ts';

const SEEDS = 40;

describe('the rules of a rollout, on simulated minutes', () => {
  it.each([
    [500, 0],
    [200, 0.02],
  ])('keep healthy versions, and take the others back: %i requests a minute, base %d', (perMinute, base) => {
    const healthy = simulate({ perMinute, base, fault: 'healthy' }, SEEDS);
    expect(missed(healthy, undefined)).toEqual([]);
    for (const fault of ['+4 points 5xx', '1.5 x latency'] as const) {
      const bad = simulate({ perMinute, base, fault }, SEEDS);
      expect(missed(bad, healthy)).toEqual([]);
    }
  });

  it('hold versions of quiet endpoints, and promote none of them', () => {
    for (const fault of ['healthy', '+4 points 5xx'] as const)
      expect(simulate({ perMinute: 5, base: 0.005, fault }, SEEDS).ours).toMatchObject({ promoted: 0, held: SEEDS });
  });

  it('differ from those that count no requests: Flagger takes healthy versions of quiet endpoints back', () => {
    expect(simulate({ perMinute: 5, base: 0, fault: 'healthy' }, SEEDS).flagger.rolledBack).toBe(SEEDS);
  });

  it('end in the same way for the same seeds', () => {
    const cell = { perMinute: 100, base: 0.005, fault: '+4 points 5xx' } as const;
    expect(simulate(cell, 20)).toEqual(simulate(cell, 20));
  });
});

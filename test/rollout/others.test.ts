/** The rules that ours is compared with, at minutes that their documentation is explicit about. */
import { describe, expect, it } from 'vitest';
import { argo, flagger } from '../simulation/rules.ts';
import type { Traffic } from '../simulation/traffic.ts';

/** A canary with these requests, minute by minute; the last number goes on. */
function canary(...requests: number[]): Traffic {
  const none = { requests: 0, latency: [] };
  return {
    minute: (at) => ({
      canary: { ...none, requests: requests[at - 1] ?? requests.at(-1) ?? 0, errors_5xx: 0 },
      baseline: none,
      excess: 0,
    }),
  };
}

describe('the rule of Argo Rollouts', () => {
  it('counts a minute without requests as failed, because 0 / 0 is not at least 0.95', () => {
    expect(argo(canary(9, 0, 9, 0, 9, 0, 9))).toMatchObject({ end: 'promoted' });
    expect(argo(canary(9, 0, 9, 0, 9, 0, 9, 0, 9))).toMatchObject({ end: 'rolled back', minutes: 8 });
  });

  it('has an error in each minute before the first request, and ends at the fifth in a row', () => {
    expect(argo(canary(0, 0, 0, 0, 9))).toMatchObject({ end: 'promoted' });
    expect(argo(canary(0))).toMatchObject({ end: 'rolled back', minutes: 5 });
  });
});

describe('the rule of Flagger', () => {
  it('counts a minute without requests as failed', () => {
    expect(flagger(canary(9, 0, 0, 0, 0, 9))).toMatchObject({ end: 'promoted' });
    expect(flagger(canary(9, 0, 0, 0, 0, 0, 9))).toMatchObject({ end: 'rolled back', minutes: 6 });
  });
});

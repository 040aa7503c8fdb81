/** Whether plans that the forecast offers fit: healthy versions on the traffic that it was made for. */
import { type Alternative, alternatives } from '../../src/rollout/alternatives.ts';
import { forecast } from '../../src/rollout/forecast.ts';
import { DEFAULT_PLAN, type RolloutPlan } from '../../src/rollout/plan.ts';
import { presentOf } from '../../src/rollout/present.ts';
import { oursBy } from './rules.ts';
import { type Cell, traffic } from './traffic.ts';

/** How many rollouts had an offer of a kind, and how many of those completed. */
export interface Offered {
  offered: number;
  promoted: number;
}

/** Minutes that were read before the start. */
const READ = 60;

/** Simulates each offer of each seed. The traffic before the start has numbers below those of the rollout. */
export function simulateOffers(cell: Omit<Cell, 'fault'>, seeds: number): Map<string, Offered> {
  const found = new Map<string, Offered>();
  for (let seed = 1; seed <= seeds; seed++) {
    const minutes = traffic({ ...cell, fault: 'healthy' }, seed);
    const present = presentOf(Array.from({ length: READ }, (_, at) => minutes.minute(at - READ, 0).baseline));
    const now = forecast(DEFAULT_PLAN, present);
    const offers: Pick<Alternative, 'what' | 'plan'>[] = now.fits
      ? [{ what: 'the default plan', plan: {} }]
      : alternatives(DEFAULT_PLAN, present);
    for (const { what, plan } of offers) {
      const sum = found.get(what) ?? { offered: 0, promoted: 0 };
      found.set(what, sum);
      const latency = { ...DEFAULT_PLAN.gates.latency, ...plan?.gates?.latency };
      const tried: RolloutPlan = { ...DEFAULT_PLAN, ...plan, gates: { ...DEFAULT_PLAN.gates, latency } };
      const { end } = oursBy(tried, plan === undefined)(minutes);
      sum.offered++;
      if (end === 'promoted') sum.promoted++;
    }
  }
  return found;
}

/** The rules that are compared: ours, and those of Argo Rollouts and Flagger with the thresholds that their documentation shows. */
import { decide } from '../../src/rollout/decide.ts';
import type { Minute } from '../../src/rollout/measure.ts';
import { DEFAULT_PLAN, type RolloutPlan } from '../../src/rollout/plan.ts';
import type { Traffic } from './traffic.ts';

export interface Result {
  end: 'promoted' | 'rolled back' | 'held';
  /** Requests that failed because of the new version. */
  excess: number;
  minutes: number;
}

export type Rule = (traffic: Traffic) => Result;

const MINUTE = 60_000;
const { steps, bake_minutes: BAKE, final_bake_minutes: FINAL } = DEFAULT_PLAN;

/**
 * Ours, with a plan: `decide` is called after each minute, as a server that watches does.
 * @param probes are alike where they decide.
 */
export function oursBy(plan: RolloutPlan, probes = false): Rule {
  const longest = (plan.steps.length + 1) * plan.max_minutes + plan.final_bake_minutes;
  return (traffic) => {
    const minutes: Minute[] = [];
    let [excess, step, began] = [0, 0, 0];
    let phase: 'step' | 'final_bake' = 'step';
    for (let at = 1; at <= longest; at++) {
      const { excess: more, ...sides } = traffic.minute(at, plan.steps[step] ?? 100);
      excess += more;
      minutes.push({ at: at * MINUTE, step, ...sides });
      const decision = decide({ plan, step, step_started_at: began, now: at * MINUTE, minutes, phase, probes });
      if (decision.kind === 'wait') continue;
      if (decision.kind === 'roll_back') return { end: 'rolled back', excess, minutes: at };
      if (decision.kind === 'hold') return { end: 'held', excess, minutes: at };
      if (phase === 'final_bake') return { end: 'promoted', excess, minutes: at };
      // The final bake begins when the last step has passed.
      if (step === plan.steps.length - 1) phase = 'final_bake';
      else step++;
      began = at * MINUTE;
    }
    return { end: 'held', excess, minutes: Number.POSITIVE_INFINITY };
  };
}

/** Ours, with the default plan. */
export const ours: Rule = oursBy(DEFAULT_PLAN);

/**
 * Argo Rollouts: one analysis over all steps, a measurement each minute, `successCondition: result[0] >= 0.95` and `failureLimit: 3`. The analysis fails
 * at the fourth failed measurement. Its documented query divides two sums, so a minute without requests is 0 / 0. NaN does not meet the condition, which
 * is a failed measurement (`docs/features/analysis.md`, "NaN and Infinity", and `utils/evaluate/evaluate.go`, release 1.9). Before the first request of
 * the canary there is no series at all. The result is empty then, `result[0]` is an error, and the fifth error in a row ends the analysis
 * (`consecutiveErrorLimit` 4).
 */
export const argo: Rule = (traffic) => {
  let [failures, errors, seen] = [0, 0, false];
  return walk(traffic, (success) => {
    seen ||= success !== undefined;
    if (!seen) return ++errors > 4 ? 'abort' : 'pass';
    if (success !== undefined && success >= 0.95) return 'pass';
    return ++failures > 3 ? 'abort' : 'pass';
  });
};

/** Flagger: `request-success-rate` with a minimum of 99 each minute and `threshold: 5`. A failed check or one without a value stops the progress. */
export const flagger: Rule = (traffic) => {
  let failures = 0;
  return walk(traffic, (success) => {
    if (success !== undefined && success >= 0.99) return 'pass';
    return ++failures >= 5 ? 'abort' : 'stay';
  });
};

/** The same steps and times for the others. @param check sees the canary's share of requests without 5xx in a minute. */
function walk(traffic: Traffic, check: (success: number | undefined) => 'pass' | 'stay' | 'abort'): Result {
  let [excess, passed] = [0, 0];
  for (let at = 1; ; at++) {
    const step = Math.min(steps.length - 1, Math.floor(passed / BAKE));
    const { canary, excess: more } = traffic.minute(at, steps[step] ?? 100);
    excess += more;
    const success = canary.requests === 0 ? undefined : 1 - (canary.errors_5xx ?? 0) / canary.requests;
    const result = check(success);
    if (result === 'abort') return { end: 'rolled back', excess, minutes: at };
    if (result === 'pass') passed++;
    if (passed >= steps.length * BAKE + FINAL) return { end: 'promoted', excess, minutes: at };
  }
}

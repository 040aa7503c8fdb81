/** The measurements of a guarded rollout as numbers, for programs that draw them. Pure. */
import type { ToolResult } from '../../src/refusal.ts';
import { type Count, share } from '../../src/rollout/evidence.ts';
import { judge, neededEvidence, type Verdict } from '../../src/rollout/judge.ts';
import type { Minute } from '../../src/rollout/measure.ts';
import { type RolloutPlan, TESTED } from '../../src/rollout/plan.ts';
import { numbersOf } from '../../src/rollout/report.ts';
import type { StepTime } from '../../src/rollout/state.ts';
import { timeText } from '../../src/text/time.ts';

const MINUTE = 60_000;
/** Above it, more evidence says nothing more. */
const MOST_EVIDENCE = 1e6;

export interface Measured {
  minutes: readonly Minute[];
  plan: RolloutPlan;
  /** Index of the current step, or of the last one. */
  step: number;
  times: readonly StepTime[];
  /** The end of the last step, or now. Epoch milliseconds, by the clock of the service. */
  until: number;
  /** Whether the plan is that of the start. Without it, the numbers have no verdict and no margin. */
  isPlanned: boolean;
}

/** The gates that decide, each with its counts and bounds. Empty before the first step and before the first minute. */
export function gateRows({ minutes, plan, step, isPlanned }: Measured): ToolResult[] {
  if (step < 0 || !minutes.some((each) => each.step >= 0 && !each.unreadable)) return [];
  return judge(minutes, plan, step)
    .filter(({ gate }) => isPlanned || gate !== 'saturation')
    .map((verdict) => gateRow(verdict, plan, isPlanned));
}

function gateRow({ gate, verdict, why, canary, baseline, ...numbers }: Verdict, plan: RolloutPlan, isPlanned: boolean) {
  const { difference, upper, margin, evidence, bound_ms } = numbers;
  const tested = TESTED.find((each) => each === gate);
  const { margin: failMargin, max } = plan.gates[gate];
  const planned = {
    verdict,
    why,
    ...(margin === undefined ? {} : { margin }),
    ...(tested === undefined ? {} : { fail_margin: failMargin, evidence_needed: neededEvidence(tested) }),
    ...(max === undefined ? {} : { max }),
  };
  return {
    gate,
    ...(tested === undefined ? {} : { canary: countRow(canary), baseline: countRow(baseline) }),
    ...(difference === undefined ? {} : { difference }),
    ...(upper === undefined ? {} : { upper }),
    ...(evidence === undefined ? {} : { evidence: significant(Math.min(evidence, MOST_EVIDENCE)) }),
    ...(bound_ms === undefined ? {} : { bound_ms }),
    ...(isPlanned ? planned : {}),
  };
}

/** Requests, how many of them are bad, and their share. Without requests, no share is known. */
function countRow(count: Count): ToolResult {
  const { requests, bad } = count;
  return { requests, bad, ...(requests === 0 ? {} : { percent: significant(100 * share(count)) }) };
}

function significant(value: number): number {
  return Number(value.toPrecision(3));
}

/** One row for each step that has a minute, with its time. */
export function stepRows(measured: Measured): ToolResult[] {
  const { minutes, plan, step, isPlanned } = measured;
  if (step < 0) return [];
  return numbersOf(minutes, plan, step).map(({ step: at, verdict, gates, margin, earlier, ...numbers }) => {
    const { from, passed } = spanOf(measured, at);
    return {
      step: at + 1,
      ...numbers,
      ...(from === undefined ? {} : { from: timeText(from) }),
      ...(passed === undefined ? {} : { minutes_passed: passed }),
      ...(earlier ? { baseline_from: 'earlier steps' } : {}),
      ...(isPlanned ? { verdict: verdict ?? 'none', gates, ...(margin === undefined ? {} : { margin }) } : {}),
    };
  });
}

/**
 * The steps whose readings are not kept, so that what they showed at the time cannot be said again. Their numbers start with 1.
 * @param since readings from before are deleted. Epoch milliseconds.
 */
export function stepsNotKept(measured: Measured, since: number): number[] {
  const { minutes, step } = measured;
  return Array.from({ length: step + 1 }, (_, at) => at).flatMap((at) => {
    const { from = since, passed = 0 } = spanOf(measured, at);
    const known = minutes.some((each) => each.step === at && !each.unreadable);
    return passed > 0 && (!known || from < since) ? [at + 1] : [];
  });
}

/** When a step began, and the whole minutes of all its times. */
function spanOf({ times, until }: Measured, step: number): { from?: number; passed?: number } {
  const own = times.flatMap((time, at) => (time.step === step ? [{ time, next: times[at + 1]?.from ?? until }] : []));
  const [first] = own;
  if (!first) return {};
  const passed = own.reduce((sum, { time, next }) => sum + Math.max(0, Math.floor((next - time.from) / MINUTE)), 0);
  return { from: first.time.from, passed };
}

/** What was measured in a rollout, step by step. Pure. */
import { quantile } from '../digest/histogram.ts';
import { total } from './evidence.ts';
import { judge } from './judge.ts';
import { type Minute, merged } from './measure.ts';
import type { RolloutPlan } from './plan.ts';

/** One step. Shares and times of the canary come first, those of the old version second. */
export interface StepReport {
  percent: number;
  minutes: number;
  /** Requests of the canary. */
  requests: number;
  /** `0.2 against 0.1 %`. */
  errors_5xx: string;
  errors_4xx: string;
  p95_ms?: number;
  /** Of the p95 of merged histograms, for people. The gate counts slow requests instead. */
  p95_ratio?: number;
  verdict: string;
  /** Points by which the canary may be worse in 5xx here. */
  margin?: number;
}

/** One row for each step so far. The verdicts are those of all minutes up to the end of the step. */
export function reportOf(minutes: readonly Minute[], plan: RolloutPlan, step: number): StepReport[] {
  return plan.steps.slice(0, step + 1).flatMap((percent, at) => rowOf(minutes, plan, percent, at) ?? []);
}

/** Undefined for a step without a minute that could be read. @param at index of the step. */
function rowOf(minutes: readonly Minute[], plan: RolloutPlan, percent: number, at: number): StepReport | undefined {
  const own = minutes.filter((each) => each.step === at && !each.unreadable);
  if (own.length === 0) return undefined;
  const canary = own.map((each) => each.canary);
  const same = own.some(({ baseline }) => baseline.requests > 0);
  // At 100 %, the old version has earlier minutes only.
  const compared = same ? own : minutes;
  const baseline = compared.map((each) => each.baseline);
  const verdicts = judge(
    minutes.filter((each) => each.step <= at),
    plan,
    at,
  );
  const worst = ['fail', 'inconclusive', 'pass'].find((each) => verdicts.some(({ verdict }) => verdict === each));
  const decisive = verdicts.filter(({ verdict }) => verdict === worst).map(({ gate }) => gate);
  const p95 = p95Of(canary.map(({ latency }) => latency));
  // The tag has one bound, which shows no p95.
  const before = compared.some(({ told }) => told) ? undefined : p95Of(baseline.map(({ latency }) => latency));
  const margin = verdicts.find(({ gate }) => gate === 'errors_5xx')?.margin;
  return {
    percent,
    minutes: own.length,
    requests: sum(canary, 'requests'),
    errors_5xx: shares(canary, baseline, 'errors_5xx'),
    errors_4xx: shares(canary, baseline, 'errors_4xx'),
    ...(p95 === undefined ? {} : { p95_ms: Math.round(p95) }),
    ...(p95 === undefined || before === undefined ? {} : { p95_ratio: Number((p95 / before).toFixed(2)) }),
    verdict: worst === undefined || worst === 'pass' ? (worst ?? 'none') : `${worst} (${decisive.join(', ')})`,
    ...(margin === undefined ? {} : { margin }),
  };
}

/** The current step in one line, for an answer of a waiting rollout. */
export function shortReport(minutes: readonly Minute[], plan: RolloutPlan, step: number): { measured?: string } {
  const row = rowOf(minutes, plan, plan.steps[step] ?? 100, step);
  if (!row) return {};
  const ratio = row.p95_ratio === undefined ? '' : `, p95 ${row.p95_ratio} x`;
  return { measured: `${row.requests} requests, 5xx ${row.errors_5xx}${ratio}: ${row.verdict}` };
}

type Counts = Minute['canary'];

function sum(sides: readonly Counts[], field: 'requests' | 'errors_5xx' | 'errors_4xx'): number {
  return sides.reduce((all, side) => all + (side[field] ?? 0), 0);
}

function shares(canary: readonly Counts[], baseline: readonly Counts[], field: 'errors_5xx' | 'errors_4xx'): string {
  if ([...canary, ...baseline].every((side) => side.requests === 0 || side[field] === undefined)) return 'not known';
  const of = (sides: readonly Counts[]) => {
    const { requests, bad } = total(sides.map((side) => ({ requests: side.requests, bad: side[field] ?? 0 })));
    return requests === 0 ? '-' : String(Number(((100 * bad) / requests).toFixed(2)));
  };
  return `${of(canary)} against ${of(baseline)} %`;
}

function p95Of(histograms: Parameters<typeof merged>[0]): number | undefined {
  const value = quantile(merged(histograms.filter((each) => each.length > 0)), 0.95)?.value;
  // Without a bound that all minutes have, nothing is known.
  return value === 0 ? undefined : value;
}

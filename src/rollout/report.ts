/** What was measured in a rollout, step by step. Pure. */
import { quantile } from '../digest/histogram.ts';
import { total } from './evidence.ts';
import { judge, type Verdict } from './judge.ts';
import { type Minute, merged, type Side } from './measure.ts';
import type { GateName, RolloutPlan } from './plan.ts';

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

/** One version in the minutes of a step. A number that the service did not give is absent. */
export interface SideReport {
  requests: number;
  errors_5xx_percent?: number;
  errors_4xx_percent?: number;
  p95_ms?: number;
}

/** One step as numbers. */
export interface StepNumbers {
  /** Index of the step. */
  step: number;
  percent: number;
  /** Minutes that could be read. */
  minutes: number;
  canary: SideReport;
  baseline: SideReport;
  /** The numbers of the old version are those of earlier steps: at 100 % it has no requests. */
  earlier: boolean;
  /** Of the p95 of merged histograms. */
  p95_ratio?: number;
  /** The worst of all gates, and the gates that have it. Undefined where no gate decides. */
  verdict?: Verdict['verdict'];
  gates: GateName[];
  /** Points by which the canary may be worse in 5xx here. */
  margin?: number;
}

/** One row for each step so far. The verdicts are those of all minutes up to the end of the step. */
export function reportOf(minutes: readonly Minute[], plan: RolloutPlan, step: number): StepReport[] {
  return numbersOf(minutes, plan, step).map(inWords);
}

/** The same rows as numbers. */
export function numbersOf(minutes: readonly Minute[], plan: RolloutPlan, step: number): StepNumbers[] {
  return plan.steps.slice(0, step + 1).flatMap((percent, at) => rowOf(minutes, plan, percent, at) ?? []);
}

/** Undefined for a step without a minute that could be read. @param at index of the step. */
function rowOf(minutes: readonly Minute[], plan: RolloutPlan, percent: number, at: number): StepNumbers | undefined {
  const own = minutes.filter((each) => each.step === at && !each.unreadable);
  if (own.length === 0) return undefined;
  const same = own.some(({ baseline }) => baseline.requests > 0);
  // At 100 %, the old version has earlier minutes only.
  const compared = same ? own : minutes;
  const verdicts = judge(
    minutes.filter((each) => each.step <= at),
    plan,
    at,
  );
  const verdict = (['fail', 'inconclusive', 'pass'] as const).find((each) =>
    verdicts.some((one) => one.verdict === each),
  );
  const margin = verdicts.find(({ gate }) => gate === 'errors_5xx')?.margin;
  // The tag has one bound, which shows no p95.
  const told = compared.some((each) => each.told);
  const [canary, p95] = sideOf(own.map((each) => each.canary));
  const [{ p95_ms, ...old }, before] = sideOf(compared.map((each) => each.baseline));
  return {
    step: at,
    percent,
    minutes: own.length,
    canary,
    baseline: { ...old, ...(told || p95_ms === undefined ? {} : { p95_ms }) },
    earlier: !same,
    ...(p95 === undefined || before === undefined || told ? {} : { p95_ratio: Number((p95 / before).toFixed(2)) }),
    ...(verdict === undefined ? {} : { verdict }),
    gates: verdicts.filter((each) => each.verdict === verdict).map(({ gate }) => gate),
    ...(margin === undefined ? {} : { margin }),
  };
}

/** A row as it is in answers, for readers. */
function inWords({ percent, minutes, canary, baseline, p95_ratio, verdict, gates, margin }: StepNumbers): StepReport {
  return {
    percent,
    minutes,
    requests: canary.requests,
    errors_5xx: shares(canary.errors_5xx_percent, baseline.errors_5xx_percent),
    errors_4xx: shares(canary.errors_4xx_percent, baseline.errors_4xx_percent),
    ...(canary.p95_ms === undefined ? {} : { p95_ms: canary.p95_ms }),
    ...(p95_ratio === undefined ? {} : { p95_ratio }),
    verdict: verdict === undefined || verdict === 'pass' ? (verdict ?? 'none') : `${verdict} (${gates.join(', ')})`,
    ...(margin === undefined ? {} : { margin }),
  };
}

/** The current step in one line, for an answer of a waiting rollout. */
export function shortReport(minutes: readonly Minute[], plan: RolloutPlan, step: number): { measured?: string } {
  const found = rowOf(minutes, plan, plan.steps[step] ?? 100, step);
  if (!found) return {};
  const row = inWords(found);
  const ratio = row.p95_ratio === undefined ? '' : `, p95 ${row.p95_ratio} x`;
  return { measured: `${row.requests} requests, 5xx ${row.errors_5xx}${ratio}: ${row.verdict}` };
}

/** @returns the numbers of one version, and its exact p95. */
function sideOf(sides: readonly Side[]): [SideReport, number | undefined] {
  const percent = (field: 'errors_5xx' | 'errors_4xx') => {
    const counts = sides.flatMap((side) =>
      side[field] === undefined ? [] : { requests: side.requests, bad: side[field] },
    );
    const { requests, bad } = total(counts);
    return requests === 0 ? undefined : Number(((100 * bad) / requests).toFixed(2));
  };
  const [errors_5xx_percent, errors_4xx_percent] = [percent('errors_5xx'), percent('errors_4xx')];
  const p95 = p95Of(sides.map(({ latency }) => latency));
  return [
    {
      requests: sides.reduce((all, { requests }) => all + requests, 0),
      ...(errors_5xx_percent === undefined ? {} : { errors_5xx_percent }),
      ...(errors_4xx_percent === undefined ? {} : { errors_4xx_percent }),
      ...(p95 === undefined ? {} : { p95_ms: Math.round(p95) }),
    },
    p95,
  ];
}

/** `0.2 against 0.1 %`. A side without a number has a dash. */
function shares(canary: number | undefined, baseline: number | undefined): string {
  return canary === undefined && baseline === undefined ? 'not known' : `${canary ?? '-'} against ${baseline ?? '-'} %`;
}

function p95Of(histograms: Parameters<typeof merged>[0]): number | undefined {
  const value = quantile(merged(histograms.filter((each) => each.length > 0)), 0.95)?.value;
  // Without a bound that all minutes have, nothing is known.
  return value === 0 ? undefined : value;
}

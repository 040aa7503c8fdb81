/**
 * Judges a canary by its own requests, gate by gate, against the version that served before. Pure. The statistics are in `evidence.ts`.
 *
 * - *Fail* needs evidence and size: the evidence exceeds 1/α, and the difference is at least the margin of the gate.
 * - *Pass* needs evidence too: the upper bound of the difference lies below a margin that tightens with the share of the traffic.
 * - Everything else is *inconclusive*, and the step goes on.
 */
import {
  type Count,
  capEvidence,
  differenceOf,
  laterEvidence,
  type Pair,
  pairedEvidence,
  share,
  total,
} from './evidence.ts';
import { atOrBelow, type Minute, merged, type Side } from './measure.ts';
import type { Gate, GateName, RolloutPlan } from './plan.ts';

export interface Verdict {
  gate: GateName;
  verdict: 'pass' | 'fail' | 'inconclusive';
  /** Why, with its numbers. */
  why: string;
  /** Bad requests of both versions, as far as they count. */
  canary: Count;
  baseline: Count;
  /** Percentage points by which the canary is worse, the bound that this stays below, and the margin for a pass. */
  difference?: number;
  upper?: number;
  margin?: number;
  /** How many times likelier the counts are if the canary is worse. */
  evidence?: number;
  /** Of the latency gate: requests above this time count as slow. Milliseconds. */
  bound_ms?: number;
}

/** The chance that a rollout of an equal version is ever called worse, over all of its gates and looks. */
const ALPHA = 0.01;

/** Judges all minutes up to now. @param step index of the current step. Gates that are off have no verdict. */
export function judge(minutes: readonly Minute[], plan: RolloutPlan, step: number): Verdict[] {
  const known = minutes.filter(({ unreadable }) => !unreadable);
  const tested = (['errors_5xx', 'errors_4xx', 'latency'] as const).filter((name) => !plan.gates[name].off);
  const limit = tested.length / ALPHA;
  const percent = plan.steps[step] ?? 100;
  const verdicts = tested.map((name) => {
    const gate = plan.gates[name];
    if (name === 'latency') return latencyVerdict(known, gate, { plan, percent, limit });
    return countVerdict(name, known, (side) => countOf(side, name), gate, { plan, percent, limit });
  });
  const saturation = plan.gates.saturation.off ? [] : [saturationVerdict(known, plan.gates.saturation)];
  return [...verdicts, ...saturation];
}

/**
 * The one rule that acts at once: in one minute, at least 20 requests of the canary and more than half of them failed with 5xx, while the baseline
 * failed below 10 %. An outage of both is not the fault of the canary.
 * @returns the failed requests. Undefined when no minute of the current step is like that.
 */
export function sudden(minutes: readonly Minute[], step: number): Count | undefined {
  const earlier = total(minutes.map(({ baseline }) => countOf(baseline, 'errors_5xx') ?? NO_REQUESTS));
  for (const { step: own, canary, baseline } of minutes) {
    const failed = countOf(canary, 'errors_5xx');
    if (own !== step || !failed || failed.requests < SUDDEN_REQUESTS || share(failed) <= 0.5) continue;
    const other = countOf(baseline, 'errors_5xx');
    if (share(other && other.requests > 0 ? other : earlier) < 0.1) return failed;
  }
  return undefined;
}

const SUDDEN_REQUESTS = 20;
const NO_REQUESTS: Count = { requests: 0, bad: 0 };

/** Failed requests of one side. Undefined where the service returned requests, but no series of their errors. */
function countOf({ requests, errors_5xx, errors_4xx }: Side, name: 'errors_5xx' | 'errors_4xx'): Count | undefined {
  const bad = name === 'errors_5xx' ? errors_5xx : errors_4xx;
  if (requests === 0) return NO_REQUESTS;
  return bad === undefined ? undefined : { requests, bad };
}

interface Rules {
  plan: RolloutPlan;
  percent: number;
  /** The evidence that a fail needs. */
  limit: number;
}

/**
 * A gate on shares of bad requests.
 * @param countOf the bad requests of one side in a minute. Undefined when they are not known.
 */
function countVerdict(
  gate: GateName,
  minutes: readonly Minute[],
  countOf: (side: Side) => Count | undefined,
  { margin, max }: Gate,
  { plan, percent, limit }: Rules,
): Verdict {
  const pairs = minutes.map(({ step, canary, baseline }) => ({
    step,
    canary: countOf(canary),
    baseline: countOf(baseline),
  }));
  const known = pairs.flatMap(({ step, canary, baseline }) => (canary && baseline ? [{ step, canary, baseline }] : []));
  const canary = total(known.map((each) => each.canary));
  const paired = known.filter((each) => each.baseline.requests > 0);
  const earlier = total(paired.map((each) => each.baseline));
  const common = { gate, canary, baseline: earlier };
  if (canary.requests === 0 || earlier.requests === 0)
    return { ...common, verdict: 'inconclusive', why: `${words(gate)} of both versions are not known yet` };

  const strongest = evidenceOf(known, plan);
  const { difference, upper } = differenceOf(strata(known, earlier));
  const allowed = margin * tightness(percent);
  const numbers = {
    ...common,
    difference: points(difference),
    upper: points(upper),
    margin: allowed,
    evidence: strongest.evidence,
  };
  const own = `${(100 * share(canary)).toFixed(2)} % against ${(100 * share(earlier)).toFixed(2)} %`;
  if (strongest.evidence >= limit && 100 * strongest.difference >= margin)
    return {
      ...numbers,
      verdict: 'fail',
      why: `${words(gate)}: ${own}, ${times(strongest.evidence)} likelier if the canary is worse`,
    };
  const capped = max === undefined ? 1 : capEvidence(canary, max / 100);
  if (capped >= limit) return { ...numbers, verdict: 'fail', why: `${words(gate)}: ${own}, above the cap of ${max} %` };
  if (100 * upper < allowed && (max === undefined || 100 * share(canary) <= max))
    return { ...numbers, verdict: 'pass', why: `${words(gate)}: ${own}, at most ${points(upper)} points worse` };
  return {
    ...numbers,
    verdict: 'inconclusive',
    why: `${words(gate)}: ${own}, up to ${points(upper)} points worse is possible, and ${allowed} are allowed here`,
  };
}

/** How much wider than at the end the margin for a pass is. With 5 % of the traffic, a whole point cannot be excluded in reasonable time. */
function tightness(percent: number): number {
  return percent < 25 ? 4 : percent < 50 ? 2 : 1;
}

interface KnownMinute extends Pair {
  step: number;
}

/**
 * The evidence of a rollout, as the mean of several: one begins with the first step, and one with each later step, because a version may begin to fail
 * only there, and its good beginning must not protect it. At 100 %, the earlier minutes of the baseline are the comparison. A mean of e-processes is
 * one, so the guarantee holds.
 */
function evidenceOf(minutes: readonly KnownMinute[], { steps }: RolloutPlan): { evidence: number; difference: number } {
  const paired = minutes.filter(({ baseline }) => baseline.requests > 0);
  const alone = total(minutes.filter(({ baseline }) => baseline.requests === 0).map(({ canary }) => canary));
  const earlier = total(paired.map(({ baseline }) => baseline));
  const starts = steps.slice(0, -1).map((_, at) => {
    const since = paired.filter(({ step }) => step >= at);
    const sums = {
      canary: total(since.map(({ canary }) => canary)),
      baseline: total(since.map(({ baseline }) => baseline)),
    };
    return { evidence: pairedEvidence(since), difference: share(sums.canary) - share(sums.baseline) };
  });
  const last = { evidence: laterEvidence(alone, earlier), difference: share(alone) - share(earlier) };
  const [first = last, ...others] = [...starts, last];
  const rest = (1 - FIRST) / Math.max(1, others.length);
  const evidence = FIRST * first.evidence + others.reduce((sum, each) => sum + rest * each.evidence, 0);
  const strongest = [first, ...others].reduce((most, each) => (each.evidence > most.evidence ? each : most));
  return { evidence, difference: strongest.difference };
}

/** Most bad versions are bad from the first step on, so the evidence that begins there has most of the weight. */
const FIRST = 0.6;

/** One pair for each step. At 100 %, the baseline is that of all earlier minutes. */
function strata(minutes: readonly KnownMinute[], earlier: Count): Pair[] {
  const steps = [...new Set(minutes.map(({ step }) => step))];
  return steps.map((step) => {
    const own = minutes.filter((each) => each.step === step);
    const baseline = total(own.map((each) => each.baseline));
    return { canary: total(own.map((each) => each.canary)), baseline: baseline.requests > 0 ? baseline : earlier };
  });
}

/** Requests of the baseline from which the latency bound is chosen. */
const BOUND_REQUESTS = 200;

/**
 * The bound above which a request counts as slow. It is the largest bound of the histogram that at least 5 % of the baseline's requests exceed: the
 * one at or below its p95. A ratio of one-minute p95 values would say little, because a thin canary has a handful of requests in its tail. If more than
 * half exceed it, the histogram is coarse there, and the next bound says more. The first minutes choose the bound and do not count, so that the choice
 * does not depend on what it is used for.
 * @returns the bound, and how many minutes chose it.
 */
export function slowBound(minutes: readonly Minute[]): { bound: number; chosen: number } | undefined {
  let seen = 0;
  const at = minutes.findIndex(({ baseline }) => (seen += baseline.latency.at(-1)?.count ?? 0) >= BOUND_REQUESTS);
  if (at < 0) return undefined;
  const pooled = merged(minutes.slice(0, at + 1).map(({ baseline }) => baseline.latency));
  const finite = pooled.filter(({ bound }) => Number.isFinite(bound));
  const all = pooled.at(-1)?.count ?? 0;
  const exceeds = (bound: number) => 1 - atOrBelow(pooled, bound) / all;
  const last = finite.findLastIndex(({ bound }) => exceeds(bound) >= 0.05);
  const chosen = finite[Math.max(0, last)];
  if (!chosen) return undefined;
  const next = finite[last + 1];
  return { bound: exceeds(chosen.bound) > 0.5 && next ? next.bound : chosen.bound, chosen: at + 1 };
}

function latencyVerdict(minutes: readonly Minute[], gate: Gate, rules: Rules): Verdict {
  const found = slowBound(minutes);
  if (!found)
    return {
      gate: 'latency',
      verdict: 'inconclusive',
      why: `the latency bound needs ${BOUND_REQUESTS} requests of the old version`,
      canary: NO_REQUESTS,
      baseline: NO_REQUESTS,
    };
  const { bound, chosen } = found;
  const slow = ({ requests, latency }: Side): Count | undefined => {
    const all = latency.at(-1)?.count ?? 0;
    if (all === 0) return requests === 0 ? NO_REQUESTS : undefined;
    return { requests: all, bad: all - atOrBelow(latency, bound) };
  };
  return { ...countVerdict('latency', minutes.slice(chosen), slow, gate, rules), bound_ms: bound };
}

/** Minutes in a row that count as saturated. */
const SATURATED_MINUTES = 5;

/** A canary at its limit cannot take more traffic. It is not rolled back for that alone: the service may add replicas. */
function saturationVerdict(minutes: readonly Minute[], { max = 95 }: Gate): Verdict {
  const latest = minutes.slice(-SATURATED_MINUTES).map(({ canary }) => canary.saturation ?? 0);
  const least = Math.min(...latest);
  const full = latest.length === SATURATED_MINUTES && least >= max;
  const most = Math.max(0, ...latest);
  return {
    gate: 'saturation',
    verdict: full ? 'inconclusive' : 'pass',
    why: full
      ? `the canary uses at least ${least.toFixed(0)} % of its CPU, memory or GPU`
      : `at most ${most.toFixed(0)} %`,
    canary: NO_REQUESTS,
    baseline: NO_REQUESTS,
  };
}

function words(gate: GateName): string {
  return { errors_5xx: '5xx', errors_4xx: '4xx', latency: 'slow requests', saturation: 'saturation' }[gate];
}

function points(share: number): number {
  return Number((100 * share).toFixed(2));
}

function times(evidence: number): string {
  return evidence >= 1e6 ? 'over a million times' : `${Math.round(evidence)} times`;
}

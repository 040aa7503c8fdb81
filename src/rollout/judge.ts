/**
 * Judges a canary by its own requests, gate by gate, against the version that served before. Pure. The statistics are in `evidence.ts`.
 *
 * - *Fail* needs evidence and size: the evidence exceeds 1/α, and the difference is at least the margin of the gate.
 * - *Pass* needs evidence too: the upper bound of the difference lies below a margin that tightens with the share of the traffic.
 * - Everything else is *inconclusive*, and the step continues.
 */
import type { Step as Bound } from '../digest/histogram.ts';
import {
  COMMON,
  type Count,
  capEvidence,
  differenceOf,
  evidence as evidenceIn,
  laterEvidence,
  logRatios,
  type Mixture,
  noLogs,
  type Pair,
  RARE,
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

/**
 * The chance that a rollout of an equal version is ever called worse, over all looks: 1 % in total. Failed requests have most of it, because each of
 * them hurts a caller.
 */
const ALPHA = { errors_5xx: 0.008, errors_4xx: 0.001, latency: 0.001 };

/** Judges all minutes up to now. @param step index of the current step. Gates that are off have no verdict. */
export function judge(minutes: readonly Minute[], plan: RolloutPlan, step: number): Verdict[] {
  const known = minutes.filter(({ unreadable }) => !unreadable);
  const tested = (['errors_5xx', 'errors_4xx', 'latency'] as const).filter((name) => !plan.gates[name].off);
  const percent = plan.steps[step] ?? 100;
  const verdicts = tested.map((name) => {
    const gate = plan.gates[name];
    const limit = 1 / ALPHA[name];
    if (name === 'latency') return latencyVerdict(known, gate, { plan, percent, limit });
    const counts = known.flatMap((minute) => countedIn(minute, name, (side) => countOf(side, name), RARE) ?? []);
    return countVerdict(name, counts, gate, { plan, percent, limit });
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

/** The counts of a gate in a minute, with their evidence. */
interface Counted extends Pair {
  step: number;
  logs: readonly number[];
}

/** A minute does not change, and is judged again with each minute that follows. */
const counted = new WeakMap<Minute, Map<string, Counted | undefined>>();

/** Undefined where the bad requests of a side are not known. @param key what the counts are of. */
function countedIn(
  minute: Minute,
  key: string,
  countOf: (side: Side) => Count | undefined,
  ratios: Mixture,
): Counted | undefined {
  const known = counted.get(minute) ?? new Map<string, Counted | undefined>();
  counted.set(minute, known);
  if (known.has(key)) return known.get(key);
  const [canary, baseline] = [countOf(minute.canary), countOf(minute.baseline)];
  const pair = canary && baseline ? { step: minute.step, canary, baseline } : undefined;
  const found = pair && { ...pair, logs: logRatios(pair, ratios) };
  known.set(key, found);
  return found;
}

/** A gate on shares of bad requests. */
function countVerdict(
  gate: GateName,
  known: readonly Counted[],
  { margin, max }: Gate,
  { plan, percent, limit }: Rules,
): Verdict {
  const steps = strata(known);
  const canary = total(steps.map((each) => each.canary));
  const earlier = total(steps.map((each) => each.baseline));
  const common = { gate, canary, baseline: earlier };
  if (canary.requests === 0 || earlier.requests === 0)
    return { ...common, verdict: 'inconclusive', why: `${words(gate)} of both versions are not known yet` };

  const ratios = gate === 'latency' ? COMMON : RARE;
  const strongest = evidenceOf(known, earlier, plan, ratios);
  // At 100 %, the old version has earlier minutes only.
  const { difference, upper } = differenceOf(
    steps.map((each) => (each.baseline.requests > 0 ? each : { ...each, baseline: earlier })),
  );
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
  const capped = max === undefined ? 1 : capEvidence(canary, max / 100, ratios);
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

/**
 * The evidence of a rollout, as the mean of several: one begins with the first step, and one with each later step, because a version may begin to fail
 * only there, and its good beginning must not protect it. At 100 %, the earlier minutes of the baseline are the comparison. A mean of e-processes is
 * one, so the guarantee holds.
 * @returns the mean, and the difference since the start whose evidence is the strongest.
 */
function evidenceOf(
  minutes: readonly Counted[],
  earlier: Count,
  { steps }: RolloutPlan,
  ratios: Mixture,
): { evidence: number; difference: number } {
  const last = steps.length - 1;
  const logs = noLogs(ratios);
  const [canary, baseline] = [{ ...NO_REQUESTS }, { ...NO_REQUESTS }];
  const alone = { ...NO_REQUESTS };
  const found: { evidence: number; difference: number }[] = [];
  let at = minutes.length - 1;
  for (let step = last; step >= 0; step--) {
    for (; at >= 0 && (minutes[at]?.step ?? 0) >= step; at--) {
      const minute = minutes[at];
      if (!minute) continue;
      if (minute.baseline.requests === 0) {
        add(alone, minute.canary);
        continue;
      }
      add(canary, minute.canary);
      add(baseline, minute.baseline);
      for (let ratio = 0; ratio < logs.length; ratio++) logs[ratio] = (logs[ratio] ?? 0) + (minute.logs[ratio] ?? 0);
    }
    const here = { evidence: evidenceIn(logs, ratios), difference: share(canary) - share(baseline) };
    found.unshift(
      step === last && last > 0
        ? { evidence: laterEvidence(alone, earlier, ratios), difference: share(alone) - share(earlier) }
        : here,
    );
  }
  const [first = { evidence: 1, difference: 0 }, ...others] = found;
  const rest = (1 - FIRST) / Math.max(1, others.length);
  const evidence = FIRST * first.evidence + others.reduce((sum, each) => sum + rest * each.evidence, 0);
  const strongest = found.reduce((most, each) => (each.evidence > most.evidence ? each : most), first);
  return { evidence, difference: strongest.difference };
}

/** Most bad versions are bad from the first step on, so the evidence that begins there has most of the weight. */
const FIRST = 0.85;

function add(sum: Count, { requests, bad }: Count): void {
  sum.requests += requests;
  sum.bad += bad;
}

/** One pair for each step. At 100 %, the baseline has no requests. */
function strata(minutes: readonly Counted[]): Pair[] {
  const found = new Map<number, Pair>();
  for (const { step, canary, baseline } of minutes) {
    const own = found.get(step) ?? { canary: { ...NO_REQUESTS }, baseline: { ...NO_REQUESTS } };
    found.set(step, own);
    add(own.canary, canary);
    add(own.baseline, baseline);
  }
  return [...found.values()];
}

/** Requests of the baseline from which the latency bound is chosen. */
const BOUND_REQUESTS = 200;
/** A slowdown that the bound should show. */
const SLOWER = 1.5;

/**
 * The bound above which a request counts as slow: the one at which a version that is 1.5 times slower would differ most, in standard errors, by the
 * baseline's own histogram. (The bound nearest to the p95 may lie in a long tail that a slowdown hardly moves. A ratio of one-minute p95 values says
 * little, because a thin canary has a handful of requests there.) The first minutes choose the bound and do not count, so that the choice does not
 * depend on what it is used for.
 * @returns the bound, and how many minutes chose it. Undefined before the baseline had enough requests.
 */
export function slowBound(minutes: readonly Minute[]): { bound: number; chosen: number } | undefined {
  let seen = 0;
  const at = minutes.findIndex(({ baseline }) => {
    seen += baseline.latency.at(-1)?.count ?? 0;
    return seen >= BOUND_REQUESTS;
  });
  if (at < 0) return undefined;
  const pooled = merged(minutes.slice(0, at + 1).map(({ baseline }) => baseline.latency));
  const shows = (bound: number) => {
    const [now, slower] = [exceeding(pooled, bound), exceeding(pooled, bound / SLOWER)];
    const mean = (now + slower) / 2;
    return (slower - now) / Math.sqrt(Math.max(mean * (1 - mean), 1 / seen));
  };
  const finite = pooled.map(({ bound }) => bound).filter(Number.isFinite);
  const [first, ...others] = finite;
  if (first === undefined) return undefined;
  return { bound: others.reduce((best, each) => (shows(each) > shows(best) ? each : best), first), chosen: at + 1 };
}

/** The share of requests that took longer than a time, linear in its logarithm between two bounds. */
function exceeding(histogram: readonly Bound[], time: number): number {
  const all = histogram.at(-1)?.count ?? 0;
  const at = histogram.findIndex(({ bound }) => bound >= time);
  const [upper, lower] = [histogram[at], histogram[at - 1] ?? { bound: (histogram[0]?.bound ?? 1) / 2, count: 0 }];
  if (!upper || !Number.isFinite(upper.bound) || upper.bound === time) return 1 - (upper?.count ?? all) / all;
  const part = Math.min(1, Math.max(0, Math.log(time / lower.bound) / Math.log(upper.bound / lower.bound)));
  return 1 - (lower.count + part * (upper.count - lower.count)) / all;
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
  const known = minutes
    .slice(chosen)
    .flatMap((minute) => countedIn(minute, `slower than ${bound}`, slow, COMMON) ?? []);
  return { ...countVerdict('latency', known, gate, rules), bound_ms: bound };
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

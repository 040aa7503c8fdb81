/**
 * Judges a canary by its own requests, gate by gate, against the version that served before. Pure. The statistics are in `evidence.ts`.
 *
 * - *Fail* needs evidence and size: the evidence exceeds 1/α, and the difference is at least the margin of the gate.
 * - *Pass* needs evidence too: the upper bound of the difference lies below a margin that tightens with the share of the traffic.
 * - Everything else is *inconclusive*, and the step continues.
 */
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
  upperShare,
} from './evidence.ts';
import type { Minute, Side } from './measure.ts';
import { type Gate, type GateName, type RolloutPlan, TESTED } from './plan.ts';
import { BOUND_REQUESTS, slowBound, slowOf } from './slow-requests.ts';

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

/** The evidence that a fail of a gate needs. */
export function neededEvidence(gate: (typeof TESTED)[number]): number {
  return 1 / ALPHA[gate];
}

/** Judges all minutes up to now. @param step index of the current step. Gates that are off have no verdict. */
export function judge(minutes: readonly Minute[], plan: RolloutPlan, step: number): Verdict[] {
  const known = minutes.filter(({ unreadable }) => !unreadable);
  const tested = TESTED.filter((name) => !plan.gates[name].off);
  const percent = plan.steps[step] ?? 100;
  const verdicts = tested.map((name) => {
    const gate = plan.gates[name];
    const limit = neededEvidence(name);
    const rules = { plan, percent, limit };
    if (name === 'latency') return latencyVerdict(known, gate, rules);
    return countVerdict(
      name,
      countsIn(known, name, (side) => countOf(side, name), RARE),
      gate,
      rules,
    );
  });
  const saturation = plan.gates.saturation.off ? [] : [saturationVerdict(known, plan.gates.saturation)];
  return [...verdicts, ...saturation];
}

/**
 * The one rule that acts at once: in one minute, at least 20 requests of the canary and more than half of them failed with 5xx, while the baseline
 * failed below 10 %. An outage of both is not the fault of the canary. It belongs to the gate errors_5xx: a person who switches that off decides this.
 * @returns the failed requests. Undefined when no minute of the current step is like that, or nothing is known of the baseline.
 */
export function sudden(minutes: readonly Minute[], { gates }: RolloutPlan, step: number): Count | undefined {
  if (gates.errors_5xx.off) return undefined;
  const earlier = total(minutes.map(({ baseline }) => countOf(baseline, 'errors_5xx') ?? NO_REQUESTS));
  for (const { step: own, canary, baseline } of minutes) {
    const failed = countOf(canary, 'errors_5xx');
    if (own !== step || !failed || failed.requests < SUDDEN_REQUESTS || share(failed) <= 0.5) continue;
    const same = countOf(baseline, 'errors_5xx');
    const other = same && same.requests > 0 ? same : earlier;
    if (other.requests > 0 && share(other) < 0.1) return failed;
  }
  return undefined;
}

const SUDDEN_REQUESTS = 20;
const NO_REQUESTS: Count = { requests: 0, bad: 0 };

/** Failed requests of one side. Undefined where the service returned no series of them, or more of them than requests. */
function countOf({ requests, errors_5xx, errors_4xx }: Side, name: 'errors_5xx' | 'errors_4xx'): Count | undefined {
  const bad = name === 'errors_5xx' ? errors_5xx : errors_4xx;
  if (requests === 0 && !bad) return NO_REQUESTS;
  return bad === undefined || bad > requests ? undefined : { requests, bad };
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

/** The minutes of a gate in which both versions are known, and all that is known of the canary. */
interface GateCounts {
  minutes: readonly Counted[];
  canary: Count;
}

/** A minute does not change, and is judged again with each minute that follows. */
const counted = new WeakMap<Minute, Map<string, { canary: Count | undefined; pair: Counted | undefined }>>();

/** @param key what the counts are of. @param countOf undefined where the bad requests of a side are not known. */
function countsIn(
  minutes: readonly Minute[],
  key: string,
  countOf: (side: Side) => Count | undefined,
  ratios: Mixture,
): GateCounts {
  const canary = { ...NO_REQUESTS };
  const known: Counted[] = [];
  for (const minute of minutes) {
    const kept: NonNullable<ReturnType<typeof counted.get>> = counted.get(minute) ?? new Map();
    counted.set(minute, kept);
    let found = kept.get(key);
    if (!found) {
      const [own, other] = [countOf(minute.canary), countOf(minute.baseline)];
      const pair = own && other && { step: minute.step, canary: own, baseline: other };
      found = { canary: own, pair: pair && { ...pair, logs: logRatios(pair, ratios) } };
      kept.set(key, found);
    }
    if (found.canary) add(canary, found.canary);
    if (found.pair) known.push(found.pair);
  }
  return { minutes: known, canary };
}

/** A gate on shares of bad requests. */
function countVerdict(
  gate: GateName,
  { minutes, canary: all }: GateCounts,
  { margin, max }: Gate,
  { plan, percent, limit }: Rules,
): Verdict {
  const last = plan.steps.length - 1;
  const { pairs, alone } = strata(minutes, last);
  const canary = total([...pairs.map((each) => each.canary), alone]);
  const earlier = total(pairs.map((each) => each.baseline));
  const ratios = gate === 'latency' ? COMMON : RARE;
  // A cap needs no other version.
  const isCapped = max !== undefined && capEvidence(all, max / 100, ratios) >= limit;
  if (canary.requests === 0 || earlier.requests === 0)
    return { gate, canary: all, baseline: earlier, ...withoutBaseline(gate, all, max, isCapped) };

  const strongest = evidenceOf(minutes, { alone, earlier, last }, ratios);
  const { difference, upper } = differenceOf(pairs, alone);
  const allowed = margin * tightness(percent);
  const numbers = {
    gate,
    canary,
    baseline: earlier,
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
  if (isCapped) return { ...numbers, verdict: 'fail', why: `${words(gate)}: ${own}, above the cap of ${max} %` };
  if (100 * upper < allowed && (max === undefined || 100 * share(all) <= max))
    return { ...numbers, verdict: 'pass', why: `${words(gate)}: ${own}, at most ${points(upper)} points worse` };
  return {
    ...numbers,
    verdict: 'inconclusive',
    why: `${words(gate)}: ${own}, up to ${points(upper)} points worse is possible, and ${allowed} are allowed here`,
  };
}

/** Without requests of both versions, only a cap can decide. */
function withoutBaseline(
  gate: GateName,
  canary: Count,
  max: number | undefined,
  isCapped: boolean,
): Pick<Verdict, 'verdict' | 'why'> {
  if (max === undefined || canary.requests === 0)
    return { verdict: 'inconclusive', why: `${words(gate)} of both versions are not known yet` };
  const own = `${words(gate)}: ${(100 * share(canary)).toFixed(2)} %, without requests of the old version`;
  if (isCapped) return { verdict: 'fail', why: `${own}, above the cap of ${max} %` };
  const upper = upperShare(canary);
  return {
    verdict: 100 * upper < max ? 'pass' : 'inconclusive',
    why: `${own}, up to ${points(upper)} % is possible, and the cap is ${max} %`,
  };
}

/** How much wider than at the end the margin for a pass is. With 5 % of the traffic, a whole point cannot be excluded in reasonable time. */
export function tightness(percent: number): number {
  return percent < 25 ? 4 : percent < 50 ? 2 : 1;
}

/**
 * The evidence of a rollout, as the mean of several: one begins with the first step, and one with each later step, because a version may begin to fail
 * only there, and its good beginning must not protect it. At 100 %, the earlier minutes of the baseline are the comparison, once. A mean of e-processes
 * is one, so the guarantee holds. A repeated step keeps its evidence, because starting again would give the test another chance to be wrong.
 * @returns the mean, and the difference since the start whose evidence is the strongest.
 */
function evidenceOf(
  minutes: readonly Counted[],
  { alone, earlier, last }: { alone: Count; earlier: Count; last: number },
  ratios: Mixture,
): { evidence: number; difference: number } {
  const starts = Array.from({ length: last }, (_, step) => minutes.findIndex((minute) => minute.step >= step));
  const logs = noLogs(ratios);
  const [canary, baseline] = [{ ...NO_REQUESTS }, { ...NO_REQUESTS }];
  const found = starts.map(() => ({ evidence: 1, difference: 0 }));
  // A later step never starts earlier.
  let step = starts.findLastIndex((start) => start >= 0);
  for (let at = minutes.length - 1; at >= 0; at--) {
    const minute = minutes[at];
    if (minute && minute.step < last && minute.baseline.requests > 0) {
      add(canary, minute.canary);
      add(baseline, minute.baseline);
      for (let ratio = 0; ratio < logs.length; ratio++) logs[ratio] = (logs[ratio] ?? 0) + (minute.logs[ratio] ?? 0);
    }
    for (; step >= 0 && starts[step] === at; step--)
      found[step] = { evidence: evidenceIn(logs, ratios), difference: share(canary) - share(baseline) };
  }
  found.push({ evidence: laterEvidence(alone, earlier, ratios), difference: share(alone) - share(earlier) });
  const [first = { evidence: 1, difference: 0 }, ...others] = found;
  const own = others.length === 0 ? 1 : FIRST;
  const evidence = others.reduce(
    (sum, each) => sum + ((1 - own) / others.length) * each.evidence,
    own * first.evidence,
  );
  const strongest = found.reduce((most, each) => (each.evidence > most.evidence ? each : most), first);
  return { evidence, difference: strongest.difference };
}

/** Most bad versions are bad from the first step on, so the evidence that begins there has most of the weight. */
const FIRST = 0.85;

function add(sum: Count, { requests, bad }: Count): void {
  sum.requests += requests;
  sum.bad += bad;
}

/**
 * One pair for each step, and the canary's requests at 100 %. The few requests that the old version ends there, or that probes send to it, are no
 * comparison.
 */
function strata(minutes: readonly Counted[], last: number): { pairs: Pair[]; alone: Count } {
  const found = new Map<number, Pair>();
  const alone = { ...NO_REQUESTS };
  for (const { step, canary, baseline } of minutes) {
    if (step >= last) {
      add(alone, canary);
      continue;
    }
    const own = found.get(step) ?? { canary: { ...NO_REQUESTS }, baseline: { ...NO_REQUESTS } };
    found.set(step, own);
    add(own.canary, canary);
    add(own.baseline, baseline);
  }
  return { pairs: [...found.values()], alone };
}

function latencyVerdict(minutes: readonly Minute[], gate: Gate, rules: Rules): Verdict {
  const found = slowBound(minutes);
  if (!found)
    return {
      gate: 'latency',
      verdict: 'inconclusive',
      why: `the latency bound needs ${BOUND_REQUESTS} requests of the old version, and histograms with a bound that both versions have`,
      canary: NO_REQUESTS,
      baseline: NO_REQUESTS,
    };
  const { bound, chosen, everywhere } = found;
  const counts = countsIn(minutes.slice(chosen), `slower than ${bound}`, (side) => slowOf(side, bound), COMMON);
  const verdict = { ...countVerdict('latency', counts, gate, rules), bound_ms: bound };
  if (everywhere || verdict.verdict !== 'pass') return verdict;
  return {
    ...verdict,
    verdict: 'inconclusive',
    why: `${verdict.why}, but the bounds of the histogram changed, and some minutes do not have ${bound} ms`,
  };
}

/** Minutes in a row that count as saturated. */
const SATURATED_MINUTES = 5;

/** A canary at its limit cannot take more traffic. It is not rolled back for that alone: the service may add replicas. */
function saturationVerdict(minutes: readonly Minute[], { max = 95 }: Gate): Verdict {
  const latest = minutes.slice(-SATURATED_MINUTES).map(({ canary }) => canary.saturation);
  const known = latest.filter((each) => each !== undefined);
  const least = Math.min(...known);
  const full = known.length === SATURATED_MINUTES && least >= max;
  return {
    gate: 'saturation',
    verdict: full ? 'inconclusive' : 'pass',
    why: full
      ? `the canary uses at least ${least.toFixed(0)} % of its CPU, memory or GPU`
      : known.length === 0
        ? 'the use of CPU, memory and GPU is not known'
        : `at most ${Math.max(...known).toFixed(0)} %`,
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

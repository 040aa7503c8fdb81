/** How long a rollout will take with the present traffic, and plans that fit it. Pure: the statistics are those of the judge, on expected counts. */
import { type Count, differenceOf, type Pair, upperShare } from './evidence.ts';
import { tightness } from './judge.ts';
import { type RolloutPlan, TESTED } from './plan.ts';
import type { Present } from './present.ts';
import { BOUND_REQUESTS } from './slow-requests.ts';

type Tested = (typeof TESTED)[number];
type Cause = 'bake_minutes' | 'min_requests' | Tested;

export interface StepForecast {
  percent: number;
  /** Expected time of the step. Infinite where it never ends. */
  minutes: number;
  /** Nine of ten healthy versions need less. */
  most: number;
  /** What takes the time. */
  because: Cause;
  /** The canary's requests since the first step, when most have passed. */
  requests: number;
}

export interface Forecast {
  steps: StepForecast[];
  /** Whether nine of ten healthy versions pass every step within `max_minutes`. */
  fits: boolean;
  /** Whether most healthy versions do. */
  likely: boolean;
  /** Expected time of the whole rollout, in minutes. */
  total: number;
  /** One sentence. */
  text: string;
}

/** Readings of metrics are kept for a day. Minutes, with an hour of room. */
const LONGEST = 23 * 60;
/**
 * The upper bound is the difference plus 1.28 standard errors. A healthy version stays below a margin of 2.6 expected bounds in more than 98 of 100 cases,
 * so four steps and three gates leave at least nine of ten rollouts. Checked in `test/rollout/forecast.test.ts`.
 */
const UNLUCKY = 2.6;

/**
 * @param present the traffic of the endpoint now.
 * @param late minutes after which the numbers of a minute are known. Each step waits for its last minute.
 */
export function forecast(plan: RolloutPlan, present: Present, late = 0): Forecast {
  const earlier: Time[] = [];
  const steps = plan.steps.map((percent): StepForecast => {
    const step = { plan, present, earlier, percent };
    const usual = endOf(step, 1);
    const slow = endOf(step, UNLUCKY);
    earlier.push({ percent, minutes: usual.minutes });
    const requests = earlier.slice(0, -1).reduce((sum, time) => sum + canaryOf(present, time), 0);
    const own = canaryOf(present, { percent, minutes: slow.minutes });
    return { percent, minutes: usual.minutes, most: slow.minutes, because: slow.because, requests: requests + own };
  });
  const last = Math.max(plan.final_bake_minutes, Math.ceil(plan.min_requests / present.perMinute));
  const waits = steps.length * late;
  const total = steps.reduce((sum, { minutes }) => sum + minutes, waits + (plan.final_bake_minutes === 0 ? 0 : last));
  const slow = steps.find(({ most }) => most > plan.max_minutes);
  const likely = steps.every(({ minutes }) => minutes <= plan.max_minutes) && total <= LONGEST;
  const fits = !slow && total <= LONGEST;
  const takes = takesText(present, { total, waits });
  const text = likely && slow ? `${takes}. It may end in held: ${slowText(plan, present, slow)}` : '';
  return { steps, fits, likely, total, text: text || textOf(plan, present, slow, { total, waits }) };
}

interface Time {
  percent: number;
  minutes: number;
}

interface ExpectedStep {
  plan: RolloutPlan;
  present: Present;
  earlier: readonly Time[];
  percent: number;
}

function canaryOf({ perMinute }: Present, { percent, minutes }: Time): number {
  return (perMinute * minutes * percent) / 100;
}

/** When a step ends, and what takes the longest. @param chance how many times wider the bound is than expected. */
function endOf(step: ExpectedStep, chance: number): { minutes: number; because: Cause } {
  const { plan, present, percent } = step;
  const needed = chance > 1 ? plan.min_requests + 2 * Math.sqrt(plan.min_requests) : plan.min_requests;
  const causes: [Cause, number][] = [
    ['bake_minutes', plan.bake_minutes],
    ['min_requests', Math.ceil(needed / canaryOf(present, { percent, minutes: 1 }))],
    ...TESTED.filter((gate) => present.measured && !plan.gates[gate].off).map((gate): [Cause, number] => [
      gate,
      firstMinute((minutes) => passes(step, gate, minutes, chance)),
    ]),
  ];
  return causes.reduce((longest, [because, minutes]) => (minutes > longest.minutes ? { because, minutes } : longest), {
    because: 'bake_minutes' as Cause,
    minutes: 0,
  });
}

/** The first minute at which a condition holds that holds from then on. Infinite when it does not hold within a day. */
function firstMinute(holds: (minutes: number) => boolean): number {
  let [low, high] = [1, LONGEST];
  if (!holds(high)) return Infinity;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Whether a gate passes after the minutes of a step, if both versions are as bad as the old one is now. */
function passes(
  { plan, present, earlier, percent }: ExpectedStep,
  gate: Tested,
  minutes: number,
  chance: number,
): boolean {
  const share = present.shares[gate];
  const { margin, max } = plan.gates[gate];
  if (share === undefined || (max !== undefined && 100 * share > max)) return false;
  const count = (requests: number): Count => ({ requests, bad: share * requests });
  // The first requests of the old version choose the latency bound, and do not count.
  let waiting = gate === 'latency' ? BOUND_REQUESTS : 0;
  const pairs: Pair[] = [];
  let alone: Count = { requests: 0, bad: 0 };
  for (const time of [...earlier, { percent, minutes }]) {
    const rate = (present.perMinute * (100 - time.percent)) / 100;
    const lost = waiting === 0 ? 0 : rate === 0 ? time.minutes : Math.min(time.minutes, Math.ceil(waiting / rate));
    waiting = Math.max(0, waiting - lost * rate);
    const canary = count(canaryOf(present, { ...time, minutes: time.minutes - lost }));
    if (time.percent === 100) alone = canary;
    else pairs.push({ canary, baseline: count(rate * (time.minutes - lost)) });
  }
  if (pairs.length === 0) return max !== undefined && 100 * chance * (upperShare(alone) - share) < max - 100 * share;
  return 100 * chance * differenceOf(pairs, alone).upper < margin * tightness(percent);
}

const NEEDS: Record<Tested, string> = {
  errors_5xx: 'the share of 5xx is',
  errors_4xx: 'the share of 4xx is',
  latency: 'the share of slow requests is',
};

function textOf(
  plan: RolloutPlan,
  present: Present,
  slow: StepForecast | undefined,
  { total, waits }: { total: number; waits: number },
): string {
  const { perMinute, shares } = present;
  if (perMinute <= 0) return 'the endpoint has no requests now, so no step can be judged';
  const rate = rateOf(present);
  if (slow?.because === 'latency' && shares.latency === undefined)
    return `${rate}, no histogram of latencies is known, so the gate latency cannot pass: set it off`;
  if (slow) return `${rate}, ${slowText(plan, present, slow)}`;
  const takes = takesText(present, { total, waits });
  return total <= LONGEST ? takes : `${takes}, and metrics are kept for a day`;
}

function takesText(present: Present, { total, waits }: { total: number; waits: number }): string {
  const of = waits === 0 ? '' : `, of which ${waits} minutes wait for late rows`;
  return `${rateOf(present)}, the rollout takes about ${duration(total)}${of}`;
}

/** What a step needs that takes too long for some healthy versions. */
function slowText(plan: RolloutPlan, { shares }: Present, slow: StepForecast): string {
  const step = `the step at ${slow.percent} %`;
  const tested = TESTED.find((gate) => gate === slow.because);
  if (!tested)
    return `${step} needs up to ${duration(slow.most)} for ${plan.min_requests} requests, and max_minutes is ${plan.max_minutes}`;
  const { max, margin } = plan.gates[tested];
  const share = 100 * (shares[tested] ?? 0);
  const now = `${Number(share.toFixed(1))} %`;
  if (max !== undefined && share > max)
    return `${step} cannot pass: ${NEEDS[tested]} ${now} already, above its max of ${max} %`;
  const known = `until ${NEEDS[tested]} known within ${margin * tightness(slow.percent)} points (it is ${now} now)`;
  if (!Number.isFinite(slow.most)) return `${step} needs more than a day ${known}`;
  const requests = Math.ceil(slow.requests).toLocaleString('en');
  return `${step} needs up to ${duration(slow.most)} and ${requests} requests of the new version ${known}, and max_minutes is ${plan.max_minutes}`;
}

function rateOf({ perMinute, minutes }: Present): string {
  const read = minutes === 1 ? 'one minute' : `${minutes} minutes of the last hour`;
  return `at ${Number(perMinute.toFixed(1))} requests a minute (measured in ${read})`;
}

/** A time in minutes as text. */
export function duration(minutes: number): string {
  if (!Number.isFinite(minutes)) return 'more than a day';
  return minutes < 120 ? `${Math.ceil(minutes)} minutes` : `${Math.round(minutes / 6) / 10} hours`;
}

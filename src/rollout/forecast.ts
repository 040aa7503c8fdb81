/** How long a rollout will take with the present traffic, and plans that fit it. Pure. */
import type { RolloutPlan } from './plan.ts';

export interface StepForecast {
  percent: number;
  /** Expected time of the step. Infinite without traffic. */
  minutes: number;
  /** What takes the time. */
  because: 'bake_minutes' | 'min_requests';
}

/** Another plan, and what it risks. */
export interface Alternative {
  what: string;
  /** The arguments that differ from the plan. */
  plan: Partial<Pick<RolloutPlan, 'steps' | 'max_minutes' | 'min_requests'>>;
  risk: string;
}

export interface Forecast {
  steps: StepForecast[];
  /** Whether every step ends within `max_minutes`. */
  fits: boolean;
  /** One sentence. */
  text: string;
  alternatives: Alternative[];
}

/** Bad requests until the judge is sure, where every second request of the canary fails: measured in the simulation (`npm run bench:rollout`). */
const SURE_AFTER = 4;
/** A step at the limit of its time fails half of the time, by chance. */
const ROOM = 0.75;

/**
 * @param requestsPerMinute of the endpoint now.
 * @param late minutes after which the numbers of a minute are known. Each step waits for its last minute.
 */
export function forecast(plan: RolloutPlan, requestsPerMinute: number, late = 0): Forecast {
  const steps = plan.steps.map((percent): StepForecast => {
    const needed = requestsPerMinute > 0 ? (plan.min_requests * 100) / (requestsPerMinute * percent) : Infinity;
    return needed > plan.bake_minutes
      ? { percent, minutes: Math.ceil(needed), because: 'min_requests' }
      : { percent, minutes: plan.bake_minutes, because: 'bake_minutes' };
  });
  const slow = steps.find(({ minutes }) => minutes > plan.max_minutes * ROOM);
  const waits = steps.length * late;
  const total = steps.reduce((sum, { minutes }) => sum + minutes, plan.final_bake_minutes) + waits;
  if (!slow) {
    const of = waits === 0 ? '' : `, of which ${waits} minutes wait for late rows`;
    const text = `at ${rate(requestsPerMinute)}, the rollout takes about ${duration(total)}${of}`;
    return { steps, fits: true, text, alternatives: [] };
  }
  const text =
    requestsPerMinute > 0
      ? `at ${rate(requestsPerMinute)}, the step at ${slow.percent} % needs ${duration(slow.minutes)} for ${plan.min_requests} requests, and max_minutes is ${plan.max_minutes}`
      : 'the endpoint has no requests now, so no step can be judged';
  return { steps, fits: false, text, alternatives: alternatives(plan, requestsPerMinute, late) };
}

function alternatives(plan: RolloutPlan, perMinute: number, late: number): Alternative[] {
  const found: Alternative[] = [];
  if (perMinute <= 0) return found;
  const least = Math.ceil((plan.min_requests * 100) / (perMinute * plan.max_minutes * ROOM));
  if (least <= 100) {
    const steps = [...new Set([Math.min(100, roundUp(least)), ...plan.steps.filter((step) => step > roundUp(least))])];
    if (steps.at(-1) !== 100) steps.push(100);
    found.push({ what: 'a higher first step', plan: { steps }, risk: riskOf(steps[0] ?? 100, perMinute, late) });
  }
  const first = plan.steps[0] ?? 100;
  const longer = Math.ceil((plan.min_requests * 100) / (perMinute * first) / ROOM);
  if (longer <= 360)
    found.push({ what: 'more time', plan: { max_minutes: longer }, risk: riskOf(first, perMinute, late) });
  return found;
}

/** Requests that fail before the judge is sure, if the new version fails wholly or by 4 points. */
function riskOf(percent: number, perMinute: number, late: number): string {
  const canary = (perMinute * percent) / 100;
  const wholly = Math.max(SURE_AFTER, Math.ceil(canary)) + Math.ceil(canary * late);
  const minutes = Math.ceil(SURE_AFTER / Math.max(canary, Number.EPSILON) / 0.04) + late;
  const few = Math.ceil(canary * late * 0.04);
  return `a version that fails wholly fails about ${wholly} requests before it is rolled back; one with 4 points more errors fails about ${SURE_AFTER + few} to ${2 * SURE_AFTER + few}, in about ${duration(minutes)}`;
}

/** People choose round steps. */
function roundUp(percent: number): number {
  return Math.min(100, percent <= 10 ? percent : Math.ceil(percent / 5) * 5);
}

function rate(perMinute: number): string {
  return `${Number(perMinute.toFixed(1))} requests a minute`;
}

/** A time in minutes as text. */
function duration(minutes: number): string {
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 6) / 10} hours`;
}

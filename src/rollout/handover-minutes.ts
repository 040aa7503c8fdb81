/**
 * The counts of the old version that one machine hands over to another in the tag. At 100 %, the new version has no other comparison where the readings
 * of the earlier steps are missing. They are compared with requests that this machine counts itself, so a tag makes no pass of its own. Pure.
 */
import { MINUTE_MS } from '../digest/readings.ts';
import type { Decision, Situation } from './decide.ts';
import { total } from './evidence.ts';
import type { Handover } from './handover.ts';
import type { Minute } from './measure.ts';
import { TESTED } from './plan.ts';
import { BOUND_REQUESTS, slowBound, slowOf } from './slow-requests.ts';
import type { StepTime } from './state.ts';

/** The counts of measured minutes. Undefined where the old version had no requests. */
export function handoverOf(minutes: readonly Minute[]): Handover | undefined {
  const busy = minutes.filter(({ unreadable, baseline }) => !unreadable && baseline.requests > 0);
  const has = (field: 'errors_5xx' | 'errors_4xx') => busy.some(({ baseline }) => baseline[field] !== undefined);
  const named = (['errors_5xx', 'errors_4xx'] as const).filter(has);
  // One number of requests belongs to both counts.
  const whole = busy.filter(({ baseline }) => named.every((field) => baseline[field] !== undefined));
  const sum = (field: 'requests' | 'errors_5xx' | 'errors_4xx') =>
    whole.reduce((all, { baseline }) => all + (baseline[field] ?? 0), 0);
  if (whole.length === 0) return undefined;
  const slow = slowIn(minutes);
  return {
    requests: sum('requests'),
    ...Object.fromEntries(named.map((field) => [field, sum(field)])),
    ...(slow === undefined ? {} : { slow }),
  };
}

function slowIn(minutes: readonly Minute[]): Handover['slow'] {
  const known = minutes.filter(({ unreadable }) => !unreadable);
  const found = slowBound(known);
  if (!found) return undefined;
  const { bound, chosen } = found;
  const sum = total(known.slice(chosen).flatMap(({ baseline }) => slowOf(baseline, bound) ?? []));
  return sum.requests === 0 ? undefined : { bound, ...sum };
}

/** An old version that failed more often than this is no measure for the new one, so a person decides. The same as for a sudden failure. */
const MAX_FAILED = 0.1;

/**
 * The minutes that the last step is judged by. The counts of the tag come first, as one minute before all steps, where this machine has not seen the
 * steps from the first one on and knows fewer requests of the old version.
 * @param minutes that this machine measured.
 * @param times when each step began, as far as this machine knows.
 */
export function withHandover(
  minutes: readonly Minute[],
  told: Handover | undefined,
  { step, last, times }: { step: number; last: number; times: readonly StepTime[] },
): readonly Minute[] {
  if (step < last || told === undefined) return minutes;
  const own = minutes.reduce((sum, { baseline }) => sum + baseline.requests, 0);
  const isWhole = own > 0 && times.some((each) => each.step === 0);
  if (isWhole || own >= told.requests || (told.errors_5xx ?? 0) > MAX_FAILED * told.requests) return minutes;
  return [toldMinute(told), ...minutes.filter((each) => each.step === last)];
}

/**
 * The decision, or a hold where more time at 100 % brings no comparison: too little is known of the old version, a gate has no cap, and there are no
 * probes.
 */
export function unlessBlind(
  decision: Decision,
  { plan, step, step_started_at: began, now, minutes, probes }: Omit<Situation, 'phase'>,
): Decision {
  const isBaked = step === plan.steps.length - 1 && now - began >= plan.bake_minutes * MINUTE_MS;
  if (decision.kind !== 'wait' || !isBaked || probes) return decision;
  const old = minutes.reduce((sum, { baseline }) => sum + baseline.requests, 0);
  const compares = TESTED.some((name) => !plan.gates[name].off && plan.gates[name].max === undefined);
  if (old >= BOUND_REQUESTS || !compares) return decision;
  return plan.on_inconclusive === 'rollback'
    ? { kind: 'roll_back', reason: NO_COMPARISON }
    : { kind: 'hold', reason: NO_COMPARISON, probes: false };
}

const NO_COMPARISON =
  'at 100 % the old version has no requests, and neither this machine nor the tag on the endpoint has enough counts of its earlier minutes';

function toldMinute({ slow, ...counts }: Handover): Minute {
  const latency = slow
    ? [
        { bound: slow.bound, count: slow.requests - slow.bad },
        { bound: Number.POSITIVE_INFINITY, count: slow.requests },
      ]
    : [];
  return {
    at: 0,
    step: -1,
    canary: { requests: 0, latency: [] },
    baseline: { ...counts, latency },
    told: slow ? { bound: slow.bound } : {},
  };
}

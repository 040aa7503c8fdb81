/** What a rollout does next, from its plan and its minutes. Pure: the clock is an argument. */
import { judge, sudden, type Verdict } from './judge.ts';
import type { Minute } from './measure.ts';
import type { RolloutPlan } from './plan.ts';

export interface Situation {
  plan: RolloutPlan;
  /** Index of the current step. */
  step: number;
  /** When the step began. For the final bake: when the last step had passed. Epoch milliseconds, by the clock of the service. */
  step_started_at: number;
  now: number;
  /** All minutes since the first step, oldest first. */
  minutes: readonly Minute[];
  phase: 'step' | 'final_bake';
  /** Probes can show what the traffic is too thin for. */
  probes?: boolean | undefined;
}

export type Decision =
  /** `until`: when something may change. Epoch milliseconds. */
  | { kind: 'wait'; until: number; why: string }
  | { kind: 'promote' }
  /** The time is over and nothing failed, but the requests are too few to be sure. Probes decide. */
  | { kind: 'probe'; why: string }
  | { kind: 'complete' }
  | { kind: 'roll_back'; reason: string }
  /** `probes`: sending requests of one's own would help. */
  | { kind: 'hold'; reason: string; probes: boolean };

const MINUTE = 60_000;
/** Minutes in a row without a reading or without traffic, after which waiting is no plan. */
const BLIND_MINUTES = 5;

/** What to do next. Evidence of a fault comes first, then the conditions of a pass, then patience. */
export function decide(situation: Situation): Decision {
  const { plan, step, step_started_at: began, now, minutes, phase } = situation;
  const own = minutes.filter((each) => each.step === step);
  const crash = sudden(minutes, plan, step);
  if (crash)
    return { kind: 'roll_back', reason: `5xx: ${crash.bad} of ${crash.requests} requests of the canary in one minute` };
  const verdicts = judge(minutes, plan, step);
  const failed = verdicts.filter(({ verdict }) => verdict === 'fail');
  if (failed.length > 0) return { kind: 'roll_back', reason: reasons(failed) };

  const isStep = phase === 'step';
  const { bake, limit, requests, needed, counted } = progressOf(situation);
  const since = own.filter(({ at }) => at > began);
  const unread = since.at(-1)?.unreadable === true;
  const blind = blindness(since);
  if (blind !== undefined && !(situation.probes && !unread)) return inconclusive(plan, blind, true);

  const open = verdicts.filter(({ verdict }) => verdict !== 'pass');
  const lacking = requests < needed ? `${requests} of ${needed} requests` : undefined;
  if (now - began >= bake && lacking === undefined && open.length === 0)
    return { kind: isStep ? 'promote' : 'complete' };
  if (situation.probes && now - began >= bake && lacking !== undefined && !unread)
    return { kind: 'probe', why: lacking };
  if (now - began >= limit) {
    const why = [lacking, ...open.map(({ why }) => why)].filter((each) => each !== undefined).join('; ');
    // Too few requests to be sure, and none of the gates looks worse.
    const isWorse = open.some(({ gate, difference = 0, margin = 1 }) => gate === 'saturation' || difference >= margin);
    if (situation.probes && !unread && !isWorse) return { kind: 'probe', why };
    return inconclusive(plan, `${Math.round(limit / MINUTE)} minutes were not enough: ${why}`, lacking !== undefined);
  }
  const lookAgain = patience({ now, began, bake, limit }, { requests, needed, counted, lacking, open });
  return { kind: 'wait', ...lookAgain };
}

/** How far a step is: its times in milliseconds, and the requests of the canary that count. */
export interface Progress {
  /** Shortest and longest time since the step began. */
  bake: number;
  limit: number;
  requests: number;
  needed: number;
  /** The minutes whose requests count. */
  counted: readonly Minute[];
}

/** What a step needs, and what it has. A step that was resumed keeps its requests. The final bake needs its own, or no one saw it. */
export function progressOf({ plan, step, step_started_at: began, minutes, phase }: Situation): Progress {
  const isStep = phase === 'step';
  const bake = (isStep ? plan.bake_minutes : plan.final_bake_minutes) * MINUTE;
  const most = plan.max_minutes * MINUTE;
  const counted = minutes.filter((each) => each.step === step && (isStep || each.at > began));
  return {
    bake,
    limit: isStep ? Math.max(most, bake) : bake + most,
    requests: counted.reduce((sum, { canary }) => sum + canary.requests, 0),
    needed: isStep || bake > 0 ? plan.min_requests : 0,
    counted,
  };
}

/** What to do next, at any step. */
export function decideNow(situation: Omit<Situation, 'phase'>): Decision {
  return decide(inPhase(situation));
}

/** The situation with its phase. The last step passes first, and its final bake begins then. */
export function inPhase(situation: Omit<Situation, 'phase'>): Situation {
  const { plan, step } = situation;
  const passed = step < plan.steps.length - 1 ? undefined : passedAt(situation);
  return passed === undefined
    ? { ...situation, phase: 'step' }
    : { ...situation, phase: 'final_bake', step_started_at: passed };
}

/**
 * When the step had passed, which no record has: the first minute after which it would have been promoted. A minute that no one read counts as none.
 * Undefined when it has not passed yet.
 */
function passedAt(situation: Omit<Situation, 'phase'>): number | undefined {
  const { plan, step, step_started_at: began, now, minutes } = situation;
  const from = began + plan.bake_minutes * MINUTE;
  const ends = minutes.filter((each) => each.step === step && each.at >= from && each.at <= now).map(({ at }) => at);
  return [...ends, now].find((end) => {
    const then = { ...situation, now: end, minutes: minutes.filter(({ at }) => at <= end) };
    const { kind } = decide({ ...then, phase: 'step' });
    return kind === 'promote' || kind === 'probe';
  });
}

/** Nothing can be judged for minutes: no reading, or no traffic on either version. */
function blindness(since: readonly Minute[]): string | undefined {
  const latest = since.slice(-BLIND_MINUTES);
  const unread = latest.filter(({ unreadable }) => unreadable).length;
  const idle = latest.filter(
    ({ unreadable, canary, baseline }) => !unreadable && canary.requests + baseline.requests === 0,
  );
  if (unread + idle.length < BLIND_MINUTES) return undefined;
  if (idle.length === 0) return `the metrics could not be read for ${BLIND_MINUTES} minutes`;
  if (unread === 0) return `the endpoint had no requests for ${BLIND_MINUTES} minutes`;
  return `in the last ${BLIND_MINUTES} minutes, the metrics could not be read or had no requests`;
}

function inconclusive({ on_inconclusive }: RolloutPlan, reason: string, probes: boolean): Decision {
  return on_inconclusive === 'rollback' ? { kind: 'roll_back', reason } : { kind: 'hold', reason, probes };
}

/** When to look again, and what is missing until then. */
function patience(
  { now, began, bake, limit }: { now: number; began: number; bake: number; limit: number },
  of: {
    requests: number;
    needed: number;
    counted: readonly Minute[];
    lacking: string | undefined;
    open: readonly Verdict[];
  },
): { until: number; why: string } {
  const { requests, needed, counted, lacking, open } = of;
  const baked = began + bake;
  const measured = counted.filter((each) => !each.unreadable).length;
  // At the present rate, the requests are complete then.
  const perMinute = measured === 0 ? 0 : requests / measured;
  const left = perMinute > 0 ? Math.ceil((needed - requests) / perMinute) : 0;
  const complete = lacking === undefined ? now : now + Math.max(1, left) * MINUTE;
  const until = Math.min(Math.max(baked, complete, now + MINUTE), Math.max(began + limit, now + MINUTE));
  const why =
    now < baked
      ? `${Math.floor((now - began) / MINUTE)} of ${Math.round(bake / MINUTE)} minutes`
      : (lacking ?? open[0]?.why ?? 'the next minute');
  return { until, why };
}

function reasons(failed: readonly Verdict[]): string {
  return failed.map(({ why }) => why).join('; ');
}

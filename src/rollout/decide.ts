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
  /** The time is over and nothing failed, but the requests are too few. Probes decide. */
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
  const crash = sudden(own.length > 0 ? minutes : [], step);
  if (crash)
    return { kind: 'roll_back', reason: `5xx: ${crash.bad} of ${crash.requests} requests of the canary in one minute` };
  const verdicts = judge(minutes, plan, step);
  const failed = verdicts.filter(({ verdict }) => verdict === 'fail');
  if (failed.length > 0) return { kind: 'roll_back', reason: reasons(failed) };

  const bake = (phase === 'step' ? plan.bake_minutes : plan.final_bake_minutes) * MINUTE;
  const requests = own.reduce((sum, { canary }) => sum + canary.requests, 0);
  const open = verdicts.filter(({ verdict }) => verdict !== 'pass');
  const lacking = requests < plan.min_requests ? `${requests} of ${plan.min_requests} requests` : undefined;
  if (now - began >= bake && lacking === undefined && open.length === 0)
    return { kind: phase === 'step' ? 'promote' : 'complete' };
  const unread = own.at(-1)?.unreadable === true;
  if (situation.probes && now - began >= bake && lacking !== undefined && !unread)
    return { kind: 'probe', why: lacking };
  const blind = blindness(own);
  if (blind !== undefined && !(situation.probes && !unread)) return inconclusive(plan, blind, true);
  const limit = Math.max(plan.max_minutes * MINUTE, bake);
  if (now - began >= limit) {
    const why = [lacking, ...open.map(({ why }) => why)].filter((each) => each !== undefined).join('; ');
    return inconclusive(plan, `${Math.round(limit / MINUTE)} minutes were not enough: ${why}`, lacking !== undefined);
  }
  return { kind: 'wait', ...patience(situation, { bake, limit, requests, lacking, open }) };
}

/** Nothing can be judged for minutes: no reading, or no traffic on either version. */
function blindness(own: readonly Minute[]): string | undefined {
  const latest = own.slice(-BLIND_MINUTES);
  if (latest.length < BLIND_MINUTES) return undefined;
  if (latest.every(({ unreadable }) => unreadable)) return `the metrics could not be read for ${BLIND_MINUTES} minutes`;
  const idle = latest.every(
    ({ unreadable, canary, baseline }) => !unreadable && canary.requests + baseline.requests === 0,
  );
  return idle ? `the endpoint had no requests for ${BLIND_MINUTES} minutes` : undefined;
}

function inconclusive({ on_inconclusive }: RolloutPlan, reason: string, probes: boolean): Decision {
  return on_inconclusive === 'rollback' ? { kind: 'roll_back', reason } : { kind: 'hold', reason, probes };
}

/** When to look again, and what is missing until then. */
function patience(
  { plan, step_started_at: began, now, minutes, step }: Situation,
  {
    bake,
    limit,
    requests,
    lacking,
    open,
  }: { bake: number; limit: number; requests: number; lacking: string | undefined; open: readonly Verdict[] },
): { until: number; why: string } {
  const baked = began + bake;
  const measured = minutes.filter((each) => each.step === step && !each.unreadable).length;
  // At the present rate, the requests are complete then.
  const perMinute = measured === 0 ? 0 : requests / measured;
  const left = perMinute > 0 ? Math.ceil((plan.min_requests - requests) / perMinute) : 0;
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

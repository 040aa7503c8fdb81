/** Measures a guarded rollout from its source. */
import { type Situation as DecidedSituation, type Decision, decideNow } from '../../src/rollout/decide.ts';
import { type Driven, drive, knownMinutes } from '../../src/rollout/drive.ts';
import { unlessBlind, withHandover } from '../../src/rollout/handover-minutes.ts';
import { decideLate } from '../../src/rollout/late.ts';
import type { Minute } from '../../src/rollout/measure.ts';
import { emptyLook } from '../../src/rollout/measure-table.ts';
import type { RolloutPlan } from '../../src/rollout/plan.ts';
import { isTable, type TableName } from '../../src/rollout/source.ts';
import type { RunningRollout } from '../../src/rollout/state.ts';
import { type Look, watch } from '../../src/rollout/watch.ts';
import type { RolloutSettings } from './guarded-settings.ts';
import type { Situation } from './guarded-situation.ts';
import { causeOf, knownOfTable, lookAtTable, type TableSource } from './guarded-table.ts';
import { readMetrics } from './read-metrics.ts';

/** What this machine measured so far. */
export async function here({ running, wish, context }: Situation): Promise<readonly Minute[]> {
  const source = wish.settings.source?.name ?? 'metrics';
  if (source === 'probes') return [];
  if (isTable(source)) return knownOfTable(running, context)?.minutes ?? [];
  return knownMinutes({ ...running, endpoint: wish.endpoint }, context);
}

/** Measures until there is something to decide. */
export async function measured(situation: Situation): Promise<Driven> {
  const { running, wish, context } = situation;
  context.lock.release();
  const waitMs = wish.preview || context.unattended ? 0 : wish.waitSeconds * 1000;
  const { judged, judge } = judging(running, wish.settings);
  const onWait = (decision: Decision) =>
    context.progress(`${wish.endpoint}: ${decision.kind === 'wait' ? decision.why : decision.kind}`);
  const driven = await drivenBy(situation, waitMs, judge, onWait);
  return { ...driven, minutes: judged(driven.minutes) };
}

/** What is judged, and how. */
export interface Judging {
  /** The minutes that count: those of this machine, and what the tag tells of the others. */
  judged(minutes: readonly Minute[]): readonly Minute[];
  /** @param now by the clock of the service. Epoch milliseconds. */
  at(minutes: readonly Minute[], now: number): Omit<DecidedSituation, 'phase'>;
  judge(minutes: readonly Minute[], now: number): Decision;
}

/** The rules of one rollout at its current step. Pure. */
export function judging(
  { step, times, tag }: Pick<RunningRollout, 'step' | 'times' | 'tag'>,
  { plan, probes }: Pick<RolloutSettings, 'plan' | 'probes'>,
): Judging {
  const last = plan.steps.length - 1;
  const judged = (minutes: readonly Minute[]) => withHandover(minutes, tag?.handover, { step, last, times });
  const at = (minutes: readonly Minute[], now: number) => {
    const step_started_at = times.findLast((each) => each.step === step)?.from ?? now;
    return { plan, step, step_started_at, now, minutes: judged(minutes), probes: probes !== undefined };
  };
  const judge = (minutes: readonly Minute[], now: number) => {
    const situation = at(minutes, now);
    return unlessBlind(decideNow(situation), situation);
  };
  return { judged, at, judge };
}

/** Watches the source of the rollout. */
async function drivenBy(
  situation: Situation,
  waitMs: number,
  judge: (minutes: readonly Minute[], now: number) => Decision,
  onWait: (decision: Decision) => void,
): Promise<Driven> {
  const { running, wish, context } = situation;
  const { source } = wish.settings;
  if (source?.name === 'probes') {
    // Nothing has numbers about a version, so the probes decide when the time is over.
    const look = async () => emptyLook(running.times, context.http.time());
    const seen = await watch(waitMs, look, ({ minutes }, now) => judge(minutes, now), context, onWait);
    return { ...seen, failure: undefined };
  }
  if (source?.name !== undefined && isTable(source.name))
    return fromTable(situation, { ...source, name: source.name }, waitMs, judge, onWait);
  return drive(
    { ...running, endpoint: wish.endpoint },
    waitMs,
    () => readMetrics(wish.endpoint, context),
    judge,
    context,
    onWait,
  );
}

/** The same with the rows of a table, which are late. */
async function fromTable(
  { running, wish, context, current }: Situation,
  source: TableSource,
  waitMs: number,
  judge: (minutes: readonly Minute[], now: number) => Decision,
  onWait: (decision: Decision) => void,
): Promise<Driven> {
  const { plan } = wish.settings;
  let looks = 0;
  const seen = await watch(
    waitMs,
    () => lookAtTable(source, { current, running }, looks++ === 0, context),
    (look, now) => judgeLook(look, now, { judge, running, plan, source: source.name }),
    context,
    onWait,
  );
  // The decision says why the table could not be read.
  return { minutes: seen.minutes, decision: seen.decision, failure: undefined };
}

/** The decision on what a table has shown. */
export function judgeLook(
  look: Look,
  now: number,
  {
    judge,
    running,
    plan,
    source,
  }: { judge: Judging['judge']; running: RunningRollout; plan: RolloutPlan; source: TableName },
): Decision {
  const began = running.times.at(-1)?.from ?? now;
  const cause = look.failure === undefined ? undefined : causeOf(look.failure);
  return decideLate(judge(look.minutes, look.asOf), look, { source, plan, began, now, cause });
}

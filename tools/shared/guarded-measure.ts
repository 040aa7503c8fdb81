/** Measures a guarded rollout from its source. */
import { type Decision, decideNow } from '../../src/rollout/decide.ts';
import { type Driven, drive, knownMinutes } from '../../src/rollout/drive.ts';
import { unlessBlind, withHandover } from '../../src/rollout/handover-minutes.ts';
import { decideLate } from '../../src/rollout/late.ts';
import type { Minute } from '../../src/rollout/measure.ts';
import { emptyLook } from '../../src/rollout/measure-table.ts';
import { isTable } from '../../src/rollout/source.ts';
import { watch } from '../../src/rollout/watch.ts';
import type { Situation } from './guarded-situation.ts';
import { causeOf, knownOfTable, lookAtTable, type TableSource } from './guarded-table.ts';
import { readMetrics } from './read-metrics.ts';

/** What this machine measured so far. */
export async function here({ running, wish, context }: Situation): Promise<readonly Minute[]> {
  const source = wish.settings.source?.name ?? 'metrics';
  if (source === 'probes') return [];
  if (isTable(source)) return knownOfTable(running, context);
  return knownMinutes({ ...running, endpoint: wish.endpoint }, context);
}

/** Measures until there is something to decide. */
export async function measured(situation: Situation): Promise<Driven> {
  const { running, wish, context } = situation;
  const { plan, probes } = wish.settings;
  context.lock.release();
  const waitMs = wish.preview || context.unattended ? 0 : wish.waitSeconds * 1000;
  const { step, times, tag } = running;
  const last = plan.steps.length - 1;
  const judged = (minutes: readonly Minute[]) => withHandover(minutes, tag?.handover, { step, last, times });
  const onWait = (decision: Decision) =>
    context.progress(`${wish.endpoint}: ${decision.kind === 'wait' ? decision.why : decision.kind}`);
  const judge = (measured: readonly Minute[], now: number) => {
    const step_started_at = times.findLast((each) => each.step === step)?.from ?? now;
    const at = { plan, step, step_started_at, now, minutes: judged(measured), probes: probes !== undefined };
    return unlessBlind(decideNow(at), at);
  };
  const driven = await drivenBy(situation, waitMs, judge, onWait);
  return { ...driven, minutes: judged(driven.minutes) };
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
    (look, now) => {
      const began = running.times.at(-1)?.from ?? now;
      const cause = look.failure === undefined ? undefined : causeOf(look.failure);
      const situation = { source: source.name, plan, began, now, cause };
      return decideLate(judge(look.minutes, look.asOf), look, situation);
    },
    context,
    onWait,
  );
  // The decision says why the table could not be read.
  return { minutes: seen.minutes, decision: seen.decision, failure: undefined };
}

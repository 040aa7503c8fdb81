/** The changes of a guarded rollout: a step, the way back, the end, and the mark of a held one. */
import { call, type ToolResult } from '../../src/refusal.ts';
import { endpoints } from '../../src/rest/index.ts';
import type { Minute } from '../../src/rollout/measure.ts';
import type { RolloutRecord } from '../../src/rollout/record.ts';
import { reportOf } from '../../src/rollout/report.ts';
import { lateMinutes } from '../../src/rollout/source.ts';
import { hasFailed } from '../../src/rollout/state.ts';
import { endpointSubject, type PlannedWrite } from '../../src/write/planned-write.ts';
import { aliasChange, aliasNow, aliasStep, aliasView } from './alias.ts';
import { comparison, leftOver, unchanged } from './guarded-answers.ts';
import { endMark, type Mark, markPart, markValue } from './guarded-mark.ts';
import {
  changedMeanwhile,
  choices,
  isThere,
  type Situation,
  secondsHere,
  stepText,
  watching,
  watchLater,
} from './guarded-situation.ts';
import { rememberSteps } from './guarded-state.ts';
import { configPart, joined, nextVersion, splitConfig } from './guarded-steps.ts';
import type { Part } from './own-routes.ts';
import { refusalWhileUpdating } from './put-config.ts';
import { dropEmpty } from './view.ts';

/** Shifts the traffic to a step. */
export function shift(
  situation: Situation,
  step: number,
  event: 'step' | 'finish',
  minutes: readonly Minute[],
): PlannedWrite {
  const { wish, running } = situation;
  const { plan } = wish.settings;
  const percent = plan.steps[step] ?? 100;
  const last = step === plan.steps.length - 1;
  watchLater(situation);
  const late = lateMinutes(wish.settings.source?.name ?? 'metrics');
  const bake = plan.bake_minutes + (last ? plan.final_bake_minutes : 0) + late;
  return change(situation, {
    shares: { [running.canary]: percent, [running.baseline]: 100 - percent },
    mark: { step, held: false, minutes },
    record: { event, step },
    answer: {
      outcome: 'waiting',
      step: stepText(step, plan.steps),
      report: minutes.length > 0 ? reportOf(minutes, plan, running.step) : undefined,
      ...watching(situation),
      come_back_in_seconds: secondsHere(bake * 60_000, situation),
      next: call(situation.next.tool, situation.next.args),
    },
  });
}

/** Gives the old version all traffic again, and ends the rollout. @throws Refusal while an update runs. */
export function rollBack(situation: Situation, reason: string, minutes: readonly Minute[] = []): PlannedWrite {
  const { running, wish } = situation;
  const updating = refusalWhileUpdating(situation.current);
  if (updating) throw updating;
  return change(situation, {
    shares: { ...(isThere(situation, running.canary) ? { [running.canary]: 0 } : {}), [running.baseline]: 100 },
    mark: endMark(situation),
    record: { event: 'roll_back', step: running.step, reason },
    answer: {
      outcome: 'rolled_back',
      reason,
      report: minutes.length > 0 ? reportOf(minutes, wish.settings.plan, running.step) : undefined,
      ...comparison(situation, minutes),
      ...(isThere(situation, running.canary) ? leftOver(wish.endpoint, running.canary) : {}),
    },
  });
}

/** The end: the alias, then the old entity if that was asked, then the mark. */
export async function complete(situation: Situation, minutes: readonly Minute[]): Promise<PlannedWrite> {
  const { wish, running, current, context } = situation;
  const { settings } = wish;
  const model = endpoints.entitiesOf(current.config).find(({ name }) => name === running.canary)?.entity_name ?? '';
  const alias = settings.alias === undefined ? undefined : await aliasNow(context.http, model, settings.alias);
  const number = Number(running.version);
  const foreign = alias !== undefined && alias.version !== settings.alias_was && alias.version !== number;
  const move = alias !== undefined && !foreign ? aliasChange(alias, number) : [];
  const isOldThere = isThere(situation, running.baseline);
  const removes = settings.remove_old && isOldThere;
  const shares = { [running.canary]: 100, ...(removes || !isOldThere ? {} : { [running.baseline]: 0 }) };
  const write = change(situation, {
    shares,
    remove: removes ? [running.baseline] : [],
    mark: undefined,
    first: alias && move.length > 0 ? { changes: move, steps: [aliasStep(model, alias, number, context)] } : undefined,
    record: { event: 'done', step: running.step },
    answer: {
      outcome: 'done',
      serving: `${running.canary} (100 %)`,
      alias: aliasView(alias, foreign ? alias.version : number),
      ...(foreign ? { alias_note: 'someone else moved the alias during the rollout, so it was not moved' } : {}),
      report: minutes.length > 0 ? reportOf(minutes, settings.plan, running.step) : undefined,
      ...comparison(situation, minutes),
      ...(isOldThere && !removes ? leftOver(wish.endpoint, running.baseline) : {}),
    },
    alsoRead: alias,
  });
  // No journal shows that a person agreed at the start.
  return removes && running.settings === undefined
    ? {
        ...write,
        consentReason: `${running.baseline} is removed from ${wish.endpoint}, and going back needs a new deployment.`,
      }
    : write;
}

/** Marks the rollout as held. The traffic stays as it is. */
export function hold(situation: Situation, reason: string, minutes: readonly Minute[] = []): PlannedWrite {
  const { running, wish, context } = situation;
  // What a person did to the endpoint is not changed without a person.
  if (context.unattended) return unchanged(situation.current, {});
  return change(situation, {
    mark: { step: running.step, held: true, minutes },
    record: { event: 'hold', step: running.step, reason },
    answer: {
      outcome: 'held',
      reason,
      step: stepText(running.step, wish.settings.plan.steps),
      report: minutes.length > 0 ? reportOf(minutes, wish.settings.plan, running.step) : undefined,
      ...comparison(situation, minutes),
      next: choices(situation),
    },
  });
}

/**
 * Continues a held rollout at the step that its traffic shows. Its time begins anew.
 * @throws Refusal when the traffic is that of no step.
 */
export function resume(situation: Situation): PlannedWrite {
  const { running, wish, current, context } = situation;
  const share = endpoints.trafficOf(current.config).get(running.canary);
  const { steps } = wish.settings.plan;
  const step = running.step < 0 && share === 0 ? -1 : steps.indexOf(share ?? -1);
  if (share === undefined || (step < 0 && share !== 0))
    throw changedMeanwhile(
      situation,
      `the traffic of ${running.canary} is ${share ?? 'gone'}, which is no step of the plan`,
    );
  if (!wish.preview)
    rememberSteps({ ...running, times: [...running.times, { step, from: context.http.time() }] }, context);
  return change(situation, {
    mark: { step, held: false, minutes: [] },
    record: { event: 'resume', step },
    answer: {
      outcome: 'waiting',
      step: stepText(step, steps),
      next: call(situation.next.tool, situation.next.args),
    },
  });
}

/** Finishes what a process left when it ended early: the mark, or the record. */
export function tidy(situation: Situation, outcome: string, event?: 'failed'): PlannedWrite {
  const { running } = situation;
  return change(situation, {
    mark: running.end === 'roll_back' ? endMark(situation) : undefined,
    record: { event: event ?? running.end ?? 'failed', step: running.step, reason: running.reason },
    answer: dropEmpty({
      outcome,
      reason: running.reason,
      note: event === 'failed' ? failureNote(situation) : undefined,
      next: event === 'failed' ? call('diagnose_endpoint', { endpoint: situation.wish.endpoint }) : undefined,
    }),
  });
}

/** Why it ends, as far as the endpoint shows it. */
function failureNote({ running, current }: Situation): string {
  const { canary, baseline, version } = running;
  if (running.phase === 'serving') return `the old version ${baseline} is gone, so the traffic stays as it is`;
  return hasFailed(current)
    ? `${canary || `version ${version}`} could not be deployed, and the traffic is as before`
    : `${canary || `version ${version}`} is not on the endpoint: its deployment ended, or someone removed it`;
}

interface Change {
  shares?: Record<string, number>;
  remove?: readonly string[];
  mark: Mark | undefined;
  first?: Part | undefined;
  record: Pick<RolloutRecord, 'event' | 'step' | 'reason'>;
  answer: ToolResult;
  alsoRead?: unknown;
}

/** The write of one change of a rollout: first the config, because it matters most, and then the mark. */
function change(
  situation: Situation,
  { shares, remove = [], mark, first, record, answer, alsoRead }: Change,
): PlannedWrite {
  const { wish, running, current, context, next } = situation;
  const config = shares === undefined ? undefined : splitConfig(current, shares, remove);
  const put =
    config && shares
      ? configPart(
          { current, ...config, shares, next, waitSeconds: Math.max(wish.waitSeconds, SPLIT_SECONDS) },
          context,
        )
      : NO_PART;
  const parts = joined(...(first ? [first] : []), put, markPart(current, mark && markValue(situation, mark), context));
  const { id, version, canary, baseline } = running;
  const active = current.config?.config_version ?? 0;
  return {
    subject: endpointSubject(wish.endpoint),
    before: current,
    ...parts,
    rollout: {
      id,
      version,
      canary,
      baseline,
      ...record,
      config_version: put.changes.length > 0 ? nextVersion(current) : active,
      // With the times of the steps that another machine took, whose minutes count.
      ...(running.settings === undefined ? { settings: { ...wish.settings, times: running.times } } : {}),
    },
    answer: dropEmpty({ endpoint: wish.endpoint, rollout: id, ...answer }),
    repeatArgs: next.args,
    undo: [],
    ...(alsoRead === undefined ? {} : { alsoRead }),
  };
}

const NO_PART: Part = { changes: [], steps: [] };

/** A new split takes a few seconds. */
const SPLIT_SECONDS = 30;

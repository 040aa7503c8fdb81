/** Answers of a guarded rollout that change nothing. */
import { call, type ToolResult } from '../../src/refusal.ts';
import type { Endpoint } from '../../src/rest/index.ts';
import type { Decision } from '../../src/rollout/decide.ts';
import type { Minute } from '../../src/rollout/measure.ts';
import { reportOf, shortReport } from '../../src/rollout/report.ts';
import type { RunningRollout } from '../../src/rollout/state.ts';
import { endpointSubject, type PlannedWrite } from '../../src/write/planned-write.ts';
import { choices, type Situation, secondsHere, stepText, watching } from './guarded-situation.ts';
import { dropEmpty } from './view.ts';

/** A write that changes nothing. @param view the fields of its answer. */
export function unchanged(current: Endpoint, view: ToolResult): PlannedWrite {
  return {
    subject: endpointSubject(current.name),
    before: current,
    changes: [],
    steps: [],
    unchanged: dropEmpty({ endpoint: current.name, ...view }),
    undo: [],
  };
}

/** The fields about an entity that stays without traffic, with the call that removes it. */
export function leftOver(endpoint: string, entity: string): { note: string; next: string } {
  return {
    note: `${entity} stays on the endpoint at 0 % and costs money until it is removed`,
    next: call('update_endpoint', { endpoint, remove_entities: [entity] }),
  };
}

/** The answer of a rollout that only waits, with who watches it and the call that continues it. */
export function waiting(situation: Situation, view: ToolResult): PlannedWrite {
  return unchanged(situation.current, {
    outcome: 'waiting',
    ...view,
    ...watching(situation),
    next: call(situation.next.tool, situation.next.args),
  });
}

/** Where the counts of the old version come from, if this machine did not measure them. */
export function comparison(
  { running }: { running: Pick<RunningRollout, 'tag'> },
  minutes: readonly Minute[],
): { old_version_from?: string } {
  if (!minutes.some(({ told }) => told)) return {};
  return { old_version_from: `the tag on the endpoint, last written by ${running.tag?.by ?? 'another user'}` };
}

/** What is known of the current step, and when to come back. @param failure why the latest reading failed. */
export function waitView(
  situation: Situation,
  decision: Decision & { kind: 'wait' },
  minutes: readonly Minute[],
  failure: unknown,
): ToolResult {
  const { running, wish } = situation;
  return {
    step: stepText(running.step, wish.settings.plan.steps),
    ...shortReport(minutes, wish.settings.plan, running.step),
    ...comparison(situation, minutes),
    why: failure === undefined ? decision.why : 'the metrics could not be read',
    come_back_in_seconds: secondsHere(decision.until - situation.context.http.time(), situation),
  };
}

/** What the gates of an observed rollout would do, which a person decides. */
export function observed(situation: Situation, decision: Decision, minutes: readonly Minute[]): PlannedWrite {
  const { running, wish, current } = situation;
  return unchanged(current, {
    outcome: 'waiting',
    step: stepText(running.step, wish.settings.plan.steps),
    gates_would: decision.kind,
    reason: 'reason' in decision ? decision.reason : undefined,
    report: reportOf(minutes, wish.settings.plan, running.step),
    ...comparison(situation, minutes),
    next: choices(situation),
  });
}

/** The answer of a rollout that was held before, with the choices of a person. */
export function stillHeld(situation: Situation, reason: string): PlannedWrite {
  const { running, wish, current } = situation;
  return unchanged(current, {
    outcome: 'held',
    reason,
    step: stepText(running.step, wish.settings.plan.steps),
    next: choices(situation),
  });
}

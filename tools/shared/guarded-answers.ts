/** Answers of a guarded rollout that change nothing. */
import { call, type ToolResult } from '../../src/refusal.ts';
import type { Decision } from '../../src/rollout/decide.ts';
import type { Minute } from '../../src/rollout/measure.ts';
import { reportOf, shortReport } from '../../src/rollout/report.ts';
import { endpointSubject, type PlannedWrite } from '../../src/write/planned-write.ts';
import { choices, type Situation, secondsHere, stepText, watching } from './guarded-situation.ts';
import { dropEmpty } from './view.ts';

/** A call that changes nothing. */
export function nothing({ wish, current }: Situation, view: ToolResult): PlannedWrite {
  return {
    subject: endpointSubject(wish.endpoint),
    before: current,
    changes: [],
    steps: [],
    unchanged: dropEmpty({ endpoint: wish.endpoint, ...view }),
    undo: [],
  };
}

export function waiting(situation: Situation, view: ToolResult): PlannedWrite {
  return nothing(situation, {
    outcome: 'waiting',
    ...view,
    ...watching(situation),
    next: call(situation.next.tool, situation.next.args),
  });
}

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
    why: failure === undefined ? decision.why : 'the metrics could not be read',
    come_back_in_seconds: secondsHere(decision.until - situation.context.http.time(), situation),
  };
}

export function observed(situation: Situation, decision: Decision, minutes: readonly Minute[]): PlannedWrite {
  const { running, wish } = situation;
  return nothing(situation, {
    outcome: 'waiting',
    step: stepText(running.step, wish.settings.plan.steps),
    gates_would: decision.kind,
    reason: 'reason' in decision ? decision.reason : undefined,
    report: reportOf(minutes, wish.settings.plan, running.step),
    next: choices(situation),
  });
}

export function stillHeld(situation: Situation, reason: string): PlannedWrite {
  const { running, wish } = situation;
  return nothing(situation, {
    outcome: 'held',
    reason,
    step: stepText(running.step, wish.settings.plan.steps),
    next: choices(situation),
  });
}

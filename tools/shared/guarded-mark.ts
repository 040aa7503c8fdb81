/** The tag that a guarded rollout leaves on its endpoint: while it runs, and after it went back. */
import { ROLLOUT_TAG } from '../../src/plan/rollout-tag.ts';
import type { Endpoint } from '../../src/rest/index.ts';
import { handoverOf } from '../../src/rollout/handover-minutes.ts';
import type { Minute } from '../../src/rollout/measure.ts';
import { endedValue, taggedEnd, tagValue } from '../../src/rollout/tag.ts';
import type { ToolContext } from '../../src/tool.ts';
import { isThere, type Situation } from './guarded-situation.ts';
import type { Part } from './own-routes.ts';
import { tagChange } from './tag-change.ts';

/** What the tag says. */
export type Mark =
  /** `minutes`: what this machine measured, for another one. */
  { step: number; held: boolean; minutes: readonly Minute[] } | 'rolled_back';

/** Marks the endpoint, or removes the mark. @param value of the tag. */
export function markPart(current: Endpoint, value: string | undefined, { http }: Pick<ToolContext, 'http'>): Part {
  return value === undefined
    ? tagChange(current, {}, [ROLLOUT_TAG], http)
    : tagChange(current, { [ROLLOUT_TAG]: value }, [], http);
}

/** What the tag says after a rollback: no call may begin it again unasked. Undefined where nothing is left of the new version. */
export function endMark(situation: Situation): Mark | undefined {
  return isThere(situation, situation.running.canary) ? 'rolled_back' : undefined;
}

/** The value of the tag. It tells the counts of the old version from whoever knows more of them: this machine, or the one before. */
export function markValue({ running, wish, current, context }: Situation, mark: Mark): string {
  const { id, version, tag } = running;
  if (mark === 'rolled_back') {
    const there = taggedEnd(current.tags);
    const on = new Date(context.http.time()).toISOString().slice(0, 10);
    return endedValue(there?.id === id ? there : { id, version, on, by: wish.by });
  }
  const { step, held, minutes } = mark;
  const own = minutes.some(({ told }) => told) ? undefined : handoverOf(minutes);
  const told = tag?.handover;
  const handover = own && own.requests > (told?.requests ?? 0) ? own : told;
  return tagValue({ id, version, steps: wish.settings.plan.steps, step, held, by: wish.by, handover });
}

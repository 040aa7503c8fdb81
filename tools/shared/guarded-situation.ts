/** What the plan of the next step works on, and the words that its answers share. */
import { call, Refusal, type ToolCall, type ToolResult } from '../../src/refusal.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';
import { isTable, MINUTE, QUERY_EVERY_MS } from '../../src/rollout/source.ts';
import type { RunningRollout } from '../../src/rollout/state.ts';
import type { ToolContext } from '../../src/tool.ts';
import type { PlannedWrite } from '../../src/write/planned-write.ts';
import type { RolloutSettings } from './guarded-settings.ts';

export type RolloutAction = 'hold' | 'resume' | 'promote' | 'finish' | 'abort';

export interface NextWish {
  endpoint: string;
  action: RolloutAction | undefined;
  settings: RolloutSettings;
  /** The user who makes the call. */
  by: string;
  waitSeconds: number;
  /** A preview measures nothing. */
  preview: boolean;
}

/** What one plan works on. */
export interface Situation {
  wish: NextWish;
  current: Endpoint;
  running: RunningRollout;
  context: ToolContext;
  next: ToolCall;
}

/** The current step in an answer: `2 of 4 (25 %)`. @param step index of the step; -1 before the first. */
export function stepText(step: number, steps: readonly number[]): string {
  return step < 0 ? 'deployed, no traffic yet' : `${step + 1} of ${steps.length} (${steps[step]} %)`;
}

/** Whether the endpoint serves an entity, with traffic or without. */
export function isThere({ current }: Situation, entity: string): boolean {
  return endpoints.entitiesOf(current.config).some(({ name }) => name === entity);
}

/** Who watches the rollout until the next call. */
export function watching({ context, wish, running }: Situation): ToolResult {
  if (running.phase === 'deploying' && running.step < 0) return { watching: 'no one until the next call' };
  return { watching: context.later ? watchWords(wish.settings) : 'no one until the next call' };
}

/** What a server does that watches. */
export function watchWords({ plan, source }: RolloutSettings): string {
  const on = plan.on_fail === 'hold' ? 'only measures' : 'may roll back, and never promotes';
  const cost = source?.name !== undefined && isTable(source.name) ? '. Its SQL warehouse costs money' : '';
  return `this server ${on}${cost}`;
}

/** Time of the service as time of the caller, in seconds. */
export function secondsHere(ms: number, { context }: Situation): number {
  return Math.max(1, Math.ceil(ms / context.http.pace() / 1000));
}

/** What a person can decide about a held rollout, as complete calls. */
export function choices({ next }: Situation): string {
  const by = (action: RolloutAction) => call(next.tool, { ...next.args, action });
  return `Ask the user: ${by('resume')}, ${by('promote')} or ${by('abort')}.`;
}

/** The refusal to act on an endpoint that someone else changed. @param what the change, in words. */
export function changedMeanwhile({ wish, next }: Situation, what: string): Refusal {
  return new Refusal(
    'changed_meanwhile',
    `the rollout of ${wish.endpoint} is held, because ${what}`,
    `Ask the user what should serve. ${call(next.tool, { ...next.args, action: 'abort' })} gives the old version all traffic again.`,
  );
}

/** Entries of earlier calls whose end the endpoint shows. */
export function endedEntries({ running, current }: Situation): NonNullable<PlannedWrite['ended']> {
  if (running.phase === 'deploying') return [];
  const active = current.config?.config_version ?? 0;
  return running.open.map(({ entry, config_version = 0, event, took_effect }) => {
    const undeployed = running.phase === 'failed' || running.phase === 'unstarted' || config_version > active;
    const lost = !took_effect || (event === 'start' && undeployed);
    return { id: entry, end: lost ? { outcome: 'failed', code: 'not_applied' } : { outcome: 'done' } };
  });
}

/** Measures between calls, where this process lives on: each minute, or at a pace that spares the SQL warehouse. */
export function watchLater({ wish, context, next }: Situation): void {
  const source = wish.settings.source?.name;
  const every = source !== undefined && isTable(source) ? QUERY_EVERY_MS : MINUTE;
  if (!wish.preview) watchAgain(next.args, context, every);
}

/** Calls later without a person. @param ms the pause, in milliseconds of the service. */
export function watchAgain(args: ToolCall['args'], { later, http }: ToolContext, ms = MINUTE): void {
  const again = { tool: 'roll_out', args: { ...args, wait_seconds: 0 } };
  later?.(watchKey(String(args.endpoint)), again, ms / http.pace());
}

/** The key of the calls by which this server watches an endpoint. */
export function watchKey(endpoint: string): string {
  return `roll_out ${endpoint}`;
}

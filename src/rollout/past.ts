/** The latest rollout of an endpoint after its end, as the journal has it. Pure. */
import type { Endpoint } from '../rest/endpoints.ts';
import type { RolloutChange } from './record.ts';
import { ENDED_ELSEWHERE, ENDS, type RunningRollout, type StepTime, stepsOf, timesIn } from './state.ts';

export interface PastRollout
  extends Pick<RunningRollout, 'id' | 'version' | 'canary' | 'baseline' | 'settings' | 'steps'> {
  /** `undone`: undo_change took it back. */
  end: NonNullable<RunningRollout['end']> | 'undone';
  reason: string | undefined;
  /** Index of the last step. */
  step: number;
  times: readonly StepTime[];
  /** When its last change began: the metrics up to then are its own. Epoch milliseconds, by the clock of the service. */
  to: number;
  /** When that change had ended. */
  ended: number;
  /** The user whose call made it. */
  by: string;
}

/**
 * The rollout of the newest change. Undefined when the endpoint was created later, so that it has only the name in common.
 * @param changes of rollouts of this endpoint, newest first. None of them may run.
 */
export function pastRollout(endpoint: Endpoint, changes: readonly RolloutChange[]): PastRollout | undefined {
  const own = changes.filter(({ id }) => id === changes[0]?.id).reverse();
  const inEffect = own.filter(({ outcome, event }) => outcome !== 'failed' || event === 'start');
  const [first] = own;
  const last = inEffect.at(-1);
  if (!first || !last || (endpoint.creation_timestamp ?? 0) > first.at) return undefined;
  const { id, version, canary, baseline } = first;
  const { settings } = own.findLast((each) => each.settings !== undefined) ?? first;
  const isEnd = ENDS.has(last.event);
  const steps = inEffect.filter(({ event }) => event !== 'hold' && !ENDS.has(event));
  return {
    id,
    version,
    canary,
    baseline,
    settings,
    steps: stepsOf(settings),
    ...endOf(last, isEnd),
    step: last.step,
    times: [...timesIn(settings), ...steps.map(({ step, at, ended }): StepTime => ({ step, from: ended ?? at }))],
    to: last.at,
    ended: last.ended ?? last.at,
    by: last.who,
  };
}

function endOf({ event, outcome, reason }: RolloutChange, isEnd: boolean): Pick<PastRollout, 'end' | 'reason'> {
  if (outcome === 'undone') return { end: 'undone', reason };
  if (isEnd) return { end: event as NonNullable<RunningRollout['end']>, reason }; // the set has these events
  if (event === 'start' && outcome === 'failed') return { end: 'failed', reason };
  // The entity is gone, and no change here removed it.
  return { end: 'roll_back', reason: ENDED_ELSEWHERE };
}

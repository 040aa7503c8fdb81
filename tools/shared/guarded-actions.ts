/** What a person can do with a guarded rollout now, as the arguments of roll_out. Pure. */
import { type Endpoint, endpoints } from '../../src/rest/index.ts';
import type { RunningRollout } from '../../src/rollout/state.ts';
import type { RolloutAction } from './guarded-situation.ts';

/** One call of roll_out. */
export interface PossibleAction {
  /** `continue` is the call without an action: it measures, and does what the measurements decide. */
  name: RolloutAction | 'continue';
  arguments: Record<string, unknown>;
}

/**
 * The actions that the rollout would not refuse.
 * @param unreadable the tag has a value that this program cannot read, which stops all but the way back.
 */
export function possibleActions(current: Endpoint, running: RunningRollout, unreadable: boolean): PossibleAction[] {
  return namesOf(current, running, unreadable).map((name) => ({
    name,
    arguments: {
      endpoint: current.name,
      version: running.version,
      ...(name === 'continue' ? {} : { action: name }),
    },
  }));
}

function namesOf(
  { config }: Endpoint,
  { phase, held, foreign, step, steps = [], canary, baseline }: RunningRollout,
  unreadable: boolean,
): PossibleAction['name'][] {
  if (phase === 'unstarted') return ['abort'];
  if (phase === 'failed') return ['abort'];
  if (phase === 'ended') return ['continue'];
  // A split cannot change during an update.
  if (phase === 'deploying') return unreadable ? [] : ['continue', ...(held === undefined ? (['hold'] as const) : [])];
  const isGone = endpoints.entitiesOf(config).every(({ name }) => name !== baseline);
  if (unreadable || isGone) return ['abort'];
  const share = endpoints.trafficOf(config).get(canary);
  const isOfStep = share !== undefined && (steps.includes(share) || (step < 0 && share === 0));
  if (foreign !== undefined) return isOfStep ? ['resume', 'abort'] : ['abort'];
  const onward = step < steps.length - 1 ? (['promote', 'finish', 'abort'] as const) : (['promote', 'abort'] as const);
  return held === undefined ? ['continue', 'hold', ...onward] : ['resume', ...onward];
}

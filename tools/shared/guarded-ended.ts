/** A rollout that has ended, and what a repeated call answers. */
import { call } from '../../src/refusal.ts';
import type { Endpoint } from '../../src/rest/endpoints.ts';
import { endpoints } from '../../src/rest/index.ts';
import type { RolloutChange } from '../../src/rollout/record.ts';
import type { PlannedWrite } from '../../src/write/planned-write.ts';
import { leftOver, unchanged } from './guarded-answers.ts';

/**
 * The latest rollout of a version, when it ended and its entity is still there. A call that repeats it must not begin another one.
 * @param changes of the journal, newest first.
 */
export function endedRollout(
  { config }: Endpoint,
  [last]: readonly RolloutChange[],
  version: string,
): (RolloutChange & { event: 'roll_back' | 'done' }) | undefined {
  if (!last || last.version !== version || last.outcome === 'failed' || last.outcome === 'undone') return undefined;
  const { event, canary } = last;
  const entity = endpoints.entitiesOf(config).find(({ name }) => name === canary);
  if (entity?.entity_version !== version) return undefined;
  const share = endpoints.trafficOf(config).get(canary);
  if (event === 'roll_back' && share === 0) return { ...last, event };
  return event === 'done' && share === 100 ? { ...last, event } : undefined;
}

/** The answer about a rollout that has ended. It changes nothing. */
export function idleAnswer(current: Endpoint, ended: RolloutChange & { event: 'roll_back' | 'done' }): PlannedWrite {
  const { event, canary, reason, id, version } = ended;
  const endpoint = current.name;
  if (event === 'done') return unchanged(current, { rollout: id, outcome: 'done', reason });
  const { note, next } = leftOver(endpoint, canary);
  const again = call('roll_out', { endpoint, version, action: 'resume' });
  return unchanged(current, {
    rollout: id,
    outcome: 'rolled_back',
    reason,
    note,
    next: `Ask the user: ${again} begins again, and ${next} removes it.`,
  });
}

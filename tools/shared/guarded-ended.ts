/** A rollout that has ended, and what a repeated call answers. */
import { call } from '../../src/refusal.ts';
import type { Endpoint } from '../../src/rest/endpoints.ts';
import { endpoints } from '../../src/rest/index.ts';
import type { RolloutChange } from '../../src/rollout/record.ts';
import { ENDED_ELSEWHERE } from '../../src/rollout/state.ts';
import { taggedEnd } from '../../src/rollout/tag.ts';
import type { PlannedWrite } from '../../src/write/planned-write.ts';
import { leftOver, unchanged } from './guarded-answers.ts';

/** The end of a rollout, from the journal of this machine or from the tag that another one left. */
export interface EndedRollout {
  id: string;
  event: 'roll_back' | 'done';
  version: string;
  canary: string;
  reason?: string | undefined;
  /** Who took it back, and when: what the tag says. */
  taken_back?: string;
}

/**
 * The latest rollout of a version, when it ended and its entity is still there. A call that repeats it must not begin another one.
 * @param changes of the journal, newest first.
 */
export function endedRollout(
  endpoint: Endpoint,
  [last]: readonly RolloutChange[],
  version: string,
): EndedRollout | undefined {
  const { config, tags } = endpoint;
  const shares = endpoints.trafficOf(config);
  const mark = taggedEnd(tags);
  if (mark?.version === version && mark.id !== last?.id) {
    const left = endpoints
      .entitiesOf(config)
      .find(({ name, entity_version }) => entity_version === version && shares.get(name) === 0);
    const taken_back = `by ${mark.by} on ${mark.on}`;
    if (left)
      return { id: mark.id, event: 'roll_back', version, canary: left.name, reason: ENDED_ELSEWHERE, taken_back };
  }
  if (!last || last.version !== version || last.outcome === 'failed' || last.outcome === 'undone') return undefined;
  const { event, canary } = last;
  const entity = endpoints.entitiesOf(config).find(({ name }) => name === canary);
  if (entity?.entity_version !== version) return undefined;
  const share = shares.get(canary);
  if (event === 'roll_back' && share === 0) return { ...last, event };
  return event === 'done' && share === 100 ? { ...last, event } : undefined;
}

/** The answer about a rollout that has ended. It changes nothing. */
export function idleAnswer(
  current: Endpoint,
  { event, canary, reason, id, version, taken_back }: EndedRollout,
): PlannedWrite {
  const endpoint = current.name;
  if (event === 'done') return unchanged(current, { rollout: id, outcome: 'done', reason });
  const { note, next } = leftOver(endpoint, canary);
  const again = call('roll_out', { endpoint, version, action: 'resume' });
  return unchanged(current, {
    rollout: id,
    outcome: 'rolled_back',
    reason,
    taken_back,
    note,
    next: `Ask the user: ${again} begins again, and ${next} removes it.`,
  });
}

/** Served entities that are scaled to zero. Pure. */
import type { ServedEntity } from '../rest/endpoints.ts';

/** Whether an entity has no replica until the next request wakes it (fact Q20). Only the message of its state says so: the state itself is ready. */
export function isAtZero({ state }: Pick<ServedEntity, 'state'>): boolean {
  return /scaled to zero/i.test(state?.deployment_state_message ?? '');
}

/** Whether all entities of an endpoint are scaled to zero. False for an endpoint without entities. */
export function areAtZero(entities: readonly ServedEntity[]): boolean {
  return entities.length > 0 && entities.every(isAtZero);
}

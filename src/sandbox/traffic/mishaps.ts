import { concernsEntity, concernsWorkspace, metByEntity } from '../endpoints/needs.ts';
import { chance, hash32 } from '../ids.ts';
import type { Mishap } from '../state/mishap.ts';
import type { Endpoint, ServedEntity } from '../state/state.ts';

/** Which mishap a request meets. @param draw a number in [0, 1) for one decision. @param others whether another client sent it. */
export function mishapOf(
  endpoint: Endpoint,
  entity: ServedEntity,
  at: number,
  draw: (what: number) => number,
  others: boolean,
): Mishap | undefined {
  return endpoint.mishaps.find(
    (mishap, number) =>
      (others || !mishap.others) &&
      mishap.since <= at &&
      concerns(mishap, entity) &&
      !isOver(mishap, entity, at) &&
      draw(number) < mishap.share,
  );
}

function concerns({ match }: Mishap, { config }: ServedEntity): boolean {
  return (
    (match.entity === undefined || match.entity === config.name) &&
    (match.model === undefined || match.model === (config.entity_name ?? config.external_model?.name)) &&
    (match.version === undefined || match.version === config.entity_version)
  );
}

/** Whether the cause is gone: that in the workspace, and that in the served entity. */
function isOver({ until, ended_at }: Mishap, { config }: ServedEntity, at: number): boolean {
  if (until === null) return false;
  const outside = concernsWorkspace(until) ? ended_at !== null && ended_at <= at : concernsEntity(until);
  return outside && metByEntity(until, config);
}

/** Numbers in [0, 1) for a request that a client made at a moment. */
export function drawsOf(id: string): (what: number) => number {
  const seed = hash32(id);
  return (what) => chance(seed, what, 0);
}

/** Endpoints that a person stopped. Pure. */
import type { Endpoint } from '../rest/endpoints.ts';
import type { FieldDiff } from './diff.ts';

/**
 * Whether an endpoint is stopped (fact R10). It answers no query until an update starts it, unlike an endpoint that is scaled to zero. While an
 * update runs, it starts. Items of a list have no state of entities, so there only the state of the endpoint counts.
 */
export function isStopped({ state, config }: Endpoint): boolean {
  if (state.config_update === 'IN_PROGRESS') return false;
  const { suspend } = state;
  if (typeof suspend === 'string' && suspend !== '' && suspend !== 'NOT_SUSPENDED') return true;
  return (config?.served_entities ?? []).some((entity) => entity.state?.deployment === 'DEPLOYMENT_STOPPED');
}

/** The field of a change that starts an endpoint. No request sets it, and no request takes it back. */
const STATE = 'state';

/** The change that each config update of a stopped endpoint makes besides its own (fact U7). */
export const START: FieldDiff = { field: STATE, from: 'stopped', to: 'started' };

export function isStart({ field }: FieldDiff): boolean {
  return field === STATE;
}

import { ApiError, notFound } from '../errors.ts';
import type { Workspace } from '../state/state.ts';
import type { Caller } from './access.ts';
import { goesBy, holds, type LeafType, type Named, PLACE_WORDS, type Place, placesOf } from './grants.ts';

/** The services of Unity Gateway as securables. */
export type ServiceType = Exclude<LeafType, 'FUNCTION'>;

const READING = ['EXECUTE', 'READ_METADATA'];

/** USE_SCHEMA and USE_CATALOG above a service, or of a schema. */
function mayUse(principal: Named, places: readonly Place[]): boolean {
  const above = places.slice(-2);
  return holds(principal, 'USE_SCHEMA', above) && holds(principal, 'USE_CATALOG', above.slice(1));
}

/** Whether someone is the owner of a place or has MANAGE there. ALL_PRIVILEGES is not MANAGE, and admins manage all. evidence: gateway-rights */
export function mayManage(principal: Caller, places: readonly Place[]): boolean {
  if (principal.admin) return true;
  const owns = goesBy(principal, places[0]?.owner ?? '');
  const granted = places.some(({ grants }) =>
    [...grants].some(([name, held]) => goesBy(principal, name) && held.includes('MANAGE')),
  );
  return (owns || granted) && mayUse(principal, places);
}

/** Whether someone may see a service. evidence: gateway-rights */
export function mayRead(principal: Caller, places: readonly Place[]): boolean {
  const reads = mayUse(principal, places) && READING.some((privilege) => holds(principal, privilege, places));
  return reads || mayManage(principal, places);
}

/** The places of a service that the caller may see. Throws 404 when there is none. */
export function readable(
  workspace: Workspace,
  principal: Caller,
  type: ServiceType,
  name: string,
): [Place, ...Place[]] {
  const places = name.split('.').length === 3 ? placesOf(workspace, name, type) : undefined;
  if (!places || !mayRead(principal, places)) throw notFound(PLACE_WORDS[type], name);
  return places;
}

/** Throws 404 for a service that the caller may not see, and 403 for one that it may not change. */
export function requireManage(workspace: Workspace, principal: Caller, type: ServiceType, name: string): void {
  if (mayManage(principal, readable(workspace, principal, type, name))) return;
  // assumed: gateway-right-texts
  throw new ApiError(403, 'PERMISSION_DENIED', `User is not an owner of ${PLACE_WORDS[type]} '${name}'.`);
}

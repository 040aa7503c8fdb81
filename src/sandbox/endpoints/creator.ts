import { ApiError } from '../errors.ts';
import { missingPrivilege } from '../identity/grants.ts';
import type { Principal, Workspace } from '../state/state.ts';
import type { ConfigInput } from '../state/wire-types.ts';
import { entitiesOf } from './accept-config.ts';

const ENTITLEMENT = 'workspace-access';

/**
 * Refuses a config whose endpoint belongs to someone who may not serve it. Only the recorded creator counts, on create and on every update.
 * Creator, workspace membership, entitlement and grants are the service's rule. evidence: creator-check, assumed: creator-check-text
 */
export function checkCreator(workspace: Workspace, creator: string, config: ConfigInput): void {
  const principal = workspace.principals.get(creator);
  if (!principal || principal.left || !principal.active) {
    throw denied(`User ${creator} is not an active member of this workspace.`);
  }
  if (!isEntitled(workspace, principal)) {
    throw denied(`This API is disabled for users without the ${ENTITLEMENT} entitlement.`);
  }
  for (const { entity_name } of entitiesOf(config)) {
    const lacks = entity_name && missingPrivilege(workspace, principal, entity_name);
    if (lacks) throw denied(`User does not have ${lacks}.`);
  }
}

function denied(message: string): ApiError {
  return new ApiError(403, 'PERMISSION_DENIED', message);
}

/** An entitlement is a principal's own, or that of one of its groups. */
function isEntitled(workspace: Workspace, principal: Principal): boolean {
  const groups = principal.groups.map((group) => workspace.groups.get(group)?.entitlements ?? []);
  return [principal.entitlements, ...groups].some((held) => held.includes(ENTITLEMENT));
}

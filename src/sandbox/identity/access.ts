import { permissionDenied } from '../errors.ts';
import type { Endpoint, Principal, RegisteredModel, Workspace } from '../state/state.ts';
import type { PermissionLevel } from '../state/wire-types.ts';

const RANK: Record<PermissionLevel, number> = { CAN_VIEW: 1, CAN_QUERY: 2, CAN_MANAGE: 3 };
const NEED = { View: RANK.CAN_VIEW, Query: RANK.CAN_QUERY, Manage: RANK.CAN_MANAGE };

/** What access lists look at. */
export type Caller = Pick<Principal, 'name' | 'groups' | 'admin'>;

/**
 * The caller's highest level on an endpoint. Workspace admins manage all endpoints, and everyone may query a foundation model. Other levels
 * come from direct and group grants.
 */
export function levelOf(principal: Caller, endpoint: Endpoint): PermissionLevel | null {
  if (principal.admin) return 'CAN_MANAGE';
  if (endpoint.foundation) return 'CAN_QUERY';
  let best: PermissionLevel | null = null;
  for (const grant of endpoint.grants) {
    const mine =
      grant.kind === 'group_name'
        ? principal.groups.includes(grant.name) || grant.name === 'users'
        : grant.name === principal.name;
    if (mine && (best === null || RANK[grant.level] > RANK[best])) best = grant.level;
  }
  return best;
}

/** Whether the caller has the level. */
export function may(principal: Caller, endpoint: Endpoint, need: 'View' | 'Query' | 'Manage'): boolean {
  const level = levelOf(principal, endpoint);
  return level !== null && RANK[level] >= NEED[need];
}

/** Throws the service's 403 when the caller lacks the level. */
export function requirePermission(principal: Caller, endpoint: Endpoint, need: 'View' | 'Query' | 'Manage'): void {
  if (!may(principal, endpoint, need)) throw permissionDenied(need, endpoint.name);
}

/** Whether a name in an access list is a known principal or group. */
export function principalExists(
  workspace: Workspace,
  kind: 'user_name' | 'group_name' | 'service_principal_name',
  name: string,
): boolean {
  if (kind === 'group_name') return workspace.groups.has(name);
  const found = workspace.principals.get(name);
  return found?.left === false && found.kind === (kind === 'user_name' ? 'user' : 'service_principal');
}

/** Whether the caller owns a model, directly or through a group. Admins own all models. */
export function mayManageModel(principal: Principal, model: RegisteredModel): boolean {
  return principal.admin || model.owner === principal.name || principal.groups.includes(model.owner);
}

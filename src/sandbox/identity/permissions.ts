import { shapeCheck } from '../check-body.ts';
import type { SandboxApp, SandboxContext } from '../context.ts';
import { ApiError, invalid, missing } from '../errors.ts';
import { answer, type Call, jsonBody } from '../http.ts';
import { compact } from '../json.ts';
import type { Endpoint, Grant, Workspace } from '../state/state.ts';
import type { AclEntry, PermissionLevel } from '../state/wire-types.ts';
import { principalExists, requirePermission } from './access.ts';

const BASE = '/api/2.0/permissions/serving-endpoints/:id';
const LEVELS: readonly { permission_level: PermissionLevel; description: string }[] = [
  { permission_level: 'CAN_MANAGE', description: 'Can manage serving endpoint' },
  { permission_level: 'CAN_QUERY', description: 'Can query serving endpoint' },
  { permission_level: 'CAN_VIEW', description: 'Can view serving endpoint' },
];

const TEXT = { type: 'string' } as const;

const ACL = {
  type: 'object',
  required: ['access_control_list'],
  properties: {
    access_control_list: {
      type: 'array',
      items: {
        type: 'object',
        required: ['permission_level'],
        properties: { user_name: TEXT, group_name: TEXT, service_principal_name: TEXT, permission_level: TEXT },
      },
    },
  },
} as const;

/** Checks the body of a change to an access list, of an endpoint or of an app. */
export const checkAcl = shapeCheck<{ access_control_list: (AclEntry & { permission_level: string })[] }>(ACL);

/** Mounts the access lists of endpoints, which are addressed by id. evidence: acl-by-id */
export function mountPermissions(app: SandboxApp, ctx: SandboxContext): void {
  app.get(`${BASE}/permissionLevels`, (c) => {
    requirePermission(c.get('principal'), endpointById(c), 'View');
    return answer(c, { permission_levels: LEVELS });
  });

  app.get(BASE, (c) => {
    const id = c.req.param('id');
    // The permissions store keeps the list of a deleted endpoint for a while. evidence: dead-acl
    const dead = c.get('workspace').dead_grants.get(id);
    if (dead) return answer(c, aclAnswer(c.get('workspace'), id, dead));
    const endpoint = endpointById(c);
    requirePermission(c.get('principal'), endpoint, 'View');
    return answer(c, aclAnswer(c.get('workspace'), id, endpoint.grants));
  });

  app.put(BASE, async (c) => {
    const { endpoint, grants } = await readChange(ctx, c);
    endpoint.grants = mergeGrants([], grants);
    return answer(c, aclAnswer(ctx.workspace, c.req.param('id'), endpoint.grants));
  });

  app.patch(BASE, async (c) => {
    const { endpoint, grants } = await readChange(ctx, c);
    endpoint.grants = mergeGrants(endpoint.grants, grants);
    return answer(c, aclAnswer(ctx.workspace, c.req.param('id'), endpoint.grants));
  });
}

/** The endpoint with the id in the path. A name gets an error of its own. evidence: permission-by-name, assumed: permission-id-text */
function endpointById(c: Call): Endpoint {
  const id = c.req.param('id') ?? '';
  if (!/^[0-9a-f]{32}$/.test(id)) throw invalid(`'${id}' is not a valid Inference Endpoint ID.`);
  for (const endpoint of c.get('workspace').endpoints.values()) if (endpoint.id === id) return endpoint;
  throw missing(`Inference endpoint with ID '${id}' does not exist.`);
}

async function readChange(ctx: SandboxContext, c: Call): Promise<{ endpoint: Endpoint; grants: Grant[] }> {
  const body = await jsonBody(c);
  const endpoint = endpointById(c);
  requirePermission(c.get('principal'), endpoint, 'Manage');
  const { access_control_list } = checkAcl(body);
  const grants = access_control_list.flatMap((entry) => grantOf(ctx.workspace, entry));
  return { endpoint, grants };
}

/** assumed: acl-refusals */
function grantOf(workspace: Workspace, entry: AclEntry & { permission_level: string }): Grant[] {
  const kinds = (['user_name', 'group_name', 'service_principal_name'] as const).filter((kind) => entry[kind]);
  const [kind] = kinds;
  const name = kind && entry[kind];
  if (!kind || !name || kinds.length > 1) {
    throw invalid('An access control entry needs exactly one of user_name, group_name and service_principal_name.');
  }
  const level = LEVELS.find((known) => known.permission_level === entry.permission_level)?.permission_level;
  if (!level) throw invalid(`Permission level ${entry.permission_level} is not valid for a serving endpoint.`);
  if (kind === 'group_name' && name === 'admins') {
    // The inherited grant of admins cannot be lowered.
    if (level !== 'CAN_MANAGE') throw invalid(`Cannot change permissions for group 'admins' to ${level}.`);
    return [];
  }
  if (!principalExists(workspace, kind, name)) {
    const word = { user_name: 'UserName', group_name: 'GroupName', service_principal_name: 'ServicePrincipalName' }[
      kind
    ];
    throw new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', `Principal: ${word}(${name}) does not exist`);
  }
  return [{ kind, name, level }];
}

/** Applies `changes` to `before`. The last entry for a principal wins. */
function mergeGrants(before: Grant[], changes: Grant[]): Grant[] {
  const byPrincipal = new Map([...before, ...changes].map((grant) => [`${grant.kind}:${grant.name}`, grant]));
  return [...byPrincipal.values()];
}

function aclAnswer(workspace: Workspace, id: string, grants: Grant[]): Record<string, unknown> {
  const own = grants.map(({ kind, name, level }) =>
    compact({
      [kind]: name,
      display_name: kind === 'group_name' ? undefined : workspace.principals.get(name)?.display_name,
      all_permissions: [{ permission_level: level, inherited: false }],
    }),
  );
  const admins = {
    group_name: 'admins',
    all_permissions: [
      { permission_level: 'CAN_MANAGE', inherited: true, inherited_from_object: ['/serving-endpoints/'] },
    ],
  };
  return {
    object_id: `/serving-endpoints/${id}`,
    object_type: 'serving-endpoint',
    access_control_list: [...own, admins],
  };
}

import type { SandboxApp } from '../context.ts';
import type { Call } from '../http.ts';
import type { JsonObject } from '../json.ts';
import type { Group, Principal, Workspace } from '../state/state.ts';

const BASE = '/api/2.0/preview/scim/v2';

/** Mounts the identity directory: Me and three lists with filters. */
export function mountScim(app: SandboxApp): void {
  app.get(`${BASE}/Me`, (c) => c.json(renderPrincipal(c.get('workspace'), c.get('principal'))));
  app.get(`${BASE}/Users`, (c) => list(c, principals(c, 'user')));
  app.get(`${BASE}/ServicePrincipals`, (c) => list(c, principals(c, 'service_principal')));
  app.get(`${BASE}/Groups`, (c) => {
    const workspace = c.get('workspace');
    return list(
      c,
      [...workspace.groups.values()].map((group) => renderGroup(workspace, group)),
    );
  });
}

function principals(c: Call, kind: Principal['kind']): JsonObject[] {
  const workspace = c.get('workspace');
  const named = [...workspace.principals.values()].filter((p) => p.kind === kind && !p.left);
  return named.map((p) => renderPrincipal(workspace, p));
}

function renderPrincipal(workspace: Workspace, p: Principal): JsonObject {
  const groups = p.groups.map((display) => ({
    display,
    value: workspace.groups.get(display)?.id ?? '',
    type: 'direct',
  }));
  const common = {
    id: p.id,
    displayName: p.display_name,
    active: p.active,
    groups,
    ...renderEntitlements(p.entitlements),
  };
  if (p.kind === 'service_principal') {
    const schemas = ['urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal'];
    return { schemas, ...common, applicationId: p.name, userName: p.name };
  }
  const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];
  return { schemas, ...common, userName: p.name, emails: [{ type: 'work', value: p.name, primary: true }] };
}

/** An empty list is absent, as everywhere in SCIM. Entitlements of a group are those of the group only. assumed: entitlements-own */
function renderEntitlements(held: readonly string[]): JsonObject {
  return held.length === 0 ? {} : { entitlements: held.map((value) => ({ value })) };
}

function renderGroup(workspace: Workspace, group: Group): JsonObject {
  const members = [...workspace.principals.values()].filter((p) => !p.left && p.groups.includes(group.display_name));
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
    id: group.id,
    displayName: group.display_name,
    members: members.map((p) => ({ display: p.display_name, value: p.id })),
    ...renderEntitlements(group.entitlements),
  };
}

/** Answers a list. `<field> eq "<text>"` is the only filter; any other is refused in SCIM's error form. assumed: scim-filter */
function list(c: Call, rows: JsonObject[]): Response {
  const filter = c.req.query('filter');
  const [, field, text] = /^\s*(\w+)\s+eq\s+"?([^"]*)"?\s*$/i.exec(filter ?? '') ?? [];
  if (filter !== undefined && (field === undefined || text === undefined)) {
    const schemas = ['urn:ietf:params:scim:api:messages:2.0:Error'];
    return c.json(
      {
        schemas,
        detail: `Given filter operator is not supported: ${filter}`,
        status: '400',
        scimType: 'invalidFilter',
      },
      400,
    );
  }
  const found = field === undefined ? rows : rows.filter((row) => row[field] === text);
  const answer: JsonObject = {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: found.length,
    startIndex: 1,
    itemsPerPage: found.length,
  };
  // An empty list has no Resources. assumed: scim-empty
  if (found.length > 0) answer.Resources = found;
  return c.json(answer);
}

import type { SandboxApp } from '../context.ts';
import type { Call } from '../http.ts';
import type { JsonObject } from '../json.ts';
import type { Group, Principal, Workspace } from '../state/state.ts';
import { readFilter, valuesAt } from './scim-filter.ts';

const BASE = '/api/2.0/preview/scim/v2';
const MESSAGES = 'urn:ietf:params:scim:api:messages:2.0';

const COLLECTIONS = {
  Users: (workspace: Workspace) => principals(workspace, 'user'),
  ServicePrincipals: (workspace: Workspace) => principals(workspace, 'service_principal'),
  Groups: (workspace: Workspace) => [...workspace.groups.values()].map((group) => renderGroup(workspace, group)),
};

/** Mounts the identity directory: Me, and three collections with pages, filters and their members by id. */
export function mountScim(app: SandboxApp): void {
  app.get(`${BASE}/Me`, (c) => c.json(shown(c, renderPrincipal(c.get('workspace'), c.get('principal')))));
  for (const [collection, rowsOf] of Object.entries(COLLECTIONS)) {
    app.get(`${BASE}/${collection}`, (c) => list(c, rowsOf(c.get('workspace'))));
    app.get(`${BASE}/${collection}/:id`, (c) => {
      const id = c.req.param('id');
      const row = rowsOf(c.get('workspace')).find((each) => each.id === id);
      // assumed: scim-missing
      return row ? c.json(shown(c, row)) : refusal(c, 404, `${collection.slice(0, -1)} with id ${id} not found.`);
    });
  }
}

function principals(workspace: Workspace, kind: Principal['kind']): JsonObject[] {
  const named = [...workspace.principals.values()].filter((p) => p.kind === kind && !p.left);
  return named.map((p) => renderPrincipal(workspace, p));
}

function renderPrincipal(workspace: Workspace, p: Principal): JsonObject {
  const groups = p.groups.map((display) => {
    const value = workspace.groups.get(display)?.id ?? '';
    return { display, value, type: 'direct', $ref: `Groups/${value}` };
  });
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

/**
 * Without any, the field is absent. Groups and members are always listed, so an absent list means that it was not asked for. Entitlements of
 * a group are those of the group only. assumed: entitlements-own, assumed: scim-lists
 */
function renderEntitlements(held: readonly string[]): JsonObject {
  return held.length === 0 ? {} : { entitlements: held.map((value) => ({ value })) };
}

function renderGroup(workspace: Workspace, group: Group): JsonObject {
  const members = [...workspace.principals.values()].filter((p) => !p.left && p.groups.includes(group.display_name));
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
    id: group.id,
    displayName: group.display_name,
    members: members.map((p) => {
      const collection = p.kind === 'user' ? 'Users' : 'ServicePrincipals';
      return { display: p.display_name, value: p.id, $ref: `${collection}/${p.id}` };
    }),
    ...renderEntitlements(group.entitlements),
  };
}

/** Answers one page of a list. The page is what remains after filter and order. evidence: scim-pages */
function list(c: Call, rows: JsonObject[]): Response {
  const { filter, sortBy, sortOrder } = c.req.query();
  const passes = filter === undefined ? () => true : readFilter(filter);
  if (!passes) return refusal(c, 400, `Given filter operator is not supported: ${filter}`, 'invalidFilter');
  const found = sorted(rows.filter(passes), sortBy, sortOrder === 'descending');
  const startIndex = Math.max(1, numberOf(c.req.query('startIndex')) ?? 1);
  const count = Math.max(0, numberOf(c.req.query('count')) ?? found.length);
  const page = found.slice(startIndex - 1, startIndex - 1 + count);
  return c.json({
    schemas: [`${MESSAGES}:ListResponse`],
    totalResults: found.length,
    startIndex,
    itemsPerPage: page.length,
    // Past the end, a page has no Resources: clients then stop.
    ...(page.length > 0 && { Resources: page.map((row) => shown(c, row)) }),
  });
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function sorted(rows: JsonObject[], by: string | undefined, descending: boolean): JsonObject[] {
  if (by === undefined) return rows;
  const key = (row: JsonObject) => String(valuesAt(row, by.split('.'))[0] ?? '');
  const ascending = [...rows].sort((a, b) => key(a).localeCompare(key(b)));
  return descending ? ascending.reverse() : ascending;
}

/** A row with the attributes that the caller selects. It always has its id. */
function shown(c: Call, row: JsonObject): JsonObject {
  const named = (list: string | undefined) => list?.split(',').map((name) => name.trim().split('.')[0]?.toLowerCase());
  const only = named(c.req.query('attributes'));
  const without = named(c.req.query('excludedAttributes'));
  const kept = Object.entries(row).filter(([key]) => {
    const name = key.toLowerCase();
    if (name === 'id' || name === 'schemas') return true;
    return (only === undefined || only.includes(name)) && !without?.includes(name);
  });
  return Object.fromEntries(kept);
}

function refusal(c: Call, status: 400 | 404, detail: string, scimType?: string): Response {
  return c.json({ schemas: [`${MESSAGES}:Error`], detail, status: String(status), scimType }, status);
}

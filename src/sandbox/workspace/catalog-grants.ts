import type { SandboxApp, SandboxContext } from '../context.ts';
import { ApiError, invalid, missing } from '../errors.ts';
import { answer, type Call, jsonBody } from '../http.ts';
import { EVERYONE, type Place } from '../identity/grants.ts';
import { mayManage, readable, type ServiceType } from '../identity/service-rights.ts';
import { isObject, type JsonObject } from '../json.ts';
import type { Workspace } from '../state/state.ts';
import { placeNamed } from './catalog-objects.ts';

const BASE = '/api/2.1/unity-catalog';

/**
 * Mounts the grants on catalogs, schemas, models and services of Unity Gateway. Everyone may read them. Ownership is in the objects, not
 * in the grants. evidence: grants-routes, assumed: grants-readable, assumed: grants-without-owner
 */
export function mountCatalogGrants(app: SandboxApp, ctx: SandboxContext): void {
  app.get(`${BASE}/permissions/:type/:name`, (c) => {
    const [place] = placesIn(c);
    return answer(c, { privilege_assignments: assignments(c, [place], (privilege) => privilege) });
  });

  // evidence: grants-change
  app.patch(`${BASE}/permissions/:type/:name`, async (c) => {
    const { changes } = await jsonBody(c);
    const [place, ...above] = placesIn(c);
    const { admin, name, groups } = c.get('principal');
    const manages = isService(place.type) && mayManage(c.get('principal'), [place, ...above]);
    if (!admin && place.owner !== name && !groups.includes(place.owner) && !manages) {
      throw new ApiError(403, 'PERMISSION_DENIED', `User is not an owner of ${place.type} '${place.name}'.`);
    }
    const grants = grantsOf(ctx.workspace, place);
    for (const change of Array.isArray(changes) ? changes : []) changeGrants(ctx.workspace, grants, change);
    return answer(c, { privilege_assignments: assignments(c, [{ ...place, grants }], (privilege) => privilege) });
  });

  app.get(`${BASE}/effective-permissions/:type/:name`, (c) => {
    const places = placesIn(c);
    const effective = (privilege: string, { type, name }: Place): JsonObject =>
      name === places[0].name ? { privilege } : { privilege, inherited_from_type: type, inherited_from_name: name };
    return answer(c, { privilege_assignments: assignments(c, places, effective) });
  });
}

/** The grants of a place, to be changed. A place that the seed does not describe is described from now on. */
function grantsOf(workspace: Workspace, { type, name, owner, grants }: Place): Map<string, string[]> {
  if (type !== 'CATALOG' && type !== 'SCHEMA') return grants;
  (type === 'CATALOG' ? workspace.catalogs : workspace.schemas).set(name, { owner, grants });
  return grants;
}

function changeGrants(workspace: Workspace, grants: Map<string, string[]>, change: unknown): void {
  if (!isObject(change) || typeof change.principal !== 'string') throw invalid('Every change needs a principal.');
  const { principal, add, remove } = change;
  if (principal !== EVERYONE && !workspace.groups.has(principal) && !workspace.principals.has(principal)) {
    throw missing(`Could not find principal with name ${principal}`);
  }
  const named = (list: unknown) => (Array.isArray(list) ? list.map((each) => String(each).replaceAll(' ', '_')) : []);
  const gone = named(remove);
  const held = [...new Set([...(grants.get(principal) ?? []), ...named(add)])].filter((each) => !gone.includes(each));
  if (held.length > 0) grants.set(principal, held);
  else grants.delete(principal);
}

function isService(type: string): type is ServiceType {
  return type === 'MODEL_SERVICE' || type === 'MODEL_PROVIDER_SERVICE';
}

/**
 * The place that a path names, and those above it. A model is a securable of the type function. A service that the caller may not see has
 * no grants to read. evidence: gateway-securables
 */
function placesIn(c: Call): [Place, ...Place[]] {
  const type = (c.req.param('type') ?? '').toUpperCase();
  if (isService(type)) return readable(c.get('workspace'), c.get('principal'), type, c.req.param('name') ?? '');
  if (type !== 'CATALOG' && type !== 'SCHEMA' && type !== 'FUNCTION') throw invalid(`Invalid securable type: ${type}.`);
  return placeNamed(c.get('workspace'), type, c.req.param('name') ?? '');
}

/** One row per principal. The parameter `principal` selects a row by its exact name: it follows no group. assumed: grants-of-principal */
function assignments<T>(c: Call, places: Place[], render: (privilege: string, place: Place) => T): JsonObject[] {
  const wanted = c.req.query('principal');
  const rows = new Map<string, T[]>();
  for (const place of places) {
    for (const [principal, held] of place.grants) {
      if (wanted !== undefined && wanted !== principal) continue;
      rows.set(principal, [...(rows.get(principal) ?? []), ...held.map((each) => render(each, place))]);
    }
  }
  return [...rows].map(([principal, privileges]) => ({ principal, privileges }));
}

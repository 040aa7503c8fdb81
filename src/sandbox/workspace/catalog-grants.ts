import type { SandboxApp } from '../context.ts';
import { invalid, missing } from '../errors.ts';
import { answer, type Call } from '../http.ts';
import { type Place, placesOf } from '../identity/grants.ts';
import type { JsonObject } from '../json.ts';

const BASE = '/api/2.1/unity-catalog';

/**
 * Mounts the grants on catalogs, schemas and models, and the objects that own the first two. Everyone may read them. Ownership is in the
 * objects, not in the grants. evidence: grants-routes, assumed: grants-readable, assumed: grants-without-owner
 */
export function mountCatalogGrants(app: SandboxApp): void {
  app.get(`${BASE}/permissions/:type/:name`, (c) => {
    const [place] = placesIn(c);
    return answer(c, { privilege_assignments: assignments(c, [place], (privilege) => privilege) });
  });

  app.get(`${BASE}/effective-permissions/:type/:name`, (c) => {
    const places = placesIn(c);
    const effective = (privilege: string, { type, name }: Place): JsonObject =>
      name === places[0].name ? { privilege } : { privilege, inherited_from_type: type, inherited_from_name: name };
    return answer(c, { privilege_assignments: assignments(c, places, effective) });
  });

  app.get(`${BASE}/catalogs/:name`, (c) => {
    const [{ name, owner }] = placesIn(c, 'CATALOG');
    return answer(c, { name, full_name: name, owner, catalog_type: 'MANAGED_CATALOG', metastore_id: metastore(c) });
  });

  app.get(`${BASE}/schemas/:name`, (c) => {
    const [{ name: full_name, owner }] = placesIn(c, 'SCHEMA');
    const [catalog_name, name] = full_name.split('.');
    return answer(c, { name, catalog_name, full_name, owner, metastore_id: metastore(c) });
  });
}

const metastore = (c: Call): string => c.get('workspace').metastore_id;

/** The place that a path names, and those above it. A model is a securable of the type function. */
function placesIn(c: Call, type = (c.req.param('type') ?? '').toUpperCase()): [Place, ...Place[]] {
  const name = c.req.param('name') ?? '';
  if (type !== 'CATALOG' && type !== 'SCHEMA' && type !== 'FUNCTION') {
    throw invalid(`The sandbox has no grants on securables of the type ${type}.`);
  }
  const places = placesOf(c.get('workspace'), name);
  // assumed: catalog-missing-text
  if (places?.[0].type !== type) throw missing(`${type} '${name}' does not exist.`);
  return places;
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

import type { SandboxApp } from '../context.ts';
import { invalid } from '../errors.ts';
import { answer, type Call } from '../http.ts';
import type { Place } from '../identity/grants.ts';
import type { JsonObject } from '../json.ts';
import { placeNamed } from './catalog-objects.ts';

const BASE = '/api/2.1/unity-catalog';

/**
 * Mounts the grants on catalogs, schemas and models. Everyone may read them. Ownership is in the objects, not in the grants. evidence:
 * grants-routes, assumed: grants-readable, assumed: grants-without-owner
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
}

/** The place that a path names, and those above it. A model is a securable of the type function. */
function placesIn(c: Call): [Place, ...Place[]] {
  const type = (c.req.param('type') ?? '').toUpperCase();
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

import type { SandboxApp } from '../context.ts';
import { invalid, missing } from '../errors.ts';
import { answer, type Call } from '../http.ts';
import { type LeafType, leafNames, PLACE_WORDS, type Place, placesOf } from '../identity/grants.ts';
import type { JsonObject } from '../json.ts';
import type { Workspace } from '../state/state.ts';
import { pageOf } from './paging.ts';

const BASE = '/api/2.1/unity-catalog';

/** Mounts what is around a model: metastore, catalogs and schemas. All can be read only. evidence: catalog-objects */
export function mountCatalogObjects(app: SandboxApp): void {
  app.get(`${BASE}/current-metastore-assignment`, (c) => {
    const { metastore_id, org_id } = c.get('workspace');
    return answer(c, { metastore_id, workspace_id: Number(org_id) });
  });
  app.get(`${BASE}/metastore_summary`, (c) => answer(c, renderMetastore(c.get('workspace'))));
  app.get(`${BASE}/metastores`, (c) => answer(c, { metastores: [renderMetastore(c.get('workspace'))] }));
  app.get(`${BASE}/metastores/:id`, (c) => {
    const workspace = c.get('workspace');
    const id = c.req.param('id');
    if (id !== workspace.metastore_id) throw missing(`Metastore '${id}' does not exist.`);
    return answer(c, renderMetastore(workspace));
  });

  app.get(`${BASE}/catalogs`, (c) => {
    const page = pageOf(catalogsOf(c.get('workspace')), c.req.query());
    return answer(c, { catalogs: page.items.map((name) => renderCatalog(c, name)), ...page.next });
  });
  app.get(`${BASE}/catalogs/:name`, (c) => answer(c, renderCatalog(c, c.req.param('name'))));

  app.get(`${BASE}/schemas`, (c) => {
    const catalog = c.req.query('catalog_name');
    if (catalog === undefined) throw invalid('Missing required field: catalog_name.');
    const workspace = c.get('workspace');
    placeNamed(workspace, 'CATALOG', catalog);
    const page = pageOf(schemasOf(workspace, catalog), c.req.query());
    return answer(c, { schemas: page.items.map((name) => renderSchema(c, name)), ...page.next });
  });
  app.get(`${BASE}/schemas/:name`, (c) => answer(c, renderSchema(c, c.req.param('name'))));
}

/** A place and those above it. Throws 404 when there is no such place of this type. assumed: catalog-missing-text */
export function placeNamed(workspace: Workspace, type: Place['type'], name: string): [Place, ...Place[]] {
  const places = placesOf(workspace, name, isLeaf(type) ? type : undefined);
  if (places?.[0].type !== type) throw missing(`${PLACE_WORDS[type]} '${name}' does not exist.`);
  return places;
}

function isLeaf(type: Place['type']): type is LeafType {
  return type !== 'CATALOG' && type !== 'SCHEMA';
}

/** The catalogs of the seed, and those that models and services name. */
function catalogsOf(workspace: Workspace): string[] {
  const named = [...workspace.schemas.keys(), ...leafNames(workspace)].map((name) => name.split('.')[0] ?? '');
  return [...new Set([...workspace.catalogs.keys(), ...named])].sort();
}

function schemasOf(workspace: Workspace, catalog: string): string[] {
  const named = [...workspace.schemas.keys(), ...leafNames(workspace)].map((name) =>
    name.split('.').slice(0, 2).join('.'),
  );
  return [...new Set(named)].filter((name) => name.startsWith(`${catalog}.`)).sort();
}

function renderMetastore({ metastore_id, cloud, account_id }: Workspace): JsonObject {
  // Databricks owns a metastore that it made itself. assumed: metastore-owner
  const owner = 'System user';
  return {
    metastore_id,
    name: 'metastore',
    owner,
    cloud,
    global_metastore_id: `${cloud}:${account_id}:${metastore_id}`,
  };
}

function renderCatalog(c: Call, name: string): JsonObject {
  const workspace = c.get('workspace');
  const [{ owner }] = placeNamed(workspace, 'CATALOG', name);
  const catalog_type = name === 'system' ? 'SYSTEM_CATALOG' : 'MANAGED_CATALOG';
  return { name, full_name: name, owner, catalog_type, metastore_id: workspace.metastore_id };
}

function renderSchema(c: Call, full_name: string): JsonObject {
  const workspace = c.get('workspace');
  const [{ owner }] = placeNamed(workspace, 'SCHEMA', full_name);
  const [catalog_name, name] = full_name.split('.');
  return { name, catalog_name, full_name, owner, metastore_id: workspace.metastore_id };
}

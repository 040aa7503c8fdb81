import type { SandboxContext } from '../context.ts';
import { ApiError, invalid, notFound } from '../errors.ts';
import type { Call } from '../http.ts';
import { PLACE_WORDS, placesOf } from '../identity/grants.ts';
import { mayRead, requireManage, type ServiceType } from '../identity/service-rights.ts';
import { uuid } from '../ids.ts';
import type { ServiceBase } from '../state/model-service.ts';
import { pageOf } from '../workspace/paging.ts';
import { RESOURCE } from './backing.ts';
import { checkEtag } from './etag.ts';
import { checkNewName, fullNameIn } from './names.ts';
import type { View } from './render-service.ts';
import { requireCreate, schemaPlaces } from './rights.ts';

/** Rows of a page without a size, and at most. evidence: gateway-control-routes */
const DEFAULT_ROWS = 200;
const MOST_ROWS: Record<View, number> = { BASIC: 1000, FULL: 200 };

/** The full name of a new service. Throws 400 for a wrong name, 404 for a missing schema and 409 for a name that is taken. */
export function newName(ctx: SandboxContext, c: Call, idField: string): string {
  const { parent, [idField]: id } = c.req.query();
  const schema = parentIn(parent);
  const full = `${schema}.${checkNewName(id, idField)}`;
  schemaPlaces(ctx.workspace, schema);
  requireCreate(ctx.workspace, c.get('principal'), schema, 'CREATE_SERVICE');
  // assumed: gateway-taken. The two kinds share their names. evidence: gateway-names-shared
  const taken = (['MODEL_SERVICE', 'MODEL_PROVIDER_SERVICE'] as const).find((each) =>
    placesOf(ctx.workspace, full, each),
  );
  if (taken) throw new ApiError(409, 'ALREADY_EXISTS', `${PLACE_WORDS[taken]} '${full}' already exists.`);
  return full;
}

function parentIn(parent: string | undefined): string {
  if (parent === undefined || parent === '') throw invalid('Missing required field: parent.');
  return fullNameIn('schema', parent, 'parent', 2);
}

/** What every service has from the beginning. */
export function newBase(ctx: SandboxContext, c: Call, full_name: string, comment = ''): ServiceBase {
  const now = ctx.clock.now();
  const { name } = c.get('principal');
  return {
    full_name,
    id: uuid(ctx.random),
    owner: name,
    comment,
    grants: new Map(),
    created_at: now,
    created_by: name,
    updated_at: now,
    updated_by: name,
    revision: 1,
  };
}

/** Notes who changed a service, and makes older etags stale. */
export function touch(ctx: SandboxContext, c: Call, service: ServiceBase): void {
  service.updated_at = ctx.clock.now();
  service.updated_by = c.get('principal').name;
  service.revision += 1;
}

/** The service of a write. Throws 404, 403, or 409 for a stale etag. */
export function writable<T extends ServiceBase>(
  ctx: SandboxContext,
  c: Call,
  type: ServiceType,
  services: Map<string, T>,
): T {
  const name = c.req.param('name') ?? '';
  const service = services.get(name);
  if (!service) throw notFound(PLACE_WORDS[type], name);
  requireManage(ctx.workspace, c.get('principal'), type, name);
  checkEtag(service, c.req.query('etag'));
  return service;
}

/** The name in the body of an update is the one in the path. assumed: gateway-body-strict */
export function checkBodyName(sent: string | undefined, service: ServiceBase, kind: 'service' | 'provider'): void {
  if (sent !== undefined && sent !== `${RESOURCE[kind]}${service.full_name}`)
    throw invalid(`Invalid value for name: '${sent}' is not the name in the path.`);
}

/** The server makes the name of a new service. assumed: gateway-body-strict */
export function refuseBodyName(sent: string | undefined): void {
  if (sent !== undefined) throw invalid('Invalid value for name: it must not be set on create.');
}

/**
 * A page of the services in a schema that the caller may see. Without USE_CATALOG or USE_SCHEMA, that is none.
 * evidence: gateway-control-routes, evidence: gateway-list-empty, assumed: gateway-page-size
 */
export function pageOfServices<T extends ServiceBase>(c: Call, type: ServiceType, services: Map<string, T>) {
  const { parent, view = 'BASIC', page_size = '0', page_token } = c.req.query();
  if (view !== 'BASIC' && view !== 'FULL')
    throw invalid(`Invalid value "${view}" for view. Allowed values: BASIC, FULL.`);
  const schema = parentIn(parent);
  const workspace = c.get('workspace');
  schemaPlaces(workspace, schema);
  if (Number(page_size) > MOST_ROWS[view])
    throw invalid(`page_size is at most ${MOST_ROWS[view]} for the view ${view}; got ${page_size}.`);
  const rows = [...services.values()]
    .filter(({ full_name }) => full_name.startsWith(`${schema}.`))
    .filter(({ full_name }) => mayRead(c.get('principal'), placesOf(workspace, full_name, type) ?? []))
    .sort((a, b) => (a.full_name < b.full_name ? -1 : 1));
  const size = page_size === '0' ? String(DEFAULT_ROWS) : page_size;
  const page = pageOf(rows, { page_size: size, ...(page_token === undefined ? {} : { page_token }) });
  return { view: view as View, ...page };
}

import { endpointMissing, invalid, notFound } from '../errors.ts';
import { requirePermission } from '../identity/access.ts';
import { PLACE_WORDS } from '../identity/grants.ts';
import { requireManage } from '../identity/service-rights.ts';
import { isObject, type JsonObject, pick } from '../json.ts';
import type { App } from '../state/app.ts';
import type { Principal, Workspace } from '../state/state.ts';
import type { PermissionLevel } from '../state/wire-types.ts';

interface EndpointResource {
  name: string;
  permission: PermissionLevel;
}

const LEVELS: readonly string[] = ['CAN_VIEW', 'CAN_QUERY', 'CAN_MANAGE'];

/** Sizes of the compute of an app. */
const SIZES: readonly unknown[] = ['MEDIUM', 'LARGE', 'XLARGE'];

type AppSettings = Pick<
  App,
  'description' | 'resources' | 'user_api_scopes' | 'compute_size' | 'forward_user_access_token'
>;

/** The settings that a body sets. A setting that it omits keeps its value. Throws 400 for a wrong one. */
export function appSettings(workspace: Workspace, body: JsonObject): Partial<AppSettings> {
  const { description, resources, user_api_scopes, compute_size, forward_user_access_token } = body;
  if (compute_size !== undefined && !SIZES.includes(compute_size)) {
    throw invalid(`compute_size must be one of ${SIZES.join(', ')}.`);
  }
  return {
    ...(typeof description === 'string' && { description }),
    ...(resources !== undefined && { resources: resourcesOf(workspace, resources) }),
    ...(Array.isArray(user_api_scopes) && { user_api_scopes: user_api_scopes.map(String) }),
    ...(typeof compute_size === 'string' && { compute_size }),
    ...(typeof forward_user_access_token === 'boolean' && { forward_user_access_token }),
  };
}

/** What a setting becomes when a mask names it and the app in the body omits it. */
const UNSET: JsonObject = {
  description: '',
  resources: [],
  user_api_scopes: [],
  compute_size: 'MEDIUM',
  forward_user_access_token: true,
};

/** The settings that a mask selects, comma-separated. `*` selects all. */
export function maskedSettings(wish: JsonObject, mask: string): JsonObject {
  const fields = mask.trim() === '*' ? Object.keys(UNSET) : mask.split(',').map((field) => field.trim());
  return { ...pick(UNSET, fields), ...pick(wish, fields) };
}

/** Checks a resource list. The service checks at once that a serving endpoint or a model service exists by name. */
function resourcesOf(workspace: Workspace, sent: unknown): Record<string, unknown>[] {
  if (!Array.isArray(sent) || !sent.every(isObject)) throw invalid('resources must be a list of objects.');
  for (const resource of sent) {
    if (typeof resource.name !== 'string') throw invalid('Every resource needs a name.');
    checkModelService(workspace, resource.uc_securable);
    if (resource.serving_endpoint === undefined) continue;
    const wanted = endpointResource(resource.serving_endpoint);
    if (!wanted) throw invalid('serving_endpoint needs a name and a permission of CAN_VIEW, CAN_QUERY or CAN_MANAGE.');
    if (!workspace.endpoints.has(wanted.name)) throw endpointMissing(wanted.name);
  }
  return sent;
}

/** The full name of a model service that a resource names. Other securables do not matter here. */
function modelServiceOf(securable: unknown): string | undefined {
  if (!isObject(securable) || securable.securable_type !== 'MODEL_SERVICE') return undefined;
  return String(securable.securable_full_name);
}

/** assumed: gateway-app-resource */
function checkModelService(workspace: Workspace, securable: unknown): void {
  const name = modelServiceOf(securable);
  if (name === undefined || !isObject(securable)) return;
  if (securable.permission !== 'EXECUTE')
    throw invalid('A uc_securable of type MODEL_SERVICE needs the permission EXECUTE.');
  if (!workspace.model_services.has(name)) throw notFound(PLACE_WORDS.MODEL_SERVICE, name);
}

function endpointResource(value: unknown): EndpointResource | null {
  if (!isObject(value)) return null;
  const { name, permission } = value;
  if (typeof name !== 'string' || !isLevel(permission)) return null;
  return { name, permission };
}

function isLevel(value: unknown): value is PermissionLevel {
  return typeof value === 'string' && LEVELS.includes(value);
}

/**
 * Gives the app's service principal the grants of its resources. The caller must manage those endpoints and model services. Grants of
 * removed resources stay. assumed: app-grants, assumed: gateway-app-resource
 */
export function grantResources(workspace: Workspace, app: App, caller: Principal): void {
  addPrincipal(workspace, app);
  for (const resource of app.resources) {
    grantExecute(workspace, app.service_principal_client_id, resource.uc_securable, caller);
    const wanted = endpointResource(resource.serving_endpoint);
    const endpoint = wanted && workspace.endpoints.get(wanted.name);
    if (!wanted || !endpoint || endpoint.foundation) continue;
    const name = app.service_principal_client_id;
    if (endpoint.grants.some((g) => g.name === name && g.level === wanted.permission)) continue;
    requirePermission(caller, endpoint, 'Manage');
    endpoint.grants = endpoint.grants.filter((g) => g.name !== name);
    endpoint.grants.push({ kind: 'service_principal_name', name, level: wanted.permission });
  }
}

function grantExecute(workspace: Workspace, principal: string, securable: unknown, caller: Principal): void {
  const service = workspace.model_services.get(modelServiceOf(securable) ?? '');
  const held = service?.grants.get(principal) ?? [];
  if (!service || held.includes('EXECUTE')) return;
  requireManage(workspace, caller, 'MODEL_SERVICE', service.full_name);
  service.grants.set(principal, [...held, 'EXECUTE']);
}

function addPrincipal(workspace: Workspace, app: App): void {
  const name = app.service_principal_client_id;
  if (workspace.principals.has(name)) return;
  workspace.principals.set(name, {
    kind: 'service_principal',
    id: String(app.service_principal_id),
    name,
    display_name: app.service_principal_name,
    admin: false,
    groups: [],
    active: true,
    entitlements: ['workspace-access'],
    left: false,
    client_secret: null,
    federation: false,
    token_lifetime_seconds: null,
  });
}

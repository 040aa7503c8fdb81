import type { SandboxContext } from '../context.ts';
import { ApiError, invalid, missing } from '../errors.ts';
import type { Call } from '../http.ts';
import { digits, hex, uuid } from '../ids.ts';
import { isObject, type JsonObject } from '../json.ts';
import type { App, AppDeployment } from '../state/app.ts';

/** Sandbox time of an app deployment, and of a deletion before the app is gone. assumed: app-times */
const APP_STEP = 2 * 60_000;

/** A running app without resources and grants. */
export function newApp(
  app: Pick<App, 'name' | 'creator' | 'created_at'> & Partial<Pick<App, 'service_principal_client_id'>>,
  random: () => number,
): App {
  return {
    name: app.name,
    id: uuid(random),
    description: '',
    creator: app.creator,
    service_principal_client_id: app.service_principal_client_id ?? uuid(random),
    service_principal_id: Number(digits(random, 15)),
    service_principal_name: `app-${hex(random, 6)} ${app.name}`,
    resources: [],
    user_api_scopes: [],
    // evidence: app-defaults
    compute_size: 'MEDIUM',
    forward_user_access_token: true,
    compute: 'ACTIVE',
    deployments: [],
    update: null,
    grants: [],
    created_at: app.created_at,
    updated_at: app.created_at,
  };
}

/** The app that a path names, or 404. assumed: app-missing-text */
export function appOf(c: Call): App {
  const name = c.req.param('app') ?? '';
  const app = c.get('workspace').apps.get(name);
  if (!app) throw missing(`App with name ${name} does not exist or is deleted.`);
  return app;
}

/** The app, for a caller who may change it: an admin, its creator, or a holder of CAN_MANAGE. */
export function requireApp(ctx: SandboxContext, c: Call): App {
  const app = ctx.workspace.apps.get(appOf(c).name) ?? appOf(c);
  const { admin, name, groups } = c.get('principal');
  const granted = app.grants.some((g) => g.level === 'CAN_MANAGE' && (g.name === name || groups.includes(g.name)));
  if (admin || app.creator === name || granted) return app;
  throw new ApiError(403, 'PERMISSION_DENIED', `User does not have CAN_MANAGE permission on app ${app.name}.`);
}

/** Completes the deletions that are due. It runs before each request. */
export function settleApps(apps: Map<string, App>, now: number): void {
  for (const app of [...apps.values()]) {
    if (app.compute === 'DELETING' && now - app.updated_at >= APP_STEP) apps.delete(app.name);
  }
}

/** An app as the API returns it. Only ACTIVE compute makes it RUNNING. */
export function renderApp(app: App, now: number): JsonObject {
  const active = app.deployments.findLast((each) => each.ends_at <= now);
  const pending = app.deployments.findLast((each) => each.ends_at > now);
  return {
    name: app.name,
    id: app.id,
    description: app.description,
    url: `https://${app.name}.apps.example.com`,
    creator: app.creator,
    create_time: new Date(app.created_at).toISOString(),
    update_time: new Date(app.updated_at).toISOString(),
    service_principal_client_id: app.service_principal_client_id,
    service_principal_id: app.service_principal_id,
    service_principal_name: app.service_principal_name,
    resources: app.resources,
    user_api_scopes: app.user_api_scopes,
    effective_user_api_scopes: [
      ...new Set([...app.user_api_scopes, 'iam.current-user:read', 'iam.access-control:read']),
    ],
    compute_size: app.compute_size,
    forward_user_access_token: app.forward_user_access_token,
    compute_status: { state: app.compute, message: '' },
    app_status: { state: app.compute === 'ACTIVE' ? 'RUNNING' : 'UNAVAILABLE', message: '' },
    ...(active && {
      default_source_code_path: active.source_code_path,
      active_deployment: renderDeployment(active, now),
    }),
    ...(pending && { pending_deployment: renderDeployment(pending, now) }),
  };
}

/** Reads a deployment from its body. Throws 400 without source_code_path. */
export function newDeployment(ctx: SandboxContext, body: JsonObject, creator: string): AppDeployment {
  const { source_code_path, mode = 'SNAPSHOT', env_vars = [] } = body;
  if (typeof source_code_path !== 'string') throw invalid('Missing required field: source_code_path.');
  const now = ctx.clock.now();
  return {
    deployment_id: uuid(ctx.random),
    source_code_path,
    mode: String(mode),
    // Only names are kept, because the service returns no values. evidence: app-variables
    env_vars: Array.isArray(env_vars) ? env_vars.filter(isObject).map((env) => ({ name: String(env.name) })) : [],
    creator,
    created_at: now,
    ends_at: now + APP_STEP,
  };
}

/** The deployment that a path names, or 404. */
export function deploymentOf(c: Call): AppDeployment {
  const id = c.req.param('deployment');
  const deployment = appOf(c).deployments.find((d) => d.deployment_id === id);
  if (!deployment) throw missing(`Deployment ${id} does not exist.`);
  return deployment;
}

/** A deployment at `now`. */
export function renderDeployment(deployment: AppDeployment, now: number): JsonObject {
  const { deployment_id, source_code_path, mode, creator, env_vars } = deployment;
  const done = now >= deployment.ends_at;
  return {
    deployment_id,
    source_code_path,
    mode,
    creator,
    create_time: new Date(deployment.created_at).toISOString(),
    update_time: new Date(done ? deployment.ends_at : deployment.created_at).toISOString(),
    env_vars,
    status: done
      ? { state: 'SUCCEEDED', message: 'App started successfully' }
      : { state: 'IN_PROGRESS', message: 'App deployment in progress' },
  };
}

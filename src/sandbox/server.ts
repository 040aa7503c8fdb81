import { Hono } from 'hono';
import { TrieRouter } from 'hono/router/trie-router';
import { recordChange } from './change-record.ts';
import type { SandboxApp, SandboxContext, SandboxEnv } from './context.ts';
import { mountControl } from './control.ts';
import { settleAll } from './endpoints/lifecycle.ts';
import { settleMishaps } from './endpoints/needs.ts';
import { mountProvisioned } from './endpoints/provisioned.ts';
import { mountEndpoints } from './endpoints/routes.ts';
import { mountEndpointSettings } from './endpoints/settings.ts';
import { ApiError, errorBody } from './errors.ts';
import { faultMiddleware } from './faults/fault-effects.ts';
import { mountGatewayCalls } from './gateway/call-routes.ts';
import { mountModelServices } from './gateway/model-services.ts';
import { mountProviderServices } from './gateway/provider-services.ts';
import { authMiddleware } from './identity/authenticate.ts';
import { mountLogin } from './identity/login.ts';
import { mountOAuth } from './identity/oauth.ts';
import { mountPermissions } from './identity/permissions.ts';
import { mountScim } from './identity/scim.ts';
import { mountEndpointLogs } from './observe/logs.ts';
import { mountMetrics } from './observe/metrics-route.ts';
import { mountDataPlane } from './query/data-plane.ts';
import { requestLogMiddleware } from './request-log.ts';
import { snapshot } from './snapshot.ts';
import { mountSqlControl } from './sql/control-routes.ts';
import { mountStatements } from './sql/statement-routes.ts';
import { mountWarehouses } from './sql/warehouse-routes.ts';
import { recordPeriods } from './state/periods.ts';
import { mountRehearsal } from './traffic/control-routes.ts';
import { settleApps } from './workspace/app-state.ts';
import { mountApps } from './workspace/apps.ts';
import { mountCatalogGrants } from './workspace/catalog-grants.ts';
import { mountCatalogObjects } from './workspace/catalog-objects.ts';
import { mountMlflowRegistry } from './workspace/mlflow-registry.ts';
import { mountSecrets } from './workspace/secret-routes.ts';
import { mountUnityCatalog } from './workspace/unity-catalog.ts';
import { mountVolumeFiles } from './workspace/volume-files.ts';

/** The whole HTTP surface of the sandbox. Order matters: the log comes first, so it records requests that a fault swallows. */
export function createApp(ctx: SandboxContext): SandboxApp {
  // A trailing slash changes nothing: MLflow sends one where it lists and creates. evidence: trailing-slash
  // Hono would try a faster router first, at the first request of each sandbox, and finds that it cannot take these paths.
  const app = new Hono<SandboxEnv>({ strict: false, router: new TrieRouter() });
  app.onError((error, c) => {
    const known =
      error instanceof ApiError ? error : new ApiError(500, 'INTERNAL_ERROR', `Internal error: ${error.message}`);
    return new Response(JSON.stringify(errorBody(known, c.get('request_id'))), {
      status: known.status,
      headers: { 'content-type': 'application/json', ...known.headers },
    });
  });
  app.notFound((c) => {
    const error = new ApiError(501, 'NOT_IMPLEMENTED', `The sandbox has no route for ${c.req.method} ${c.req.path}.`);
    return new Response(JSON.stringify(errorBody(error, c.get('request_id'))), {
      status: error.status,
      headers: { 'content-type': 'application/json' },
    });
  });
  app.use(requestLogMiddleware(ctx));
  app.use(faultMiddleware(ctx));
  app.use(async (c, next) => {
    settleAll(ctx.workspace, ctx.clock.now());
    settleApps(ctx.workspace.apps, ctx.clock.now());
    // A statement changes nothing that a read could show stale.
    const writes = c.req.method !== 'GET' && /^\/api\/(?!2\.0\/sql\/)/.test(c.req.path);
    const before = writes ? snapshot(ctx.workspace) : null;
    await next();
    // A query changes no routing, and there are many of them.
    if (c.req.method !== 'GET' && /^\/(api|sandbox)\//.test(c.req.path)) {
      settleMishaps(ctx.workspace, ctx.clock.now());
      recordPeriods(ctx.workspace, ctx.clock.now());
      recordChange(ctx, c);
    }
    if (before && c.res.status < 400) ctx.previous = before;
  });
  app.use(authMiddleware(ctx));
  // The web page of a workspace has routes of its own, for its session only. evidence: page-routes
  app.all('/:page{ajax-.+}', () => {
    throw new ApiError(403, 403, 'Missing CSRF token', { detailed: false });
  });
  mountControl(app, ctx);
  mountRehearsal(app, ctx);
  mountSqlControl(app, ctx);
  mountOAuth(app, ctx);
  mountLogin(app, ctx);
  mountScim(app);
  mountCatalogGrants(app, ctx);
  mountCatalogObjects(app);
  mountUnityCatalog(app, ctx);
  mountModelServices(app, ctx);
  mountProviderServices(app, ctx);
  mountMlflowRegistry(app, ctx);
  mountSecrets(app, ctx);
  mountVolumeFiles(app, ctx);
  mountPermissions(app, ctx);
  mountApps(app, ctx);
  mountWarehouses(app, ctx);
  mountStatements(app, ctx);
  // Literal paths first. An endpoint called `pt` is shadowed, as on the service.
  mountProvisioned(app, ctx);
  mountEndpoints(app, ctx);
  mountEndpointSettings(app, ctx);
  mountEndpointLogs(app, ctx);
  mountMetrics(app, ctx);
  mountGatewayCalls(app, ctx);
  mountDataPlane(app, ctx, ctx.data_plane);
  return app;
}

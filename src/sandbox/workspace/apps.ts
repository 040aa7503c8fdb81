import type { SandboxApp, SandboxContext } from '../context.ts';
import { ApiError, invalid } from '../errors.ts';
import { answer, jsonBody } from '../http.ts';
import { checkAcl } from '../identity/permissions.ts';
import { compact, isObject } from '../json.ts';
import { appSettings, grantResources, maskedSettings } from './app-resources.ts';
import { appOf, deploymentOf, newApp, newDeployment, renderApp, renderDeployment, requireApp } from './app-state.ts';
import { pageOf } from './paging.ts';

const BASE = '/api/2.0/apps';

/** Mounts Databricks Apps as far as they concern serving endpoints: resources, deployments, permissions. */
export function mountApps(app: SandboxApp, ctx: SandboxContext): void {
  app.get(BASE, (c) => {
    const page = pageOf([...c.get('workspace').apps.values()], c.req.query());
    return answer(c, { apps: page.items.map((a) => renderApp(a, ctx.clock.now())), ...page.next });
  });

  app.get(`${BASE}/:app`, (c) => answer(c, renderApp(appOf(c), ctx.clock.now())));

  app.post(BASE, async (c) => {
    const body = await jsonBody(c);
    const { name } = body;
    // assumed: app-name-rule
    if (typeof name !== 'string' || !/^[a-z0-9-]{2,30}$/.test(name)) {
      throw invalid('App names have 2 to 30 characters: lowercase letters, digits and dashes.');
    }
    if (ctx.workspace.apps.has(name)) {
      throw new ApiError(409, 'RESOURCE_ALREADY_EXISTS', `An app with the same name already exists: ${name}`);
    }
    const creator = c.get('principal').name;
    const created = {
      ...newApp({ name, creator, created_at: ctx.clock.now() }, ctx.random),
      ...appSettings(ctx.workspace, body),
      compute: c.req.query('no_compute') === 'true' ? ('STOPPED' as const) : ('ACTIVE' as const),
    };
    grantResources(ctx.workspace, created, c.get('principal'));
    ctx.workspace.apps.set(name, created);
    return answer(c, renderApp(created, ctx.clock.now()));
  });

  app.patch(`${BASE}/:app`, async (c) => {
    const body = await jsonBody(c);
    const found = requireApp(ctx, c);
    // The new list of resources replaces the old one.
    Object.assign(found, appSettings(ctx.workspace, body));
    grantResources(ctx.workspace, found, c.get('principal'));
    found.updated_at = ctx.clock.now();
    return answer(c, renderApp(found, ctx.clock.now()));
  });

  app.post(`${BASE}/:app/update`, async (c) => {
    const { app: wish, update_mask: mask } = await jsonBody(c);
    const found = requireApp(ctx, c);
    if (typeof mask !== 'string' || !isObject(wish)) throw invalid('app and update_mask are required.');
    Object.assign(found, appSettings(ctx.workspace, maskedSettings(wish, mask)));
    grantResources(ctx.workspace, found, c.get('principal'));
    found.update = { at: ctx.clock.now(), by: c.get('principal').name };
    return answer(c, { update_mask: mask, status: { state: 'IN_PROGRESS', message: 'Update in progress.' } });
  });

  app.get(`${BASE}/:app/update`, (c) => {
    const { update } = appOf(c);
    // assumed: app-update-minute
    const running = update !== null && ctx.clock.now() - update.at < 60_000;
    const state = update === null ? 'NOT_UPDATED' : running ? 'IN_PROGRESS' : 'SUCCEEDED';
    return answer(c, { status: { state, message: '' } });
  });

  app.get(`${BASE}/:app/deployments`, (c) => {
    const page = pageOf([...appOf(c).deployments].reverse(), c.req.query());
    return answer(c, { app_deployments: page.items.map((d) => renderDeployment(d, ctx.clock.now())), ...page.next });
  });

  app.get(`${BASE}/:app/deployments/:deployment`, (c) => answer(c, renderDeployment(deploymentOf(c), ctx.clock.now())));

  app.post(`${BASE}/:app/deployments`, async (c) => {
    const body = await jsonBody(c);
    const found = requireApp(ctx, c);
    const deployment = newDeployment(ctx, body, c.get('principal').name);
    found.deployments.push(deployment);
    grantResources(ctx.workspace, found, c.get('principal'));
    return answer(c, renderDeployment(deployment, ctx.clock.now()));
  });

  app.post(`${BASE}/:app/start`, (c) => {
    const found = requireApp(ctx, c);
    found.compute = 'ACTIVE';
    return answer(c, renderApp(found, ctx.clock.now()));
  });

  app.post(`${BASE}/:app/stop`, (c) => {
    const found = requireApp(ctx, c);
    found.compute = 'STOPPED';
    found.deployments = [];
    return answer(c, renderApp(found, ctx.clock.now()));
  });

  app.delete(`${BASE}/:app`, (c) => {
    const found = requireApp(ctx, c);
    if (found.compute === 'DELETING') {
      throw new ApiError(
        400,
        'BAD_REQUEST',
        `Cannot delete app ${found.name} as it is not terminal with state DELETING, and was updated less than 20 minutes ago. Please wait before trying again.`,
      );
    }
    found.compute = 'DELETING';
    found.updated_at = ctx.clock.now();
    return answer(c, renderApp(found, ctx.clock.now()));
  });

  app.get('/api/2.0/permissions/apps/:app', (c) => answer(c, aclAnswer(appOf(c))));
  app.get('/api/2.0/permissions/apps/:app/permissionLevels', (c) => {
    appOf(c);
    return answer(c, {
      permission_levels: ['CAN_MANAGE', 'CAN_USE'].map((permission_level) => ({ permission_level, description: '' })),
    });
  });
  app.on(['PUT', 'PATCH'], '/api/2.0/permissions/apps/:app', async (c) => {
    const body = await jsonBody(c);
    const found = requireApp(ctx, c);
    const changes = checkAcl(body).access_control_list.flatMap((entry) => {
      if (!['CAN_MANAGE', 'CAN_USE'].includes(entry.permission_level))
        throw invalid(`Permission level ${entry.permission_level} is not valid for an app.`);
      return (['user_name', 'group_name', 'service_principal_name'] as const).flatMap((kind) => {
        const name = entry[kind];
        return name ? [{ kind, name, level: entry.permission_level }] : [];
      });
    });
    const before = c.req.method === 'PUT' ? [] : found.grants;
    found.grants = [
      ...new Map([...before, ...changes].map((grant) => [`${grant.kind}:${grant.name}`, grant])).values(),
    ];
    return answer(c, aclAnswer(found));
  });
}

function aclAnswer(app: ReturnType<typeof appOf>): Record<string, unknown> {
  const own = app.grants.map(({ kind, name, level }) =>
    compact({ [kind]: name, all_permissions: [{ permission_level: level, inherited: false }] }),
  );
  const creator = { user_name: app.creator, all_permissions: [{ permission_level: 'CAN_MANAGE', inherited: false }] };
  const admins = {
    group_name: 'admins',
    all_permissions: [{ permission_level: 'CAN_MANAGE', inherited: true, inherited_from_object: ['/apps/'] }],
  };
  return { object_id: `/apps/${app.name}`, object_type: 'apps', access_control_list: [creator, ...own, admins] };
}

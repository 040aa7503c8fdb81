import type { SandboxApp, SandboxContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { answer, jsonBody } from '../http.ts';
import { readable } from '../identity/service-rights.ts';
import type { ModelService } from '../state/model-service.ts';
import { refuseForPlatform } from './platform.ts';
import { renderModelService } from './render-service.ts';
import { checkBodyName, newBase, newName, pageOfServices, refuseBodyName, touch, writable } from './service-base.ts';
import { checkServiceBody, ROUTING, readConfig, SERVICE_MASK } from './service-config.ts';
import { readMask } from './update-mask.ts';

const BASE = '/api/2.1/unity-catalog/model-services';
const TYPE = 'MODEL_SERVICE';

/** Mounts the model services of Unity Gateway. evidence: gateway-control-routes */
export function mountModelServices(app: SandboxApp, ctx: SandboxContext): void {
  app.get(BASE, (c) => {
    const workspace = c.get('workspace');
    const { items, view, next } = pageOfServices(c, TYPE, workspace.model_services);
    return answer(c, { model_services: items.map((each) => renderModelService(workspace, each, view)), ...next });
  });

  app.post(BASE, async (c) => {
    const sent = await jsonBody(c);
    const { name, comment, config } = checkServiceBody(sent);
    refuseBodyName(name);
    const full_name = newName(ctx, c, 'model_service_id');
    const { workspace } = ctx;
    const read = readConfig(config, { workspace, caller: c.get('principal'), full_name, before: undefined });
    const service: ModelService = {
      ...newBase(ctx, c, full_name, comment),
      config: read,
      releases: [{ at: ctx.clock.now(), config: read }],
      traffic: [],
      mishaps: [],
    };
    workspace.model_services.set(full_name, service);
    return answer(c, renderModelService(workspace, service, 'FULL'));
  });

  app.get(`${BASE}/:name`, (c) => {
    const workspace = c.get('workspace');
    const name = c.req.param('name');
    readable(workspace, c.get('principal'), TYPE, name);
    const service = workspace.model_services.get(name);
    if (!service) throw notFound('Model Service', name);
    return answer(c, renderModelService(workspace, service, 'FULL'));
  });

  app.patch(`${BASE}/:name`, async (c) => {
    const sent = await jsonBody(c);
    const { workspace } = ctx;
    const service = writable(ctx, c, TYPE, workspace.model_services);
    const mask = readMask(c.req.query('update_mask'), SERVICE_MASK);
    if (mask.whole || ROUTING.some((path) => mask.names(path))) refuseForPlatform(service, 'change the routing of');
    const { name, comment, config } = checkServiceBody(sent);
    checkBodyName(name, service, 'service');
    if (SERVICE_MASK.paths.some((path) => path.startsWith('config.') && mask.names(path))) {
      const { full_name } = service;
      service.config = readConfig(config, { workspace, caller: c.get('principal'), full_name, before: service }, mask);
      service.releases.push({ at: ctx.clock.now(), config: service.config });
    }
    if (mask.names('comment')) service.comment = comment ?? '';
    touch(ctx, c, service);
    return answer(c, renderModelService(workspace, service, 'FULL'));
  });

  app.delete(`${BASE}/:name`, (c) => {
    const service = writable(ctx, c, TYPE, ctx.workspace.model_services);
    refuseForPlatform(service, 'delete');
    ctx.workspace.model_services.delete(service.full_name);
    ctx.workspace.deleted_services.push({ at: ctx.clock.now(), service });
    return answer(c, {});
  });
}

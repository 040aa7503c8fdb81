import type { SandboxApp, SandboxContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { answer, jsonBody } from '../http.ts';
import { readable } from '../identity/service-rights.ts';
import { isObject, type JsonObject } from '../json.ts';
import type { ProviderService } from '../state/model-service.ts';
import type { Principal, Workspace } from '../state/state.ts';
import { renderTable } from './inference-table.ts';
import { checkProviderBody, flagsOn, namedBlock, PROVIDER_MASK, readProvider } from './provider-config.ts';
import { renderBase, renderLimits, type View } from './render-service.ts';
import { requireCreate } from './rights.ts';
import { checkBodyName, newBase, newName, pageOfServices, refuseBodyName, touch, writable } from './service-base.ts';
import { readMask } from './update-mask.ts';

const BASE = '/api/2.1/unity-catalog/model-provider-services';
const TYPE = 'MODEL_PROVIDER_SERVICE';

/** Mounts the model provider services of Unity Gateway. evidence: gateway-control-routes */
export function mountProviderServices(app: SandboxApp, ctx: SandboxContext): void {
  app.get(BASE, (c) => {
    const workspace = c.get('workspace');
    const { items, view, next } = pageOfServices(c, TYPE, workspace.provider_services);
    return answer(c, { model_provider_services: items.map((each) => renderProvider(workspace, each, view)), ...next });
  });

  app.post(BASE, async (c) => {
    const sent = await jsonBody(c);
    const { name, comment, config } = checkProviderBody(sent);
    refuseBodyName(name);
    const full_name = newName(ctx, c, 'model_provider_service_id');
    const { workspace } = ctx;
    const caller = c.get('principal');
    const read = readProvider(config, { workspace, caller, full_name, before: undefined });
    requireInline(workspace, caller, full_name, read.inline);
    const service: ProviderService = { ...newBase(ctx, c, full_name, comment), config: read.config };
    workspace.provider_services.set(full_name, service);
    return answer(c, renderProvider(workspace, service, 'FULL'));
  });

  app.get(`${BASE}/:name`, (c) => {
    const workspace = c.get('workspace');
    const name = c.req.param('name');
    readable(workspace, c.get('principal'), TYPE, name);
    const service = workspace.provider_services.get(name);
    if (!service) throw notFound('Model Provider Service', name);
    return answer(c, renderProvider(workspace, service, 'FULL'));
  });

  app.patch(`${BASE}/:name`, async (c) => {
    const sent = await jsonBody(c);
    const { workspace } = ctx;
    const service = writable(ctx, c, TYPE, workspace.provider_services);
    const mask = readMask(c.req.query('update_mask'), PROVIDER_MASK);
    const { name, comment, config } = checkProviderBody(sent);
    checkBodyName(name, service, 'provider');
    if (PROVIDER_MASK.paths.some((path) => path.startsWith('config.') && mask.names(path))) {
      const { full_name } = service;
      const caller = c.get('principal');
      const read = readProvider(config, { workspace, caller, full_name, before: service }, mask);
      requireInline(workspace, caller, full_name, read.inline);
      service.config = read.config;
    }
    if (mask.names('comment')) service.comment = comment ?? '';
    touch(ctx, c, service);
    return answer(c, renderProvider(workspace, service, 'FULL'));
  });

  // Model services that name it stay, and show their destination as deleted.
  app.delete(`${BASE}/:name`, (c) => {
    const service = writable(ctx, c, TYPE, ctx.workspace.provider_services);
    ctx.workspace.provider_services.delete(service.full_name);
    return answer(c, {});
  });
}

/** A secret as plain text needs CREATE_CONNECTION on the schema. evidence: gateway-rights */
function requireInline(workspace: Workspace, caller: Principal, full_name: string, inline: boolean): void {
  const schema = full_name.split('.').slice(0, 2).join('.');
  if (inline) requireCreate(workspace, caller, schema, 'CREATE_CONNECTION');
}

/** A provider service. BASIC omits the service credential and the inference table. evidence: gateway-control-routes */
function renderProvider(workspace: Workspace, service: ProviderService, view: View): JsonObject {
  const { config } = service;
  const { provider_type, targets, rate_limits, inference_table, pricing } = config;
  const [block, settings] = namedBlock(config);
  return {
    ...renderBase(workspace, service, 'provider'),
    config: {
      provider_type,
      [block]: view === 'FULL' ? settings : withoutCredential(settings),
      targets,
      ...flagsOn(config),
      rate_limits: renderLimits(rate_limits, view),
      ...(inference_table && view === 'FULL' && { inference_table: renderTable(inference_table) }),
      ...(pricing && { pricing }),
    },
  };
}

function withoutCredential(block: JsonObject): JsonObject {
  if (!isObject(block.direct)) return block;
  const { service_credential: _hidden, ...direct } = block.direct;
  return { ...block, direct };
}

import type { SandboxApp, SandboxContext } from '../context.ts';
import { ApiError, invalid, missing } from '../errors.ts';
import { answer, endpointOf, jsonBody } from '../http.ts';
import { compact } from '../json.ts';
import type { Workspace } from '../state/state.ts';
import type { ConfigInput } from '../state/wire-types.ts';
import { entitiesOf } from './accept-config.ts';
import { checkCreator } from './creator.ts';
import { checkThroughputFeature } from './features.ts';
import { checkRoom, countWrite } from './operations.ts';
import { checkModels } from './preflight.ts';
import { renderEndpoint, viewOf } from './render.ts';
import { checkNewGateway, createEndpoint, refuseDuplicate, requireEditable, startUpdate } from './routes.ts';
import { checkConfigRules, checkName, checkTagKeys } from './rules.ts';
import { checkPtCreate, checkPtUpdate } from './validate.ts';

const BASE = '/api/2.0/serving-endpoints';

/** Model units come in steps of this size. evidence: pt-units */
const UNIT_STEP = 50;

/**
 * Mounts provisioned throughput in model units and the eligibility route. Mount it before the `{name}` routes, because its paths are
 * literal.
 */
export function mountProvisioned(app: SandboxApp, ctx: SandboxContext): void {
  app.get(`${BASE}/get-model-optimization-info/:model/:version`, (c) => {
    const name = c.req.param('model');
    const version = c
      .get('workspace')
      .models.get(name)
      ?.versions.get(Number(c.req.param('version')));
    if (!version) throw missing(`Model version '${c.req.param('version')}' of '${name}' does not exist.`);
    const { optimizable = false, model_type, throughput_chunk_size, dbus } = version.optimization ?? {};
    return answer(c, compact({ optimizable, model_type, throughput_chunk_size, dbus }));
  });

  app.post(`${BASE}/pt`, async (c) => {
    const body = await jsonBody(c);
    refuseDuplicate(ctx, body.name);
    const input = checkPtCreate(body);
    checkName(input.name);
    checkTagKeys(input.tags ?? []);
    checkUnits(ctx.workspace, input.config);
    checkModels(ctx.workspace, input.config);
    checkCreator(ctx.workspace, c.get('principal').name, input.config);
    checkNewGateway(ctx, 'provisioned', input);
    checkRoom(ctx);
    countWrite(ctx);
    const endpoint = createEndpoint(ctx, c, input);
    endpoint.provisioned = true;
    return answer(c, renderEndpoint(viewOf(ctx, c), endpoint));
  });

  app.put(`${BASE}/pt/:name/config`, async (c) => {
    const body = await jsonBody(c);
    const endpoint = endpointOf(c, c.req.param('name'));
    requireEditable(c, endpoint);
    const { config } = checkPtUpdate(body);
    // assumed: pt-update-of-other-endpoint
    if (!endpoint.provisioned) {
      throw new ApiError(
        400,
        'INVALID_PARAMETER_VALUE',
        `Endpoint ${endpoint.name} is not a provisioned throughput endpoint.`,
      );
    }
    checkUnits(ctx.workspace, config);
    checkModels(ctx.workspace, config);
    checkCreator(ctx.workspace, endpoint.creator ?? '', config);
    countWrite(ctx);
    startUpdate(ctx, c.get('principal').name, endpoint, config);
    return answer(c, renderEndpoint(viewOf(ctx, c), endpoint));
  });
}

function checkUnits(workspace: Workspace, config: ConfigInput): void {
  checkConfigRules(workspace, config);
  checkThroughputFeature(workspace, config);
  for (const entity of entitiesOf(config)) {
    const units = entity.provisioned_model_units ?? 0;
    if (units <= 0 || units % UNIT_STEP !== 0) {
      throw invalid(`provisioned_model_units must be a positive multiple of ${UNIT_STEP}; got ${units}.`);
    }
    const version = workspace.models.get(entity.entity_name ?? '')?.versions.get(Number(entity.entity_version ?? 1));
    if (version && version.optimization?.model_units !== true) {
      throw invalid(`Served entity ${entity.entity_name} is not eligible for Provisioned Throughput.`);
    }
  }
}

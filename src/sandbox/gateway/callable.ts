import { ApiError } from '../errors.ts';
import type { Caller } from '../identity/access.ts';
import { missingAmong, type Place, placesOf, placesOfFoundation } from '../identity/grants.ts';
import { mayRead } from '../identity/service-rights.ts';
import type { ModelService } from '../state/model-service.ts';
import type { Workspace } from '../state/state.ts';

/** 404 of the gateway for a model name. evidence: gateway-unknown-model */
function modelMissing(name: string): ApiError {
  return new ApiError(404, 'NOT_FOUND', `'${name}' does not exist`, { detailed: false });
}

/**
 * The full name of the service that a model name means on a path of the gateway. Undefined when it is the name of an endpoint. Old callers
 * still send the endpoint name of a foundation model. evidence: gateway-model-names
 */
export function serviceMeant(workspace: Workspace, model: string): string | undefined {
  if (model.split('.').length > 2) return model;
  const endpoint = workspace.endpoints.get(model);
  const name = `system.ai.${model.replace(/^databricks-/, '').replaceAll('.', '-')}`;
  if (endpoint === undefined) return name;
  return endpoint.foundation && model.startsWith('databricks-') && workspace.model_services.has(name)
    ? name
    : undefined;
}

function placesOfService(workspace: Workspace, name: string): [Place, ...Place[]] {
  const [own, ...above] = placesOf(workspace, name, 'MODEL_SERVICE') ?? placesOfFoundation(workspace, name);
  return [{ ...own, type: 'MODEL_SERVICE' }, ...above];
}

/**
 * The service with this name, if the caller may call it. Throws 404 when there is none, or when the caller may not see it: both have one
 * answer. Throws 403 for a caller who sees it without EXECUTE. evidence: gateway-unknown-model, assumed: gateway-call-rights
 */
export function callable(workspace: Workspace, caller: Caller, name: string): ModelService {
  const service = workspace.model_services.get(name);
  if (!service) throw modelMissing(name);
  const places = placesOfService(workspace, name);
  const lacks = missingAmong(caller, places);
  if (lacks === undefined) return service;
  if (!mayRead(caller, places)) throw modelMissing(name);
  throw new ApiError(403, 'PERMISSION_DENIED', `User does not have ${lacks}.`, { detailed: false });
}

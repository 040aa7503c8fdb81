/** Sentences that several rows share. */
import { call } from '../refusal.ts';
import { GATEWAY_PATH, isInferencePath, isServiceName } from '../rest/names.ts';
import type { CallInfo, Refusal } from './row.ts';

/** The call that shows the current state. */
export function look({ endpoint }: Pick<CallInfo, 'endpoint'>): string {
  return endpoint === undefined ? `Call ${call('list_endpoints')}.` : `Call ${call('get_endpoint', { endpoint })}.`;
}

export function wait({ endpoint }: Pick<CallInfo, 'endpoint'>): string {
  return endpoint === undefined ? 'Wait for its end' : `Call ${call('wait_for_endpoint', { endpoint })}`;
}

/** A sentence with a call that needs an endpoint. Without one there is no complete call. */
function sentence(tool: string, { endpoint }: Pick<CallInfo, 'endpoint'>, does: string): string {
  return endpoint === undefined ? '' : ` ${call(tool, { endpoint })} ${does}`;
}

/** The call that shows what the model takes. Begins with a blank, as the next ones do. */
export function schema(info: Pick<CallInfo, 'endpoint'>): string {
  return sentence('get_schema', info, 'shows what the model takes.');
}

/** The call that shows the entities, and with them the provider, its model and the name of its secret. */
export function config(info: Pick<CallInfo, 'endpoint'>): string {
  return sentence('get_endpoint', info, 'shows the configuration.');
}

export function logs(info: Pick<CallInfo, 'endpoint'>): string {
  return isOfService(info) ? '' : sentence('get_logs', info, 'shows the log of the service.');
}

/** The call that lists the versions of the model, or all models. */
export function versions({ model }: Pick<CallInfo, 'model'>, does: string): string {
  return ` ${call('list_model_versions', model === undefined ? {} : { model })} ${does}`;
}

export function endpointOnly({ endpoint }: Pick<CallInfo, 'endpoint'>): Record<string, unknown> {
  return endpoint === undefined ? {} : { endpoint };
}

/** Whether the call was about a model service, or a query of one. */
export function isOfService({ endpoint = '', path = '' }: Partial<Pick<Refusal, 'endpoint' | 'path'>>): boolean {
  return isServiceName(endpoint) || path.startsWith(GATEWAY_PATH);
}

/** Advice on the endpoint that was called, in the words of a model service: its keys are at the provider service, and its rights are grants. */
export function forService(text: string): string {
  return text
    .replace(/\b(the) (?:databricks )?endpoint\b/gi, '$1 model service')
    .replace(/(that the) served entity/g, '$1 provider service')
    .replaceAll('served entity', 'destination')
    .replaceAll('CAN_MANAGE', 'MANAGE')
    .replaceAll('up to 90 s', 'up to a minute');
}

/** How long to wait: as the service asks, or until the limit's window is over, or else the given words. */
export function pause({ retryAfterMs, window }: Pick<Refusal, 'retryAfterMs' | 'window'>, otherwise: string): string {
  if (retryAfterMs === undefined) return window?.wait ?? otherwise;
  const seconds = Math.ceil(retryAfterMs / 1000);
  return seconds <= 600 ? `${seconds} s` : `${Math.ceil(seconds / 60)} minutes`;
}

export const isInference = ({ path }: Pick<Refusal, 'path'>) => isInferencePath(path);
export const isRegistry = ({ path }: Pick<Refusal, 'path'>) => path.includes('/unity-catalog/');
export const isServing = ({ path }: Pick<Refusal, 'path'>) => path.startsWith('/api/2.0/serving-endpoints');
export const isEntity = ({ path }: Pick<Refusal, 'path'>) => /\/served-(?:models|entities)\//.test(path);

/** Whether the service checks the rights of the endpoint's creator. Those of the caller were checked by the reads before the write (fact M8). */
export const checksCreator = (refusal: Refusal) =>
  refusal.by === 'service' && refusal.method !== 'GET' && isServing(refusal);

/** What the creator of an endpoint needs. @param ask who grants it. */
export function creatorNeeds(refusal: Refusal, ask: string): string {
  return refusal.tool === 'create_endpoint'
    ? `The caller becomes the creator of the endpoint, and the service serves with its rights. Ask ${ask} for what the message names. Then repeat the call.`
    : `The service serves with the rights of the endpoint's creator, not with those of the caller. Ask ${ask} to give the creator what the message names. ${look(refusal)}`;
}

/** The advice after a write that may or may not have taken effect. */
export function effectUnclear(info: CallInfo): string {
  const { endpoint, model, tool } = info;
  const next =
    endpoint !== undefined && tool === 'update_permissions'
      ? `Call ${call('get_permissions', { endpoint })}.`
      : endpoint === undefined && model !== undefined
        ? `Call ${call('list_model_versions', { model })}.`
        : look(info);
  return `The change may or may not have taken effect. ${next}`;
}

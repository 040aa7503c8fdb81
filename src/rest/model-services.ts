/**
 * Model services of Unity Gateway: objects of Unity Catalog that route requests to foundation models, with fallback, limits and an inference table.
 * Answers are parsed loosely, so that an edit keeps fields that this version does not know.
 */
import * as z from 'zod';
import { TransportError } from './errors.ts';
import { type Http, unread, type WriteRequest } from './http.ts';

export { fullNameOf } from './names.ts';

const ROOT = '/api/2.1/unity-catalog';

/** A model that a service routes to, with a percentage where there are several (fact V6). `is_deleted`: what is behind it is gone, so no request reaches it (fact V5). */
export const Destination = z.looseObject({
  name: z.string(),
  destination_type: z.string().optional(),
  traffic_percentage: z.number().optional(),
  is_deleted: z.boolean().optional(),
  pay_per_token_config: z.looseObject({ model: z.string().optional() }).optional(),
  provisioned_throughput_config: z
    .looseObject({ model_serving_endpoint: z.string().optional(), model: z.string().optional() })
    .optional(),
  external_model_config: z
    .looseObject({
      model_provider_service: z.string().optional(),
      target: z.looseObject({ model: z.string().optional() }).optional(),
    })
    .optional(),
});
export type Destination = z.infer<typeof Destination>;

/** A limit per minute or hour. An absent dimension has no limit, and 0 refuses everything (fact V7). */
export const ServiceLimit = z.looseObject({
  key: z.string(),
  principal: z.string().optional(),
  renewal_period: z.string(),
  requests: z.number().optional(),
  tokens: z.number().optional(),
});
export type ServiceLimit = z.infer<typeof ServiceLimit>;

const ServiceConfig = z.looseObject({
  routing: z
    .looseObject({
      destinations: z.array(Destination).optional(),
      fallback: z.looseObject({ destinations: z.array(Destination).optional() }).optional(),
    })
    .optional(),
  rate_limits: z.array(ServiceLimit).optional(),
  inference_table: z
    .looseObject({
      parent: z.string().optional(),
      table_name_prefix: z.string().optional(),
      table: z.string().optional(),
      is_deleted: z.boolean().optional(),
    })
    .optional(),
  service_policies: z.array(z.looseObject({})).optional(),
});
export type ServiceConfig = z.infer<typeof ServiceConfig>;

export const ModelService = z.looseObject({
  /** The resource name, `model-services/catalog.schema.name`. */
  name: z.string(),
  comment: z.string().optional(),
  config: ServiceConfig.optional(),
  create_time: z.string().optional(),
  created_by: z.string().optional(),
  update_time: z.string().optional(),
  updated_by: z.string().optional(),
  effective_owner: z.string().optional(),
  etag: z.string().optional(),
  supported_api_types: z.array(z.string()).optional(),
});
export type ModelService = z.infer<typeof ModelService>;

/** The paths that an update may name. `config` alone is missing on purpose: it clears every field that the body omits (fact V3). */
export type MaskPath =
  | 'comment'
  | 'config.routing.destinations'
  | 'config.routing.fallback.destinations'
  | 'config.rate_limits'
  | 'config.inference_table';

/** Path of a model service, or of a provider service. The dots of its name stay, because no part of a name holds a slash. */
export function resourcePath(kind: 'model-services' | 'model-provider-services', fullName: string): string {
  return `${ROOT}/${kind}/${fullName.split('.').map(encodeURIComponent).join('.')}`;
}

/** Path of a model service. */
export function servicePath(fullName: string): string {
  return resourcePath('model-services', fullName);
}

/** One service, with destinations and principals (fact V2). Throws an ApiError 404 when it does not exist or the caller has no privilege on it. */
export async function get(http: Http, fullName: string): Promise<ModelService> {
  return ModelService.parse(await http.json('GET', servicePath(fullName)));
}

const Page = z.looseObject({
  model_services: z.array(ModelService).default([]),
  next_page_token: z.string().optional(),
});

/** Pages that are read of one schema, and services of the largest page (fact V2). */
const MAX_PAGES = 50;
const PER_PAGE = { BASIC: '1000', FULL: '200' };

/**
 * The services of one schema that the caller may see. The service lists no whole metastore (fact V1).
 * @throws TransportError when the pages do not end, and an ApiError 404 when the schema does not exist.
 */
export async function list(http: Http, schema: string, view: 'BASIC' | 'FULL' = 'FULL'): Promise<ModelService[]> {
  const path = `${ROOT}/model-services`;
  let found: ModelService[] = [];
  let token: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const query = { parent: `schemas/${schema}`, view, page_size: PER_PAGE[view], page_token: token };
    const page = Page.parse(await http.json('GET', path, { query }));
    found = found.concat(page.model_services);
    const next = page.next_page_token || undefined;
    if (next === undefined || next === token) return found;
    token = next;
  }
  const message = `the model services of ${schema} do not end after ${MAX_PAGES} pages, so reading stopped`;
  throw new TransportError('too_large', { method: 'GET', path, sent: true }, message);
}

/** What a caller may set on create. */
export interface ServiceInput {
  comment?: string;
  config: ServiceConfig;
}

/** Creates a service. A repeat could meet the service of the first try, so it is retried only when the service was too busy to accept it. */
export function create(fullName: string, body: ServiceInput): WriteRequest<ModelService> {
  const [catalog = '', schema = '', id = ''] = fullName.split('.');
  const query = new URLSearchParams({ parent: `schemas/${catalog}.${schema}`, model_service_id: id });
  const path = `${ROOT}/model-services?${query}`;
  return { method: 'POST', path, body, again: 'refused', parse: ModelService.parse };
}

/**
 * Changes the fields that the mask names, if the service is still the one that was read. It is sent once: after another user's edit, the etag is
 * stale, and the service refuses (fact V4).
 */
export function update(
  fullName: string,
  mask: readonly MaskPath[],
  etag: string | undefined,
  body: Pick<ModelService, 'comment' | 'config'>,
): WriteRequest<ModelService> {
  const query = new URLSearchParams({ update_mask: mask.join(','), ...(etag === undefined ? {} : { etag }) });
  return {
    method: 'PATCH',
    path: `${servicePath(fullName)}?${query}`,
    body,
    again: 'never',
    parse: ModelService.parse,
  };
}

/** Deletes a service, if it is still the one that was read (fact V4). With the etag, a repeat after a busy service cannot hit a newer one. */
export function remove(fullName: string, etag: string | undefined): WriteRequest {
  const query = etag === undefined ? '' : `?${new URLSearchParams({ etag })}`;
  return {
    method: 'DELETE',
    path: `${servicePath(fullName)}${query}`,
    again: etag === undefined ? 'never' : 'refused',
    parse: unread,
  };
}

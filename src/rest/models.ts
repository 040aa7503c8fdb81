/** Models of Unity Catalog: versions, which are numbers here (fact S9), and aliases (fact M6). */
import * as z from 'zod';
import { TransportError } from './errors.ts';
import type { Http, RequestOptions } from './http.ts';
import { unread, type WriteRequest } from './http.ts';
import { segment } from './names.ts';

const ROOT = '/api/2.1/unity-catalog/models';

const Alias = z.looseObject({ alias_name: z.string(), version_num: z.number() });

export const Model = z.looseObject({
  full_name: z.string().optional(),
  comment: z.string().optional(),
  owner: z.string().optional(),
  updated_at: z.number().optional(),
  aliases: z.array(Alias).optional(),
});
export type Model = z.infer<typeof Model>;

export const ModelVersion = z.looseObject({
  version: z.number(),
  status: z.string().optional(),
  comment: z.string().optional(),
  created_at: z.number().optional(),
  created_by: z.string().optional(),
  aliases: z.array(Alias).optional(),
});
export type ModelVersion = z.infer<typeof ModelVersion>;

const ModelPage = z.looseObject({
  registered_models: z.array(Model).default([]),
  next_page_token: z.string().optional(),
});

const VersionPage = z.looseObject({
  model_versions: z.array(ModelVersion).default([]),
  next_page_token: z.string().optional(),
});

/** A registered model with its aliases, which the service returns only on request (fact M3). */
export async function get(http: Http, fullName: string): Promise<Model> {
  return Model.parse(await http.json('GET', `${ROOT}/${segment(fullName)}`, { query: { include_aliases: 'true' } }));
}

/** How many pages are read, and how many models each page asks for. The service may send fewer. */
const MAX_PAGES = 10;
const PER_PAGE = '1000';

/**
 * Registered models that the caller may see, in one schema or in the whole metastore. `more` means that further models exist and were not read.
 * The service takes catalog and schema together or neither (fact M1). Throws an ApiError 404 when the schema does not exist.
 */
export async function list(
  http: Http,
  schema?: { catalog_name: string; schema_name: string },
): Promise<{ models: Model[]; more: boolean }> {
  let found: Model[] = [];
  let token: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const query = { ...schema, page_token: token, max_results: PER_PAGE };
    const page = ModelPage.parse(await http.json('GET', ROOT, { query }));
    found = found.concat(page.registered_models);
    const next = page.next_page_token || undefined;
    if (next === undefined || next === token) return { models: found, more: false };
    token = next;
  }
  return { models: found, more: true };
}

/** One version. Its `status` must be READY before it can be served (fact M4). Throws an ApiError 404 when it does not exist. */
export async function version(
  http: Http,
  fullName: string,
  number: string,
  options: RequestOptions = {},
): Promise<ModelVersion> {
  const path = `${ROOT}/${segment(fullName)}/versions/${segment(number)}`;
  return ModelVersion.parse(await http.json('GET', path, options));
}

/** Pages of versions, far more than any model has. */
const MAX_VERSION_PAGES = 100;

/**
 * All versions. Pages may be short or empty while a token is present (fact M2), so only the token ends the loop.
 * @throws TransportError when the pages do not end.
 */
export async function versions(http: Http, fullName: string): Promise<ModelVersion[]> {
  const path = `${ROOT}/${segment(fullName)}/versions`;
  let found: ModelVersion[] = [];
  let token: string | undefined;
  for (let pages = 0; pages < MAX_VERSION_PAGES; pages++) {
    const query = { page_token: token, max_results: '100' };
    const page = VersionPage.parse(await http.json('GET', path, { query }));
    found = found.concat(page.model_versions);
    const next = page.next_page_token || undefined;
    if (next === undefined || next === token) return found;
    token = next;
  }
  const message = `the versions of ${fullName} do not end after ${MAX_VERSION_PAGES} pages, so reading stopped`;
  throw new TransportError('too_large', { method: 'GET', path, sent: true }, message);
}

/** The version that an alias names. Throws an ApiError 404 when the alias does not exist. */
export async function byAlias(http: Http, fullName: string, alias: string): Promise<ModelVersion> {
  return ModelVersion.parse(await http.json('GET', aliasPath(fullName, alias)));
}

/** Path of an alias of a model. */
export function aliasPath(fullName: string, alias: string): string {
  return `${ROOT}/${segment(fullName)}/aliases/${segment(alias)}`;
}

/** Points an alias at a version. Serving does not follow aliases: moving one changes no endpoint (fact M5). */
export function setAlias(fullName: string, alias: string, number: number): WriteRequest {
  const body = { version_num: number };
  return { method: 'PUT', path: aliasPath(fullName, alias), body, again: 'lost', parse: unread };
}

/** Removes an alias. The versions stay. */
export function deleteAlias(fullName: string, alias: string): WriteRequest {
  return { method: 'DELETE', path: aliasPath(fullName, alias), again: 'lost', parse: unread };
}

/** Grants of Unity Catalog, and the owners of its objects. Only for hints before a write, so each request is tried once. */
import * as z from 'zod';
import type { Http } from './http.ts';
import { segment } from './names.ts';
import { AccessList, permissionsPath } from './permissions.ts';

const ROOT = '/api/2.1/unity-catalog';

/** What a privilege is granted on. A registered model is a function here (fact M7). */
export type Securable = 'function' | 'schema' | 'catalog' | 'model_service' | 'model_provider_service';

/** One principal with its privileges on an object, including those that come from the objects above it. */
export interface Holder {
  principal: string;
  privileges: string[];
}

// Direct grants are names, effective ones are objects. Both routes appear in public code.
const Privilege = z.union([
  z.string(),
  z.looseObject({ privilege: z.string() }).transform(({ privilege }) => privilege),
]);

const Page = z.looseObject({
  privilege_assignments: z
    .array(z.looseObject({ principal: z.string(), privileges: z.array(Privilege).default([]) }))
    .default([]),
  next_page_token: z.string().optional(),
});

/** Longest silence of the service before the question is given up, in milliseconds. */
export const PATIENCE = { noRetry: true, timeoutMs: 10_000 } as const;
const MAX_PAGES = 5;

/** All grants that count on an object. @throws Error when the list does not end, because a part of it proves nothing. */
export async function effective(http: Http, kind: Securable, name: string): Promise<Holder[]> {
  let found: Holder[] = [];
  let token: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const query = { page_token: token };
    const path = `${ROOT}/effective-permissions/${kind}/${segment(name)}`;
    const page = Page.parse(await http.json('GET', path, { query, ...PATIENCE }));
    found = found.concat(page.privilege_assignments);
    token = page.next_page_token || undefined;
    if (token === undefined) return found;
  }
  throw new Error(`the grants on ${kind} ${name} have too many pages`);
}

/** The levels on an endpoint. To the group `users`, everyone belongs, and admins of the workspace manage every endpoint. */
export async function levels(http: Http, endpoint: string): Promise<Holder[]> {
  const path = `/api/2.0/serving-endpoints/${segment(endpoint)}`;
  const { id } = z.looseObject({ id: z.string() }).parse(await http.json('GET', path, PATIENCE));
  const { access_control_list: list } = AccessList.parse(await http.json('GET', permissionsPath(id), PATIENCE));
  const holders = list.map(({ user_name, group_name, service_principal_name, all_permissions }) => ({
    principal: group_name === 'users' ? 'account users' : (user_name ?? group_name ?? service_principal_name ?? ''),
    privileges: all_permissions.flatMap(({ permission_level }) => permission_level ?? []),
  }));
  return [...holders, { principal: 'admins', privileges: ['CAN_MANAGE'] }];
}

const Owned = z.looseObject({ owner: z.string().optional(), effective_owner: z.string().optional() });
const PLACES = {
  function: 'models',
  schema: 'schemas',
  catalog: 'catalogs',
  model_service: 'model-services',
  model_provider_service: 'model-provider-services',
} as const;

/** The owner of an object. Ownership is not among the grants (fact M7). */
export async function owner(http: Http, kind: Securable, name: string): Promise<string | undefined> {
  const path = `${ROOT}/${PLACES[kind]}/${segment(name)}`;
  const owned = Owned.parse(await http.json('GET', path, PATIENCE));
  return owned.owner ?? owned.effective_owner;
}

/** The admin of the metastore, a user or a group. */
export async function metastoreAdmin(http: Http): Promise<string | undefined> {
  return Owned.parse(await http.json('GET', `${ROOT}/metastore_summary`, PATIENCE)).owner;
}

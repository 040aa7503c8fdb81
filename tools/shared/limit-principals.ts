import type { LimitRef, LimitWish } from '../../src/plan/rate-limits.ts';
import type { ToolResult } from '../../src/refusal.ts';
import { ApiError } from '../../src/rest/errors.ts';
import type { Http } from '../../src/rest/http.ts';
import { principals } from '../../src/rest/index.ts';
import type { Principal } from '../../src/rest/principals.ts';
import { nearPrincipals } from './grants.ts';

/** A limit that exists, in the dialect of the tools. */
export interface KnownLimit {
  key?: string | undefined;
  principal?: string | undefined;
}

const KINDS = { user: 'user', user_group: 'group', service_principal: 'service_principal' } as const;

/**
 * Replaces principals by the names that the service uses, such as the application id of a service principal. The principal of an existing limit is
 * not looked up, so that the limit of a deleted principal can still be changed or removed.
 * @param groupsOfAccount the target also knows groups of the account, which no workspace lists. It judges one whose name is like no other.
 * @returns the limits, a problem for each unknown or ambiguous name, and principals of similar names.
 */
export async function withPrincipals<Limit extends LimitWish | LimitRef>(
  http: Http,
  limits: readonly Limit[],
  current: readonly KnownLimit[],
  groupsOfAccount: boolean,
): Promise<{ limits: Limit[]; problems: string[]; near: ToolResult[] }> {
  const looked = await Promise.all(
    limits.map(async (limit): Promise<Looked<Limit>> => {
      const { key, principal } = limit;
      if (principal === undefined || key === 'endpoint') return { limit };
      if (current.some((each) => each.key === key && each.principal === principal)) return { limit };
      const misplaced = wrongForm(key, principal);
      if (misplaced !== undefined) return { limit, problem: misplaced };
      const found = await findOrNot(http, principal);
      if (found === undefined) return { limit };
      const names = found.filter((each) => each.kind === KINDS[key]).map((each) => each.name);
      const [only, ...others] = names;
      if (only !== undefined && others.length === 0) return { limit: { ...limit, principal: only } };
      if (only !== undefined)
        return { limit, problem: `several service principals have the name "${principal}"; give the application id` };
      const near = await nearPrincipals(http, principal);
      const other = otherKind(key, principal, found);
      if (groupsOfAccount && key === 'user_group' && other === undefined && near.length === 0) return { limit };
      return { limit, problem: other ?? `there is no ${key.replace('_', ' ')} "${principal}"`, near };
    }),
  );
  return {
    limits: looked.map(({ limit }) => limit),
    problems: looked.flatMap(({ problem }) => problem ?? []),
    near: looked.flatMap(({ near = [] }) => near),
  };
}

interface Looked<Limit> {
  limit: Limit;
  problem?: string;
  near?: ToolResult[];
}

/** An e-mail is a user, and an application id a service principal (fact P3). Under another key it limits no one. */
function wrongForm(key: keyof typeof KINDS, principal: string): string | undefined {
  const is = principal.includes('@') ? 'user' : APPLICATION_ID.test(principal) ? 'service_principal' : undefined;
  if (is === undefined || is === key) return undefined;
  const what = is === 'user' ? 'an e-mail, so it is a user' : 'an application id, so it is a service principal';
  return `"${principal}" is ${what}: give key ${is}, not ${key}`;
}

const APPLICATION_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The name belongs to a principal of another kind. */
function otherKind(key: string, principal: string, found: readonly Principal[]): string | undefined {
  const [kind] = found.map((each) => each.kind);
  const right = Object.entries(KINDS).find(([, each]) => each === kind)?.[0];
  return right && `"${principal}" is a ${String(kind).replace('_', ' ')}: give key ${right}, not ${key}`;
}

/** Undefined when the caller may not look up principals. The service then validates the name. */
async function findOrNot(http: Http, text: string): Promise<Principal[] | undefined> {
  try {
    return await principals.find(http, text);
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return undefined;
    throw error;
  }
}

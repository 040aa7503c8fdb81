import type { LimitRef, LimitWish } from '../../src/plan/rate-limits.ts';
import type { ToolResult } from '../../src/refusal.ts';
import type { AiGateway } from '../../src/rest/endpoints.ts';
import { ApiError } from '../../src/rest/errors.ts';
import type { Http } from '../../src/rest/http.ts';
import { principals } from '../../src/rest/index.ts';
import { nearPrincipals } from './grants.ts';

const KINDS = { user: 'user', user_group: 'group', service_principal: 'service_principal' } as const;

/**
 * Replaces principals by the names that the service uses, such as the application id of a service principal. The principal of an existing limit is
 * not looked up, so that the limit of a deleted principal can still be changed or removed.
 * @returns the limits, a problem for each unknown or ambiguous name, and principals of similar names.
 */
export async function withPrincipals<Limit extends LimitWish | LimitRef>(
  http: Http,
  limits: readonly Limit[],
  current: AiGateway | undefined,
): Promise<{ limits: Limit[]; problems: string[]; near: ToolResult[] }> {
  const problems: string[] = [];
  const near: ToolResult[] = [];
  const resolved = await Promise.all(
    limits.map(async (limit) => {
      const { key, principal } = limit;
      if (principal === undefined || key === 'endpoint') return limit;
      if (current?.rate_limits?.some((each) => each.key === key && each.principal === principal)) return limit;
      const names = await namesOf(http, principal, KINDS[key]);
      if (names === undefined) return limit;
      const [only, ...others] = names;
      if (only !== undefined && others.length === 0) return { ...limit, principal: only };
      problems.push(
        only === undefined
          ? `there is no ${key.replace('_', ' ')} "${principal}"`
          : `several service principals have the name "${principal}"; give the application id`,
      );
      if (only === undefined) near.push(...(await nearPrincipals(http, principal)));
      return limit;
    }),
  );
  return { limits: resolved, problems, near };
}

/** Undefined when the caller may not look up principals. The service then validates the name. */
async function namesOf(
  http: Http,
  text: string,
  kind: (typeof KINDS)[keyof typeof KINDS],
): Promise<string[] | undefined> {
  try {
    return (await principals.find(http, text)).filter((each) => each.kind === kind).map((each) => each.name);
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return undefined;
    throw error;
  }
}

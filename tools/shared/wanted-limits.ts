/** The rate limits that a call wants, with the principals that the service knows. Both gateways take them in one dialect. */
import { type LimitRef, type LimitWish, repeatedLimits } from '../../src/plan/rate-limits.ts';
import { enumeration } from '../../src/refusal.ts';
import type { Http } from '../../src/rest/http.ts';
import { type KnownLimit, withPrincipals } from './limit-principals.ts';
import { refuseProblems } from './preflight.ts';

export interface WantedLimits<Wish extends LimitWish = LimitWish, Ref extends LimitRef = LimitRef> {
  set: Wish[];
  remove: Ref[];
}

/**
 * The same limits with the names that the service uses.
 * @param current the limits that exist. Their principals are not looked up.
 * @param groupsOfAccount whether the target also knows groups that only the account lists.
 * @throws Refusal with all problems at once.
 */
export async function wantedLimits<Wish extends LimitWish, Ref extends LimitRef>(
  http: Http,
  { set, remove }: WantedLimits<Wish, Ref>,
  current: readonly KnownLimit[],
  groupsOfAccount = false,
): Promise<WantedLimits<Wish, Ref>> {
  const [toSet, toRemove] = await Promise.all([
    withPrincipals(http, set, current, groupsOfAccount),
    withPrincipals(http, remove, current, groupsOfAccount),
  ]);
  const repeated = repeatedLimits(toSet.limits).map((limit) => `limit ${limit} is set more than once`);
  const near = [...toSet.near, ...toRemove.near].slice(0, 20);
  refuseProblems([...toSet.problems, ...toRemove.problems, ...repeated], near.length > 0 ? { near } : {});
  return { set: toSet.limits, remove: toRemove.limits };
}

/** A limit of 0 switches an endpoint or a service off for those whom it limits (facts G6 and V7). */
export function zeroWarning(set: readonly Pick<LimitWish, 'key' | 'calls' | 'tokens'>[]): string | undefined {
  const closed = set.filter(({ calls, tokens }) => calls === 0 || tokens === 0).map(({ key }) => WHOM[key]);
  return closed.length === 0
    ? undefined
    : `A limit of 0 refuses every request of ${enumeration([...new Set(closed)])}, with 403.`;
}

const WHOM: Record<LimitWish['key'], string> = {
  endpoint: 'everyone',
  user: 'each user that it limits',
  user_group: 'the group',
  service_principal: 'the service principal',
};

/** A limit as a caller names it. */
export function limitText({ key, principal, unit, period }: LimitRef & { period?: string }): string {
  return [key, principal, unit, period && `per ${period}`].filter(Boolean).join(' ');
}

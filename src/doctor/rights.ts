/** Who the identity is and what it may do, from reads alone. */
import { jwtExpiry } from '../auth/json.ts';
import type { Credentials } from '../auth/types.ts';
import { ENTITLEMENT, entitled, type Held } from '../plan/who-may.ts';
import { type Group, group, type Member } from '../rest/directory.ts';
import { list } from '../rest/endpoints.ts';
import type { Http } from '../rest/http.ts';
import { isObject } from '../rest/json.ts';
import { type Finding, failed, notChecked, ok, warning } from './check.ts';
import { explain } from './explain.ts';

/** The finding for an identity that the workspace knows. @param now the time of the workspace, epoch milliseconds. */
export async function describeIdentity(member: Member, credentials: Credentials, now: number): Promise<Finding> {
  const { authType, profile } = credentials;
  const login = `${authType}${profile === undefined ? '' : ` of profile ${profile}`}`;
  const says = `${member.name}, logged in by ${login}; ${await expiry(credentials, now)}`;
  if (member.active !== false) return ok(says);
  return failed(
    `${says}; the workspace marks it as inactive`,
    'Ask an admin of the workspace to activate this identity.',
  );
}

async function expiry(credentials: Credentials, now: number): Promise<string> {
  if (credentials.authType === 'basic') return 'this method has no token';
  const end = jwtExpiry(await credentials.bearer());
  const isFixed = credentials.authType === 'pat';
  if (end === undefined) return isFixed ? 'its token does not say when it expires' : 'the server renews its token';
  const minutes = Math.round((end - now) / 60_000);
  const when =
    minutes <= 0
      ? 'has expired'
      : `expires in ${minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`}`;
  return isFixed ? `its token ${when} and cannot be renewed` : `its token ${when}, and the server renews it`;
}

/** Whether endpoints can be listed. */
export async function checkList(http: Http): Promise<Finding> {
  try {
    const found = await list(http);
    if (found.length === 0) return ok('the list is empty: there is no endpoint, or none that this identity may see');
    return ok(found.length === 1 ? '1 endpoint is visible' : `${found.length} endpoints are visible`);
  } catch (error) {
    const { says, remedy } = explain(error, 'the endpoints cannot be listed');
    return failed(says, remedy);
  }
}

/** More groups than this are not read. */
const MAX_GROUPS = 12;

const REST_OF_IT = 'each model also needs EXECUTE, which create_endpoint checks';

/**
 * Whether the identity could create endpoints, as far as reads show it: the entitlement that the service requires of a creator. A create is never
 * tried, so `ok` is no promise.
 */
export async function checkCreate(http: Http, member: Member): Promise<Finding> {
  const held = await entitlement(http, member);
  if (held === 'held')
    return ok(
      `this identity has ${member.groups?.includes('admins') ? 'admin rights' : `the entitlement ${ENTITLEMENT}`}; ${REST_OF_IT}`,
    );
  if (held === 'missing')
    return warning(
      `this identity lacks the entitlement ${ENTITLEMENT}, so the workspace refuses new endpoints`,
      `Ask an admin of the workspace to give it the entitlement ${ENTITLEMENT}.`,
    );
  return notChecked('not known: the answers of the directory leave it open, and the doctor never tries a create');
}

async function entitlement(http: Http, member: Member): Promise<Held> {
  const direct = entitled(member, []);
  if (direct === 'held') return direct;
  const names = [...new Set([...(member.groups ?? []), 'users'])];
  if (names.length > MAX_GROUPS + 1) return 'unknown';
  return entitled(member, await Promise.all(names.map((name) => groupRow(http, name))));
}

/** A workspace may have no group `users`. Undefined for a group that cannot be read. */
async function groupRow(http: Http, name: string): Promise<Group | undefined> {
  const none: Group = { entitlements: [], nested: false, members: undefined, containsGroups: false };
  try {
    return (await group(http, name)) ?? (name === 'users' ? none : undefined);
  } catch {
    return undefined;
  }
}

/** Whether registered models can be listed. One row is asked for, because a metastore has thousands. */
export async function checkCatalog(http: Http): Promise<Finding> {
  try {
    const answer = await http.json('GET', '/api/2.1/unity-catalog/models', { query: { max_results: '1' } });
    const rows = isObject(answer) ? answer.registered_models : undefined;
    if (Array.isArray(rows) && rows.length > 0) return ok('registered models can be listed');
    return ok('the registered models can be asked for, and the first page is empty');
  } catch (error) {
    const { says, remedy } = explain(error, 'registered models cannot be listed');
    return failed(says, remedy);
  }
}

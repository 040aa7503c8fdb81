/** Grants in short: a principal, its level, and whether the grant is direct or inherited. */
import { isFoundationModel } from '../../src/plan/foundation.ts';
import { call, Refusal, type ToolResult } from '../../src/refusal.ts';
import { ApiError } from '../../src/rest/errors.ts';
import type { Http } from '../../src/rest/http.ts';
import { type Endpoint, principals } from '../../src/rest/index.ts';
import type { Access, GrantInput, Level } from '../../src/rest/permissions.ts';
import { LEVELS } from '../../src/rest/permissions.ts';
import type { Principal } from '../../src/rest/principals.ts';
import { closestNames } from '../../src/text/did-you-mean.ts';
import { clip } from '../../src/text/sanitize.ts';
import { dropEmpty } from './view.ts';

export interface Grant {
  kind: Principal['kind'];
  principal: string;
  display?: string;
  level: string;
  /** Where the grant comes from, when it is not on this endpoint itself. */
  inherited_from?: string;
}

/** One grant per principal and origin, strongest first. */
export function grantsOf(list: readonly Access[]): Grant[] {
  const grants = list.flatMap((entry) =>
    entry.all_permissions.map(
      (permission): Grant => ({
        ...who(entry),
        ...(entry.display_name === undefined ? {} : { display: entry.display_name }),
        level: permission.permission_level ?? 'unknown',
        ...(permission.inherited ? { inherited_from: permission.inherited_from_object?.[0] ?? 'above' } : {}),
      }),
    ),
  );
  return grants.sort(
    (a, b) =>
      LEVELS.indexOf(b.level as Level) - LEVELS.indexOf(a.level as Level) || (a.principal < b.principal ? -1 : 1),
  ); // unknown levels go last
}

/** The grants on the endpoint itself. */
export function directOf(list: readonly Access[]): Grant[] {
  return grantsOf(list).filter((grant) => grant.inherited_from === undefined);
}

/** A grant in the form of a request. */
export function grantInput(grant: Grant): GrantInput {
  return { ...principalField(grant), permission_level: grant.level as Level }; // levels of direct grants are the service's own
}

/** Maximum number of grants in an answer. */
export const MAX_GRANTS = 100;

/** The strongest grants, and the number of the others. */
export function firstGrants(grants: Grant[]): { grants: Grant[]; omitted?: number } {
  const shown = grants.slice(0, MAX_GRANTS);
  return { grants: shown, ...(shown.length < grants.length ? { omitted: grants.length - shown.length } : {}) };
}

/** Maximum number of grants in a question to the user. */
const MAX_LINES = 10;

/** The strongest grants as lines, such as `user analyst@example.com: CAN_QUERY`. */
export function grantLines(grants: readonly Grant[]): string[] {
  const lines = grants.slice(0, MAX_LINES).map(({ kind, principal, level }) => `${kind} ${principal}: ${level}`);
  return grants.length > MAX_LINES ? [...lines, `and ${grants.length - MAX_LINES} more`] : lines;
}

function who(entry: Access): { kind: Grant['kind']; principal: string } {
  if (entry.user_name !== undefined) return { kind: 'user', principal: entry.user_name };
  if (entry.group_name !== undefined) return { kind: 'group', principal: entry.group_name };
  return { kind: 'service_principal', principal: entry.service_principal_name ?? '' };
}

/** The field of a principal in a request. A service principal goes by its application id (fact P3). */
export function principalField(principal: {
  kind: Grant['kind'];
  principal: string;
}): { user_name: string } | { group_name: string } | { service_principal_name: string } {
  if (principal.kind === 'user') return { user_name: principal.principal };
  if (principal.kind === 'group') return { group_name: principal.principal };
  return { service_principal_name: principal.principal };
}

/** The id that grants belong to. Foundation-model endpoints have none, and therefore no access list (fact P1). */
export function idOf(endpoint: Endpoint): string {
  if (endpoint.id !== undefined) return endpoint.id;
  const { name } = endpoint;
  if (isFoundationModel(endpoint))
    throw new Refusal(
      'no_grants',
      `${name} is a Databricks-hosted foundation model, so it has no id and no grants of its own, and every user of the workspace may query it`,
      'Limit its use per user or group with set_rate_limits.',
    );
  throw new Refusal(
    'no_grants',
    `the service names no id for endpoint ${name}, and an access list belongs to an id`,
    `${call('get_endpoint', { endpoint: name, detail: true })} shows what the service says about it.`,
  );
}

/** Why a text means no principal, with principals of similar names. Those are text from outside, so they are data. */
export interface Unresolved {
  problem: string;
  near?: ToolResult[];
  /** No principal of the workspace has this name or a similar one, and it may be that of a group. The account may have such a group. */
  unseen?: boolean;
}

/** The principal that a text means, or why there is not exactly one. */
export async function resolve(
  http: Http,
  text: string,
): Promise<{ kind: Grant['kind']; principal: string } | Unresolved> {
  let found: Principal[];
  try {
    found = await principals.find(http, text);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 403)) throw error;
    return { problem: `the caller may not look up principals, so "${text}" cannot be checked` };
  }
  const [first, ...others] = found;
  if (!first) {
    const near = await nearPrincipals(http, text);
    return {
      problem: `no user, group or service principal is named "${text}"; give an e-mail, a group name, or a service principal's display name or application id`,
      near,
      unseen: near.length === 0 && !/@|^[0-9a-f]{8}-/i.test(text),
    };
  }
  if (others.length > 0)
    return {
      problem: `"${text}" can mean ${found.map((each) => `${each.kind} ${each.name}`).join(' or ')}; give the application id of the service principal, or rename one`,
    };
  return { kind: first.kind, principal: first.name };
}

/** How many principals of similar names one refusal shows for a name. */
const NEAR = 5;

/** Principals of similar names, closest first, as grants show them. */
export async function nearPrincipals(http: Http, text: string): Promise<ToolResult[]> {
  const local = (name: string) => name.split('@')[0] ?? '';
  const labels = (await principals.alike(http, text)).flatMap((each) =>
    [each.kind === 'user' ? local(each.name) : each.name, each.display].flatMap((label) =>
      label ? [{ label, each }] : [],
    ),
  );
  const near = closestNames(local(text), [...new Set(labels.map(({ label }) => label))]).flatMap((name) =>
    labels.flatMap(({ label, each }) => (label === name ? [each] : [])),
  );
  return [...new Set(near)]
    .slice(0, NEAR)
    .map(({ kind, name, display }) =>
      dropEmpty({ kind, principal: clip(name, 100), display: display && clip(display, 100) }),
    );
}

import { ApiError } from '../errors.ts';
import type { Token } from '../state/state.ts';

/** Scopes that say who signs in, not what the token opens. */
const IDENTITY = ['openid', 'email', 'profile', 'offline_access'];

const QUERY = ['model-serving', 'model-serving-inference'];

/** Each route needs one scope of each group. Routes that are not listed need none. evidence: scope-missing, assumed: scope-routes */
const NEEDS: [path: RegExp, groups: string[][]][] = [
  [/^\/serving-endpoints\/responses$/, [QUERY, ['ai-gateway']]],
  [/^\/(api\/)?serving-endpoints\/|^\/realtime-inference\//, [QUERY]],
  [/^\/(ai-gateway|mlflow)\//, [['ai-gateway']]],
  [/^\/api\/2\.0\/serving-endpoints\b/, [['model-serving']]],
  // evidence: scope-access
  [/^\/api\/2\.0\/permissions\//, [['access-management']]],
  [/^\/api\/2\.0\/preview\/scim\/v2\/(?!Me$)/, [['access-management']]],
  [/^\/api\/2\.1\/unity-catalog\/|^\/api\/2\.0\/mlflow\/unity-catalog\//, [['unity-catalog']]],
  [/^\/api\/2\.0\/apps\b/, [['apps']]],
  [/^\/api\/2\.0\/secrets\//, [['secrets']]],
  [/^\/api\/2\.0\/sql\//, [['sql']]],
  [/^\/api\/2\.0\/fs\//, [['files']]],
];

/** The scopes of a token that Databricks Apps forwards for a user who agreed to those that this server needs. evidence: forwarded-scopes */
export const FORWARDED = 'model-serving sql ai-gateway iam.current-user:read iam.access-control:read';

/** The scopes that limit a token, from the text of a token request. Null is no limit. */
export function scopesOf(scope: string): string[] | null {
  const named = scope.split(/\s+/).filter((each) => each !== '' && !IDENTITY.includes(each));
  return named.length === 0 || named.includes('all-apis') ? null : named;
}

/** Throws the 403 of a token that lacks a scope. */
export function checkScopes({ scopes }: Token, path: string): void {
  if (scopes === null) return;
  const groups = NEEDS.find(([pattern]) => pattern.test(path))?.[1] ?? [];
  for (const group of groups) {
    // Apps use a longer name for the same scope.
    const held = scopes.map((each) => (each === 'serving.serving-endpoints' ? 'model-serving' : each));
    if (group.some((each) => held.includes(each))) continue;
    const text = `Provided OAuth token does not have required scopes: ${group.join(', ')}`;
    throw new ApiError(403, 403, text, { detailed: false });
  }
}

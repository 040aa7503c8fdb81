/** What a forwarded token reaches, as a table of routes. */
import { describe, expect, it } from 'vitest';
import { UnreachedError } from '../../src/rest/errors.ts';
import type { Method } from '../../src/rest/http.ts';
import { APP_IDENTITIES, type AppIdentity, familyOf, forwardedReach } from '../../src/rights/reach.ts';

const BEYOND: [path: string, family: string][] = [
  ['/api/2.1/unity-catalog/models/ml.prod.churn', 'catalog'],
  ['/api/2.1/unity-catalog/model-services', 'catalog'],
  ['/api/2.1/unity-catalog/effective-permissions/function/ml.prod.churn', 'catalog'],
  ['/api/2.0/permissions/serving-endpoints/abc', 'permissions'],
  ['/api/2.0/preview/scim/v2/Users', 'directory'],
  ['/api/2.0/preview/scim/v2/Groups', 'directory'],
  ['/api/2.0/preview/scim/v2/Me2', 'directory'],
  ['/api/2.0/secrets/list', 'secrets'],
  ['/api/2.0/apps/shop', 'apps'],
  ['/api/2.0/apps', 'apps'],
];

const WITHIN = [
  '/api/2.0/preview/scim/v2/Me',
  '/api/2.0/serving-endpoints',
  '/api/2.0/serving-endpoints/permissions',
  '/api/2.0/serving-endpoints/secrets/config',
  '/serving-endpoints/apps/invocations',
  '/ai-gateway/mlflow/v1/chat/completions',
  '/api/2.0/sql/statements',
  '/api/2.0/fs/files/Volumes/main/ops/log/a.jsonl',
  '/oidc/v1/token',
];

describe('a forwarded token', () => {
  it.each(BEYOND)('does not reach %s', (path, family) => {
    expect(familyOf(path)).toBe(family);
  });

  it.each(WITHIN)('reaches %s as far as its scopes and the rights of the user go', (path) => {
    expect(familyOf(path)).toBeUndefined();
    for (const identity of APP_IDENTITIES) expect(forwardedReach(identity).detour('PUT', path)).toBeUndefined();
  });
});

describe('a request beyond the token', () => {
  it.each<[AppIdentity, Method, 'refused' | 'app']>([
    ['off', 'GET', 'refused'],
    ['off', 'PUT', 'refused'],
    ['reads', 'GET', 'app'],
    ['reads', 'PUT', 'refused'],
    ['reads', 'POST', 'refused'],
    ['reads', 'PATCH', 'refused'],
    ['reads', 'DELETE', 'refused'],
    ['all', 'GET', 'app'],
    ['all', 'DELETE', 'app'],
  ])('with --app-identity %s, %s: %s', (identity, method, way) => {
    for (const [path] of BEYOND) {
      const detour = forwardedReach(identity).detour(method, path);
      expect(detour instanceof UnreachedError ? 'refused' : detour).toBe(way);
    }
  });
});

import type { SandboxApp, SandboxContext } from '../context.ts';
import { hex } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import type { Login } from '../state/logins.ts';
import type { Principal, Token } from '../state/state.ts';
import { may } from './access.ts';
import { isNarrowedTo } from './authenticate.ts';
import { newRefresh, redeemCode, redeemRefresh } from './login.ts';
import { clientCredentials, type Grantee, jwtSubject, OAuthError, parseForm } from './oauth-client.ts';
import { scopesOf } from './scopes.ts';

/** Lifetime of an OAuth token in wall seconds, unless the seed sets another one for its principal. The service uses one hour. */
const LIFETIME_SECONDS = 3600;

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** Mounts discovery and the token endpoint, for the workspace and for the account. evidence: oauth-routes */
export function mountOAuth(app: SandboxApp, ctx: SandboxContext): void {
  app.get('/.well-known/databricks-config', (c) => {
    const { account_id, org_id, cloud } = ctx.workspace;
    const host_type = 'workspace';
    return c.json({
      oidc_endpoint: `${ctx.host}/oidc`,
      account_id,
      workspace_id: org_id,
      cloud: cloud.toUpperCase(),
      host_type,
    });
  });

  const discovery = (base: string) => ({
    issuer: base,
    authorization_endpoint: `${base}/v1/authorize`,
    token_endpoint: `${base}/v1/token`,
    scopes_supported: ['all-apis', 'offline_access', 'openid'],
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    grant_types_supported: ['authorization_code', 'client_credentials', 'refresh_token', TOKEN_EXCHANGE, JWT_BEARER],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
  });
  app.get('/oidc/.well-known/oauth-authorization-server', (c) => c.json(discovery(`${ctx.host}/oidc`)));
  app.get('/oidc/accounts/:account/.well-known/oauth-authorization-server', (c) =>
    c.json(discovery(`${ctx.host}/oidc/accounts/${c.req.param('account')}`)),
  );

  const token = async (text: string, authorization: string | undefined): Promise<Response> => {
    try {
      return json(200, grant(ctx, parseForm(text), authorization));
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      return json(error.status, { error: error.code, error_description: error.message });
    }
  };
  app.post('/oidc/v1/token', async (c) => token(await c.req.text(), c.req.header('authorization')));
  app.post('/oidc/accounts/:account/v1/token', async (c) => token(await c.req.text(), c.req.header('authorization')));
}

function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  });
}

function grant(ctx: SandboxContext, form: URLSearchParams, authorization: string | undefined): JsonObject {
  const type = form.get('grant_type');
  if (type === 'authorization_code') return userGrant(ctx, redeemCode(ctx, form));
  if (type === 'refresh_token') return userGrant(ctx, redeemRefresh(ctx, form));
  const principal = grantee(ctx, form, authorization);
  const details = form.get('authorization_details');
  if (type === JWT_BEARER && details === null) {
    throw new OAuthError(400, 'invalid_request', 'authorization_details is required.');
  }
  return tokenAnswer(ctx, principal, form.get('scope') ?? 'all-apis', details);
}

/** The tokens of a user who signed in. Someone who was locked out since then gets none. */
function userGrant(ctx: SandboxContext, login: Login): JsonObject {
  const principal = ctx.workspace.principals.get(login.principal);
  if (!principal?.active) throw new OAuthError(400, 'invalid_grant', 'The user is not active.');
  const refresh_token = newRefresh(ctx, login);
  return { ...tokenAnswer(ctx, principal, login.scope, null), ...(refresh_token && { refresh_token }) };
}

function tokenAnswer(ctx: SandboxContext, principal: Principal, scope: string, details: string | null): JsonObject {
  const { value } = issue(ctx, principal, scope, details);
  return { access_token: value, token_type: 'Bearer', expires_in: lifetimeOf(principal), scope };
}

function grantee(ctx: SandboxContext, form: URLSearchParams, authorization: string | undefined): Principal {
  const { workspace, clock } = ctx;
  switch (form.get('grant_type')) {
    case 'client_credentials':
      return clientCredentials(workspace, form, authorization);
    case TOKEN_EXCHANGE: {
      const wanted: Grantee = {
        client_id: form.get('client_id'),
        subject: jwtSubject(form.get('subject_token'), clock.wall()),
      };
      // Without a client id, the federation is account-wide, and the subject of the JWT names the principal. assumed: federation-subject
      const principal = workspace.principals.get(wanted.client_id ?? wanted.subject);
      if (!principal?.federation) {
        throw new OAuthError(400, 'invalid_grant', 'No federation policy matches the subject token.');
      }
      return principal;
    }
    case JWT_BEARER: {
      const assertion = workspace.tokens.get(form.get('assertion') ?? '');
      const principal = assertion && workspace.principals.get(assertion.principal);
      const live =
        assertion?.kind === 'oauth' && (assertion.expires_at === null || assertion.expires_at > clock.wall());
      if (!principal || !live) throw new OAuthError(400, 'invalid_grant', 'The assertion is not a valid OAuth token.');
      return principal;
    }
    default:
      throw new OAuthError(400, 'unsupported_grant_type', `Unsupported grant type: ${form.get('grant_type') ?? ''}`);
  }
}

/**
 * Issues a bearer token. `authorization_details` narrow it to an endpoint that the principal may already query. assumed: narrowing-refused
 */
function issue(ctx: SandboxContext, principal: Principal, scope: string, details: string | null): Token {
  const { workspace, clock, random } = ctx;
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const expires_at = clock.wall() + lifetimeOf(principal) * 1000;
  const claims = {
    iss: `${ctx.host}/oidc`,
    sub: principal.name,
    exp: Math.floor(expires_at / 1000),
    jti: hex(random, 16),
  };
  const token: Token = {
    value: `${part({ alg: 'none', typ: 'at+jwt' })}.${part(claims)}.${hex(random, 43)}`,
    principal: principal.name,
    kind: details === null ? 'oauth' : 'narrowed',
    expires_at,
    scopes: scopesOf(scope),
    authorization_details: details,
  };
  if (details !== null) {
    const endpoint = [...workspace.endpoints.values()].find((e) => isNarrowedTo(token, e));
    if (!endpoint || !may(principal, endpoint, 'Query')) {
      throw new OAuthError(403, 'access_denied', 'The principal may not query the endpoint in authorization_details.');
    }
  }
  workspace.tokens.set(token.value, token);
  return token;
}

/** A token that Databricks Apps forwards for a user. @param scopes separated by spaces. */
export function forwardedToken(ctx: SandboxContext, principal: Principal, scopes: string): string {
  return issue(ctx, principal, scopes, null).value;
}

function lifetimeOf(principal: Principal): number {
  return principal.token_lifetime_seconds ?? LIFETIME_SECONDS;
}

import type { Context, Next } from 'hono';
import type { SandboxContext, SandboxEnv } from '../context.ts';
import { ApiError, tokenExpired } from '../errors.ts';
import type { Endpoint, Token, Workspace } from '../state/state.ts';
import { checkScopes } from './scopes.ts';

/** Prefix of the dedicated URLs of route-optimized endpoints. assumed: data-plane-url */
export const DATA_PLANE_PREFIX = '/route-optimized/';

/** Azure refuses a token this long before it expires, in wall milliseconds. evidence: azure-margin */
const AZURE_EXPIRY_MARGIN = 30_000;

const OPEN_PATHS = [/^\/oidc\//, /^\/\.well-known\//];

/**
 * The middleware that finds the principal of a bearer token. A missing header is 401; an unknown or expiring token is 403, and at the gateway
 * plain text. evidence: gateway-token-text
 */
export function authMiddleware(ctx: SandboxContext) {
  return async (c: Context<SandboxEnv>, next: Next): Promise<Response | undefined> => {
    if (!OPEN_PATHS.some((open) => open.test(c.req.path))) {
      const token = readToken(ctx, c.req.header('authorization'));
      if (typeof token === 'number') {
        if (c.req.path.startsWith('/ai-gateway/')) return c.text('Invalid Token', token);
        throw token === 400 ? badToken() : tokenExpired(403);
      }
      const principal = ctx.workspace.principals.get(token.principal);
      if (!principal?.active) throw badToken();
      checkReach(ctx.workspace, c.req.path, token);
      checkScopes(token, c.req.path);
      c.set('principal', principal);
      c.set('token', token);
      c.get('record').principal = principal.name;
    }
    await next();
    return undefined;
  };
}

/** The token of a request, or the gateway's status for one that is unknown or expiring. */
function readToken(ctx: SandboxContext, header: string | undefined): Token | 400 | 403 {
  const bearer = /^Bearer\s+(\S+)$/i.exec(header ?? '')?.[1];
  // evidence: no-credential-text
  if (bearer === undefined) {
    throw new ApiError(401, 401, 'Credential was not sent or was of an unsupported type for this API.', {
      detailed: false,
    });
  }
  const token = ctx.workspace.tokens.get(bearer);
  if (!token) return 400;
  const margin = ctx.workspace.cloud === 'azure' ? AZURE_EXPIRY_MARGIN : 0;
  return token.expires_at !== null && token.expires_at - ctx.clock.wall() <= margin ? 403 : token;
}

function badToken(): ApiError {
  return new ApiError(403, 403, 'Invalid access token.', { detailed: false });
}

/** A narrowed token opens the dedicated URL of its endpoint and nothing else. Only a narrowed token opens that URL. */
function checkReach(workspace: Workspace, path: string, token: Token): void {
  const onDataPlane = path.startsWith(DATA_PLANE_PREFIX);
  if (onDataPlane !== (token.kind === 'narrowed')) throw badToken();
  if (!onDataPlane) return;
  const routeId = path.slice(DATA_PLANE_PREFIX.length).split('/')[0];
  const endpoint = [...workspace.endpoints.values()].find((e) => e.route_id === routeId);
  if (endpoint && !isNarrowedTo(token, endpoint)) throw badToken();
}

/** Whether the `authorization_details` of a token name this endpoint, by id or by route id. */
export function isNarrowedTo(token: Token, endpoint: Endpoint): boolean {
  const details = token.authorization_details ?? '';
  return [endpoint.id, endpoint.route_id].some((id) => id !== null && details.includes(`"/serving-endpoints/${id}"`));
}

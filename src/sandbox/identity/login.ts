import { createHash } from 'node:crypto';
import type { SandboxApp, SandboxContext } from '../context.ts';
import type { Call } from '../http.ts';
import { hex } from '../ids.ts';
import type { Login } from '../state/logins.ts';
import type { Principal, Workspace } from '../state/state.ts';
import { OAuthError, parseForm } from './oauth-client.ts';

/** Lifetime of an authorization code in wall milliseconds. assumed: login-lifetimes */
const CODE_LIFETIME = 5 * 60_000;

/** What a client asks for when it sends a person to the login page. */
interface LoginRequest {
  client_id: string;
  redirect: URL;
  challenge: string;
  scope: string;
  state: string | null;
}

/**
 * Mounts the login page: an authorization code with PKCE for a user, who proves who they are with a token. It serves clients on this machine
 * only. evidence: user-login
 */
export function mountLogin(app: SandboxApp, ctx: SandboxContext): void {
  for (const path of ['/oidc/v1/authorize', '/oidc/accounts/:account/v1/authorize']) {
    app.get(path, (c) => {
      const request = readRequest(new URL(c.req.url).searchParams);
      return typeof request === 'string' ? refusalPage(c, request) : loginPage(ctx, c, request);
    });
    app.post(path, async (c) => {
      const form = parseForm(await c.req.text());
      const request = readRequest(form);
      if (typeof request === 'string') return refusalPage(c, request);
      const user = userOf(ctx, form);
      if (!user) return loginPage(ctx, c, request, 'This token does not belong to that user.');
      return c.redirect(backTo(request, { code: newCode(ctx, request, user) }), 303);
    });
  }
}

/** The user of a token. The token that the sandbox printed may name another user. */
function userOf(ctx: SandboxContext, form: URLSearchParams): Principal | undefined {
  const token = ctx.workspace.tokens.get(form.get('token') ?? '');
  const live = token?.kind !== 'narrowed' && (token?.expires_at == null || token.expires_at > ctx.clock.wall());
  if (!token || !live) return undefined;
  const name = form.get('user') || token.principal;
  if (name !== token.principal && token.value !== ctx.admin_token) return undefined;
  return usersOf(ctx.workspace).find((user) => user.name === name);
}

function usersOf(workspace: Workspace): Principal[] {
  return [...workspace.principals.values()].filter((each) => each.kind === 'user' && each.active);
}

/** The request of a client, or why it is refused. A code leaves this machine by no way. */
function readRequest(from: URLSearchParams): LoginRequest | string {
  const redirect = loopback(from.get('redirect_uri'));
  if (!redirect) return 'redirect_uri must be an http address of this machine, such as http://localhost:8020.';
  const client_id = from.get('client_id');
  if (!client_id) return 'client_id is missing.';
  if (from.get('response_type') !== 'code') return 'response_type must be code.';
  const challenge = from.get('code_challenge');
  if (!challenge || from.get('code_challenge_method') !== 'S256')
    return 'A code_challenge of the method S256 is needed.';
  return { client_id, redirect, challenge, scope: from.get('scope') || 'all-apis', state: from.get('state') };
}

function loopback(address: string | null): URL | undefined {
  if (address === null || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  const here = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  return here && url.protocol === 'http:' && url.username === '' ? url : undefined;
}

function backTo({ redirect, state }: LoginRequest, answer: Record<string, string>): string {
  const url = new URL(redirect);
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value);
  if (state !== null) url.searchParams.set('state', state);
  return url.href;
}

function newCode(ctx: SandboxContext, request: LoginRequest, user: Principal): string {
  const { codes } = ctx.workspace.logins;
  const now = ctx.clock.wall();
  for (const [code, { expires_at }] of codes) if (expires_at <= now) codes.delete(code);
  const code = hex(ctx.random, 32);
  const { client_id, redirect, challenge, scope } = request;
  const grant = { client_id, principal: user.name, scope, challenge };
  codes.set(code, { ...grant, redirect_uri: redirect.href, expires_at: now + CODE_LIFETIME });
  return code;
}

/** Redeems a code. It works once, for the client and the address that asked for it, and only with the verifier. */
export function redeemCode(ctx: SandboxContext, form: URLSearchParams): Login {
  const { codes } = ctx.workspace.logins;
  const code = form.get('code') ?? '';
  const grant = codes.get(code);
  codes.delete(code);
  const verifier = form.get('code_verifier') ?? '';
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const same =
    grant?.challenge === challenge.replace(/=+$/, '') &&
    grant.client_id === form.get('client_id') &&
    grant.redirect_uri === loopback(form.get('redirect_uri'))?.href;
  if (!grant || !same || grant.expires_at <= ctx.clock.wall()) {
    throw new OAuthError(400, 'invalid_grant', 'The authorization code is invalid, used or expired.');
  }
  return grant;
}

/** Redeems a refresh token, which works once. assumed: login-lifetimes */
export function redeemRefresh(ctx: SandboxContext, form: URLSearchParams): Login {
  const { refresh } = ctx.workspace.logins;
  const value = form.get('refresh_token') ?? '';
  const login = refresh.get(value);
  if (!login || login.client_id !== form.get('client_id')) {
    throw new OAuthError(400, 'invalid_grant', 'The refresh token is invalid.');
  }
  refresh.delete(value);
  return login;
}

/** A refresh token for a login that asked for one. */
export function newRefresh(ctx: SandboxContext, { client_id, principal, scope }: Login): string | undefined {
  if (!scope.split(' ').includes('offline_access')) return undefined;
  const value = hex(ctx.random, 48);
  ctx.workspace.logins.refresh.set(value, { client_id, principal, scope });
  return value;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (each) => ENTITIES[each] ?? '');

function loginPage(ctx: SandboxContext, c: Call, request: LoginRequest, problem = ''): Response {
  const { client_id, redirect, challenge, scope, state } = request;
  const fields = {
    client_id,
    redirect_uri: redirect.href,
    response_type: 'code',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    scope,
    ...(state !== null && { state }),
  };
  const hidden = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${escaped(value)}">`,
  );
  const options = usersOf(ctx.workspace).map(({ name }) => `<option>${escaped(name)}</option>`);
  const body = `<h1>Sign in</h1>
<p>${escaped(client_id)} asks for access to this sandbox workspace.</p>
<form method="post">${hidden.join('')}
<p><label>User <select name="user">${options.join('')}</select></label></p>
<p><label>Token of the user, or the one that the sandbox printed <input type="password" name="token" required autofocus></label></p>
<p>${escaped(problem)}</p>
<button>Sign in</button></form>`;
  return page(c, body, problem === '' ? 200 : 403, redirect.origin);
}

function refusalPage(c: Call, problem: string): Response {
  return page(c, `<h1>Sign in</h1><p>${escaped(problem)}</p>`, 400, '');
}

function page(c: Call, body: string, status: 200 | 400 | 403, target: string): Response {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title><body>${body}</body></html>`;
  return c.html(html, status, {
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    // A browser follows the redirect after the form only to an address that is named here.
    'content-security-policy': `default-src 'none'; form-action 'self' ${target}; frame-ancestors 'none'`,
  });
}

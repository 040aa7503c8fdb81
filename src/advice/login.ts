/** Refusals about a login, a token or its scopes (fact H9). */
import type { Row } from './row.ts';

const LOG_IN = 'log in again (databricks auth login)';
/** For a token that a platform forwards. It sends a renewed one with each call. */
const SIGN_IN = 'The forwarded token no longer counts. Repeat the call. If that fails, sign in to the app again.';

export const LOGIN: readonly Row[] = [
  {
    id: 'token_invalid',
    words: ['Invalid access token'],
    again: false,
    who: 'login',
    say: ({ forwarded }) =>
      forwarded
        ? SIGN_IN
        : `The workspace rejected the token. Its owner must renew it or ${LOG_IN}, and check that it belongs to this host.`,
  },
  {
    id: 'token_missing_or_wrong_kind',
    words: ['Credential was not sent or was of an unsupported type for this API'],
    again: false,
    who: 'login',
    say: `The workspace got no token of a kind that this route accepts. Route-optimized endpoints and Apps take OAuth tokens only. Configure client_id and client_secret, or ${LOG_IN}.`,
  },
  {
    id: 'login_method_off',
    words: [
      'authentication is disabled for',
      'authentication is disabled in',
      'authentication is not enabled for',
      'authentication is not allowed',
      'access tokens are disabled',
      'access tokens are not enabled',
      // Longer than the words of a feature that is switched off.
      'access tokens are disabled for this workspace',
      'access tokens are not enabled for this workspace',
      'authentication is not enabled for this workspace',
    ],
    again: false,
    who: 'login',
    say: `The workspace does not accept this kind of login. Use OAuth instead: a service principal's client_id and client_secret, or ${LOG_IN}. A new token of the same kind does not help.`,
  },
  {
    id: 'token_expiring',
    words: [
      'Token is expiring within 30 seconds',
      'Token is expiring',
      'token expired',
      'token has expired',
      'token is expired',
      'expired access token',
      'expired OAuth token',
      'expired token',
    ],
    atStart: true,
    when: ({ status }) => status === 401 || status === 403,
    again: true,
    who: 'login',
    say: ({ forwarded }) =>
      forwarded
        ? SIGN_IN
        : `The token has expired or is about to. Repeat the call, which requests a new token. If that fails, its owner must ${LOG_IN}.`,
  },
  {
    id: 'token_wrong_audience',
    words: ['Expected aud claim to be', 'Invalid audience', 'invalid aud claim'],
    again: false,
    who: 'login',
    say: 'The token was issued for another service. The person who configures the login must request a token for Databricks (or this workspace), not for another API. The payload is not the cause.',
  },
  {
    id: 'scope_missing',
    words: [
      'Provided OAuth token does not have required scopes:',
      'does not have required scopes',
      'Invalid scope, required scopes',
      'Invalid scope',
      'required scopes',
      'missing required scope',
      'insufficient_scope',
    ],
    // A wrong scope of secrets is a 400 or a 404.
    when: ({ status }) => status !== 400 && status !== 404,
    again: false,
    who: 'login',
    say: 'The token lacks a scope. No grant on the endpoint helps. The owner of the app or login adds the scope that the message names. Users then sign in again, because issued tokens keep their scopes.',
  },
  {
    id: 'scope_name_unknown',
    words: ['Invalid user API scope(s) specified for model'],
    again: false,
    who: 'model author',
    say: "The agent asks for a scope that Model Serving does not have. The agent's author uses names from the allowed list in the message. Apps accept other names.",
  },
  {
    id: 'oauth_client_refused',
    words: ['invalid_client'],
    codes: ['invalid_client'],
    again: false,
    who: 'login',
    say: "The token endpoint refused the client. The service principal's owner renews its secret and checks that the client id exists in this account.",
  },
  {
    id: 'oauth_client_not_allowed',
    words: ['unauthorized_client'],
    codes: ['unauthorized_client'],
    again: false,
    who: 'login',
    say: 'The token endpoint knows the client but does not allow it this kind of login. An admin of the account allows it, or the user configures another login.',
  },
  {
    id: 'token_exchange_refused',
    words: [],
    codes: ['invalid_grant'],
    when: ({ path }) => path === '/oidc/v1/token',
    again: false,
    who: 'login',
    say: 'A route-optimized endpoint accepts only OAuth credentials, not a personal access token. Configure client_id and client_secret, or run databricks auth login.',
  },
  {
    id: 'refresh_refused',
    words: ['Refresh token is invalid', 'token expired and refresh token is not set'],
    again: false,
    who: 'login',
    say: 'The stored login is no longer valid. The user logs in again in a browser: databricks auth login.',
  },
  {
    id: 'login_throttled',
    words: ['Temporarily throttled, too many requests'],
    again: true,
    who: 'login',
    say: 'The token endpoint is busy with too many logins. Wait some seconds and repeat the call. A program should reuse one token instead of logging in for each call.',
  },
  {
    id: 'apps_token_expired',
    words: ['Invalid Token'],
    when: ({ status, layers }) =>
      (status === 403 || status === 400) && layers.some((text) => /^(?:\w+ ){0,2}invalid token\.?$/i.test(text.trim())),
    again: true,
    who: 'login',
    say: `The token is no longer valid. Repeat the call, which requests a new one. If that fails, its owner must ${LOG_IN}.`,
  },
  {
    id: 'web_route',
    words: ['Missing CSRF token'],
    again: false,
    who: 'caller',
    say: 'The request reached a path of the web interface, which takes no tokens. Check the workspace host: it must be an address without a path.',
  },
  {
    id: 'login_page_instead',
    words: ['Databricks - Sign In'],
    codes: ['HTML_PAGE', 'REDIRECT'],
    again: false,
    who: 'caller',
    say: 'Check the workspace host (--host, DATABRICKS_HOST or the profile). It must be the address of the workspace, without a path.',
  },
  {
    // The status alone says that the login is the cause, but not why.
    id: 'login_refused',
    words: [],
    when: ({ status, by }) => status === 401 && by === 'service',
    order: 'last',
    again: false,
    who: 'login',
    say: `The workspace rejected the credentials. Renew the token or ${LOG_IN}, then repeat the call.`,
  },
];

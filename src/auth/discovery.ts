import type { Configuration } from './configuration.ts';
import { AuthError } from './errors.ts';
import { isAccountHost, secureUrl } from './host.ts';
import type { Send } from './http.ts';
import { type JsonObject, parseObject, stringOf } from './json.ts';

/** The answer of `/.well-known/databricks-config`. Any field can be absent. */
export interface HostMetadata {
  oidcEndpoint?: string;
  accountId?: string;
  workspaceId?: string;
  cloud?: string;
  hostType?: string;
}

export interface Discovery {
  /** Requested once. Undefined when the host has no such page or does not answer. Never throws. */
  metadata(): Promise<HostMetadata | undefined>;
  /** The result of `metadata()`, without a request. */
  known(): HostMetadata | undefined;
  /** The OAuth token endpoint. Throws AuthError `token_endpoint` or `bad_config`. */
  tokenEndpoint(): Promise<URL>;
}

const AUTHORIZATION_SERVER = '/.well-known/oauth-authorization-server';

/** Finds the OAuth endpoints of the configured host (fact I10). */
export function createDiscovery(configuration: Configuration, send: Send): Discovery {
  const host = configuration.host;
  let asked: Promise<HostMetadata | undefined> | undefined;
  let known: HostMetadata | undefined;

  async function ask(): Promise<HostMetadata | undefined> {
    if (host === undefined) return undefined;
    try {
      // One try, because older workspaces have no such page, and other sources have the same facts.
      const answer = await send({
        url: new URL(`${host}/.well-known/databricks-config`),
        once: true,
        timeoutMs: 5_000,
      });
      const body = answer.status === 200 ? parseObject(answer.text) : undefined;
      known = body && toMetadata(body);
    } catch {
      known = undefined;
    }
    return known;
  }

  function metadata(): Promise<HostMetadata | undefined> {
    asked ??= ask();
    return asked;
  }

  async function tokenEndpoint(): Promise<URL> {
    if (host === undefined) throw new AuthError('bad_config', 'no host is configured', 'Set DATABRICKS_HOST.');
    const given = configuration.settings.get('discovery_url')?.value;
    if (given !== undefined) return endpointFrom(send, secureUrl(given, 'discovery_url'));
    const account = configuration.accountId;
    if (isAccountHost(host)) {
      if (account === undefined) {
        throw new AuthError(
          'bad_config',
          `${host} is an account host, but account_id is not set`,
          'Set DATABRICKS_ACCOUNT_ID.',
        );
      }
      return new URL(`${host}/oidc/accounts/${encodeURIComponent(account)}/v1/token`);
    }
    const found = await metadata();
    const accountId = account ?? found?.accountId;
    const oidc = found?.oidcEndpoint?.replaceAll('{account_id}', encodeURIComponent(accountId ?? ''));
    if (oidc !== undefined && !(accountId === undefined && found?.oidcEndpoint?.includes('{account_id}'))) {
      return endpointFrom(send, secureUrl(`${oidc.replace(/\/+$/, '')}${AUTHORIZATION_SERVER}`, 'oidc_endpoint'));
    }
    const unified = found?.hostType === 'unified' && accountId !== undefined;
    const scope = unified ? `/oidc/accounts/${encodeURIComponent(accountId)}` : '/oidc';
    return endpointFrom(send, new URL(`${host}${scope}${AUTHORIZATION_SERVER}`));
  }

  return { metadata, tokenEndpoint, known: () => known };
}

async function endpointFrom(send: Send, url: URL): Promise<URL> {
  const answer = await send({ url });
  const endpoint = answer.status === 200 ? stringOf(parseObject(answer.text), 'token_endpoint') : undefined;
  if (endpoint === undefined) {
    const html = answer.header('content-type')?.includes('html') ? ' with an HTML page' : '';
    throw new AuthError(
      'token_endpoint',
      `${url.origin} answered ${answer.status}${html} where its OAuth endpoints were expected`,
      'Check that the host is the address of a Databricks workspace.',
    );
  }
  // The client secret goes there, so it must be as secure as the host itself.
  return secureUrl(endpoint, 'token_endpoint of the host');
}

function toMetadata(body: JsonObject): HostMetadata {
  const found: HostMetadata = {};
  const oidcEndpoint = stringOf(body, 'oidc_endpoint');
  const accountId = stringOf(body, 'account_id');
  const workspaceId = stringOf(body, 'workspace_id');
  const cloud = stringOf(body, 'cloud');
  const hostType = stringOf(body, 'host_type');
  if (oidcEndpoint !== undefined) found.oidcEndpoint = oidcEndpoint;
  if (accountId !== undefined) found.accountId = accountId;
  if (workspaceId !== undefined) found.workspaceId = workspaceId;
  if (cloud !== undefined) found.cloud = cloud;
  if (hostType !== undefined) found.hostType = hostType.toLowerCase();
  return found;
}

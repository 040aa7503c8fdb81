import { isSecure } from '../connection/loopback.ts';
import { unquoted } from '../connection/unquoted.ts';
import { AuthError } from './errors.ts';
import type { Cloud } from './types.ts';

export interface Host {
  /** Only scheme and authority. */
  origin: string;
  /** Hints from the query of a URL that was copied from a browser. */
  workspaceId?: string;
  accountId?: string;
}

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const NUMERIC = /^\d+$/;
const IDENTIFIER = /^[A-Za-z0-9._-]+$/;

/**
 * Turns a pasted text into a host: adds `https://`, and drops quotes, path, query, fragment, user info and slash. Keeps the hints
 * `?o=`, `?workspace_id=` (digits), `?w=`, `?a=` and `?account_id=` (fact I6).
 * Throws AuthError `bad_config` when the text is not a host. It also throws for plain http anywhere but on loopback,
 * because every request carries a bearer.
 */
export function parseHost(text: string): Host {
  const trimmed = unquoted(text);
  // A single word is the name of a profile or a mistake. A host with such a name needs its scheme.
  if (/^(?!localhost\b)[\w-]+(?:[/?#]|$)/i.test(trimmed)) throw badHost('is a word, not an address');
  let url: URL;
  try {
    url = new URL(SCHEME.test(trimmed) ? trimmed : `https://${trimmed}`);
  } catch {
    throw badHost('is not a host name or URL');
  }
  if (url.hostname === '') throw badHost('has no host name');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw badHost(`has the scheme ${url.protocol.slice(0, -1)}; only https is supported`);
  }
  requireSecure(url, 'host');
  const host: Host = { origin: url.origin };
  const query = url.searchParams;
  const workspaceId = firstMatch(
    [query.get('o'), NUMERIC],
    [query.get('workspace_id'), NUMERIC],
    [query.get('w'), IDENTIFIER],
  );
  const accountId = firstMatch([query.get('a'), IDENTIFIER], [query.get('account_id'), IDENTIFIER]);
  if (workspaceId !== undefined) host.workspaceId = workspaceId;
  if (accountId !== undefined) host.accountId = accountId;
  return host;
}

/** The CLI writes `workspace_id = none` for "account only" (fact I8). */
export function withoutSentinel(workspaceId: string | undefined): string | undefined {
  return workspaceId === undefined || workspaceId.toLowerCase() === 'none' ? undefined : workspaceId;
}

/** Throws AuthError `bad_config` when a URL for a secret is neither https nor loopback. */
export function requireSecure(url: URL, what: string): void {
  if (isSecure(url)) return;
  throw new AuthError(
    'bad_config',
    `the ${what} ${url.origin} is not https, so a token would be sent in clear text`,
    'Use an https:// address. Plain http is accepted only for 127.0.0.1, ::1 and localhost.',
  );
}

/** A URL checked by `requireSecure`. Throws AuthError `bad_config` when the text is not a URL. */
export function secureUrl(text: string, what: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new AuthError('bad_config', `the ${what} is not a URL`, `Correct the ${what}.`);
  }
  requireSecure(url, what);
  return url;
}

/** Whether a host is an account console, which serves accounts and not a workspace (fact I7). */
export function isAccountHost(origin: string): boolean {
  return origin.startsWith('https://accounts.') || origin.startsWith('https://accounts-dod.');
}

export const CLOUD_SUFFIXES: readonly (readonly [suffix: string, cloud: Cloud])[] = [
  ['.gcp.databricks.com', 'gcp'],
  ['.azuredatabricks.net', 'azure'],
  ['.databricks.azure.us', 'azure'],
  ['.databricks.azure.cn', 'azure'],
  ['.cloud.databricks.com', 'aws'],
  ['.cloud.databricks.us', 'aws'],
  ['.dev.databricks.com', 'aws'],
];

/** The cloud of a host, from its suffix, or undefined. `hint` is the `cloud` attribute or the metadata of the host. */
export function cloudOf(origin: string | undefined, hint?: string): Cloud | undefined {
  const said = hint?.toLowerCase();
  if (said === 'aws' || said === 'azure' || said === 'gcp') return said;
  if (origin === undefined) return undefined;
  const { hostname } = new URL(origin);
  return CLOUD_SUFFIXES.find(([suffix]) => hostname.endsWith(suffix))?.[1];
}

function firstMatch(...candidates: [value: string | null, pattern: RegExp][]): string | undefined {
  return candidates.find(([value, pattern]) => value !== null && pattern.test(value))?.[0] ?? undefined;
}

// The message omits the text itself, because people paste tokens into the wrong field.
function badHost(problem: string): AuthError {
  return new AuthError(
    'bad_config',
    `the configured host ${problem}`,
    'Set the host to the address of the workspace, such as https://dbc-a1b2c3d4-e5f6.cloud.databricks.com. To name a profile, use --profile.',
  );
}

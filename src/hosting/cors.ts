/** What a browser must hear before a page of another origin may call this server. Only origins of the list hear it. Pure. */

/** Headers that a page may send. A browser asks for all but the simple ones. */
const MAY_SEND = [
  'accept',
  'authorization',
  'content-type',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
].join(', ');

/** Headers that a page may read. */
const MAY_READ = ['mcp-protocol-version', 'mcp-session-id', 'retry-after', 'www-authenticate'].join(', ');

/** Seconds that a browser remembers the answer to a preflight. */
const REMEMBERED = '600';

/** Headers of every answer. @param origin one of the list, or undefined where no browser calls. */
export function corsHeaders(origin: string | undefined): Record<string, string> {
  if (origin === undefined) return { vary: 'Origin' };
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    // The login of the platform is a cookie.
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': MAY_READ,
  };
}

/** Headers of the answer to a preflight. */
export function preflightHeaders(origin: string): Record<string, string> {
  return {
    ...corsHeaders(origin),
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': MAY_SEND,
    'access-control-max-age': REMEMBERED,
  };
}

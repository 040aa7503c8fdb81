/** The proxy that the environment names for a host: HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */

import { ProxyError } from './errors.ts';
import { isLoopback } from './loopback.ts';
import { unquoted } from './unquoted.ts';

export interface HttpProxy {
  url: URL;
  /** HOST:PORT, for messages. */
  name: string;
  /** The variable that names it, for messages. */
  variable: string;
}

type Env = Record<string, string | undefined>;

/**
 * The proxy for an origin. Undefined for a direct connection: without a proxy, for a host in NO_PROXY, and for this machine, because a proxy would
 * look on its own machine. A link-local address is a service of this machine too. As in other programs, names in small letters come first, HTTP_PROXY
 * also counts for https, and an address without a scheme is http.
 * @throws ProxyError for an address that no proxy can have.
 */
export function proxyFor(origin: URL, env: Env): HttpProxy | undefined {
  const { hostname, protocol, port } = origin;
  if (isLoopback(hostname) || hostname.startsWith('169.254.')) return undefined;
  const names =
    protocol === 'https:' ? ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'] : ['http_proxy', 'HTTP_PROXY'];
  const variable = names.find((name) => unquoted(env[name]) !== '');
  if (variable === undefined) return undefined;
  const exceptions = unquoted(env.no_proxy) || unquoted(env.NO_PROXY);
  if (isException(hostname, port || usualPort(protocol), exceptions)) return undefined;
  return toProxy(unquoted(env[variable]), variable);
}

function toProxy(text: string, variable: string): HttpProxy {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const example = `Set ${variable} to http://HOST:PORT, and restart this server.`;
  if (!url) throw new ProxyError(`${variable} is not the address of a proxy`, example, { transient: false });
  const name = `${url.hostname}:${url.port || usualPort(url.protocol)}`;
  if (url.protocol === 'http:' || url.protocol === 'https:') return { url, name, variable };
  const message = `${variable} names a ${url.protocol.slice(0, -1)} proxy at ${name}, and this server uses only HTTP proxies`;
  throw new ProxyError(message, example, { transient: false });
}

function usualPort(protocol: string): string {
  return protocol === 'https:' ? '443' : '80';
}

/** NO_PROXY lists hosts, which include their subdomains, each with an optional port. `*` is every host. */
function isException(hostname: string, port: string, list: string): boolean {
  const entries = list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '');
  return entries.some((entry) => {
    const [, host = entry, only] = /^(.+):(\d+)$/.exec(entry) ?? [];
    const name = host.replace(/^\*?\./, '');
    return (
      entry === '*' || ((only === undefined || only === port) && (hostname === name || hostname.endsWith(`.${name}`)))
    );
  });
}

/** The settings of the way to the workspace: proxy and certificates. */
import { isLoopback } from '../connection/loopback.ts';
import { type HttpProxy, proxyFor } from '../connection/proxy.ts';
import { unquoted } from '../connection/unquoted.ts';
import { type Finding, failed, ok, warning } from './check.ts';
import { codeOf, explain } from './explain.ts';

type Env = Record<string, string | undefined>;

export interface ProxyChoice {
  finding: Finding;
  /** Absent for a direct connection, and for an address that no proxy can have. */
  proxy?: HttpProxy | undefined;
}

/** The proxy that the server would use for this host, and why. */
export function checkProxy(origin: URL, env: Env): ProxyChoice {
  try {
    const proxy = proxyFor(origin, env);
    if (proxy) return { proxy, finding: ok(`${proxy.variable} names the proxy ${proxy.name}`) };
    return { finding: withoutProxy(origin, env) };
  } catch (error) {
    const { says, remedy } = explain(error, 'its variables');
    return { finding: failed(says.replace(/; nothing was sent$/, ''), remedy) };
  }
}

const NAMES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'];

function withoutProxy({ hostname }: URL, env: Env): Finding {
  const set = NAMES.filter((name) => unquoted(env[name]) !== '');
  if (set.length > 0 && isLoopback(hostname))
    return ok(`${set[0]} does not count for ${hostname}: this machine is never reached through a proxy`);
  if (set.length > 0) {
    const exceptions = unquoted(env.no_proxy) === '' ? 'NO_PROXY' : 'no_proxy';
    return ok(`${set[0]} does not count for ${hostname}: ${exceptions} lists it`);
  }
  const all = ['ALL_PROXY', 'all_proxy'].find((name) => unquoted(env[name]) !== '');
  if (all !== undefined && !isLoopback(hostname))
    return warning(
      `${all} is set, but this server does not read it, so it connects directly`,
      `If only a proxy leads out of this network, set HTTPS_PROXY to http://HOST:PORT.`,
    );
  return ok('no proxy is set, so the connection is direct');
}

/** Certificates that Node adds to its own. Node only warns about a file that it cannot read, and starts without it. */
export async function checkCertificates(env: Env, readFile: (path: string) => Promise<string>): Promise<Finding> {
  const path = env.NODE_EXTRA_CA_CERTS;
  if (path) {
    const problem = await problemOf(path, readFile);
    if (problem !== undefined)
      return failed(
        `NODE_EXTRA_CA_CERTS names ${path}, ${problem}, so Node ignores it`,
        'Set NODE_EXTRA_CA_CERTS to a readable PEM file with the CA certificates, or remove it.',
      );
  }
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0')
    return warning(
      'NODE_TLS_REJECT_UNAUTHORIZED=0 switches the check of certificates off, so anyone on the way can read the token',
      'Remove NODE_TLS_REJECT_UNAUTHORIZED, and set NODE_EXTRA_CA_CERTS to the CA file of your network.',
    );
  return ok(path ? `Node's own, and those in ${path} (NODE_EXTRA_CA_CERTS)` : "Node's own");
}

async function problemOf(path: string, readFile: (path: string) => Promise<string>): Promise<string | undefined> {
  try {
    const text = await readFile(path);
    return /-----BEGIN (?:TRUSTED )?CERTIFICATE-----/.test(text) ? undefined : 'which has no certificate in PEM form';
  } catch (error) {
    return `which cannot be read (${codeOf(error)})`;
  }
}

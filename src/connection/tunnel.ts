/**
 * A tunnel through an HTTP proxy (RFC 9110, section 9.3.6): one attempt, which ends with a socket or with an error that names the proxy. undici's own
 * agent connects again without end when a proxy closes the connection, even after its caller has gone.
 */
import { request } from 'node:http';
import { request as requestSecurely } from 'node:https';
import type { Socket } from 'node:net';
import { ProxyError } from './errors.ts';
import type { HttpProxy } from './proxy.ts';

/**
 * @param target HOST:PORT.
 * @param timeout milliseconds.
 * @throws ProxyError
 */
export function openTunnel(proxy: HttpProxy, target: string, timeout: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { url } = proxy;
    const asked = (url.protocol === 'https:' ? requestSecurely : request)({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port || undefined,
      method: 'CONNECT',
      path: target,
      headers: { host: target, 'proxy-connection': 'keep-alive', ...login(url) },
      agent: false,
    });
    const timer = setTimeout(() => {
      const seconds = Math.round(timeout / 1000);
      asked.destroy(failed(proxy, target, `did not open a tunnel to ${target} within ${seconds} s`));
    }, timeout);
    asked.once('connect', ({ statusCode = 0, headers }, socket, head) => {
      clearTimeout(timer);
      if (statusCode >= 200 && statusCode < 300) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
        return;
      }
      socket.on('error', () => {}).destroy();
      reject(refused(proxy, target, statusCode, String(headers['proxy-authenticate'] ?? '')));
    });
    asked.once('error', (error) => {
      clearTimeout(timer);
      reject(error instanceof ProxyError ? error : broken(proxy, target, error));
    });
    asked.end();
  });
}

function login({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const text = `${decoded(username)}:${decoded(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(text).toString('base64')}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const hostOf = (target: string) => target.replace(/:\d+$/, '');

function failed(proxy: HttpProxy, target: string, what: string, cause?: unknown): ProxyError {
  const next = `Check ${proxy.variable}, and whether the proxy allows ${target}. If the host can be reached directly, add ${hostOf(target)} to NO_PROXY and restart this server.`;
  return new ProxyError(`the proxy at ${proxy.name} ${what}`, next, { transient: true, cause });
}

function broken(proxy: HttpProxy, target: string, cause: NodeJS.ErrnoException): ProxyError {
  const code = cause.code ?? '';
  if (code === 'ECONNRESET' || code === 'EPIPE') return failed(proxy, target, `closed the tunnel to ${target}`, cause);
  if (code.startsWith('HPE_')) return failed(proxy, target, `did not answer as an HTTP proxy (${code})`, cause);
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code))
    return failed(proxy, target, `has a certificate that is not valid (${code})`, cause);
  return failed(proxy, target, `cannot be reached (${code || 'no connection'})`, cause);
}

/** @param schemes the ways to log in that the proxy offers. */
function refused(proxy: HttpProxy, target: string, status: number, schemes: string): ProxyError {
  const { name, url, variable } = proxy;
  if (status === 407) {
    const given = url.username !== '';
    const message = `the proxy at ${name} ${given ? `rejected the login in ${variable}` : 'requires a login'} (407)`;
    const next =
      schemes === '' || /\bbasic\b/i.test(schemes)
        ? `In ${variable}, put a user and a password in front of the host, with a colon between them and @ after them. Then restart this server.`
        : `It accepts no user and password. Run a program on this machine that logs in to it, such as px or cntlm, set ${variable} to that, and restart this server.`;
    return new ProxyError(message, next, { transient: false });
  }
  if (status >= 500) return failed(proxy, target, `could not reach ${target} (${status})`);
  const next = `Ask the administrator of the proxy to allow ${target}. If the host can be reached directly, add ${hostOf(target)} to NO_PROXY and restart this server.`;
  return new ProxyError(`the proxy at ${name} refused a tunnel to ${target} (${status})`, next, { transient: false });
}

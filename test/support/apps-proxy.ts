/**
 * A stand-in for what Databricks Apps puts in front of an App. It follows the documented headers, and refuses what the platform refuses. A
 * preflight passes without a login, because a browser sends none with it. (assumed)
 */
import { randomUUID } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as open,
  type ServerResponse,
} from 'node:http';
import type { Sandbox } from '../../src/sandbox/index.ts';

export interface AppsProxyOptions {
  sandbox: Sandbox;
  /** The user scopes of the App. Everyone agreed to them. Without any, the platform forwards no token. */
  scopes: readonly string[];
  /** Time without an answer until the platform answers with 504. Milliseconds. Default: 120 seconds. */
  silentMs?: number;
  /** Time until it cuts an answer that streams. Milliseconds. Default: 300 seconds. */
  streamMs?: number;
}

export interface AppsProxy {
  /** `http://127.0.0.1:PORT`. */
  url: string;
  /** The public name of the App. */
  name: string;
  /** Where the App listens. Before that, and while the App restarts, requests end in 502. */
  leadTo(port: number | undefined): void;
  /** The cookie of a browser in which a user signed in. */
  signIn(user: string): string;
  /** Headers of each request as the App got them. */
  passed: IncomingHttpHeaders[];
  close(): Promise<void>;
}

/** Whom the platform lets through, as the App hears of it. */
interface SignedIn {
  id: string;
  name: string;
  display: string;
  workspace: string;
}

const SESSION = '__Host-apps-session';
/** What the platform sets itself. What a caller sends under these names never arrives. */
const OWN = /^(?:authorization|cookie|connection|keep-alive|host|x-request-id|x-real-ip|x-forwarded-.*)$/;

export async function startAppsProxy(options: AppsProxyOptions): Promise<AppsProxy> {
  const { sandbox, scopes, silentMs = 120_000, streamMs = 300_000 } = options;
  const sessions = new Map<string, string>();
  const passed: IncomingHttpHeaders[] = [];
  let target: number | undefined;
  const name = 'mcp-databricks-serving-1234567890.aws.databricksapps.com';

  /** @returns a status when no one is signed in: 302 leads a browser to the login, 401 refuses a personal access token. */
  async function signedIn({ authorization, cookie = '' }: IncomingHttpHeaders): Promise<SignedIn | 302 | 401> {
    const session = new RegExp(`${SESSION}=([\\w-]+)`).exec(cookie)?.[1];
    const user = session === undefined ? undefined : sessions.get(session);
    const bearer = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
    if (bearer?.startsWith('dapi')) return 401;
    const token = bearer ?? (user === undefined ? undefined : sandbox.forwardedTokenOf(user, ['all-apis']));
    if (token === undefined) return 302;
    const answer = await fetch(`${sandbox.host}/api/2.0/preview/scim/v2/Me`, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (!answer.ok) return 302;
    const me = (await answer.json()) as { id: string; userName: string; displayName?: string };
    const workspace = answer.headers.get('x-databricks-org-id') ?? '';
    return { id: me.id, name: me.userName, display: me.displayName ?? me.userName, workspace };
  }

  function headersFor(request: IncomingMessage, user: SignedIn | undefined): Record<string, string | string[]> {
    const kept = Object.entries(request.headers).flatMap(([key, value]) =>
      value === undefined || OWN.test(key) ? [] : [[key, value] as const],
    );
    return {
      ...Object.fromEntries(kept),
      host: name,
      'x-forwarded-host': name,
      'x-forwarded-proto': 'https',
      'x-request-id': randomUUID(),
      ...(user && {
        'x-forwarded-user': `${user.id}@${user.workspace}`,
        'x-forwarded-email': user.name,
        'x-forwarded-preferred-username': user.display,
        ...(scopes.length > 0 && { 'x-forwarded-access-token': sandbox.forwardedTokenOf(user.name, scopes) }),
      }),
    };
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const preflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
    const user = preflight ? undefined : await signedIn(request.headers);
    if (typeof user === 'number') {
      request.resume();
      response.writeHead(user, user === 302 ? { location: `${sandbox.host}/oidc/v1/authorize` } : {}).end();
      return;
    }
    if (target === undefined) return void response.writeHead(502).end('App Not Available');
    const headers = headersFor(request, user);
    passed.push(headers as IncomingHttpHeaders);
    const upstream = open({ port: target, host: '127.0.0.1', method: request.method, path: request.url, headers });
    const silent = setTimeout(() => {
      upstream.destroy();
      if (!response.headersSent) response.writeHead(504).end('upstream request timeout');
    }, silentMs);
    let cut: NodeJS.Timeout | undefined;
    response.on('close', () => {
      clearTimeout(silent);
      clearTimeout(cut);
      upstream.destroy();
    });
    upstream.on('error', () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end('App Not Available');
    });
    upstream.on('response', (answer) => {
      clearTimeout(silent);
      cut = setTimeout(() => response.destroy(), streamMs);
      response.writeHead(answer.statusCode ?? 502, answer.headers).flushHeaders();
      answer.on('error', () => response.destroy());
      answer.pipe(response);
    });
    request.pipe(upstream);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    name,
    passed,
    leadTo(port) {
      target = port;
    },
    signIn(user) {
      const session = randomUUID();
      sessions.set(session, user);
      return `${SESSION}=${session}`;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

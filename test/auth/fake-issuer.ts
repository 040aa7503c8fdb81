import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import { onTestFinished } from 'vitest';
import type { AuthEnvironment } from '../../src/auth/index.ts';

export interface SeenRequest {
  method: string;
  /** Path and query. */
  path: string;
  /** The host that the client addressed, also when `redirectTo` diverted the request. */
  host: string;
  headers: IncomingHttpHeaders;
  form: Record<string, string>;
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  json?: unknown;
  text?: string;
  /** Closes the connection instead of answering. */
  hangUp?: boolean;
}

export type Handler = (seen: SeenRequest) => Reply | Promise<Reply>;

export interface FakeIssuer {
  url: string;
  seen: SeenRequest[];
  handle: Handler;
}

/** An HTTP server on loopback that records its requests. By default it answers 404. It closes when the test ends. */
export async function startFakeIssuer(handle: Handler = () => ({ status: 404, json: {} })): Promise<FakeIssuer> {
  const state: FakeIssuer = { url: '', seen: [], handle };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const seen: SeenRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      host: String(request.headers['x-meant-for'] ?? request.headers.host),
      headers: request.headers,
      form: Object.fromEntries(new URLSearchParams(body)),
    };
    state.seen.push(seen);
    send(response, await state.handle(seen));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A TCP server always has an AddressInfo; the string form belongs to pipes.
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return state;
}

function send(response: ServerResponse, { status = 200, headers = {}, json, text, hangUp }: Reply): void {
  if (hangUp === true) {
    response.destroy();
    return;
  }
  const type = json === undefined ? 'text/html' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(json === undefined ? (text ?? '') : JSON.stringify(json));
}

/** A dispatcher that sends requests for any host to the fake issuer. The header `x-meant-for` names the host. */
export function redirectTo(target: FakeIssuer): Dispatcher {
  return new Agent().compose((dispatch) => (options, handler) => {
    const headers: Record<string, string> = { 'x-meant-for': new URL(String(options.origin)).host };
    // This code base sends headers as plain records only.
    Object.assign(headers, options.headers);
    return dispatch({ ...options, origin: target.url, headers }, handler);
  });
}

/** A workspace's OAuth: the discovery pages and a token endpoint that hands out `token-1`, `token-2`, … */
export function workspace(token: (seen: SeenRequest, count: number) => Reply = issued()): Promise<FakeIssuer> {
  let count = 0;
  const server = startFakeIssuer((seen) => {
    const base = `http://${seen.host}`;
    if (seen.path === '/oidc/.well-known/oauth-authorization-server') {
      return { json: { authorization_endpoint: `${base}/oidc/v1/authorize`, token_endpoint: `${base}/oidc/v1/token` } };
    }
    if (seen.path === '/oidc/v1/token') {
      count += 1;
      return token(seen, count);
    }
    return { status: 404, json: { error_code: 'ENDPOINT_NOT_FOUND', message: 'no such page' } };
  });
  return server;
}

export function issued(expiresIn = 3600): (seen: SeenRequest, count: number) => Reply {
  return (_seen, count) => ({
    json: { access_token: `token-${count}`, token_type: 'Bearer', expires_in: expiresIn, scope: 'all-apis' },
  });
}

export interface TestEnvironment extends AuthEnvironment {
  /** Epoch milliseconds that `now()` returns. Sleeping advances it. */
  clock: number;
  slept: number[];
  /** File contents by path. No other file exists. */
  files: Record<string, string>;
}

/** An environment of the test's own: no variables, no files, no programs. Its clock advances only by sleeping or by hand. */
export function testEnvironment(
  env: Record<string, string | undefined> = {},
  over: Partial<TestEnvironment> = {},
): TestEnvironment {
  const environment: TestEnvironment = {
    env,
    homeDir: '/home/someone',
    clock: Date.UTC(2026, 7, 21, 10),
    slept: [],
    files: {},
    now: () => environment.clock,
    async sleep(ms) {
      environment.slept.push(ms);
      environment.clock += ms;
    },
    async readFile(path) {
      const text = environment.files[path];
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return text;
    },
    async run(command) {
      throw new Error(`this test does not run programs, but ${command} was requested`);
    },
    platform: 'linux',
    ...over,
  };
  return environment;
}

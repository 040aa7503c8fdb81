/** The server over HTTP in this process, on a sandbox: several users with their own tokens, and raw connections to it. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { createAuth } from '../../src/auth/index.ts';
import type { CallLimit } from '../../src/calls/in-time.ts';
import { type Caller, CallerRefused } from '../../src/hosting/caller.ts';
import type { GateRules } from '../../src/hosting/gate.ts';
import { createHostedServer, type HostedServer, type HostLimits } from '../../src/hosting/server.ts';
import { type Journal, memoryJournal } from '../../src/journal/journal.ts';
import type { ServerEnvironment } from '../../src/mcp/handlers.ts';
import { createAnswerer } from '../../src/mcp/sdk-v2.ts';
import { createHttp } from '../../src/rest/http.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import { tools } from '../../tools/index.ts';

/** Small numbers, so that tests reach them, and long times, so that none passes by chance. */
const LIMITS: HostLimits = {
  total: 8,
  perUser: 4,
  bytes: 8 * 1024 * 1024,
  maxBody: 1024 * 1024,
  connections: 3_000,
  headMs: 60_000,
  bodyMs: 60_000,
  sendMs: 60_000,
  idleMs: 60_000,
  lingerMs: 300,
  answerMs: 120_000,
};

export interface HostedOptions {
  /** Undefined: the default workspace. */
  seed?: SandboxOptions['seed'] | undefined;
  limits?: Partial<HostLimits>;
  rules?: Partial<GateRules>;
  callLimit?: Partial<CallLimit>;
  /** Starts a proxy in front of the sandbox. @returns the host that the server connects to. */
  via?: (host: string) => Promise<string>;
}

export interface Hosted {
  server: HostedServer;
  sandbox: Sandbox;
  port: number;
  logs: string[];
  /** Sends a request as one user, `admin@example.com` by default. Other headers win. */
  post(body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Calls a tool. @returns its answer. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read results field by field, and a wrong guess fails them
  call(tool: string, args?: object, user?: string, signal?: AbortSignal): Promise<any>;
  /** Sends bytes as they are, and closes nothing. @returns everything that came back until the server closed, or until it matches. */
  raw(parts: string | Buffer | (string | Buffer)[], until?: RegExp): Promise<string>;
  /** The status of the health check, over a new connection. */
  health(): Promise<number>;
  journalOf(user: string): Journal;
  close(): Promise<void>;
}

export const USER = 'admin@example.com';

export async function startHosted(options: HostedOptions = {}): Promise<Hosted> {
  const sandbox = await startSandbox({
    clock: { kind: 'manual' },
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  });
  const host = (await options.via?.(sandbox.host)) ?? sandbox.host;
  const logs: string[] = [];
  const calls = new AbortController();
  const environments = new Map<string, ServerEnvironment & { journal: Journal }>();
  const closing: (() => Promise<void>)[] = [];

  /** As on the platform: a user is known by a token, and all that the server keeps belongs to one of them. */
  function environmentOf(user: string) {
    const known = environments.get(user);
    if (known) return known;
    const auth = createAuth(
      { host, token: sandbox.tokenOf(user), authType: 'pat' },
      { env: {}, homeDir: '/nonexistent', now: Date.now },
    );
    const sleep = async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      sandbox.clock.advance(ms);
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    };
    const base = { now: sandbox.clock.now, random: () => 0.5, sleep, log: (line: string) => void logs.push(line) };
    const http = createHttp({ ...base, credentials: (signal) => auth.resolve(signal), userAgent: 'test/0.0.0' });
    closing.push(http.close);
    const made = {
      ...base,
      readOnly: false,
      noQuery: false,
      toolsets: undefined,
      name: 'test',
      version: '0.0.0',
      instructions: '',
      loadTools: async () => tools,
      http,
      dialogs: true,
      policy: {},
      journal: memoryJournal({ ...base, serviceTime: http.time, sanitize }),
      limit: {
        waitSeconds: 40,
        callMs: 60_000,
        answerMs: 90_000,
        stop: calls.signal,
        timer(work: () => void, ms: number) {
          const timer = setTimeout(work, ms);
          return () => clearTimeout(timer);
        },
        ...options.callLimit,
      },
    };
    environments.set(user, made);
    return made;
  }

  const answerer = createAnswerer(Buffer.alloc(32, 'key'), (line) => logs.push(line));
  const server = createHostedServer({
    rules: (port) => ({
      hosts: [`127.0.0.1:${port}`, 'hosted.example'],
      origins: ['https://page.example'],
      ...options.rules,
    }),
    limits: { ...LIMITS, ...options.limits },
    async identify({ authorization = '' }): Promise<Caller> {
      const user = /^Bearer (\S+@\S+)$/.exec(authorization)?.[1];
      if (user === undefined) throw new CallerRefused(401, 'the request names no user', 'Name one.');
      return {
        key: user,
        name: user,
        credentials: (signal) =>
          environmentOf(user)
            .http.bind({ signal: signal ?? new AbortController().signal, access: 'read' })
            .signer(),
      };
    },
    open: ({ key }) => ({ environment: environmentOf(key), done: () => {} }),
    answerer,
    calls,
    log: (line) => logs.push(line),
  });
  const port = await server.listen(0, '127.0.0.1');
  const url = `http://127.0.0.1:${port}`;
  let id = 0;

  const post: Hosted['post'] = (body, headers = {}) =>
    fetch(`${url}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${USER}`,
        'content-type': 'application/json',
        accept: 'application/json',
        ...headers,
      },
      body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body), // fetch takes both
    });

  return {
    server,
    sandbox,
    port,
    logs,
    post,
    async call(tool, args = {}, user = USER, signal) {
      const message = { jsonrpc: '2.0', id: ++id, method: 'tools/call', params: { name: tool, arguments: args } };
      const response = await fetch(`${url}/mcp`, {
        method: 'POST',
        headers: { authorization: `Bearer ${user}`, 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify(message),
        ...(signal === undefined ? {} : { signal }),
      });
      // biome-ignore lint/suspicious/noExplicitAny: as above
      const answer = (await response.json()) as any;
      return answer.result?.structuredContent ?? { status: response.status, ...answer };
    },
    async raw(parts, until) {
      const socket = connect(port, '127.0.0.1');
      let text = '';
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (until?.test(text)) socket.destroy();
      });
      for (const part of [parts].flat()) {
        socket.write(part);
        await new Promise((resolve) => setTimeout(resolve, 5)); // each part arrives by itself
      }
      if (!socket.destroyed) await once(socket, 'close');
      return text;
    },
    health: async () => (await fetch(`${url}/healthz`, { headers: { connection: 'close' } })).status,
    journalOf: (user) => environmentOf(user).journal,
    async close() {
      await server.stop(0);
      await Promise.all(closing.map((close) => close()));
      await sandbox.close();
    },
  };
}

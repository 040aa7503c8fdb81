/** The dashboard in this process, on a sandbox, as a browser and as raw connections see it. */
import { once } from 'node:events';
import { request as send } from 'node:http';
import { connect } from 'node:net';
import { createAuth } from '../../src/auth/index.ts';
import { callsOf } from '../../src/calls/call-tool.ts';
import { callsInTime } from '../../src/calls/in-time.ts';
import { allowedTools } from '../../src/dashboard/allowed-tools.ts';
import { createDashboard, type Dashboard, type DashboardLimits } from '../../src/dashboard/server.ts';
import { type Journal, memoryJournal } from '../../src/journal/journal.ts';
import { pageOf } from '../../src/mcp/view-page.ts';
import { createHttp } from '../../src/rest/http.ts';
import { manualClock } from '../../src/sandbox/clock.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import type { Policy } from '../../src/write/policy.ts';
import { tools } from '../../tools/index.ts';

/** Small numbers, so that tests reach them, and long times, so that none passes by chance. */
const LIMITS: DashboardLimits = {
  total: 8,
  perUser: 3,
  bytes: 1024 * 1024,
  maxBody: 64 * 1024,
  connections: 100,
  headMs: 60_000,
  bodyMs: 60_000,
  sendMs: 60_000,
  idleMs: 60_000,
  lingerMs: 300,
  answerMs: 120_000,
  lastMs: 30_000,
  partMs: 500,
};

export interface DashboardTestOptions {
  seed?: SandboxOptions['seed'];
  /** When the time of the sandbox begins, in epoch milliseconds. */
  at?: number;
  allowChanges?: boolean;
  policy?: Policy;
  /** A saved report, instead of the workspace. */
  given?: { data: object; saved_at: string };
  limits?: Partial<DashboardLimits>;
  /** Starts a proxy in front of the sandbox. @returns the host that the server connects to. */
  via?: (host: string) => Promise<string>;
}

interface Exchange {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers field by field, and a wrong guess fails them
  body: any;
  text: string;
}

export interface DashboardTest {
  dashboard: Dashboard;
  sandbox: Sandbox;
  journal: Journal;
  port: number;
  origin: string;
  logs: string[];
  /** How often a page began. */
  begun(): number;
  /** Moves the clock of the secrets on. */
  passTime(ms: number): void;
  /** The secret of a new address. */
  secret(): string;
  /** A request with the headers of the page, of which the given ones replace some. An empty text removes a header. */
  ask(method: string, path: string, headers?: Record<string, string>, body?: unknown): Promise<Exchange>;
  /** Begins a session. @returns its token. */
  begin(): Promise<string>;
  /** Calls a tool with a session of its own, or with that of a token. */
  call(tool: string, args?: object, token?: string, signal?: AbortSignal): Promise<Exchange>;
  /** Sends bytes as they are. @returns everything that came back until the server closed. */
  raw(...parts: string[]): Promise<string>;
  close(): Promise<void>;
}

export async function startDashboard(options: DashboardTestOptions = {}): Promise<DashboardTest> {
  const { allowChanges = false, given } = options;
  const sandbox = await startSandbox({
    clock: options.at === undefined ? { kind: 'manual' } : manualClock(options.at),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  });
  const host = (await options.via?.(sandbox.host)) ?? sandbox.host;
  const logs: string[] = [];
  const auth = createAuth(
    { host, token: sandbox.token, authType: 'pat' },
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
  const journal = memoryJournal({ ...base, serviceTime: http.time, sanitize });
  const end = new AbortController();
  const timer = (work: () => void, ms: number) => {
    const running = setTimeout(work, ms);
    return () => clearTimeout(running);
  };
  const calls = callsOf({
    ...base,
    tools,
    readOnly: !allowChanges,
    noQuery: false,
    toolsets: undefined,
    policy: options.policy ?? {},
    journal,
    http,
  });
  let begun = 0;
  let time = 0;
  let count = 0;
  const dashboard = createDashboard({
    page: pageOf({ script: '1', style: 'a{}', version: '0.0.0' }, { view: 'workspace', connect: true }),
    about: { changes: allowChanges, ...(given === undefined ? { workspace: 'sandbox' } : { given }) },
    live: given
      ? undefined
      : {
          tools: allowedTools(allowChanges),
          calls: callsInTime(calls, tools, {
            waitSeconds: 60,
            callMs: 100_000,
            answerMs: 110_000,
            stop: end.signal,
            timer,
          }),
          end,
        },
    limits: { ...LIMITS, ...options.limits },
    now: () => time,
    random: () => `random-${++count}-${'x'.repeat(30)}`,
    onBegun: () => void begun++,
    log: base.log,
  });
  await dashboard.listen(0);
  const secret = () => dashboard.address().split('#')[1] ?? '';
  const port = Number(new URL(dashboard.address()).port);
  const origin = `http://127.0.0.1:${port}`;

  const ask = async (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<Exchange> => {
    const all = {
      host: `127.0.0.1:${port}`,
      connection: 'close',
      ...(method === 'POST' ? { origin, 'content-type': 'application/json' } : {}),
      ...headers,
    };
    const request = send({
      port,
      host: '127.0.0.1',
      method,
      path,
      headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')),
      ...(signal === undefined ? {} : { signal }),
    });
    request.end(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body));
    const [response] = await once(request, 'response');
    let text = '';
    for await (const part of response.setEncoding('utf8')) text += part;
    const isJson = String(response.headers['content-type']).startsWith('application/json');
    return {
      status: response.statusCode,
      headers: response.headers,
      text,
      body: isJson && text !== '' ? JSON.parse(text) : undefined,
    };
  };

  const begin = async () => (await ask('POST', '/session', {}, { secret: secret() })).body.token;

  return {
    dashboard,
    sandbox,
    journal,
    port,
    origin,
    logs,
    begun: () => begun,
    passTime(ms) {
      time += ms;
    },
    secret,
    ask,
    begin,
    async call(tool, args = {}, token, signal) {
      const bearer = token ?? (await begin());
      return ask('POST', '/call', { authorization: `Bearer ${bearer}` }, { tool, arguments: args }, signal);
    },
    async raw(...parts) {
      const socket = connect(port, '127.0.0.1');
      let text = '';
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
      });
      for (const part of parts) {
        socket.write(part);
        await new Promise((resolve) => setTimeout(resolve, 5)); // each part arrives by itself
      }
      if (!socket.destroyed) await once(socket, 'close');
      return text;
    },
    async close() {
      await dashboard.stop();
      await http.close();
      await sandbox.close();
    },
  };
}

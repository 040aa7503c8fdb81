/** The entry point of a user: an MCP client, the server in memory, the sandbox over HTTP. When the server sleeps, the sandbox's clock advances. */
import { createAuth } from '../../src/auth/index.ts';
import type { CallLimit } from '../../src/calls/in-time.ts';
import { type Journal, memoryJournal } from '../../src/journal/journal.ts';
import type { ServerEnvironment } from '../../src/mcp/handlers.ts';
import { instructions } from '../../src/mcp/instructions.ts';
import { type Access, createHttp, type Http, type HttpEnvironment } from '../../src/rest/http.ts';
import { manualClock } from '../../src/sandbox/clock.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import { redact } from '../../src/text/redact.ts';
import { sanitize, stripControls } from '../../src/text/sanitize.ts';
import type { Toolset } from '../../src/toolsets.ts';
import type { Policy } from '../../src/write/policy.ts';
import { tools } from '../../tools/index.ts';
import { type ForwardedOptions, forwarded } from './forwarded.ts';
import { type CallOptions, type DialogAnswer, type Meeting, meet, WAY, type Way } from './meeting.ts';
import { PLANTED_BY_FORM, PLANTED_BY_NAME, refuseSecrets } from './planted-secrets.ts';

/** The admin of the workspaces of the tests. */
const ADMIN = 'admin@example.com';

/** Argument of a journal's `read` that returns all of it. */
export const EVERY_CHANGE = { where: () => true, newest: Number.POSITIVE_INFINITY };

export interface Answer {
  isError: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: tests read results field by field, and a wrong guess fails them
  data: any;
  text: string;
}

export interface Harness {
  sandbox: Sandbox;
  client: Meeting['client'];
  /** Calls a tool. @throws Error when the two forms of the result differ. */
  call(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<Answer>;
  /** Requests that the sandbox received since the previous `sent()`, as `METHOD path`. */
  sent(): string[];
  /** Everything that the server logged. */
  logs: string[];
  /** Total sleep of the server, in milliseconds of the sandbox's clock. */
  slept(): number;
  /** Resolves when no tool is running, including tools whose caller has gone. Nothing is sent after that. */
  settled(): Promise<void>;
  /** Makes the calls that the server would make by itself within a time, in milliseconds of the sandbox, and lets that time pass. */
  pass(ms: number): Promise<void>;
  /** Every message that the server sent to the client, as JSON. */
  received: readonly string[];
  /** Ends everything. @throws Error when an answer, a log line or the journal contains a planted secret. */
  close(): Promise<void>;
}

export interface HarnessOptions {
  /** Default: that of the stdio server. */
  way?: Way;
  /** A workspace that runs already, and goes on running when this server ends. It replaces `seed`. */
  sandbox?: Sandbox;
  seed?: SandboxOptions['seed'];
  /** When the time of the sandbox begins, in epoch milliseconds. Its traffic is then the same in each run. Default: now. */
  at?: number;
  /** Milliseconds of the sandbox for each one that the server sleeps. Default 1; a server with `--sandbox` runs at 60. */
  pace?: number;
  readOnly?: boolean;
  noQuery?: boolean;
  /** The SQL warehouse of `--warehouse`. */
  warehouse?: string;
  /** As with `--payloads`. */
  payloads?: boolean;
  /** The toolsets that a person chose with `--toolsets`. Default: all. */
  toolsets?: readonly Toolset[];
  policy?: Policy;
  /** Default: one in memory. `null`: none. */
  journal?: Journal | null;
  /** The user that the server acts as. Default: the admin. */
  as?: string;
  /** Runs under the user's forwarded token, as in Databricks Apps. */
  forwarded?: ForwardedOptions;
  /** Logs in as a service principal with an OAuth secret (M2M) instead of a personal token. */
  client?: { id: string; secret: string; cloud?: string };
  /** Configures no host, no token and no profile. */
  anonymous?: boolean;
  /** Answers consent questions. Without it the client has no elicitation. */
  onAsk?: (question: string) => DialogAnswer | Promise<DialogAnswer>;
  /** How long a person looks at a question before they answer, in milliseconds of the sandbox. Default: two seconds. */
  readsFor?: number;
  /** If false, the server shows no dialogs, as with `--consent confirm`. */
  dialogs?: boolean;
  /** Starts a proxy in front of the sandbox. @returns the host that the server connects to. */
  via?: (host: string) => Promise<string>;
  /** Called with what the server is made from. */
  onEnvironment?: (environment: ServerEnvironment) => void;
  /** Called with the access of each connection that is made for a call. */
  onBind?: (access: Access) => void;
  /** The proxy for an origin. Default: none. */
  proxy?: HttpEnvironment['proxy'];
  /** Longest response body that the server reads, in bytes. */
  maxBody?: number;
  /** Longest wait for {@link onAsk}, in real milliseconds. */
  consentTimeout?: number;
  /** As on a server over HTTP: each call ends in time. In real milliseconds. */
  limit?: CallLimit;
  /** Called before each sleep, for things that happen during it. */
  onSleep?: (sandbox: Sandbox) => void | Promise<void>;
}

export async function start(options: HarnessOptions = {}): Promise<Harness> {
  const sandbox =
    options.sandbox ??
    (await startSandbox({
      clock: options.at === undefined ? { kind: 'manual' } : manualClock(options.at),
      ...(options.seed === undefined ? {} : { seed: options.seed }),
    }));
  const token = options.as === undefined ? sandbox.token : sandbox.tokenOf(options.as);
  const { client: oauth } = options;
  const host = (await options.via?.(sandbox.host)) ?? sandbox.host;
  const given = oauth ? { host } : { host, token, authType: 'pat' };
  const auth = createAuth(options.anonymous ? {} : given, {
    env: oauth
      ? { DATABRICKS_CLIENT_ID: oauth.id, DATABRICKS_CLIENT_SECRET: oauth.secret, DATABRICKS_CLOUD: oauth.cloud }
      : {},
    homeDir: '/nonexistent',
    now: sandbox.clock.now,
  });
  const logs: string[] = [];
  // `main.ts` treats log lines in the same way.
  const log = (line: string) => logs.push(redact(stripControls(line)));
  let slept = 0;
  const { pace = 1 } = options;
  let looked = 0;
  const begun = sandbox.clock.now();
  // At another pace the server needs a clock of its own, or its waits would end `pace` times too early.
  const now = pace === 1 ? sandbox.clock.now : () => begun + slept + looked;
  const sleep = async (ms: number, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    await options.onSleep?.(sandbox);
    slept += ms;
    sandbox.clock.advance(ms * pace);
    // One turn of the event loop, so that a cancellation can arrive during the sleep.
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  };
  const timers = new Set<{ at: number; work: () => void }>();
  const timer = (work: () => void, ms: number) => {
    const due = { at: sandbox.clock.now() + ms * pace, work };
    timers.add(due);
    return () => timers.delete(due);
  };
  async function pass(ms: number): Promise<void> {
    const end = sandbox.clock.now() + ms;
    for (;;) {
      const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      timers.delete(next);
      sandbox.clock.advance(Math.max(0, next.at - sandbox.clock.now()));
      next.work();
      await server.settled();
    }
    sandbox.clock.advance(Math.max(0, end - sandbox.clock.now()));
  }
  const connection = {
    now,
    random: () => 0.5,
    sleep,
    userAgent: 'test/0.0.0',
    ...(options.proxy === undefined ? {} : { proxy: options.proxy }),
    ...(options.maxBody === undefined ? {} : { maxBody: options.maxBody }),
    log,
  };
  const { http, reach } = options.forwarded
    ? forwarded(sandbox, { user: options.as ?? ADMIN, ...options.forwarded }, connection)
    : { http: createHttp({ ...connection, credentials: (signal) => auth.resolve(signal) }), reach: undefined };
  const journal =
    options.journal === null
      ? undefined
      : (options.journal ?? memoryJournal({ now, serviceTime: http.time, random: Math.random, sanitize }));
  const { readOnly = false, noQuery = false, dialogs = true, policy = {}, readsFor = 2_000 } = options;
  const toolsets = options.toolsets && { names: options.toolsets, from: '--toolsets' };
  const limits = { readOnly, noQuery, toolsets, reach };
  const environment: ServerEnvironment = {
    ...limits,
    name: 'test',
    version: '0.0.0',
    instructions: instructions({ ...limits, tools, dialogs, policy }),
    ...(options.consentTimeout === undefined ? {} : { consentTimeout: options.consentTimeout }),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
    loadTools: async () => tools,
    http: options.onBind ? observed(http, options.onBind) : http,
    dialogs,
    policy,
    warehouse: options.warehouse,
    payloads: options.payloads ?? false,
    journal,
    now,
    random: () => 0.5,
    sleep,
    timer,
    log,
  };
  options.onEnvironment?.(environment);
  const { onAsk } = options;
  const received: string[] = [];
  const server: Meeting = await meet(
    options.way ?? WAY,
    environment,
    (message) => received.push(message),
    onAsk &&
      (async (question) => {
        looked += readsFor;
        sandbox.clock.advance(readsFor * pace);
        return onAsk(question);
      }),
  );
  const { client } = server;
  // Only after listing the tools does the client check results against their output schemas.
  await client.listTools();

  let read = 0;
  return {
    sandbox,
    client,
    logs,
    received,
    slept: () => slept,
    settled: () => server.settled(),
    pass,
    async call(name, args = {}, callOptions = {}) {
      const result = await client.callTool({ name, arguments: args }, undefined, callOptions);
      const content = Array.isArray(result.content) ? result.content : [];
      const text = content[0]?.type === 'text' ? String(content[0].text) : '';
      if (JSON.stringify(result.structuredContent) !== text) throw new Error('the two forms of the result differ');
      return { isError: result.isError === true, data: JSON.parse(text), text };
    },
    sent() {
      if (read > sandbox.requests.length) read = 0; // the sandbox was reset
      const fresh = sandbox.requests.slice(read);
      read = sandbox.requests.length;
      return fresh.map((request) => `${request.method} ${request.path}`);
    },
    async close() {
      await client.close();
      await server.stop();
      await http.close();
      if (options.sandbox === undefined) await sandbox.close();
      const noted = await journal?.read(EVERY_CHANGE).catch(() => undefined);
      refuseSecrets(
        { answers: received.join('\n'), logs: logs.join('\n'), journal: JSON.stringify(noted ?? {}) },
        { ...PLANTED_BY_FORM, ...PLANTED_BY_NAME, ...secretsOf(sandbox, options.seed) },
      );
    },
  };
}

/** The server's own token, and the secrets of the seed. */
function secretsOf(sandbox: Sandbox, seed: SandboxOptions['seed']): Record<string, string> {
  const secrets: Record<string, string> = { 'token of the sandbox': sandbox.token };
  JSON.stringify(seed ?? {}, (key, value: unknown) => {
    if ((key === 'client_secret' || key === 'token') && typeof value === 'string')
      secrets[`${key} of the seed`] = value;
    return value;
  });
  return secrets;
}

/** A connection that reports the access of every connection bound from it. */
function observed(http: Http, onBind: (access: Access) => void): Http {
  return {
    ...http,
    bind(binding) {
      onBind(binding.access);
      return http.bind(binding);
    },
  };
}

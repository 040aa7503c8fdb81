/** The door the user uses: MCP client ↔ server in memory ↔ sandbox over HTTP. The sleep of the waiter is the sandbox's clock. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv-provider.js';
import type {
  JsonSchemaType,
  JsonSchemaValidator,
  jsonSchemaValidator,
} from '@modelcontextprotocol/sdk/validation/types.js';
import { createAuth } from '../../src/auth/index.ts';
import { type Journal, memoryJournal } from '../../src/journal/journal.ts';
import { instructions } from '../../src/mcp/instructions.ts';
import { createServer } from '../../src/mcp/server.ts';
import { createHttp } from '../../src/rest/http.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import { mask } from '../../src/text/redact.ts';
import { purify, strip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import type { Policy } from '../../src/write/policy.ts';
import { tools } from '../../tools/index.ts';
import { FAKES, NAMED_FAKES, refuseSecrets } from './planted-secrets.ts';

/** All of a journal, for its `read`. */
export const EVERY_CHANGE = { where: () => true, newest: Number.POSITIVE_INFINITY };

export interface Answer {
  isError: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into results field by field, and a wrong guess fails them
  data: any;
  text: string;
}

export interface Harness {
  sandbox: Sandbox;
  client: Client;
  /** Calls a tool; the two forms of the result are checked to agree. */
  call(
    name: string,
    args?: Record<string, unknown>,
    options?: {
      signal?: AbortSignal;
      onprogress?: (progress: { progress: number; total?: number; message?: string }) => void;
    },
  ): Promise<Answer>;
  /** Requests that the sandbox received since the last call of this, `METHOD path`. */
  sent(): string[];
  /** Everything that the server logged. */
  logs: string[];
  /** Milliseconds that the server slept in all. */
  slept(): number;
  /** Resolves when no tool runs any more, those of calls among them whose caller has gone. What was not sent by then is never sent. */
  settled(): Promise<void>;
  /** Every message that the server sent to the client, as JSON. */
  received: readonly string[];
  /** Ends everything. @throws Error when a known secret is in anything that the server sent, logged or noted. */
  close(): Promise<void>;
}

export interface HarnessOptions {
  seed?: SandboxOptions['seed'];
  /** Milliseconds of the sandbox for each one that the server sleeps. Default 1; a server with `--sandbox` runs at 60. */
  pace?: number;
  readOnly?: boolean;
  noQuery?: boolean;
  policy?: Policy;
  /** Default: one in memory; null: none. */
  journal?: Journal | null;
  /** Who the server acts as; default: the admin. */
  as?: string;
  /** A service principal that logs in with its OAuth secret (M2M) instead of a personal token, and the cloud that is configured. */
  client?: { id: string; secret: string; cloud?: string };
  /** Nothing is configured: no host, no token, no profile. */
  anonymous?: boolean;
  /** Answers consent questions; without it the client has no elicitation. */
  onAsk?: (
    question: string,
  ) =>
    | { action: 'accept' | 'decline' | 'cancel'; content?: Record<string, boolean> }
    | Promise<{ action: 'accept' | 'decline' | 'cancel'; content?: Record<string, boolean> }>;
  /** Where the server finds the sandbox, when something stands in front of it. */
  via?: (host: string) => Promise<string>;
  /** Longest body of an answer, in bytes. */
  maxBody?: number;
  /** How long an answer of {@link onAsk} may take, real milliseconds. */
  consentTimeout?: number;
  /** Called before each sleep, with the sandbox; for things that happen meanwhile. */
  onSleep?: (sandbox: Sandbox) => void | Promise<void>;
}

/** Compiling the published output schemas is most of what a client costs; they are the same for every harness of a file. */
const compiled = new Map<string, JsonSchemaValidator<unknown>>();
const ajv = new AjvJsonSchemaValidator();
const VALIDATORS: jsonSchemaValidator = {
  getValidator<T>(schema: JsonSchemaType) {
    const key = JSON.stringify(schema);
    const known = compiled.get(key) ?? ajv.getValidator(schema);
    compiled.set(key, known);
    return known as JsonSchemaValidator<T>; // the same schema describes the same type
  },
};

export async function start(options: HarnessOptions = {}): Promise<Harness> {
  const sandbox = await startSandbox({
    clock: { kind: 'manual' },
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  });
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
  // The exit that `main.ts` gives to log lines.
  const log = (line: string) => logs.push(mask(strip(line)));
  let slept = 0;
  const { pace = 1 } = options;
  const begun = sandbox.clock.now();
  // At another pace the server needs a clock of its own, or its waits would end `pace` times too early.
  const now = pace === 1 ? sandbox.clock.now : () => begun + slept;
  const sleep = async (ms: number, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    await options.onSleep?.(sandbox);
    slept += ms;
    sandbox.clock.advance(ms * pace);
    // A turn of the event loop, so that cancellations arrive as they would in real time.
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  };
  const http = createHttp({
    credentials: (signal) => auth.resolve(signal),
    now,
    random: () => 0.5,
    sleep,
    userAgent: 'test/0.0.0',
    ...(options.maxBody === undefined ? {} : { maxBody: options.maxBody }),
    log,
  });
  const journal =
    options.journal === null ? undefined : (options.journal ?? memoryJournal({ now, random: Math.random, purify }));
  const running = new Set<Promise<unknown>>();
  const watched = tools.map((tool) => ({
    ...tool,
    run(args: unknown, context: ToolContext) {
      const run = tool.run(args, context);
      running.add(run);
      const ended = () => void running.delete(run);
      run.then(ended, ended);
      return run;
    },
  }));
  const { readOnly = false, noQuery = false, policy = {} } = options;
  const server = createServer({
    name: 'test',
    version: '0.0.0',
    instructions: instructions({ readOnly, noQuery, policy }),
    ...(options.consentTimeout === undefined ? {} : { consentTimeout: options.consentTimeout }),
    tools: watched,
    http,
    readOnly,
    noQuery,
    policy,
    journal,
    now,
    random: () => 0.5,
    sleep,
    log,
  });
  const client = new Client(
    { name: 'test', version: '0.0.0' },
    { capabilities: options.onAsk ? { elicitation: { form: {} } } : {}, jsonSchemaValidator: VALIDATORS },
  );
  const { onAsk } = options;
  if (onAsk) client.setRequestHandler(ElicitRequestSchema, async (request) => onAsk(request.params.message));
  const [left, right] = InMemoryTransport.createLinkedPair();
  const received: string[] = [];
  const deliver = right.send.bind(right);
  right.send = (message, sending) => {
    received.push(JSON.stringify(message));
    return deliver(message, sending);
  };
  await Promise.all([server.connect(right), client.connect(left)]);
  // The client checks results against the published output schemas once it has listed the tools.
  await client.listTools();

  let read = 0;
  return {
    sandbox,
    client,
    logs,
    received,
    slept: () => slept,
    async settled() {
      while (running.size > 0) await Promise.allSettled(running);
    },
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
      await sandbox.close();
      const noted = await journal?.read(EVERY_CHANGE).catch(() => undefined);
      refuseSecrets(
        { answers: received.join('\n'), logs: logs.join('\n'), journal: JSON.stringify(noted ?? {}) },
        { ...FAKES, ...NAMED_FAKES, ...secretsOf(sandbox, options.seed) },
      );
    },
  };
}

/** The token that the server signs with, and what the seed holds. */
function secretsOf(sandbox: Sandbox, seed: SandboxOptions['seed']): Record<string, string> {
  const secrets: Record<string, string> = { 'token of the sandbox': sandbox.token };
  JSON.stringify(seed ?? {}, (key, value: unknown) => {
    if ((key === 'client_secret' || key === 'token') && typeof value === 'string')
      secrets[`${key} of the seed`] = value;
    return value;
  });
  return secrets;
}

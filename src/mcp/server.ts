/** The only file that imports the MCP SDK. It publishes tools, resources and prompts, and passes calls to `src/calls/call-tool.ts`. */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  CompleteRequestSchema,
  ElicitResultSchema,
  ErrorCode,
  GetPromptRequestSchema,
  JSONRPCMessageSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import type { CallEnvironment, Calls, ClientSide } from '../calls/call-tool.ts';
import type { Timer } from '../calls/later.ts';
import { noteOn, unpublished } from '../calls/publication.ts';
import type { ToolResult } from '../refusal.ts';
import { fewerValues, fitToLimit } from '../text/fit.ts';
import { sanitize } from '../text/sanitize.ts';
import type { Tool, ToolContext } from '../tool.ts';
import type { ListedTool } from './describe-tool.ts';
import { fillPrompt, PROMPTS } from './prompts.ts';
import { completeEndpoint, readResource, resources, TEMPLATES } from './resources.ts';
import { publishedTools } from './tool-list.ts';

/** `ask` checks the answer of its one dialog itself. Without this, the SDK makes a validator with all its schemas for each server. */
const UNUSED_VALIDATOR = {
  getValidator(): never {
    throw new Error('no answer of a dialog is checked with a schema');
  },
};

export interface ServerEnvironment extends Omit<CallEnvironment, 'locks' | 'history' | 'shown' | 'tools'> {
  name: string;
  version: string;
  instructions: string;
  /** Called at the first tool call, and for the list of tools where a build did not prepare it. */
  loadTools: () => Promise<readonly Tool[]>;
  preparedList?: readonly ListedTool[] | undefined;
  /** Asks about a loss in a dialog, where the client has one. If false, a second call always counts as the consent. */
  dialogs: boolean;
  /** Time limit of a consent dialog, in milliseconds. Default: five minutes. */
  consentTimeout?: number;
  /** For calls that the server makes by itself, between two calls of its client. Without it, it makes none. */
  timer?: Timer;
}

/** A server that is ready to connect. `stop` cancels running calls (polls, never deployments) and closes the connection. */
export interface RunningServer {
  connect(transport: Transport): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when no call is running, including calls whose client has gone. */
  settled(): Promise<void>;
}

/** For transports that pass parsed JSON. Throws when the value is not a JSON-RPC message. */
export const parseMessage = (value: unknown) => JSONRPCMessageSchema.parse(value);

/** {@link ServerEnvironment.consentTimeout} */
const CONSENT_TIMEOUT = 5 * 60_000;

/** The MCP server with the tools, resources and prompts of this program. Nothing starts before `connect`. */
export function createServer(environment: ServerEnvironment): RunningServer {
  const server = new Server(
    { name: environment.name, version: environment.version },
    {
      capabilities: { tools: {}, resources: {}, prompts: {}, completions: {} },
      instructions: environment.instructions,
      jsonSchemaValidator: UNUSED_VALIDATOR,
    },
  );
  server.onerror = (error) => environment.log(`protocol: ${error.message}`);
  const running = new Set<Promise<unknown>>();
  const calls = publishTools(server, environment, running);
  publishResources(server, environment);
  publishPrompts(server, environment);

  return {
    connect: (transport) => server.connect(transport),
    // Closing aborts the signal of each running request. A signal of our own, joined to theirs, would keep a reference to each of them.
    async stop() {
      (await calls.loaded())?.stop();
      await server.close();
    },
    async settled() {
      while (running.size > 0) await Promise.allSettled(running);
      await (await calls.loaded())?.settled();
    },
  };
}

/**
 * A loose schema, so that the SDK's own schema runs second. There a bad call is answered as invalid params (-32602). If it ran first,
 * the answer would be an internal error (-32603).
 */
const AnyToolCall = z.looseObject({ method: z.literal('tools/call'), params: z.unknown().optional() });

/** Before the handshake, the server does not know who calls and whether a person can be asked. */
function refuseBeforeInitialize(server: Server): void {
  if (server.getClientVersion() !== undefined) return;
  throw new McpError(ErrorCode.InvalidRequest, 'the session is not initialized: send initialize first');
}

async function listOf({ preparedList, loadTools }: ServerEnvironment): Promise<readonly ListedTool[]> {
  return preparedList ?? (await loadTools()).map((await import('./describe-tool.ts')).listed);
}

async function hiddenOf(environment: ServerEnvironment): Promise<ListedTool[]> {
  return unpublished(await listOf(environment), environment);
}

/** Loads what a call needs. A start needs none of it. */
async function loadCalls(environment: ServerEnvironment) {
  const [tools, { callsOf }] = await Promise.all([environment.loadTools(), import('../calls/call-tool.ts')]);
  return callsOf({ ...environment, tools }, environment.timer);
}

/** @returns the calls, once the first of them has loaded the tools. */
function publishTools(
  server: Server,
  environment: ServerEnvironment,
  running: Set<Promise<unknown>>,
): { loaded(): Promise<Calls | undefined> } {
  let calls: ReturnType<typeof loadCalls> | undefined;
  server.setRequestHandler(ListToolsRequestSchema, async () => {
    return { tools: publishedTools(await listOf(environment), environment) };
  });
  server.setRequestHandler(AnyToolCall, async (call, extra) => {
    refuseBeforeInitialize(server);
    const { params } = CallToolRequestSchema.parse(call);
    const { signal } = extra;
    const client: ClientSide = {
      signal,
      progress: progressOf(extra._meta?.progressToken, (params) =>
        extra.sendNotification({ method: 'notifications/progress', params }),
      ),
      ask:
        environment.dialogs && server.getClientCapabilities()?.elicitation?.form
          ? askWith(server, signal, environment.consentTimeout ?? CONSENT_TIMEOUT)
          : undefined,
    };
    calls ??= loadCalls(environment);
    const called = calls.then((loaded) => loaded.call(params.name, params.arguments, client));
    running.add(called);
    return result(await called.finally(() => running.delete(called)));
  });
  return { loaded: async () => calls?.catch(() => undefined) };
}

/**
 * A form without fields: Accept is the yes. A box in addition would turn the Accept of a person who overlooks it into a no, and some clients send
 * no content at all.
 */
const NO_FIELDS = { type: 'object' as const, properties: {} };

const ENDS = { accept: 'accepted', decline: 'declined', cancel: 'dismissed' } as const;

function askWith(server: Server, signal: AbortSignal, timeout: number): NonNullable<ClientSide['ask']> {
  return async (question) => {
    const params = { mode: 'form' as const, message: String(sanitize(question)), requestedSchema: NO_FIELDS };
    // The SDK's `elicitInput` would validate the answer with ajv, which the build leaves out.
    const answer = await server
      .request({ method: 'elicitation/create', params }, ElicitResultSchema, { timeout, signal })
      .catch(() => {
        signal.throwIfAborted();
        return undefined;
      });
    return answer === undefined ? 'unanswered' : ENDS[answer.action];
  };
}

function publishResources(server: Server, environment: ServerEnvironment): void {
  server.setRequestHandler(ListResourcesRequestSchema, async () => ({
    resources: resources(await hiddenOf(environment)),
  }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: TEMPLATES }));
  server.setRequestHandler(ReadResourceRequestSchema, async ({ params }, extra) => {
    refuseBeforeInitialize(server);
    const http = environment.http.bind({ signal: extra.signal, access: 'read' });
    const hidden = await hiddenOf(environment);
    const remark = (text: string) => noteOn(text, hidden, environment);
    const found = await readResource(params.uri, http, remark).catch(async (error: unknown) => {
      const { report } = await import('../calls/error-report.ts');
      const { message, next } = report(error, { tool: 'resource', effect: 'read' }).error;
      const text = `${message} ${next}`;
      throw new McpError(ErrorCode.InternalError, String(sanitize(`${text} ${remark(text)}`.trimEnd())));
    });
    if (!found)
      throw new McpError(
        ErrorCode.InvalidParams,
        'there is no resource with this URI; resources/list shows all of them',
      );
    return { contents: [{ uri: params.uri, ...found }] };
  });
  server.setRequestHandler(CompleteRequestSchema, async ({ params }, extra) => {
    refuseBeforeInitialize(server);
    const http = environment.http.bind({ signal: extra.signal, access: 'read' });
    const { ref, argument } = params;
    const prompt = ref.type === 'ref/prompt' ? PROMPTS.find((each) => each.name === ref.name) : undefined;
    const wanted =
      ref.type === 'ref/resource'
        ? TEMPLATES.some((each) => each.uriTemplate === ref.uri) && argument.name === 'name'
        : prompt?.arguments.some((each) => each.name === argument.name && each.completes === 'endpoint');
    // Completions are only a help while typing, so an unreachable workspace just means none.
    const values = wanted ? await completeEndpoint(argument.value, http).catch(() => []) : [];
    return { completion: { values, total: values.length, hasMore: false } };
  });
}

function publishPrompts(server: Server, environment: ServerEnvironment): void {
  server.setRequestHandler(ListPromptsRequestSchema, async () => {
    const hidden = await hiddenOf(environment);
    const offered = PROMPTS.filter(({ needs }) => !hidden.some(({ name }) => needs.includes(name)));
    return {
      prompts: offered.map(({ name, title, description, arguments: args }) => ({
        name,
        title,
        description,
        arguments: args.map(({ name, description, required }) => ({ name, description, required })),
      })),
    };
  });
  server.setRequestHandler(GetPromptRequestSchema, async ({ params }) => {
    const prompt = PROMPTS.find((each) => each.name === params.name);
    if (!prompt)
      throw new McpError(ErrorCode.InvalidParams, 'there is no prompt with this name; prompts/list shows all of them');
    const hidden = await hiddenOf(environment);
    const missing = noteOn(prompt.needs.join(' '), hidden, environment);
    if (missing !== '') throw new McpError(ErrorCode.InvalidParams, `the prompt cannot be used here. ${missing}`);
    const filled = fillPrompt(prompt, params.arguments ?? {});
    if ('problem' in filled) throw new McpError(ErrorCode.InvalidParams, filled.problem);
    const text = `${filled.text}\n${noteOn(filled.text, hidden, environment)}`.trimEnd();
    return { description: prompt.description, messages: [{ role: 'user', content: { type: 'text', text } }] };
  });
}

/** The same object in both forms, because several clients show the model only one of them. */
function result(value: ToolResult): CallToolResult {
  const clean = fitToLimit(sanitize(fewerValues(value)) as ToolResult); // an object stays an object
  return {
    content: [{ type: 'text', text: JSON.stringify(clean) }],
    structuredContent: clean,
    ...('error' in value ? { isError: true } : {}),
  };
}

/** Progress must grow with each message. A message without a share adds a hundredth. */
function progressOf(
  token: string | number | undefined,
  send: (params: {
    progressToken: string | number;
    progress: number;
    total?: number;
    message: string;
  }) => Promise<void>,
): ToolContext['progress'] {
  if (token === undefined) return () => {};
  let last = 0;
  return (message, share) => {
    const asked = share === undefined ? last + 0.01 : share;
    last = Math.max(asked, last + 0.0001);
    const text = sanitize(message);
    void send({
      progressToken: token,
      progress: last,
      ...(share === undefined ? {} : { total: Math.max(1, last) }),
      message: String(text),
    }).catch(() => {}); // the client may be gone, and the call itself will notice
  };
}

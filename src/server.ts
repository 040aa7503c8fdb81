/** The only file that knows the MCP SDK: it publishes the tools and wraps every call. */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  CompleteRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  JSONRPCMessageSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { createGuard, type GuardSettings } from './guard.ts';
import { fillPrompt, PROMPTS } from './prompts.ts';
import { argumentReport, report } from './report.ts';
import { completeEndpoint, RESOURCES, readResource, TEMPLATES } from './resources.ts';
import { ApiError } from './rest/errors.ts';
import type { Exchange, Http, Reach } from './rest/http.ts';
import { type Endpoint, endpoints } from './rest/index.ts';
import { nearest } from './suggest.ts';
import { hints, type Tool, type ToolContext, type ToolResult } from './tool.ts';
import { purify } from './untrusted.ts';

export interface ServerEnvironment extends GuardSettings {
  /** Without query tools: they cost money. */
  noQuery: boolean;
  name: string;
  version: string;
  instructions: string;
  tools: readonly Tool[];
  http: Http;
  now: () => number;
  random: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  log: (line: string) => void;
}

/** A server ready to be connected. `stop` cancels what runs (polls, never deployments) and closes the connection. */
export interface RunningServer {
  connect(transport: Transport): Promise<void>;
  stop(): Promise<void>;
}

/** For a transport that hands over parsed JSON; throws when the value is no JSON-RPC message. */
export const parseMessage = (value: unknown) => JSONRPCMessageSchema.parse(value);

/** How long a person may think about a consent dialog. */
const CONSENT_TIMEOUT = 5 * 60_000;

export function createServer(environment: ServerEnvironment): RunningServer {
  const stopping = new AbortController();
  const server = new Server(
    { name: environment.name, version: environment.version },
    {
      capabilities: { tools: {}, resources: {}, prompts: {}, completions: {} },
      instructions: environment.instructions,
      // The one answer that a consent dialog gives is checked in `askWith`; the SDK's default would load ajv at start for it.
      jsonSchemaValidator: {
        getValidator: () => (value) => ({ valid: true, data: value as never, errorMessage: undefined }),
      },
    },
  );
  server.onerror = (error) => environment.log(`protocol: ${error.message}`);
  publishTools(server, environment, stopping.signal);
  publishResources(server, environment, stopping.signal);
  publishPrompts(server);

  return {
    connect: (transport) => server.connect(transport),
    async stop() {
      stopping.abort();
      await server.close();
    },
  };
}

function publishTools(server: Server, environment: ServerEnvironment, stopping: AbortSignal): void {
  const byName = new Map(environment.tools.map((tool) => [tool.name, tool]));
  const published = environment.tools.filter((tool) => isPublished(tool, environment));
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: published.map(describe) }));

  /** Runs a tool with parsed arguments and its guards; `extra` is that of the client's request. */
  async function run(tool: Tool, args: Record<string, unknown>, extra: CallExtra): Promise<ToolResult> {
    const signal = AbortSignal.any([extra.signal, stopping]);
    const exchanges: Exchange[] = [];
    const bind = (reach: Reach) => environment.http.bind({ signal, reach, onExchange: (each) => exchanges.push(each) });
    const http = bind(tool.effect === 'query' ? 'query' : 'read');
    const guarded = {
      tool: tool.name,
      args,
      http: bind(environment.readOnly ? 'read' : 'write'),
      exchanges,
      who: () => whoAmI(http),
    };
    const context: ToolContext = {
      tool: tool.name,
      http,
      signal,
      clock: {
        now: environment.now,
        random: environment.random,
        sleep: (ms) => environment.sleep(ms, signal),
      },
      progress: progressOf(extra._meta?.progressToken, (params) =>
        extra.sendNotification({ method: 'notifications/progress', params }),
      ),
      ask: server.getClientCapabilities()?.elicitation?.form ? askWith(server, signal) : undefined,
      guard: createGuard(environment, guarded),
      reread: (name) => find(http, name),
      journal: environment.journal,
      async run(name, inner) {
        const other = byName.get(name);
        if (!other) throw new Error(`there is no tool ${name}`);
        return run(other, other.input.parse(inner), extra);
      },
    };
    return tool.run(args, context);
  }

  server.setRequestHandler(CallToolRequestSchema, async (request, extra) => {
    const { name, arguments: given } = request.params;
    const tool = byName.get(name);
    if (!tool) {
      const hint = nearest(
        name,
        published.map((each) => each.name),
      );
      const next = `Call tools/list${hint ? `, or ${hint}` : ''}.`;
      return result({ error: { code: 'unknown_tool', message: `there is no tool "${name}"`, next, retryable: false } });
    }
    if (tool.effect === 'query' && environment.noQuery) {
      const next = 'Somebody who may query can do it, or start the server without --no-query.';
      return result({
        error: { code: 'no_query', message: 'this server sends no inferences', next, retryable: false },
      });
    }
    const parsed = tool.input.safeParse(given ?? {});
    if (!parsed.success) return result(argumentReport(name, parsed.error, Object.keys(tool.input.shape)));
    try {
      return result(await run(tool, parsed.data, extra));
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'Refusal') environment.log(`${name}: ${String(error)}`);
      const endpoint = parsed.data.endpoint;
      return result(
        report(error, { tool: name, effect: tool.effect, ...(typeof endpoint === 'string' ? { endpoint } : {}) }),
      );
    }
  });
}

type CallExtra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** Read-only mode publishes nothing that writes; a write that is called all the same is refused by its guard, with the change it would make. */
function isPublished(tool: Tool, environment: ServerEnvironment): boolean {
  if (tool.effect === 'query') return !environment.noQuery;
  return tool.effect === 'read' || !environment.readOnly;
}

async function whoAmI(http: Http): Promise<{ host: string; who: string }> {
  const { host, authType, profile } = await http.signer();
  return { host, who: profile === undefined ? authType : `${authType}, profile ${profile}` };
}

async function find(http: Http, name: string): Promise<Endpoint | undefined> {
  try {
    return await endpoints.get(http, name);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

function askWith(server: Server, signal: AbortSignal): (question: string) => Promise<boolean> {
  return async (question) => {
    // A dialog that fails, or that nobody answers, is no consent.
    const answer = await server
      .elicitInput(
        {
          message: String(purify(question)),
          requestedSchema: {
            type: 'object',
            properties: { confirm: { type: 'boolean', title: 'Go ahead', default: false } },
            required: ['confirm'],
          },
        },
        { timeout: CONSENT_TIMEOUT, signal },
      )
      .catch(() => {
        signal.throwIfAborted();
        return { action: 'cancel' as const, content: undefined };
      });
    return answer.action === 'accept' && answer.content?.confirm === true;
  };
}

function publishResources(server: Server, environment: ServerEnvironment, stopping: AbortSignal): void {
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: RESOURCES }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: TEMPLATES }));
  server.setRequestHandler(ReadResourceRequestSchema, async ({ params }, extra) => {
    const http = environment.http.bind({ signal: AbortSignal.any([extra.signal, stopping]), reach: 'read' });
    const found = await readResource(params.uri, http).catch((error: unknown) => {
      const { message, next } = report(error, { tool: 'resource', effect: 'read' }).error;
      throw new McpError(ErrorCode.InternalError, String(purify(`${message} ${next}`)));
    });
    if (!found)
      throw new McpError(ErrorCode.InvalidParams, 'there is no resource of this address; resources/list shows them');
    return { contents: [{ uri: params.uri, ...found }] };
  });
  server.setRequestHandler(CompleteRequestSchema, async ({ params }, extra) => {
    const http = environment.http.bind({ signal: AbortSignal.any([extra.signal, stopping]), reach: 'read' });
    const { ref, argument } = params;
    const prompt = ref.type === 'ref/prompt' ? PROMPTS.find((each) => each.name === ref.name) : undefined;
    const wanted =
      ref.type === 'ref/resource'
        ? TEMPLATES.some((each) => each.uriTemplate === ref.uri) && argument.name === 'name'
        : prompt?.arguments.some((each) => each.name === argument.name && each.completes === 'endpoint');
    // A completion is a help while somebody types: without a workspace there is simply none.
    const values = wanted ? await completeEndpoint(argument.value, http).catch(() => []) : [];
    return { completion: { values, total: values.length, hasMore: false } };
  });
}

function publishPrompts(server: Server): void {
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: PROMPTS.map(({ name, title, description, arguments: args }) => ({
      name,
      title,
      description,
      arguments: args.map(({ name, description, required }) => ({ name, description, required })),
    })),
  }));
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    const prompt = PROMPTS.find((each) => each.name === params.name);
    if (!prompt)
      throw new McpError(ErrorCode.InvalidParams, `there is no prompt of this name; prompts/list shows them`);
    const filled = fillPrompt(prompt, params.arguments ?? {});
    if ('problem' in filled) throw new McpError(ErrorCode.InvalidParams, filled.problem);
    return {
      description: prompt.description,
      messages: [{ role: 'user', content: { type: 'text', text: filled.text } }],
    };
  });
}

/** What `tools/list` publishes of a tool. */
export function describe(tool: Tool) {
  return {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: jsonSchema(tool.input, 'input'),
    outputSchema: jsonSchema(tool.output, 'output'),
    annotations: hints(tool.effect),
  };
}

function jsonSchema(schema: z.ZodObject, io: 'input' | 'output'): { type: 'object'; [key: string]: unknown } {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return { ...(slim(rest) as Record<string, unknown>), type: 'object' }; // slim keeps an object an object
}

/** Drops what says nothing: every byte of a published schema costs tokens in each session of each client. */
function slim(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(slim);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([key, inner]) =>
          !(key === 'propertyNames' || (key === 'additionalProperties' && isEmpty(inner)) || isSafeIntegerBound(inner)),
      )
      .map(([key, inner]) => [key, slim(inner)]),
  );
}

/** zod bounds every integer by what a double can hold exactly, which tells a caller nothing. */
function isSafeIntegerBound(value: unknown): boolean {
  return value === Number.MAX_SAFE_INTEGER || value === Number.MIN_SAFE_INTEGER;
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** The same object twice: several clients show the model only one of the two. */
function result(value: ToolResult): CallToolResult {
  const clean = purify(value) as ToolResult; // an object stays an object
  return {
    content: [{ type: 'text', text: JSON.stringify(clean) }],
    structuredContent: clean,
    ...('error' in value ? { isError: true } : {}),
  };
}

/** Progress must grow with each message; a message without a share moves it by a hundredth. */
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
    const text = purify(message);
    void send({
      progressToken: token,
      progress: last,
      ...(share === undefined ? {} : { total: Math.max(1, last) }),
      message: String(text),
    }).catch(() => {}); // the client may be gone; the call itself will notice
  };
}

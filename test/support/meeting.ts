/** The ways in which a server and a client meet. One harness runs on each of them, so one set of tests proves both adapters. */
import type { Client as Client2 } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv-provider.js';
import type {
  JsonSchemaType,
  JsonSchemaValidator,
  jsonSchemaValidator,
} from '@modelcontextprotocol/sdk/validation/types.js';
import { handlersOf, type ServerEnvironment } from '../../src/mcp/handlers.ts';
import { createServer as onVersion1 } from '../../src/mcp/sdk-v1.ts';

/** A session on version 1 or 2 of the SDK, or HTTP of revision 2026-07-28, where nothing lasts from one request to the next. */
export const WAYS = ['sdk-v1', 'sdk-v2', 'http'] as const;
export type Way = (typeof WAYS)[number];

/** The way of the stdio server. The variable `MCP_WAY` runs all tests on another one. */
export const WAY = WAYS.find((way) => way === process.env.MCP_WAY) ?? 'sdk-v1';

export type DialogAnswer = { action: 'accept' | 'decline' | 'cancel'; content?: Record<string, boolean> };

export interface Meeting {
  client: Client;
  settled(): Promise<void>;
  stop(): Promise<void>;
}

export interface CallOptions {
  signal?: AbortSignal;
  onprogress?: (progress: { progress: number; total?: number; message?: string }) => void;
}

/** Compiling the published output schemas is most of a client's cost, and every harness has the same ones. */
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

const SELF = { name: 'test', version: '0.0.0' };

/**
 * Connects a server and a client.
 * @param hear is called with each message of the server.
 * @param onAsk answers a question. Without it, the client has no dialogs.
 */
export function meet(
  way: Way,
  environment: ServerEnvironment,
  hear: (message: string) => void,
  onAsk?: (message: string) => Promise<DialogAnswer>,
): Promise<Meeting> {
  return way === 'http' ? meetOverHttp(environment, hear, onAsk) : meetInSession(way, environment, hear, onAsk);
}

async function meetInSession(
  way: Exclude<Way, 'http'>,
  environment: ServerEnvironment,
  hear: (message: string) => void,
  onAsk?: (message: string) => Promise<DialogAnswer>,
): Promise<Meeting> {
  const client = new Client(SELF, {
    capabilities: onAsk ? { elicitation: { form: {} } } : {},
    jsonSchemaValidator: VALIDATORS,
  });
  if (onAsk) client.setRequestHandler(ElicitRequestSchema, ({ params }) => onAsk(params.message));
  // Most files need version 1 alone, and the other takes longer to load than all of it.
  const createServer = way === 'sdk-v2' ? (await import('../../src/mcp/sdk-v2.ts')).createServer : onVersion1;
  const server = createServer(environment);
  const [left, right] = InMemoryTransport.createLinkedPair();
  const deliver = right.send.bind(right);
  right.send = (message, sending) => {
    hear(JSON.stringify(message));
    return deliver(message, sending);
  };
  await Promise.all([server.connect(right), client.connect(left)]);
  return { client, settled: server.settled, stop: server.stop };
}

async function meetOverHttp(
  environment: ServerEnvironment,
  hear: (message: string) => void,
  onAsk?: (message: string) => Promise<DialogAnswer>,
): Promise<Meeting> {
  const { Client: Client2, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  const { createAnswerer } = await import('../../src/mcp/sdk-v2.ts');
  const { MODERN, overHttp } = await import('./http-client.ts');
  const client = new Client2(SELF, {
    capabilities: onAsk ? { elicitation: { form: {} } } : {},
    // biome-ignore lint/suspicious/noExplicitAny: both versions of the SDK ask the same of a validator
    jsonSchemaValidator: VALIDATORS as any,
    versionNegotiation: { mode: { pin: MODERN } },
  });
  if (onAsk)
    client.setRequestHandler('elicitation/create', ({ params }) =>
      onAsk(String('message' in params && params.message)),
    );
  const handlers = handlersOf(environment);
  const answerer = createAnswerer(new Uint8Array(32), environment.log);
  const transport = new StreamableHTTPClientTransport(new URL('http://127.0.0.1/mcp'), {
    fetch: overHttp(answerer, { environment, handlers, caller: 'one' }, hear),
  });
  await client.connect(transport);
  return {
    client: asVersion1(client),
    settled: handlers.settled,
    async stop() {
      await answerer.close();
      await handlers.stop();
    },
  };
}

/** Tests are written for the client of version 1, which takes a schema before the options of a call. */
function asVersion1(client: Client2): Client {
  const call = client.callTool.bind(client);
  return Object.assign(client, {
    callTool: (
      params: { name: string; arguments?: Record<string, unknown> },
      _schema?: unknown,
      options?: CallOptions,
    ) => call(params, options),
  }) as unknown as Client; // the other methods that tests use are the same
}

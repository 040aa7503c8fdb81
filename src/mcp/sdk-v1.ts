/** The adapter for `@modelcontextprotocol/sdk` 1.x. Only this file imports it. */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  ElicitResultSchema,
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
import type { ClientSide } from '../calls/call-tool.ts';
import {
  CAPABILITIES,
  CONSENT_TIMEOUT,
  ENDS,
  formOf,
  handlersOf,
  type MessageTransport,
  ProtocolFault,
  progressOf,
  type RunningServer,
  refuseBeforeInitialize,
  type ServerEnvironment,
} from './handlers.ts';

/** `ask` checks the answer of its one dialog itself. Without this, the SDK makes a validator with all its schemas for each server. */
const UNUSED_VALIDATOR = {
  getValidator(): never {
    throw new Error('no answer of a dialog is checked with a schema');
  },
};

/** For transports that pass parsed JSON. Throws when the value is not a JSON-RPC message. */
export const parseMessage = (value: unknown) => JSONRPCMessageSchema.parse(value);

/**
 * A loose schema, so that the SDK's own schema runs second. There a bad call is answered as invalid params (-32602). If it ran first,
 * the answer would be an internal error (-32603).
 */
const AnyToolCall = z.looseObject({ method: z.literal('tools/call'), params: z.unknown().optional() });

/** The MCP server with the tools, resources and prompts of this program. Nothing starts before `connect`. */
export function createServer(environment: ServerEnvironment): RunningServer {
  const { name, version, instructions } = environment;
  const server = new Server(
    { name, version },
    { capabilities: CAPABILITIES, instructions, jsonSchemaValidator: UNUSED_VALIDATOR },
  );
  server.onerror = (error) => environment.log(`protocol: ${error.message}`);
  const handlers = handlersOf(environment);
  const initialized = () => refuseBeforeInitialize(server.getClientVersion());

  server.setRequestHandler(ListToolsRequestSchema, handlers.listTools);
  server.setRequestHandler(AnyToolCall, (call, extra) =>
    faults(() => {
      initialized();
      const { params } = CallToolRequestSchema.parse(call);
      const { signal } = extra;
      return handlers.callTool(params.name, params.arguments, {
        signal,
        progress: progressOf(extra._meta?.progressToken, (params) =>
          extra.sendNotification({ method: 'notifications/progress', params }),
        ),
        ask:
          environment.dialogs && server.getClientCapabilities()?.elicitation?.form
            ? askWith(server, signal, environment.consentTimeout ?? CONSENT_TIMEOUT)
            : undefined,
      });
    }),
  );
  server.setRequestHandler(ListResourcesRequestSchema, handlers.listResources);
  server.setRequestHandler(ListResourceTemplatesRequestSchema, handlers.listTemplates);
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }, { signal }) =>
    faults(() => {
      initialized();
      return handlers.readResource(params.uri, signal);
    }),
  );
  server.setRequestHandler(CompleteRequestSchema, ({ params }, { signal }) =>
    faults(() => {
      initialized();
      return handlers.complete(params, signal);
    }),
  );
  server.setRequestHandler(ListPromptsRequestSchema, handlers.listPrompts);
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) =>
    faults(() => handlers.getPrompt(params.name, params.arguments ?? {})),
  );

  return {
    connect: (transport: MessageTransport) => server.connect(transport as Parameters<Server['connect']>[0]), // the SDK's type of the same
    // Closing aborts the signal of each running request. A signal of our own, joined to theirs, would keep a reference to each of them.
    async stop() {
      await handlers.stop();
      await server.close();
    },
    settled: handlers.settled,
  };
}

/** An error of the protocol in the form of this SDK. */
async function faults<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ProtocolFault ? new McpError(error.code, error.message) : error;
  }
}

function askWith(server: Server, signal: AbortSignal, timeout: number): NonNullable<ClientSide['ask']> {
  return async (question) => {
    // The SDK's `elicitInput` would validate the answer with ajv, which the build leaves out.
    const answer = await server
      .request({ method: 'elicitation/create', params: formOf(question) }, ElicitResultSchema, { timeout, signal })
      .catch(() => {
        signal.throwIfAborted();
        return undefined;
      });
    return { end: answer === undefined ? 'unanswered' : ENDS[answer.action] };
  };
}

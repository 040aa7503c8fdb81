/** The adapter for `@modelcontextprotocol/server` 2.x. Only this file imports it. It also speaks revision 2026-07-28, in which nothing lasts from one request to the next. */
import {
  type AuthInfo,
  createMcpHandler,
  createRequestStateCodec,
  inputRequired,
  isLegacyRequest,
  ProtocolError,
  parseJSONRPCMessage,
  Server,
  type ServerContext,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import type { ClientSide } from '../calls/call-tool.ts';
import { isObject } from '../rest/json.ts';
import {
  CAPABILITIES,
  CONSENT_TIMEOUT,
  ENDS,
  formOf,
  type Handlers,
  handlersOf,
  type MessageTransport,
  ProtocolFault,
  progressOf,
  type RunningServer,
  refuseBeforeInitialize,
  type ServerEnvironment,
} from './handlers.ts';

/** Where the question of a call lies among those that an answer may ask. */
const CONSENT = 'consent';
/** How long a question may stay open between two requests, in seconds. */
const OPEN_SECONDS = 600;

/** What goes to the client with a question and comes back with the answer. It is signed, and bound to the caller. */
interface AskedState {
  about: string;
  /** Epoch milliseconds. */
  at: number;
}

type States = ReturnType<typeof createRequestStateCodec<AskedState>>;

/** How one instance of the server serves. */
interface Serving {
  environment: ServerEnvironment;
  handlers: Handlers;
  /**
   * How the user can be asked. In a session, by a request of the server. From revision 2026-07-28 on, by a reply with a signed state. Without either,
   * the capabilities of the client are unknown, and a second call is the consent.
   */
  asks: 'in session' | States | undefined;
  /** The client takes one JSON document, so progress cannot reach it. */
  plain: boolean;
}

/** For transports that pass parsed JSON. Throws when the value is not a JSON-RPC message. */
export const parseMessage = (value: unknown) => parseJSONRPCMessage(value);

/** The MCP server with the tools, resources and prompts of this program, for one client. Nothing starts before `connect`. */
export function createServer(environment: ServerEnvironment): RunningServer {
  const handlers = handlersOf(environment);
  const server = serverOf({ environment, handlers, asks: 'in session', plain: false });
  return {
    connect: (transport: MessageTransport) => server.connect(transport as Parameters<Server['connect']>[0]), // the SDK's type of the same
    async stop() {
      await handlers.stop();
      await server.close();
    },
    settled: handlers.settled,
  };
}

function serverOf(serving: Serving): Server {
  const { environment, handlers, asks } = serving;
  const { name, version, instructions } = environment;
  const server = new Server(
    { name, version },
    {
      capabilities: CAPABILITIES,
      instructions,
      ...(typeof asks === 'object' ? { requestState: { verify: asks.verify } } : {}),
    },
  );
  server.onerror = (error) => environment.log(`protocol: ${error.message}`);
  const initialized = () => asks === 'in session' && refuseBeforeInitialize(server.getClientVersion());

  server.setRequestHandler('tools/list', handlers.listTools);
  server.setRequestHandler('tools/call', ({ params }, context) =>
    faults(async () => {
      initialized();
      const question = askerOf(server, serving, context);
      const answer = await handlers.callTool(params.name, params.arguments, {
        signal: context.mcpReq.signal,
        progress: serving.plain
          ? () => {}
          : progressOf(context.mcpReq._meta?.progressToken, (params) =>
              context.mcpReq.notify({ method: 'notifications/progress', params }),
            ),
        ask: question?.ask,
      });
      return (await question?.open()) ?? answer;
    }),
  );
  server.setRequestHandler('resources/list', handlers.listResources);
  server.setRequestHandler('resources/templates/list', handlers.listTemplates);
  server.setRequestHandler('resources/read', ({ params }, { mcpReq }) =>
    faults(() => {
      initialized();
      return handlers.readResource(params.uri, mcpReq.signal);
    }),
  );
  server.setRequestHandler('completion/complete', ({ params }, { mcpReq }) =>
    faults(() => {
      initialized();
      return handlers.complete(params, mcpReq.signal);
    }),
  );
  server.setRequestHandler('prompts/list', handlers.listPrompts);
  server.setRequestHandler('prompts/get', ({ params }) =>
    faults(() => handlers.getPrompt(params.name, params.arguments ?? {})),
  );
  return server;
}

/** An error of the protocol in the form of this SDK. */
async function faults<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ProtocolFault ? new ProtocolError(error.code, error.message) : error;
  }
}

/** The way to ask the user within a call. `open` is the answer that carries a question which has no answer yet. */
interface Asker {
  ask: NonNullable<ClientSide['ask']>;
  open(): Promise<ReturnType<typeof inputRequired> | undefined>;
}

function askerOf(server: Server, { environment, asks }: Serving, context: ServerContext): Asker | undefined {
  const canShow = server.getClientCapabilities()?.elicitation?.form !== undefined;
  if (!(environment.dialogs && canShow && asks)) return undefined;
  return asks === 'in session'
    ? askInSession(environment.consentTimeout ?? CONSENT_TIMEOUT, context)
    : askByReply(asks, environment.now, context);
}

/** Up to revision 2025-11-25, the server sends a request of its own while the call runs. */
function askInSession(timeout: number, { mcpReq }: ServerContext): Asker {
  return {
    async ask(question) {
      const answer = await mcpReq
        .send({ method: 'elicitation/create', params: formOf(question) }, { timeout, signal: mcpReq.signal })
        .catch(() => {
          mcpReq.signal.throwIfAborted();
          return undefined;
        });
      return { end: answer === undefined ? 'unanswered' : ENDS[answer.action] };
    },
    open: async () => undefined,
  };
}

/**
 * From revision 2026-07-28 on, the call ends with the question, and the client repeats it with the answer. The signed state says what was asked and
 * when. An answer about anything else is none, and the question is asked again.
 */
function askByReply(states: States, now: () => number, context: ServerContext): Asker {
  let asked: { question: string; about: string } | undefined;
  return {
    async ask(question, about) {
      const state = context.mcpReq.requestState<AskedState>();
      const action = actionOf(context.mcpReq.inputResponses?.[CONSENT]);
      if (action !== undefined && state?.about === about) return { end: ENDS[action], openFor: now() - state.at };
      asked = { question, about };
      return { end: 'unanswered' }; // the call ends as a refusal, which `open` replaces
    },
    async open() {
      if (asked === undefined) return undefined;
      return inputRequired({
        inputRequests: { [CONSENT]: inputRequired.elicit(formOf(asked.question)) },
        requestState: await states.mint({ about: asked.about, at: now() }, context),
      });
    },
  };
}

/** The action that a client reports, which may send anything. */
function actionOf(response: unknown): keyof typeof ENDS | undefined {
  const action = isObject(response) ? response.action : undefined;
  return action === 'accept' || action === 'decline' || action === 'cancel' ? action : undefined;
}

/** One message over HTTP, from a caller that the host knows. */
export interface HttpExchange {
  url: string;
  /** As they came, without any login: the host removed it. */
  headers: Record<string, string>;
  /** The parsed body. */
  body: unknown;
  /** The reply is one JSON document and no stream, because the client accepts none or asks for no progress. */
  plain: boolean;
  /** Ends with the exchange, or when the connection closes. Then the calls of the exchange are cancelled. */
  signal: AbortSignal;
  /** Who calls, for the signature of a question: another caller cannot answer it. */
  caller: string;
  environment: ServerEnvironment;
  handlers: Handlers;
}

/** Answers messages over HTTP. Nothing lasts from one to the next: each has a server and a transport of its own. */
export interface Answerer {
  answer(exchange: HttpExchange): Promise<Response>;
  close(): Promise<void>;
}

const NO_CALLER: AuthInfo = { token: '', clientId: '', scopes: [] };

/** @param key signs the questions that clients bring back, at least 32 bytes. Servers that replace each other need the same key. */
export function createAnswerer(key: Uint8Array, log: (line: string) => void): Answerer {
  const states = createRequestStateCodec<AskedState>({
    key,
    ttlSeconds: OPEN_SECONDS,
    bind: ({ http }) => http?.authInfo?.clientId ?? '',
  });
  const modern = createMcpHandler(
    ({ authInfo = NO_CALLER }) => serverOf(authInfo.extra?.serving as Serving), // `answer` put it there
    { legacy: 'reject', maxSubscriptions: 0, onerror: (error) => log(`protocol: ${error.message}`) },
  );
  return {
    async answer(exchange) {
      const { url, headers, body, signal, caller } = exchange;
      // The SDK insists on a client that accepts both forms, also where it sends one alone.
      const accept = 'application/json, text/event-stream';
      const request = new Request(url, { method: 'POST', headers: { ...headers, accept }, signal });
      if (await isLegacyRequest(request, body)) return answerBefore2026(exchange, request);
      const authInfo = { ...NO_CALLER, clientId: caller, extra: { serving: { ...exchange, asks: states } } };
      return modern.fetch(request, { parsedBody: body, authInfo });
    },
    close: () => modern.close(),
  };
}

/** Up to revision 2025-11-25 there is no session either, so the capabilities of the client are unknown and it is never asked in a dialog. */
async function answerBefore2026(exchange: HttpExchange, request: Request): Promise<Response> {
  const server = serverOf({ ...exchange, asks: undefined });
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: exchange.plain });
  await server.connect(transport);
  exchange.signal.addEventListener('abort', () => void server.close(), { once: true });
  return transport.handleRequest(request, { parsedBody: exchange.body });
}

/** What this server answers to each request of the protocol. It knows no SDK: `sdk-v1.ts` and `sdk-v2.ts` connect it to one. */
import { cleanResult } from '../calls/answer.ts';
import type { CallEnvironment, Calls, ClientSide, SharedState } from '../calls/call-tool.ts';
import type { CallLimit, TimedCalls } from '../calls/in-time.ts';
import type { Timer } from '../calls/later.ts';
import { noteOn, unpublished } from '../calls/publication.ts';
import type { ToolResult } from '../refusal.ts';
import type { Http } from '../rest/http.ts';
import { sanitize } from '../text/sanitize.ts';
import type { Tool, ToolContext } from '../tool.ts';
import type { ListedTool } from './describe-tool.ts';
import { fillPrompt, PROMPTS } from './prompts.ts';
import { completeEndpoint, readResource, resources, TEMPLATES } from './resources.ts';
import { publishedTools } from './tool-list.ts';
import { APPS, isView, readView, viewResources, viewsOf } from './views.ts';

export interface ServerEnvironment extends Omit<CallEnvironment, keyof SharedState | 'tools'> {
  /** What its calls share with those of other servers, where a server lives for one request only. Default: nothing. */
  state?: SharedState | undefined;
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
  /** Ends each call in time, and shortens its waits. Without it, calls take as long as they ask for. */
  limit?: CallLimit;
  /** For calls that the server makes by itself, between two calls of its client. Without it, it makes none. */
  timer?: Timer;
}

/** A message of JSON-RPC 2.0, as far as a transport reads it. */
export interface Message {
  jsonrpc: '2.0';
  [field: string]: unknown;
}

/** The part of a transport that both SDKs know. */
export interface MessageTransport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: each SDK has its own type of the same message
  onmessage?: ((message: any, extra?: any) => void) | undefined;
  start(): Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  send(message: any, options?: any): Promise<void>;
  close(): Promise<void>;
}

/** A server that is ready to connect. `stop` cancels running calls (polls, never deployments) and closes the connection. */
export interface RunningServer {
  connect(transport: MessageTransport): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when no call is running, including calls whose client has gone. */
  settled(): Promise<void>;
}

/** An error of the protocol. Its code is one of JSON-RPC 2.0. */
export class ProtocolFault extends Error {
  override readonly name = 'ProtocolFault';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const INVALID_REQUEST = -32600;
const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;

/** {@link ServerEnvironment.consentTimeout} */
export const CONSENT_TIMEOUT = 5 * 60_000;

/**
 * The views are named to every client, with or without the extension on its side. VS Code shows them and does not say so, and clients that know
 * nothing of them ignore the names.
 */
export const CAPABILITIES = { tools: {}, resources: {}, prompts: {}, completions: {}, extensions: { [APPS]: {} } };

/** Before the handshake, a server with a session does not know who calls and whether a person can be asked. */
export function refuseBeforeInitialize(client: object | undefined): void {
  if (client === undefined)
    throw new ProtocolFault(INVALID_REQUEST, 'the session is not initialized: send initialize first');
}

/** The same object in both forms, because several clients show the model only one of them. */
export interface CallAnswer {
  content: { type: 'text'; text: string }[];
  structuredContent: ToolResult;
  isError?: true;
  [more: string]: unknown;
}

/** What a completion is for, as `completion/complete` names it. */
interface CompletionRequest {
  ref: { type: 'ref/prompt'; name: string } | { type: 'ref/resource'; uri: string };
  argument: { name: string; value: string };
}

export type Handlers = ReturnType<typeof handlersOf>;

/** The answers of one server. Its tools load at the first call. */
export function handlersOf(environment: ServerEnvironment) {
  const running = new Set<Promise<unknown>>();
  const { limit } = environment;
  let calls: Promise<Calls | TimedCalls> | undefined;
  const loaded = () => calls?.catch(() => undefined);
  /** Reads with a connection that ends with the signal, and in time. */
  async function read<T>(outer: AbortSignal, work: (http: Http) => Promise<T>): Promise<T> {
    const bound = (signal: AbortSignal) => work(environment.http.bind({ signal, access: 'read' }));
    return limit ? (await import('../calls/in-time.ts')).untilEnd(limit, outer, bound) : bound(outer);
  }
  const hiddenTools = async () => unpublished(await listOf(environment), environment);
  const shownTools = async () => publishedTools(await listOf(environment), environment);

  return {
    listTools: async () => ({ tools: await shownTools() }),

    async callTool(name: string, given: unknown, client: ClientSide): Promise<CallAnswer> {
      calls ??= loadCalls(environment);
      const called = calls.then((each) => each.call(name, given, client));
      running.add(called);
      return answerOf(await called.finally(() => running.delete(called)));
    },

    listResources: async () => ({
      resources: [...resources(await hiddenTools()), ...viewResources(viewsOf(await shownTools()))],
    }),

    listTemplates: () => ({ resourceTemplates: TEMPLATES.map((each) => ({ ...each })) }),

    async readResource(uri: string, signal: AbortSignal) {
      const hidden = await hiddenTools();
      const remark = (text: string) => noteOn(text, hidden, environment);
      const document = async (http: Http) =>
        isView(uri) ? readView(uri, viewsOf(await shownTools())) : readResource(uri, http, remark);
      const found = await read(signal, document).catch(async (error: unknown) => {
        const { report } = await import('../calls/error-report.ts');
        const { message, next } = report(error, { tool: 'resource', effect: 'read' }).error;
        const text = `${message} ${next}`;
        throw new ProtocolFault(INTERNAL_ERROR, String(sanitize(`${text} ${remark(text)}`.trimEnd())));
      });
      if (!found)
        throw new ProtocolFault(INVALID_PARAMS, 'there is no resource with this URI; resources/list shows all of them');
      return { contents: [{ uri, ...found }] };
    },

    async complete({ ref, argument }: CompletionRequest, signal: AbortSignal) {
      const prompt = ref.type === 'ref/prompt' ? PROMPTS.find((each) => each.name === ref.name) : undefined;
      const wanted =
        ref.type === 'ref/resource'
          ? TEMPLATES.some((each) => each.uriTemplate === ref.uri) && argument.name === 'name'
          : prompt?.arguments.some((each) => each.name === argument.name && each.completes === 'endpoint');
      // Completions are only a help while typing, so an unreachable workspace just means none.
      const values = wanted ? await read(signal, (http) => completeEndpoint(argument.value, http)).catch(() => []) : [];
      return { completion: { values, total: values.length, hasMore: false } };
    },

    async listPrompts() {
      const hidden = await hiddenTools();
      const offered = PROMPTS.filter(({ needs }) => !hidden.some(({ name }) => needs.includes(name)));
      return {
        prompts: offered.map(({ name, title, description, arguments: args }) => ({
          name,
          title,
          description,
          arguments: args.map(({ name, description, required }) => ({ name, description, required })),
        })),
      };
    },

    async getPrompt(name: string, args: Record<string, string>) {
      const prompt = PROMPTS.find((each) => each.name === name);
      if (!prompt)
        throw new ProtocolFault(INVALID_PARAMS, 'there is no prompt with this name; prompts/list shows all of them');
      const hidden = await hiddenTools();
      const missing = noteOn(prompt.needs.join(' '), hidden, environment);
      if (missing !== '') throw new ProtocolFault(INVALID_PARAMS, `the prompt cannot be used here. ${missing}`);
      const filled = fillPrompt(prompt, args);
      if ('problem' in filled) throw new ProtocolFault(INVALID_PARAMS, filled.problem);
      const text = `${filled.text}\n${noteOn(filled.text, hidden, environment)}`.trimEnd();
      return {
        description: prompt.description,
        messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }],
      };
    },

    /** Ends the calls that the server makes by itself. */
    stop: async () => (await loaded())?.stop(),

    /** Changes that have not ended, each with its target. Only a server with a time limit keeps this list. */
    async openChanges(): Promise<string[]> {
      const each = await loaded();
      return each && 'openChanges' in each ? each.openChanges() : [];
    },

    /** Resolves when no call is running. */
    async settled() {
      while (running.size > 0) await Promise.allSettled(running);
      await (await loaded())?.settled();
    },
  };
}

async function listOf({ preparedList, loadTools }: ServerEnvironment): Promise<readonly ListedTool[]> {
  return preparedList ?? (await loadTools()).map((await import('./describe-tool.ts')).listed);
}

/** Loads what a call needs. A start needs none of it. */
async function loadCalls(environment: ServerEnvironment): Promise<Calls | TimedCalls> {
  const { limit, timer } = environment;
  const [tools, { callsOf }] = await Promise.all([environment.loadTools(), import('../calls/call-tool.ts')]);
  const calls = callsOf({ ...environment, tools }, timer);
  return limit ? (await import('../calls/in-time.ts')).callsInTime(calls, tools, limit) : calls;
}

function answerOf(value: ToolResult): CallAnswer {
  const clean = cleanResult(value);
  return {
    content: [{ type: 'text', text: JSON.stringify(clean) }],
    structuredContent: clean,
    ...('error' in value ? { isError: true } : {}),
  };
}

/**
 * A question to the user, in the form of `elicitation/create`. It has no fields: Accept is the yes. A box in addition would turn the Accept of a person
 * who overlooks it into a no, and some clients send no content at all.
 */
export function formOf(question: string) {
  return {
    mode: 'form' as const,
    message: String(sanitize(question)),
    requestedSchema: { type: 'object' as const, properties: {} },
  };
}

/** How a dialog ended, by the action that the client reports. */
export const ENDS = { accept: 'accepted', decline: 'declined', cancel: 'dismissed' } as const;

/** Progress must grow with each message. A message without a share adds a hundredth. */
export function progressOf(
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

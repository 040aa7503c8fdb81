/**
 * The server for many users: plain HTTP around the protocol. It has no sessions. Each request has a caller, handlers and a transport of its own, and
 * nothing outlives it but what the caller's state keeps.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { isTextTooDeep } from '../depth.ts';
import { type Handlers, handlersOf, type ServerEnvironment } from '../mcp/handlers.ts';
import { readMessage } from '../mcp/read-message.ts';
import { hasBatches } from '../mcp/revisions.ts';
import type { Answerer } from '../mcp/sdk-v2.ts';
import { isObject } from '../rest/json.ts';
import { type AdmissionLimits, createAdmission, type Seat } from '../web/admission.ts';
import { createListener, type ListenerLimits } from '../web/listener.ts';
import { readBody } from '../web/read-body.ts';
import { type HttpRefusal, INTERNAL_ERROR, INVALID_REQUEST, isRefusal, PARSE_ERROR, refusal } from '../web/refusal.ts';
import { answerPlainly, LINGER_BYTES, passOn, refuse } from '../web/reply.ts';
import { type Caller, CallerRefused, type Identify } from './caller.ts';
import { corsHeaders, preflightHeaders } from './cors.ts';
import { type GateRules, type Passage, passageOf } from './gate.ts';

export interface HostLimits extends AdmissionLimits, ListenerLimits {
  /** Longest body, in bytes. */
  maxBody: number;
}

interface HostOptions {
  /** @param port the port of the server, which is its own name on this machine. */
  rules(port: number): Omit<GateRules, 'maxBody'>;
  limits: HostLimits;
  identify: Identify;
  /** What the calls of a request run with. `done` is called when all of them have ended. */
  open(caller: Caller): { environment: ServerEnvironment; done(): void };
  /** What answers within an environment. Default: the tools of this program. */
  handlers?: (environment: ServerEnvironment) => Handlers;
  answerer: Answerer;
  /** Ends all calls. {@link HostedServer.stop} aborts it. */
  calls: AbortController;
  log: (line: string) => void;
}

export interface HostedServer {
  /** @returns the port. @throws the error of the system when the address is in use. */
  listen(port: number, address: string): Promise<number>;
  /**
   * No new call begins. Running ones may end within the deadline, in milliseconds, and are then ended with an answer.
   * @returns the changes that have not ended, each with its target.
   */
  stop(deadlineMs: number): Promise<string[]>;
}

/** Time for answers to leave after the calls were ended, and for changes that are under way, in milliseconds. */
const LAST_WORDS = 2_000;
/** Levels of a body. A tool says more about one that is deeper than its own arguments may be. */
const MOST_LEVELS = 1_000;
/** Seconds after which another server runs in place of this one. */
const RESTART = 5;
const STOPPING = refusal(503, 'this server stops; repeat the call in a few seconds', RESTART);

export function createHostedServer(options: HostOptions): HostedServer {
  const { limits, log, answerer } = options;
  const admission = createAdmission(limits);
  const open = new Set<Handlers>();
  let rules: GateRules = { hosts: [], origins: [], maxBody: limits.maxBody };
  let stopping = false;

  const listener = createListener(limits, (...given) => void handle(...given));

  async function handle(request: IncomingMessage, response: ServerResponse, asks: boolean): Promise<void> {
    const { method = '', url = '', httpVersion: version, headers, rawHeaders } = request;
    const passage = passageOf({ method, version, url, headers, rawHeaders }, rules);
    const cors = corsHeaders('origin' in passage ? passage.origin : undefined);
    const ending: Record<string, string> = stopping ? { connection: 'close' } : {};
    const linger = { lingerMs: limits.lingerMs, bytes: LINGER_BYTES };
    const deny = (refused: HttpRefusal) => refuse(request, response, refused, { ...cors, ...ending }, linger);
    try {
      if (passage.to === 'nowhere') deny(passage.refusal);
      else if (passage.to === 'preflight')
        answerPlainly(response, 204, { ...preflightHeaders(passage.origin), ...ending });
      else if (passage.to === 'health')
        answerPlainly(response, stopping ? 503 : 200, ending, { status: stopping ? 'stopping' : 'ok' });
      else if (stopping) deny(STOPPING);
      else await serve(request, response, passage, asks, deny, cors);
    } catch (error) {
      log(`http: ${(error instanceof Error && error.stack) || String(error)}`);
      deny({ ...refusal(500, 'this server failed. This is a bug in it. Please report it.'), code: INTERNAL_ERROR });
    }
  }

  async function serve(
    request: IncomingMessage,
    response: ServerResponse,
    passage: Passage & { to: 'protocol' },
    asks: boolean,
    deny: (refused: HttpRefusal) => void,
    headers: Record<string, string>,
  ): Promise<void> {
    const seat = admission.enter();
    if (isRefusal(seat)) return deny(seat);
    const gone = new AbortController();
    response.once('close', () => gone.abort(new Error('the connection was closed')));
    let ended = async () => {};
    try {
      const caller = await callerOf(options.identify, request, gone.signal);
      if (caller === undefined) return;
      if (isRefusal(caller)) return deny(caller);
      const tooMany = seat.of(caller.key);
      if (tooMany) return deny(tooMany);
      if (asks) response.writeContinue();
      const text = await readBody(request, { ...limits, hold: seat.hold });
      if (text === undefined) return;
      if (isRefusal(text)) return deny(text);
      if (stopping) return deny(STOPPING); // its head came before the stop
      const body = messageIn(text, passage.revision, seat);
      if (isRefusal(body)) return deny(body);

      const { environment, done } = options.open(caller);
      const handlers = (options.handlers ?? handlersOf)(environment);
      open.add(handlers);
      ended = async () => {
        await handlers.settled();
        open.delete(handlers);
        done();
      };
      const answer = await answered(answerer, gone.signal, {
        url: `http://localhost${request.url ?? ''}`,
        headers: headersFor(request),
        body: body.message,
        plain: !(passage.streams && wantsProgress(body.message)),
        signal: gone.signal,
        caller: caller.key,
        environment,
        handlers,
      });
      if (answer === 'late') return deny(refusal(504, 'this server found no answer in time; repeat the call'));
      if (answer === 'gone') return;
      await passOn(answer, response, stopping ? { ...headers, connection: 'close' } : headers, limits.sendMs);
    } finally {
      gone.abort(new Error('the exchange has ended'));
      // A change that is under way keeps its place, also when its client has gone.
      void ended().finally(() => seat.leave());
    }
  }

  async function answered(
    { answer }: Answerer,
    gone: AbortSignal,
    exchange: Parameters<Answerer['answer']>[0],
  ): Promise<Response | 'late' | 'gone'> {
    const over = new AbortController();
    const closed = new Promise<'gone'>((resolve) => {
      if (gone.aborted) resolve('gone');
      gone.addEventListener('abort', () => resolve('gone'), { once: true });
    });
    const late = pause(limits.answerMs, 'late' as const, { signal: over.signal }).catch(() => 'gone' as const);
    const answering = answer(exchange);
    answering.catch(() => {}); // one that fails after its client has gone has no reader
    try {
      return await Promise.race([answering, closed, late]);
    } finally {
      over.abort();
    }
  }

  return {
    async listen(port, address) {
      const own = await listener.listen(port, address);
      rules = { ...options.rules(own), maxBody: limits.maxBody };
      return own;
    },
    async stop(deadlineMs) {
      stopping = true;
      await admission.settled(deadlineMs);
      options.calls.abort();
      await admission.settled(LAST_WORDS);
      const changes = await Promise.all([...open].map((handlers) => handlers.openChanges()));
      listener.close();
      await answerer.close();
      return changes.flat();
    },
  };
}

/** @returns undefined when the client went away. */
async function callerOf(
  identify: Identify,
  { headers }: IncomingMessage,
  gone: AbortSignal,
): Promise<Caller | HttpRefusal | undefined> {
  try {
    return await identify(headers, gone);
  } catch (error) {
    if (gone.aborted) return undefined;
    if (!(error instanceof CallerRefused)) throw error;
    const { status, message, next } = error;
    const refused = refusal(status, `${message}. ${next}`, status === 503 ? 1 : undefined);
    return status === 401 ? { ...refused, headers: { 'www-authenticate': 'Bearer' } } : refused;
  }
}

/** The message of a body, or the list of messages where the revision has lists. Each call of a list needs a place. */
function messageIn(text: string, revision: string | undefined, seat: Seat): { message: unknown } | HttpRefusal {
  let message: unknown;
  if (isTextTooDeep(text, MOST_LEVELS))
    return { ...refusal(400, `the body is nested more than ${MOST_LEVELS} levels deep`), code: INVALID_REQUEST };
  try {
    message = readMessage(text);
  } catch {
    return { ...refusal(400, 'the body is not JSON'), code: PARSE_ERROR };
  }
  if (!Array.isArray(message)) return { message };
  if (!hasBatches(revision))
    return {
      ...refusal(400, `revision ${revision} has no lists of messages; send one message in a request`),
      code: INVALID_REQUEST,
    };
  return seat.more(Math.max(0, message.length - 1)) ?? { message };
}

/** Only a call that asks for progress needs a stream. Some clients accept one, and read plain JSON alone. */
function wantsProgress(body: unknown): boolean {
  const messages = Array.isArray(body) ? body : [body];
  return messages.some((each) => {
    const params = isObject(each) ? each.params : undefined;
    const meta = isObject(params) ? params._meta : undefined;
    return isObject(meta) && meta.progressToken !== undefined;
  });
}

/** The headers that the protocol reads. A login is not among them. */
function headersFor({ headers }: IncomingMessage): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => name.startsWith('mcp-'));
  return {
    ...Object.fromEntries(own.map(([name, value]) => [name, String(value)])),
    'content-type': 'application/json',
  };
}

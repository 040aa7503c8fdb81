/** The server of the dashboard: one page, sessions for it, and its calls. It listens to this machine alone. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { cleanResult } from '../calls/answer.ts';
import type { TimedCalls } from '../calls/in-time.ts';
import { isTextTooDeep, MAX_DEPTH } from '../depth.ts';
import { isObject } from '../rest/json.ts';
import { type AdmissionLimits, createAdmission, type Seat } from '../web/admission.ts';
import { createListener, type ListenerLimits } from '../web/listener.ts';
import { readBody } from '../web/read-body.ts';
import { type HttpRefusal, INTERNAL_ERROR, isRefusal, refusal } from '../web/refusal.ts';
import { answerPlainly, LINGER_BYTES, refuse } from '../web/reply.ts';
import { refusalOfTool } from './allowed-tools.ts';
import { type Passage, passageOf } from './gate.ts';
import { createSessions, NEW_ADDRESS } from './sessions.ts';

export interface DashboardLimits extends AdmissionLimits, ListenerLimits {
  /** Longest body, in bytes. */
  maxBody: number;
  /** Time for changes that are under way at the stop, in milliseconds. */
  lastMs: number;
  /** Time for answers to leave after that, in milliseconds. */
  partMs: number;
}

/** The workspace behind the page. */
export interface Live {
  /** Names of the tools that the page may call. */
  tools: readonly string[];
  calls: TimedCalls;
  /** Ends all calls but those that change something. {@link Dashboard.stop} aborts it. */
  end: AbortController;
}

interface DashboardOptions {
  /** The page, with its policy in a `meta` element. It has no data. */
  page: string;
  /** What a page hears at its start, besides the tools that it may call. */
  about: object;
  /** Undefined: the page shows a saved report, and calls nothing. */
  live: Live | undefined;
  limits: DashboardLimits;
  /** The time in milliseconds, and a text that no one guesses. */
  now: () => number;
  random: () => string;
  /** A page has used the secret. */
  onBegun(): void;
  log: (line: string) => void;
}

export interface Dashboard {
  /** @param port 0: any free one. @throws the error of the system when the address is in use. */
  listen(port: number): Promise<void>;
  /** The address for a browser, with a new secret. It works once. */
  address(): string;
  /** Reads and waits end at once, and changes under way in time. @returns the changes that have not ended. */
  stop(): Promise<string[]>;
}

/** The loopback interface. A name could be resolved to another one. */
const LOOPBACK = '127.0.0.1';
/** Characters of an answer. A page can show more than a model reads. */
const MAX_ANSWER = 1_000_000;
/** A page is no dialog: the answer asks, and a second call agrees. */
const NO_CLIENT = { progress: () => {}, ask: undefined };

export function createDashboard(options: DashboardOptions): Dashboard {
  const { page, live, limits, log } = options;
  const tools = live?.tools ?? [];
  const about = { ...options.about, tools };
  const admission = createAdmission(limits);
  const sessions = createSessions(options);
  const headers = headersOf(page);
  const linger = { lingerMs: limits.lingerMs, bytes: LINGER_BYTES };
  const listener = createListener(limits, (...given) => void handle(...given));
  let port = 0;
  let stopping = false;

  async function handle(request: IncomingMessage, response: ServerResponse, asks: boolean): Promise<void> {
    const { method = '', url = '', httpVersion: version, headers: given, rawHeaders } = request;
    const ending: Record<string, string> = stopping ? { connection: 'close' } : {};
    const deny = (refused: HttpRefusal) => refuse(request, response, refused, { ...PROTECTED, ...ending }, linger);
    try {
      const passage = passageOf(
        { method, version, url, headers: given, rawHeaders },
        { port, maxBody: limits.maxBody },
      );
      const refused = passage.to === 'nowhere' ? passage.refusal : stopping ? STOPPING : undefined;
      if (refused) deny(refused);
      else if (passage.to === 'page') showPage(response);
      else await serve(request, response, passage, asks, deny);
    } catch (error) {
      log(`dashboard: ${(error instanceof Error && error.stack) || String(error)}`);
      deny({ ...refusal(500, 'the dashboard failed. This is a bug in it. Please report it.'), code: INTERNAL_ERROR });
    }
  }

  function showPage(response: ServerResponse): void {
    response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(page) }).end(page);
  }

  async function serve(
    request: IncomingMessage,
    response: ServerResponse,
    { to }: Passage,
    asks: boolean,
    deny: (refused: HttpRefusal) => void,
  ): Promise<void> {
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const session = token === undefined ? undefined : sessions.sessionOf(token);
    if (session === undefined && (to === 'call' || token !== undefined)) return deny(UNKNOWN);
    const seat = admission.enter();
    if (isRefusal(seat)) return deny(seat);
    const gone = new AbortController();
    response.once('close', () => gone.abort(new Error('the page has gone')));
    try {
      const tooMany = seat.of(session ?? 'no session');
      if (tooMany) return deny(tooMany);
      if (asks) response.writeContinue();
      const body = await bodyOf(request, seat);
      if (body === undefined) return;
      if (isRefusal(body)) return deny(body);
      const answer = to === 'call' ? await called(body, gone.signal) : session === undefined ? begun(body) : about;
      if (isRefusal(answer)) return deny(answer);
      if (!response.destroyed) answerPlainly(response, 200, PROTECTED, answer);
    } finally {
      seat.leave();
    }
  }

  async function bodyOf(request: IncomingMessage, { hold }: Seat): Promise<object | HttpRefusal | undefined> {
    const text = await readBody(request, { ...limits, hold });
    if (text === undefined || isRefusal(text)) return text;
    if (stopping) return STOPPING; // the head came before the stop
    if (isTextTooDeep(text, MAX_DEPTH)) return refusal(400, `the body is nested more than ${MAX_DEPTH} levels deep`);
    try {
      const body: unknown = JSON.parse(text);
      if (isObject(body)) return body;
    } catch {} // the same refusal
    return refusal(400, 'the body is not an object of JSON');
  }

  function begun({ secret }: { secret?: unknown }): object | HttpRefusal {
    if (typeof secret !== 'string') return refusal(400, 'the body has no secret');
    const session = sessions.begin(secret);
    if (isRefusal(session)) return session;
    options.onBegun();
    return { ...session, ...about };
  }

  async function called(
    { tool, arguments: args = {} }: { tool?: unknown; arguments?: unknown },
    signal: AbortSignal,
  ): Promise<object | HttpRefusal> {
    if (typeof tool !== 'string') return refusal(400, 'the body names no tool');
    const refused = refusalOfTool(tool, tools);
    if (refused || !live) return refused ?? refusal(404, 'there is nothing to call');
    const structuredContent = cleanResult(await live.calls.call(tool, args, { ...NO_CLIENT, signal }), MAX_ANSWER);
    return { structuredContent, isError: 'error' in structuredContent };
  }

  return {
    async listen(wanted) {
      port = await listener.listen(wanted, LOOPBACK);
    },
    address: () => `http://${LOOPBACK}:${port}/#${sessions.offer()}`,
    async stop() {
      stopping = true;
      if (live) await ended(live, limits.lastMs);
      await admission.settled(limits.partMs);
      const changes = live?.calls.openChanges() ?? [];
      listener.close();
      return changes;
    },
  };
}

/** Reads and waits end at once. @param ms how long changes may take that are under way. */
async function ended({ calls, end }: Live, ms: number): Promise<void> {
  end.abort();
  calls.stop();
  const over = new AbortController();
  await Promise.race([calls.settled(), pause(ms, undefined, { signal: over.signal }).catch(() => {})]);
  over.abort();
}

const UNKNOWN = refusal(401, `this page is not known to the dashboard; ${NEW_ADDRESS}`);

const STOPPING = refusal(503, 'the dashboard stops');

/** Headers of all answers, on top of those of {@link answerPlainly}. */
const PROTECTED = { 'cross-origin-resource-policy': 'same-origin' };

/** Headers of the page. Its own policy is one of them: a `meta` element cannot forbid that other pages frame it. */
function headersOf(page: string): Record<string, string> {
  const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]+)">/.exec(page)?.[1];
  if (policy === undefined) throw new Error('the page has no policy');
  return {
    ...PROTECTED,
    'cache-control': 'no-store',
    'content-security-policy': `${policy}; frame-ancestors 'none'`,
    'content-type': 'text/html; charset=utf-8',
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };
}

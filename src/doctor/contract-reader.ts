/**
 * The one way of the contract check to the workspace. It can only read: it sends GET and nothing else, over a connection that refuses every
 * other method. It sends one request at a time, waits when the service asks for it, and stops after a number of requests or a time.
 */
import { isTooDeep } from '../depth.ts';
import { TransportError } from '../rest/errors.ts';
import type { Answer, Http } from '../rest/http.ts';
import type { Asked, Question, Reply, Silence } from './contract-asked.ts';

/** Requests of one run, repeats included. A workspace with an endpoint of every kind needs about 70. */
export const MAX_REQUESTS = 70;
/** The whole run, in milliseconds. */
const MAX_TIME = 5 * 60_000;
/** Longest silence in one answer, in milliseconds. */
export const PATIENCE = 20_000;
/** The pause before the one repeat of a request that was refused as too many, when the service names none. Milliseconds. */
const PAUSE = 2_000;
/** The longest pause that is waited for. A service that asks for more is left alone. Milliseconds. */
const MAX_PAUSE = 30_000;
/** Answers are compared, not stored: 8 MiB hold a list of several thousand endpoints. */
const MAX_BODY = 8 * 1024 * 1024;
/** After so many questions in a row without an answer, the host counts as gone. */
const MAX_SILENCE = 3;

export interface ReaderEnvironment {
  http: Http;
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  /** Aborts the run. */
  signal: AbortSignal;
  /** Longest silence in one answer, in milliseconds. */
  patience: number;
  /** Told before each request. */
  onRequest: (count: number) => void;
}

export interface Reader {
  ask(question: Question): Promise<Asked>;
  /** Everything that was asked, in order. */
  readonly asked: readonly Asked[];
  /** Requests sent so far. */
  readonly sent: number;
}

/** A reader that has asked nothing yet. @throws AuthError from `ask`, when the credentials cannot be had. */
export function createReader({ http, now, sleep, signal, patience, onRequest }: ReaderEnvironment): Reader {
  // The guard: this connection refuses every method but GET.
  const reading = http.bind({ signal, access: 'read' });
  const asked: Asked[] = [];
  const begun = now();
  let sent = 0;
  let silent = 0;

  async function once(question: Question): Promise<Reply> {
    sent++;
    onRequest(sent);
    const { path, query, unsigned, answer } = question;
    const options = {
      ...(query === undefined ? {} : { query }),
      ...(unsigned === undefined ? {} : { unsigned }),
      accept: answer === 'metrics' || answer === 'openapi' ? 'text/plain' : 'application/json',
      asIs: true,
      noRetry: true,
      timeoutMs: patience,
      maxBody: MAX_BODY,
    };
    return replyOf(await reading.open('GET', path, options));
  }

  async function reply(question: Question): Promise<Reply> {
    const first = await once(question);
    if ((first.status !== 429 && first.status !== 503) || sent >= MAX_REQUESTS) return first;
    const pause = pauseOf(first.headers['retry-after'], now());
    if (pause > MAX_PAUSE || now() - begun + pause > MAX_TIME) return first;
    await sleep(pause);
    return once(question);
  }

  function limit(): Silence | undefined {
    if (sent >= MAX_REQUESTS) return 'requests';
    if (now() - begun > MAX_TIME) return 'time';
    return silent >= MAX_SILENCE ? 'connection' : undefined;
  }

  return {
    asked,
    get sent() {
      return sent;
    },
    async ask(question) {
      const stopped = limit();
      let result: Asked;
      if (stopped) result = { question, silence: stopped };
      else {
        try {
          result = { question, reply: await reply(question) };
          silent = 0;
        } catch (error) {
          if (!(error instanceof TransportError)) throw error;
          silent++;
          result = { question, silence: silenceOf(error) };
        }
      }
      asked.push(result);
      return result;
    },
  };
}

function silenceOf({ kind }: TransportError): Silence {
  return kind === 'timeout' || kind === 'too_large' ? kind : 'connection';
}

/** Seconds or a date. */
function pauseOf(asked: string | undefined, now: number): number {
  if (asked === undefined) return PAUSE;
  const seconds = Number(asked);
  const pause = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(asked) - now;
  return Number.isNaN(pause) ? PAUSE : Math.max(0, pause);
}

async function replyOf(answer: Answer): Promise<Reply> {
  const headers = Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), String(value ?? '')]),
  );
  const text = await answer.text();
  return {
    status: answer.status,
    headers,
    type: (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '',
    text,
    body: parsed(text),
  };
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isTooDeep(value) ? undefined : value;
  } catch {
    return undefined;
  }
}

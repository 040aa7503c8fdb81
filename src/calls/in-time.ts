/** Calls that end in time, for a server behind a proxy that cuts long ones. The caller always gets an answer, and never a cut connection. */
import { setMaxListeners } from 'node:events';
import type { ToolResult } from '../refusal.ts';
import { isObject } from '../rest/json.ts';
import type { Tool } from '../tool.ts';
import { CallEnd, openReport } from './call-end.ts';
import type { Calls } from './call-tool.ts';
import type { Timer } from './later.ts';

export interface CallLimit {
  /** Longest wait of one call, in seconds. A call that asks for more gets this. */
  waitSeconds: number;
  /** Reads, queries and waits end after this time, in milliseconds. */
  callMs: number;
  /** The answer is due after this time, in milliseconds, although a change that is under way goes on. */
  answerMs: number;
  /** Ends all calls in the same way, when the server stops. */
  stop: AbortSignal;
  timer: Timer;
}

/** Calls of which the server knows which have not ended. */
export interface TimedCalls extends Calls {
  /** Changes that have not ended, each with its target. */
  openChanges(): string[];
}

/** Arguments that say how long a call may take, in seconds. */
const PATIENCE = ['wait_seconds', 'timeout_seconds'] as const;

/** @param calls the same calls without a limit. */
export function callsInTime(calls: Calls, tools: readonly Tool[], limit: CallLimit): TimedCalls {
  const open = new Map<Promise<ToolResult>, string | undefined>();
  return {
    ...calls,
    async call(name, given, client) {
      const tool = tools.find((each) => each.name === name);
      if (tool === undefined) return calls.call(name, given, client);
      const { args, shortened } = withShortWaits(tool, given, limit.waitSeconds);
      const called = untilEnd(limit, client.signal, (signal) => calls.call(name, args, { ...client, signal }));
      open.set(called, changeOf(tool, given));
      const ended = called.finally(() => open.delete(called));
      const answer = await orLate(limit, ended, (after) => ({
        error: openReport(after, tool.effect, aboutOf(tool, given)),
      }));
      return { ...answer, ...noteOn(answer, shortened, limit) };
    },
    openChanges: () => [...open.values()].filter((each) => each !== undefined),
    async settled() {
      while (open.size > 0) await Promise.allSettled(open.keys());
      await calls.settled();
    },
  };
}

/**
 * Work whose signal ends with the outer one, at the limit, and when the server stops.
 * @throws CallEnd where the work stopped for it, the reason of the outer signal, or what the work throws.
 */
export async function untilEnd<T>(
  limit: CallLimit,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController();
  // Joined signals would keep a reference to each call for as long as the server lives.
  const gone = () => own.abort(outer.reason);
  const stopped = () => own.abort(new CallEnd('server_stopping', 'the server stops, so it ended the call'));
  const over = `the call did not end within ${seconds(limit.callMs)} s, so the server ended it`;
  if (outer.aborted) gone();
  if (limit.stop.aborted) stopped();
  setMaxListeners(0, limit.stop);
  outer.addEventListener('abort', gone, { once: true });
  limit.stop.addEventListener('abort', stopped, { once: true });
  const cancel = limit.timer(() => own.abort(new CallEnd('time_limit', over)), limit.callMs);
  try {
    return await work(own.signal);
  } finally {
    cancel();
    outer.removeEventListener('abort', gone);
    limit.stop.removeEventListener('abort', stopped);
  }
}

/** The result of the work, or of `late` when the answer is due before. */
async function orLate<T>(limit: CallLimit, work: Promise<T>, late: (seconds: number) => T): Promise<T> {
  let cancel = () => {};
  const answer = new Promise<T>((resolve) => {
    cancel = limit.timer(() => resolve(late(seconds(limit.answerMs))), limit.answerMs);
  });
  return Promise.race([work, answer]).finally(cancel);
}

const seconds = (ms: number) => Math.round(ms / 1000);

function withShortWaits(
  tool: Tool,
  given: unknown,
  most: number,
): { args: unknown; shortened: { name: string; asked: boolean }[] } {
  const args = isObject(given) ? given : {};
  const shortened = PATIENCE.flatMap((name) => {
    const field = Object.hasOwn(tool.input.shape, name) ? tool.input.shape[name] : undefined;
    const asked = args[name] !== undefined && args[name] !== null && args[name] !== '';
    const seconds = Number(asked ? args[name] : field?.safeParse(undefined).data);
    return field !== undefined && seconds > most ? [{ name, asked }] : [];
  });
  if (shortened.length === 0) return { args: given, shortened };
  return { args: { ...args, ...Object.fromEntries(shortened.map(({ name }) => [name, most])) }, shortened };
}

/** Says that a wait was shortened where the caller asked for it, and where the call may have failed for it. */
function noteOn(answer: ToolResult, shortened: { name: string; asked: boolean }[], limit: CallLimit): ToolResult {
  const said = shortened.filter(({ asked }) => asked || 'error' in answer).map(({ name }) => name);
  if (said.length === 0) return {};
  return { shortened: `${said.join(' and ')}: this server waits at most ${limit.waitSeconds} s in one call` };
}

function changeOf(tool: Tool, given: unknown): string | undefined {
  if (tool.effect !== 'write' && tool.effect !== 'destroy') return undefined;
  if (!isObject(given) || (given.dry_run !== undefined && given.dry_run !== false)) return undefined;
  const target = ['endpoint', 'model_service', 'model', 'app', 'id']
    .map((name) => given[name])
    .find((each) => typeof each === 'string');
  return target === undefined ? tool.name : `${tool.name} of ${target}`;
}

function aboutOf({ name }: Tool, given: unknown) {
  const { endpoint, model } = isObject(given) ? given : {};
  return {
    tool: name,
    ...(isName(endpoint) ? { endpoint } : {}),
    ...(isName(model) ? { model } : {}),
  };
}

/** A name, and no text that would become part of an advice. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.-]{1,255}$/.test(value);
}

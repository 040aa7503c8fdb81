/** The end of a call by its server: its time is up, or the server stops. It is the reason of the call's signal. */
import { effectUnclear } from '../advice/advice.ts';
import type { Effect } from '../tool.ts';

/** Codes of a call that its server ended. */
type EndCode = 'time_limit' | 'server_stopping';

/** Reads, queries and waits end with it. A request that changes something never does. */
export class CallEnd extends Error {
  override readonly name = 'CallEnd';
  readonly code: EndCode;

  constructor(code: EndCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The end that an error comes from: a pause ends with an error of Node, and names its cause. */
export function callEnd(error: unknown): CallEnd | undefined {
  if (error instanceof CallEnd) return error;
  return error instanceof Error && error.cause instanceof CallEnd ? error.cause : undefined;
}

/** The error of the answer. A write that was ended had sent nothing: a request under way is never ended. */
export function endReport({ code, message }: CallEnd, effect: Effect) {
  return {
    code,
    message: `${message}${MEANS[effect]}`,
    next: NEXT[code][effect === 'query' ? 'query' : 'other'],
    retryable: effect !== 'query',
  };
}

const MEANS: Record<Effect, string> = {
  read: '',
  query: '; an inference that was sent may have run',
  write: '; nothing was changed',
  destroy: '; nothing was changed',
};

const TWICE = 'Repeat the call only if running it twice does no harm.';
const NEXT = {
  time_limit: {
    query: TWICE,
    other: 'Repeat the call. If it ends so again, ask for less: one name, fewer rows or a shorter time.',
  },
  server_stopping: { query: TWICE, other: 'Repeat the call in a few seconds.' },
};

/** The error of a call that still runs when its answer is due. Its effect is not known yet. @param seconds how long it has run. */
export function openReport(
  seconds: number,
  effect: Effect,
  about: { tool: string; endpoint?: string; model?: string },
) {
  const message = `the call did not end within ${seconds} s, and it still runs`;
  const changes = effect === 'write' || effect === 'destroy';
  const next = changes ? effectUnclear({ ...about, effect }) : NEXT.time_limit[effect === 'query' ? 'query' : 'other'];
  return { code: 'time_limit' as const, message, next, retryable: effect === 'read' };
}

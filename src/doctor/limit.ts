/** Time limits: no check may hold the report. */

/** The work did not end in time. */
export class TooLate extends Error {
  override readonly name = 'TooLate';
  readonly ms: number;

  constructor(ms: number) {
    super(`no result within ${inSeconds(ms)} s`);
    this.ms = ms;
  }
}

/** Milliseconds as seconds, for messages. */
export function inSeconds(ms: number): string {
  return ms >= 10_000 ? String(Math.round(ms / 1000)) : String(Math.round(ms / 100) / 10);
}

/** Milliseconds for each kind of work. Together with the total, they keep the report within about 20 s. */
export interface Limits {
  /** The whole report. */
  total: number;
  /** A name look-up, a connection, a tunnel or a TLS handshake. */
  connect: number;
  /** One answer of the workspace. */
  answer: number;
  /** A login, which may run a program and ask a token endpoint. */
  login: number;
  /** A check of files, or a program that prints its version. */
  local: number;
}

/** A healthy workspace answers in a second, and a cold CLI login takes about five. Files are slow only on a machine that is too busy. */
export const LIMITS: Limits = { total: 18_000, connect: 5_000, answer: 6_000, login: 9_000, local: 8_000 };

/** The time that remains for the whole report. */
export interface Budget {
  /** Runs work for at most this time, and never beyond the total. The signal ends with it. @throws TooLate */
  within<T>(kind: keyof Limits, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  limits: Limits;
}

/** @param now epoch milliseconds. */
export function createBudget(limits: Limits, now: () => number): Budget {
  const end = now() + limits.total;
  return {
    limits,
    within(kind, work) {
      const ms = Math.max(0, Math.min(limits[kind], end - now()));
      return limited(ms, work);
    },
  };
}

async function limited<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new TooLate(ms);
  if (ms === 0) throw late;
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      // In this order, or the end of the work by the signal would hide the reason.
      reject(late);
      controller.abort(late);
    }, ms);
  });
  const running = work(controller.signal);
  running.catch(() => {}); // it may fail after the limit
  try {
    return await Promise.race([running, limit]);
  } finally {
    clearTimeout(timer);
  }
}

import { ApiError, TransportError } from './errors.ts';

/** How often and how long one request may be tried again. Times in milliseconds. */
export interface RetryLimits {
  /** Tries in all, the first included. */
  attempts: number;
  /** The longest single pause. A service that asks for more is not waited for: the caller is told instead. */
  maxPause: number;
}

export const RETRY_LIMITS: RetryLimits = { attempts: 4, maxPause: 20_000 };

/**
 * How long to pause before another try, or undefined when there must be none.
 *
 * 429 and 503 mean that nothing was accepted, and a refused connection that nothing was sent: these are safe for every method.
 * Everything else (500, 502, 504, a lost or late answer) is tried again only when `repeatable`: an inference that timed out, or a create
 * whose answer was lost, may have had its effect (API contract, section 4.3).
 *
 * @param attempt how many tries were made, from 1.
 * @param random a number in [0, 1) for the jitter.
 */
export function retryDelay(
  error: unknown,
  attempt: number,
  repeatable: boolean,
  random: number,
  limits: RetryLimits = RETRY_LIMITS,
): number | undefined {
  if (attempt >= limits.attempts || !mayRepeat(error, repeatable)) return undefined;
  const backoff = Math.min(250 * 2 ** attempt, 8_000) + random * 250;
  const asked = error instanceof ApiError ? error.retryAfterMs : undefined;
  const pause = asked === undefined ? backoff : asked + random * 250;
  return pause > limits.maxPause ? undefined : pause;
}

function mayRepeat(error: unknown, repeatable: boolean): boolean {
  if (error instanceof ApiError) {
    if (error.status === 429 || error.status === 503) return true;
    return repeatable && (error.status === 500 || error.status === 502 || error.status === 504);
  }
  if (error instanceof TransportError) {
    if (error.kind === 'unreachable') return false;
    return !error.sent || repeatable;
  }
  return false;
}

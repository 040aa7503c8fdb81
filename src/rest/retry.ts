/** Whether and when a request that failed is sent again. */

import { failedInside, notAccepted } from './effect.ts';
import { ApiError, TransportError } from './errors.ts';

/** Tries of one request in all, the first included. */
const ATTEMPTS = 4;

/** The longest single pause, milliseconds. A service that asks for more is not waited for: the caller is told instead. */
const MAX_PAUSE = 20_000;

/**
 * How long to pause before another try, milliseconds, or undefined when there must be none.
 *
 * 429 and 503 mean that nothing was accepted (fact H6), and a refused connection means that nothing was sent. Then every method may go again,
 * unless the request asks for one try (`once`).
 * After any other failure (500, 502, 504, a lost or late answer) the request may have had its effect: an inference may have run, and a create may
 * have succeeded. So it is sent again only when `repeatable`.
 *
 * @param attempt how many tries were made, from 1.
 * @param random a number in [0, 1) for the jitter.
 */
export function retryDelay(error: unknown, attempt: number, repeatable: boolean, random: number): number | undefined {
  if (attempt >= ATTEMPTS || !mayRepeat(error, repeatable)) return undefined;
  const backoff = 250 * 2 ** attempt + random * 250;
  const asked = error instanceof ApiError ? error.retryAfterMs : undefined;
  const pause = asked === undefined ? backoff : asked + random * 250;
  return pause > MAX_PAUSE ? undefined : pause;
}

function mayRepeat(error: unknown, repeatable: boolean): boolean {
  if (error instanceof ApiError) return notAccepted(error) || (repeatable && failedInside(error));
  if (!(error instanceof TransportError)) return false;
  // Another try would meet the same host, or bring the same answer.
  if (error.kind === 'unreachable' || error.kind === 'too_large') return false;
  return !error.sent || repeatable;
}

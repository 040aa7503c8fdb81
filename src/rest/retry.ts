/** Whether and when to retry a failed request. */

import { failedInside, isUsedUp, notAccepted } from './effect.ts';
import { ApiError, TransportError } from './errors.ts';

/** Attempts per request, including the first. */
const ATTEMPTS = 4;

/** The longest that the pauses of a request may take together, in milliseconds. If the service asks for more, the caller gets the error at once. */
const MAX_PAUSE = 20_000;

/**
 * The pause before a retry, in milliseconds. Undefined when there must be no retry.
 *
 * 429 and 503 mean that nothing was accepted (fact H6), and a refused connection means that nothing was sent. Then every method may be
 * retried, unless the request has `noRetry`. A quota that is used up is not retried, because time does not restore it. Neither is a limit whose
 * window is longer than the longest pause: each try before its end would be refused (fact Q22).
 * After a lost or late answer, or any other failure of the service or of a proxy (fact H10), the request may have taken effect. An inference may
 * have run, and a create may have succeeded. So it is retried only when `repeatable`.
 *
 * @param attempt number of attempts so far, from 1.
 * @param random a number in [0, 1) for the jitter.
 * @param waited the pauses of the request so far, in milliseconds.
 */
export function retryDelay(
  error: unknown,
  attempt: number,
  repeatable: boolean,
  random: number,
  waited = 0,
): number | undefined {
  if (attempt >= ATTEMPTS || !mayRepeat(error, repeatable)) return undefined;
  const backoff = 250 * 2 ** attempt + random * 250;
  const asked = error instanceof ApiError ? error.retryAfterMs : undefined;
  if (asked === undefined && error instanceof ApiError && (error.window?.ms ?? 0) > MAX_PAUSE) return undefined;
  const pause = asked === undefined ? backoff : asked + random * 250;
  return waited + pause > MAX_PAUSE ? undefined : pause;
}

function mayRepeat(error: unknown, repeatable: boolean): boolean {
  if (error instanceof ApiError) return (notAccepted(error) && !isUsedUp(error)) || (repeatable && failedInside(error));
  if (!(error instanceof TransportError)) return false;
  // A retry would reach the same host or get the same answer.
  if (error.kind === 'unreachable' || error.kind === 'too_large') return false;
  return !error.sent || repeatable;
}

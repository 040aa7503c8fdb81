/** Why a read of one part found nothing, in words of ours. */
import * as z from 'zod';
import { ApiError, TransportError, UnreachedError } from './errors.ts';

/**
 * The reason why one part of an answer is missing. The other parts do not need it.
 * @param absent what a 404 means for such a read.
 * @throws the error itself when it is no failure of the service or the connection.
 */
export function reasonOf(error: unknown, absent: string): string {
  if (error instanceof TransportError)
    return error.kind === 'too_large' ? 'the answer is too long to read' : 'the connection failed';
  if (error instanceof z.ZodError) return 'the answer has an unknown form';
  if (!(error instanceof ApiError)) throw error;
  if (error instanceof UnreachedError) return 'the token of this server does not reach it';
  if (error.status === 403) return 'the service refused access (403)';
  if (error.status === 404) return absent;
  if (error.status === 429) return 'too many requests (429)';
  return `the service failed (${error.status})`;
}

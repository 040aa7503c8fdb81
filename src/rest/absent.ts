/** Whether a 404 is about the object of the request. */
import { ApiError } from './errors.ts';

/**
 * Whether the service says that the object does not exist, or that the caller may not see it. Proxies, missing routes and features that are
 * switched off answer with 404 too, and say nothing about the object.
 */
export function isAbsent(error: unknown): error is ApiError {
  if (!(error instanceof ApiError) || error.status !== 404) return false;
  const { code, said, detail } = error;
  return said.codes.length > 0 && code !== 'FEATURE_DISABLED' && !/^No API found\b|\bis not enabled\b/i.test(detail);
}

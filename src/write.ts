/** What every write has in common: the preview, the check that nothing changed meanwhile, and answers that got lost. */
import { type Change, fingerprint } from './difference.ts';
import type { Endpoint } from './rest/endpoints.ts';
import { ApiError, TransportError } from './rest/errors.ts';
import { call, Refusal, type ToolResult } from './tool.ts';

/** A write that is ready to be made. */
export interface Planned {
  endpoint: string;
  /** What there was before; undefined when the write creates. */
  before: Endpoint | undefined;
  changes: Change[];
  /** Exactly what would be sent, in order. */
  requests: { method: string; path: string; body?: unknown }[];
}

/**
 * Stops a write that must not go on: the preview of a dry run, or the answer that nothing is to be done.
 * @returns the result to answer with, or undefined when the write is to be made.
 * @throws Refusal when the endpoint is not what `if_fingerprint` speaks of.
 */
export function beforeWriting(
  planned: Planned,
  args: { dry_run: boolean; if_fingerprint?: string | undefined },
): ToolResult | undefined {
  const now = planned.before && fingerprint(planned.before);
  if (args.if_fingerprint !== undefined && args.if_fingerprint !== now) {
    const message = `endpoint ${planned.endpoint} is not what fingerprint ${args.if_fingerprint} describes${now ? `: it is ${now} now` : ''}; nothing was sent`;
    const next = `See what changed with ${call('get_endpoint', { endpoint: planned.endpoint })}, then make a new dry run.`;
    throw new Refusal('fingerprint_mismatch', message, next);
  }
  if (!args.dry_run) return undefined;
  return {
    endpoint: planned.endpoint,
    dry_run: true,
    changed: false,
    changes: planned.changes,
    requests: planned.changes.length === 0 ? [] : planned.requests,
    ...(now === undefined ? {} : { fingerprint: now }),
  };
}

/** Whether a failed write may have had its effect all the same, so that only a look can tell. */
export function fateUnknown(error: unknown): boolean {
  if (error instanceof TransportError) return error.sent;
  return error instanceof ApiError && (error.status === 500 || error.status === 502 || error.status === 504);
}

/**
 * Makes a write that must not be sent twice. When its answer is lost, `look` decides: what it returns is the answer, and undefined means
 * that the write had no effect, so the first error stands.
 */
export async function onceOnly<T>(
  write: () => Promise<T>,
  look: (error: unknown) => Promise<T | undefined>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    // A conflict can be the echo of our own first try, which a 503 made the retry forget.
    const conflict = error instanceof ApiError && error.status === 409;
    if (!fateUnknown(error) && !conflict) throw error;
    const found = await look(error);
    if (found === undefined) throw error;
    return found;
  }
}

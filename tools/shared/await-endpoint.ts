/** The wait as tools use it: with progress for the client, evidence of a failure, and an answer in every case. */
import { updateStart } from '../../src/plan/pending-update.ts';
import { judge, SETTLING_MS, type Verdict, type WaitTarget, waitFor } from '../../src/readiness.ts';
import { failedInside, notAccepted } from '../../src/rest/effect.ts';
import { ApiError, TransportError } from '../../src/rest/errors.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';
import { timeText } from '../../src/text/time.ts';
import type { ToolContext } from '../../src/tool.ts';
import { failureEvidence } from './failure-evidence.ts';
import { brief } from './view.ts';

/** The result of a wait, ready to become part of an answer. */
export interface Outcome {
  verdict: Verdict;
  seen: Endpoint | undefined;
  /** How often the endpoint was read. */
  polls: number;
  /** `outcome` (ready, waiting or failed), what serves and the time waited. After a failure also reason and evidence. */
  view: Record<string, unknown>;
}

/** Waits until the endpoint serves the wanted state, has certainly failed, or the time is up. */
export async function awaitEndpoint(
  name: string,
  wanted: WaitTarget,
  seconds: number,
  context: ToolContext,
): Promise<Outcome> {
  context.lock.release(); // nothing is sent while it waits
  const limitMs = seconds * 1000;
  const { verdict, seen, polls, waitedMs } = await waitFor({
    observe: () => endpoints.get(context.http, name),
    judge: judge(wanted),
    clock: context.clock,
    limitMs,
    tolerate: (error, elapsedMs) =>
      error instanceof TransportError || (error instanceof ApiError && passes(error, wanted, elapsedMs)),
    onPending: (note, elapsedMs) =>
      context.progress(`${name}: ${note} (${Math.round(elapsedMs / 1000)} s)`, elapsedMs / Math.max(limitMs, 1)),
  });
  const view: Record<string, unknown> = {
    outcome: verdict.kind === 'done' ? 'ready' : verdict.kind === 'pending' ? 'waiting' : 'failed',
    ...(seen ? brief(seen) : { endpoint: name }),
    waited_seconds: Math.round(waitedMs / 1000),
  };
  // The service reports no such time, and the end of a deployment does not move its last change (fact R9).
  if (verdict.kind === 'done' && polls > 1) view.became_ready = timeText(context.http.time());
  if (verdict.kind === 'pending') {
    view.note = verdict.note;
    const update = seen?.state.config_update === 'IN_PROGRESS' ? updateStart(seen, context.http.time()) : {};
    if (Object.keys(update).length > 0) view.pending_update = update;
  }
  if (verdict.kind === 'failed') {
    view.reason = verdict.reason;
    // After the end of an update, the service still has who started it and when (fact R4).
    const ended = verdict.code === 'update_failed' || verdict.code === 'update_canceled';
    if (seen && ended) view.update = updateStart(seen);
    if (seen) Object.assign(view, await failureEvidence(seen, verdict.entities, context));
  }
  return { verdict, seen, polls, view };
}

/** Whether a failed reading says nothing about the endpoint: the service is busy, or the reading is older than the create. */
function passes(error: ApiError, wanted: WaitTarget, elapsedMs: number): boolean {
  const { status } = error;
  if (status >= 500 || failedInside(error) || notAccepted(error)) return true;
  return status === 404 && wanted.configVersion === 1 && elapsedMs < SETTLING_MS;
}

/** The wait as tools use it: with progress for the client, evidence of a failure, and an answer in every case. */
import { keyLines } from '../../src/digest/key-lines.ts';
import { logLines } from '../../src/digest/log-lines.ts';
import { updateStart } from '../../src/plan/pending-update.ts';
import { type FailedEntity, judge, SETTLING_MS, type Verdict, type WaitTarget, waitFor } from '../../src/readiness.ts';
import { failedInside, notAccepted } from '../../src/rest/effect.ts';
import { ApiError, TransportError } from '../../src/rest/errors.ts';
import { type Endpoint, endpoints, logs } from '../../src/rest/index.ts';
import { clip } from '../../src/text/sanitize.ts';
import { timeText } from '../../src/text/time.ts';
import type { ToolContext } from '../../src/tool.ts';
import { brief, dropEmpty } from './view.ts';

/** Maximum number of log lines in one answer. */
const EVIDENCE_LINES = 8;

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
    if (seen?.state.config_update === 'IN_PROGRESS') view.pending_update = updateStart(seen, context.http.time());
  }
  if (verdict.kind === 'failed') {
    view.reason = verdict.reason;
    Object.assign(view, await evidence(name, verdict.entities, context));
  }
  return { verdict, seen, polls, view };
}

/** Whether a failed reading says nothing about the endpoint: the service is busy, or the reading is older than the create. */
function passes(error: ApiError, wanted: WaitTarget, elapsedMs: number): boolean {
  const { status } = error;
  if (status >= 500 || failedInside(error) || notAccepted(error)) return true;
  return status === 404 && wanted.configVersion === 1 && elapsedMs < SETTLING_MS;
}

/** The service's messages about the failed entities, with the key log lines. A log that cannot be read is omitted. */
export async function evidence(
  name: string,
  failed: FailedEntity[],
  context: ToolContext,
): Promise<Record<string, unknown>> {
  const cause = failed[0];
  if (!cause) return {};
  const [service, build] = await Promise.all(
    [logs.service, logs.build].map((read) => read(context.http, name, cause.name).catch(() => '')),
  );
  const lines = [
    ...keyLines(logLines(service ?? ''), EVIDENCE_LINES).map((line) => `service: ${line}`),
    ...keyLines(logLines(build ?? ''), EVIDENCE_LINES).map((line) => `build: ${line}`),
  ].slice(0, EVIDENCE_LINES);
  return dropEmpty({
    failed_entities: failed.map((entity) => dropEmpty({ ...entity, message: clip(entity.message, 500) })),
    log_lines: lines,
  });
}

/** The result of a write. The journal, the answer and the error all come from it. Pure. */
import type { WriteEnd } from '../journal/entry.ts';
import { callText, Refusal, type ToolCall, type ToolResult } from '../refusal.ts';
import { ApiError } from '../rest/errors.ts';
import { defined } from '../rest/json.ts';
import { errorMessage } from '../text/error-message.ts';
import { clip } from '../text/sanitize.ts';
import { type PlannedWrite, subjectText } from './planned-write.ts';

export type WriteOutcome =
  /** Everything already was as requested. */
  | { kind: 'nothing' }
  | { kind: 'done' }
  /** Accepted now or by an earlier call, and still deploying. */
  | { kind: 'waiting'; next: ToolCall }
  /** Nothing has changed. `harmless`: the service accepted the change and dropped it, and the previous config keeps serving. */
  | { kind: 'failed'; cause: unknown; harmless: boolean }
  /** The steps in `done` took effect. Those in `left` did not. */
  | { kind: 'partly'; done: string[]; left: string[]; cause: unknown }
  /** The steps in `done` took effect. `step` may or may not have. */
  | { kind: 'unknown'; done: string[]; step: string; left: string[]; cause: unknown }
  /** The service accepted every request so far, but the result could not be read. */
  | { kind: 'unseen'; done: string[]; left: string[]; cause: unknown };

/** How far a write came. */
export interface Run {
  outcome: WriteOutcome;
  /** Whether the service accepted a request of this call. */
  sent: boolean;
  /** Fields for the answer that the steps collected. */
  view: ToolResult;
  /** The id of the endpoint that was created. */
  endpointId?: string | undefined;
  /** The telemetry profile that the endpoint has now. */
  profileId?: string | undefined;
}

/** How the journal records the end. @param resumed an earlier call began the entry and did a part of it. */
export function journalEnd({ outcome, sent, endpointId, profileId }: Run, resumed: boolean): WriteEnd {
  const created = defined({ endpoint_id: endpointId, telemetry_profile_id: profileId });
  switch (outcome.kind) {
    case 'nothing':
      return resumed ? { outcome: 'done' } : { outcome: 'failed', code: 'nothing_to_do' };
    case 'done':
      return { outcome: 'done', ...created };
    case 'waiting':
      return sent || resumed ? { outcome: 'started', ...created } : { outcome: 'failed', code: 'not_yet' };
    case 'failed': {
      const code = codeOf(outcome.cause);
      if (!resumed || outcome.harmless) return { outcome: 'failed', code, ...created };
      // The earlier call did its part. A failed read says nothing about the rest, so the entry stays open.
      return { outcome: outcome.cause instanceof Refusal ? 'partly' : 'started', code };
    }
    case 'unseen':
      return { outcome: 'started', code: codeOf(outcome.cause), ...created };
    default:
      return { outcome: outcome.kind, code: codeOf(outcome.cause), ...created };
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Refusal || cause instanceof ApiError ? cause.code : 'interrupted';
}

/** Whether this call changed something that an undo could restore. */
export function hasChanged({ outcome, sent }: Run): boolean {
  return sent && outcome.kind !== 'failed';
}

/** The error of a write that did not complete. Undefined when there is an answer instead. */
export function errorOf(write: PlannedWrite, { outcome, sent, view }: Run): unknown {
  switch (outcome.kind) {
    case 'nothing':
    case 'done':
    case 'waiting':
      return undefined;
    case 'unseen':
      return unseenError(write, outcome);
    case 'failed':
      // The service dropped a harmless change, so nothing differs from before.
      return outcome.cause instanceof Refusal
        ? outcome.cause.with({ changed: sent && !outcome.harmless, ...view })
        : outcome.cause;
    case 'partly': {
      const { done, left, cause } = outcome;
      const rest = left.length === 0 ? 'the last step failed' : `${left.join(' and ')} did not`;
      return stopError(write, cause, `${done.join(' and ')} of ${write.subject.name} changed, but ${rest}`, {
        changed: true,
        ...view,
        done,
        not_done: left,
      });
    }
    case 'unknown': {
      const { done, step, left, cause } = outcome;
      if (done.length === 0 && !(cause instanceof Refusal)) return cause;
      const message = `${done.join(' and ')} of ${write.subject.name} changed, but ${step} may or may not have changed`;
      return stopError(write, cause, message, {
        ...(sent ? { changed: true, done } : {}),
        ...view,
        unknown: [step],
        not_done: left,
      });
    }
  }
}

/** A refusal from a step already explains everything. Any other error is reported together with the steps that took effect. */
function stopError(write: PlannedWrite, cause: unknown, message: string, data: ToolResult): Refusal {
  if (cause instanceof Refusal) return cause.with(data);
  const detail = clip(errorMessage(cause), 1_000);
  const next = write.undoes
    ? 'Repeat the call. Steps that are already undone change nothing.'
    : 'Repeat the call. Steps that are already done change nothing.';
  return new Refusal('partly_done', `${message}: ${detail}`, next, data);
}

/** The service accepted the write, but reading the result failed. The read error alone would sound as if nothing had changed. */
function unseenError({ subject }: PlannedWrite, { done, left, cause }: WriteOutcome & { kind: 'unseen' }): Refusal {
  const look = lookAt(subject);
  const next =
    left.length === 0
      ? `Do not repeat the change. See the result with ${callText(look)}.`
      : `Repeat the call: it continues, and does not send ${done.join(' and ')} again.`;
  return new Refusal(
    'outcome_unseen',
    `the change to ${subjectText(subject)} was accepted, but its result could not be read`,
    next,
    { changed: true, ...(left.length > 0 ? { done, not_done: left } : {}) },
    { cause },
  );
}

/** The call that shows the state of a subject. A model service has no deployment to wait for. */
function lookAt({ kind, name }: PlannedWrite['subject']): ToolCall {
  if (kind === 'endpoint') return { tool: 'wait_for_endpoint', args: { endpoint: name } };
  return kind === 'model_service'
    ? { tool: 'get_endpoint', args: { endpoint: name } }
    : { tool: 'list_changes', args: {} };
}

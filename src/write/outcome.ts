/** The result of a write. The journal, the answer and the error are made from it, and from nothing else. Pure. */
import type { WriteEnd } from '../journal/entry.ts';
import { callText, Refusal, type ToolCall, type ToolResult } from '../refusal.ts';
import { ApiError } from '../rest/errors.ts';
import { clip } from '../text/sanitize.ts';
import type { PlannedWrite } from './planned-write.ts';

export type WriteOutcome =
  /** Everything was as requested. */
  | { kind: 'nothing' }
  | { kind: 'done' }
  /** Accepted, or begun by an earlier call, and not at its end. */
  | { kind: 'waiting'; next: ToolCall }
  /** Nothing has changed: no request took effect. `harmless`: the service accepted the change and dropped it, and what served still does. */
  | { kind: 'failed'; cause: unknown; harmless: boolean }
  /** Some steps are done, and those left certainly are not. */
  | { kind: 'partly'; done: string[]; left: string[]; cause: unknown }
  /** Some steps may be done; of `step` it cannot be said. */
  | { kind: 'unknown'; done: string[]; step: string; left: string[]; cause: unknown }
  /** Every request so far was accepted, and reading the result failed. */
  | { kind: 'unseen'; cause: unknown };

/** A write as far as it came. */
export interface Run {
  outcome: WriteOutcome;
  /** Whether the service accepted a request of this call. */
  sent: boolean;
  /** Fields for the answer that the steps collected. */
  view: ToolResult;
  /** The id of the endpoint that was created. */
  endpointId?: string | undefined;
}

/** How the journal records the end. @param resumed the entry was begun by an earlier call, which did a part of it. */
export function recorded({ outcome, sent, endpointId }: Run, resumed: boolean): WriteEnd {
  const created = endpointId === undefined ? {} : { endpoint_id: endpointId };
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
      // The earlier call's part is done. A reading that failed says nothing of the rest, so the entry stays open.
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

/** Whether something has changed that an undo could restore. */
export function hasChanged({ outcome, sent }: Run): boolean {
  return sent && outcome.kind !== 'failed';
}

/**
 * The error of a write that did not reach its end.
 * @returns undefined when there is an answer instead.
 */
export function errorOf(write: PlannedWrite, { outcome, sent, view }: Run): unknown {
  switch (outcome.kind) {
    case 'nothing':
    case 'done':
    case 'waiting':
      return undefined;
    case 'unseen':
      return unseen(write, outcome.cause);
    case 'failed':
      return withData(outcome.cause, { changed: sent, ...view });
    case 'partly': {
      const { done, left, cause } = outcome;
      const fate = left.length === 0 ? 'the last step failed' : `${left.join(' and ')} did not`;
      return stopped(write, cause, `${done.join(' and ')} of ${write.subject.name} changed, but ${fate}`, {
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
      return stopped(write, cause, message, {
        ...(sent ? { changed: true, done } : {}),
        ...view,
        unknown: [step],
        not_done: left,
      });
    }
  }
}

/** A refusal that a step wrote says all. Anything else is told together with the steps that were made. */
function stopped(write: PlannedWrite, cause: unknown, message: string, data: ToolResult): Refusal {
  if (cause instanceof Refusal) return withData(cause, data) as Refusal; // a refusal stays one
  const detail = clip(cause instanceof Error ? cause.message : String(cause), 1_000);
  const next = write.undoes
    ? 'Repeat the call: steps that are already undone change nothing.'
    : 'Repeat the call: steps that are already done change nothing.';
  return new Refusal('partly_done', `${message}: ${detail}`, next, data);
}

/** A refusal together with more data. Its own fields win. */
function withData(cause: unknown, data: ToolResult): unknown {
  if (!(cause instanceof Refusal)) return cause;
  const { code, message, next, retryable } = cause;
  return new Refusal(code, message, next, { ...data, ...cause.data }, { retryable, cause: cause.cause });
}

/** The write was accepted and reading the result failed. The reader's error alone would sound as if nothing had changed. */
function unseen({ subject }: PlannedWrite, cause: unknown): Refusal {
  const look =
    subject.kind === 'endpoint'
      ? { tool: 'wait_for_endpoint', args: { endpoint: subject.name } }
      : { tool: 'list_changes', args: {} };
  return new Refusal(
    'outcome_unseen',
    `the change to ${subject.kind} ${subject.name} was accepted, but its result could not be read`,
    `Do not send it again. See the result with ${callText(look)}.`,
    { changed: true },
    { cause },
  );
}

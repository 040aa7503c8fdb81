/** Runs the steps of a write, the only place that sends them, and finds out what each of them changed. */
import { Refusal, type ToolResult } from '../refusal.ts';
import { effectUnknown } from '../rest/effect.ts';
import { type Http, send, type WriteRequest } from '../rest/http.ts';
import { isObject } from '../rest/json.ts';
import { confirmIfLost } from '../rest/lost-answer.ts';
import { clip } from '../text/sanitize.ts';
import type { Run, WriteOutcome } from './outcome.ts';
import type { Found, Reached, Step } from './planned-write.ts';

/**
 * Runs the steps one after the other and stops at the first that does not complete. After a cancellation, the request under way runs to its answer,
 * and no other one begins: the connection sees to both.
 * @param http the connection that writes.
 */
export async function runSteps(steps: readonly Step[], http: Http, signal: AbortSignal): Promise<Run> {
  const done: string[] = [];
  let view: ToolResult = {};
  let endpointId: string | undefined;
  let profileId: string | undefined;
  const end = (outcome: WriteOutcome): Run => ({ outcome, sent: done.length > 0, view, endpointId, profileId });

  for (const [at, step] of steps.entries()) {
    const left = steps.slice(at).flatMap(({ request, label }) => (request ? [label] : []));
    const stop = (cause: unknown): Run =>
      end(done.length > 0 ? { kind: 'partly', done, left, cause } : { kind: 'failed', cause, harmless: false });
    const earlier = done.length;

    if (at > 0 && step.check) {
      try {
        const already = await step.check();
        if (already) {
          view = { ...view, ...already };
          continue;
        }
      } catch (error) {
        return stop(error);
      }
    }

    let answer: unknown;
    if (step.request) {
      const sent = await attempt(step, step.request, http);
      if ('error' in sent) {
        const { error, known } = sent;
        const cause =
          error instanceof Refusal || signal.aborted ? error : ((await step.explain?.(error, known)) ?? error);
        if (known) return stop(cause);
        return end({ kind: 'unknown', done, step: step.label, left: left.slice(1), cause });
      }
      done.push(step.label);
      if ('unread' in sent) return end({ kind: 'unseen', done, left: left.slice(1), cause: sent.unread });
      if (sent.note !== undefined) view = { ...view, lost_reply: sent.note };
      answer = sent.answer;
    }

    if (!step.reach) continue;
    let reached: Reached;
    try {
      reached = await step.reach(answer);
    } catch (error) {
      return end(
        done.length > 0
          ? { kind: 'unseen', done, left: step.request ? left.slice(1) : left, cause: error }
          : { kind: 'failed', cause: error, harmless: false },
      );
    }
    endpointId = reached.endpointId ?? endpointId;
    if (reached.kind === 'failed') {
      const { harmless } = reached;
      const kept = harmless ? done.slice(0, earlier) : done;
      const cause = withEarlier(reached.cause, done.slice(0, earlier), step.label);
      if (kept.length === 0) return end({ kind: 'failed', cause, harmless });
      return end({ kind: 'partly', done: kept, left: step.request && !harmless ? left.slice(1) : left, cause });
    }
    view = { ...view, ...reached.view };
    if (reached.kind === 'reached') profileId = reached.profileId ?? profileId;
    if (reached.kind === 'waiting') return end({ kind: 'waiting', next: reached.next });
  }
  return end(done.length > 0 ? { kind: 'done' } : { kind: 'nothing' });
}

type Attempt =
  /** The request took effect. `note` says how that is known, when the service did not say it. */
  | { answer: unknown; note?: string }
  /** The service accepted the request. What it did cannot be read. */
  | { unread: unknown }
  /** `known`: the request changed nothing. */
  | { error: unknown; known: boolean };

/** Sends a request. When the reply is lost or empty, the step reads whether the request took effect. */
async function attempt(step: Step, request: WriteRequest, http: Http): Promise<Attempt> {
  const since = http.earliest();
  let sent: { reply: unknown } | { found: Found<unknown> };
  try {
    sent = await confirmIfLost<typeof sent>(
      async () => ({ reply: await send(http, request) }),
      async () => {
        const found = await step.lost?.(since);
        return found && { found };
      },
    );
  } catch (error) {
    return { error, known: !effectUnknown(error) };
  }
  if ('found' in sent) return { answer: sent.found.answer, note: sent.found.ours ? OURS : PERHAPS_OURS };
  if (step.lost && isEmpty(sent.reply)) return afterEmpty(step.label, step.lost, since);
  try {
    return { answer: request.parse(sent.reply) };
  } catch (error) {
    return { unread: error };
  }
}

/** A proxy can answer 200 without passing the request on. A read may also be older than the change, so the outcome stays unknown. */
async function afterEmpty(label: string, lost: NonNullable<Step['lost']>, since: number): Promise<Attempt> {
  let state = 'but the state did not change';
  let cause: unknown;
  try {
    const found = await lost(since);
    if (found) return { answer: found.answer };
  } catch (error) {
    state = 'and the state cannot be read';
    cause = error;
  }
  const message = `the change of ${label} was accepted with an empty answer, ${state}`;
  const next = 'Repeat the call later. It reads the state first, and sends only what is missing.';
  return { error: new Refusal('no_effect_seen', message, next, {}, { cause }), known: false };
}

const OURS = 'The reply was lost. A read shows that the change was made.';
const PERHAPS_OURS =
  'The reply was lost. A read shows the requested state, which may also come from an equal change by someone else.';

/** Whether a reply says nothing about the new state. Deletions and some changes have no other reply (fact E13). */
function isEmpty(reply: unknown): boolean {
  return isObject(reply) && Object.keys(reply).length === 0;
}

/** Names the steps that took effect before the one that failed. */
function withEarlier(cause: Refusal, earlier: readonly string[], label: string): Refusal {
  if (earlier.length === 0) return cause;
  return cause.with({}, `${earlier.join(' and ')} changed, but ${label} did not: ${clip(cause.message, 1_000)}`);
}

/** Runs the steps of every write in order. Nothing else in this program changes a workspace. */
import type { Refusal, ToolResult } from '../refusal.ts';
import { effectUnknown } from '../rest/effect.ts';
import type { Http } from '../rest/http.ts';
import { confirmIfLost } from '../rest/lost-answer.ts';
import { send } from '../rest/request.ts';
import { clip } from '../text/sanitize.ts';
import type { Run, WriteOutcome } from './outcome.ts';
import type { Reached, Step } from './planned-write.ts';

/**
 * Runs the steps one after the other and stops at the first that does not complete.
 * @param http the connection that writes.
 */
export async function runSteps(steps: readonly Step[], http: Http, signal: AbortSignal): Promise<Run> {
  const done: string[] = [];
  let view: ToolResult = {};
  let endpointId: string | undefined;
  const end = (outcome: WriteOutcome): Run => ({ outcome, sent: done.length > 0, view, endpointId });

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
        const cause = step.explain?.(error, known) ?? error;
        if (known && !signal.aborted) return stop(cause);
        return end({ kind: 'unknown', done, step: step.label, left: left.slice(1), cause });
      }
      done.push(step.label);
      try {
        answer = 'found' in sent ? sent.found : step.request.parse(sent.answer);
      } catch (error) {
        return end({ kind: 'unseen', cause: error });
      }
    }

    if (!step.reach) continue;
    let reached: Reached;
    try {
      reached = await step.reach(answer);
    } catch (error) {
      return end(
        done.length > 0 ? { kind: 'unseen', cause: error } : { kind: 'failed', cause: error, harmless: false },
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
    if (reached.kind === 'waiting') return end({ kind: 'waiting', next: reached.next });
  }
  return end(done.length > 0 ? { kind: 'done' } : { kind: 'nothing' });
}

type Attempt = { answer: unknown } | { found: unknown } | { error: unknown; known: boolean };

/** Sends a request. When the reply is lost, the step checks whether the request took effect. */
async function attempt({ lost }: Step, request: NonNullable<Step['request']>, http: Http): Promise<Attempt> {
  try {
    return await confirmIfLost<Attempt>(
      async () => ({ answer: await send(http, request) }),
      async () => {
        const found = await lost?.();
        return found === undefined ? undefined : { found };
      },
    );
  } catch (error) {
    return { error, known: !effectUnknown(error) };
  }
}

/** Names the steps that took effect before the one that failed. */
function withEarlier(cause: Refusal, earlier: readonly string[], label: string): Refusal {
  if (earlier.length === 0) return cause;
  return cause.with({}, `${earlier.join(' and ')} changed, but ${label} did not: ${clip(cause.message, 1_000)}`);
}

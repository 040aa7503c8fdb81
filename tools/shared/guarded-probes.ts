/** Probes of a guarded rollout: the same requests to both versions, at each step. */
import { Refusal } from '../../src/refusal.ts';
import { query } from '../../src/rest/index.ts';
import { compareAnswers, type ProbeAnswer, type ProbeReport, probeReport } from '../../src/rollout/probes.ts';
import { errorMessage } from '../../src/text/error-message.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import { refusalIn } from './query-failure.ts';

/** Longest wait for one answer, in milliseconds. A version that is scaled to zero needs longer, and its failure is reported as that. */
const TIMEOUT_MS = 60_000;

/** Relative difference of two numbers that counts as none, unless the plan says otherwise. */
export const TOLERANCE = 0.05;

export interface Probes {
  endpoint: string;
  canary: string;
  baseline: string;
  bodies: readonly Record<string, unknown>[];
  tolerance: number;
}

/** Sends each request to both versions, one after the other, and compares the answers. @throws what a cancellation throws. */
export async function sendProbes(
  { endpoint, canary, baseline, bodies, tolerance }: Probes,
  context: ToolContext,
): Promise<ProbeReport> {
  const results = [];
  for (const body of bodies) {
    const [answer, usual] = [
      await answerOf(endpoint, canary, body, context),
      await answerOf(endpoint, baseline, body, context),
    ];
    results.push(compareAnswers(answer, usual, tolerance));
  }
  return probeReport(results);
}

async function answerOf(
  endpoint: string,
  entity: string,
  body: Record<string, unknown>,
  { http, inference, clock, signal }: ToolContext,
): Promise<ProbeAnswer> {
  try {
    const reply = await query.invoke(inference ?? http, endpoint, body, {
      entity,
      timeoutMs: TIMEOUT_MS,
      now: clock.now,
    });
    const refusal = refusalIn(reply.said ?? query.joinAnswer(reply.body), reply, { endpoint, entity }, {});
    return refusal ? { failure: clip(refusal.message, 200) } : { body: reply.body };
  } catch (error) {
    signal.throwIfAborted();
    return { failure: error instanceof Refusal ? clip(error.message, 200) : clip(errorMessage(error), 200) };
  }
}

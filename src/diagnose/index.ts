/** The diagnosis of one endpoint: reading, judging and wording it. */
import { bounded, collect, type Look, type Reads } from './collect.ts';
import { type Diagnosis, diagnose } from './diagnose.ts';
import type { Evidence } from './evidence.ts';
import { SYMPTOMS } from './rules/from-words.ts';

export type { Look } from './collect.ts';
export type { Diagnosis } from './diagnose.ts';
export { remembered } from './own-answers.ts';
export { report } from './report.ts';
export { withRollout } from './rollout.ts';

/** Requests of a minute. */
const FEW = 10;

export interface Diagnosed extends Diagnosis {
  evidence: Evidence;
}

/** @throws what the read of the endpoint itself throws, and what a cancellation throws. Nothing else fails. */
export async function diagnoseOne(context: Reads, name: string, look: Look = {}): Promise<Diagnosed> {
  const read = await collect(name, bounded(context.http), context, look);
  const evidence: Evidence = { ...read, answer: look.answer, answers: look.answers ?? [] };
  const found = diagnose(evidence);
  if (!look.tables || !isOpen(found, evidence)) return { ...found, evidence };
  const { usage, answers = [], unread } = await look.tables(evidence.endpoint);
  const more: Evidence = {
    ...evidence,
    usage,
    answers: [...(evidence.answers ?? []), ...answers],
    unread: [...evidence.unread, ...unread],
  };
  return { ...diagnose(more), evidence: more };
}

/** Whether requests fail without a cause, or nothing shows whether they do. One minute of an endpoint with few requests shows little. */
function isOpen({ verdict, findings }: Diagnosis, { metrics, endpoint }: Evidence): boolean {
  const { requests, error_4xx_percent = 0, error_5xx_percent = 0 } = metrics?.total ?? {};
  const few =
    requests !== undefined && requests <= FEW && (requests === 0 || error_4xx_percent + error_5xx_percent > 0);
  const external = (endpoint.config?.served_entities ?? []).some(({ external_model }) => external_model !== undefined);
  // The containers of other models have logs.
  if (few && external && (verdict === 'idle' || verdict === 'healthy')) return true;
  return verdict === 'unknown' || findings.some(({ code }) => SYMPTOMS.some((each) => each === code));
}

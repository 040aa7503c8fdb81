/** The diagnosis of one endpoint: reading, judging and wording it. */
import { bounded, collect, type Look, type Reads } from './collect.ts';
import { type Diagnosis, diagnose } from './diagnose.ts';
import type { Evidence } from './evidence.ts';

import { SYMPTOMS } from './rules/from-words.ts';

export type { Look } from './collect.ts';
export type { Diagnosis } from './diagnose.ts';
export { remembered } from './own-answers.ts';
export { report } from './report.ts';
export { bounded };

export interface Diagnosed extends Diagnosis {
  evidence: Evidence;
}

/** @throws what the read of the endpoint itself throws, and what a cancellation throws. Nothing else fails. */
export async function diagnoseOne(context: Reads, name: string, look: Look = {}): Promise<Diagnosed> {
  const read = await collect(name, look.http ?? bounded(context.http), context, look);
  const evidence: Evidence = { ...read, answer: look.answer, answers: look.answers ?? [] };
  const found = diagnose(evidence);
  if (!look.tables || !isOpen(found)) return { ...found, evidence };
  const { usage, answers = [], unread } = await look.tables(evidence.endpoint);
  const more: Evidence = {
    ...evidence,
    usage,
    answers: [...(evidence.answers ?? []), ...answers],
    unread: [...evidence.unread, ...unread],
  };
  return { ...diagnose(more), evidence: more };
}

/** Whether requests fail without a cause, or nothing shows whether they do. */
function isOpen({ verdict, findings }: Diagnosis): boolean {
  return verdict === 'unknown' || findings.some(({ code }) => SYMPTOMS.some((each) => each === code));
}

/** A diagnosis as an answer of at most 2,000 tokens. Pure. */
import { call, callText, type ToolResult } from '../refusal.ts';
import { defined } from '../rest/json.ts';
import { clip } from '../text/sanitize.ts';
import { timeText } from '../text/time.ts';
import type { Diagnosis as WithParts } from './diagnose.ts';
import type { Finding, Proof, Remedy } from './finding.ts';

/** Characters of JSON, four per token. */
export const MAX_REPORT = 8_000;

/** A diagnosis, of whatever kind of parts. */
export type Diagnosis = Omit<WithParts, 'not_checked'> & { not_checked: readonly { what: string; why: string }[] };

/** How much of each part is shown. They are tried in turn: the least important part becomes smaller first. */
interface Sizes {
  findings: number;
  proofs: number;
  text: number;
  changes: number;
  unread: number;
}
const STEPS: readonly Sizes[] = [
  { findings: 12, proofs: 5, text: 400, changes: 10, unread: 12 },
  { findings: 12, proofs: 4, text: 300, changes: 8, unread: 12 },
  { findings: 10, proofs: 3, text: 300, changes: 6, unread: 10 },
  { findings: 8, proofs: 3, text: 200, changes: 4, unread: 8 },
  { findings: 6, proofs: 2, text: 200, changes: 3, unread: 6 },
  { findings: 5, proofs: 2, text: 140, changes: 2, unread: 4 },
  { findings: 4, proofs: 1, text: 120, changes: 1, unread: 3 },
  { findings: 2, proofs: 1, text: 80, changes: 0, unread: 2 },
];

/** @param more fields of the answer that come first, such as the status. */
export function report(name: string, diagnosis: Diagnosis, more: ToolResult, limit = MAX_REPORT): ToolResult {
  const shown = STEPS.map((sizes) => reportOf(name, diagnosis, more, sizes));
  return shown.find((each) => JSON.stringify(each).length <= limit) ?? shown.at(-1) ?? {};
}

function reportOf(name: string, diagnosis: Diagnosis, more: ToolResult, sizes: Sizes): ToolResult {
  const { verdict, findings, timeline, not_checked } = diagnosis;
  return defined({
    endpoint: name,
    verdict,
    ...more,
    note: diagnosis.note,
    findings: findings.slice(0, sizes.findings).map((each) => findingView(each, sizes)),
    omitted_findings: leftOut(findings.length, sizes.findings),
    timeline: timeline
      .slice(Math.max(0, timeline.length - sizes.changes))
      .map(({ at, what, by }) => defined({ at: timeText(at), what: clip(what, sizes.text), by: by && clip(by, 100) })),
    not_checked: not_checked.slice(0, sizes.unread).map(({ what, why }) => ({ what, why: clip(why, sizes.text) })),
    omitted_not_checked: leftOut(not_checked.length, sizes.unread),
    next: nextOf(name, diagnosis),
  });
}

function leftOut(all: number, shown: number): number | undefined {
  return all > shown ? all - shown : undefined;
}

/** A finding as answers show it. */
function findingView(
  { code, severity, confidence, sentence, since, evidence, remedy }: Finding,
  { proofs, text }: Pick<Sizes, 'proofs' | 'text'>,
): ToolResult {
  return defined({
    code,
    severity,
    confidence,
    finding: clip(sentence, 400),
    since: timeText(since),
    evidence: evidence.slice(0, proofs).map((each) => proofView(each, text)),
    omitted_evidence: leftOut(evidence.length, proofs),
    remedy: remedy && remedyView(remedy),
  });
}

function proofView({ source, of, text, at }: Proof, most: number): ToolResult {
  return defined({ source, of: clip(of, 120), at: timeText(at), text: clip(text.trim(), most) });
}

/** A remedy as answers show it. A call is text, ready to be copied. */
export function remedyView(remedy: Remedy): ToolResult {
  if ('call' in remedy) return { say: remedy.say, call: callText(remedy.call), writes: remedy.writes };
  return defined({ person: remedy.person, say: remedy.say, after: remedy.after && callText(remedy.after) });
}

/** The next call of a sensible person. Writes are offered in remedies, and never here. */
function nextOf(name: string, { verdict, findings }: Diagnosis): string | undefined {
  const remedy = findings[0]?.remedy;
  if (remedy && 'call' in remedy && !remedy.writes) return callText(remedy.call);
  return verdict === 'updating' ? call('wait_for_endpoint', { endpoint: name }) : undefined;
}

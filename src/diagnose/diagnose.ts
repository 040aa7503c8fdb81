/** From evidence to a diagnosis. Pure. */
import type { Evidence, Part } from './evidence.ts';
import { type Finding, type Rule, SEVERITIES } from './finding.ts';
import { RULES } from './rules/index.ts';
import { failedNow, isMany } from './rules/numbers.ts';
import { type Change, timelineOf } from './timeline.ts';
import { isAsleep, isInDoubt, type Verdict, verdictOf } from './verdict.ts';

export interface Diagnosis {
  verdict: Verdict;
  /** The most severe first, and each code once. */
  findings: readonly Finding[];
  timeline: readonly Change[];
  /** What callers notice of an endpoint that has no fault. */
  note?: string;
  not_checked: readonly { what: Part; why: string }[];
}

const MAX_CHANGES = 10;
/** Proofs of one finding. */
const MAX_PROOFS = 8;

/** @param rules all rules, but in tests. */
export function diagnose(evidence: Evidence, rules: readonly Rule[] = RULES): Diagnosis {
  const found = rules.flatMap((rule) => rule.find(evidence) ?? []).filter(isProven);
  const findings = inOrder(withoutExplained(merged(found)));
  const verdict = verdictOf(evidence, findings);
  const note = noteOf(verdict, findings, evidence);
  return {
    verdict,
    findings,
    ...(note === undefined ? {} : { note }),
    timeline: timelineOf(evidence, MAX_CHANGES),
    not_checked: distinct([...evidence.unread, ...doubts(evidence), ...(isInDoubt(evidence) ? [TOO_FEW] : [])]),
  };
}

/** Scale to zero is a choice and no fault, but it is why a first call hangs (fact Q20). */
const ASLEEP =
  'It is scaled to zero, so the next request waits until a replica has started: about a minute, and longer for a large model. Callers need a long time limit. With scale_to_zero false in update_endpoint, a replica always runs, which costs money.';

/** A caller whose requests are refused must not read `healthy` as an answer to that. */
const SOME_REFUSED =
  'The endpoint itself works, and a part of its requests is refused. The finding says why, or what would settle it.';

function noteOf(verdict: Verdict, findings: readonly Finding[], evidence: Evidence): string | undefined {
  if (verdict === 'idle' && isAsleep(evidence)) return ASLEEP;
  const failed = failedNow(evidence);
  const refused = (failed?.clientErrors ?? 0) + (failed?.rateLimited ?? 0);
  return verdict === 'healthy' && findings.length > 0 && failed && isMany(refused, failed.requests)
    ? SOME_REFUSED
    : undefined;
}

const TOO_FEW = {
  what: 'metrics' as const,
  why: 'most of the few requests of the last minute failed, and so few prove no cause. get_metrics with watch measures for longer',
};

/** A rule that found nothing to show is wrong, and its claim is not repeated. */
function isProven({ evidence }: Finding): boolean {
  return evidence.some(({ text }) => text.trim() !== '');
}

/** Findings of one code as one, with the proofs of all. */
function merged(findings: readonly Finding[]): Finding[] {
  const byCode = new Map<string, Finding>();
  for (const finding of findings) {
    const earlier = byCode.get(finding.code);
    byCode.set(finding.code, earlier ? both(...inOrderOfTwo(earlier, finding)) : finding);
  }
  return [...byCode.values()].map((each) => ({ ...each, evidence: proofsOf(each) }));
}

function inOrderOfTwo(a: Finding, b: Finding): [Finding, Finding] {
  return compare(a, b) <= 0 ? [a, b] : [b, a];
}

function both(main: Finding, other: Finding): Finding {
  const [first, ...rest] = main.evidence;
  return {
    ...main,
    evidence: [first, ...rest, ...other.evidence],
    since: [main.since, other.since].flatMap((at) => at ?? []).sort((a, b) => a - b)[0],
    explains: [...(main.explains ?? []), ...(other.explains ?? [])],
    ...(main.concerns === 'update' && other.concerns !== 'update' ? { concerns: undefined } : {}),
  } as Finding; // an undefined `concerns` is as good as none
}

/** Each proof once. */
function proofsOf({ evidence }: Finding): Finding['evidence'] {
  const seen = new Set<string>();
  const once = evidence.filter(({ text, of }) => {
    const key = `${of}\n${text}`;
    return text.trim() !== '' && !seen.has(key) && seen.add(key);
  });
  const [first = evidence[0], ...rest] = once.slice(0, MAX_PROOFS);
  return [first, ...rest];
}

/** A finding that another one explains says nothing new. Two that explain each other both stay. */
function withoutExplained(findings: readonly Finding[]): Finding[] {
  return findings.filter(
    ({ code, explains = [] }) =>
      !findings.some(
        (other) => other.code !== code && other.explains?.includes(code) && !explains.includes(other.code),
      ),
  );
}

function compare(a: Finding, b: Finding): number {
  const severity = SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
  return severity || Number(a.confidence === 'likely') - Number(b.confidence === 'likely');
}

function inOrder(findings: readonly Finding[]): Finding[] {
  return findings.toSorted(compare);
}

/** Logs that may belong to another config. They were read and prove nothing. */
function doubts({ logs }: Evidence): { what: Part; why: string }[] {
  return logs.flatMap(({ log, doubt, deployment }) =>
    doubt === undefined ? [] : [{ what: `${log} log` as const, why: `of ${deployment.entity.name}: ${doubt}` }],
  );
}

function distinct<T>(list: readonly T[]): T[] {
  return [...new Map(list.map((each) => [JSON.stringify(each), each])).values()];
}

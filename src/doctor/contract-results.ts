/** From everything that was seen to one verdict per row of the evidence and per form of an answer. Pure. */
import { ANSWERS, REFUSALS } from '../sandbox/answers/index.ts';
import EVIDENCE from '../sandbox/evidence.json' with { type: 'json' };
import type { Anonymiser } from './contract-anonymiser.ts';
import { type Asked, asExpected } from './contract-asked.ts';
import { AROUND_CHECKS } from './contract-checks-around.ts';
import { ENDPOINT_CHECKS } from './contract-checks-endpoints.ts';
import { TEXT_CHECKS } from './contract-checks-texts.ts';
import type { Finding } from './contract-compare.ts';
import { type Check, type Facts, factsOf } from './contract-facts.ts';
import { compared, type Form } from './contract-findings.ts';
import type { Seen } from './contract-kinds.ts';
import { type Reason, unreached } from './contract-reach.ts';

export const CHECKS: readonly Check[] = [...ENDPOINT_CHECKS, ...AROUND_CHECKS, ...TEXT_CHECKS];

/** A difference, with everything that shows it. */
export interface Difference extends Finding {
  /** The route, with names replaced. */
  route: string;
  /** Stand-ins of what the answers were about. */
  about: string[];
  /** How many answers show it. */
  answers: number;
}

export type Verdict = 'confirmed' | 'different' | 'not_reached';

export interface Result {
  /** The id of a row, or `answer.` and the name of a form. */
  id: string;
  /** What the sandbox does. */
  behaviour: string;
  evidence: 'documented' | 'seen' | 'assumed' | 'form';
  verdict: Verdict;
  reason?: Reason;
}

export interface Results {
  results: Result[];
  differences: Difference[];
  /** Rows of the evidence that no read can judge. */
  notJudged: number;
}

export function resultsOf(seen: Seen, anonymiser: Anonymiser): Results {
  for (const { reply } of seen.asked) anonymiser.learn(reply?.body);
  for (const { question } of seen.asked) anonymiser.learn({ name: Object.values(question.names ?? {}) });
  // Only what was read has a stand-in, so the numbers do not say how many endpoints there are.
  const standIns = new Map(seen.read.map(({ name }) => [name, anonymiser.standIn('endpoint', name)]));
  const about = (asked: Asked): string[] => {
    const { subject, family, id } = asked.question;
    // What does not exist has no stand-in.
    if (subject === undefined || id.endsWith('-missing')) return [];
    const kind = {
      apps: 'app',
      secrets: 'scope',
      endpoint: 'endpoint',
      access: 'endpoint',
      serving: 'endpoint',
    } as const;
    return [
      standIns.get(subject) ??
        anonymiser.standIn(family in kind ? kind[family as keyof typeof kind] : 'model', subject),
    ];
  };

  const reasons = reasonsOf(seen.asked);
  const differences = new Map<string, Difference>();
  const forms = new Map<Form, { compared: boolean; different: boolean; reason?: Reason }>();
  const different = new Set<string>();
  function record(finding: Finding, route: string, subjects: string[]): void {
    const key = JSON.stringify([route, finding]);
    const known = differences.get(key) ?? { ...finding, route, about: [], answers: 0 };
    known.answers++;
    known.about = [...new Set([...known.about, ...subjects])];
    differences.set(key, known);
    if (finding.row !== undefined) different.add(finding.row);
  }

  for (const asked of seen.asked) {
    const reason = reasons.get(asked);
    if (reason && !forms.has(asked.question.answer) && REFUSALS[asked.question.id] === undefined)
      forms.set(asked.question.answer, { compared: false, different: false, reason });
    for (const { form, findings } of compared(asked, reason !== undefined, anonymiser)) {
      const before = forms.get(form);
      const elsewhere = form === asked.question.answer && reason !== undefined;
      if (!elsewhere)
        forms.set(form, { compared: true, different: (before?.different ?? false) || findings.length > 0 });
      // Headers are the same everywhere, so one line is enough.
      for (const finding of findings) {
        if (form === 'headers') record(finding, 'any route', []);
        else record(finding, asked.question.route, about(asked));
      }
    }
  }

  const facts = factsOf(seen);
  const rows = CHECKS.map((check) => judge(check, facts, reasons, different, record, about));
  // A field can rely on a row that no check confirms, and still show that the row is wrong.
  const checked = new Set(CHECKS.map(({ row }) => row));
  const others = [...different].filter((row) => !checked.has(row));
  const more = others.map((row): Result => ({ id: row, ...rowOf(row), verdict: 'different' }));
  return {
    results: [...rows, ...more, ...[...forms].map(([form, state]) => formResult(form, state))],
    differences: [...differences.values()],
    notJudged: EVIDENCE.rows.length - CHECKS.length - more.length,
  };
}

/** Why questions have no answer to compare. */
function reasonsOf(all: readonly Asked[]): Map<Asked, Reason> {
  const answering = new Set(all.filter(({ reply }) => reply?.status === 200).map(({ question }) => question.route));
  const reasons = new Map<Asked, Reason>();
  for (const asked of all) {
    const reason = unreached(asked, answering.has(asked.question.route));
    if (reason) reasons.set(asked, reason);
  }
  return reasons;
}

function judge(
  { row, by, needs, judge: look }: Check,
  facts: Facts,
  reasons: ReadonlyMap<Asked, Reason>,
  different: Set<string>,
  record: (finding: Finding, route: string, subjects: string[]) => void,
  about: (asked: Asked) => string[],
): Result {
  const { behaviour, evidence } = rowOf(row);
  const result = (verdict: Verdict, reason?: Reason): Result => ({
    id: row,
    behaviour,
    evidence,
    verdict,
    ...(reason === undefined ? {} : { reason }),
  });
  const asked = by.flatMap((id) => facts.asked(id) ?? []);
  const told = look?.(facts);
  if (told !== undefined && told !== true) {
    const [first] = asked;
    record({ ...told, row }, first?.question.route ?? 'any route', first ? about(first) : []);
    return result('different');
  }
  if (different.has(row)) return result('different');
  if (told === true || (look === undefined && asked.some((each) => asExpected(each) && !reasons.has(each))))
    return result('confirmed');
  const reason = asked.flatMap((each) => reasons.get(each) ?? [])[0];
  return result('not_reached', reason ?? { why: 'none', says: needs });
}

function rowOf(id: string): { behaviour: string; evidence: Result['evidence'] } {
  const row = EVIDENCE.rows.find((each) => each.id === id);
  // A test checks that every check has its row.
  if (!row) throw new Error(`no evidence row ${id}`);
  const { behaviour } = row;
  const evidence = (['documented', 'seen', 'assumed'] as const).find((each) => each === row.evidence) ?? 'assumed';
  return { behaviour, evidence };
}

function formResult(form: Form, state: { compared: boolean; different: boolean; reason?: Reason }): Result {
  const fields =
    form in ANSWERS ? 'fields, types and words' : form === 'metrics' ? 'series, labels and times' : 'headers';
  const verdict = !state.compared ? 'not_reached' : state.different ? 'different' : 'confirmed';
  return {
    id: `answer.${form}`,
    behaviour: `The ${fields} of the answer '${form}'`,
    evidence: 'form',
    verdict,
    ...(state.reason === undefined || state.compared ? {} : { reason: state.reason }),
  };
}

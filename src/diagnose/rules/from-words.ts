/** Rules whose cause is in the words of a failure. The rows of advice recognise the words and say what to do. Pure. */
import { adviceFor } from '../../advice/advice.ts';
import type { Evidence } from '../evidence.ts';
import type { Finding, Person, Proof, Remedy, Rule, Severity } from '../finding.ts';
import { type Failed, failedNow, isMany, severityOf, shareText } from './numbers.ts';
import { type Said, saidBy } from './said.ts';

/** A cause that words name. */
export interface WordRule {
  code: string;
  source: string;
  /** Causes of `saidBy` that it stands for. Default: the code. */
  causes?: readonly string[];
  /** `share`: by the share of requests that fail now. */
  severity: Severity | 'share';
  /** One sentence. @param where the entity whose log says it, as ` of churn-3`, or nothing. */
  sentence(where: string): string;
  /** Which requests it fails: those symptoms need no finding of their own. */
  explains?: readonly string[];
  /** What to do, where the advice of the words is not enough. */
  remedy?(evidence: Evidence, said: Said): Remedy | undefined;
  /** Only in a log, or only in an answer. */
  only?: Said['from'];
}

export const SYMPTOMS = ['errors_4xx', 'errors_5xx', 'rate_limited'] as const;

/** Pieces of evidence of one finding. */
const MAX_PROOFS = 3;

/** The rule that finds a cause in words. */
export function fromWords(row: WordRule): Rule {
  const causes = new Set(row.causes ?? [row.code]);
  return {
    code: row.code,
    source: row.source,
    find(evidence) {
      const said = saidBy(evidence).filter(({ cause, from }) => causes.has(cause) && (row.only ?? from) === from);
      const [first] = said;
      if (!first) return undefined;
      const failed = failedNow(evidence);
      const entity = first.entity;
      const since = Math.min(...said.flatMap((each) => each.since ?? []));
      const proofs = said.map(({ proof }) => proof).slice(0, MAX_PROOFS - 1);
      return {
        code: row.code,
        severity: row.severity === 'share' ? byShare(first, failed) : row.severity,
        sentence: row.sentence(entity === undefined ? '' : ` of ${entity}`),
        ...(Number.isFinite(since) ? { since } : {}),
        evidence: [first.proof, ...proofs.slice(1), ...numbers(failed)],
        remedy: row.remedy?.(evidence, first) ?? byAdvice(first, row, evidence),
        confidence: first.from === 'answer' || first.count >= 3 ? 'certain' : 'likely',
        explains: row.explains ?? SYMPTOMS,
      } satisfies Finding;
    },
  };
}

/** A single answer says nothing about other requests. */
function byShare({ from }: Said, failed: Failed | undefined): Severity {
  const bad = failed ? failed.clientErrors + failed.serverErrors + (failed.rateLimited ?? 0) : 0;
  if (failed && isMany(bad, failed.requests)) return severityOf(bad, failed.requests);
  return from === 'answer' && failed && failed.requests >= 10 ? 'minor' : 'major';
}

/** The numbers that show failing requests, as evidence. Nothing where none fail. */
export function numbers(failed: Failed | undefined): Proof[] {
  if (!failed) return [];
  const { requests, clientErrors, serverErrors, rateLimited, source, at, span } = failed;
  const parts = [
    serverErrors > 0 && `${shareText(serverErrors, requests)} failed with 5xx`,
    clientErrors > 0 && `${shareText(clientErrors, requests)} failed with 4xx`,
    rateLimited !== undefined && rateLimited > 0 && `${shareText(rateLimited, requests)} were refused by a limit (429)`,
  ].flatMap((part) => part || []);
  return parts.length === 0 ? [] : [{ source, of: `requests of ${span}`, text: parts.join('; '), at }];
}

const PERSONS: Record<string, Person> = { login: 'caller', 'network admin': 'account admin' };

function byAdvice({ advice, cause }: Said, { code }: WordRule, { endpoint }: Evidence): Remedy | undefined {
  return personal(
    advice ?? adviceFor(cause, { endpoint: endpoint.name }) ?? adviceFor(code, { endpoint: endpoint.name }),
  );
}

/** A step of a person, in the words of the advice. */
export function personal(advice: ReturnType<typeof adviceFor>): Remedy | undefined {
  if (!advice) return undefined;
  const { who, next } = advice;
  return { person: PERSONS[who] ?? (who as Exclude<typeof who, 'login' | 'network admin'>), say: next };
}

/** A failed answer that a caller quotes and that no other rule explains. Pure. */
import { hasContainer } from '../../plan/deployments.ts';
import type { Evidence } from '../evidence.ts';
import type { Finding, Proof, Remedy, Rule } from '../finding.ts';
import { numbers, personal } from './from-words.ts';
import { failedNow, isMany, severityOf } from './numbers.ts';
import { readAnswer } from './said.ts';

/** Only a status was known, or less. */
const UNKNOWN = /^(?:status_|unknown$)/;

/**
 * The rule for an answer that the others leave: its finding has the code of the words' cause, or `unknown_answer` and what would settle it.
 * @param others the rules that may explain the answer.
 */
export function leftAnswer(others: readonly Rule[]): Rule {
  return {
    code: 'unknown_answer',
    source: 'rows of src/advice about a caller, an access or another service, which no other rule uses',
    find(evidence) {
      if (evidence.answer === undefined) return undefined;
      const { advice, status, proof } = readAnswer(evidence.answer, evidence);
      const found = others.flatMap((rule) => rule.find(evidence) ?? []);
      const isExplained = found.some((each) => each.evidence.some(({ source }) => source === 'answer'));
      if (isExplained || (status !== undefined && status < 400)) return undefined;
      const common = {
        severity: status !== undefined && status >= 500 ? 'major' : 'minor',
        evidence: [proof],
        confidence: 'certain',
      } as const;
      if (advice === undefined || UNKNOWN.test(advice.cause))
        return {
          ...common,
          code: 'unknown_answer',
          sentence: 'A request failed with the answer in the evidence, and nothing that could be read says why.',
          remedy: whatSettles(evidence),
        };
      return {
        ...common,
        code: advice.cause,
        sentence: 'A request failed for a reason that its answer names: the remedy says what it means.',
        remedy: personal(advice),
        ...(advice.cause.startsWith('provider_') ? ofAll(evidence, proof) : {}),
      };
    },
  };
}

/** What a provider refuses for one caller, it refuses for all. */
function ofAll(evidence: Evidence, proof: Proof): Partial<Finding> {
  const failed = failedNow(evidence);
  const bad = failed ? failed.clientErrors + failed.serverErrors : 0;
  if (!failed || !isMany(bad, failed.requests)) return {};
  return {
    severity: severityOf(bad, failed.requests),
    evidence: [proof, ...numbers(failed)],
    explains: ['errors_4xx', 'errors_5xx'],
  };
}

function whatSettles({ endpoint }: Evidence): Remedy {
  if ((endpoint.config?.served_entities ?? []).some(hasContainer))
    return {
      call: { tool: 'get_logs', args: { endpoint: endpoint.name } },
      writes: false,
      say: 'The service log would settle it, if the request reached the model. Its last lines have the exception.',
    };
  return {
    person: 'caller',
    say: 'Pass on the whole answer with its status: its innermost message settles the cause.',
  };
}

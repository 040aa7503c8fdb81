/** One failed answer of an endpoint, judged by the rules. */
import { adviceOn } from '../advice/advice.ts';
import type { Endpoint } from '../rest/endpoints.ts';
import type { ApiError } from '../rest/errors.ts';
import { diagnose } from './diagnose.ts';
import type { AnswerEvidence, Evidence } from './evidence.ts';
import type { Finding } from './finding.ts';
import { RULES_OF_TRAFFIC } from './rules/traffic-index.ts';

/** The answer to a query of this server. @param at milliseconds since 1970. */
export function ownAnswer(error: ApiError, endpoint: string, at: number): AnswerEvidence {
  const { said, status, detail, stackTrace } = error;
  const text = stackTrace === undefined ? detail : `${detail}\n${stackTrace}`;
  const meaning = adviceOn(error, { tool: 'query_endpoint', effect: 'query', endpoint });
  return {
    at,
    status: said.status ?? status,
    text,
    from: 'own query',
    ...(meaning.cause === 'unknown' ? {} : { meaning }),
  };
}

/** What an answer alone shows: the most severe finding. Undefined when it is about nothing that a rule knows. */
export function findingIn(answer: AnswerEvidence, endpoint: Endpoint): Finding | undefined {
  const evidence: Evidence = {
    now: answer.at,
    endpoint,
    deployments: [],
    logs: [],
    events: undefined,
    metrics: undefined,
    versions: [],
    creator: undefined,
    grants: undefined,
    usage: undefined,
    answer,
    changes: [],
    unread: [],
  };
  return diagnose(evidence, RULES_OF_TRAFFIC).findings.find(({ evidence: proofs }) =>
    proofs.some(({ source }) => source === 'answer'),
  );
}

/** Codes that are about what a caller sends. A diagnosis of the endpoint would not help. */
const OF_CALLER =
  /^(?:payload_|context_too_long$|guardrail_(?:input|output)|service_policy_block$|provider_content_filter$|own_limit_user$)/;

/** Whether the cause lies with the endpoint and not with the payload of the caller. */
export function isOfEndpoint({ code }: Finding): boolean {
  return !OF_CALLER.test(code);
}

import type { AnswerFault } from '../faults/faults.ts';
import { isObject, type JsonObject } from '../json.ts';
import { type Answer, failure } from '../models/answer.ts';
import { type Outcome, type QueryRoute, wholeAnswer } from '../models/answer-query.ts';
import type { Reply, Stamp } from '../models/chat.ts';
import { predict } from '../models/inference.ts';
import { type PolicyBlock, policyBlockOutcome } from '../models/policy-block.ts';
import { readResponses, responsesAnswer } from '../models/responses.ts';
import type { ModelSpec } from '../state/model-spec.ts';
import type { ServedEntity } from '../state/state.ts';
import { isTabular } from '../traffic/served-model.ts';
import { guardrailBlock } from './guardrails.ts';

/** The query that a fault answers. */
export interface FaultyQuery {
  spec: ModelSpec;
  entity: ServedEntity;
  body: unknown;
  route: QueryRoute;
  stamp: Stamp;
}

/** The 500 of a model server that fails. assumed: data.server-error */
export function serverError(): Answer {
  return failure(500, 'INTERNAL_ERROR', 'The model server failed on this request.');
}

/**
 * The answer of a query under a fault, in the form of the service. Undefined if the fault does not fit the model: a classical model has no
 * policy, and only Responses answers fail with a status or ask for approval.
 */
export function faultyAnswer(fault: AnswerFault, query: FaultyQuery): Outcome | undefined {
  switch (fault) {
    case 'server_error':
      return wholeAnswer(serverError());
    case 'insufficient_quota':
      return wholeAnswer(usedUpQuota(query.entity));
    case 'guardrail_block':
      return wholeAnswer(guardrailBlock('input', 'safety', undefined));
    case 'policy_block':
      return answersChat(query) ? policyBlock(query) : undefined;
    case 'used_up_budget':
      return isTabular(query.spec) ? undefined : wholeAnswer(usedUpBudget());
    case 'nan':
      return notANumber(query);
    case 'failed_response':
    case 'approval_request':
      return answersResponses(query) ? oddResponse(fault, query) : undefined;
  }
}

function answersResponses({ spec, body, route }: FaultyQuery): boolean {
  if (spec.kind === 'agent') return spec.protocol === 'responses';
  return spec.kind === 'chat' && (route === 'responses' || (isObject(body) && 'input' in body));
}

function answersChat(query: FaultyQuery): boolean {
  return query.spec.kind === 'chat' && query.route !== 'anthropic' && !answersResponses(query);
}

function modelName({ spec, entity }: FaultyQuery): string {
  return spec.kind === 'chat' ? spec.model : (entity.config.entity_name ?? entity.config.name);
}

/** A provider's account without credit, wrapped as the gateway does. evidence: data.provider-wrapped */
function usedUpQuota({ config }: ServedEntity): Answer {
  const error = {
    message: 'You exceeded your current quota, please check your plan and billing details.',
    type: 'insufficient_quota',
    param: null,
    code: 'insufficient_quota',
  };
  const wrapped = {
    external_model_provider: config.external_model?.provider ?? 'openai',
    external_model_error: { error },
  };
  return failure(429, 'REQUEST_LIMIT_EXCEEDED', JSON.stringify(wrapped));
}

/** The 403 of a budget that is used up. It is no missing grant. evidence: gateway-budget */
function usedUpBudget(): Answer {
  return failure(403, 'PERMISSION_DENIED', 'Budget limit exceeded for this request. Contact your account admin.');
}

/** A block by a service policy that no one set: a 200 that is no answer of the model. evidence: data.policy-block */
function policyBlock({ body, route }: FaultyQuery): Outcome {
  const block: PolicyBlock = {
    ...{ policy: 'rehearsed-policy', phase: 'pre_call', prompt_tokens: 0, completion_tokens: 0 },
    reason: 'The request was denied by a rule of the policy.',
  };
  return policyBlockOutcome(block, route, isObject(body) ? body : {});
}

/** The model's own answer, whose first row is NaN, as Python writes it. assumed: data.nan */
function notANumber({ spec, body }: FaultyQuery): Outcome | undefined {
  if (!isTabular(spec) || (spec.kind !== 'linear' && spec.kind !== 'logistic')) return undefined;
  const answer = predict(spec, body);
  const rows = isObject(answer.body) ? answer.body.predictions : undefined;
  if (!Array.isArray(rows)) return wholeAnswer(answer);
  const mark = 'not a number';
  const [first, ...rest]: unknown[] = rows;
  const odd = isObject(first) ? Object.fromEntries(Object.keys(first).map((key) => [key, mark])) : mark;
  const json = JSON.stringify({ predictions: [odd, ...rest] }).replaceAll(`"${mark}"`, 'NaN');
  return wholeAnswer({ ...answer, json });
}

/** A Responses answer that failed, or that waits for the approval of a tool call. evidence: data.failed-response, evidence: data.approval-request */
function oddResponse(fault: 'failed_response' | 'approval_request', query: FaultyQuery): Outcome | undefined {
  const read = isObject(query.body) ? readResponses(query.body) : undefined;
  if (read === undefined || 'refused' in read) return undefined;
  const silent: Reply = { choices: [], prompt_tokens: 0, completion_tokens: 0 };
  const usual = responsesAnswer(read.request, silent, modelName(query), query.stamp);
  const request = {
    type: 'mcp_approval_request',
    id: `mcpr_${query.stamp.id}`,
    ...{ name: 'delete_table', arguments: '{"table":"ml.prod.scores"}', server_label: 'warehouse' },
  };
  const failed = {
    ...usual,
    ...{ status: 'failed', output: [], usage: null },
    error: { code: 'rate_limit_exceeded', message: 'The model behind the agent refused the request.' },
  };
  const response = fault === 'failed_response' ? failed : { ...usual, output: [request] };
  if (!read.request.chat.stream) return wholeAnswer({ status: 200, body: response });
  const opening = { type: 'response.created', response: { ...usual, status: 'in_progress', output: [], usage: null } };
  const events: JsonObject[] =
    fault === 'failed_response'
      ? [opening, { type: 'response.failed', response }]
      : [
          opening,
          { type: 'response.output_item.done', output_index: 0, item: request },
          { type: 'response.completed', response },
        ];
  const frames = events.map((event, sequence_number) => ({ ...event, sequence_number }));
  return { kind: 'stream', frames, named: false, tokens_in: 0, tokens_out: 0 };
}

import type { JsonObject } from '../json.ts';
import type { Outcome, QueryRoute } from './answer-query.ts';
import { anthropicAnswer, anthropicEvents } from './anthropic.ts';
import type { Reply, Stamp } from './chat.ts';
import { geminiAnswer } from './gemini.ts';
import { readResponses, responsesAnswer } from './responses.ts';

/** A block by a service policy, before the model saw the request or after it answered. */
export interface PolicyBlock {
  policy: string;
  phase: 'pre_call' | 'post_call';
  reason: string;
  /** None for a block before the model. evidence: gateway-policy-output */
  prompt_tokens: number;
  completion_tokens: number;
}

const BLOCK_ID = 'databricks-guardrail-block';
const STAMP: Stamp = { id: 'databricks-guardrail-block', created: 0 };

/** What the caller reads. evidence: data.policy-block */
function textOf({ policy, phase }: PolicyBlock): string {
  return `This ${phase === 'pre_call' ? 'request' : 'response'} was blocked by the '${policy}' service policy.`;
}

function markOf({ policy, phase, reason }: PolicyBlock): JsonObject {
  return { databricks_service_policy: { name: policy, action: 'deny', phase, reason } };
}

function chatBlock(block: PolicyBlock, stream: boolean): JsonObject {
  const message = { role: 'assistant', content: textOf(block) };
  const { prompt_tokens, completion_tokens } = block;
  return {
    id: BLOCK_ID,
    object: stream ? 'chat.completion.chunk' : 'chat.completion',
    created: 0,
    choices: [{ index: 0, finish_reason: 'content_filter', ...(stream ? { delta: message } : { message }) }],
    usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
    ...markOf(block),
  };
}

/**
 * The 200 of a block in the form of the route, as a whole or as a stream. Only the form of chat completions was seen.
 * evidence: data.policy-block, assumed: gateway-policy-forms
 */
export function policyBlockOutcome(block: PolicyBlock, route: QueryRoute, body: JsonObject): Outcome {
  const stream = body.stream === true;
  const { prompt_tokens, completion_tokens } = block;
  const tokens = { tokens_in: prompt_tokens, tokens_out: completion_tokens };
  const reply: Reply = {
    choices: [{ text: textOf(block), tool_calls: [], finish_reason: 'stop' }],
    prompt_tokens,
    completion_tokens,
  };
  const framed = (frames: JsonObject[], named: boolean): Outcome => ({ kind: 'stream', frames, named, ...tokens });
  const whole = (answer: JsonObject): Outcome => ({ kind: 'whole', answer: { status: 200, body: answer }, ...tokens });
  if (route === 'responses') {
    const read = readResponses({ ...body, stream: false });
    const blocked = {
      status: 'incomplete',
      incomplete_details: { reason: 'content_filter' },
      id: BLOCK_ID,
      created_at: 0,
    };
    const request = 'refused' in read ? undefined : read.request;
    const answer = { ...(request ? responsesAnswer(request, reply, '', STAMP) : {}), ...blocked, ...markOf(block) };
    return stream
      ? framed([{ type: 'response.incomplete', response: answer, sequence_number: 0 }], false)
      : whole(answer);
  }
  if (route === 'anthropic') {
    const answer = { ...anthropicAnswer(reply, '', STAMP), stop_reason: 'refusal', ...markOf(block) };
    if (!stream) return whole(answer);
    const events = [...anthropicEvents(reply, '', STAMP)];
    return framed(
      events.map((event) => (event.type === 'message_delta' ? { ...event, ...markOf(block) } : event)),
      true,
    );
  }
  if (route === 'gemini') {
    const answer = { ...geminiAnswer(reply, '', STAMP), ...markOf(block) };
    return stream ? framed([answer], true) : whole(answer);
  }
  return stream && route !== 'embeddings' ? framed([chatBlock(block, true)], false) : whole(chatBlock(block, false));
}

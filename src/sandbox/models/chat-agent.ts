import type { JsonObject } from '../json.ts';
import { type Choice, type Reply, type Stamp, usageOf, wireCall } from './chat.ts';
import { agentOutput, wantsTrace } from './responses.ts';
import { tokenPieces } from './tokens.ts';

function message(choice: Choice, id: string): JsonObject {
  return choice.tool_calls.length > 0
    ? { role: 'assistant', content: '', id, tool_calls: choice.tool_calls.map(wireCall) }
    : { role: 'assistant', content: choice.text, id };
}

function custom(body: JsonObject): JsonObject {
  return body.custom_inputs === undefined ? {} : { custom_outputs: body.custom_inputs };
}

/** The answer of a ChatAgent without streaming. */
export function chatAgentAnswer(body: JsonObject, answer: Reply, stamp: Stamp): JsonObject {
  const [choice] = answer.choices;
  return {
    id: `agent_${stamp.id}`,
    messages: choice === undefined ? [] : [message(choice, `msg_${stamp.id}`)],
    finish_reason: choice?.finish_reason ?? 'stop',
    usage: usageOf(answer),
    ...custom(body),
    databricks_output: agentOutput(`agent_${stamp.id}`, stamp, wantsTrace(body)),
  };
}

/** The frames of a streamed ChatAgent answer. Each `delta` is a part of one message and repeats its id. */
export function* chatAgentChunks(body: JsonObject, answer: Reply, stamp: Stamp): Generator<JsonObject> {
  const [choice] = answer.choices;
  if (choice === undefined) return;
  const id = `agent_${stamp.id}`;
  const pieces = choice.tool_calls.length > 0 ? [] : tokenPieces(choice.text);
  for (const content of pieces) yield { id, delta: { role: 'assistant', content, id: `msg_${stamp.id}` } };
  const last =
    choice.tool_calls.length > 0
      ? message(choice, `msg_${stamp.id}`)
      : { role: 'assistant', content: '', id: `msg_${stamp.id}` };
  yield { id, delta: last, finish_reason: choice.finish_reason, usage: usageOf(answer), ...custom(body) };
  yield { databricks_output: agentOutput(id, stamp, wantsTrace(body)) };
}

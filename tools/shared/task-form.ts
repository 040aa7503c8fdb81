/** The form of a request and of its answer, where the task of an endpoint defines them (facts Q1 and Q2). */
import { exampleBody, type Family, familyOf } from '../../src/codegen/recipe.ts';
import type { Endpoint } from '../../src/rest/index.ts';

interface TaskForm {
  /** The fields that such an endpoint usually takes. */
  fields: string[];
  output: unknown;
  /** The unit of the answer. */
  prediction: string;
  /** How content other than plain text is given, and what an agent adds. */
  note?: string;
}

const FORMS: Record<Exclude<Family, 'custom'>, TaskForm> = {
  chat: {
    fields: ['messages', 'max_tokens', 'temperature', 'stream', 'tools', 'response_format'],
    output: { choices: [{ message: { content: 'string' }, finish_reason: 'string' }], usage: 'object' },
    prediction: 'One answer to the whole conversation: choices[0].message. With n, several.',
  },
  completions: {
    fields: ['prompt', 'max_tokens', 'temperature', 'stream'],
    output: { choices: [{ text: 'string', finish_reason: 'string' }], usage: 'object' },
    prediction: 'One continuation per prompt: choices[].text.',
  },
  embeddings: {
    fields: ['input', 'encoding_format'],
    output: { data: [{ index: 'integer', embedding: ['number'] }], usage: 'object' },
    prediction: 'One vector per text; data[].index is the position of its text.',
  },
  responses: {
    fields: ['input', 'stream', 'custom_inputs'],
    output: { output: [{ type: 'message', content: [{ type: 'output_text', text: 'string' }] }] },
    prediction: 'One run of the agent: output lists its messages, tool calls and tool results.',
    note: 'Items have the Responses form: content blocks input_text and input_image, tool calls function_call, results function_call_output.',
  },
  chat_agent: {
    fields: ['messages', 'stream', 'custom_inputs'],
    output: { messages: [{ role: 'assistant', content: 'string' }] },
    prediction: 'One run of the agent: messages lists what it added to the conversation.',
  },
};

/** The task, which the service reports on the endpoint or on its external model. */
export function inferenceTask(found: Endpoint): string | undefined {
  return found.task ?? found.config?.served_entities?.find((each) => each.external_model)?.external_model?.task;
}

/** The form that the task defines, with an example body and the arguments of query_endpoint that make it. Undefined for a custom model. */
export function formOfTask(found: Endpoint) {
  const family = familyOf(inferenceTask(found));
  return family === 'custom' ? undefined : formOfFamily(family);
}

/** The form of a family of models, with an example body and the arguments of query_endpoint that make it. */
export function formOfFamily(family: Exclude<Family, 'custom'>) {
  const body = exampleBody(family);
  return { ...FORMS[family], body, args: argumentsFor(family, body) };
}

/** The arguments of query_endpoint that make this body. The tool sets the format of embeddings itself. */
function argumentsFor(family: Family, body: Record<string, unknown>): Record<string, unknown> {
  const { prompt, input, encoding_format: _format, ...others } = body;
  const given = prompt ?? input;
  return given === undefined ? body : { [family === 'responses' ? 'messages' : 'texts']: [given].flat(), ...others };
}

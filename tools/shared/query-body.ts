/** The body of an inference: one input family, in the form that the endpoint's task takes (fact Q1). */

import { call, Refusal } from '../../src/refusal.ts';
import { query } from '../../src/rest/index.ts';
import { defined } from '../../src/rest/json.ts';
import { clip } from '../../src/text/sanitize.ts';
import { inputItems, responsesFields } from './query-responses.ts';

export interface QueryInput {
  endpoint: string;
  messages?: Record<string, unknown>[] | undefined;
  texts?: string[] | undefined;
  dataframe_records?: Record<string, unknown>[] | undefined;
  dataframe_split?: { columns: unknown[]; data: unknown[][]; index?: unknown[] | undefined } | undefined;
  inputs?: unknown;
  instances?: unknown[] | undefined;
  params?: Record<string, unknown> | undefined;
  max_tokens?: number | undefined;
  temperature?: number | undefined;
  client_request_id?: string | undefined;
  usage_context?: Record<string, string> | undefined;
  extra?: Record<string, unknown> | undefined;
}

const FORMS = ['messages', 'texts', 'dataframe_records', 'dataframe_split', 'inputs', 'instances'] as const;
export type Form = (typeof FORMS)[number];

/** The input form that was given. There must be exactly one. */
export function formOf(input: QueryInput): Form {
  const given = FORMS.filter((form) => input[form] !== undefined);
  const form = given[0];
  if (form !== undefined && given.length === 1) return form;
  const message = `give exactly one of ${FORMS.join(', ')}${given.length > 1 ? `, not ${given.join(' and ')}` : ''}; nothing was sent`;
  throw new Refusal(
    'one_input_form',
    message,
    `Use messages for chat and agents, texts for embeddings, or dataframe_records for classical models; ${call('get_schema', { endpoint: input.endpoint })} has an example.`,
  );
}

/** @param task undefined for classical models, or when the caller may not view the endpoint. Foundation models refuse fields of other families. */
export function buildBody(input: QueryInput, form: Form, task: string | undefined): Record<string, unknown> {
  refuseUnused(input, form, task);
  const family = task !== undefined && /^(llm|agent)\//.test(task) ? task : undefined;
  const common = defined({ client_request_id: input.client_request_id, usage_context: input.usage_context });
  const tuning = defined({ max_tokens: input.max_tokens, temperature: input.temperature });
  if (family === undefined) {
    if (form === 'texts') return { input: input.texts, ...common, ...input.extra };
    if (form === 'messages') return { messages: input.messages, ...tuning, ...common, ...input.extra };
    return { [form]: input[form], ...defined({ params: input.params }), ...common, ...input.extra };
  }
  if (family === 'llm/v1/embeddings') {
    if (form !== 'texts') refuseForm(input.endpoint, family, form, 'texts');
    // Without the format some clients and gateways fall into base64, which other gateways cut (fact Q12).
    return { input: input.texts, encoding_format: 'float', ...common, ...input.extra };
  }
  if (form === 'texts' && family === 'llm/v1/completions')
    return { prompt: input.texts?.length === 1 ? input.texts[0] : input.texts, ...tuning, ...common, ...input.extra };
  if (form !== 'messages') refuseForm(input.endpoint, family, form, 'messages');
  const messages = input.messages ?? [];
  if (family === 'llm/v1/completions')
    return {
      prompt: messages.map((message) => query.readContent(message.content).text).join('\n\n'),
      ...tuning,
      ...common,
      ...input.extra,
    };
  if (family === 'agent/v1/responses') {
    return {
      input: inputItems(messages),
      ...defined({ max_output_tokens: input.max_tokens, temperature: input.temperature }),
      ...common,
      ...responsesFields(input.extra),
    };
  }
  refuseItems(messages);
  return { messages, ...tuning, ...common, ...input.extra };
}

/** Only a Responses agent takes items that are no messages, such as the approval of a tool call. */
function refuseItems(messages: readonly Record<string, unknown>[]): void {
  if (messages.every(({ role }) => role !== undefined)) return;
  const message = 'a message has no role; only Responses agents take items without one; nothing was sent';
  throw new Refusal('wrong_input_form', message, 'Give each message a role: system, user, assistant or tool.');
}

/** Refuses arguments that the request cannot carry, instead of dropping them. */
function refuseUnused(input: QueryInput, form: Form, task: string | undefined): void {
  const generates = form === 'messages' || (form === 'texts' && task === 'llm/v1/completions');
  const unused = Object.keys(
    defined(generates ? { params: input.params } : { max_tokens: input.max_tokens, temperature: input.temperature }),
  );
  if (form === 'texts' && !generates && input.params !== undefined) unused.push('params');
  if (unused.length === 0) return;
  throw new Refusal(
    'unused_argument',
    `${unused.join(' and ')} cannot be used with ${form}; nothing was sent`,
    generates ? 'Put other request fields in extra.' : 'Omit it, or put it in params if the model accepts it.',
  );
}

function refuseForm(endpoint: string, task: string, form: Form, expected: Form): never {
  const message = `endpoint ${endpoint} has the task ${clip(task, 60)} and takes ${expected}, not ${form}; nothing was sent`;
  throw new Refusal('wrong_input_form', message, `Repeat the call with ${expected}.`);
}

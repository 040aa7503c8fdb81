/** The body of an inference: one input family, in the form that the endpoint's task takes (fact Q1). */

import { call, Refusal } from '../../src/refusal.ts';
import { query } from '../../src/rest/index.ts';
import { clip } from '../../src/text/sanitize.ts';

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

/** Which input was given; exactly one must be. */
export function formOf(input: QueryInput): Form {
  const given = FORMS.filter((form) => input[form] !== undefined);
  const form = given[0];
  if (form !== undefined && given.length === 1) return form;
  const message = `give exactly one of ${FORMS.join(', ')}${given.length > 1 ? `, not ${given.join(' and ')}` : ''}; nothing was sent`;
  throw new Refusal(
    'one_input_form',
    message,
    `messages for chat and agents, texts for embeddings, dataframe_records for classical models; ${call('get_schema', { endpoint: input.endpoint })} has an example.`,
  );
}

/** @param task undefined for classical models, or when the caller may not look. Foundation models refuse any field of another family. */
export function buildBody(input: QueryInput, form: Form, task: string | undefined): Record<string, unknown> {
  refuseUnused(input, form, task);
  const family = task !== undefined && /^(llm|agent)\//.test(task) ? task : undefined;
  const common = given({ client_request_id: input.client_request_id, usage_context: input.usage_context });
  const tuning = given({ max_tokens: input.max_tokens, temperature: input.temperature });
  if (family === undefined) {
    if (form === 'texts') return { input: input.texts, ...common, ...input.extra };
    if (form === 'messages') return { messages: input.messages, ...tuning, ...common, ...input.extra };
    return { [form]: input[form], ...given({ params: input.params }), ...common, ...input.extra };
  }
  if (family === 'llm/v1/embeddings') {
    if (form !== 'texts') wrongForm(input.endpoint, family, form, 'texts');
    // Without the format some clients and gateways fall into base64, which other gateways cut (fact Q12).
    return { input: input.texts, encoding_format: 'float', ...common, ...input.extra };
  }
  if (form === 'texts' && family === 'llm/v1/completions')
    return { prompt: input.texts?.length === 1 ? input.texts[0] : input.texts, ...tuning, ...common, ...input.extra };
  if (form !== 'messages') wrongForm(input.endpoint, family, form, 'messages');
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
      input: messages,
      ...given({ max_output_tokens: input.max_tokens, temperature: input.temperature }),
      ...common,
      ...input.extra,
    };
  }
  return { messages, ...tuning, ...common, ...input.extra };
}

/** An argument that the request has no place for is told, not dropped. */
function refuseUnused(input: QueryInput, form: Form, task: string | undefined): void {
  const speaks = form === 'messages' || (form === 'texts' && task === 'llm/v1/completions');
  const unused = Object.keys(
    given(speaks ? { params: input.params } : { max_tokens: input.max_tokens, temperature: input.temperature }),
  );
  if (form === 'texts' && !speaks && input.params !== undefined) unused.push('params');
  if (unused.length === 0) return;
  throw new Refusal(
    'unused_argument',
    `${unused.join(' and ')} ${unused.length > 1 ? 'have' : 'has'} no place in a request with ${form}; nothing was sent`,
    speaks ? 'Give further fields in extra.' : 'Leave it out, or give it in params if the model takes it.',
  );
}

function wrongForm(endpoint: string, task: string, form: Form, right: Form): never {
  const message = `endpoint ${endpoint} has the task ${clip(task, 60)} and takes ${right}, not ${form}; nothing was sent`;
  throw new Refusal('wrong_input_form', message, `Repeat the call with ${right}.`);
}

function given(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

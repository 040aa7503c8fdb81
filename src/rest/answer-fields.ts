/** The fields of answers that the reader of an answer reads, or that repeat the request. It shows all others. */
import { isObject } from './json.ts';

export const KNOWN_FIELDS: ReadonlySet<string> = new Set(
  [
    'id object type created created_at model usage choices output messages content role delta finish_reason stop_reason error',
    'custom_outputs databricks_output databricks_service_policy input_guardrail output_guardrail status incomplete_details',
    'system_fingerprint service_tier sequence_number trace_id',
  ]
    .join(' ')
    .split(' '),
);

/** Fields of a response that repeat the request. */
export const ECHOED_FIELDS: ReadonlySet<string> = new Set(
  [
    'background billing completed_at context_management conversation frequency_penalty instructions max_output_tokens max_tool_calls metadata',
    'moderation output_text parallel_tool_calls presence_penalty previous_response_id prompt prompt_cache_key prompt_cache_retention reasoning',
    'safety_identifier store temperature text tool_choice tools top_logprobs top_p truncation user',
  ]
    .join(' ')
    .split(' '),
);

export const KNOWN_CHOICE: ReadonlySet<string> = new Set(
  'index delta message text finish_reason finishReason logprobs'.split(' '),
);

export const KNOWN_MESSAGE: ReadonlySet<string> = new Set(
  [
    'id type role name content tool_calls tool_call_id function_call refusal reasoning_content reasoning thinking model usage stop_reason',
    'object created custom_outputs databricks_output',
  ]
    .join(' ')
    .split(' '),
);

/** The result of a provider's content filter, unless it filtered something. */
export function saysNothing(name: string, value: unknown): boolean {
  return /^(?:content|prompt)_filter_/.test(name) && !JSON.stringify(value).includes('"filtered":true');
}

/** Whether an answer has the lists of a text model. Other models may have fields of the same names. */
export function isOfTextModel({ object, choices, output, messages }: Record<string, unknown>): boolean {
  const list = (values: unknown, names: string[]) =>
    Array.isArray(values) && values.every((each) => isObject(each) && names.some((name) => name in each));
  return (
    list(choices, ['message', 'delta', 'text', 'finish_reason', 'error']) ||
    (object === 'response' && Array.isArray(output)) ||
    list(output, ['type']) ||
    list(messages, ['role', 'content'])
  );
}

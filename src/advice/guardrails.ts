/** Guardrails and policies. A block is never to be worked around (fact G7). */
import type { Refusal, Row } from './row.ts';
import { look } from './words.ts';

const blocked = (what: string) => (refusal: Refusal) =>
  `A guardrail of the endpoint blocked the request${what}. The form of the payload is correct. Do not reword it to get around the guardrail; tell the user. ${look(refusal)}`;

export const GUARDRAILS: readonly Row[] = [
  {
    id: 'guardrail_input_pii',
    words: [],
    when: ({ guardrail }) => guardrail?.side === 'input' && guardrail.personalData,
    order: 'first',
    again: false,
    who: 'endpoint manager',
    say: blocked(
      ", because it contains personal data. The caller removes the data, or the endpoint's manager changes PII from block to mask",
    ),
  },
  {
    id: 'guardrail_output',
    words: [],
    when: ({ guardrail }) => guardrail?.side === 'output',
    order: 'first',
    again: false,
    who: 'endpoint manager',
    say: (refusal) =>
      `A guardrail of the endpoint withheld the answer of the model. The form of the payload is correct. Tell the user. Another wording may pass, but do not try to get around the guardrail. ${look(refusal)}`,
  },
  {
    id: 'guardrail_input_safety',
    words: [],
    when: ({ guardrail }) => guardrail?.side === 'input' && !guardrail.personalData,
    order: 'first',
    again: false,
    who: 'endpoint manager',
    say: blocked(": its text was flagged. The endpoint's manager sets keywords and topics"),
  },
  {
    id: 'guardrail_in_words',
    words: ['Guardrail blocked the', 'blocked by a guardrail'],
    atStart: true,
    again: false,
    who: 'endpoint manager',
    say: blocked(''),
  },
  {
    id: 'guardrail_named',
    words: ["Request blocked by input guardrail '", "blocked by output guardrail '", "blocked by guardrail '"],
    again: false,
    who: 'caller',
    say: 'A guardrail blocked the request. Remove the turn that it refused from the conversation, or each later call is refused too. Tell the user.',
  },
  {
    id: 'guardrail_broken',
    words: ['failed to evaluate:'],
    when: ({ layers }) => layers.some((text) => /guardrail/i.test(text)),
    order: 'first',
    again: true,
    who: 'endpoint manager',
    say: "The guardrail itself failed; it did not judge the content. Repeat the call once. If it fails again, the guardrail's manager checks its judge model. Turns with empty text break it.",
  },
  {
    id: 'service_policy_block',
    words: ['This request was blocked by the … service policy', "' service policy"],
    codes: ['databricks_service_policy'],
    again: false,
    who: 'object owner',
    say: 'A policy of the model service refused the call. The caller changes the text, or the owner of the model service changes the policy, which takes up to two minutes. Tell the user.',
  },
];

import type { Answer } from '../models/answer.ts';
import type { Guardrail } from '../state/wire-types.ts';

/** Patterns of personal data that the sandbox recognises. The service detects more. assumed: data.guardrails */
const PII: [kind: string, pattern: RegExp][] = [
  ['EMAIL_ADDRESS', /[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}/g],
  ['US_SSN', /\b\d{3}-\d{2}-\d{4}\b/g],
  ['CREDIT_CARD', /\b(?:\d[ -]?){13,16}\b/g],
  ['PHONE_NUMBER', /(?:\+\d{1,3}[ -]?)?\(?\b\d{3}\)?[ -]\d{3}[ -]\d{4}\b/g],
];

/** The only words that the sandbox's safety check knows. They are enough to show a block. */
const UNSAFE = ['build a bomb', 'make a weapon', 'unsafe-content'];

export type Verdict = { text: string } | { blocked: Answer };

function refuse(side: 'input' | 'output', reason: string): { blocked: Answer } {
  const message = `Guardrail blocked the ${side}: ${reason}.`;
  return {
    blocked: {
      status: 400,
      body: { error_code: 'BAD_REQUEST', message, [`${side}_guardrail`]: [{ flagged: true, reason }] },
    },
  };
}

/** Applies a guardrail to one text: passes it, masks personal data in it, or refuses the request with a 400. */
export function guard(rule: Guardrail | undefined, side: 'input' | 'output', text: string): Verdict {
  if (rule === undefined) return { text };
  const lower = text.toLowerCase();
  const keyword = rule.invalid_keywords?.find((word) => lower.includes(word.toLowerCase()));
  if (keyword !== undefined) return refuse(side, `it contains the invalid keyword ${JSON.stringify(keyword)}`);
  if (rule.safety === true && UNSAFE.some((words) => lower.includes(words)))
    return refuse(side, 'it was flagged as unsafe');
  const topics = rule.valid_topics ?? [];
  if (side === 'input' && topics.length > 0 && !topics.some((topic) => lower.includes(topic.toLowerCase()))) {
    return refuse(side, 'it is about none of the valid topics');
  }
  const behaviour = rule.pii?.behavior ?? 'NONE';
  if (behaviour === 'NONE') return { text };
  let masked = text;
  for (const [kind, pattern] of PII) masked = masked.replace(pattern, `<${kind}>`);
  if (masked === text) return { text };
  return behaviour === 'BLOCK' ? refuse(side, 'it contains personal data') : { text: masked };
}

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

/** The categories of the service's safety check. The sandbox's own check marks the first. */
const CATEGORIES = [
  'violent-crimes',
  'non-violent-crimes',
  'sex-crimes',
  'child-exploitation',
  'specialized-advice',
  'privacy',
  'intellectual-property',
  'indiscriminate-weapons',
  'hate',
  'self-harm',
  'sexual-content',
];

/**
 * The 400 of a guardrail: its message is JSON text, and `finishReason` names the side. Keywords and topics are reported as the safety check
 * is. evidence: data.guardrail-block
 */
export function guardrailBlock(
  side: 'input' | 'output',
  reason: 'safety' | 'pii',
  anonymized: { role: string; content: string }[] | undefined,
): Answer {
  const categories = Object.fromEntries(CATEGORIES.map((name, at) => [name, at === 0]));
  const verdict = {
    flagged: reason === 'safety',
    categories: reason === 'safety' ? categories : null,
    category_scores: null,
    pii_detection: reason === 'pii' ? true : null,
    anonymized_input: anonymized ?? null,
  };
  const message = JSON.stringify({
    usage: { prompt_tokens: 0, total_tokens: 0 },
    [`${side}_guardrail`]: [verdict],
    finishReason: `${side}_guardrail_triggered`,
  });
  return { status: 400, body: { error_code: 'BAD_REQUEST', message } };
}

/** Applies a guardrail to one text: passes it, masks personal data in it, or refuses the request with a 400. */
export function guard(rule: Guardrail | undefined, side: 'input' | 'output', text: string): Verdict {
  if (rule === undefined) return { text };
  const lower = text.toLowerCase();
  const has = (words: string): boolean => lower.includes(words.toLowerCase());
  const topics = rule.valid_topics ?? [];
  const unsafe =
    rule.invalid_keywords?.some(has) === true ||
    (rule.safety === true && UNSAFE.some(has)) ||
    (side === 'input' && topics.length > 0 && !topics.some(has));
  if (unsafe) return { blocked: guardrailBlock(side, 'safety', undefined) };
  const behaviour = rule.pii?.behavior ?? 'NONE';
  if (behaviour === 'NONE') return { text };
  let masked = text;
  for (const [kind, pattern] of PII) masked = masked.replace(pattern, `<${kind}>`);
  if (masked === text) return { text };
  if (behaviour === 'MASK') return { text: masked };
  const anonymized = side === 'input' ? [{ role: 'user', content: masked }] : undefined;
  return { blocked: guardrailBlock(side, 'pii', anonymized) };
}

import { isObject, type JsonObject } from '../json.ts';
import type { PolicyBlock } from '../models/policy-block.ts';
import { countTokens } from '../models/tokens.ts';
import type { ServicePolicy } from '../state/model-service.ts';

/** The fields of a request that hold the caller's words, in any of the APIs. */
const WORDS = ['messages', 'prompt', 'input', 'system', 'contents', 'instructions', 'systemInstruction'];

/** Every text below a value, one after the other. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (!isObject(value)) return [];
  return ['content', 'text', 'parts'].flatMap((field) => textsIn(value[field]));
}

/** The texts of a request. */
export function requestText(body: JsonObject): string {
  return WORDS.flatMap((field) => textsIn(body[field])).join('\n');
}

/** The policy that refuses a text. The service judges it with a model, and the sandbox by words. assumed: service-policies */
export function refusing(
  policies: readonly ServicePolicy[],
  phase: ServicePolicy['phase'],
  text: string,
): ServicePolicy | undefined {
  const lower = text.toLowerCase();
  return policies.find(
    (policy) => policy.phase === phase && policy.words.some((word) => lower.includes(word.toLowerCase())),
  );
}

/** The block of a request before any model saw it. */
export function blockBefore({ name, reason }: ServicePolicy): PolicyBlock {
  return { policy: name, phase: 'pre_call', reason, prompt_tokens: 0, completion_tokens: 0 };
}

/** The block of an answer. Its tokens were used. evidence: gateway-policy-output */
export function blockAfter({ name, reason }: ServicePolicy, asked: string, answered: string): PolicyBlock {
  const tokens = { prompt_tokens: countTokens(asked), completion_tokens: countTokens(answered) };
  return { policy: name, phase: 'post_call', reason, ...tokens };
}

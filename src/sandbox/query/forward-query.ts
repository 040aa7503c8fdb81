import { isObject, type JsonObject } from '../json.ts';
import { type Answer, failure } from '../models/answer.ts';
import type { QueryContext } from '../models/answer-query.ts';
import { countTokens } from '../models/tokens.ts';
import type { ServedEntity } from '../state/state.ts';
import { forward, forwardUrl } from './forward.ts';

/** A provider's answer on its way to the caller. */
export interface ProviderAnswer {
  status: number;
  content_type: string;
  body: string | ReadableStream<Uint8Array>;
  tokens_in: number;
  /** 0 for a stream until it ends. */
  tokens_out: number;
}

function sandboxAnswer(answer: Answer): ProviderAnswer {
  return {
    status: answer.status,
    content_type: 'application/json',
    body: JSON.stringify(answer.body),
    tokens_in: 0,
    tokens_out: 0,
  };
}

/** Guards the input texts of a body that goes to a provider. The provider's answer is not checked. assumed: data.guardrails */
function guardBody(guard: QueryContext['guard'], body: JsonObject): { body: JsonObject } | { blocked: Answer } {
  let blocked: Answer | undefined;
  const pass = (text: string): string => {
    const verdict = guard('input', text);
    if ('blocked' in verdict) blocked ??= verdict.blocked;
    return 'text' in verdict ? verdict.text : text;
  };
  const texts = (value: unknown): unknown => {
    if (typeof value === 'string') return pass(value);
    if (Array.isArray(value)) return value.map(texts);
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, key === 'content' || key === 'text' ? texts(item) : item]),
    );
  };
  const fields = ['messages', 'prompt', 'input'].filter((field) => field in body);
  const changed = { ...body, ...Object.fromEntries(fields.map((field) => [field, texts(body[field])])) };
  return blocked === undefined ? { body: changed } : { blocked };
}

function usageOf(text: string): { tokens_in?: number; tokens_out?: number } {
  try {
    const body: unknown = JSON.parse(text);
    const usage = isObject(body) && isObject(body.usage) ? body.usage : {};
    return {
      ...(typeof usage.prompt_tokens === 'number' ? { tokens_in: usage.prompt_tokens } : {}),
      ...(typeof usage.completion_tokens === 'number' ? { tokens_out: usage.completion_tokens } : {}),
    };
  } catch {
    return {};
  }
}

/**
 * The answer of the provider behind an external model. Undefined when the sandbox answers itself. The provider's status and body are passed
 * on unchanged, and an unreachable provider is a 502. assumed: data.external-errors
 */
export async function forwardQuery(
  entity: ServedEntity,
  body: unknown,
  guard: QueryContext['guard'],
  allowed: readonly string[],
  signal: AbortSignal,
): Promise<ProviderAnswer | undefined> {
  const model = entity.config.external_model;
  const url = model === undefined ? undefined : forwardUrl(model, allowed);
  if (model === undefined || url === undefined || !isObject(body)) return undefined;
  const checked = guardBody(guard, body);
  if ('blocked' in checked) return sandboxAnswer(checked.blocked);
  const asked = countTokens(JSON.stringify(body.messages ?? body.prompt ?? body.input ?? ''));
  let response: Response;
  try {
    response = await forward(url, model, checked.body, signal);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return sandboxAnswer(
      failure(502, 'BAD_GATEWAY', `The provider of external model ${model.name} could not be reached: ${reason}`),
    );
  }
  const content_type = response.headers.get('content-type') ?? 'application/json';
  if (response.ok && response.body !== null && content_type.startsWith('text/event-stream')) {
    return { status: response.status, content_type, body: response.body, tokens_in: asked, tokens_out: 0 };
  }
  const text = await response.text();
  // A redirecting provider would otherwise send the caller elsewhere.
  const status =
    response.status >= 200 && response.status !== 304 && Math.floor(response.status / 100) !== 3
      ? response.status
      : 502;
  return { status, content_type, body: text, tokens_in: asked, tokens_out: countTokens(text), ...usageOf(text) };
}

import type { Call } from '../http.ts';
import { toJson } from '../json.ts';
import type { Answer } from '../models/answer.ts';
import { type Outcome, wholeAnswer } from '../models/answer-query.ts';
import type { RoutedRequest, ServedEntity } from '../state/state.ts';
import { type StreamContents, tap } from './forward.ts';
import type { ProviderAnswer } from './forward-query.ts';
import { sseBody } from './sse.ts';

/** The result of one entity for a request: its own outcome or a provider's answer. A `refused` request did not reach the model. */
export type Attempt = { status: number; tokens: { tokens_in: number; tokens_out: number }; refused?: true } & (
  | { outcome: Outcome }
  | { forwarded: ProviderAnswer }
);

/** An attempt that a model of the sandbox answered. The status of a stream is always 200. */
export function outcomeAttempt(outcome: Outcome): Attempt {
  return { status: outcome.kind === 'whole' ? outcome.answer.status : 200, outcome, tokens: outcome };
}

/** An attempt that ends in one body without tokens. */
export function wholeAttempt(answer: Answer): Attempt {
  return outcomeAttempt(wholeAnswer(answer));
}

/** Whether the answer is a stream. */
export function isStream(done: Attempt): boolean {
  return 'forwarded' in done ? typeof done.forwarded.body !== 'string' : done.outcome.kind === 'stream';
}

/** Sends the result of an attempt. Adds the bytes to `record`, and the tokens of a forwarded stream when it ends. `pause` is between frames. */
export function sendAnswer(
  c: Call,
  entity: { config: Pick<ServedEntity['config'], 'name'> },
  done: Attempt,
  record: RoutedRequest,
  pause: () => Promise<void>,
): Response {
  const headers: Record<string, string> = { 'served-model-name': entity.config.name };
  const cut = (): void => {
    c.env.incoming.socket.destroy();
  };
  if ('forwarded' in done) {
    const { body, content_type } = done.forwarded;
    headers['content-type'] = content_type;
    if (typeof body === 'string') record.bytes = Buffer.byteLength(body);
    const tapped = (seen: StreamContents): void => {
      record.tokens_out = seen.completion_tokens ?? Math.ceil((seen.characters + 1) / 4);
    };
    return new Response(typeof body === 'string' ? body : tap(body, tapped), { status: done.status, headers });
  }
  const { outcome } = done;
  if (outcome.kind === 'stream') {
    headers['content-type'] = 'text/event-stream';
    headers['cache-control'] = 'no-cache';
    return new Response(sseBody(outcome.frames, { named: outcome.named, fault: c.get('stream_fault'), cut, pause }), {
      headers,
    });
  }
  const { status, body, json } = outcome.answer;
  headers['content-type'] = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  const text = json ?? (typeof body === 'string' ? body : toJson(body));
  record.bytes = Buffer.byteLength(text);
  return new Response(text, { status, headers });
}

/** An answer that comes from no entity. */
export function refusal(answer: Answer): Response {
  const text = typeof answer.body === 'string';
  const headers = { 'content-type': text ? 'text/plain; charset=utf-8' : 'application/json' };
  return new Response(text ? String(answer.body) : JSON.stringify(answer.body), { status: answer.status, headers });
}

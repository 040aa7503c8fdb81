import type { ChatProfile } from '../state/model-spec.ts';
import { type Choice, REASONING, type Reply, type Stamp, type Usage, usageOf } from './chat.ts';
import { countTokens, tokenPieces } from './tokens.ts';

interface Delta {
  delta: Record<string, unknown>;
  /** Completion tokens that this delta adds. */
  tokens: number;
}

function toolDeltas(choice: Choice): Delta[] {
  return choice.tool_calls.flatMap((call, index) => [
    {
      delta: {
        ...(index === 0 ? { role: 'assistant', content: null } : {}),
        tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }],
      },
      tokens: 0,
    },
    ...tokenPieces(call.arguments).map((text) => ({
      delta: { tool_calls: [{ index, function: { arguments: text } }] },
      tokens: 1,
    })),
  ]);
}

/** The first delta has the role and the first words. On gpt-5 it has an empty content instead. */
function textDeltas(choice: Choice, profile: ChatProfile): Delta[] {
  const shaped = (text: string): unknown => (profile === 'gpt-oss' ? [{ type: 'text', text }] : text);
  const pieces = tokenPieces(choice.text).map((text) => ({ delta: { content: shaped(text) }, tokens: 1 }));
  if (profile === 'gpt-5') return [{ delta: { role: 'assistant', content: '' }, tokens: 0 }, ...pieces];
  if (profile === 'gpt-oss') {
    const thought = [{ type: 'reasoning', summary: [{ type: 'summary_text', text: REASONING }] }];
    return [{ delta: { role: 'assistant', content: thought }, tokens: 0 }, ...pieces];
  }
  const [first, ...rest] = pieces;
  return [{ delta: { role: 'assistant', content: '', ...first?.delta }, tokens: first?.tokens ?? 0 }, ...rest];
}

/**
 * The chunks of a streamed chat completion, without the final `[DONE]`. llama and gpt-oss repeat cumulative usage in every chunk and end
 * with empty content. gpt-5 sends usage only in one last chunk without choices, whatever `stream_options` says.
 * evidence: data.stream-profiles
 */
export function* chatChunks(
  answer: Reply,
  model: string,
  profile: ChatProfile,
  stamp: Stamp,
): Generator<Record<string, unknown>> {
  const head = {
    id: `chatcmpl_${stamp.id}`,
    object: 'chat.completion.chunk',
    created: Math.floor(stamp.created),
    model,
  };
  let completion_tokens = 0;
  const usage = (): { usage?: Usage } =>
    profile === 'gpt-5'
      ? {}
      : {
          usage: {
            prompt_tokens: answer.prompt_tokens,
            completion_tokens,
            total_tokens: answer.prompt_tokens + completion_tokens,
          },
        };
  for (const [index, choice] of answer.choices.entries()) {
    const deltas = choice.tool_calls.length > 0 ? toolDeltas(choice) : textDeltas(choice, profile);
    for (const { delta, tokens } of deltas) {
      completion_tokens += tokens;
      yield { ...head, choices: [{ index, delta, finish_reason: null }], ...usage() };
    }
    const last =
      profile === 'gpt-5' || choice.tool_calls.length > 0 ? {} : { content: profile === 'gpt-oss' ? [] : '' };
    yield { ...head, choices: [{ index, delta: last, finish_reason: choice.finish_reason }], ...usage() };
  }
  if (profile === 'gpt-5') yield { ...head, choices: [], usage: usageOf(answer) };
}

/** The chunks of a streamed text completion. */
export function* completionChunks(answer: Reply, model: string, stamp: Stamp): Generator<Record<string, unknown>> {
  const head = { id: `cmpl_${stamp.id}`, object: 'text_completion', created: Math.floor(stamp.created), model };
  let completion_tokens = 0;
  for (const [index, choice] of answer.choices.entries()) {
    for (const text of tokenPieces(choice.text)) {
      completion_tokens += countTokens(text) > 0 ? 1 : 0;
      const usage = {
        prompt_tokens: answer.prompt_tokens,
        completion_tokens,
        total_tokens: answer.prompt_tokens + completion_tokens,
      };
      yield { ...head, choices: [{ index, text, finish_reason: null, logprobs: null }], usage };
    }
    yield {
      ...head,
      choices: [{ index, text: '', finish_reason: choice.finish_reason, logprobs: null }],
      usage: usageOf(answer),
    };
  }
}

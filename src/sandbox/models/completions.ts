import type { JsonObject } from '../json.ts';
import type { Answer } from './answer.ts';
import { type Choice, type Reply, type Stamp, usageOf } from './chat.ts';
import { badRequest, boundedNumber, COMMON_FIELDS, readStop, refuseUnknown } from './chat-request.ts';
import { countTokens, tokenPieces } from './tokens.ts';

export interface CompletionRequest {
  prompts: string[];
  max_tokens: number | undefined;
  stop: string[];
  n: number;
  stream: boolean;
}

const COMPLETION_FIELDS = new Set([
  ...COMMON_FIELDS,
  ...[
    'prompt',
    'max_tokens',
    'temperature',
    'top_p',
    'top_k',
    'n',
    'stop',
    'logprobs',
    'echo',
    'suffix',
    'error_behavior',
    'stream_options',
  ],
]);

/** Reads a text-completion request. `strict` refuses unknown fields, as a foundation model does. */
export function readCompletion(
  body: JsonObject,
  strict: boolean,
): { request: CompletionRequest } | { refused: Answer } {
  const unknown = strict ? refuseUnknown(body, COMPLETION_FIELDS) : undefined;
  if (unknown !== undefined) return { refused: unknown };
  const prompts = (Array.isArray(body.prompt) ? body.prompt : [body.prompt]).filter((item) => typeof item === 'string');
  const max_tokens = boundedNumber(body, 'max_tokens', 1, Number.POSITIVE_INFINITY, true);
  const n = boundedNumber(body, 'n', 1, 5, true);
  const temperature = boundedNumber(body, 'temperature', 0, 2, false);
  if (prompts.length === 0) return { refused: badRequest('prompt must be a string or a list of strings') };
  if (typeof max_tokens === 'string') return { refused: badRequest(max_tokens) };
  if (typeof n === 'string') return { refused: badRequest(n) };
  if (typeof temperature === 'string') return { refused: badRequest(temperature) };
  return { request: { prompts, max_tokens, stop: readStop(body.stop), n: n ?? 1, stream: body.stream === true } };
}

/** `n` choices for each prompt. Each says that it comes from the sandbox. */
export function complete(request: CompletionRequest, model: string): Reply {
  const choices = request.prompts.flatMap((prompt) =>
    Array.from({ length: request.n }, (_, at): Choice => {
      const suffix = at === 0 ? '' : ` (choice ${at + 1})`;
      const text = ` This is the sandbox, not ${model}. The prompt had ${[...prompt].length} characters.${suffix}`;
      const ends = request.stop.map((stop) => text.indexOf(stop)).filter((end) => end >= 0);
      const stopped = ends.length === 0 ? text : text.slice(0, Math.min(...ends));
      const pieces = tokenPieces(stopped);
      const short = request.max_tokens === undefined || pieces.length <= request.max_tokens;
      return {
        text: short ? stopped : pieces.slice(0, request.max_tokens).join(''),
        tool_calls: [],
        finish_reason: short ? 'stop' : 'length',
      };
    }),
  );
  return {
    choices,
    prompt_tokens: request.prompts.reduce((sum, prompt) => sum + countTokens(prompt), 0),
    completion_tokens: choices.reduce((sum, choice) => sum + countTokens(choice.text), 0),
  };
}

/** The text completion without streaming. */
export function textCompletion(answer: Reply, model: string, stamp: Stamp): Record<string, unknown> {
  return {
    id: `cmpl_${stamp.id}`,
    object: 'text_completion',
    created: Math.floor(stamp.created),
    model,
    choices: answer.choices.map(({ text, finish_reason }, index) => ({ index, text, finish_reason, logprobs: null })),
    usage: usageOf(answer),
  };
}

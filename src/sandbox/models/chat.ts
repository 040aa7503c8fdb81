import type { ChatProfile } from '../state/model-spec.ts';
import type { ChatMessage, ChatRequest, ChatTool } from './chat-request.ts';
import { sampleOf } from './schema-sample.ts';
import { countTokens, tokenPieces } from './tokens.ts';

export interface ToolCall {
  id: string;
  name: string;
  /** JSON text. */
  arguments: string;
}

/** One choice of a reply. `text` is empty when the reply calls tools. */
export interface Choice {
  text: string;
  tool_calls: ToolCall[];
  finish_reason: 'stop' | 'length' | 'tool_calls';
}

export interface Reply {
  choices: Choice[];
  prompt_tokens: number;
  completion_tokens: number;
}

/** Id and time of a reply, from the caller. `id` is plain hex; `created` is epoch seconds with a fraction. */
export interface Stamp {
  id: string;
  created: number;
}

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

/** How many characters of the user's words the model quotes. */
const QUOTED = 240;

/** The reasoning that the gpt-oss profile puts before its text. */
export const REASONING = 'The sandbox does not reason; it answers with a fixed sentence.';

function quote(text: string): string {
  const characters = [...text.trim()];
  return characters.length <= QUOTED ? characters.join('') : `${characters.slice(0, QUOTED).join('')}…`;
}

/** The first `{…}` of a text that parses as a JSON object. */
function objectIn(text: string): string | undefined {
  const start = text.indexOf('{');
  for (let end = text.lastIndexOf('}'); start >= 0 && end > start; end = text.lastIndexOf('}', end - 1)) {
    const candidate = text.slice(start, end + 1);
    try {
      JSON.parse(candidate);
      return candidate;
    } catch {
      // The object ends at an earlier brace.
    }
  }
  return undefined;
}

function mentions(text: string, name: string): boolean {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(^|[^A-Za-z0-9_])${escaped}($|[^A-Za-z0-9_])`, 'i').test(text);
}

/**
 * The tools to call. `tool_choice` may force them. With `auto`, they are the tools that the last message names as a whole word, if the user
 * wrote it. The arguments are the first JSON object in that message, or a sample of the tool's schema.
 */
function toolsToCall(request: ChatRequest, last: ChatMessage | undefined): ChatTool[] {
  const { tool_choice, tools } = request;
  const asked = last?.role === 'user' ? tools.filter(({ name }) => mentions(last.text, name)) : [];
  if (tool_choice.kind === 'none') return [];
  if (tool_choice.kind === 'named') return tools.filter(({ name }) => name === tool_choice.name);
  return tool_choice.kind === 'required' && asked.length === 0 ? tools.slice(0, 1) : asked;
}

function say(request: ChatRequest, model: string, choice: number): string {
  const last = request.messages.at(-1);
  const heard = quote(last?.text ?? '');
  if (request.format.kind === 'json_schema') return JSON.stringify(sampleOf(request.format.schema, 'sandbox'));
  if (request.format.kind === 'json_object') return JSON.stringify({ from: 'sandbox', model, heard });
  const suffix = choice === 0 ? '' : ` (choice ${choice + 1})`;
  if (last?.role === 'tool') return `This is the sandbox, not ${model}. The tool answered: ${heard}${suffix}`;
  return `This is the sandbox, not ${model}. You wrote: ${heard}${suffix}`;
}

function cut(text: string, request: ChatRequest): Pick<Choice, 'text' | 'finish_reason'> {
  const ends = request.stop.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  const stopped = ends.length === 0 ? text : text.slice(0, Math.min(...ends));
  const pieces = tokenPieces(stopped);
  if (request.max_tokens === undefined || pieces.length <= request.max_tokens)
    return { text: stopped, finish_reason: 'stop' };
  return { text: pieces.slice(0, request.max_tokens).join(''), finish_reason: 'length' };
}

/**
 * The reply of the sandbox's chat model: the same words for the same request. `model` is the model that it replaces.
 * assumed: data.chat-words
 */
export function reply(request: ChatRequest, model: string, id: string): Reply {
  const last = request.messages.at(-1);
  const called = toolsToCall(request, last);
  const given = objectIn(last?.role === 'user' ? last.text : '');
  const choices = Array.from({ length: request.n }, (_, choice): Choice => {
    if (called.length === 0) return { ...cut(say(request, model, choice), request), tool_calls: [] };
    const tool_calls = called.map((tool, at) => ({
      id: `call_${id.slice(0, 16)}${choice}${at}`,
      name: tool.name,
      arguments: given ?? JSON.stringify(sampleOf(tool.parameters ?? { type: 'object' }, 'sandbox')),
    }));
    return { text: '', tool_calls, finish_reason: 'tool_calls' };
  });
  return {
    choices,
    prompt_tokens: countTokens(request.messages.map(({ text }) => text).join('\n')),
    completion_tokens: choices.reduce((sum, choice) => sum + choiceTokens(choice), 0),
  };
}

/** Completion tokens of one choice. The arguments of tool calls count. */
export function choiceTokens({ text, tool_calls }: Choice): number {
  return countTokens(text) + tool_calls.reduce((sum, call) => sum + countTokens(call.arguments), 0);
}

/** `usage` of a reply. */
export function usageOf(answer: Reply): Usage {
  const { prompt_tokens, completion_tokens } = answer;
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

/** Content in the form of the profile: a text, or for gpt-oss a reasoning part and a text part. Clients read both forms. */
function content(text: string, profile: ChatProfile): unknown {
  if (profile !== 'gpt-oss') return text;
  return [
    { type: 'reasoning', summary: [{ type: 'summary_text', text: REASONING }] },
    { type: 'text', text },
  ];
}

/** A tool call as the chat API spells it. */
export function wireCall(call: ToolCall): Record<string, unknown> {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: call.arguments } };
}

/** The chat completion without streaming. */
export function chatCompletion(
  answer: Reply,
  model: string,
  profile: ChatProfile,
  stamp: Stamp,
): Record<string, unknown> {
  return {
    id: `chatcmpl_${stamp.id}`,
    object: 'chat.completion',
    created: Math.floor(stamp.created),
    model,
    choices: answer.choices.map((choice, index) => ({
      index,
      message:
        choice.tool_calls.length > 0
          ? { role: 'assistant', content: null, tool_calls: choice.tool_calls.map(wireCall) }
          : { role: 'assistant', content: content(choice.text, profile) },
      finish_reason: choice.finish_reason,
      logprobs: null,
    })),
    usage: usageOf(answer),
  };
}

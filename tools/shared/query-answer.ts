/** Answers of a model within bounds: what it said, or the first rows, and how much was left out. */
import { digestVectors, vectorsOf } from '../../src/digest/embeddings.ts';
import { call, type ToolResult } from '../../src/refusal.ts';
import { query } from '../../src/rest/index.ts';
import { isObject } from '../../src/rest/json.ts';
import { clip, clipJson } from '../../src/text/sanitize.ts';
import { dropEmpty } from './view.ts';

/** Characters of model output in one answer, about 6,000 tokens; what is past it is cut and said. */
export const MAX_OUTPUT = 24_000;
const MAX_ARGUMENTS = 8_000;
const MAX_COUNTS = 20;

/** A whole answer of any family (fact Q2). @param vectors whether the numbers of embeddings are wanted. */
export function readAnswer(body: unknown, vectors: boolean): ToolResult {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return cut({ answer: body });
  const fields: Record<string, unknown> = { ...body };
  const embeddings = vectorsOf(body);
  if (embeddings) {
    const usage = isObject(fields.usage) ? { usage: tokenCounts(fields.usage) } : {};
    return { ...digestVectors(embeddings), ...(vectors ? cut({ vectors: embeddings }) : {}), ...usage };
  }
  if ('predictions' in fields) return cut({ predictions: fields.predictions });
  if ('outputs' in fields) return cut({ outputs: fields.outputs });
  const joined = query.joinAnswer(fields);
  return joined ? { ...answerFields(joined), ...dropEmpty({ model: joined.model }) } : cut({ answer: fields });
}

/** What a text model said. */
export function answerFields(
  seen: Pick<query.StreamedAnswer, 'text' | 'reasoning' | 'toolCalls' | 'finishReason' | 'usage'>,
): ToolResult {
  // Text, then calls: what the text takes is not left for them.
  const text = clipJson(seen.text, MAX_OUTPUT);
  let left = MAX_OUTPUT - text.length;
  const calls = seen.toolCalls.flatMap((each) => {
    const args = clipJson(each.arguments, Math.max(0, Math.min(MAX_ARGUMENTS, left)));
    const view = { name: clip(each.name, 100), arguments: args };
    left -= JSON.stringify(view).length;
    return left < 0 ? [] : [view];
  });
  return {
    text,
    ...dropEmpty({
      reasoning: seen.reasoning && clipJson(seen.reasoning, 2_000),
      tool_calls: calls,
      omitted_tool_calls: seen.toolCalls.length - calls.length || undefined,
      finish_reason: seen.finishReason && clip(seen.finishReason, 100),
      usage: seen.usage && tokenCounts(seen.usage),
    }),
  };
}

function tokenCounts(usage: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(usage)
      .filter(([name, value]) => name.endsWith('_tokens') && typeof value === 'number')
      .slice(0, MAX_COUNTS),
  );
}

/** The first rows of a list, the first characters of anything else, and how much was left out. */
function cut(answer: Record<string, unknown>): ToolResult {
  const [name = 'answer', value] = Object.entries(answer)[0] ?? [];
  const text = JSON.stringify(value) ?? 'null';
  if (text.length <= MAX_OUTPUT) return Array.isArray(value) ? { ...answer, rows: value.length } : answer;
  if (Array.isArray(value)) {
    const kept = value.slice(0, Math.max(1, Math.floor((MAX_OUTPUT * value.length) / text.length)));
    if (JSON.stringify(kept).length <= MAX_OUTPUT * 1.2) {
      const next = `Only the first ${kept.length} of ${value.length} are shown; ${call('query_endpoint')} with fewer rows shows the others.`;
      return { [name]: kept, rows: value.length, omitted_rows: value.length - kept.length, next };
    }
  }
  return { [name]: clipJson(text, MAX_OUTPUT), note: 'the answer is too long; its beginning is shown as text' };
}

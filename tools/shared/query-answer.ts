/** Shortens the answer of a model to its text or its first rows, and says how much is omitted. */
import { digestVectors, vectorsOf } from '../../src/digest/embeddings.ts';
import type { ToolResult } from '../../src/refusal.ts';
import { query } from '../../src/rest/index.ts';
import { isObject } from '../../src/rest/json.ts';
import { clip, clipJson } from '../../src/text/sanitize.ts';
import { dropEmpty } from './view.ts';

/** Characters of model output in one answer, about 6,000 tokens. A longer output is cut, and the answer says so. */
export const MAX_OUTPUT = 24_000;
const MAX_ARGUMENTS = 8_000;
const MAX_COUNTS = 20;

/** A whole answer of any family (fact Q2). @param vectors whether the numbers of embeddings are wanted. */
export function readAnswer(body: unknown, vectors: boolean): ToolResult {
  if (!isObject(body)) return cut({ answer: body });
  const embeddings = vectorsOf(body);
  if (embeddings) {
    const usage = isObject(body.usage) ? { usage: tokenCounts(body.usage) } : {};
    return { ...digestVectors(embeddings), ...(vectors ? cut({ vectors: embeddings }) : {}), ...usage };
  }
  if ('predictions' in body) return cut({ predictions: body.predictions });
  if ('outputs' in body) return cut({ outputs: body.outputs });
  const joined = query.joinAnswer(body);
  return joined ? { ...answerFields(joined), ...dropEmpty({ model: joined.model }) } : cut({ answer: body });
}

/** The answer of a text model. */
export function answerFields(
  seen: Pick<query.StreamedAnswer, 'text' | 'reasoning' | 'toolCalls' | 'finishReason' | 'usage'>,
): ToolResult {
  // Tool calls get the space that the text leaves.
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

/** The first rows of a list, or the first characters of anything else, with the amount omitted. */
function cut(answer: Record<string, unknown>): ToolResult {
  const [name = 'answer', value] = Object.entries(answer)[0] ?? [];
  const text = JSON.stringify(value) ?? 'null';
  if (text.length <= MAX_OUTPUT) return Array.isArray(value) ? { ...answer, rows: value.length } : answer;
  if (Array.isArray(value)) {
    const kept = value.slice(0, Math.max(1, Math.floor((MAX_OUTPUT * value.length) / text.length)));
    if (JSON.stringify(kept).length <= MAX_OUTPUT * 1.2) {
      const note = `Only the first ${kept.length} of ${value.length} rows are shown. A query with fewer rows shows all of its rows.`;
      return { [name]: kept, rows: value.length, omitted_rows: value.length - kept.length, note };
    }
  }
  return {
    [name]: clipJson(text, MAX_OUTPUT),
    note: 'the answer is too long, so only its beginning is shown, as text',
  };
}

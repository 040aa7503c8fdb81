/** Shortens the answer of a model to its text or its first rows, and says how much is omitted. */
import { digestVectors, vectorsOf } from '../../src/digest/embeddings.ts';
import { OddNumbers } from '../../src/digest/odd-numbers.ts';
import { call, type ToolResult } from '../../src/refusal.ts';
import type { query } from '../../src/rest/index.ts';
import { isObject } from '../../src/rest/json.ts';
import { clip, clipJson } from '../../src/text/sanitize.ts';
import { dropEmpty } from './view.ts';

/** Characters of model output in one answer, about 6,000 tokens. A longer output is cut, and the answer says so. */
export const MAX_OUTPUT = 24_000;
const MAX_ARGUMENTS = 8_000;
const MAX_COUNTS = 20;
/** Characters of each part that is no text: custom outputs, output items of other kinds, other fields. */
const MAX_PART = 4_000;
const MAX_TRACE = 12_000;
/** Entries of a list of such parts. */
const MAX_ENTRIES = 20;

export interface Wanted {
  /** Whether the numbers of embeddings are wanted. */
  vectors: boolean;
  /** Whether the trace of an agent is wanted. */
  trace: boolean;
  /** Texts that were sent to an embedding model. */
  texts?: number | undefined;
}

/** A whole answer of any family (fact Q2). */
export function readAnswer(body: unknown, said: query.ModelAnswer | undefined, wanted: Wanted): ToolResult {
  if (said) return answerFields(said, wanted);
  const numbers = new OddNumbers();
  const view = readBody(body, numbers, wanted);
  return { ...view, ...numbers.notes() };
}

function readBody(body: unknown, numbers: OddNumbers, wanted: Wanted): ToolResult {
  const embeddings = vectorsOf(body);
  if (embeddings && isObject(body)) {
    numbers.show(embeddings, 'vectors');
    return {
      ...digestVectors(embeddings),
      ...(wanted.vectors
        ? cut({ vectors: numbersAsText(embeddings) })
        : { note: 'The vectors are left out. Repeat the call with vectors true to get them.' }),
      ...dropEmpty({ mismatch: mismatchOf(embeddings, wanted.texts) }),
      ...dropEmpty({ model: body.model, usage: isObject(body.usage) ? tokenCounts(body.usage) : undefined }),
    };
  }
  for (const field of ['predictions', 'outputs'])
    if (isObject(body) && field in body) {
      const { [field]: rows, databricks_output: output, ...others } = body;
      return {
        ...cut({ [field]: numbers.show(rows, field) }),
        ...dropEmpty({
          other_fields: part(numbers.show(others, 'other_fields')),
          databricks_output: wanted.trace ? part(output, MAX_TRACE) : undefined,
        }),
      };
    }
  return cut({ answer: numbers.show(body, 'answer') });
}

/** What does not fit together in an answer with vectors. */
function mismatchOf(vectors: readonly number[][], texts: number | undefined): string | undefined {
  if (texts !== undefined && texts !== vectors.length)
    return `${texts} texts were sent, and ${vectors.length} vectors came back, so the rows may not be in the order of the texts`;
  if (vectors.some(({ length }) => length === 0)) return 'a vector has no values';
  return new Set(vectors.map(({ length }) => length)).size > 1 ? 'the vectors have different dimensions' : undefined;
}

/** JSON has no NaN, and would show it as null. */
function numbersAsText(vectors: number[][]): unknown {
  return new OddNumbers().show(vectors, '');
}

/** Who answered, and the ids that lead to the row of the request in the payload table (fact Q19). A model service names no entity. */
export function originFields(
  { body, origin }: Pick<query.Reply, 'body' | 'origin'>,
  said: query.ModelAnswer | undefined,
  api?: query.GatewayApi,
): ToolResult {
  const output = said?.databricksOutput ?? (isObject(body) ? body.databricks_output : undefined);
  const own = isObject(output) ? output.databricks_request_id : undefined;
  const id = typeof own === 'string' && own !== '' ? own : origin.requestId;
  return {
    ...dropEmpty({
      served_by: clip(origin.servedBy ?? (api === undefined ? 'unknown' : ''), 100),
      databricks_request_id: id && clip(id, 100),
      request_id: id === undefined && origin.otherId ? clip(origin.otherId, 100) : undefined,
    }),
  };
}

/** Keys that the answer has more than once, with the values that every JSON reader drops. */
export function repeatedKeys(repeated: query.Reply['repeated']): unknown[] {
  const numbers = new OddNumbers();
  return repeated.map(({ key, earlier }) => ({
    key: clip(key, 100),
    earlier_value: part(numbers.show(earlier, key), 500),
  }));
}

/** The answer of a text model. */
export function answerFields(seen: query.ModelAnswer, wanted: Pick<Wanted, 'trace'>): ToolResult {
  const numbers = new OddNumbers();
  const shown = (value: unknown, name: string, limit?: number) => part(numbers.show(value, name), limit);
  const list = (values: readonly unknown[], name: string) => {
    const kept = values.slice(0, MAX_ENTRIES).map((each, at) => shown(each, `${name}.${at}`));
    return values.length > kept.length ? [...kept, `… (${values.length - kept.length} more)`] : kept;
  };
  const others = [...seen.others].sort(([a], [b]) => a - b);
  const space = Math.floor(MAX_OUTPUT / (others.length + 1));
  const view = {
    ...choiceFields(seen, space),
    ...dropEmpty({
      content_parts: list(seen.parts, 'content_parts'),
      other_choices: others.map(([index, said], at) => {
        const parts = list(said.parts, `other_choices.${at}.content_parts`);
        return { index, ...choiceFields(said, space), ...dropEmpty({ content_parts: parts }) };
      }),
      approval_requests: list(seen.approvals, 'approval_requests'),
      tool_results: list(seen.toolResults, 'tool_results'),
      other_items: list(seen.items, 'other_items'),
      custom_outputs: shown(seen.customOutputs, 'custom_outputs', 2 * MAX_PART),
      other_fields: shown(seen.fields, 'other_fields'),
      databricks_output: wanted.trace ? shown(seen.databricksOutput, 'databricks_output', MAX_TRACE) : undefined,
      usage: seen.usage && tokenCounts(seen.usage),
      incomplete: seen.incomplete && clip(seen.incomplete, 300),
      model: seen.model && clip(seen.model, 200),
      notes: notesOf(seen),
    }),
  };
  return { ...view, ...numbers.notes() };
}

function choiceFields(said: query.Said, space: number): ToolResult {
  const text = clipJson(said.text, space);
  // Tool calls get the space that the text leaves.
  let left = space - text.length;
  const calls = said.toolCalls.flatMap((each) => {
    const args = clipJson(each.arguments, Math.max(0, Math.min(MAX_ARGUMENTS, left)));
    const id = each.id && clip(each.id, 100);
    const view = { ...(id ? { id } : {}), name: clip(each.name, 100), arguments: args };
    left -= JSON.stringify(view).length;
    return left < 0 ? [] : [view];
  });
  return {
    text,
    ...dropEmpty({
      refusal: said.refusal && clipJson(said.refusal, MAX_PART),
      reasoning: said.reasoning && clipJson(said.reasoning, 2_000),
      tool_calls: calls,
      omitted_tool_calls: said.toolCalls.length - calls.length || undefined,
      finish_reason: said.finishReason && clip(said.finishReason, 100),
    }),
  };
}

/** Sentences about the answer as a whole. */
function notesOf(seen: query.ModelAnswer): string[] {
  const notes: string[] = [];
  if (seen.approvals.length > 0)
    notes.push('The agent waits for an approval. It has not made the calls in approval_requests.');
  if (seen.finishReason === 'content_filter') notes.push('A content filter withheld this answer or a part of it.');
  for (const side of seen.masked) notes.push(`The ${side} guardrail masked personal data.`);
  if (seen.omitted.size > 0) notes.push(`Left out: ${[...seen.omitted].join(', ')}.`);
  if (isSilent(seen) && seen.others.size === 0)
    notes.push(
      seen.finishReason === 'length'
        ? 'The answer reached its token limit before it had any text. Repeat it with a larger max_tokens.'
        : 'The answer has no text and no tool call.',
    );
  return notes;
}

/** Whether an answer has nothing in it. */
export function isSilent({
  text,
  refusal,
  toolCalls,
  parts,
  approvals,
  items,
  customOutputs,
  failure,
}: query.ModelAnswer): boolean {
  const lists = toolCalls.length + parts.length + approvals.length + items.length;
  return text === '' && refusal === '' && lists === 0 && customOutputs === undefined && !failure;
}

function tokenCounts(usage: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(usage)
      .filter(([name, value]) => name.endsWith('_tokens') && typeof value === 'number')
      .slice(0, MAX_COUNTS),
  );
}

/** A value as it is if it is short. Otherwise with short texts, or as the beginning of its JSON. Undefined for nothing. */
export function part(value: unknown, limit = MAX_PART): unknown {
  if (value === undefined || value === null || JSON.stringify(value).length <= limit) return value;
  const shorter = withShortTexts(value, Math.max(200, limit / 8));
  return JSON.stringify(shorter).length <= limit ? shorter : clipJson(JSON.stringify(shorter), limit);
}

/** An image is one text of megabytes. */
function withShortTexts(value: unknown, limit: number): unknown {
  if (typeof value === 'string') return clip(value, limit);
  if (Array.isArray(value)) return value.map((each) => withShortTexts(each, limit));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withShortTexts(each, limit)]));
}

/** The first rows of a list, or the first characters of anything else, with the amount omitted. */
function cut(answer: Record<string, unknown>): ToolResult {
  const [name = 'answer', value] = Object.entries(answer)[0] ?? [];
  const text = JSON.stringify(value) ?? 'null';
  const rows = Array.isArray(value) && name !== 'vectors' ? { rows: value.length } : {};
  if (text.length <= MAX_OUTPUT) return { ...answer, ...rows };
  if (Array.isArray(value)) {
    const kept = value.slice(0, Math.max(1, Math.floor((MAX_OUTPUT * value.length) / text.length)));
    if (JSON.stringify(kept).length <= MAX_OUTPUT * 1.2) {
      const next = `Only the first ${kept.length} of ${value.length} rows are shown. For the others, repeat ${call('query_endpoint')} with fewer rows.`;
      return { [name]: kept, ...rows, omitted_rows: value.length - kept.length, next };
    }
  }
  return {
    [name]: clipJson(typeof value === 'string' ? value : text, MAX_OUTPUT),
    note: 'the answer is too long, so only its beginning is shown, as text',
  };
}

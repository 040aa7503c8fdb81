/** What a model answered, in one form for every family (fact Q2). */
import type { ToolCall } from './message-content.ts';
import type { ModelFailure } from './model-failure.ts';

/** One choice of an answer. */
export interface Said {
  text: string;
  reasoning: string;
  refusal: string;
  toolCalls: ToolCall[];
  /** Parts of the content that are neither text nor reasoning, as they came. */
  parts: unknown[];
  finishReason: string | undefined;
}

/** What a model answered. Most answers have one choice, whose fields are at the top. */
export interface ModelAnswer extends Said {
  /** The other choices, by their index. */
  others: Map<number, Said>;
  /** Results of tools that an agent called by itself. They are not its answer. */
  toolResults: { id?: string; output: unknown }[];
  /** Tool calls that wait for an approval. */
  approvals: Record<string, unknown>[];
  /** Output items and stream events of other kinds, as they came. */
  items: unknown[];
  /** Fields without a place here. */
  fields: Record<string, unknown>;
  customOutputs: unknown;
  databricksOutput: Record<string, unknown> | undefined;
  usage: Record<string, unknown> | undefined;
  model: string | undefined;
  /** Why the answer is not whole (fact Q15). The part that arrived is kept. */
  incomplete: string | undefined;
  /** A stream ended before the answer did. */
  cutOff?: true;
  /** The model or the service reported a failure, although the status is 200. */
  failure: ModelFailure | undefined;
  /** The service policy that blocked the request or the answer (fact Q18). */
  policy: Record<string, unknown> | undefined;
  /** Guardrails that masked personal data: `input`, `output`. */
  masked: Set<string>;
  /** Kinds of data that are never shown. */
  omitted: Set<string>;
}

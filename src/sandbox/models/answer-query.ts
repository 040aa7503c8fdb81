import { isObject, type JsonObject } from '../json.ts';
import type { ModelSpec } from '../state/model-spec.ts';
import { type Answer, failure } from './answer.ts';
import { anthropicAnswer, anthropicEvents, readAnthropic } from './anthropic.ts';
import { type Choice, chatCompletion, type Reply, reply, type Stamp } from './chat.ts';
import { chatAgentAnswer, chatAgentChunks } from './chat-agent.ts';
import { badRequest, type ChatRequest, readChat, refuseStrictTool } from './chat-request.ts';
import { chatChunks, completionChunks } from './chat-stream.ts';
import { complete, readCompletion, textCompletion } from './completions.ts';
import { readDataframe } from './dataframe.ts';
import { embed, embeddingsAnswer, readEmbedding } from './embeddings.ts';
import { geminiAnswer, geminiChunks, readGemini } from './gemini.ts';
import { predict } from './inference.ts';
import { readResponses, responsesAnswer, responsesEvents } from './responses.ts';

/** The family of paths by which a query arrived. */
export type QueryRoute = 'invocations' | 'chat' | 'completions' | 'embeddings' | 'responses' | 'anthropic' | 'gemini';

/** What a model needs to answer a query, in addition to the body. */
export interface QueryContext {
  route: QueryRoute;
  /** The value of `model` in the answer when the spec has none. */
  model: string;
  /** Foundation models refuse unknown fields. */
  strict: boolean;
  /** False: embeddings are answered as floats even when base64 was requested. */
  honourBase64: boolean;
  stamp: Stamp;
  /** Guards a text of the request or the answer: passes it, masks it, or refuses it. */
  guard: (side: 'input' | 'output', text: string) => { text: string } | { blocked: Answer };
}

/** The answer of a model: a whole body, or the frames of a stream. The status of a stream is always 200. */
export type Outcome = { tokens_in: number; tokens_out: number } & (
  | { kind: 'whole'; answer: Answer }
  | { kind: 'stream'; frames: Iterable<JsonObject>; named: boolean }
);

/** A model's whole answer with its tokens. */
export function wholeAnswer(answer: Answer, tokens_in = 0, tokens_out = 0): Outcome {
  return { kind: 'whole', answer, tokens_in, tokens_out };
}

function finish(
  answer: Reply,
  stream: boolean,
  body: () => JsonObject,
  frames: () => Iterable<JsonObject>,
  named = false,
): Outcome {
  const tokens = { tokens_in: answer.prompt_tokens, tokens_out: answer.completion_tokens };
  return stream
    ? { kind: 'stream', frames: frames(), named, ...tokens }
    : { kind: 'whole', answer: { status: 200, body: body() }, ...tokens };
}

/** Guards every text of a list and stops at the first refusal. */
function guardAll(context: QueryContext, side: 'input' | 'output', texts: readonly string[]): string[] | Answer {
  const out: string[] = [];
  for (const text of texts) {
    const verdict = context.guard(side, text);
    if ('blocked' in verdict) return verdict.blocked;
    out.push(verdict.text);
  }
  return out;
}

function guardChoices(context: QueryContext, answer: Reply): Reply | Answer {
  const texts = guardAll(
    context,
    'output',
    answer.choices.map(({ text }) => text),
  );
  if (!Array.isArray(texts)) return texts;
  return {
    ...answer,
    choices: answer.choices.map((choice, at): Choice => ({ ...choice, text: texts[at] ?? choice.text })),
  };
}

function converse(context: QueryContext, request: ChatRequest, model: string): Reply | Answer {
  const texts = guardAll(
    context,
    'input',
    request.messages.map(({ text }) => text),
  );
  if (!Array.isArray(texts)) return texts;
  const messages = request.messages.map((message, at) => ({ ...message, text: texts[at] ?? message.text }));
  return guardChoices(context, reply({ ...request, messages }, model, context.stamp.id));
}

function answerChat(spec: Extract<ModelSpec, { kind: 'chat' }>, body: JsonObject, context: QueryContext): Outcome {
  const { route, stamp } = context;
  const profile = spec.profile ?? 'llama';
  // assumed: data.responses-chat
  if (route === 'responses' || (route === 'invocations' && 'input' in body && !('messages' in body))) {
    return answerResponses(spec.model, body, context, true);
  }
  const strictTool = context.strict && /claude/i.test(spec.model) ? refuseStrictTool(body) : undefined;
  if (strictTool !== undefined) return wholeAnswer(strictTool);
  const native = { anthropic: readAnthropic, gemini: readGemini }[String(route)];
  const read = native ? native(body) : readChat(body, context.strict);
  if ('refused' in read) return wholeAnswer(read.refused);
  const answer = converse(context, read.request, spec.model);
  if ('status' in answer) return wholeAnswer(answer);
  if (route === 'anthropic') {
    const events = (): Iterable<JsonObject> => anthropicEvents(answer, spec.model, stamp);
    return finish(answer, read.request.stream, () => anthropicAnswer(answer, spec.model, stamp), events, true);
  }
  if (route === 'gemini') {
    const chunks = (): Iterable<JsonObject> => geminiChunks(answer, spec.model, stamp);
    return finish(answer, read.request.stream, () => geminiAnswer(answer, spec.model, stamp), chunks, true);
  }
  return finish(
    answer,
    read.request.stream,
    () => chatCompletion(answer, spec.model, profile, stamp),
    () => chatChunks(answer, spec.model, profile, stamp),
  );
}

function answerResponses(
  model: string,
  body: JsonObject,
  context: QueryContext,
  lifecycle: boolean,
  agent?: true,
): Outcome {
  const read = readResponses(body);
  if ('refused' in read) return wholeAnswer(read.refused);
  const request = { ...read.request, ...(agent ? { agent } : {}) };
  const answer = converse(context, request.chat, model);
  if ('status' in answer) return wholeAnswer(answer);
  return finish(
    answer,
    request.chat.stream,
    () => responsesAnswer(request, answer, model, context.stamp),
    () => responsesEvents(request, answer, model, context.stamp, lifecycle),
  );
}

/** An agent is a model with a signature. The input of the other protocol is therefore a missing column. */
function missingInput(body: JsonObject, name: string): Answer {
  const checked = readDataframe({ dataframe_records: [body] }, [{ name, type: 'string' }]);
  return 'refused' in checked ? checked.refused : failure(400, 'BAD_REQUEST', `Model is missing inputs ['${name}'].`);
}

function answerAgent(spec: Extract<ModelSpec, { kind: 'agent' }>, body: JsonObject, context: QueryContext): Outcome {
  if (spec.protocol === 'responses') {
    if (!('input' in body)) return wholeAnswer(missingInput(body, 'input'));
    return answerResponses(context.model, body, context, spec.stream_lifecycle ?? true, true);
  }
  if (!('messages' in body)) return wholeAnswer(missingInput(body, 'messages'));
  const read = readChat(body, false);
  if ('refused' in read) return wholeAnswer(read.refused);
  const answer = converse(context, { ...read.request, n: 1 }, context.model);
  if ('status' in answer) return wholeAnswer(answer);
  return finish(
    answer,
    read.request.stream,
    () => chatAgentAnswer(body, answer, context.stamp),
    () => chatAgentChunks(body, answer, context.stamp),
  );
}

function answerEmbedding(dimensions: number, body: JsonObject, context: QueryContext): Outcome {
  // A custom embedding model also takes the scoring formats, and then answers `predictions`.
  const listed = context.strict ? undefined : (body.inputs ?? body.instances);
  if (listed !== undefined) {
    const texts = (Array.isArray(listed) ? listed : [listed]).map(String);
    return wholeAnswer({ status: 200, body: { predictions: texts.map((text) => embed(text, dimensions)) } });
  }
  const read = readEmbedding(body, context.strict);
  if ('refused' in read) return wholeAnswer(read.refused);
  const input = guardAll(context, 'input', read.request.input);
  if (!Array.isArray(input)) return wholeAnswer(input);
  const done = embeddingsAnswer({ ...read.request, input }, context.model, dimensions, context.honourBase64);
  return wholeAnswer({ status: 200, body: done.body }, done.prompt_tokens, 0);
}

function answerCompletion(body: JsonObject, context: QueryContext): Outcome {
  const read = readCompletion(body, context.strict);
  if ('refused' in read) return wholeAnswer(read.refused);
  const prompts = guardAll(context, 'input', read.request.prompts);
  if (!Array.isArray(prompts)) return wholeAnswer(prompts);
  const answer = guardChoices(context, complete({ ...read.request, prompts }, context.model));
  if ('status' in answer) return wholeAnswer(answer);
  return finish(
    answer,
    read.request.stream,
    () => textCompletion(answer, context.model, context.stamp),
    () => completionChunks(answer, context.model, context.stamp),
  );
}

/** The answer of a model to a parsed JSON body. The same spec, body and context give the same answer. */
export function answerQuery(spec: ModelSpec, body: unknown, context: QueryContext): Outcome {
  if (spec.kind === 'linear' || spec.kind === 'logistic' || spec.kind === 'feature-spec')
    return wholeAnswer(predict(spec, body));
  if (!isObject(body)) return wholeAnswer(badRequest('json: the request body must be an object'));
  switch (spec.kind) {
    case 'embedding':
      return answerEmbedding(spec.dimensions, body, context);
    case 'chat':
      return answerChat(spec, body, context);
    case 'completion':
      return answerCompletion(body, context);
    case 'agent':
      return answerAgent(spec, body, context);
    case 'external':
      return wholeAnswer(failure(500, 'INTERNAL_ERROR', 'An external model has no computation of its own.'));
  }
}

/**
 * Reads everything that a model said, from a whole answer or from the events of a stream, in every family (fact Q2). What has no field of its own is
 * kept as it came. Pure.
 */
import {
  ECHOED_FIELDS,
  isOfTextModel,
  KNOWN_CHOICE,
  KNOWN_FIELDS,
  KNOWN_MESSAGE,
  saysNothing,
} from './answer-fields.ts';
import { defined, isObject } from './json.ts';
import { callId, isEmpty, jsonOf, readContent, type ToolCall, textOf } from './message-content.ts';
import type { ModelAnswer, Said } from './model-answer.ts';
import { failureInWords, failureOf, policyOf, saysFailure } from './model-failure.ts';

/** Items, results and parts that are kept of each kind. */
const MAX_KEPT = 200;

function nothingSaid(): Said {
  return { text: '', reasoning: '', refusal: '', toolCalls: [], parts: [], finishReason: undefined };
}

function keep(list: unknown[], value: unknown): void {
  if (list.length < MAX_KEPT) list.push(value);
}

/** Joins the parts of an answer: of one whole body, or of one event after the other. */
export class AnswerReader {
  readonly answer: ModelAnswer = {
    ...nothingSaid(),
    others: new Map(),
    toolResults: [],
    approvals: [],
    items: [],
    fields: {},
    customOutputs: undefined,
    databricksOutput: undefined,
    usage: undefined,
    model: undefined,
    incomplete: undefined,
    failure: undefined,
    policy: undefined,
    masked: new Set(),
    omitted: new Set(),
  };
  /** Whether the answer said that it is complete. */
  finished = false;
  /** Tool calls that arrive in pieces, by choice and index, or by the item of a Responses agent. */
  readonly #pieces = new Map<string, ToolCall>();
  /** What arrived in pieces since the last whole item. The item repeats it. */
  #since = { text: '', reasoning: '', refusal: '' };
  /** The id of the message whose text came last. */
  #message: string | undefined;
  /** Items that were read, by kind and id. The last event of a Responses stream repeats them. */
  readonly #seen = new Set<string>();
  /** Whole messages so far. Each numbers its own tool calls. */
  #messages = 0;

  /** A whole answer. False when it belongs to no family of text models, and reports no failure. */
  whole(body: Record<string, unknown>): boolean {
    if (this.#ends(body, undefined)) return true;
    const content = Array.isArray(body.content) && typeof body.role === 'string';
    if (!content && !isOfTextModel(body)) return false;
    this.#frame(body);
    if (Array.isArray(body.output)) this.#response(body);
    if (Array.isArray(body.messages)) for (const message of body.messages) this.#said(this.answer, message, 0, true);
    if (content) this.#said(this.answer, body);
    return true;
  }

  /** One event of a stream: its value, or its text when it is no JSON. @param name the name of the event. */
  event(value: unknown, name?: string): void {
    if (this.#ends(value, name)) return;
    if (typeof value === 'string') this.#add(this.answer, 'text', value);
    else if (!isObject(value)) keep(this.answer.items, value);
    else if (typeof value.type === 'string') this.#typed(value.type, value);
    else this.#frame(value);
  }

  /** Words in a stream that are no JSON: a piece of text, or those of a proxy or of a server that failed. @param loose outside of events. */
  words(text: string, loose = false): void {
    if (loose || saysFailure(text)) this.answer.failure = failureInWords(text);
    else this.#add(this.answer, 'text', text);
  }

  /** Whether a body or an event ends the answer: with a failure, or with the block of a policy. Its words are not those of the model. */
  #ends(value: unknown, name: string | undefined): boolean {
    const { answer } = this;
    answer.policy ??= policyOf(value);
    if (answer.policy) return true;
    const failure = failureOf(value, name);
    if (!failure) return false;
    // A failed answer may have a part of the text.
    if (isObject(value)) this.#partOfFailure(value);
    answer.failure = failure;
    return true;
  }

  #partOfFailure(value: Record<string, unknown>): void {
    const response = isObject(value.response) ? value.response : value;
    if (Array.isArray(response.output)) this.#response(response);
    else if (Array.isArray(value.choices) || isObject(value.delta)) this.#frame(value);
    this.#common(value);
  }

  /** Fields that every family may have. */
  #common(body: Record<string, unknown>): void {
    const { answer } = this;
    if (typeof body.model === 'string') answer.model = body.model;
    if (isObject(body.usage)) answer.usage = body.usage; // the sum so far on some models, so the last one counts (fact Q5)
    if (body.custom_outputs !== undefined && body.custom_outputs !== null) answer.customOutputs = body.custom_outputs;
    if (isObject(body.databricks_output))
      answer.databricksOutput = { ...answer.databricksOutput, ...body.databricks_output };
    for (const side of ['input', 'output']) {
      const checks = body[`${side}_guardrail`];
      if (Array.isArray(checks) && checks.some((check) => isObject(check) && check.pii_detection === true))
        answer.masked.add(side);
    }
  }

  /** A body with choices, or a frame of a chat, completion or ChatAgent stream. */
  #frame(body: Record<string, unknown>): void {
    this.#common(body);
    const { answer } = this;
    const choices = Array.isArray(body.choices) ? body.choices.filter(isObject) : [];
    // Some servers number all choices 0.
    const numbered = new Set(choices.map(({ index }) => index)).size === choices.length;
    for (const [at, choice] of choices.entries())
      this.#choice(choice, numbered && typeof choice.index === 'number' ? choice.index : at);
    if (isObject(body.delta)) this.#said(answer, body.delta); // ChatAgent frames have no `choices` (fact Q7)
    const finish = body.finish_reason ?? body.stop_reason;
    if (typeof finish === 'string') {
      answer.finishReason = finish;
      this.finished = true;
    }
    if (choices.length > 0) {
      const all = [answer, ...answer.others.values()];
      this.finished = all.every(({ finishReason }) => finishReason !== undefined);
    }
    this.#otherFields(body, KNOWN_FIELDS, Array.isArray(body.output) ? ECHOED_FIELDS : undefined);
  }

  #choice(choice: Record<string, unknown>, index: number): void {
    const said = this.#choiceAt(index);
    const finish = choice.finish_reason ?? choice.finishReason;
    if (typeof finish === 'string') said.finishReason = finish;
    this.#said(said, isObject(choice.delta) ? choice.delta : choice.message, index);
    if (typeof choice.text === 'string') said.text += choice.text;
    if (choice.logprobs !== undefined && choice.logprobs !== null) this.answer.omitted.add('logprobs');
    this.#otherFields(choice, KNOWN_CHOICE);
  }

  /** The first choice is the answer itself. */
  #choiceAt(index: number): Said {
    const { answer } = this;
    if (index === 0) return answer;
    const known = answer.others.get(index) ?? nothingSaid();
    answer.others.set(index, known);
    return known;
  }

  /** @param starts whether it is a message of its own. The pieces of a message have the same id, or none. */
  #said(said: Said, message: unknown, choice = 0, starts = false): void {
    if (!isObject(message)) return;
    if (message.role === 'tool') {
      const { role: _, tool_call_id: id, content, ...others } = message;
      this.#toolResult(id, content, others);
      return;
    }
    if (starts) this.#messages++;
    const id = typeof message.id === 'string' ? message.id : undefined;
    this.#content(
      said,
      message.content,
      starts || (id !== undefined && this.#message !== undefined && id !== this.#message),
    );
    this.#message = id ?? this.#message;
    // Some servers send the same text under two names.
    said.reasoning += textOf(
      [message.reasoning_content, message.reasoning, message.thinking].find((each) => textOf(each) !== ''),
    );
    if (typeof message.refusal === 'string') said.refusal += message.refusal;
    for (const call of Array.isArray(message.tool_calls) ? message.tool_calls : []) this.#toolCall(said, call, choice);
    if (isObject(message.function_call)) this.#toolCall(said, { function: message.function_call, index: -1 }, choice);
    this.#otherFields(message, KNOWN_MESSAGE);
  }

  #toolResult(id: unknown, output: unknown, others: Record<string, unknown> = {}): void {
    const more = Object.fromEntries(Object.entries(others).filter(([name, value]) => name !== 'id' && !isEmpty(value)));
    keep(this.answer.toolResults, defined({ ...more, id: typeof id === 'string' ? id : undefined, output }));
  }

  #content(said: Said, content: unknown, starts: boolean): void {
    const read = readContent(content);
    said.text = (starts ? spaced(said.text, read.text) : said.text) + read.text;
    said.reasoning += read.reasoning;
    said.refusal += read.refusal ?? '';
    said.toolCalls.push(...(read.toolCalls ?? []));
    for (const part of read.parts ?? []) keep(said.parts, part);
    if (read.hidden) this.answer.omitted.add('encrypted reasoning');
  }

  /** With an `index` it is a piece of a call. Without one it is a whole call, as agents send it (fact Q7). */
  #toolCall(said: Said, call: unknown, choice: number): void {
    if (!isObject(call)) return;
    const fn = isObject(call.function) ? call.function : isObject(call.custom) ? call.custom : {};
    const name = textOf(fn.name);
    const args = jsonOf(fn.arguments ?? fn.input);
    const key = typeof call.index === 'number' ? `${choice}/${this.#messages}/${call.index}` : undefined;
    const id = typeof call.id === 'string' && call.id !== '' ? call.id : undefined;
    const known = key === undefined ? undefined : this.#pieces.get(key);
    // Another id is another call, whatever its index.
    if (known && (id === undefined || known.id === undefined || known.id === id)) {
      known.id ??= id;
      known.name += name;
      known.arguments += args;
      return;
    }
    const begun = defined({ id, name, arguments: args });
    said.toolCalls.push(begun);
    if (key !== undefined) this.#pieces.set(key, begun);
  }

  /** An event of a Responses agent. A supervisor sends its text only in `output_item.done` (fact Q6). */
  #typed(type: string, event: Record<string, unknown>): void {
    if (!type.startsWith('response')) {
      this.#frameOrItem(event);
      return;
    }
    this.#common(event);
    const delta = textOf(event.delta);
    const key = itemKey(event.item_id, event.output_index);
    switch (type) {
      case 'response.output_text.delta':
        this.#add(this.answer, 'text', delta);
        return;
      case 'response.refusal.delta':
        this.#add(this.answer, 'refusal', delta);
        return;
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        this.#add(this.answer, 'reasoning', delta);
        return;
      case 'response.output_item.added':
        this.#begunItem(event);
        return;
      case 'response.function_call_arguments.delta': {
        const begun = this.#pieces.get(key);
        if (begun) begun.arguments += delta;
        return;
      }
      case 'response.output_item.done':
        if (isObject(event.item)) this.#item(event.item, key);
        return;
      case 'response.output_text.annotation.added':
        keep(this.answer.parts, { annotation: event.annotation });
        return;
      case 'response.completed':
      case 'responses.completed':
      case 'response.incomplete':
      case 'response.cancelled':
        if (isObject(event.response)) this.#end(event.response);
        this.answer.finishReason ??= type.slice(type.indexOf('.') + 1);
        this.finished = true;
        return;
      default:
        if (isObject(event.response)) this.#common(event.response);
    }
  }

  /** An event with a type of its own: an item that comes bare, or a frame. */
  #frameOrItem(event: Record<string, unknown>): void {
    this.#common(event);
    if (Array.isArray(event.choices) || isObject(event.delta)) this.#frame(event);
    else this.#item(event);
  }

  #begunItem({ item, output_index: index }: Record<string, unknown>): void {
    if (!isObject(item) || item.type !== 'function_call') return;
    const begun = defined({ id: callId(item), name: textOf(item.name), arguments: '' });
    this.answer.toolCalls.push(begun);
    this.#pieces.set(itemKey(item.id, index), begun);
  }

  /** The last event of a Responses stream repeats the whole response. Some streams send an item only there. */
  #end(response: Record<string, unknown>): void {
    const { text } = this.answer;
    const output = (Array.isArray(response.output) ? response.output : []).filter((item: unknown) => {
      if (!isObject(item)) return true;
      if (item.type === 'message') return !text.includes(readContent(item.content).text);
      return !this.#seen.has(seenKey(item));
    });
    this.#response({ ...response, output });
  }

  /** A whole response, with its status. */
  #response(response: Record<string, unknown>): void {
    const { answer } = this;
    this.#common(response);
    for (const item of Array.isArray(response.output) ? response.output : [])
      if (isObject(item)) this.#item(item);
      else keep(answer.items, item);
    const { status, incomplete_details: details } = response;
    if (typeof status !== 'string' || status === 'failed') return;
    answer.finishReason ??= status;
    if (status === 'completed') return;
    const reason = isObject(details) && typeof details.reason === 'string' ? `: ${details.reason}` : '';
    answer.incomplete = `the status of the response is ${status}${reason}`;
  }

  /** @param key that of the pieces that came before. */
  #item(item: Record<string, unknown>, key = itemKey(item.id, undefined)): void {
    const { answer } = this;
    this.#seen.add(seenKey(item));
    switch (item.type) {
      case 'message':
        if (item.role === 'user' || item.role === 'system') keep(answer.items, item);
        else this.#wholeMessage(item);
        return;
      case 'reasoning': {
        const { reasoning } = readContent([item]);
        if (item.encrypted_content) answer.omitted.add('encrypted reasoning');
        this.#addWhole('reasoning', reasoning);
        return;
      }
      case 'function_call': {
        const whole = defined({ id: callId(item), name: textOf(item.name), arguments: jsonOf(item.arguments) });
        const begun = this.#pieces.get(key) ?? this.#pieces.get(itemKey(item.id, undefined));
        // Some agents give all items the same id.
        this.#pieces.delete(key);
        this.#pieces.delete(itemKey(item.id, undefined));
        if (begun) Object.assign(begun, whole);
        else answer.toolCalls.push(whole);
        return;
      }
      case 'function_call_output':
        this.#toolResult(item.call_id, item.output);
        return;
      case 'mcp_approval_request':
        keep(answer.approvals, item);
        return;
      default:
        keep(answer.items, item);
    }
  }

  #wholeMessage({ content }: Record<string, unknown>): void {
    const read = readContent(content);
    const { answer } = this;
    // They came one by one before.
    if (read.parts?.some((part) => isObject(part) && 'annotations' in part))
      answer.parts = answer.parts.filter((part) => !isObject(part) || !('annotation' in part));
    this.#addWhole('text', read.text);
    this.#addWhole('refusal', read.refusal ?? '');
    this.answer.reasoning += read.reasoning;
    for (const part of read.parts ?? []) keep(this.answer.parts, part);
    if (read.logprobs) this.answer.omitted.add('logprobs');
  }

  #add(said: Said, kind: 'text' | 'reasoning' | 'refusal', piece: string): void {
    said[kind] += piece;
    this.#since[kind] += piece;
  }

  /** The text of a whole item, without the beginning that came in pieces. */
  #addWhole(kind: 'text' | 'reasoning' | 'refusal', whole: string): void {
    const { answer } = this;
    const came = this.#since[kind];
    this.#since[kind] = '';
    if (came !== '' && came.endsWith(whole)) return;
    if (came !== '' && whole.startsWith(came)) answer[kind] += whole.slice(came.length);
    else answer[kind] = spaced(answer[kind], whole) + whole;
  }

  #otherFields(from: Record<string, unknown>, known: ReadonlySet<string>, echoed?: ReadonlySet<string>): void {
    const { fields } = this.answer;
    for (const [name, value] of Object.entries(from)) {
      if (known.has(name) || echoed?.has(name) || isEmpty(value) || saysNothing(name, value)) continue;
      const earlier = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (Object.keys(fields).length >= MAX_KEPT && earlier === undefined) continue;
      // Several messages, and the events of a stream, may have a field with a part of it each.
      const same = JSON.stringify(earlier) === JSON.stringify(value);
      fields[name] = earlier === undefined || same ? value : [earlier, value].flat().slice(0, MAX_KEPT);
    }
  }
}

/** The text, with a blank line at its end if the next text would stick to it. */
function spaced(text: string, next: string): string {
  return text === '' || next === '' || /\s$/.test(text) || /^\s/.test(next) ? text : `${text}\n\n`;
}

const itemKey = (id: unknown, index: unknown) => `item/${textOf(id) || String(index)}`;

const seenKey = (item: Record<string, unknown>) => `${String(item.type)}/${textOf(item.id) || JSON.stringify(item)}`;

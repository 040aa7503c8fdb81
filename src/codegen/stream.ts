/** How JavaScript reads a streamed answer of each family: the client of Node, and that of the browser in an app. */
import type { Family } from './recipe.ts';

/** The input that `ask` takes, and the field of the body that it fills. */
export function askInput(family: Family): { argument: string; field: string } {
  if (family === 'completions') return { argument: 'prompt', field: 'prompt' };
  return { argument: 'messages', field: family === 'responses' ? 'input' : 'messages' };
}

/** The condition that an answer ended in another way than with its last word, in JavaScript and in Python. */
export function endedEarly(family: Family): { js: string; py: string } {
  if (family !== 'responses') return { js: "end.finish_reason !== 'stop'", py: "end.get('finish_reason') != 'stop'" };
  return {
    js: "end.items || end.finish_reason !== 'completed'",
    py: "end.get('items') or end.get('finish_reason') != 'completed'",
  };
}

/** The question of an example body. */
export function questionOf({ prompt, messages, input }: Record<string, unknown>): unknown {
  const [first] = [messages ?? input].flat();
  return prompt ?? (first as { content?: unknown } | undefined)?.content; // an example has one message
}

/** Reads the text from one event. `end` receives the reason of the end. */
const READ: Partial<Record<Family, string>> = {
  chat: `    for (const { delta, finish_reason } of event.choices ?? []) {
      if (finish_reason) end.finish_reason = finish_reason;
      yield* texts(delta?.content);
    }`,
  completions: `    for (const { text, finish_reason } of event.choices ?? []) {
      if (finish_reason) end.finish_reason = finish_reason;
      yield* texts(text);
    }`,
  chat_agent: `    if (event.finish_reason) end.finish_reason = event.finish_reason;
    if (event.delta?.role !== 'tool') yield* texts(event.delta?.content);`,
  responses: `    const { type, item } = event;
    if (type === 'response.output_text.delta') {
      streamed = true;
      yield event.delta;
    } else if (type === 'response.output_item.done') {
      if (item.type !== 'message') (end.items ??= []).push(item); // tool calls, approvals
      else if (!streamed) yield* texts(item.content);
      streamed = false;
      end.finish_reason ??= 'completed';
    } else if (/(completed|incomplete)$/.test(type)) {
      end.finish_reason = event.response?.incomplete_details?.reason ?? 'completed';
    }`,
};

/** The loop over \`events(body)\`. It throws \`failure(status, text, code)\` for an error event and for a stream without an end. */
export function jsRead(family: Family, service = false): string {
  return `${family === 'responses' ? '  let streamed = false;\n' : ''}  for await (const [name, data] of events(reply.body)) {
    if (data === '[DONE]') return;
    const event = JSON.parse(data);
    if (name === 'error' || /^(error|response.failed)$/.test(event.type) || event.error || event.error_code) {
      throw failure(502, data, 'STREAM_ERROR');
    }
${service ? JS_POLICY : ''}${READ[family] ?? ''}
  }
  if (!end.finish_reason) throw failure(502, 'the stream ended too early', 'STREAM_CUT');`;
}

/** A block by a service policy is no answer, whatever its sentence says (fact Q18). */
const JS_POLICY = `    if (event.databricks_service_policy) throw failure(403, 'blocked by a service policy', 'POLICY_BLOCK');
`;

/** The lines of events. The name of an event counts too: agents send \`event: error\`. */
export const LINES = `      for (const line of lines) {
        if (line.startsWith('event:')) name = line.slice(6).trim();
        else if (line.startsWith('data:')) yield [name, line.slice(5).trim()];
        else if (!line.trim()) name = '';
      }`;

/** The function that makes an error of an answer: its words, its status and its code. */
export const FAILURE = `function failure(status, text, code) {
  let said = {};
  try {
    said = JSON.parse(text) ?? {};
  } catch {}
  const { message, error = said.response?.error } = said;
  const words = message ?? error?.message ?? (typeof error === 'string' ? error : text.slice(0, 500));
  return Object.assign(new Error(words), { status, code: said.error_code ?? code });
}
`;

import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/sandbox/json.ts';
import { anthropicAnswer, anthropicEvents, readAnthropic } from '../../../src/sandbox/models/anthropic.ts';
import { reply } from '../../../src/sandbox/models/chat.ts';
import { chatAgentAnswer, chatAgentChunks } from '../../../src/sandbox/models/chat-agent.ts';
import { readChat } from '../../../src/sandbox/models/chat-request.ts';
import { embed, embeddingsAnswer, floatsToBase64, readEmbedding } from '../../../src/sandbox/models/embeddings.ts';
import {
  type ResponsesRequest,
  readResponses,
  responsesAnswer,
  responsesEvents,
} from '../../../src/sandbox/models/responses.ts';

const stamp = { id: 'cd'.repeat(16), created: 1788718020.25 };

function read(body: JsonObject): ResponsesRequest {
  const result = readResponses(body);
  if ('refused' in result) throw new Error('refused');
  return result.request;
}

function events(body: JsonObject, lifecycle: boolean): JsonObject[] {
  const request = read(body);
  return [...responsesEvents(request, reply(request.chat, 'm', stamp.id), 'm', stamp, lifecycle)];
}

describe('Responses agents', () => {
  test('the answer has the fields that clients read: created_at, output parts with annotations, three token counts', () => {
    const request = read({ input: [{ role: 'user', content: [{ type: 'input_text', text: 'hi' }] }] });
    const body = responsesAnswer(request, reply(request.chat, 'm', stamp.id), 'm', stamp);
    expect(body).toMatchObject({
      id: `resp_${stamp.id}`,
      object: 'response',
      created_at: 1788718020.25,
      status: 'completed',
      output: [
        {
          type: 'message',
          id: `msg_${stamp.id}`,
          role: 'assistant',
          content: [{ type: 'output_text', text: 'This is the sandbox, not m. You wrote: hi', annotations: [] }],
        },
      ],
      usage: { input_tokens: 1, output_tokens: 11, total_tokens: 12 },
    });
    expect(body).not.toHaveProperty('databricks_output');
  });

  test('a full stream runs from created to completed with numbered events', () => {
    const all = events({ input: 'hi', max_output_tokens: 1, stream: true }, true);
    expect(all.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.incomplete',
    ]);
    expect(all.map(({ sequence_number }) => sequence_number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(all[0]).toMatchObject({ response: { status: null, created_at: 1788718020.25, output: [] } });
    expect(all.at(-1)).toMatchObject({ response: { status: 'incomplete', usage: { output_tokens: 1 } } });
    expect(events({ input: 'hi', stream: true }, true).at(-1)).toMatchObject({ type: 'response.completed' });
  });

  test('a stream without a lifecycle has only deltas and item.done', () => {
    const types = new Set(events({ input: 'hi', stream: true }, false).map(({ type }) => type));
    expect(types).toEqual(new Set(['response.output_text.delta', 'response.output_item.done']));
  });

  test('deltas add up to the text of the finished item', () => {
    const all = events({ input: 'hello', stream: true }, true);
    const text = all
      .filter(({ type }) => type === 'response.output_text.delta')
      .map(({ delta }) => delta)
      .join('');
    expect(all.find(({ type }) => type === 'response.output_item.done')).toMatchObject({
      item: { content: [{ text }] },
    });
    expect(text).toContain('You wrote: hello');
  });

  test('flat tools are called, repeated call items are accepted, and a tool output ends the turn', () => {
    const tools = [{ type: 'function', name: 'look', parameters: { type: 'object', properties: {} } }];
    const all = events({ input: 'please look', tools, stream: true }, true);
    expect(all.find(({ type }) => type === 'response.output_item.done')).toMatchObject({
      item: { type: 'function_call', name: 'look', arguments: '{}', call_id: expect.stringMatching(/^call_/) },
    });
    const pair = [
      { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: 'a cat' },
    ];
    const request = read({ input: [{ role: 'user', content: 'please look' }, ...pair, ...pair], tools });
    expect(reply(request.chat, 'm', stamp.id).choices[0]?.text).toContain('The tool answered: a cat');
  });

  test('a trace and custom outputs are returned on request', () => {
    const request = read({ input: 'hi', custom_inputs: { user: 7 }, databricks_options: { return_trace: true } });
    expect(responsesAnswer(request, reply(request.chat, 'm', stamp.id), 'm', stamp)).toMatchObject({
      custom_outputs: { user: 7 },
      databricks_output: { databricks_request_id: `resp_${stamp.id}`, trace: { info: { trace_id: `tr-${stamp.id}` } } },
    });
    const frames = events({ input: 'hi', stream: true, databricks_options: { return_trace: true } }, false);
    expect(frames.at(-1)).toHaveProperty('databricks_output');
  });

  test('an input of the wrong kind is refused', () => {
    expect(readResponses({ input: 3 })).toMatchObject({ refused: { status: 400 } });
  });
});

describe('ChatAgents', () => {
  const body = { messages: [{ role: 'user', content: 'hi', id: 'user-0' }], custom_inputs: { a: 1 } };
  const result = readChat(body, false);
  if ('refused' in result) throw new Error('refused');
  const answer = reply(result.request, 'm', stamp.id);

  test('the answer is a list of messages with ids', () => {
    expect(chatAgentAnswer(body, answer, stamp)).toEqual({
      id: `agent_${stamp.id}`,
      messages: [{ role: 'assistant', content: 'This is the sandbox, not m. You wrote: hi', id: `msg_${stamp.id}` }],
      finish_reason: 'stop',
      usage: { prompt_tokens: 1, completion_tokens: 11, total_tokens: 12 },
      custom_outputs: { a: 1 },
      databricks_output: { databricks_request_id: `agent_${stamp.id}` },
    });
  });

  test('a stream repeats role and id in each delta and ends with the finish reason', () => {
    const chunks = [...chatAgentChunks(body, answer, stamp)];
    expect(chunks[0]).toEqual({
      id: `agent_${stamp.id}`,
      delta: { role: 'assistant', content: 'Thi', id: `msg_${stamp.id}` },
    });
    expect(chunks.at(-2)).toMatchObject({ delta: { content: '' }, finish_reason: 'stop' });
    expect(chunks.at(-1)).toEqual({ databricks_output: { databricks_request_id: `agent_${stamp.id}` } });
  });
});

describe('Anthropic messages', () => {
  const result = readAnthropic({ max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] });
  if ('refused' in result) throw new Error('refused');
  const answer = reply(result.request, 'm', stamp.id);

  test('have an answer and a stream with the same content', () => {
    expect(anthropicAnswer(answer, 'm', stamp)).toMatchObject({
      type: 'message',
      content: [{ type: 'text' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 1 },
    });
    const types = [...new Set([...anthropicEvents(answer, 'm', stamp)].map(({ type }) => type))];
    expect(types).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  test('the reply quotes a tool result', () => {
    const messages = [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'x', content: 'sunny' }] }];
    const read = readAnthropic({ max_tokens: 50, messages });
    if ('refused' in read) throw new Error('refused');
    expect(reply(read.request, 'm', stamp.id).choices[0]?.text).toContain('sunny');
  });
});

describe('embeddings', () => {
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

  test('vectors have length 1, are stable, and follow shared words', () => {
    const [one, two, far] = ['reset my password', 'how do I reset a password', 'quarterly wheat harvest'].map((text) =>
      embed(text, 256),
    );
    if (!one || !two || !far) throw new Error('no vectors');
    for (const vector of [one, two, far, embed('', 256), embed('!', 1)])
      expect(Math.hypot(...vector)).toBeCloseTo(1, 12);
    expect(embed('reset my password', 256)).toEqual(one);
    expect(dot(one, two)).toBeGreaterThan(dot(one, far) + 0.3);
  });

  test.each([
    ['How do I reset my password?', 'I forgot my password, how can I reset it?'],
    ['The printer does not work after the update', 'After the update the printer is not working'],
    ['Refund for a cancelled order', 'I want my money refunded because the order was cancelled'],
    ['a cheap flat in the centre', 'flat in the city centre, cheap'],
  ])('a paraphrase that shares words is near: %s', (text, other) => {
    expect(dot(embed(text, 1024), embed(other, 1024))).toBeGreaterThan(0.5);
  });

  test.each([
    ['How do I reset my password?', 'The weather in Paris is sunny today'],
    ['The printer does not work after the update', 'Chocolate cake with strawberries and cream'],
    // Function words alone make no sentences similar.
    ['The cat is on the roof of the house', 'The price of the stock is at the top of the range'],
    ['invoice 4711 is missing', 'please call me tomorrow'],
    ['I want my money back for the order', 'The capital of France is Paris'],
  ])('an unrelated text is far: %s', (text, other) => {
    expect(Math.abs(dot(embed(text, 1024), embed(other, 1024)))).toBeLessThan(0.25);
  });

  test('base64 contains the same floats, unless the server ignores it', () => {
    const request = { input: ['hi'], encoding: 'base64' } as const;
    const encoded = embeddingsAnswer({ ...request, input: ['hi'] }, 'm', 8, true).body.data;
    const text: unknown = Array.isArray(encoded) ? encoded[0].embedding : undefined;
    const bytes = Buffer.from(String(text), 'base64');
    const floats = Array.from({ length: 8 }, (_, at) => bytes.readFloatLE(at * 4));
    expect(floats).toEqual(embed('hi', 8).map((value) => Math.fround(value)));
    expect(floatsToBase64([1])).toBe('AACAPw==');
    const plain = embeddingsAnswer({ ...request, input: ['hi'] }, 'm', 8, false).body.data;
    expect(Array.isArray(plain) ? plain[0].embedding : undefined).toEqual(embed('hi', 8));
  });

  test('a foundation model refuses unknown fields and inputs that are not text', () => {
    expect(readEmbedding({ inputs: ['a'] }, true)).toMatchObject({
      refused: { body: { message: 'Bad request: json: unknown field "inputs"' } },
    });
    expect(readEmbedding({ input: ['a', 1] }, true)).toHaveProperty('refused');
    expect(readEmbedding({ input: [] }, true)).toHaveProperty('refused');
  });
});

import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../src/rest/endpoints.ts';
import type { Http } from '../../src/rest/http.ts';
import type { Content } from '../../src/rest/message-content.ts';
import {
  direct,
  invoke,
  joinAnswer,
  type ModelAnswer,
  readContent,
  type StreamedAnswer,
  stream,
} from '../../src/rest/query.ts';
import { json, type Service, startService, tryHttp } from '../support/scripted-service.ts';

let service: Service;
const opened: Http[] = [];
beforeAll(async () => {
  service = await startService();
});
afterEach(async () => {
  for (const http of opened.splice(0)) await http.close();
});
afterAll(() => service.close());

function http(): Http {
  const tried = tryHttp(service.origin);
  opened.push(tried.http);
  return tried.http;
}

function sse(response: ServerResponse, frames: unknown[], end: 'done' | 'bare' | 'cut' = 'done'): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'served-model-name': 'chat-2' });
  const text = frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join('');
  if (end === 'done') response.end(`${text}data: [DONE]\n\n`);
  else if (end === 'bare') response.end(text);
  else response.write(text, () => setTimeout(() => response.destroy(), 5));
}

async function streamed(
  frames: unknown[],
  end?: 'done' | 'bare' | 'cut',
): Promise<StreamedAnswer & { grown: string[] }> {
  service.answer((_request, response) => sse(response, frames, end));
  const grown: string[] = [];
  let time = 0;
  const seen = await stream(
    http(),
    'chat',
    { messages: [] },
    {
      timeoutMs: 5_000,
      onText: (text) => grown.push(text),
      now: () => {
        time += 10;
        return time;
      },
    },
  );
  return { ...seen, grown };
}

const delta = (fields: Record<string, unknown>, finish: string | null = null, extra: Record<string, unknown> = {}) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  model: 'sandbox-chat',
  choices: [{ index: 0, delta: fields, finish_reason: finish }],
  ...extra,
});

describe('a chat stream', () => {
  it('is joined, with its end, model, served entity, last usage and time to the first text', async () => {
    const seen = await streamed([
      delta({ role: 'assistant', content: '' }, null, { usage: { prompt_tokens: 3, completion_tokens: 0 } }),
      delta({ content: 'Hel' }, null, { usage: { prompt_tokens: 3, completion_tokens: 1 } }),
      delta({ content: 'lo' }, null, { usage: { prompt_tokens: 3, completion_tokens: 2 } }),
      delta({}, 'stop', { usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } }),
    ]);
    expect(seen).toMatchObject({
      text: 'Hello',
      finishReason: 'stop',
      model: 'sandbox-chat',
      origin: { servedBy: 'chat-2' },
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
      firstTextMs: 20,
      incomplete: undefined,
    });
    expect(seen.grown).toEqual(['Hel', 'Hello']);
    expect(JSON.parse(service.received[0]?.body ?? '')).toEqual({ messages: [], stream: true });
    expect(service.received[0]?.headers.accept).toBe('text/event-stream');
  });

  it('reads parts and reasoning', async () => {
    const seen = await streamed([
      delta({ content: [{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm ' }] }] }),
      delta({ reasoning_content: 'well' }),
      delta(
        {
          content: [
            { type: 'text', text: 'a' },
            { type: 'image', url: 'x' },
            { type: 'text', text: 'b' },
          ],
        },
        'stop',
      ),
    ]);
    expect(seen).toMatchObject({ text: 'ab', reasoning: 'hm well' });
  });

  it('puts tool calls together from their pieces', async () => {
    const piece = (index: number, fields: Record<string, unknown>, id?: string) =>
      delta({ tool_calls: [{ index, ...(id ? { id } : {}), function: fields }] });
    const seen = await streamed([
      piece(0, { name: 'weather', arguments: '' }, 'call_a'),
      piece(0, { arguments: '{"city":' }),
      piece(1, { name: 'time', arguments: '{}' }, 'call_b'),
      piece(0, { arguments: '"Oslo"}' }),
      delta({}, 'tool_calls'),
    ]);
    expect(seen.toolCalls).toMatchObject([
      { name: 'weather', arguments: '{"city":"Oslo"}' },
      { name: 'time', arguments: '{}' },
    ]);
    expect(seen.finishReason).toBe('tool_calls');
  });

  it('accepts the spelling of the official SDKs for the finish reason', async () => {
    const seen = await streamed([{ choices: [{ delta: { content: 'a' }, finishReason: 'length' }] }], 'bare');
    expect(seen).toMatchObject({ text: 'a', finishReason: 'length', incomplete: undefined });
  });

  it('of completions carries its text in `text`', async () => {
    const seen = await streamed([
      { choices: [{ text: 'to be' }] },
      { choices: [{ text: ' or', finish_reason: 'length' }] },
    ]);
    expect(seen).toMatchObject({ text: 'to be or', finishReason: 'length' });
  });
});

describe('a stream that ends early', () => {
  it('by a cut keeps what came, says so, and is not asked for again', async () => {
    const seen = await streamed([delta({ content: 'half an ' })], 'cut');
    expect(seen.text).toBe('half an ');
    expect(seen.incomplete).toMatch(/lost/);
    expect(service.received).toHaveLength(1);
  });

  it('by the time limit keeps what came: comments that keep it alive do not keep the call', async () => {
    let beats: ReturnType<typeof setInterval> | undefined;
    const closed = new Promise<void>((resolve) => {
      service.answer((_request, response) => {
        response.on('close', resolve);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${JSON.stringify(delta({ content: 'half' }))}\n\n`);
        beats = setInterval(() => response.write(': ping\n\n'), 1);
      });
    });
    let time = 0;
    const now = () => {
      time += 1_000;
      return time;
    };
    const seen = await stream(http(), 'chat', {}, { timeoutMs: 5_000, onText: () => {}, now });
    expect(seen).toMatchObject({ text: 'half', incomplete: expect.stringContaining('did not end in time') });
    await closed;
    clearInterval(beats);
    expect(service.received).toHaveLength(1);
  });

  it('without its end mark says so', async () => {
    const seen = await streamed([delta({ content: 'half' })], 'bare');
    expect(seen).toMatchObject({ text: 'half', incomplete: 'the stream ended without its end mark' });
  });

  it.each<[string, unknown]>([
    ['an object', { error: { message: 'out of tokens', type: 'rate_limit_exceeded' } }],
    ['a text', { error: 'out of tokens' }],
    ['an error event', { type: 'error', message: 'out of tokens' }],
    ['a failed response', { type: 'response.failed', message: 'out of tokens' }],
  ])('by an error frame (%s) keeps what came', async (_name, frame) => {
    const seen = await streamed([delta({ content: 'half' }), frame]);
    expect(seen.text).toBe('half');
    expect(seen.failure?.message).toBe('out of tokens');
  });

  it('an error that is null is not an error', async () => {
    expect(await streamed([delta({ content: 'a' }, 'stop', { error: null })])).toMatchObject({ incomplete: undefined });
  });
});

describe('an agent’s stream', () => {
  it('of Responses events is joined without repeating the finished item', async () => {
    const seen = await streamed(
      [
        { type: 'response.reasoning_summary_text.delta', delta: 'think' },
        { type: 'response.output_text.delta', item_id: 'm', delta: 'Ticket ' },
        { type: 'response.output_text.delta', item_id: 'm', delta: '12' },
        {
          type: 'response.output_item.done',
          item: { type: 'message', content: [{ type: 'output_text', text: 'Ticket 12' }] },
        },
        { type: 'response.output_item.done', item: { type: 'function_call', name: 'lookup', arguments: '{"id":12}' } },
        { trace_id: 'x' },
        { type: 'responses.completed', response: { usage: { input_tokens: 4, output_tokens: 2 } } },
      ],
      'bare',
    );
    expect(seen).toMatchObject({
      text: 'Ticket 12',
      reasoning: 'think',
      finishReason: 'completed',
      usage: { input_tokens: 4, output_tokens: 2 },
      incomplete: undefined,
    });
    expect(seen.toolCalls).toMatchObject([{ name: 'lookup', arguments: '{"id":12}' }]);
  });

  it('of a supervisor, which sends text only in finished items', async () => {
    const item = (text: string) => ({
      type: 'response.output_item.done',
      item: { type: 'message', content: [{ type: 'output_text', text }] },
    });
    expect(await streamed([item('first '), item('second')])).toMatchObject({ text: 'first second' });
  });

  it('of ChatAgent frames', async () => {
    const seen = await streamed([
      { id: '1', delta: { role: 'assistant', content: 'a', id: 'm1' } },
      { id: '1', delta: { role: 'assistant', content: 'b', id: 'm1' }, finish_reason: 'stop' },
    ]);
    expect(seen).toMatchObject({ text: 'ab', finishReason: 'stop' });
  });

  it('of ChatAgent frames: whole tool calls of several messages stay apart, and the output of a tool is not the answer', async () => {
    const tool = (id: string, name: string) => ({
      delta: { role: 'assistant', content: '', tool_calls: [{ id, function: { name, arguments: '{}' } }] },
    });
    const seen = await streamed([
      tool('call_1', 'find'),
      { delta: { role: 'tool', content: '{"rows":3}', tool_call_id: 'call_1' } },
      tool('call_2', 'sum'),
      { delta: { role: 'assistant', content: 'Three.' }, finish_reason: 'stop' },
    ]);
    expect(seen.text).toBe('Three.');
    expect(seen.toolCalls.map(({ name }) => name)).toEqual(['find', 'sum']);
  });
});

it('an endpoint that ignores `stream` still answers', async () => {
  service.answer((_request, response) =>
    json(response, 200, { choices: [{ message: { content: 'whole' }, finish_reason: 'stop' }] }),
  );
  const seen = await stream(http(), 'chat', {}, { timeoutMs: 5_000, onText: () => {}, now: () => 0 });
  expect(joinAnswer(seen.whole?.body)).toMatchObject({ text: 'whole', finishReason: 'stop', incomplete: undefined });
});

describe('a whole answer', () => {
  it.each<[string, Record<string, unknown>, Partial<ModelAnswer>]>([
    [
      'chat',
      {
        model: 'm',
        choices: [
          {
            message: { content: 'hi', tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{}' } }] },
            finish_reason: 'stop',
          },
        ],
        usage: { total_tokens: 4 },
      },
      { text: 'hi', model: 'm', finishReason: 'stop', usage: { total_tokens: 4 } },
    ],
    ['completion', { choices: [{ text: 'hi', finish_reason: 'length' }] }, { text: 'hi', finishReason: 'length' }],
    [
      'Responses agent',
      { object: 'response', output: [{ type: 'message', content: [{ type: 'output_text', text: 'hi' }] }] },
      { text: 'hi' },
    ],
    [
      'ChatAgent',
      {
        messages: [
          { role: 'assistant', content: '', tool_calls: [{ id: '1', function: { name: 'f', arguments: '{}' } }] },
          { role: 'tool', content: 'raw rows', tool_call_id: '1' },
          { role: 'assistant', content: 'hi' },
        ],
      },
      { text: 'hi' },
    ],
  ])('of a %s', (_family, body, expected) => {
    expect(joinAnswer(body)).toMatchObject(expected);
  });

  it('of a ChatAgent keeps its tool calls apart', () => {
    const calls = ['find', 'sum'].map((name, at) => ({
      role: 'assistant',
      content: '',
      tool_calls: [{ id: `c${at}`, function: { name, arguments: `{"n":${at}}` } }],
    }));
    expect(joinAnswer({ messages: calls })?.toolCalls).toMatchObject([
      { name: 'find', arguments: '{"n":0}' },
      { name: 'sum', arguments: '{"n":1}' },
    ]);
  });

  it('of another family is left to the caller', () => {
    expect(joinAnswer({ predictions: [1] })).toBeUndefined();
  });

  it('names the served entity, and is the text itself when it is not JSON', async () => {
    service.answer((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/plain', 'served-model-name': 'm-1' }).end('plain'),
    );
    expect(await invoke(http(), 'e', {}, { timeoutMs: 5_000 })).toMatchObject({
      body: 'plain',
      origin: { servedBy: 'm-1' },
    });
  });
});

describe('the own URL of a route-optimized endpoint', () => {
  const at = (endpoint_url: string): Endpoint => ({
    name: 'e',
    state: {},
    data_plane_info: { query_info: { endpoint_url, authorization_details: '[]' } },
  });
  const exchange = () =>
    service.answer((_request, response) => json(response, 200, { access_token: 'fake-narrowed-token' }));

  it.each([
    ['https://1.serving.example/path/e/invocations', 'https://1.serving.example'],
    ['http://localhost:8080/path/e/invocations', 'http://localhost:8080'],
    ['http://127.0.0.1:1/path/e/invocations', 'http://127.0.0.1:1'],
    ['http://[::1]:1/path/e/invocations', 'http://[::1]:1'],
  ])('%s is taken, with a token narrowed to it', async (url, origin) => {
    exchange();
    const bearer = 'fake-narrowed-token';
    expect(await direct(http(), at(url))).toEqual({ origin, path: '/path/e/invocations', bearer });
    expect(new URLSearchParams(service.received[0]?.body).get('assertion')).toBe('fake-token-1');
  });

  it('is taken with the new token, when the old one was refused at the exchange', async () => {
    service.answer((_request, response, index) =>
      json(response, index === 0 ? 401 : 200, index === 0 ? {} : { access_token: 'fake-narrowed-token' }),
    );
    const tried = tryHttp(service.origin, { canRefresh: true });
    opened.push(tried.http);
    await direct(tried.http, at('https://1.serving.example/e'));
    const assertions = service.received.map(({ body }) => new URLSearchParams(body).get('assertion'));
    expect(assertions).toEqual(['fake-token-1', 'fake-token-2']);
  });

  it.each([
    ['http://1.serving.example/e', 'in clear'],
    ['http://localhost.evil.example/e', 'in clear'],
    ['http://127.evil.example/e', 'in clear'],
    ['http://127.0.0.1.evil.example/e', 'in clear'],
    ['ftp://127.0.0.1/e', 'no HTTP'],
    ['not a URL', 'no URL'],
    ['', 'no URL'],
  ])('%j is not (%s), and no token is asked for', async (url) => {
    exchange();
    expect(await direct(http(), at(url))).toBeUndefined();
    expect(service.received).toEqual([]);
  });
});

it('one entity is asked past the traffic split, both names encoded', async () => {
  service.answer((_request, response) => json(response, 200, {}));
  await invoke(http(), 'a/b', {}, { entity: 'c?d', timeoutMs: 5_000 });
  expect(service.received[0]?.url).toBe('/serving-endpoints/a%2Fb/served-models/c%3Fd/invocations');
});

it.each<[unknown, Content]>([
  ['plain', { text: 'plain', reasoning: '' }],
  [undefined, { text: '', reasoning: '' }],
  [null, { text: '', reasoning: '' }],
  [[{ type: 'text', text: 'a' }, 'odd', null], { text: 'a', reasoning: '', parts: ['odd'] }],
  [[{ type: 'reasoning', summary: [{ text: 'r' }, { data: 'encrypted' }] }], { text: '', reasoning: 'r' }],
])('content %j', (content, expected) => {
  expect(readContent(content)).toEqual(expected);
});

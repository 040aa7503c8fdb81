import { describe, expect, it } from 'vitest';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { useHarness } from '../support/use-harness.ts';
import { bodies, CHURN, churnEntity, endpoint, OTHER, seed, version } from '../support/workspace.ts';

const served = (model: string) => [
  { entity_name: model, entity_version: '1', workload_size: 'Small', scale_to_zero_enabled: false },
];
const spec = (name: string, fields: Record<string, unknown>) => ({
  full_name: `ml.prod.${name}`,
  owner: 'admin@example.com',
  versions: [version(1, { spec: fields })],
});
const MODELS = [
  CHURN,
  OTHER,
  spec('chat', { kind: 'chat', model: 'sandbox-chat', profile: 'llama' }),
  spec('completion', { kind: 'completion' }),
  spec('vectors', { kind: 'embedding', dimensions: 8 }),
  spec('responses', { kind: 'agent', protocol: 'responses' }),
  spec('agent', { kind: 'agent', protocol: 'chat' }),
];

const begin = useHarness((options: HarnessOptions = {}, endpoints: unknown[] = []) => {
  const all = [
    endpoint('churn', [churnEntity('1')]),
    ...['chat', 'completion', 'vectors', 'responses', 'agent'].map((name) => endpoint(name, served(`ml.prod.${name}`))),
    ...endpoints,
  ];
  return { ...options, seed: seed(all, { models: MODELS }) };
});

const path = (name: string) => `/serving-endpoints/${name}/invocations`;
const HELLO = [{ role: 'user', content: 'hello there' }];

describe('a classical model', () => {
  it.each<[string, Record<string, unknown>]>([
    ['dataframe_records', { dataframe_records: [{ x: 1 }, { x: 2 }] }],
    ['dataframe_split', { dataframe_split: { columns: ['x'], data: [[1], [2]] } }],
    ['inputs', { inputs: { x: [1, 2] } }],
    ['instances', { instances: [{ x: 1 }, { x: 2 }] }],
  ])('sends %s unchanged', async (_form, input) => {
    const h = await begin();
    const { data, isError } = await h.call('query_endpoint', { endpoint: 'churn', ...input });
    expect(isError).toBe(false);
    expect(data).toMatchObject({ predictions: [3, 5], rows: 2, served_by: 'churn-1' });
    expect(bodies(h, 'POST', path('churn'))).toEqual([input]);
  });

  it('gets its params next to the input, including explicit false and 0', async () => {
    const h = await begin();
    const params = { threshold: 0, explain: false };
    await h.call('query_endpoint', { endpoint: 'churn', instances: [{ x: 1 }], params });
    expect(bodies(h, 'POST', path('churn'))).toEqual([{ instances: [{ x: 1 }], params }]);
  });

  it('is asked past the traffic split when an entity is named', async () => {
    const entities = [churnEntity('1', { name: 'a' }), churnEntity('2', { name: 'b' })];
    const h = await begin({}, [endpoint('split', entities, [100, 0])]);
    const { data } = await h.call('query_endpoint', { endpoint: 'split', entity: 'b', instances: [{ x: 1 }] });
    expect(data).toMatchObject({ predictions: [4], served_by: 'b' });
    expect(bodies(h, 'POST', '/serving-endpoints/split/served-models/b/invocations')).toHaveLength(1);
  });

  it('of many rows is answered with as many as fit, and how many are missing', async () => {
    const h = await begin();
    const instances = Array.from({ length: 20_000 }, (_, at) => ({ x: at }));
    const { data, text } = await h.call('query_endpoint', { endpoint: 'churn', instances });
    expect(text.length / 4).toBeLessThan(8_000);
    expect(data.predictions.length + data.omitted_rows).toBe(20_000);
    expect(data.predictions[1]).toBe(3);
  });
});

describe('a text model', () => {
  it('gets messages and answers with text, usage and who served', async () => {
    const h = await begin();
    const { data } = await h.call('query_endpoint', {
      endpoint: 'chat',
      messages: HELLO,
      max_tokens: 50,
      temperature: 0,
    });
    expect(data).toMatchObject({
      text: expect.stringContaining('You wrote: hello there'),
      finish_reason: 'stop',
      served_by: 'chat-1',
      usage: { total_tokens: expect.any(Number) },
    });
    expect(bodies(h, 'POST', path('chat'))).toEqual([{ messages: HELLO, max_tokens: 50, temperature: 0 }]);
  });

  it.each<[string, string, Record<string, unknown>]>([
    ['completion', 'a prompt', { prompt: 'hello there', max_tokens: 9 }],
    ['responses', 'an input', { input: HELLO, max_output_tokens: 9 }],
    ['agent', 'messages', { messages: HELLO, max_tokens: 9 }],
  ])('of the %s kind gets %s', async (name, _what, body) => {
    const h = await begin();
    const { data, isError } = await h.call('query_endpoint', { endpoint: name, messages: HELLO, max_tokens: 9 });
    expect(bodies(h, 'POST', path(name))).toEqual([body]);
    expect(isError).toBe(false);
    expect(data.text).not.toBe('');
  });

  it('streams: text joined, partial text as progress, one request', async () => {
    const h = await begin();
    const messages: string[] = [];
    const { data } = await h.call(
      'query_endpoint',
      { endpoint: 'chat', messages: HELLO, stream: true },
      { onprogress: ({ message }) => void messages.push(String(message)) },
    );
    expect(data).toMatchObject({
      text: expect.stringContaining('You wrote: hello there'),
      finish_reason: 'stop',
      model: 'sandbox-chat',
      served_by: 'chat-1',
      first_text_milliseconds: expect.any(Number),
      usage: { completion_tokens: expect.any(Number) },
    });
    expect(data.incomplete).toBeUndefined();
    expect(messages.length).toBeGreaterThan(0);
    expect(data.text.startsWith(messages[0])).toBe(true);
    expect(bodies(h, 'POST', path('chat'))).toEqual([{ messages: HELLO, stream: true }]);
  });

  it.each([
    ['responses', { input: HELLO, stream: true }],
    ['agent', { messages: HELLO, stream: true }],
  ])('streams the %s kind too', async (name, body) => {
    const h = await begin();
    const { data } = await h.call('query_endpoint', { endpoint: name, messages: HELLO, stream: true });
    expect(data.text).not.toBe('');
    expect(data.incomplete).toBeUndefined();
    expect(bodies(h, 'POST', path(name))).toEqual([body]);
  });

  it('no half of a secret leaves as progress', async () => {
    const h = await begin();
    const token = `dapi${'abcd4567'.repeat(4)}`;
    const pieces = [`${'x '.repeat(50)}${token} ${'y '.repeat(190)}`, token.slice(0, 15)];
    const events = pieces.map((content) => ({ choices: [{ index: 0, delta: { content } }] }));
    const body = `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`;
    const effect = { status: 200, headers: { 'content-type': 'text/event-stream' }, body };
    h.sandbox.faults.add({ match: { path: path('chat') }, effect });
    const messages: string[] = [];
    const { data } = await h.call(
      'query_endpoint',
      { endpoint: 'chat', messages: HELLO, stream: true },
      { onprogress: ({ message }) => void messages.push(String(message)) },
    );
    expect(data.text).toContain('*** y y');
    expect(messages.join('\n')).toContain('*** y y');
    expect(messages.join('\n')).not.toMatch(/abcd4567|dapi/);
  });

  it('a stream that is cut gives what came, says so, and is not retried', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { path: path('chat') }, effect: { sse_cut_after: 3 } });
    const { data, isError } = await h.call('query_endpoint', { endpoint: 'chat', messages: HELLO, stream: true });
    expect(isError).toBe(false);
    expect(data.text).toBe('This is the');
    expect(data.incomplete).toMatch(/lost/);
    expect(data.next).toContain('not retried');
    expect(bodies(h, 'POST', path('chat'))).toHaveLength(1);
  });

  it('a stream that ends with an error is an error, keeps what came, and is not retried', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { path: path('chat') }, effect: { sse_error_after: 3 } });
    const { data, isError } = await h.call('query_endpoint', { endpoint: 'chat', messages: HELLO, stream: true });
    expect(isError).toBe(true);
    expect(data.partial_answer.text).toBe('This is the');
    expect(data.error).toMatchObject({ code: 'INTERNAL_ERROR', retryable: false });
    expect(data.error.message).toContain('The model server closed the stream.');
    expect(bodies(h, 'POST', path('chat'))).toHaveLength(1);
  });
});

describe('an inference is sent once', () => {
  it.each<[string, Parameters<Harness['sandbox']['faults']['add']>[0]['effect']]>([
    ['its answer is lost', { lost_reply: true }],
    ['the connection is cut before it', { cut: 'before' }],
    ['the answer is cut in the middle', { cut: 'body' }],
  ])('when %s', async (_what, effect) => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'POST', path: path('churn') }, effect });
    const { data, isError } = await h.call('query_endpoint', { endpoint: 'churn', instances: [{ x: 1 }] });
    expect(bodies(h, 'POST', path('churn'))).toHaveLength(1);
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ code: 'connection', retryable: false });
    expect(data.error.next).toContain('not sent again');
  });

  it('when it times out', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'POST', path: path('churn') }, effect: { delay_ms: 4_000 } });
    const { data, isError } = await h.call('query_endpoint', {
      endpoint: 'churn',
      instances: [{ x: 1 }],
      timeout_seconds: 1,
    });
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({
      code: 'timeout',
      retryable: false,
      message: expect.stringContaining('within 1 s'),
    });
    expect(bodies(h, 'POST', path('churn'))).toHaveLength(1);
  });

  it.each([500, 502, 504, 520, 529, 408, 499])('when the service fails with %i', async (status) => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'POST', path: path('churn') }, effect: { status, body: {} } });
    await h.call('query_endpoint', { endpoint: 'churn', instances: [{ x: 1 }] });
    expect(bodies(h, 'POST', path('churn'))).toHaveLength(1);
  });

  it('but again when it was refused unread: 503, then 429 with a short pause', async () => {
    const h = await begin();
    const match = { method: 'POST', path: path('churn') };
    h.sandbox.faults.add({ match, times: 1, effect: { status: 503, body: {} } });
    h.sandbox.faults.add({
      match,
      skip: 1,
      times: 1,
      effect: { status: 429, body: {}, headers: { 'retry-after': '3' } },
    });
    const { data } = await h.call('query_endpoint', { endpoint: 'churn', instances: [{ x: 1 }] });
    expect(data.predictions).toEqual([3]);
    expect(bodies(h, 'POST', path('churn'))).toHaveLength(3);
  });

  it('and after its token expired, once more with a word about it', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'POST', path: path('churn') }, effect: { expired_token: 403 } });
    const { data } = await h.call('query_endpoint', { endpoint: 'churn', instances: [{ x: 1 }] });
    expect(data.error.next).toContain('databricks auth login');
    expect(bodies(h, 'POST', path('churn'))).toHaveLength(1);
  });
});

describe('bad input', () => {
  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ['no input', {}, 'one_input_form', /exactly one of/],
    ['two inputs', { instances: [1], inputs: [1] }, 'one_input_form', /not inputs and instances/],
    ['no rows', { dataframe_records: [] }, 'invalid_arguments', /dataframe_records/],
    ['rows that are not objects', { dataframe_records: [1] }, 'invalid_arguments', /dataframe_records/],
    ['messages without a role', { messages: [{ content: 'x' }] }, 'invalid_arguments', /messages\.0/],
    ['an unknown role', { messages: [{ role: 'root', content: 'x' }] }, 'invalid_arguments', /messages\.0/],
    ['a temperature of 3', { messages: HELLO, temperature: 3 }, 'invalid_arguments', /temperature/],
    ['no tokens', { messages: HELLO, max_tokens: 0 }, 'invalid_arguments', /max_tokens/],
    ['a timeout of an hour', { messages: HELLO, timeout_seconds: 3600 }, 'invalid_arguments', /timeout_seconds/],
    [
      'an unknown argument',
      { message: HELLO },
      'invalid_arguments',
      /unknown argument "message": did you mean "messages"/,
    ],
    ...[
      ['input', '"messages" or "texts"'],
      ['prompt', '"messages" or "texts"'],
      ['rows', '"dataframe_records"'],
      ['tools', '"extra"'],
      ['model', '"endpoint"'],
    ].map(([word = '', meant = '']): [string, Record<string, unknown>, string, RegExp] => [
      `${word}, as others call it,`,
      { [word]: ['x'] },
      'invalid_arguments',
      new RegExp(`unknown argument "${word}": did you mean ${meant}\\?`),
    ]),
    ['rows that do not fit the schema', { dataframe_records: [{ y: 1 }] }, 'schema_mismatch', /column "x".*missing/],
  ])('%s is refused before anything is paid for', async (_what, args, code, message) => {
    const h = await begin();
    const { data, isError } = await h.call('query_endpoint', { endpoint: 'churn', ...args });
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(bodies(h, 'POST', /./)).toEqual([]);
  });

  it.each([
    ['chat', { dataframe_records: [{ x: 1 }] }, /takes messages, not dataframe_records/],
    ['chat', { texts: ['a'] }, /takes messages, not texts/],
    ['vectors', { messages: HELLO }, /takes texts, not messages/],
    ['responses', { instances: [1] }, /takes messages, not instances/],
  ])('the wrong form for %s is refused with the right one', async (name, args, message) => {
    const h = await begin();
    const { data } = await h.call('query_endpoint', { endpoint: name, ...args });
    expect(data.error).toMatchObject({ code: 'wrong_input_form', message: expect.stringMatching(message) });
    expect(bodies(h, 'POST', /./)).toEqual([]);
  });

  it.each([
    ['churn', { instances: ['x'.repeat(16 * 1024 * 1024)] }, '16 MB'],
    ['chat', { messages: [{ role: 'user', content: 'é'.repeat(2 * 1024 * 1024) }] }, '4 MB'],
  ])('a payload over the limit of %s is not sent', async (name, args, limit) => {
    const h = await begin();
    const { data } = await h.call('query_endpoint', { endpoint: name, ...args });
    expect(data.error).toMatchObject({ code: 'payload_too_large', message: expect.stringContaining(limit) });
    expect(bodies(h, 'POST', /./)).toEqual([]);
  });

  it('an endpoint that does not exist', async () => {
    const h = await begin();
    const { data } = await h.call('query_endpoint', { endpoint: 'nope', messages: HELLO });
    expect(data.error).toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
      next: expect.stringContaining('list_endpoints'),
    });
  });

  it('a refusal by the model comes with its message', async () => {
    const h = await begin();
    const { data } = await h.call('query_endpoint', { endpoint: 'churn', inputs: { y: [1] } });
    expect(data.error).toMatchObject({ retryable: false, next: expect.stringContaining('input form') });
    expect(data.error.message).toMatch(/schema/);
  });
});

it('a caller who may query but not view sends the chosen form', async () => {
  const h = await begin();
  h.sandbox.faults.add({
    match: { method: 'GET', path: '/api/2.0/serving-endpoints/chat' },
    effect: { status: 403, body: { error_code: 'PERMISSION_DENIED', message: "User does not have permission 'View'" } },
  });
  const { data, isError } = await h.call('query_endpoint', { endpoint: 'chat', messages: HELLO });
  expect(isError).toBe(false);
  expect(data.text).toContain('hello there');
});

it('a reached limit is reported with the pause that the answer names, and not retried at once', async () => {
  const h = await begin();
  const body = { error_code: 'REQUEST_LIMIT_EXCEEDED', message: 'REQUEST_LIMIT_EXCEEDED: too many requests' };
  h.sandbox.faults.add({
    match: { method: 'POST' },
    times: 1,
    effect: { status: 429, body, headers: { 'retry-after': '60' } },
  });
  const { data, isError } = await h.call('query_endpoint', { endpoint: 'chat', messages: HELLO });
  expect(isError).toBe(true);
  expect(data.error).toMatchObject({ code: 'REQUEST_LIMIT_EXCEEDED', retryable: true, retry_after_seconds: 60 });
  expect(data.error.next).toContain('Wait 60 s');
  expect(bodies(h, 'POST', path('chat'))).toHaveLength(1);
  expect((await h.call('query_endpoint', { endpoint: 'chat', messages: HELLO })).isError).toBe(false);
});

it('a reached limit whose answer names no pause is retried briefly, then reported', async () => {
  const gateway = { rate_limits: [{ calls: 1, key: 'endpoint', renewal_period: 'minute' }] };
  const h = await begin({}, [endpoint('tight', served('ml.prod.chat'), [], { ai_gateway: gateway })]);
  await h.call('query_endpoint', { endpoint: 'tight', messages: HELLO });
  const { data } = await h.call('query_endpoint', { endpoint: 'tight', messages: HELLO });
  expect(data.error).toMatchObject({ code: 'REQUEST_LIMIT_EXCEEDED', retryable: true });
  h.sandbox.clock.advance(61_000);
  expect((await h.call('query_endpoint', { endpoint: 'tight', messages: HELLO })).isError).toBe(false);
});

it('the text of a model is data: no escapes, no hidden characters, no secrets', async () => {
  const h = await begin();
  const content = `\u001b[31mIg\u200bnore this\u202e dapi${'0'.repeat(32)}`;
  const { data, text } = await h.call('query_endpoint', { endpoint: 'chat', messages: [{ role: 'user', content }] });
  expect(data.text).toContain('Ignore this ***');
  expect(text).not.toMatch(/\\u001b|\u200b|\u202e|dapi0/);
});

/** Answers that the sandbox never gives, each through the protocol: what a model said is shown, and what is no answer is no success. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Harness, start } from '../support/harness.ts';
import { CHURN, churnEntity, endpoint, seed } from '../support/workspace.ts';

const HELLO = [{ role: 'user', content: 'hello' }];
const JSON_TYPE = { 'content-type': 'application/json' };
const SSE = { 'content-type': 'text/event-stream' };
const MODELS = [
  CHURN,
  {
    full_name: 'ml.prod.agent',
    versions: [{ version: 1, status: 'READY', spec: { kind: 'agent', protocol: 'responses' } }],
  },
  { full_name: 'ml.prod.chat', versions: [{ version: 1, status: 'READY', spec: { kind: 'chat', model: 'm' } }] },
  {
    full_name: 'ml.prod.vectors',
    versions: [{ version: 1, status: 'READY', spec: { kind: 'embedding', dimensions: 4 } }],
  },
];

type Kind = 'agent' | 'chat' | 'vectors' | 'churn';

const ASKS: Record<Kind, Record<string, unknown>> = {
  agent: { messages: HELLO },
  chat: { messages: HELLO },
  vectors: { texts: ['a', 'b'] },
  churn: { instances: [{ x: 1 }] },
};

const entity = (kind: Kind) => ({ entity_name: `ml.prod.${kind}`, entity_version: '1', scale_to_zero_enabled: false });

/** One server for all tests: each of them only replaces the next answer. */
let h: Harness;
beforeAll(async () => {
  const endpoints = (['agent', 'chat', 'vectors'] as const).map((kind) => endpoint(kind, [entity(kind)]));
  h = await start({ seed: seed([endpoint('churn', [churnEntity('1')]), ...endpoints], { models: MODELS }) });
});
afterAll(() => h.close());

/** Asks an endpoint whose model answers with this body. */
async function answered(
  kind: Kind,
  body: unknown,
  headers: Record<string, string> = JSON_TYPE,
  args: Record<string, unknown> = {},
): Promise<Answer> {
  h.sandbox.faults.clear();
  const raw = typeof body === 'string' ? body : JSON.stringify(body);
  h.sandbox.faults.add({
    match: { path: `/serving-endpoints/${kind}/invocations` },
    effect: { status: 200, headers, body: raw },
  });
  h.sent();
  const answer = await h.call('query_endpoint', { endpoint: kind, ...ASKS[kind], ...args });
  expect(h.sent().filter((line) => line.startsWith('POST'))).toHaveLength(1);
  return answer;
}

const frames = (...events: (unknown | string)[]) =>
  events.map((event) => (typeof event === 'string' ? event : `data: ${JSON.stringify(event)}\n\n`)).join('');
const DONE = 'data: [DONE]\n\n';
const delta = (content: string, finish: string | null = null) => ({
  choices: [{ index: 0, delta: { content }, finish_reason: finish }],
});
const streamed = (kind: Kind, ...events: (unknown | string)[]) =>
  answered(kind, frames(...events), SSE, { stream: true });

describe('embeddings that do not fit together', () => {
  const data = (...vectors: number[][]) => ({ data: vectors.map((embedding, index) => ({ index, embedding })) });

  it.each<[string, unknown, RegExp | undefined]>([
    ['fewer vectors than texts', data([1, 0]), /2 texts were sent, and 1 vectors came back/],
    ['more vectors than texts', data([1], [1], [1]), /2 texts were sent, and 3 vectors came back/],
    ['different dimensions', data([1, 0], [1]), /different dimensions/],
    ['a vector without values', data([1], []), /has no values/],
    ['one for each text', data([1, 0], [0, 1]), undefined],
  ])('say so: %s', async (_what, body, mismatch) => {
    const { data: seen } = await answered('vectors', body);
    if (mismatch) expect(seen.mismatch).toMatch(mismatch);
    else expect(seen.mismatch).toBeUndefined();
  });

  it('a vector of zeros has no cosine, and the legend explains the null', async () => {
    const { data: seen } = await answered('vectors', data([0, 0], [0, 1]));
    expect(seen.similarity).toEqual([{ rows: [0, 1], cosine: null }]);
    expect(seen.legend).toMatch(/null: not comparable/);
  });
});

describe('a failure inside a 200 is an error with its code and words', () => {
  it.each<[string, Kind, unknown, string, RegExp]>([
    [
      'a failed response',
      'agent',
      { object: 'response', status: 'failed', error: { code: 'rate_limit', message: 'the tool is busy' }, output: [] },
      'rate_limit',
      /the tool is busy/,
    ],
    [
      'a failed response without a reason',
      'agent',
      { object: 'response', status: 'failed', output: [] },
      'model_failed',
      /no reason/,
    ],
    [
      'the error of an OpenAI-like server',
      'chat',
      { error: { message: 'out of memory', type: 'server_error' } },
      'server_error',
      /out of memory/,
    ],
    [
      'the error of the service',
      'churn',
      { error_code: 'INTERNAL_ERROR', message: 'broken' },
      'INTERNAL_ERROR',
      /broken/,
    ],
    ['an error as text', 'churn', { error: 'no such table' }, 'model_failed', /^the model ran.*: no such table$/],
    [
      'an error in a choice',
      'chat',
      { choices: [{ finish_reason: 'error', error: { message: 'upstream', code: 'x_1' } }] },
      'x_1',
      /upstream/,
    ],
  ])('%s', async (_what, kind, body, code, words) => {
    const { data, isError } = await answered(kind, body);
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ code, message: expect.stringMatching(words), retryable: false });
  });

  it('words of a known cause get its advice, although only the model can have said them', async () => {
    const { data } = await answered('churn', { error: 'CUDA out of memory. Tried to allocate 2 GiB' });
    expect(data.error).toMatchObject({
      code: 'model_failed',
      next: expect.stringMatching(/not repeated.*smaller batches/),
    });
  });

  it.each([
    { result: 4, error_code: 0 },
    { result: 4, error_code: 'OK', error: false },
    { result: 4, error: {} },
  ])('but %j reports none', async (body) => {
    const { data, isError } = await answered('churn', body);
    expect(isError).toBe(false);
    expect(data.answer).toEqual(body);
  });

  it('fields next to the error are shown', async () => {
    const { data } = await answered('churn', { error: 'half done', rows: [1, 2] });
    expect(data).toMatchObject({
      error: { message: expect.stringContaining('half done') },
      other_fields: { rows: [1, 2] },
    });
  });

  it('an error next to a result is part of the answer', async () => {
    const { data, isError } = await answered('churn', { predictions: [1], error: 'row 2 was skipped' });
    expect(isError).toBe(false);
    expect(data).toMatchObject({ predictions: [1], other_fields: { error: 'row 2 was skipped' } });
  });

  it('a failed response keeps the part that was written', async () => {
    const output = [{ type: 'message', content: [{ type: 'output_text', text: 'half a' }] }];
    const { data } = await answered('agent', {
      object: 'response',
      status: 'failed',
      error: { message: 'boom' },
      output,
    });
    expect(data).toMatchObject({
      error: { message: expect.stringContaining('boom') },
      partial_answer: { text: 'half a' },
    });
  });
});

describe('a stream', () => {
  it.each<[string, Kind, unknown, string, RegExp]>([
    [
      'an object in error',
      'chat',
      { error: { message: 'out of tokens', type: 'rate_limit_exceeded' } },
      'rate_limit_exceeded',
      /out of tokens/,
    ],
    ['a text in error', 'chat', { error: 'out of tokens' }, 'model_failed', /^the model ran.*: out of tokens$/],
    [
      'error_code and message',
      'chat',
      { error_code: 'INTERNAL_ERROR', message: 'out of tokens' },
      'INTERNAL_ERROR',
      /out of tokens/,
    ],
    ['a number in error_code', 'chat', { error_code: 403, message: 'no way' }, 'PERMISSION_DENIED', /no way/],
    ['an event named error', 'chat', 'event: error\ndata: {"reason":"no way"}\n\n', 'model_failed', /no way/],
    [
      'an error event without a code',
      'agent',
      { type: 'error', message: 'no way' },
      'model_failed',
      /^the model ran.*no way$/,
    ],
    [
      'a traceback',
      'chat',
      'data: Traceback (most recent call last):\ndata:   File "/m.py", line 3, in f\ndata: ValueError: no way\n\n',
      'model_failed',
      /^the model ran.*: ValueError: no way$/,
    ],
    [
      'the page of a proxy',
      'chat',
      '<html><h1>504 Gateway Time-out</h1></html>',
      'DEADLINE_EXCEEDED',
      /504 Gateway Time-out \(504/,
    ],
    [
      'the code of OpenAI',
      'chat',
      { error: { message: 'Rate limit reached', type: 'tokens', code: 'rate_limit_exceeded' } },
      'rate_limit_exceeded',
      /Rate limit reached/,
    ],
    ['an event named error, without JSON', 'chat', 'event: error\ndata: no way\n\n', 'INTERNAL_ERROR', /no way/],
    ['an error event', 'agent', { type: 'error', code: 'server_error', message: 'no way' }, 'INTERNAL_ERROR', /no way/],
    [
      'a failed response',
      'agent',
      { type: 'response.failed', response: { error: { code: 'bad', message: 'no way' } } },
      'bad',
      /no way/,
    ],
    ['words without JSON', 'chat', 'data: upstream request timeout\n\n', 'INTERNAL_ERROR', /upstream request timeout/],
    [
      'a frame of broken JSON',
      'chat',
      'data: {"choices":[{"delta":{"content":oops}}]}\n\n',
      'unreadable_answer',
      /^the model answered, and this could not be read: \{"choices"/,
    ],
    ['words outside of events', 'chat', 'upstream connect error\n', 'INTERNAL_ERROR', /upstream connect error/],
  ])('that ends with %s is an error, and keeps its text', async (_what, kind, frame, code, words) => {
    const first = kind === 'agent' ? { type: 'response.output_text.delta', delta: 'half' } : delta('half');
    const { data, isError } = await streamed(kind, first, frame);
    expect(isError).toBe(true);
    // A limit passes, so the same call may succeed later.
    const retryable = code === 'rate_limit_exceeded';
    expect(data.error).toMatchObject({ code, message: expect.stringMatching(words), retryable });
    expect(data.partial_answer).toMatchObject({ text: 'half' });
  });

  it.each<[string, unknown[], Record<string, unknown>]>([
    [
      'Anthropic',
      [
        { type: 'message_start', message: { id: 'm', role: 'assistant', content: [], model: 'claude-x' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
        { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'who' } },
        { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'le' } },
        {
          type: 'content_block_start',
          index: 2,
          content_block: { type: 'tool_use', id: 't1', name: 'find', input: {} },
        },
        { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"a":' } },
        { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '1}' } },
        { type: 'content_block_stop', index: 2 },
        { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 3 } },
        { type: 'message_stop' },
      ],
      {
        text: 'whole',
        reasoning: 'hm',
        tool_calls: [{ id: 't1', name: 'find', arguments: '{"a":1}' }],
        finish_reason: 'tool_use',
        usage: { output_tokens: 3 },
        model: 'claude-x',
      },
    ],
    [
      'Google',
      [
        { candidates: [{ content: { parts: [{ text: 'who' }], role: 'model' } }], modelVersion: 'gemini-x' },
        {
          candidates: [
            {
              content: { parts: [{ text: 'le' }, { functionCall: { name: 'find', args: { a: 1 } } }] },
              finishReason: 'STOP',
              safetyRatings: [{ category: 'x' }],
            },
          ],
        },
      ],
      {
        text: 'whole',
        tool_calls: [{ name: 'find', arguments: '{"a":1}' }],
        finish_reason: 'STOP',
        other_fields: { safetyRatings: [{ category: 'x' }] },
        model: 'gemini-x',
      },
    ],
    [
      'Google, blocked',
      [{ promptFeedback: { blockReason: 'SAFETY' } }, DONE],
      { other_fields: { promptFeedback: { blockReason: 'SAFETY' } } },
    ],
    ['plain text', ['data: who\n\n', 'data: le\n\n', DONE], { text: 'whole' }],
    ['JSON texts', ['data: "who"\n\n', 'data: "le"\n\n', DONE], { text: 'whole' }],
  ])('in the form of %s is read', async (_what, events, seen) => {
    const { data, isError } = await streamed('chat', ...events);
    expect(isError).toBe(false);
    expect(data).toMatchObject(seen);
    expect(data.incomplete).toBeUndefined();
  });

  it.each<[string, unknown[], Record<string, unknown>]>([
    ['its reasoning', [{ choices: [{ index: 0, delta: { reasoning_content: 'hm' } }] }], { reasoning: 'hm' }],
    ['fields of another form', [{ novel: { text: 'half' } }], { other_fields: { novel: { text: 'half' } } }],
  ])('that was cut after %s is no empty answer', async (_what, events, seen) => {
    const { data, isError } = await streamed('chat', ...events);
    expect(isError).toBe(false);
    expect(data).toMatchObject({ ...seen, incomplete: expect.stringContaining('end mark') });
  });

  it.each<[string, Kind, unknown[]]>([
    ['a chat without its end', 'chat', [delta('half')]],
    [
      'a choice without its end, although another one ended',
      'chat',
      [delta('half', 'stop'), { choices: [{ index: 1, delta: { content: 'b' } }] }],
    ],
    [
      'a response without its end',
      'agent',
      [
        { type: 'response.created', response: {} },
        {
          type: 'response.output_item.done',
          item: { type: 'message', content: [{ type: 'output_text', text: 'half' }] },
        },
      ],
    ],
    ['a frame that was cut', 'chat', [delta('half'), 'data: {"choices":[{"del']],
  ])('that ends with %s is said to be cut off', async (_what, kind, events) => {
    const { data, isError } = await streamed(kind, ...events);
    expect(isError).toBe(false);
    expect(data).toMatchObject({
      text: 'half',
      incomplete: expect.stringContaining('end mark'),
      next: expect.stringContaining('cut off'),
    });
  });

  it.each<[string, unknown[]]>([
    ['its end mark without a blank line', [delta('whole'), 'data: [DONE]']],
    ['a finish reason alone', [delta('whole', 'stop')]],
    [
      'words that only keep it alive',
      [': ping\n\n', 'data: ping\n\n', 'event: ping\ndata: {}\n\n', delta('whole', 'stop'), DONE],
    ],
  ])('with %s is whole', async (_what, events) => {
    const { data, isError } = await streamed('chat', ...events);
    expect(isError).toBe(false);
    expect(data.text).toBe('whole');
    expect(data.incomplete).toBeUndefined();
  });

  it('with several choices keeps them apart, and takes the last usage and the id of the last frame', async () => {
    const { data } = await streamed(
      'chat',
      { choices: [{ index: 0, delta: { content: 'a' } }], usage: { total_tokens: 1 } },
      { choices: [{ index: 1, delta: { content: 'x' } }], usage: { total_tokens: 2 } },
      { choices: [{ index: 0, delta: { content: 'b' }, finish_reason: 'stop' }] },
      { choices: [{ index: 1, delta: { content: 'y' }, finish_reason: 'length' }], usage: { total_tokens: 4 } },
      { databricks_output: { databricks_request_id: 'req-9' } },
      DONE,
    );
    expect(data).toMatchObject({
      text: 'ab',
      finish_reason: 'stop',
      other_choices: [{ index: 1, text: 'xy', finish_reason: 'length' }],
      usage: { total_tokens: 4 },
      databricks_request_id: 'req-9',
    });
  });

  it.each<[string, unknown[]]>([
    ['nothing at all', ['']],
    ['comments only', [': ping\n\n']],
    ['its beginning only', [{ choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] }]],
  ])('with %s is an error, not an empty answer', async (_what, events) => {
    const { data, isError } = await answered('chat', frames(...events), SSE, { stream: true });
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ code: 'empty_answer', retryable: false });
  });

  it('that was not asked for is read as one', async () => {
    const { data } = await answered('chat', frames(delta('hel'), delta('lo', 'stop'), DONE), SSE);
    expect(data).toMatchObject({ text: 'hello', finish_reason: 'stop' });
  });

  it('of a model with frames of its own keeps them', async () => {
    const { data } = await streamed(
      'chat',
      'data: "to"\n\n',
      'data: "ken"\n\n',
      { chunk: 3 },
      { type: 'progress', step: 1 },
      DONE,
    );
    expect(data).toMatchObject({
      text: 'token',
      other_items: [{ type: 'progress', step: 1 }],
      other_fields: { chunk: 3 },
    });
  });

  it('of function calls in pieces joins them once, with the same id for all items', async () => {
    const item = (n: number, args: string) => ({
      type: 'function_call',
      id: 'fake',
      call_id: `c${n}`,
      name: `f${n}`,
      arguments: args,
    });
    const { data } = await streamed(
      'agent',
      { type: 'response.output_item.added', item: item(1, ''), output_index: 0 },
      { type: 'response.function_call_arguments.delta', item_id: 'fake', delta: '{"a":1}' },
      { type: 'response.output_item.done', item: item(1, '{"a":1}'), output_index: 0 },
      { type: 'response.output_item.done', item: item(2, '{"b":2}'), output_index: 1 },
      {
        type: 'response.completed',
        response: {
          status: 'completed',
          output: [
            item(1, '{"a":1}'),
            item(2, '{"b":2}'),
            { type: 'mcp_approval_request', id: 'ap', name: 'drop', arguments: '{}' },
          ],
        },
      },
      DONE,
    );
    expect(data.tool_calls).toEqual([
      { id: 'c1', name: 'f1', arguments: '{"a":1}' },
      { id: 'c2', name: 'f2', arguments: '{"b":2}' },
    ]);
    expect(data.approval_requests).toMatchObject([{ name: 'drop' }]);
  });
});

describe('a policy that blocks is no answer', () => {
  const blocked = {
    id: 'databricks-guardrail-block',
    created: 0,
    databricks_service_policy: { name: 'no-pii', action: 'deny', phase: 'input', reason: 'has a card number' },
    choices: [
      {
        index: 0,
        message: { content: "This request was blocked by the 'no-pii' service policy." },
        finish_reason: 'content_filter',
      },
    ],
  };

  it('as a whole answer', async () => {
    const { data, isError } = await answered('chat', blocked);
    expect(isError).toBe(true);
    expect(data).toMatchObject({
      error: { code: 'policy_block', next: expect.stringContaining('Do not reword'), retryable: false },
      policy: { name: 'no-pii', phase: 'input', reason: 'has a card number' },
    });
    expect(data.text).toBeUndefined();
    expect(data.partial_answer).toBeUndefined();
  });

  it('as the end of a stream, after some text', async () => {
    const { choices: _, ...block } = blocked;
    const { data, isError } = await streamed(
      'chat',
      delta('so far'),
      { ...block, choices: [{ delta: { content: 'This request was blocked' }, finish_reason: 'content_filter' }] },
      DONE,
    );
    expect(isError).toBe(true);
    expect(data).toMatchObject({ error: { code: 'policy_block' }, partial_answer: { text: 'so far' } });
  });

  it('but a model that writes the same words, and a policy that only logs, block nothing', async () => {
    const words = { choices: blocked.choices };
    expect((await answered('chat', words)).isError).toBe(false);
    const logged = { ...words, databricks_service_policy: { name: 'audit', action: 'log' } };
    expect((await answered('chat', logged)).isError).toBe(false);
  });

  it('and text that a guardrail masked is said to be masked', async () => {
    const masked = {
      choices: [{ message: { content: 'Write to <EMAIL_ADDRESS>' }, finish_reason: 'stop' }],
      output_guardrail: [{ flagged: false, pii_detection: true }],
    };
    const { data } = await answered('chat', masked);
    expect(data).toMatchObject({
      text: 'Write to <EMAIL_ADDRESS>',
      notes: [expect.stringContaining('masked personal data')],
    });
  });
});

describe('all that a model said is shown:', () => {
  const agent = (...output: unknown[]) => ({ object: 'response', status: 'completed', output });
  const message = (...content: unknown[]) => ({ type: 'message', role: 'assistant', content });
  const chat = (fields: Record<string, unknown>, choice: Record<string, unknown> = {}) => ({
    choices: [{ index: 0, message: { role: 'assistant', ...fields }, finish_reason: 'stop', ...choice }],
  });

  it.each<[string, Kind, unknown, Record<string, unknown>]>([
    [
      'a tool call that waits for approval',
      'agent',
      agent({ type: 'mcp_approval_request', id: 'ap1', name: 'delete_table', arguments: '{}', server_label: 'dbx' }),
      {
        approval_requests: [{ id: 'ap1', name: 'delete_table', arguments: '{}', server_label: 'dbx' }],
        notes: [expect.stringContaining('waits for an approval')],
      },
    ],
    [
      'an item of an unknown kind',
      'agent',
      agent({ type: 'weather_report', sky: 'grey' }),
      { other_items: [{ type: 'weather_report', sky: 'grey' }] },
    ],
    [
      'the result of a tool',
      'agent',
      agent(
        { type: 'function_call_output', call_id: 'c1', output: '4 °C' },
        message({ type: 'output_text', text: 'Cold.' }),
      ),
      { text: 'Cold.', tool_results: [{ id: 'c1', output: '4 °C' }] },
    ],
    ['custom outputs', 'agent', { ...agent(), custom_outputs: { ticket: 7 } }, { custom_outputs: { ticket: 7 } }],
    [
      'why a response is incomplete',
      'agent',
      { ...agent(), status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
      { incomplete: expect.stringContaining('max_output_tokens') },
    ],
    [
      'whole tool calls of several messages, also with the same index',
      'chat',
      {
        messages: ['f', 'g'].map((name) => ({
          role: 'assistant',
          content: '',
          tool_calls: [{ index: 0, id: name, function: { name, arguments: '{}' } }],
        })),
      },
      {
        tool_calls: [
          { id: 'f', name: 'f' },
          { id: 'g', name: 'g' },
        ],
      },
    ],
    [
      'choices that all have the index 0',
      'chat',
      { choices: ['a', 'b'].map((content) => ({ index: 0, message: { content } })) },
      { text: 'a', other_choices: [{ index: 1, text: 'b' }] },
    ],
    [
      'the same field of several messages',
      'chat',
      {
        messages: [
          { role: 'assistant', content: 'a', source: 'x' },
          { role: 'assistant', content: 'b', source: 'y' },
        ],
      },
      { other_fields: { source: ['x', 'y'] } },
    ],
    [
      'a list of another model with a known name',
      'churn',
      { output: [{ label: 'cat' }], choices: ['a'] },
      { answer: { output: [{ label: 'cat' }], choices: ['a'] } },
    ],
    [
      'a response in the background',
      'agent',
      { ...agent(), status: 'queued' },
      { incomplete: expect.stringContaining('queued') },
    ],
    [
      'a refusal in the content',
      'agent',
      agent(message({ type: 'refusal', refusal: 'I will not.' })),
      { refusal: 'I will not.' },
    ],
    [
      'reasoning of several forms',
      'agent',
      agent({
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: 'hm' }],
        content: [{ type: 'reasoning_text', text: ' so' }],
        encrypted_content: 'x',
      }),
      { reasoning: 'hm so', notes: expect.arrayContaining([expect.stringContaining('encrypted reasoning')]) },
    ],
    [
      'citations',
      'agent',
      agent(message({ type: 'output_text', text: 'Yes.', annotations: [{ url: 'u' }] })),
      { text: 'Yes.', content_parts: [{ annotations: [{ url: 'u' }] }] },
    ],
    [
      'an image',
      'agent',
      agent(message({ type: 'output_image', image_url: 'data:image/png;base64,AAAA' })),
      { content_parts: [{ type: 'output_image', image_url: 'data:image/png;base64,AAAA' }] },
    ],
    ['a refusal of a chat model', 'chat', chat({ content: null, refusal: 'No.' }), { refusal: 'No.' }],
    [
      'a call of the older kind',
      'chat',
      chat({ content: null, function_call: { name: 'f', arguments: '{"a":1}' } }),
      { tool_calls: [{ name: 'f', arguments: '{"a":1}' }] },
    ],
    [
      'a tool call as a part of the content',
      'chat',
      chat({ content: [{ type: 'tool_use', id: 't1', name: 'f', input: { a: 1 } }] }),
      { tool_calls: [{ id: 't1', name: 'f', arguments: '{"a":1}' }] },
    ],
    [
      'thinking',
      'chat',
      chat({
        content: [
          { type: 'thinking', thinking: 'hm' },
          { type: 'text', text: 'Yes.' },
        ],
      }),
      { text: 'Yes.', reasoning: 'hm' },
    ],
    [
      'reasoning under two names once',
      'chat',
      chat({ content: 'Yes.', reasoning_content: 'hm', reasoning: 'hm' }),
      { reasoning: 'hm' },
    ],
    [
      'audio and other fields of a message',
      'chat',
      chat({ content: 'a', audio: { id: 'au', transcript: 'hello' } }),
      { other_fields: { audio: { id: 'au', transcript: 'hello' } } },
    ],
    [
      'logprobs, by a note',
      'chat',
      chat({ content: 'a' }, { logprobs: { content: [{ token: 'a', logprob: -1 }] } }),
      { text: 'a', notes: ['Left out: logprobs.'] },
    ],
    [
      'a finish reason',
      'chat',
      chat({ content: 'a' }, { finish_reason: 'content_filter' }),
      { finish_reason: 'content_filter' },
    ],
    [
      'several choices',
      'chat',
      {
        choices: [
          { index: 1, message: { content: 'b' } },
          { index: 0, message: { content: 'a' } },
        ],
      },
      { text: 'a', other_choices: [{ index: 1, text: 'b' }] },
    ],
    [
      'that there is nothing',
      'chat',
      chat({ content: '' }),
      { text: '', notes: ['The answer has no text and no tool call.'] },
    ],
    [
      'that the tokens ran out before any text',
      'chat',
      chat({ content: '' }, { finish_reason: 'length' }),
      { notes: [expect.stringContaining('token limit')] },
    ],
    [
      'the messages of an agent, apart',
      'chat',
      {
        messages: [
          { role: 'assistant', content: 'First.' },
          { role: 'tool', tool_call_id: 'c', content: 'raw' },
          { role: 'assistant', content: 'Second.' },
        ],
      },
      { text: 'First.\n\nSecond.', tool_results: [{ id: 'c', output: 'raw' }] },
    ],
    [
      'an answer in the form of Anthropic',
      'chat',
      { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'Hi' }], stop_reason: 'end_turn' },
      { text: 'Hi', finish_reason: 'end_turn' },
    ],
    ['an unknown form', 'chat', { generated: ['x'] }, { answer: { generated: ['x'] } }],
    [
      'fields next to predictions',
      'churn',
      { predictions: [1], warnings: ['old model'] },
      { predictions: [1], other_fields: { warnings: ['old model'] } },
    ],
  ])('%s', async (_what, kind, body, shown) => {
    const { data, isError } = await answered(kind, body);
    expect(isError).toBe(false);
    expect(data).toMatchObject(shown);
  });

  it('the trace of an agent only on request, and always the id of the request', async () => {
    const body = {
      ...agent(),
      databricks_output: { databricks_request_id: 'req-1', trace: { info: { trace_id: 'tr-1' } } },
    };
    const plain = await answered('agent', body);
    expect(plain.data).toMatchObject({ databricks_request_id: 'req-1', served_by: 'unknown' });
    expect(plain.text).not.toContain('tr-1');
    const extra = { databricks_options: { return_trace: true } };
    const asked = await answered('agent', body, JSON_TYPE, { extra });
    expect(asked.data.databricks_output).toMatchObject({ trace: { info: { trace_id: 'tr-1' } } });
  });

  it.each([
    ['x-databricks-request-id', 'databricks_request_id'],
    ['x-request-id', 'request_id'],
  ])('the id in the header %s, and the entity', async (header, field) => {
    const headers = { ...JSON_TYPE, [header]: 'id-5', 'served-model-name': 'churn-1' };
    const { data } = await answered('churn', { predictions: [1] }, headers);
    // The sandbox sets the second header itself.
    const id = field === 'request_id' ? expect.any(String) : 'id-5';
    expect(data).toMatchObject({ [field]: id, served_by: 'churn-1' });
  });

  it('an image of megabytes by its beginning', async () => {
    const { data, text } = await answered(
      'agent',
      agent(message({ type: 'output_image', image_url: `data:${'A'.repeat(2_000_000)}` })),
    );
    expect(text.length).toBeLessThan(8_000);
    expect(JSON.stringify(data.content_parts)).toMatch(/more characters/);
  });
});

describe('numbers', () => {
  it('that are none are shown, and named by their place', async () => {
    const { data, isError } = await answered(
      'churn',
      '{"predictions":[0.5, NaN, {"a":-Infinity,"b":"NaN"}, Infinity]}',
    );
    expect(isError).toBe(false);
    expect(data).toMatchObject({
      predictions: [0.5, 'NaN', { a: '-Infinity', b: 'NaN' }, 'Infinity'],
      rows: 4,
      not_numbers: ['predictions.1 is NaN', 'predictions.2.a is -Infinity', 'predictions.3 is Infinity'],
    });
  });

  it('that are none are counted beyond the first ten', async () => {
    const { data } = await answered('churn', `{"predictions":[${Array(25).fill('NaN').join(',')}]}`);
    expect(data.not_numbers).toHaveLength(11);
    expect(data.not_numbers).toContain('and 15 more');
  });

  it('beyond 2^53 keep their digits as text, and floats stay numbers', async () => {
    const { data } = await answered(
      'churn',
      '{"predictions":[9007199254740993,-12345678901234567890,1e20,1.5E16,9007199254740991,0.12345678901234567890]}',
    );
    expect(data).toMatchObject({
      predictions: ['9007199254740993', '-12345678901234567890', 1e20, 1.5e16, 9007199254740991, 0.12345678901234568],
      numbers_as_text: ['predictions.0', 'predictions.1'],
    });
  });

  it('beyond 2^53 keep their digits in every other place too', async () => {
    const { data } = await answered(
      'agent',
      '{"object":"response","output":[],"custom_outputs":{"order":9007199254740993}}',
    );
    expect(data).toMatchObject({
      custom_outputs: { order: '9007199254740993' },
      numbers_as_text: ['custom_outputs.order'],
    });
    const outputs = await answered('churn', '{"outputs":[{"id":9007199254740993}]}');
    expect(outputs.data).toMatchObject({ outputs: [{ id: '9007199254740993' }] });
  });

  it('of embeddings that are none have no cosine', async () => {
    const body = '{"data":[{"index":0,"embedding":[1,NaN]},{"index":1,"embedding":[1,0]}]}';
    const { data } = await answered('vectors', body);
    expect(data).toMatchObject({ similarity: [{ rows: [0, 1], cosine: null }], not_numbers: ['vectors.0.1 is NaN'] });
  });
});

describe('embeddings', () => {
  it('say what rows, cosines and rounding are, and that the vectors are left out', async () => {
    const body = {
      model: 'm',
      data: [
        { index: 0, embedding: [1, 0] },
        { index: 1, embedding: [3, 4] },
      ],
    };
    const { data } = await answered('vectors', body);
    expect(data).toMatchObject({
      count: 2,
      dimension: 2,
      similarity: [{ rows: [0, 1], cosine: 0.6 }],
      legend: expect.stringMatching(/Rows.*texts.*Cosine.*rounded to 4 decimals/),
      note: expect.stringContaining('vectors true'),
    });
    expect(data.rows).toBeUndefined();
    const whole = await answered('vectors', body, JSON_TYPE, { vectors: true });
    expect(whole.data.vectors).toEqual([
      [1, 0],
      [3, 4],
    ]);
    expect(whole.data.note).toBeUndefined();
    expect(whole.data.rows).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['of other numbers', { data: [{ embedding: { int8: [1, 2] } }] }],
    ['of which one is missing', { data: [{ embedding: [1] }, { embedding: null }] }],
  ])('%s are shown as they came, and not left out', async (_what, body) => {
    expect((await answered('vectors', body)).data).toMatchObject({ answer: body });
  });
});

describe('an answer that cannot be read is an error that shows it', () => {
  it.each<[string, string, Record<string, string>, string]>([
    ['JSON that ends in the middle', '{"predictions":[1,2', JSON_TYPE, '{"predictions":[1,2'],
    ['a text that is said to be JSON', 'forty-two', JSON_TYPE, 'forty-two'],
    ['the words of Python', "{'predictions': [None]}", JSON_TYPE, "{'predictions': [None]}"],
    ['broken JSON without a type', '{"predictions":', {}, '{"predictions":'],
  ])('%s', async (_what, body, headers, shown) => {
    const { data, isError } = await answered('churn', body, headers);
    expect(isError).toBe(true);
    expect(data).toMatchObject({
      error: {
        code: 'unreadable_answer',
        message: expect.stringContaining('the model answered, and this could not be read'),
        next: expect.stringContaining('not sent again'),
        retryable: false,
      },
      answer: shown,
    });
  });

  it('with its secrets redacted and its end cut', async () => {
    const { data, text } = await answered('churn', `{"token": dapi${'0'.repeat(32)}, "x": "${'y '.repeat(50_000)}`);
    expect(text).not.toContain('dapi0');
    expect(String(data.answer)).toContain('more characters');
  });

  it.each<[string, string, string]>([
    ['CSV', 'a,b\n1,2\n', 'text/csv'],
    ['plain text', 'forty-two', 'text/plain'],
    ['lines of JSON', '{"a":1}\n{"a":2}\n', 'application/x-ndjson'],
  ])('but %s is an answer', async (_what, body, type) => {
    const { data, isError } = await answered('churn', body, { 'content-type': type });
    expect(isError).toBe(false);
    expect(data.answer).toBe(body);
  });
});

describe('an answer of odd form is whole:', () => {
  it('keys that come twice, with the value that JSON readers drop', async () => {
    const { data } = await answered('churn', '{"predictions":[1],"predictions":[2]}');
    expect(data).toMatchObject({ predictions: [2], repeated_keys: [{ key: 'predictions', earlier_value: [1] }] });
  });

  it('half of a surrogate pair', async () => {
    const { data, text } = await answered(
      'chat',
      '{"choices":[{"message":{"content":"a\\ud83d b"},"finish_reason":"stop"}]}',
    );
    expect(data.text).toBe('a\ufffd b');
    expect(text).not.toMatch(/[\ud800-\udfff]/u);
  });

  it('thousands of levels, with the upper ones shown', async () => {
    const { data, isError } = await answered('churn', `{"predictions":${'['.repeat(20_000)}1${']'.repeat(20_000)}}`);
    expect(isError).toBe(false);
    expect(data.clipped).toContain('levels deep');
  });

  it('more than a megabyte, by its first rows', async () => {
    const predictions = Array.from({ length: 60_000 }, (_, at) => ({ id: at, score: at / 7 }));
    const { data } = await answered('churn', { predictions });
    expect(data.predictions[0]).toEqual({ id: 0, score: 0 });
    expect(data.rows).toBe(60_000);
    expect(data.omitted_rows).toBe(60_000 - data.predictions.length);
  });
});

/** Queries other than chats and tables: completions, embeddings, agents, tools, one entity, route-optimized endpoints, limits, schemas. */
import { describe, expect, it } from 'vitest';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { expectRefusal, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { bodies, CHURN, churnEntity, endpoint, version, writes } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const BOT = '4f2b8c1e-6d0a-4a57-9c3e-1b7d5e9f0a21';
const kind = (name: string, spec: Record<string, unknown>) => ({
  full_name: `ml.prod.${name}`,
  versions: [{ version: 1, status: 'READY', spec }],
});
const MODELS = [
  CHURN,
  kind('completion', { kind: 'completion' }),
  kind('embedder', { kind: 'embedding', dimensions: 16 }),
  kind('responses', { kind: 'agent', protocol: 'responses' }),
  kind('chat_agent', { kind: 'agent', protocol: 'chat' }),
  kind('reasoner', { kind: 'chat', model: 'gpt-oss', profile: 'gpt-oss' }),
  kind('chat', { kind: 'chat', model: 'sandbox-chat' }),
];
const of = (model: string, more: Record<string, unknown> = {}) =>
  endpoint(
    'e',
    [{ name: 'only', entity_name: `ml.prod.${model}`, entity_version: '1', scale_to_zero_enabled: false }],
    [],
    more,
  );
const FOUNDATION = (name: string, task: string, spec: Record<string, unknown>) => ({
  name,
  entity_name: `system.ai.${name}`,
  display_name: name,
  task,
  spec,
});

const open = (endpoints: unknown[], options: HarnessOptions = {}, more: Record<string, unknown> = {}) =>
  begin(endpoints, options, { models: MODELS, ...more });
const ask = (h: Harness, args: Record<string, unknown>) => h.call('query_endpoint', { endpoint: 'e', ...args });
const INVOCATIONS = '/serving-endpoints/e/invocations';
const sent = (h: Harness, path = INVOCATIONS) => bodies(h, 'POST', path);
const user = (content: unknown) => [{ role: 'user', content }];

describe('completions', () => {
  it('take a prompt made of the messages, parts of text too', async () => {
    const h = await open([of('completion')]);
    const { data } = await ask(h, {
      messages: [
        { role: 'system', content: 'Be short.' },
        ...user([
          { type: 'text', text: 'Once upon ' },
          { type: 'text', text: 'a time' },
        ]),
      ],
      max_tokens: 50,
      temperature: 0,
      extra: { stop: ['END'] },
    });
    expect(sent(h)).toEqual([
      { prompt: 'Be short.\n\nOnce upon a time', max_tokens: 50, temperature: 0, stop: ['END'] },
    ]);
    expect(data).toMatchObject({
      text: expect.stringContaining('The prompt had 27 characters.'),
      finish_reason: 'stop',
      served_by: 'only',
    });
  });

  it('take several prompts as texts', async () => {
    const h = await open([of('completion')]);
    const { data } = await ask(h, { texts: ['a', 'bb'] });
    expect(sent(h)).toEqual([{ prompt: ['a', 'bb'] }]);
    expect(data.text).toContain('had 1 characters');
    expect(data.other_choices).toEqual([
      { index: 1, text: expect.stringContaining('had 2 characters'), finish_reason: 'stop' },
    ]);
  });
});

describe('embeddings', () => {
  it('are summarised as dimension, lengths and similarity; similar texts are similar', async () => {
    const h = await open([of('embedder')]);
    const { data } = await ask(h, { texts: ['red apples', 'red apple', 'quarterly revenue'] });
    expect(sent(h)).toEqual([{ input: ['red apples', 'red apple', 'quarterly revenue'], encoding_format: 'float' }]);
    expect(data).toMatchObject({
      count: 3,
      dimension: 16,
      norms: [1, 1, 1],
      served_by: 'only',
      usage: { prompt_tokens: expect.any(Number) },
    });
    const likeness = new Map(
      data.similarity.map(({ rows, cosine }: { rows: number[]; cosine: number }) => [rows.join('-'), cosine]),
    );
    expect(likeness.size).toBe(3);
    expect(likeness.get('0-1')).toBeGreaterThan(Number(likeness.get('0-2')));
    expect(data.vectors).toBeUndefined();
  });

  it('come as numbers when asked for', async () => {
    const h = await open([of('embedder')]);
    const { data } = await ask(h, { texts: ['red apples', 'x'], vectors: true });
    expect(data.vectors).toHaveLength(2);
    expect(data.vectors[0]).toHaveLength(16);
    expect(Math.hypot(...data.vectors[0])).toBeCloseTo(1);
  });

  it('in base64, without a request for it, are decoded too', async () => {
    const h = await open([of('embedder')]);
    const plain = await ask(h, { texts: ['red apples'], vectors: true });
    const coded = await ask(h, { texts: ['red apples'], vectors: true, extra: { encoding_format: 'base64' } });
    expect(coded.data.dimension).toBe(16);
    for (const [at, value] of coded.data.vectors[0].entries()) expect(value).toBeCloseTo(plain.data.vectors[0][at], 5);
  });

  it('of a foundation model send no field that it would refuse', async () => {
    const h = await open(
      [],
      {},
      { foundation_models: [FOUNDATION('e', 'llm/v1/embeddings', { kind: 'embedding', dimensions: 8 })] },
    );
    expect((await ask(h, { texts: ['a'] })).data).toMatchObject({ dimension: 8 });
  });
});

describe('agents', () => {
  it('of the Responses kind get input, and their text and usage are read', async () => {
    const h = await open([of('responses')]);
    const { data } = await ask(h, {
      messages: user('hello'),
      max_tokens: 90,
      extra: { custom_inputs: { session: 's1' } },
    });
    expect(sent(h)).toEqual([{ input: user('hello'), max_output_tokens: 90, custom_inputs: { session: 's1' } }]);
    expect(data).toMatchObject({
      text: expect.stringContaining('You wrote: hello'),
      served_by: 'only',
      usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
    });
  });

  it('of the Responses kind stream, and call tools', async () => {
    const h = await open([of('responses')]);
    const tools = [
      {
        type: 'function',
        name: 'get_weather',
        parameters: { type: 'object', properties: { city: { type: 'string' } } },
      },
    ];
    const called = await ask(h, { messages: user('call get_weather {"city":"Oslo"}'), extra: { tools } });
    expect(called.data.tool_calls).toEqual([
      { id: expect.stringMatching(/^call_/), name: 'get_weather', arguments: '{"city":"Oslo"}' },
    ]);
    const { data } = await ask(h, { messages: user('hello'), stream: true });
    expect(data).toMatchObject({ text: expect.stringContaining('You wrote: hello'), finish_reason: 'completed' });
    expect(data.incomplete).toBeUndefined();
    expect(sent(h)[1]).toEqual({ input: user('hello'), stream: true });
  });

  it('of the chat kind get messages, and the words of the assistant are the answer', async () => {
    const h = await open([of('chat_agent')]);
    for (const stream of [false, true]) {
      const { data } = await ask(h, { messages: user('hello'), stream });
      expect(data.text).toBe('This is the sandbox, not ml.prod.chat_agent. You wrote: hello');
      expect(data.databricks_request_id).toMatch(/^agent_/);
    }
    expect(sent(h)[0]).toEqual({ messages: user('hello') });
  });
});

describe('chat', () => {
  const TOOLS = [
    {
      type: 'function',
      function: {
        name: 'get_weather',
        parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      },
    },
  ];

  it.each([false, true])('calls tools that are given in extra (stream: %s)', async (stream) => {
    const h = await open([of('chat')]);
    const { data } = await ask(h, {
      messages: user('use get_weather {"city":"Oslo"}'),
      extra: { tools: TOOLS, tool_choice: 'auto' },
      stream,
    });
    expect(sent(h)[0]).toMatchObject({ tools: TOOLS, tool_choice: 'auto' });
    expect(data).toMatchObject({
      finish_reason: 'tool_calls',
      tool_calls: [{ name: 'get_weather', arguments: '{"city":"Oslo"}' }],
    });
  });

  it('continues with the result of a tool', async () => {
    const h = await open([of('chat')]);
    const call = { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } };
    const { data } = await ask(h, {
      messages: [
        ...user('weather?'),
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'call_1', content: '4 °C' },
      ],
      extra: { tools: TOOLS },
    });
    expect(data.text).toContain('The tool answered: 4 °C');
  });

  it('gives structured output for a schema in extra', async () => {
    const h = await open([of('chat')]);
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' }, degrees: { type: 'integer' } },
      required: ['city', 'degrees'],
    };
    const response_format = { type: 'json_schema', json_schema: { name: 'weather', schema, strict: true } };
    const { data } = await ask(h, { messages: user('weather in Oslo'), extra: { response_format } });
    expect(sent(h)[0]).toMatchObject({ response_format });
    expect(Object.keys(JSON.parse(data.text))).toEqual(['city', 'degrees']);
  });

  it.each([false, true])('content in parts and reasoning blocks are read apart (stream: %s)', async (stream) => {
    const h = await open([of('reasoner')]);
    const { data } = await ask(h, { messages: user('hello'), stream });
    expect(data.text).toBe('This is the sandbox, not gpt-oss. You wrote: hello');
    expect(data.reasoning).toBe('The sandbox does not reason; it answers with a fixed sentence.');
  });

  it('sends images and other parts as they are', async () => {
    const h = await open([of('chat')]);
    const content = [
      { type: 'text', text: 'what is it' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    ];
    await ask(h, { messages: user(content) });
    expect(sent(h)[0]).toEqual({ messages: user(content) });
  });
});

describe('for the usage table', () => {
  it.each([
    ['chat', { messages: user('a') }],
    ['responses', { messages: user('a') }],
    ['embedder', { texts: ['a'] }],
    ['completion', { texts: ['a'] }],
    ['churn', { dataframe_records: [{ x: 1 }] }],
  ])('client_request_id and usage_context go with a request to %s', async (model, args) => {
    const h = await open([of(model)]);
    const marks = { client_request_id: 'order-7', usage_context: { project: 'p', user: 'u1' } };
    await ask(h, { ...args, ...marks });
    expect(sent(h)[0]).toMatchObject(marks);
  });
});

it('a request that a guardrail blocks is reported as blocked, not as a wrong payload', async () => {
  const h = await open([of('chat', { ai_gateway: { guardrails: { input: { pii: { behavior: 'BLOCK' } } } } })]);
  const { data } = await ask(h, { messages: user('my card is 4111 1111 1111 1111') });
  expect(data.error).toMatchObject({
    code: 'BAD_REQUEST',
    message: expect.stringContaining('input_guardrail_triggered'),
    next: expect.stringMatching(/guardrail of the endpoint blocked the request.*get_endpoint/),
    retryable: false,
  });
});

describe('one entity', () => {
  it('that is not served is refused with those that are, before the service calls the endpoint missing', async () => {
    const h = await open([of('chat')]);
    const answer = await ask(h, { entity: 'only-2', messages: user('hello') });
    expectRefusal(h, answer, 'unknown_entity');
    expect(answer.data.error).toMatchObject({
      message: 'endpoint e serves no entity only-2',
      next: 'It serves only.',
    });
  });

  it('is queried on its own path, with any share of the traffic', async () => {
    const two = endpoint('e', [churnEntity('1', { name: 'a' }), churnEntity('2', { name: 'b' })], [100, 0]);
    const h = await open([two]);
    const { data } = await ask(h, { entity: 'b', dataframe_records: [{ x: 3 }] });
    expect(data).toMatchObject({ predictions: [8], served_by: 'b' });
    expect(writes(h)).toEqual(['POST /serving-endpoints/e/served-models/b/invocations']);
  });
});

describe('a route-optimized endpoint', () => {
  const PEOPLE = {
    users: [{ user_name: 'admin@example.com', admin: true }],
    service_principals: [{ application_id: BOT, display_name: 'deploy-bot', client_secret: 'sandbox-not-a-secret' }],
  };
  const granted = (level = 'CAN_QUERY') => ({
    route_optimized: true,
    grants: [{ service_principal_name: BOT, permission_level: level }],
  });
  const asBot = { client: { id: BOT, secret: 'sandbox-not-a-secret' } };

  it('is asked at its own URL with a token narrowed to it', async () => {
    const h = await open([of('chat', granted())], asBot, PEOPLE);
    const { data } = await ask(h, { messages: user('hello') });
    expect(data.text).toContain('You wrote: hello');
    const posts = h.sandbox.requests.filter((request) => request.method === 'POST');
    expect(
      posts.map((request) => request.path.replace(/route-optimized\/[^/]+\/[^/]+/, 'route-optimized/ID/ORG')),
    ).toEqual(['/oidc/v1/token', '/oidc/v1/token', '/route-optimized/ID/ORG/serving-endpoints/e/invocations']);
    const form = new URLSearchParams(String(posts[1]?.body));
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    expect(JSON.parse(form.get('authorization_details') ?? '')).toMatchObject([
      { object_type: 'serving-endpoints', actions: ['query_inference_endpoint'] },
    ]);
  });

  it('streams there too', async () => {
    const h = await open([of('chat', granted())], asBot, PEOPLE);
    const { data } = await ask(h, { messages: user('hello'), stream: true });
    expect(data).toMatchObject({ text: expect.stringContaining('You wrote: hello'), finish_reason: 'stop' });
  });

  it('takes no personal token, and the answer says which token it needs', async () => {
    const h = await open([of('chat', granted())], {}, PEOPLE);
    const { data, isError } = await ask(h, { messages: user('hello') });
    expect(isError).toBe(true);
    expect(data.error.code).toBe('invalid_grant');
    expect(data.error.next).toContain('accepts only OAuth credentials');
    expect(writes(h)).toEqual(['POST /oidc/v1/token']);
  });

  it('reaches no single entity: the answer says so', async () => {
    const h = await open([of('chat', granted())], asBot, PEOPLE);
    const { data } = await ask(h, { messages: user('hello'), entity: 'only' });
    expect(data.error.next).toContain('Omit entity');
  });

  it('refuses a caller who may not query it', async () => {
    const h = await open([of('chat', granted('CAN_VIEW'))], asBot, PEOPLE);
    const { data } = await ask(h, { messages: user('hello') });
    expect(data.error.code).toBe('access_denied');
    expect(writes(h).some((line) => line.includes('invocations'))).toBe(false);
  });
});

describe('rows', () => {
  const TYPED = {
    full_name: 'ml.prod.typed',
    versions: [
      {
        version: 1,
        status: 'READY',
        spec: {
          kind: 'linear',
          inputs: [
            { name: 'tenure', type: 'long' },
            { name: 'contract', type: 'string', enum: ['monthly', 'yearly'] },
            { name: 'autopay', type: 'boolean', required: false },
          ],
          intercept: 1,
          coefficients: { tenure: 2 },
        },
      },
      version(2),
    ],
  };
  const typed = (more: Record<string, unknown> = {}) => ({
    name: 'only',
    entity_name: 'ml.prod.typed',
    entity_version: '1',
    scale_to_zero_enabled: false,
    ...more,
  });
  const withTyped = (endpoints: unknown[]) => open(endpoints, {}, { models: [TYPED] });

  it.each<[string, Record<string, unknown>, string[]]>([
    ['a missing column', { dataframe_records: [{ tenure: 1 }] }, ['column "contract" (string) is missing']],
    [
      'a mistyped name',
      { dataframe_records: [{ tenur: 1, contract: 'yearly' }] },
      ['column "tenure" (integer (int64)) is missing', 'column "tenur" is not part of the schema'],
    ],
    [
      'a wrong type',
      { dataframe_records: [{ tenure: 'long', contract: 'yearly' }] },
      ['column "tenure" is string, but must be integer (int64)'],
    ],
    [
      'an unknown value',
      { dataframe_records: [{ tenure: 1, contract: 'weekly' }] },
      ['column "contract" must be one of ["monthly","yearly"]'],
    ],
    [
      'a split with a wrong cell',
      {
        dataframe_split: {
          columns: ['tenure', 'contract'],
          data: [
            [1, 'yearly'],
            [1.5, 'yearly'],
          ],
        },
      },
      ['column "tenure" is a fraction, but must be integer (int64) (1 of 2 rows)'],
    ],
  ])('with %s are refused before they cost anything, with a row that fits', async (_what, args, problems) => {
    const h = await withTyped([endpoint('e', [typed()])]);
    const answer = await ask(h, args);
    expectRefusal(h, answer, 'schema_mismatch');
    expect(answer.data.problems).toEqual(problems);
    for (const problem of problems) expect(answer.data.error.message).toContain(problem);
    // The right one comes in the form that was given.
    const { example_row, example_split } = answer.data;
    const right = await ask(
      h,
      args.dataframe_split ? { dataframe_split: example_split } : { dataframe_records: [example_row] },
    );
    expect(right.data.predictions).toEqual([3]);
  });

  it('of a split with a missing value are reported by their length, not by the last column', async () => {
    const h = await withTyped([endpoint('e', [typed()])]);
    const answer = await ask(h, { dataframe_split: { columns: ['tenure', 'contract', 'autopay'], data: [[1, true]] } });
    expectRefusal(h, answer, 'uneven_rows');
    expect(answer.data.error.message).toBe('dataframe_split: a row has 2 values for 3 columns; nothing was sent');
  });

  it('that fit are sent, optional columns left out or null', async () => {
    const h = await withTyped([endpoint('e', [typed()])]);
    const { data } = await ask(h, {
      dataframe_records: [
        { tenure: 1, contract: 'yearly' },
        { tenure: 2, contract: 'yearly', autopay: null },
      ],
    });
    expect(data.predictions).toEqual([3, 5]);
  });

  it('to entities with other columns are left to the service, which of them answers is not known', async () => {
    const two = endpoint('e', [typed(), typed({ name: 'other', entity_version: '2' })], [0, 100]);
    const h = await withTyped([two]);
    expect((await ask(h, { dataframe_records: [{ x: 3 }] })).data.predictions).toEqual([8]);
    const named = await ask(h, { entity: 'only', dataframe_records: [{ x: 3 }] });
    expect(named.data.error.code).toBe('schema_mismatch');
  });
});

describe('a reached limit', () => {
  const limited = (rate_limits: unknown[]) => of('chat', { ai_gateway: { rate_limits } });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['of the endpoint', { key: 'endpoint', calls: 1 }, /Requests-per-minute \(RPM\) rate limit exceeded for endpoint/],
    ['of each user', { key: 'user', calls: 1 }, /Requests-per-minute \(RPM\) rate limit exceeded for user/],
    ['in tokens', { key: 'endpoint', tokens: 5 }, /Tokens-per-minute \(TPM\) rate limit exceeded for endpoint/],
  ])('%s is named, with where the limits are', async (_what, limit, message) => {
    const h = await open([limited([{ renewal_period: 'minute', ...limit }])]);
    expect((await ask(h, { messages: user('hello') })).isError).toBe(false);
    const { data } = await ask(h, { messages: user('hello') });
    expect(data.error).toMatchObject({ code: 'REQUEST_LIMIT_EXCEEDED', retryable: true });
    expect(data.error.message).toMatch(message);
    expect(data.error.next).toContain('get_endpoint {');
    const shown = await h.call('get_endpoint', { endpoint: 'e' });
    expect(shown.data.gateway.rate_limits).toHaveLength(1);
    h.sandbox.clock.advance(61_000);
    expect((await ask(h, { messages: user('hello') })).isError).toBe(false);
  });

  it('of 0 is reported as such, with the call that changes it', async () => {
    const h = await open([limited([{ key: 'endpoint', calls: 0, renewal_period: 'minute' }])]);
    const { data } = await ask(h, { messages: user('hello') });
    expect(data.error.message).toContain('disabled due to a rate limit set to 0');
    expect(data.error.next).toContain('set_rate_limits');
  });

  it('of the workspace for a foundation model is distinguished from a limit of the endpoint', async () => {
    const h = await open(
      [],
      {},
      {
        foundation_models: [FOUNDATION('e', 'llm/v1/chat', { kind: 'chat', model: 'g' })],
        limits: { fm_input_tokens_per_minute: 1 },
      },
    );
    await ask(h, { messages: user('hello') });
    const { data } = await ask(h, { messages: user('hello') });
    expect(data.error.message).toContain('Exceeded workspace input tokens per minute');
    expect(data.error.next).toContain('quota of the workspace');
  });
});

describe('is refused, and nothing is sent:', () => {
  it.each<[string, string, Record<string, unknown>, string]>([
    ['texts to a chat model', 'chat', { texts: ['a'] }, 'wrong_input_form'],
    ['rows to an agent', 'responses', { dataframe_records: [{ a: 1 }] }, 'wrong_input_form'],
    ['messages to an embedding model', 'embedder', { messages: user('a') }, 'wrong_input_form'],
    ['two forms', 'chat', { messages: user('a'), texts: ['a'] }, 'one_input_form'],
    ['no form', 'chat', {}, 'one_input_form'],
    ['params together with messages', 'chat', { messages: user('a'), params: { a: 1 } }, 'unused_argument'],
    ['a temperature for rows', 'churn', { dataframe_records: [{ x: 1 }], temperature: 0 }, 'unused_argument'],
    ['max_tokens for embeddings', 'embedder', { texts: ['a'], max_tokens: 5 }, 'unused_argument'],
    ['more than 4 MB to a chat model', 'chat', { messages: user('x'.repeat(4 * 1024 * 1024)) }, 'payload_too_large'],
  ])('%s', async (_what, model, args, code) => {
    const h = await open([of(model)]);
    expectRefusal(h, await ask(h, args), code);
  });
});

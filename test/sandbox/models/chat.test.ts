import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { chatCompletion, type Reply, reply, usageOf } from '../../../src/sandbox/models/chat.ts';
import { type ChatRequest, readChat, refuseStrictTool } from '../../../src/sandbox/models/chat-request.ts';
import { chatChunks } from '../../../src/sandbox/models/chat-stream.ts';
import { complete, readCompletion, textCompletion } from '../../../src/sandbox/models/completions.ts';
import { sampleOf } from '../../../src/sandbox/models/schema-sample.ts';
import { countTokens, tokenPieces } from '../../../src/sandbox/models/tokens.ts';
import { frameOf } from '../../../src/sandbox/query/sse.ts';

const stamp = { id: 'ab'.repeat(16), created: 1788718020.25 };
const user = (content: unknown) => ({ role: 'user', content });

function read(body: Record<string, unknown>, strict = true): ChatRequest {
  const result = readChat(body, strict);
  if ('refused' in result) throw new Error(JSON.stringify(result.refused.body));
  return result.request;
}

function ask(body: Record<string, unknown>): Reply {
  return reply(read(body), 'test-model', stamp.id);
}

test('a Claude model refuses strict in a tool, with the text of its provider inside the message', () => {
  const tool = (more: object) => ({
    type: 'function',
    function: { name: 'w', parameters: { type: 'object' }, ...more },
  });
  const refused = refuseStrictTool({ tools: [tool({}), tool({ strict: true })] });
  expect(refused?.status).toBe(400);
  expect(JSON.stringify(refused?.body)).toContain('tools.1.custom.strict: Extra inputs are not permitted');
  expect(refuseStrictTool({ tools: [tool({})] })).toBeUndefined();
});

describe('reading a chat request', () => {
  test.each([
    ['an unknown field', { messages: [user('hi')], inputs: [1] }, 'Bad request: json: unknown field "inputs"'],
    ['no messages', { messages: [] }, 'Bad request: messages must be a non-empty list'],
    ['an n of 6', { messages: [user('hi')], n: 6 }, 'Bad request: n must be an integer between 1 and 5'],
    [
      'a max_tokens of 0',
      { messages: [user('hi')], max_tokens: 0 },
      'Bad request: max_tokens must be an integer at least 1',
    ],
    [
      'a temperature of 2.1',
      { messages: [user('hi')], temperature: 2.1 },
      'Bad request: temperature must be a number between 0 and 2',
    ],
    ['an unknown role', { messages: [{ role: 'robot', content: 'x' }] }, 'Bad request: each message needs a role'],
    [
      'a long tool call id',
      { messages: [{ role: 'tool', content: 'x', tool_call_id: 'c'.repeat(65) }] },
      'Bad request: ids of messages',
    ],
    ['tools as a text', { messages: [user('hi')], tools: '[]' }, 'Bad request: tools must be a list'],
    [
      'a tool_choice without that tool',
      { messages: [user('hi')], tool_choice: { type: 'function', function: { name: 'w' } } },
      'Bad request: tool_choice names "w"',
    ],
  ])('a foundation model refuses %s', (_name, body, text) => {
    const result = readChat(body, true);
    expect(result).toMatchObject({
      refused: { status: 400, body: { error_code: 'BAD_REQUEST', message: expect.stringContaining(text) } },
    });
  });

  test('only foundation models refuse unknown fields', () => {
    expect(read({ messages: [user('hi')], custom_inputs: {} }, false).messages).toHaveLength(1);
  });

  test('every documented field passes the strict decoder', () => {
    const body = {
      ...{
        model: 'm',
        messages: [user('hi')],
        max_tokens: 5,
        temperature: 0.2,
        top_p: 0.9,
        top_k: 3,
        stop: ['END'],
        n: 1,
      },
      ...{
        stream: true,
        stream_options: { include_usage: true },
        logprobs: true,
        top_logprobs: 2,
        reasoning_effort: 'low',
      },
      ...{
        tools: [],
        tool_choice: 'auto',
        response_format: { type: 'text' },
        client_request_id: 'a',
        usage_context: { team: 'x' },
      },
      ...{ extra_params: {}, databricks_options: { return_trace: true } },
    };
    expect(readChat(body, true)).toHaveProperty('request');
  });

  test('content may be a text or a list of parts', () => {
    const parts = [
      { type: 'text', text: 'he' },
      { type: 'image_url', image_url: {} },
      { type: 'text', text: 'llo' },
    ];
    expect(read({ messages: [user(parts)] }).messages[0]?.text).toBe('hello');
  });
});

describe('the reply of the chat model', () => {
  test('says that it is the sandbox, quotes the caller, and is the same each time', () => {
    const answer = ask({ messages: [{ role: 'system', content: 'be brief' }, user('How are you?')] });
    expect(answer.choices).toEqual([
      { text: 'This is the sandbox, not test-model. You wrote: How are you?', tool_calls: [], finish_reason: 'stop' },
    ]);
    expect(ask({ messages: [{ role: 'system', content: 'be brief' }, user('How are you?')] })).toEqual(answer);
  });

  test('has (characters + 1) / 4 tokens, and as many pieces', () => {
    expect([
      countTokens(''),
      countTokens('abc'),
      countTokens('abcd'),
      countTokens('abcdefg'),
      countTokens('😀😀😀'),
    ]).toEqual([0, 1, 2, 2, 1]);
    for (const text of ['', 'a', 'abcd', 'abcdefgh', 'äöü😀xyz', 'x'.repeat(101)]) {
      expect(tokenPieces(text).join('')).toBe(text);
      expect(tokenPieces(text)).toHaveLength(countTokens(text));
    }
    expect(usageOf(ask({ messages: [user('abc')] }))).toMatchObject({ prompt_tokens: 1 });
  });

  test('ends after max_tokens with the finish reason length', () => {
    const [choice] = ask({ messages: [user('hi')], max_tokens: 2 }).choices;
    expect(choice).toMatchObject({ text: 'This is', finish_reason: 'length' });
    expect(countTokens(choice?.text ?? '')).toBe(2);
  });

  test('ends before a stop sequence, given as one text or several', () => {
    expect(ask({ messages: [user('hi')], stop: ' sandbox' }).choices[0]).toMatchObject({
      text: 'This is the',
      finish_reason: 'stop',
    });
    expect(ask({ messages: [user('hi')], stop: ['You', ', not'] }).choices[0]?.text).toBe('This is the sandbox');
  });

  test('has n different choices', () => {
    const texts = ask({ messages: [user('hi')], n: 3 }).choices.map(({ text }) => text);
    expect(new Set(texts).size).toBe(3);
  });
});

describe('tools', () => {
  const tools = [
    {
      type: 'function',
      function: {
        name: 'get_weather',
        parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      },
    },
    { type: 'function', function: { name: 'search' } },
  ];
  const called = (body: Record<string, unknown>) =>
    ask({ tools, ...body }).choices[0]?.tool_calls.map(({ name, arguments: given }) => [name, JSON.parse(given)]);

  test.each<[string, Record<string, unknown>, unknown]>([
    [
      'a message that names a tool calls it with a sample',
      { messages: [user('please use get_weather')] },
      [['get_weather', { city: 'sandbox' }]],
    ],
    [
      'JSON in the message becomes the arguments',
      { messages: [user('get_weather {"city": "Oslo {x}"} now')] },
      [['get_weather', { city: 'Oslo {x}' }]],
    ],
    [
      'two named tools are both called',
      { messages: [user('search, then get_weather')] },
      [
        ['get_weather', { city: 'sandbox' }],
        ['search', {}],
      ],
    ],
    ['a part of a word does not name a tool', { messages: [user('research get_weather_now')] }, []],
    ['tool_choice none forbids calls', { messages: [user('get_weather')], tool_choice: 'none' }, []],
    [
      'tool_choice required forces the first tool',
      { messages: [user('hi')], tool_choice: 'required' },
      [['get_weather', { city: 'sandbox' }]],
    ],
    [
      'tool_choice with a name forces that tool',
      { messages: [user('hi')], tool_choice: { type: 'function', function: { name: 'search' } } },
      [['search', {}]],
    ],
    [
      'a tool answer calls no tool',
      { messages: [user('get_weather'), { role: 'tool', tool_call_id: 'call_1', content: 'get_weather: sunny' }] },
      [],
    ],
  ])('%s', (_name, body, calls) => {
    expect(called(body)).toEqual(calls);
  });

  test('the answer has null content, ids and the finish reason of a tool call', () => {
    const body = chatCompletion(ask({ tools, messages: [user('get_weather')] }), 'test-model', 'llama', stamp);
    expect(body).toMatchObject({
      choices: [
        {
          index: 0,
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: null,
            tool_calls: [
              {
                id: expect.stringMatching(/^call_/),
                type: 'function',
                function: { name: 'get_weather', arguments: '{"city":"sandbox"}' },
              },
            ],
          },
        },
      ],
    });
  });

  test('after a tool answer, the model repeats it', () => {
    const answer = ask({
      tools,
      messages: [user('get_weather'), { role: 'tool', tool_call_id: 'c', content: 'sunny' }],
    });
    expect(answer.choices[0]?.text).toContain('The tool answered: sunny');
  });
});

describe('structured output is valid for the schema', () => {
  const person = {
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 10 },
      age: { type: 'integer', minimum: 18, maximum: 20 },
      mail: { type: 'string', format: 'email' },
    },
    required: ['name', 'age', 'mail'],
    additionalProperties: false,
  };
  const schemas: [string, Record<string, unknown>][] = [
    ['an object', person],
    [
      'bounds',
      {
        type: 'object',
        properties: {
          a: { type: 'number', exclusiveMinimum: 0, maximum: 0.1 },
          b: { type: 'integer', exclusiveMinimum: 3, multipleOf: 5 },
          c: { type: 'number', maximum: -2 },
        },
        required: ['a', 'b', 'c'],
      },
    ],
    [
      'references',
      { type: 'object', properties: { who: { $ref: '#/$defs/person' } }, required: ['who'], $defs: { person } },
    ],
    [
      'a self-reference',
      {
        $ref: '#/$defs/node',
        $defs: {
          node: {
            type: 'object',
            properties: { next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
            required: [],
          },
        },
      },
    ],
    [
      'unions, enums and constants',
      {
        type: 'object',
        properties: {
          a: { anyOf: [{ type: 'null' }, { type: 'string' }] },
          b: { enum: ['x', 'y'] },
          c: { const: 4 },
          d: { type: ['null', 'boolean'] },
        },
        required: ['a', 'b', 'c', 'd'],
      },
    ],
    [
      'arrays',
      { type: 'object', properties: { list: { type: 'array', minItems: 2, items: person } }, required: ['list'] },
    ],
    [
      'allOf',
      {
        allOf: [
          { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
          { type: 'object', properties: { b: { type: 'number' } }, required: ['b'] },
        ],
      },
    ],
    ['text bounds', { type: 'object', properties: { s: { type: 'string', maxLength: 3 } }, required: ['s'] }],
  ];
  test.each(schemas)('%s', (_name, schema) => {
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const answer = ask({
      messages: [user('hi')],
      response_format: { type: 'json_schema', json_schema: { name: 'out', strict: true, schema } },
    });
    const value: unknown = JSON.parse(answer.choices[0]?.text ?? '');
    expect(ajv.validate(schema, value), `${ajv.errorsText()} in ${JSON.stringify(value)}`).toBe(true);
    expect(sampleOf(schema, 'sandbox')).toEqual(value);
  });

  test('json_object answers an object', () => {
    const answer = ask({ messages: [user('hi')], response_format: { type: 'json_object' } });
    expect(JSON.parse(answer.choices[0]?.text ?? '')).toEqual({ from: 'sandbox', model: 'test-model', heard: 'hi' });
  });
});

describe('chat streams', () => {
  const body = { messages: [user('hi')], max_tokens: 2 };

  test('llama sends the role with the first words, cumulative usage, and empty content at the end', () => {
    const head = '"object":"chat.completion.chunk","created":1788718020,"model":"test-model"';
    const frames = [...chatChunks(ask(body), 'test-model', 'llama', stamp)].map((frame) => frameOf(frame, false));
    const usage = (done: number) =>
      `"usage":{"prompt_tokens":1,"completion_tokens":${done},"total_tokens":${done + 1}}`;
    expect(frames).toEqual([
      `data: {"id":"chatcmpl_${stamp.id}",${head},"choices":[{"index":0,"delta":{"role":"assistant","content":"Thi"},"finish_reason":null}],${usage(1)}}\n\n`,
      `data: {"id":"chatcmpl_${stamp.id}",${head},"choices":[{"index":0,"delta":{"content":"s is"},"finish_reason":null}],${usage(2)}}\n\n`,
      `data: {"id":"chatcmpl_${stamp.id}",${head},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"length"}],${usage(2)}}\n\n`,
    ]);
  });

  test('gpt-5 sends usage only in a last chunk without choices', () => {
    const chunks = [...chatChunks(ask(body), 'test-model', 'gpt-5', stamp)];
    expect(chunks.slice(0, -1).every((chunk) => !('usage' in chunk))).toBe(true);
    expect(chunks.at(-2)).toMatchObject({ choices: [{ delta: {}, finish_reason: 'length' }] });
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    });
  });

  test('gpt-oss sends reasoning and text as parts, with and without streaming', () => {
    const chunks = [...chatChunks(ask(body), 'test-model', 'gpt-oss', stamp)];
    expect(chunks[0]).toMatchObject({
      choices: [
        { delta: { role: 'assistant', content: [{ type: 'reasoning', summary: [{ type: 'summary_text' }] }] } },
      ],
    });
    expect(chunks[1]).toMatchObject({ choices: [{ delta: { content: [{ type: 'text', text: 'Thi' }] } }] });
    const wholeBody = chatCompletion(ask(body), 'test-model', 'gpt-oss', stamp);
    expect(wholeBody).toMatchObject({
      choices: [{ message: { content: [{ type: 'reasoning' }, { type: 'text', text: 'This is' }] } }],
    });
  });

  test.each(['llama', 'gpt-5', 'gpt-oss'] as const)(
    '%s: the deltas of a stream add up to the answer without streaming',
    (profile) => {
      const answer = ask({ messages: [user('hello there')], n: 2 });
      const texts = ['', ''];
      for (const chunk of chatChunks(answer, 'm', profile, stamp)) {
        const choices: unknown = chunk.choices;
        for (const choice of Array.isArray(choices) ? choices : []) {
          const content: unknown = choice.delta.content;
          const parts = Array.isArray(content) ? content.map((part) => part.text ?? '').join('') : (content ?? '');
          texts[choice.index] += String(parts);
        }
      }
      expect(texts).toEqual(answer.choices.map(({ text }) => text));
    },
  );

  test('a streamed tool call names the tool first and then sends the arguments in pieces', () => {
    const tools = [
      {
        type: 'function',
        function: {
          name: 'look',
          parameters: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] },
        },
      },
    ];
    const chunks = [...chatChunks(ask({ messages: [user('look')], tools }), 'm', 'llama', stamp)];
    const calls = chunks.flatMap((chunk) => {
      const choices: unknown = chunk.choices;
      return Array.isArray(choices) ? choices.flatMap((choice) => choice.delta.tool_calls ?? []) : [];
    });
    expect(calls[0]).toMatchObject({
      index: 0,
      id: expect.any(String),
      type: 'function',
      function: { name: 'look', arguments: '' },
    });
    expect(calls.map((call) => call.function.arguments).join('')).toBe('{"at":"sandbox"}');
    expect(chunks.at(-1)).toMatchObject({ choices: [{ finish_reason: 'tool_calls' }] });
  });
});

describe('text completions', () => {
  test('have n choices per prompt, each cut at max_tokens', () => {
    const result = readCompletion({ prompt: ['a', 'b'], n: 2, max_tokens: 3 }, true);
    if ('refused' in result) throw new Error('refused');
    const answer = textCompletion(complete(result.request, 'm'), 'm', stamp);
    expect(answer).toMatchObject({
      object: 'text_completion',
      usage: { prompt_tokens: 2, completion_tokens: 12, total_tokens: 14 },
    });
    expect(answer.choices).toHaveLength(4);
  });

  test('refuse messages as an unknown field', () => {
    expect(readCompletion({ messages: [] }, true)).toMatchObject({
      refused: { body: { message: 'Bad request: json: unknown field "messages"' } },
    });
  });
});

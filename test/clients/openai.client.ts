/** Scenario S4: the `openai` package, pointed at the workspace. */
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../codegen/workspace.ts';
import { expectAsRecorded, ringAtOnce, throttle, type World, world } from './support.ts';

async function connected(base = '/serving-endpoints'): Promise<World & { client: OpenAI }> {
  const here = await world();
  return { ...here, client: new OpenAI({ baseURL: here.sandbox.host + base, apiKey: here.sandbox.token }) };
}

const messages = [
  { role: 'system' as const, content: 'sys' },
  { role: 'user' as const, content: 'hi' },
];
const model = FAMILIES.chat;
const parameters = { type: 'object', properties: { city: { type: 'string' } } };

describe('chat', () => {
  it('one answer, with the headers of the service', async () => {
    const { client, sent } = await connected();
    const one = await client.chat.completions.create({ model, messages, max_tokens: 9, temperature: 0.1 });
    expect(one.choices[0]?.message.content).toContain('sandbox');
    expectAsRecorded('openai', 'chat.completions.create', sent());
    const { response, request_id } = await client.chat.completions.create({ model, messages }).withResponse();
    expect(response.headers.get('served-model-name')).toBeTruthy();
    expect(request_id).toBeTruthy();
    expectAsRecorded('openai', 'chat.completions.create withResponse (headers)', sent());
  });

  it('streams, plainly and with the helper', async () => {
    const { client, sent } = await connected();
    const stream = await client.chat.completions.create({
      model: 'databricks-gpt-5',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let tokens = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      tokens = chunk.usage?.total_tokens ?? tokens;
    }
    expect(text).toContain('You wrote: hi');
    expect(tokens).toBeGreaterThan(0);
    expectAsRecorded('openai', 'chat stream', sent());
    const helper = client.chat.completions.stream({ model, messages });
    expect((await helper.finalMessage()).content).toContain('You wrote: hi');
    expectAsRecorded('openai', 'chat.completions.stream helper', sent());
  });

  it('tools, once and run to the end', async () => {
    const { client, sent } = await connected();
    const ask = [messages[0], { role: 'user' as const, content: 'weather {"city":"Paris"}' }] as typeof messages;
    const tools = [{ type: 'function' as const, function: { name: 'weather', parameters } }];
    const called = await client.chat.completions.create({ model, messages: ask, tools, tool_choice: 'auto' });
    expect(called.choices[0]?.message.tool_calls).toHaveLength(1);
    expectAsRecorded('openai', 'chat tools', sent());
    const running = [
      { ...tools[0], function: { name: 'weather', parameters, function: () => 'sunny', parse: JSON.parse } },
    ];
    const runner = client.chat.completions.runTools({ model, messages: ask, tools: running } as never);
    expect(await runner.finalContent()).toContain('sunny');
    expectAsRecorded('openai', 'chat runTools (2 steps)', sent());
  });

  it('structured output', async () => {
    const { client, sent } = await connected();
    const schema = { ...parameters, required: ['city'], additionalProperties: false };
    const parsed = await client.chat.completions.parse({
      model,
      messages,
      response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema } },
    });
    expect(JSON.parse(parsed.choices[0]?.message.content ?? '')).toEqual({ city: expect.any(String) });
    expectAsRecorded('openai', 'chat.completions.parse (json_schema)', sent());
  });

  it('by the endpoint’s own path, through the gateway, with fields of Databricks', async () => {
    const { client, sent } = await connected();
    const direct = await client.post(`/${model}/invocations`, { body: { messages } });
    expect(direct).toMatchObject({ object: 'chat.completion' });
    expectAsRecorded('openai', 'per-endpoint baseURL + /invocations via client.post', sent());
    const agent = { model: FAMILIES.chat_agent, messages, databricks_options: { return_trace: true } };
    await client.chat.completions.create(agent).catch(() => {}); // a ChatAgent answers in its own form
    expectAsRecorded('openai', 'extra body field (databricks_options)', sent());
    const gateway = await connected('/ai-gateway/mlflow/v1');
    await gateway.client.chat.completions.create({ model, messages });
    expectAsRecorded('openai', 'ai gateway', gateway.sent());
  });
});

describe('a model service', () => {
  const BASE = '/ai-gateway/mlflow/v1';

  /** A service whose one destination is a foundation model. */
  async function service(id: string, foundation: string) {
    const here = await connected(BASE);
    const { host, token } = here.sandbox;
    const destination = {
      name: 'only',
      destination_type: 'DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL',
      pay_per_token_config: { model: `models/system.ai.${foundation}` },
    };
    const made = await fetch(
      `${host}/api/2.1/unity-catalog/model-services?parent=schemas/ml.prod&model_service_id=${id}`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ config: { routing: { destinations: [destination] } } }),
      },
    );
    expect(made.status).toBe(200);
    here.sent();
    return { ...here, name: `ml.prod.${id}` };
  }

  it('chats, whole and streamed', async () => {
    const { client, name, sent } = await service('talk', 'claude-sonnet-4-5');
    const one = await client.chat.completions.create({ model: name, messages });
    expect([one.model, one.choices[0]?.message.content]).toEqual(['claude-sonnet-4-5', expect.stringContaining('hi')]);
    const helper = client.chat.completions.stream({ model: name, messages });
    expect((await helper.finalMessage()).content).toContain('You wrote: hi');
    expect(sent().map((line) => line.split(' ')[1])).toEqual([`${BASE}/chat/completions`, `${BASE}/chat/completions`]);
  });

  it('embeds', async () => {
    const { client, name } = await service('vectors', 'gte-large-en');
    const { data } = await client.embeddings.create({ model: name, input: ['a', 'b'], encoding_format: 'float' });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([1024, 1024]);
  });

  it('answers in the form of Responses, whole and with the helper', async () => {
    const { client, name } = await service('respond', 'gpt-5');
    expect((await client.responses.create({ model: name, input: 'hi' })).output_text).toContain('hi');
    const helper = client.responses.stream({ model: name, input: 'hi' });
    expect((await helper.finalResponse()).output_text).toContain('hi');
  });

  it('is refused by its status when there is none', async () => {
    const { client } = await connected(BASE);
    const asked = client.chat.completions.create({ model: 'ml.prod.nothing', messages });
    await expect(asked).rejects.toMatchObject({ status: 404 });
  });
});

describe('embeddings', () => {
  it('by default asks for base64, which this endpoint honours', async () => {
    const { client, sent } = await connected();
    const input = ['a', 'b'];
    const { data } = await client.embeddings.create({ model: FAMILIES.embeddings, input });
    expect(data.map((each) => each.embedding.length)).toEqual([1024, 1024]);
    expectAsRecorded('openai', 'embeddings (default encoding)', sent());
  });

  it('through the gateway, which ignores base64, the default comes out wrong and float right', async () => {
    const { client } = await connected('/ai-gateway/mlflow/v1');
    const wrong = await client.embeddings.create({ model: FAMILIES.embeddings, input: 'a' });
    expect(wrong.data[0]?.embedding.length).not.toBe(1024);
    const right = await client.embeddings.create({ model: FAMILIES.embeddings, input: 'a', encoding_format: 'float' });
    expect(right.data[0]?.embedding.length).toBe(1024);
  });

  it('asks for floats when told to', async () => {
    const { client, sent } = await connected();
    await client.embeddings.create({ model: FAMILIES.embeddings, input: 'a', encoding_format: 'float' });
    expectAsRecorded('openai', 'embeddings encoding_format float', sent());
  });
});

it('completions, whole and streamed', async () => {
  const { client, sent } = await connected();
  const one = await client.completions.create({ model: FAMILIES.completions, prompt: 'x', max_tokens: 3 });
  expect(one.choices[0]?.text).toBeTruthy();
  expectAsRecorded('openai', 'completions', sent());
  let text = '';
  for await (const chunk of await client.completions.create({
    model: FAMILIES.completions,
    prompt: 'x',
    stream: true,
  })) {
    text += chunk.choices[0]?.text ?? '';
  }
  expect(text).toBeTruthy();
  expectAsRecorded('openai', 'completions stream', sent());
});

it('responses: whole, streamed, and with the helper up to the last frame', async () => {
  const { client, sent } = await connected();
  const agent = FAMILIES.responses;
  const one = await client.responses.create({ model: agent, input: 'hi', instructions: 'sys' });
  expect(one.output_text).toContain('hi');
  expectAsRecorded('openai', 'responses.create', sent());
  const input = [{ role: 'user' as const, content: 'hi' }];
  await client.responses.create({ model: agent, input });
  expectAsRecorded('openai', 'responses.create messages input', sent());
  const types: string[] = [];
  for await (const event of await client.responses.create({ model: agent, input, stream: true }))
    types.push(event.type);
  expect(types).toContain('response.output_text.delta');
  expectAsRecorded('openai', 'responses stream', sent());
  // After the end, an agent sends its request id in a frame without a type. This helper refuses such frames, so read the events instead.
  const helper = client.responses.stream({ model: agent, input });
  let text = '';
  helper.on('response.output_text.done', (event) => (text += event.text));
  await expect(helper.finalResponse()).rejects.toThrow(/Unhandled response stream event.*databricks_output/);
  expect(text).toContain('hi');
  expectAsRecorded('openai', 'responses.stream helper', sent());
});

it('lists what may be queried as models', async () => {
  const { client, sent } = await connected();
  const ids: string[] = [];
  for await (const each of client.models.list()) ids.push(each.id);
  expect(ids).toContain(model);
  expectAsRecorded('openai', 'models.list', sent());
});

describe('refusals', () => {
  it('404: the status stands, the words of the service are lost', async () => {
    const { client, sent } = await connected();
    const asked = client.chat.completions.create({ model: 'missing', messages });
    await expect(asked).rejects.toMatchObject({ status: 404, message: expect.stringContaining('404') });
    expectAsRecorded('openai', '404', sent());
  });

  it('429: repeated as Retry-After says', async () => {
    const { client, sandbox, sent } = await connected();
    throttle(sandbox, '/serving-endpoints/chat/completions', 2, 7);
    const waits = ringAtOnce(7_000);
    await client.chat.completions.create({ model, messages }, { maxRetries: 2 });
    expect(waits()).toBe(2);
    expectAsRecorded('openai', '429 maxRetries 2 retry-after 1', sent());
  });

  it.each([
    ['mid-stream error event {error:"str"}', { sse_error_after: 3 }, 'closed the stream'],
    ['stream cut', { sse_cut_after: 3 }, 'terminated'],
  ])('%s: throws while it is read', async (step, effect, words) => {
    const { client, sandbox, sent } = await connected();
    sandbox.faults.add({ match: { path: '/serving-endpoints/chat/completions' }, effect });
    const read = async () => {
      for await (const _ of await client.chat.completions.create({ model, messages, stream: true }));
    };
    await expect(read()).rejects.toThrow(words);
    expectAsRecorded('openai', step, sent());
  });
});

it('a key from a function, asked for each call, so that OAuth tokens can be renewed', async () => {
  const { sandbox, sent } = await connected();
  let asked = 0;
  const apiKey = async () => {
    asked += 1;
    return sandbox.token;
  };
  const client = new OpenAI({ baseURL: `${sandbox.host}/serving-endpoints`, apiKey });
  await client.chat.completions.create({ model, messages });
  expectAsRecorded('openai', 'apiKey as async function', sent());
  await client.chat.completions.create({ model, messages });
  expect(asked).toBe(2);
});

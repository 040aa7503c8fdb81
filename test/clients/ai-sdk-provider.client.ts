/** Scenario S2: the AI SDK 6 with Databricks' own provider. */
import { createDatabricksProvider } from '@databricks/ai-sdk-provider';
import { generateText, Output, stepCountIs, streamText, tool } from 'ai';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { FAMILIES } from '../codegen/workspace.ts';
import { expectAsRecorded, throttle, type World, world } from './support.ts';

type Provider = ReturnType<typeof createDatabricksProvider>;

async function provider(base = '/serving-endpoints', more: object = {}): Promise<World & { databricks: Provider }> {
  const here = await world();
  const headers = { Authorization: `Bearer ${here.sandbox.token}` };
  return { ...here, databricks: createDatabricksProvider({ baseURL: here.sandbox.host + base, headers, ...more }) };
}

const system = 'be brief';
const prompt = 'hi';
const CLIENT = 'ai-sdk-provider';
const weather = tool({
  description: 'w',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => ({ city, t: 21 }),
});
const TOOLED = { system, prompt: 'weather {"city":"Paris"}', tools: { weather }, stopWhen: stepCountIs(2) };

describe('chatCompletions', () => {
  it.each([
    ['llama', FAMILIES.chat, 'stop'],
    ['gpt-oss', FAMILIES.parts, 'stop'],
    ['gpt-5', 'databricks-gpt-5', 'stop'],
  ])('generates with a model of the %s kind', async (_kind, endpoint, finish) => {
    const { databricks, sent } = await provider();
    const result = await generateText({
      model: databricks.chatCompletions(endpoint),
      system,
      prompt,
      maxOutputTokens: 50,
      temperature: 0.2,
      topP: 0.9,
      topK: 3,
      stopSequences: ['END'],
      providerOptions: { databricks: { n: 1, logprobs: true, topLogprobs: 2, reasoningEffort: 'low' } },
    });
    expect(result.text).toContain('You wrote: hi');
    expect(result.finishReason).toBe(finish);
    expect(result.usage.totalTokens).toBeGreaterThan(0);
    expectAsRecorded(CLIENT, 'chatCompletions generateText', sent());
  });

  it.each([
    ['llama', FAMILIES.chat, 'stop'],
    ['gpt-oss', FAMILIES.parts, 'stop'],
    // A last chunk with usage and no choice is read as an unknown end.
    ['gpt-5', 'databricks-gpt-5', 'other'],
  ])('streams from a model of the %s kind', async (_kind, endpoint, finish) => {
    const { databricks, sent } = await provider();
    const result = streamText({ model: databricks.chatCompletions(endpoint), system, prompt });
    expect(await result.text).toContain('You wrote: hi');
    expect(await result.finishReason).toBe(finish);
    expect((await result.usage).totalTokens).toBeGreaterThan(0);
    expectAsRecorded(CLIENT, 'chatCompletions streamText', sent());
  });

  it('calls a tool and goes on with what it gave', async () => {
    const { databricks, sent } = await provider('/serving-endpoints', { useRemoteToolCalling: false });
    const result = await generateText({ model: databricks.chatCompletions(FAMILIES.chat), ...TOOLED });
    expect(result.text).toContain('The tool answered');
    expectAsRecorded(CLIENT, 'chatCompletions generateText tools (2 steps)', sent());
    const streamed = streamText({ model: databricks.chatCompletions(FAMILIES.chat), ...TOOLED });
    expect(await streamed.text).toContain('The tool answered');
    expectAsRecorded(CLIENT, 'chatCompletions streamText tools (2 steps)', sent());
  });

  it('structured output', async () => {
    const { databricks, sent } = await provider();
    const schema = z.object({ city: z.string(), pop: z.number() });
    const model = databricks.chatCompletions(FAMILIES.chat);
    const { output } = await generateText({ model, system, prompt, output: Output.object({ schema }) });
    expect(schema.parse(output)).toEqual(output);
    expectAsRecorded(CLIENT, 'chatCompletions structured output', sent());
  });

  it('404: an error with the body as its text', async () => {
    const { databricks, sent } = await provider();
    const asked = generateText({ model: databricks.chatCompletions('missing'), system, prompt });
    await expect(asked).rejects.toMatchObject({
      statusCode: 404,
      message: expect.stringContaining('ENDPOINT_NOT_FOUND'),
    });
    expectAsRecorded(CLIENT, 'chatCompletions 404', sent());
  });

  it('429: not repeated, whatever maxRetries says', async () => {
    const { databricks, sandbox, sent } = await provider();
    throttle(sandbox, '/serving-endpoints/chat/completions', 2);
    const asked = generateText({ model: databricks.chatCompletions(FAMILIES.chat), system, prompt, maxRetries: 2 });
    await expect(asked).rejects.toMatchObject({ statusCode: 429 });
    expectAsRecorded(CLIENT, 'chatCompletions 429 (maxRetries 2)', sent());
  });

  it('an error event and a cut stream are error parts', async () => {
    for (const [effect, step] of [
      [{ sse_error_after: 3 }, 'chatCompletions stream mid-stream error event'],
      [{ sse_cut_after: 3 }, 'chatCompletions stream connection cut'],
    ] as const) {
      const { databricks, sandbox, sent } = await provider();
      sandbox.faults.add({ match: { path: '/serving-endpoints/chat/completions' }, effect });
      const model = databricks.chatCompletions(FAMILIES.chat);
      const result = streamText({ model, system, prompt, onError() {} });
      const kinds: string[] = [];
      try {
        for await (const part of result.fullStream) kinds.push(part.type);
      } catch {
        kinds.push('error');
      }
      expect(kinds).toContain('error');
      expectAsRecorded(CLIENT, step, sent());
    }
  });

  it('through formatUrl and through the gateway base', async () => {
    const direct = await provider('/serving-endpoints', {
      formatUrl: ({ baseUrl }: { baseUrl?: string }) => `${baseUrl}/${FAMILIES.chat}/invocations`,
    });
    const byUrl = await generateText({ model: direct.databricks.chatCompletions(FAMILIES.chat), system, prompt });
    expect(byUrl.text).toContain('hi');
    expectAsRecorded(CLIENT, 'formatUrl -> /invocations', direct.sent());
    const gateway = await provider('/ai-gateway/mlflow/v1');
    await generateText({ model: gateway.databricks.chatCompletions(FAMILIES.chat), system, prompt });
    expectAsRecorded(CLIENT, 'ai gateway baseURL', gateway.sent());
  });
});

describe('responses', () => {
  it('generates and streams', async () => {
    const { databricks, sent } = await provider();
    const model = databricks.responses(FAMILIES.responses);
    const result = await generateText({
      model,
      system,
      prompt,
      maxOutputTokens: 50,
      temperature: 0.2,
      providerOptions: {
        databricks: {
          parallelToolCalls: false,
          metadata: { a: 'b' },
          reasoning: { effort: 'low' },
          includeTrace: true,
        },
      },
    });
    expect(result.text).toContain('hi');
    expectAsRecorded(CLIENT, 'responses generateText', sent());
    const streamed = streamText({ model, system, prompt });
    expect(await streamed.text).toContain('hi');
    expectAsRecorded(CLIENT, 'responses streamText', sent());
  });

  it('calls a tool; the streamed form sends the pair of call and output twice', async () => {
    const { databricks, sandbox, sent } = await provider('/serving-endpoints', { useRemoteToolCalling: false });
    const model = databricks.responses(FAMILIES.responses);
    expect((await generateText({ model, ...TOOLED })).text).toContain('The tool answered');
    expectAsRecorded(CLIENT, 'responses generateText tools', sent());
    expect(await streamText({ model, ...TOOLED }).text).toContain('The tool answered');
    expectAsRecorded(CLIENT, 'responses streamText tools', sent());
    const last = sandbox.requests.at(-1)?.body as { input: { type?: string }[] }; // what the client just sent
    expect(last.input.filter((item) => item.type === 'function_call')).toHaveLength(2);
  });
});

it('chatAgent generates and streams, without the system message', async () => {
  const { databricks, sandbox, sent } = await provider();
  const model = databricks.chatAgent(FAMILIES.chat_agent);
  expect((await generateText({ model, system, prompt })).text).toContain('hi');
  expectAsRecorded(CLIENT, 'chatAgent generateText', sent());
  expect(await streamText({ model, system, prompt }).text).toContain('hi');
  expectAsRecorded(CLIENT, 'chatAgent streamText', sent());
  expect(JSON.stringify(sandbox.requests.at(-1)?.body)).not.toContain(system);
});

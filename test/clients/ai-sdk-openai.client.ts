/** Scenario S3, the clients: the AI SDK 6 with OpenAI's provider and with the OpenAI-compatible one. */
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { embedMany, generateText, Output, stepCountIs, streamText, tool } from 'ai';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { FAMILIES } from '../codegen/workspace.ts';
import { expectAsRecorded, ringAtOnce, throttle, world } from './support.ts';

const prompt = 'hi';
const weather = tool({
  description: 'w',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => ({ city, t: 21 }),
});
const TOOLED = { prompt: 'weather {"city":"Paris"}', tools: { weather }, stopWhen: stepCountIs(2) };
const schema = z.object({ city: z.string(), pop: z.number() });

async function openai(base: string) {
  const here = await world();
  return { ...here, databricks: createOpenAI({ baseURL: here.sandbox.host + base, apiKey: here.sandbox.token }) };
}

async function compatible(includeUsage = false) {
  const here = await world();
  const options = { baseURL: `${here.sandbox.host}/serving-endpoints`, apiKey: here.sandbox.token, includeUsage };
  return { ...here, databricks: createOpenAICompatible({ name: 'databricks', ...options }) };
}

describe.each([
  ['serving-endpoints', '/serving-endpoints'],
  ['ai-gateway', '/mlflow/v1'],
])('@ai-sdk/openai at %s', (label, base) => {
  const step = (name: string) => `${label} ${name}`;

  it('chat: generate and stream', async () => {
    const { databricks, sent } = await openai(base);
    const model = databricks.chat(FAMILIES.chat);
    const options = { model, system: 's', prompt, maxOutputTokens: 50, temperature: 0.2 };
    expect((await generateText(options)).text).toContain('hi');
    expectAsRecorded('ai-sdk-openai', step('.chat generateText'), sent());
    const streamed = streamText({ model, prompt, maxOutputTokens: 50 });
    expect(await streamed.text).toContain('hi');
    expect(await streamed.finishReason).toBe('stop');
    expectAsRecorded('ai-sdk-openai', step('.chat streamText -> textStream (skill recipe)'), sent());
  });

  it('chat: tools', async () => {
    const { databricks, sent } = await openai(base);
    const model = databricks.chat(FAMILIES.chat);
    expect((await generateText({ model, ...TOOLED })).text).toContain('The tool answered');
    expectAsRecorded('ai-sdk-openai', step('.chat tools'), sent());
    expect(await streamText({ model, ...TOOLED }).text).toContain('The tool answered');
    expectAsRecorded('ai-sdk-openai', step('.chat tools stream'), sent());
  });

  it('its default model is the Responses API', async () => {
    const { databricks, sent } = await openai(base);
    const model = databricks(FAMILIES.responses);
    expect((await generateText({ model, prompt })).text).toContain('hi');
    expectAsRecorded('ai-sdk-openai', step('default model (responses) generateText'), sent());
    expect(await streamText({ model, prompt }).text).toContain('hi');
    expectAsRecorded('ai-sdk-openai', step('default model (responses) streamText'), sent());
  });

  it('embeddings ask for floats; completions flatten the messages', async () => {
    const { databricks, sent } = await openai(base);
    const { embeddings } = await embedMany({ model: databricks.embedding(FAMILIES.embeddings), values: ['a', 'b'] });
    expect(embeddings.map((each) => each.length)).toEqual([1024, 1024]);
    expectAsRecorded('ai-sdk-openai', step('embedding'), sent());
    expect((await generateText({ model: databricks.completion(FAMILIES.completions), prompt })).text).toBeTruthy();
    expectAsRecorded('ai-sdk-openai', step('.completion'), sent());
  });

  it('404: the words of the service are only in the body', async () => {
    const { databricks, sent } = await openai(base);
    const asked = generateText({ model: databricks.chat('missing'), prompt });
    await expect(asked).rejects.toMatchObject({ statusCode: 404, responseBody: expect.stringContaining('not exist') });
    expectAsRecorded('ai-sdk-openai', step('.chat 404'), sent());
  });
});

it('@ai-sdk/openai repeats a 429 as Retry-After says', async () => {
  const { databricks, sandbox, sent } = await openai('/serving-endpoints');
  throttle(sandbox, '/serving-endpoints/chat/completions', 2, 7);
  const waits = ringAtOnce(7_000);
  await generateText({ model: databricks.chat(FAMILIES.chat), prompt, maxRetries: 2 });
  expect(waits()).toBe(2);
  expectAsRecorded('ai-sdk-openai', '429 retry-after maxRetries 2', sent());
});

it('@ai-sdk/openai cannot read content that comes in parts', async () => {
  const { databricks } = await openai('/serving-endpoints');
  await expect(generateText({ model: databricks.chat(FAMILIES.parts), prompt })).rejects.toThrow();
});

describe('@ai-sdk/openai-compatible', () => {
  it('chat: generate, stream with and without usage', async () => {
    const plain = await compatible();
    const model = plain.databricks.chatModel(FAMILIES.chat);
    expect((await generateText({ model, system: 's', prompt, maxOutputTokens: 9 })).text).toBeTruthy();
    expectAsRecorded('ai-sdk-openai-compatible', 'chatModel generateText', plain.sent());
    expect(await streamText({ model, prompt }).text).toContain('hi');
    expectAsRecorded('ai-sdk-openai-compatible', 'chatModel streamText no includeUsage', plain.sent());
    const counting = await compatible(true);
    const streamed = streamText({ model: counting.databricks.chatModel('databricks-gpt-5'), prompt });
    expect(await streamed.text).toContain('hi');
    expect((await streamed.usage).totalTokens).toBeGreaterThan(0);
    expectAsRecorded('ai-sdk-openai-compatible', 'chatModel streamText includeUsage', counting.sent());
  });

  it('chat: tools, structured output, an error event', async () => {
    const { databricks, sandbox, sent } = await compatible(true);
    const model = databricks.chatModel(FAMILIES.chat);
    expect((await generateText({ model, ...TOOLED })).text).toContain('The tool answered');
    expectAsRecorded('ai-sdk-openai-compatible', 'tools', sent());
    const options = { baseURL: `${sandbox.host}/serving-endpoints`, apiKey: sandbox.token };
    const strict = createOpenAICompatible({ name: 'd', ...options, supportsStructuredOutputs: true });
    const output = Output.object({ schema });
    const structured = await generateText({ model: strict.chatModel(FAMILIES.chat), prompt, output });
    expect(schema.parse(structured.output)).toEqual(structured.output);
    expectAsRecorded('ai-sdk-openai-compatible', 'structured', sent());
    sandbox.faults.add({ match: { path: '/serving-endpoints/chat/completions' }, effect: { sse_error_after: 3 } });
    const kinds: string[] = [];
    for await (const part of streamText({ model, prompt, onError() {} }).fullStream) kinds.push(part.type);
    expect(kinds).toContain('error');
    expectAsRecorded('ai-sdk-openai-compatible', 'mid-stream error', sent());
  });

  it('completions, embeddings and a 404', async () => {
    const { databricks, sent } = await compatible();
    const completion = await generateText({ model: databricks.completionModel(FAMILIES.completions), prompt });
    expect(completion.text).toBeTruthy();
    expectAsRecorded('ai-sdk-openai-compatible', 'completionModel', sent());
    const model = databricks.textEmbeddingModel(FAMILIES.embeddings);
    const { embeddings } = await embedMany({ model, values: ['a', 'b'] });
    expect(embeddings[0]?.some((value) => value !== 0)).toBe(true);
    expectAsRecorded('ai-sdk-openai-compatible', 'embeddingModel', sent());
    await expect(generateText({ model: databricks.chatModel('missing'), prompt })).rejects.toMatchObject({
      statusCode: 404,
    });
    expectAsRecorded('ai-sdk-openai-compatible', '404', sent());
  });
});

/** Scenario S6, the model side: `@databricks/langchainjs`. */
import { ChatDatabricks } from '@databricks/langchainjs';
import { HumanMessage, SystemMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { CLIENT_ID, CLIENT_SECRET, FAMILIES } from '../codegen/workspace.ts';
import { expectAsRecorded, type World, world } from './support.ts';

const human = [new HumanMessage('hi')];

async function chat(options: object = {}): Promise<World & { model: ChatDatabricks }> {
  const here = await world();
  const { host, token } = here.sandbox;
  const model = new ChatDatabricks({ model: FAMILIES.chat, auth: { host, token, authType: 'pat' }, ...options });
  return { ...here, model };
}

it('invokes and streams', async () => {
  const { model, sandbox, sent } = await chat();
  const { host, token } = sandbox;
  const tuned = new ChatDatabricks({
    model: FAMILIES.chat,
    auth: { host, token, authType: 'pat' },
    maxTokens: 9,
    temperature: 0.1,
    stop: ['X'],
  });
  expect((await tuned.invoke([new SystemMessage('sys'), ...human])).content).toBeTruthy();
  expectAsRecorded('langchainjs', 'invoke', sent());
  let text = '';
  for await (const chunk of await model.stream(human)) text += String(chunk.content);
  expect(text).toContain('You wrote: hi');
  expectAsRecorded('langchainjs', 'stream', sent());
});

it('binds tools', async () => {
  const { model, sent } = await chat();
  const weather = tool(async () => 'sunny', {
    name: 'weather',
    description: 'w',
    schema: z.object({ city: z.string() }),
  });
  const bound = model.bindTools([weather]);
  const answer = await bound.invoke('weather {"city":"Paris"}');
  expect(answer.tool_calls?.[0]).toMatchObject({ name: 'weather', args: { city: 'Paris' } });
  expectAsRecorded('langchainjs', 'bindTools invoke', sent());
});

it('a Responses agent', async () => {
  const { model, sent } = await chat({ model: FAMILIES.responses, useResponsesApi: true });
  expect(JSON.stringify((await model.invoke(human)).content)).toContain('hi');
  expectAsRecorded('langchainjs', 'responses invoke', sent());
  let parts = 0;
  for await (const _ of await model.stream(human)) parts += 1;
  expect(parts).toBeGreaterThan(1);
  expectAsRecorded('langchainjs', 'responses stream', sent());
});

it('M2M: one token for two calls', async () => {
  const { sandbox, sent } = await chat();
  const auth = { host: sandbox.host, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, authType: 'oauth-m2m' as const };
  const model = new ChatDatabricks({ model: FAMILIES.chat, auth });
  await model.invoke(human);
  await model.invoke(human);
  expectAsRecorded('langchainjs', 'M2M invoke x2 same model', sent());
});

it('404: an error when invoked; a failed stream says so in a chunk instead of throwing', async () => {
  const { model, sent } = await chat({ model: 'missing' });
  await expect(model.invoke(human)).rejects.toThrow();
  expectAsRecorded('langchainjs', '404', sent());
  const chunks: unknown[] = [];
  for await (const chunk of await model.stream(human)) chunks.push(chunk.content);
  expect(chunks.join('')).toBe('');
  expectAsRecorded('langchainjs', 'stream 404 (error surfaced?)', sent());
});

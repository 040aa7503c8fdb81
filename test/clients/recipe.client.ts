/** Scenario S3, the recipe: what `get_integration_code` generates for the AI SDK, as a process of its own, while the workspace misbehaves. */
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generate, machine, programClock, run, serve, startHarness } from '../codegen/generated.ts';
import { FAMILIES } from '../codegen/workspace.ts';

const CLIENTS = join(import.meta.dirname, 'node_modules');
const SERVER = join(import.meta.dirname, 'serve-route.mjs');
const QUESTION = {
  id: 'chat',
  messages: [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'When does one plant a tree?' }] }],
};

async function files(endpoint: string) {
  const harness = await startHarness();
  const folder = await generate(harness, endpoint, 'ai_sdk');
  await symlink(CLIENTS, join(folder, 'node_modules'));
  return { harness, folder, faults: harness.sandbox.faults };
}

async function route(endpoint = FAMILIES.chat) {
  const made = await files(endpoint);
  const clock = programClock();
  return { ...made, clock, served: await serve(made.folder, SERVER, { ...machine(made.harness), ...clock.env }) };
}

const CHAT = { path: '/serving-endpoints/chat/completions' };

describe('streams what useChat asks', () => {
  it.each([
    ['chat', FAMILIES.chat],
    ['chat in parts', FAMILIES.parts],
    ['gpt-5', 'databricks-gpt-5'],
    ['responses', FAMILIES.responses],
    ['chat agent', FAMILIES.chat_agent],
    ['completions', FAMILIES.completions],
    ['route-optimized', 'agent-direct'],
  ])('of a %s endpoint', async (_family, endpoint) => {
    const { served } = await route(endpoint);
    const answer = await served.post(QUESTION);
    expect(answer).toMatchObject({ status: 200, cut: false });
    expect(answer.text.length).toBeGreaterThan(20);
    expect(answer.text).not.toContain('[object Object]');
    expect(served.err()).toBe('');
  });

  it('by the OpenAI-compatible model too', async () => {
    const { folder, harness } = await files(FAMILIES.chat);
    await writeFile(join(folder, 'model.mjs'), `export { model } from './model-openai.mjs';\n`);
    const served = await serve(folder, SERVER, machine(harness));
    harness.sent();
    const answer = await served.post(QUESTION);
    expect(answer).toMatchObject({ status: 200, cut: false });
    expect(answer.text).toContain('plant a tree');
    expect(harness.sent()).toEqual(['POST /oidc/v1/token', 'POST /serving-endpoints/chat/completions']);
  });
});

describe('when the workspace fails', () => {
  it('404: no 200, and the words of the service', async () => {
    const { served, faults } = await route();
    faults.add({
      match: CHAT,
      effect: { status: 404, body: { error_code: 'ENDPOINT_NOT_FOUND', message: 'does not exist' } },
    });
    const { status, text } = await served.post(QUESTION);
    expect([status, text.includes('does not exist')]).toEqual([404, true]);
    expect(await served.alive()).toBe(true);
  });

  it.each([
    ['an error event', { sse_error_after: 0 }],
    ['a cut', { sse_cut_after: 0 }],
    ['a lost answer', { lost_reply: true as const }],
  ])('%s before the first text: no 200', async (_name, effect) => {
    const { served, faults, harness } = await route();
    faults.add({ match: CHAT, effect });
    harness.sent();
    expect((await served.post(QUESTION)).status).toBe(502);
    expect(harness.sent().filter((line) => line.endsWith(CHAT.path))).toHaveLength(1);
    expect(await served.alive()).toBe(true);
  });

  it.each([
    ['an error event', { sse_error_after: 5 }],
    ['a cut', { sse_cut_after: 5 }],
  ])('%s after the first text: the answer is aborted and the process goes on', async (_name, effect) => {
    const { served, faults } = await route();
    faults.add({ match: CHAT, effect });
    expect(await served.post(QUESTION)).toMatchObject({ status: 200, cut: true });
    expect(await served.alive()).toBe(true);
    faults.clear();
    expect(await served.post(QUESTION)).toMatchObject({ status: 200, cut: false });
    expect(served.err()).toBe('');
  });

  it('a question that cannot be read is the caller’s fault', async () => {
    const { served } = await route();
    expect((await served.post({ messages: 'hi' })).status).toBe(400);
    expect(await served.alive()).toBe(true);
  });

  it('429: waits as Retry-After says and repeats, which the provider itself does not', async () => {
    const { served, faults, clock, harness } = await route();
    faults.add({ match: CHAT, times: 1, effect: { status: 429, headers: { 'retry-after': '7' } } });
    expect(await served.post(QUESTION)).toMatchObject({ status: 200, cut: false });
    expect(clock.passed()).toBe(7_000);
    expect(harness.sent().filter((line) => line.endsWith(CHAT.path))).toHaveLength(2);
  });

  it('401: gets a new token once, and repeats', async () => {
    const { served, faults, harness } = await route();
    faults.add({ match: CHAT, times: 1, effect: { status: 401 } });
    harness.sent();
    expect(await served.post(QUESTION)).toMatchObject({ status: 200, cut: false });
    expect(harness.sent()).toEqual([
      'POST /oidc/v1/token',
      `POST ${CHAT.path}`,
      'POST /oidc/v1/token',
      `POST ${CHAT.path}`,
    ]);
    faults.add({ match: CHAT, effect: { status: 401 } });
    expect((await served.post(QUESTION)).status).toBe(401);
  });

  it('a reader who leaves ends neither the process nor the next answer', async () => {
    const { served, faults } = await route();
    faults.add({ match: CHAT, effect: { slow_body: { chunk_bytes: 40, every_ms: 20 } } });
    const leaving = new AbortController();
    const asked = await fetch(served.url, {
      method: 'POST',
      body: JSON.stringify(QUESTION),
      signal: leaving.signal,
    });
    await asked.body?.getReader().read();
    leaving.abort();
    expect(await served.alive()).toBe(true);
    faults.clear();
    expect((await served.post(QUESTION)).status).toBe(200);
  });
});

it('one token serves many requests and is renewed before it ends', async () => {
  const { served, harness, clock } = await route();
  harness.sent();
  const tokens = () => harness.sent().filter((line) => line === 'POST /oidc/v1/token').length;
  await Promise.all(Array.from({ length: 5 }, () => served.post(QUESTION)));
  expect(tokens()).toBe(1);
  // The token lives an hour and is renewed five minutes before its end.
  clock.advance(55 * 60_000 - 1);
  expect((await served.post(QUESTION)).status).toBe(200);
  expect(tokens()).toBe(0);
  clock.advance(1);
  expect((await served.post(QUESTION)).status).toBe(200);
  expect(tokens()).toBe(1);
});

it('embeds with floats', async () => {
  const { folder, harness } = await files(FAMILIES.embeddings);
  const { code, out, err } = await run(process.execPath, ['example.mjs'], folder, machine(harness));
  expect([code, err]).toEqual([0, '']);
  expect(JSON.parse(out).map((each: number[]) => each.length)).toEqual([1024, 1024]);
  expect(harness.sandbox.requests.at(-1)?.body).toMatchObject({ encoding_format: 'float' });
});

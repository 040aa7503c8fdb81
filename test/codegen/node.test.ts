import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RUN_ALL } from '../support/selection.ts';
import { generate, machine, programClock, run, serve, startHarness } from './generated.ts';
import { FAMILIES } from './workspace.ts';

const QUESTION = { messages: [{ role: 'user', content: 'What is a good day to plant a tree?' }] };
const FM_PATH = `/serving-endpoints/${FAMILIES.chat}/invocations`;

async function chatServer(endpoint = FAMILIES.chat, lifetime?: number) {
  const harness = await startHarness(lifetime);
  const folder = await generate(harness, endpoint, 'node');
  const clock = programClock();
  const served = await serve(folder, join(folder, 'server.mjs'), { ...machine(harness), ...clock.env });
  return { harness, served, clock };
}

describe('streams text', () => {
  for (const family of ['chat', 'parts', 'responses', 'chat_agent'] as const) {
    it.runIf(RUN_ALL || family === 'responses')(`of a ${family} endpoint`, async () => {
      const { served } = await chatServer(FAMILIES[family]);
      const answer = await served.post(QUESTION);
      expect(answer).toMatchObject({ status: 200, cut: false });
      expect(answer.text).toContain('plant a tree');
      expect(answer.text).not.toContain('[object Object]');
      expect(served.err()).toBe('');
    });
  }

  it('of a completions endpoint', async () => {
    const { served } = await chatServer(FAMILIES.completions);
    const answer = await served.post({ prompt: 'Once upon a time' });
    expect(answer).toMatchObject({ status: 200, cut: false });
    expect(answer.text.length).toBeGreaterThan(5);
  });

  it('of a route-optimized agent, at its own URL with a narrowed token', async () => {
    const { harness, served } = await chatServer('agent-direct');
    harness.sent();
    expect(await served.post(QUESTION)).toMatchObject({ status: 200, cut: false });
    const sent = harness.sent();
    expect(sent.slice(0, 2)).toEqual(['POST /oidc/v1/token', 'POST /oidc/v1/token']);
    expect(sent[2]).toMatch(/^POST \/route-optimized\/.*\/agent-direct\/invocations$/);
  });
});

describe('a stream that fails', () => {
  it('before the first text keeps the status of the refusal: 404', async () => {
    const { harness, served } = await chatServer();
    harness.sandbox.faults.add({
      match: { path: FM_PATH },
      effect: { status: 404, body: { error_code: 'ENDPOINT_NOT_FOUND', message: 'The given endpoint does not exist' } },
    });
    const { status, text } = await served.post(QUESTION);
    expect(status).toBe(404);
    expect(JSON.parse(text)).toEqual({ code: 'ENDPOINT_NOT_FOUND', error: 'The given endpoint does not exist' });
    expect(await served.alive()).toBe(true);
  });

  it('with an error event before the first text does not get a 200', async () => {
    const { harness, served } = await chatServer();
    harness.sandbox.faults.add({ match: { path: FM_PATH }, effect: { sse_error_after: 0 } });
    const { status, text } = await served.post(QUESTION);
    expect(status).toBe(502);
    expect(text).toContain('The model server closed the stream.');
  });

  it('with an error event later aborts the answer and leaves the process alone', async () => {
    const { harness, served } = await chatServer();
    harness.sandbox.faults.add({ match: { path: FM_PATH }, effect: { sse_error_after: 4 } });
    const { status, text, cut } = await served.post(QUESTION);
    expect([status, cut, text.length > 0]).toEqual([200, true, true]);
    expect(await served.alive()).toBe(true);
  });

  it.each([0, 4])('by a cut after %i frames never looks like a complete answer', async (frames) => {
    const { harness, served } = await chatServer();
    harness.sandbox.faults.add({ match: { path: FM_PATH }, effect: { sse_cut_after: frames } });
    const { status, cut } = await served.post(QUESTION);
    expect(frames === 0 ? status : cut).toBe(frames === 0 ? 502 : true);
    expect(await served.alive()).toBe(true);
    harness.sandbox.faults.clear();
    expect(await served.post(QUESTION)).toMatchObject({ status: 200, cut: false });
    expect(served.err()).toBe('');
  });

  it('by a body without its end mark is distinguished from a complete one', async () => {
    const { harness, served } = await chatServer();
    const frame = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'half an ans' }, finish_reason: null }] })}\n\n`;
    harness.sandbox.faults.add({
      match: { path: FM_PATH },
      effect: { status: 200, body: frame, headers: { 'content-type': 'text/event-stream' } },
    });
    expect(await served.post(QUESTION)).toEqual({ status: 200, text: 'half an ans', cut: true });
  });
});

/** The service answers the chat with these lines of a stream. */
function streams(harness: Awaited<ReturnType<typeof startHarness>>, body: string, path = FM_PATH): void {
  const headers = { 'content-type': 'text/event-stream' };
  harness.sandbox.faults.add({ match: { path }, effect: { status: 200, body, headers } });
}
const frame = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const HALF = frame({ choices: [{ index: 0, delta: { content: 'half' }, finish_reason: null }] });
const CUT = frame({ choices: [{ index: 0, delta: {}, finish_reason: 'length' }] });

describe('the way in which an answer ended', () => {
  it.each([
    ['an event named error', 'event: error\ndata: {"message":"the tool failed"}\n\n'],
    ['a frame with an error code', frame({ error_code: 'INTERNAL_ERROR', message: 'the tool failed' })],
  ])('is an error for %s, also inside a 200', async (_what, broken) => {
    const { harness, served } = await chatServer();
    streams(harness, broken);
    expect(await served.post(QUESTION)).toMatchObject({
      status: 502,
      text: expect.stringContaining('the tool failed'),
    });
    harness.sandbox.faults.clear();
    streams(harness, `${HALF}${broken}data: [DONE]\n\n`);
    expect(await served.post(QUESTION)).toEqual({ status: 200, text: 'half', cut: true });
  });

  it('reaches the reader of the server in a trailer', async () => {
    const { harness, served } = await chatServer();
    streams(harness, `${HALF}${CUT}data: [DONE]\n\n`);
    const trailers = await new Promise((resolve, reject) => {
      const request = httpRequest(served.url, { method: 'POST' }, (reply) => {
        reply.resume().on('end', () => resolve(reply.trailers));
      });
      request.on('error', reject).end(JSON.stringify(QUESTION));
    });
    expect(trailers).toEqual({ 'finish-reason': 'length' });
  });

  it('is printed in a terminal when it is not the usual one', async () => {
    const harness = await startHarness();
    const folder = await generate(harness, FAMILIES.chat, 'node');
    const asked = () => run(process.execPath, ['ask.mjs', 'And', 'a shrub?'], folder, machine(harness));
    const usual = await asked();
    expect([usual.code, usual.err]).toEqual([0, '']);
    expect(usual.out).toContain('a shrub');
    streams(harness, `${HALF}${CUT}data: [DONE]\n\n`);
    expect(await asked()).toMatchObject({
      code: 0,
      out: 'half\n',
      err: expect.stringContaining("finish_reason: 'length'"),
    });
  });

  it('of an agent includes what it asks for besides text', async () => {
    const harness = await startHarness();
    const folder = await generate(harness, FAMILIES.responses, 'node');
    const item = { type: 'mcp_approval_request', id: 'ap1', name: 'delete_table' };
    const path = `/serving-endpoints/${FAMILIES.responses}/invocations`;
    streams(harness, `${frame({ type: 'response.output_item.done', item })}data: [DONE]\n\n`, path);
    const { code, err } = await run(process.execPath, ['ask.mjs'], folder, machine(harness));
    expect(code).toBe(0);
    expect(err).toContain('delete_table');
  });
});

it('waits as Retry-After says, and repeats', async () => {
  const { harness, served, clock } = await chatServer();
  const refusal = { error_code: 'REQUEST_LIMIT_EXCEEDED', message: 'Exceeded the rate limit' };
  harness.sandbox.faults.add({
    match: { path: FM_PATH },
    times: 1,
    effect: { status: 429, body: refusal, headers: { 'retry-after': '7' } },
  });
  expect(await served.post(QUESTION)).toMatchObject({ status: 200, cut: false });
  expect(clock.passed()).toBe(7_000);
  expect(harness.sent().filter((line) => line.endsWith(FM_PATH))).toHaveLength(2);
});

it('hands a refusal on when the wait would be long', async () => {
  const { harness, served } = await chatServer();
  harness.sandbox.faults.add({ match: { path: FM_PATH }, effect: { status: 429, headers: { 'retry-after': '600' } } });
  expect((await served.post(QUESTION)).status).toBe(429);
  expect(harness.sent().filter((line) => line.endsWith(FM_PATH))).toHaveLength(1);
});

it('never repeats a request that may have run', async () => {
  const { harness, served } = await chatServer();
  harness.sandbox.faults.add({ match: { path: FM_PATH }, effect: { lost_reply: true } });
  expect((await served.post(QUESTION)).status).toBe(502);
  expect(harness.sent().filter((line) => line.endsWith(FM_PATH))).toHaveLength(1);
  expect(await served.alive()).toBe(true);
});

it('a reader who leaves ends the request upstream and not the process', async () => {
  const { harness, served } = await chatServer();
  harness.sandbox.faults.add({
    match: { path: FM_PATH },
    effect: { slow_body: { chunk_bytes: 20, every_ms: 20 } },
  });
  const leaving = new AbortController();
  const asked = fetch(served.url, { method: 'POST', body: JSON.stringify(QUESTION), signal: leaving.signal });
  const reader = (await asked).body?.getReader();
  await reader?.read();
  leaving.abort();
  expect(await served.alive()).toBe(true);
  harness.sandbox.faults.clear();
  expect((await served.post(QUESTION)).status).toBe(200);
});

it.each([
  ['of an hour is renewed five minutes before its end', 3_600, 55 * 60_000],
  ['of a minute is renewed after half of it', 60, 30_000],
])('five requests at once share one token, and one %s', async (_when, lifetime, renewal) => {
  const { harness, served, clock } = await chatServer(FAMILIES.chat, lifetime);
  harness.sent();
  const tokens = () => harness.sent().filter((line) => line === 'POST /oidc/v1/token').length;
  await Promise.all(Array.from({ length: 5 }, () => served.post(QUESTION)));
  expect(tokens()).toBe(1);
  clock.advance(renewal - 1);
  expect((await served.post(QUESTION)).status).toBe(200);
  expect(tokens()).toBe(0);
  clock.advance(1);
  expect((await served.post(QUESTION)).status).toBe(200);
  expect(tokens()).toBe(1);
});

it('a failed token request is retried by the next request', async () => {
  const { harness, served } = await chatServer();
  harness.sandbox.faults.add({ match: { path: '/oidc/v1/token' }, times: 1, effect: { status: 500 } });
  expect((await served.post(QUESTION)).status).toBe(502);
  expect((await served.post(QUESTION)).status).toBe(200);
});

it('a request that is not JSON is the caller’s fault', async () => {
  const { served } = await chatServer();
  const reply = await fetch(served.url, { method: 'POST', body: '{"messages":' });
  expect(reply.status).toBe(400);
});

describe('whole answers', () => {
  it('that are not JSON are not lost', async () => {
    const harness = await startHarness();
    const folder = await generate(harness, FAMILIES.custom, 'node');
    const effect = { status: 200, body: '{"predictions":[0.5, NaN]}', headers: { 'content-type': 'application/json' } };
    harness.sandbox.faults.add({ match: { path: `/serving-endpoints/${FAMILIES.custom}/invocations` }, effect });
    const { code, err } = await run(process.execPath, ['example.mjs'], folder, machine(harness));
    expect(code).toBe(1);
    expect(err).toContain('the model answered, but not in JSON: {"predictions":[0.5, NaN]}');
  });

  it('predicts with the example row of the published schema', async () => {
    const harness = await startHarness();
    const folder = await generate(harness, FAMILIES.custom, 'node');
    const { code, out, err } = await run(process.execPath, ['example.mjs'], folder, machine(harness));
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toEqual([{ churn_probability: expect.any(Number) }]);
  });

  it('embeds with floats', async () => {
    const harness = await startHarness();
    const folder = await generate(harness, FAMILIES.embeddings, 'node');
    const { out } = await run(process.execPath, ['example.mjs'], folder, machine(harness));
    const [first, second] = JSON.parse(out);
    expect([first.length, second.length]).toEqual([1024, 1024]);
    expect(first.some((value: number) => value !== 0)).toBe(true);
    expect(harness.sandbox.requests.at(-1)?.body).toMatchObject({ encoding_format: 'float' });
  });

  it('predicts on a route-optimized endpoint', async () => {
    const harness = await startHarness();
    const folder = await generate(harness, 'churn-direct', 'node');
    const { code, out } = await run(process.execPath, ['example.mjs'], folder, machine(harness));
    expect([code, JSON.parse(out).length]).toEqual([0, 1]);
  });

  it('a personal token does without the service principal', async () => {
    const harness = await startHarness();
    const folder = await generate(harness, FAMILIES.custom, 'node');
    const { PATH = '', DATABRICKS_HOST = '' } = machine(harness);
    const env = { PATH, DATABRICKS_HOST, DATABRICKS_TOKEN: harness.sandbox.token };
    const { code } = await run(process.execPath, ['example.mjs'], folder, env);
    expect(code).toBe(0);
    expect(harness.sent().some((line) => line.includes('/oidc/'))).toBe(false);
  });

  it('refuses to send a token over plain http to another machine', async () => {
    const harness = await startHarness();
    const folder = await generate(harness, FAMILIES.custom, 'node');
    const env = { ...machine(harness), DATABRICKS_HOST: 'http://workspace.example.com' };
    const { code, err } = await run(process.execPath, ['example.mjs'], folder, env);
    expect(code).not.toBe(0);
    expect(err).toContain('DATABRICKS_HOST must start with https://');
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manualClock } from '../../../src/sandbox/clock.ts';
import type { AnswerFault, StreamErrorForm } from '../../../src/sandbox/faults/faults.ts';
import { type Client, ENDPOINTS, startClient } from '../client.ts';

const ASK = { messages: [{ role: 'user', content: 'hello' }] };
const ROW = { dataframe_records: [{ x: 1 }, { x: 2 }] };
const LLM = '/serving-endpoints/llm/invocations';
const AGENT = '/serving-endpoints/agent/invocations';
const LINE = '/serving-endpoints/line/invocations';

const served = (entity_name: string) => ({
  served_entities: [{ entity_name, entity_version: '1', workload_size: 'Small', scale_to_zero_enabled: false }],
});
const SEED = {
  users: [{ user_name: 'admin@example.com', admin: true }],
  models: [
    {
      full_name: 'ml.prod.agent',
      versions: [{ version: 1, status: 'READY', spec: { kind: 'agent', protocol: 'responses' } }],
    },
    {
      full_name: 'ml.prod.line',
      versions: [
        {
          ...{ version: 1, status: 'READY' },
          spec: {
            ...{ kind: 'linear', inputs: [{ name: 'x', type: 'double' }], intercept: 0, coefficients: { x: 2 } },
            output: { name: 'price', type: 'double' },
          },
        },
      ],
    },
  ],
  endpoints: [
    { name: 'agent', config: served('ml.prod.agent') },
    { name: 'line', config: served('ml.prod.line') },
  ],
  foundation_models: [
    {
      ...{ name: 'llm', entity_name: 'system.ai.llm', display_name: 'LLM', task: 'llm/v1/chat' },
      spec: { kind: 'chat', model: 'llm-1' },
    },
  ],
};

let client: Client;
beforeAll(async () => {
  client = await startClient({ seed: SEED });
});
afterAll(() => client.sandbox.close());

/** One query under a fault that comes over the control route. */
async function under(answer: AnswerFault, path: string, body: unknown) {
  const rule = { match: { method: 'POST', path }, times: 1, effect: { answer } };
  expect((await client.call('POST', '/sandbox/faults', rule)).status).toBe(200);
  return client.call('POST', path, body);
}

describe('a fault of the answer has the form of the service', () => {
  it('a provider without credit is a wrapped 429', async () => {
    const { status, body } = await under('insufficient_quota', LLM, ASK);
    expect(status).toBe(429);
    expect(JSON.parse(body.message)).toMatchObject({
      external_model_provider: 'openai',
      external_model_error: { error: { code: 'insufficient_quota' } },
    });
  });

  it('a guardrail is a 400 with its verdict as text', async () => {
    const { status, body } = await under('guardrail_block', LLM, ASK);
    expect(status).toBe(400);
    expect(JSON.parse(body.message).finishReason).toBe('input_guardrail_triggered');
  });

  it('a policy is a 200 without an answer of the model, streamed or not', async () => {
    const { status, body } = await under('policy_block', LLM, ASK);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ id: 'databricks-guardrail-block', created: 0, usage: { total_tokens: 0 } },
      choices: [{ finish_reason: 'content_filter' }],
      databricks_service_policy: { action: 'deny' },
    });
    expect((await under('policy_block', LLM, { ...ASK, stream: true })).text).toMatch(
      /^data: \{[^\n]*"databricks_service_policy"[^\n]*\}\n\ndata: \[DONE\]\n\n$/,
    );
  });

  it('NaN is in the first row only, as Python writes it', async () => {
    const { status, text } = await client.call('POST', LINE, ROW);
    expect([status, text]).toEqual([200, '{"predictions":[{"price":2},{"price":4}]}']);
    const rule = { match: { path: LINE }, times: 1, effect: { answer: 'nan' } };
    await client.call('POST', '/sandbox/faults', rule);
    const odd = await fetch(client.sandbox.host + LINE, {
      method: 'POST',
      headers: { authorization: `Bearer ${client.sandbox.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(ROW),
    });
    expect(await odd.text()).toBe('{"predictions":[{"price":NaN},{"price":4}]}');
  });

  it('a Responses answer fails inside a 200, streamed or not', async () => {
    const { status, body } = await under('failed_response', AGENT, { input: 'hello' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'failed', output: [], error: { code: 'rate_limit_exceeded' } });
    expect((await under('failed_response', AGENT, { input: 'hello', stream: true })).text).toContain(
      '"type":"response.failed"',
    );
  });

  it('an agent asks for approval of a tool call', async () => {
    const { body } = await under('approval_request', AGENT, { input: 'hello' });
    expect(body.output).toMatchObject([{ type: 'mcp_approval_request', name: 'delete_table' }]);
  });

  it('a classical model fails with 500, which its metrics and its log show', async () => {
    expect((await under('server_error', LINE, ROW)).body).toMatchObject({ error_code: 'INTERNAL_ERROR' });
    client.minutes(1);
    expect((await client.call('GET', `${ENDPOINTS}/line/metrics`)).text).toMatch(/request_5xx_count_total\{.*\} 1\.0 /);
    const { logs } = (await client.call('GET', `${ENDPOINTS}/line/served-models/line-1/logs`)).body;
    expect(logs).toMatch(/Traceback[\s\S]*RuntimeError: .*\n.*"POST \/invocations HTTP\/1.1" 500/);
  });

  it('a fault that does not fit the model changes nothing', async () => {
    expect((await under('approval_request', LINE, ROW)).body.predictions).toHaveLength(2);
    expect((await under('policy_block', LINE, ROW)).status).toBe(200);
  });
});

describe('streams', () => {
  it.each<[StreamErrorForm, RegExp]>([
    ['event', /\n\nevent: error\ndata: \{"error":"[^"]+","error_code":"INTERNAL_ERROR"\}\n\n$/],
    ['error_code', /\n\ndata: \{"error_code":"INTERNAL_ERROR","message":"[^"]+"\}\n\n$/],
    ['error', /\n\ndata: \{"error":"[^"]+","error_code":"INTERNAL_ERROR"\}\n\n$/],
  ])('can end in an error of the form %s', async (form, end) => {
    const effect = { sse_error_after: 2, form };
    await client.call('POST', '/sandbox/faults', { match: { path: LLM }, times: 1, effect });
    const { status, text } = await client.call('POST', LLM, { ...ASK, stream: true });
    expect(status).toBe(200);
    expect(text).toMatch(end);
    expect(text).not.toContain('[DONE]');
  });

  it('come in frames with time between them, which a behaviour can change', async () => {
    const slept: number[] = [];
    const clock = {
      ...manualClock(Date.now()),
      speed: 60,
      sleep: (ms: number) => {
        slept.push(ms / 60);
        return Promise.resolve();
      },
    };
    const own = await startClient({ seed: SEED, clock });
    const pauses = async () => {
      slept.length = 0;
      const { text } = await own.call('POST', LLM, { ...ASK, stream: true });
      const frames = text.split('\n\n').length - 1;
      // The first frame comes after the model time, each later one after a pause.
      expect(slept.length).toBeGreaterThanOrEqual(frames - 1);
      return slept.at(-1);
    };
    expect(await pauses()).toBe(15);
    const set = { match: { endpoint: 'llm' }, set: { frame_ms: 200 } };
    expect((await own.call('POST', '/sandbox/behaviours', set)).status).toBe(200);
    expect(await pauses()).toBe(200);
    await own.sandbox.close();
  });
});

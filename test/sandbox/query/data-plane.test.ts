import { afterEach, describe, expect, test } from 'vitest';
import { type Clock, manualClock } from '../../../src/sandbox/clock.ts';
import type { DataPlaneOptions } from '../../../src/sandbox/context.ts';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.ts';
import { isObject } from '../../../src/sandbox/json.ts';

const MINUTE = 60_000;
const open: Sandbox[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((sandbox) => sandbox.close()));
});

const spec = (intercept: number) => ({
  kind: 'linear',
  inputs: [{ name: 'x', type: 'double' }],
  intercept,
  coefficients: { x: 1 },
});

function seed(endpoints: Record<string, unknown>[], rest: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    users: [
      { user_name: 'admin@example.com', admin: true },
      { user_name: 'caller@example.com', groups: ['callers'] },
      { user_name: 'viewer@example.com' },
      { user_name: 'stranger@example.com' },
    ],
    models: [
      {
        full_name: 'ml.prod.line',
        versions: [
          { version: 1, status: 'READY', latency_ms: 20, spec: spec(100) },
          { version: 2, status: 'READY', latency_ms: 20, spec: spec(200) },
          {
            version: 3,
            status: 'READY',
            latency_ms: 20,
            changes: [{ at_minute: 10, error_rate: 1, latency_ms: 4000 }],
            spec: spec(300),
          },
        ],
      },
      {
        full_name: 'ml.prod.agent',
        versions: [{ version: 1, status: 'READY', spec: { kind: 'agent', protocol: 'responses' } }],
      },
      {
        full_name: 'ml.prod.chat_agent',
        versions: [{ version: 1, status: 'READY', spec: { kind: 'agent', protocol: 'chat' } }],
      },
      {
        full_name: 'ml.prod.broken',
        versions: [{ version: 1, status: 'READY', error_rate: 1, spec: { kind: 'chat', model: 'broken' } }],
      },
    ],
    foundation_models: [
      {
        name: 'llm',
        entity_name: 'system.ai.llm',
        display_name: 'LLM',
        task: 'llm/v1/chat',
        spec: { kind: 'chat', model: 'llm-1' },
      },
      {
        name: 'emb',
        entity_name: 'system.ai.emb',
        display_name: 'Emb',
        task: 'llm/v1/embeddings',
        spec: { kind: 'embedding', dimensions: 16 },
      },
    ],
    endpoints,
    ...rest,
  };
}

const GRANTS = [
  { user_name: 'caller@example.com', permission_level: 'CAN_QUERY' },
  { user_name: 'viewer@example.com', permission_level: 'CAN_VIEW' },
];

function entity(version: number, name = `line-${version}`, scale_to_zero_enabled = false): Record<string, unknown> {
  return {
    name,
    entity_name: 'ml.prod.line',
    entity_version: String(version),
    workload_size: 'Small',
    scale_to_zero_enabled,
  };
}

function endpoint(
  served_entities: unknown[],
  routes?: unknown[],
  rest: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    name: 'ep',
    grants: GRANTS,
    config: { served_entities, ...(routes ? { traffic_config: { routes } } : {}) },
    ...rest,
  };
}

const route = (served_entity_name: string, traffic_percentage: number) => ({ served_entity_name, traffic_percentage });

/** A small seeded generator, so that splits and times are the same in every run. */
function generator(): () => number {
  let state = 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

async function start(
  endpoints: Record<string, unknown>[],
  rest: Record<string, unknown> = {},
  data_plane: DataPlaneOptions = {},
): Promise<Sandbox> {
  const sandbox = await startSandbox({
    ...{ seed: seed(endpoints, rest), clock: { kind: 'manual' }, data_plane },
    random: generator(),
  });
  open.push(sandbox);
  return sandbox;
}

interface Got {
  status: number;
  headers: Headers;
  text: string;
  json: Record<string, unknown>;
}

async function send(
  sandbox: Sandbox,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Got> {
  const response = await fetch(path.startsWith('http') ? path : sandbox.host + path, {
    method,
    headers: { authorization: `Bearer ${sandbox.token}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  return { status: response.status, headers: response.headers, text, json: isObject(parsed) ? parsed : {} };
}

const post = (sandbox: Sandbox, path: string, body: unknown, headers?: Record<string, string>) =>
  send(sandbox, 'POST', path, body, headers);
const as = (sandbox: Sandbox, principal: string) => ({ authorization: `Bearer ${sandbox.tokenOf(principal)}` });
const ASK = { messages: [{ role: 'user', content: 'hi' }] };
const ROW = { dataframe_records: [{ x: 1 }] };

describe('paths to an endpoint', () => {
  test.each([
    '/serving-endpoints/ep/invocations',
    '/api/serving-endpoints/ep/invocations',
    '/realtime-inference/ep/invocations',
  ])('%s scores and returns the name of the entity', async (path) => {
    const sandbox = await start([endpoint([entity(1)])]);
    const got = await post(sandbox, path, ROW);
    expect([got.status, got.json, got.headers.get('served-model-name')]).toEqual([
      200,
      { predictions: [101] },
      'line-1',
    ]);
  });

  test.each(['/serving-endpoints', '/mlflow/v1', '/ai-gateway/mlflow/v1', '/ai-gateway/openai/v1'])(
    '%s is an OpenAI base',
    async (base) => {
      const sandbox = await start([]);
      expect(await post(sandbox, `${base}/chat/completions`, { model: 'llm', ...ASK })).toMatchObject({
        status: 200,
        json: { object: 'chat.completion', model: 'llm-1' },
      });
      expect(await post(sandbox, `${base}/embeddings`, { model: 'emb', input: 'a' })).toMatchObject({
        status: 200,
        json: { object: 'list' },
      });
      expect(await post(sandbox, `${base}/responses`, { model: 'llm', input: 'a' })).toMatchObject({
        status: 200,
        json: { object: 'response' },
      });
      expect(await post(sandbox, `${base}/chat/completions`, ASK)).toMatchObject({ status: 400 });
      expect(await post(sandbox, `${base}/chat/completions`, { model: 'nobody', ...ASK })).toMatchObject({
        status: 404,
        json:
          base === '/serving-endpoints'
            ? { error_code: 'ENDPOINT_NOT_FOUND' }
            : { error_code: 'NOT_FOUND', message: "'system.ai.nobody' does not exist" },
      });
    },
  );

  test('the serving paths list models', async () => {
    expect(await send(await start([]), 'GET', '/serving-endpoints/models')).toMatchObject({
      json: { data: [{ id: 'llm', object: 'model' }, { id: 'emb' }] },
    });
  });

  test('agents answer in their own protocol, and ChatAgents on the completions path too', async () => {
    const named = (name: string, model: string) => ({
      name,
      config: {
        served_entities: [
          { entity_name: model, entity_version: '1', scale_to_zero_enabled: false, workload_size: 'Small' },
        ],
      },
    });
    const sandbox = await start([named('agent', 'ml.prod.agent'), named('talk', 'ml.prod.chat_agent')]);
    expect(await post(sandbox, '/serving-endpoints/responses', { model: 'agent', input: 'a' })).toMatchObject({
      json: { object: 'response' },
    });
    expect(await post(sandbox, '/serving-endpoints/agent/invocations', ASK)).toMatchObject({
      status: 400,
      json: {
        message: expect.stringContaining(
          "Model is missing inputs ['input']. Note that there were extra inputs: ['messages']",
        ),
      },
    });
    expect(await post(sandbox, '/serving-endpoints/completions', { model: 'talk', ...ASK })).toMatchObject({
      json: { messages: [{ role: 'assistant' }] },
    });
  });

  test('Anthropic messages stream as named events', async () => {
    const sandbox = await start([]);
    const got = await post(sandbox, '/serving-endpoints/anthropic/v1/messages', {
      model: 'llm',
      max_tokens: 5,
      stream: true,
      ...ASK,
    });
    expect(got.text.startsWith('event: message_start\ndata: {"type":"message_start"')).toBe(true);
    expect(got.text.endsWith('event: message_stop\ndata: {"type":"message_stop"}\n\n')).toBe(true);
  });

  test('base64 embeddings work on the endpoint paths, not on the gateway paths, and the switch turns them off', async () => {
    const body = { model: 'emb', input: 'a', encoding_format: 'base64' };
    const sandbox = await start([]);
    const first = (got: Got): unknown => (Array.isArray(got.json.data) ? got.json.data[0].embedding : undefined);
    expect(first(await post(sandbox, '/serving-endpoints/embeddings', body))).toEqual(expect.any(String));
    expect(first(await post(sandbox, '/ai-gateway/mlflow/v1/embeddings', body))).toHaveLength(16);
    const off = await start([], {}, { honour_base64: false });
    expect(Array.isArray(first(await post(off, '/serving-endpoints/embeddings', body)))).toBe(true);
  });
});

describe('traffic', () => {
  test('follows the percentages over many requests', async () => {
    const sandbox = await start([endpoint([entity(1), entity(2)], [route('line-1', 80), route('line-2', 20)])]);
    const names = await Promise.all(
      Array.from({ length: 200 }, async () =>
        (await post(sandbox, '/serving-endpoints/ep/invocations', ROW)).headers.get('served-model-name'),
      ),
    );
    const second = names.filter((name) => name === 'line-2').length;
    expect(second).toBeGreaterThan(20);
    expect(second).toBeLessThan(60);
  });

  test('an entity without traffic answers only on its own route', async () => {
    const sandbox = await start([endpoint([entity(1), entity(2)], [route('line-1', 100), route('line-2', 0)])]);
    for (let at = 0; at < 10; at += 1) {
      expect((await post(sandbox, '/serving-endpoints/ep/invocations', ROW)).headers.get('served-model-name')).toBe(
        'line-1',
      );
    }
    expect(await post(sandbox, '/serving-endpoints/ep/served-models/line-2/invocations', ROW)).toMatchObject({
      json: { predictions: [201] },
    });
    expect(await post(sandbox, '/serving-endpoints/ep/served-models/line-9/invocations', ROW)).toMatchObject({
      status: 404,
      json: { error_code: 'ENDPOINT_NOT_FOUND' },
    });
  });

  test('a fallback tries the next entity after a 5xx, if it is on', async () => {
    const broken = {
      name: 'a-broken',
      entity_name: 'ml.prod.broken',
      entity_version: '1',
      workload_size: 'Small',
      scale_to_zero_enabled: false,
    };
    const entities = [broken, entity(1)];
    const routes = [route('a-broken', 100), route('line-1', 0)];
    const on = await start([endpoint(entities, routes, { ai_gateway: { fallback_config: { enabled: true } } })]);
    expect((await post(on, '/serving-endpoints/ep/invocations', ROW)).headers.get('served-model-name')).toBe('line-1');
    expect(await post(on, '/serving-endpoints/ep/served-models/a-broken/invocations', ROW)).toMatchObject({
      status: 500,
    });
    const off = await start([endpoint(entities, routes)]);
    expect(await post(off, '/serving-endpoints/ep/invocations', ROW)).toMatchObject({ status: 500 });
  });

  test('a version with a change gets worse at its minute', async () => {
    const sandbox = await start([endpoint([entity(3)], undefined, { created_minutes_ago: 0, config: undefined })]);
    await send(sandbox, 'PUT', '/api/2.0/serving-endpoints/ep/config', { served_entities: [entity(3)] });
    sandbox.clock.advance(9 * MINUTE);
    expect(await post(sandbox, '/serving-endpoints/ep/invocations', ROW)).toMatchObject({
      status: 200,
      json: { predictions: [301] },
    });
    sandbox.clock.advance(20 * MINUTE);
    expect(await post(sandbox, '/serving-endpoints/ep/invocations', ROW)).toMatchObject({
      status: 400,
      json: { stack_trace: expect.any(String) },
    });
    sandbox.clock.advance(MINUTE);
    const metrics = await send(sandbox, 'GET', '/api/2.0/serving-endpoints/ep/metrics');
    expect(metrics.text).toMatch(/request_4xx_count_total\{[^}]*\} 1\.0 /);
    expect(metrics.text).toMatch(/request_latency_ms_bucket\{[^}]*le="1000"\} 0\.0 /);
  });
});

describe('refusals', () => {
  test('an unknown endpoint and an endpoint that never deployed are 404', async () => {
    const sandbox = await start([{ name: 'empty' }]);
    for (const name of ['nope', 'empty']) {
      expect(await post(sandbox, `/serving-endpoints/${name}/invocations`, ROW)).toMatchObject({
        status: 404,
        json: {
          error_code: 'ENDPOINT_NOT_FOUND',
          message:
            'The given endpoint does not exist, please retry after checking the specified model and version deployment exists.',
        },
      });
    }
  });

  test('a query needs CAN_QUERY', async () => {
    const sandbox = await start([endpoint([entity(1)])]);
    const status = async (who: string) =>
      (await post(sandbox, '/serving-endpoints/ep/invocations', ROW, as(sandbox, who))).status;
    expect([
      await status('caller@example.com'),
      await status('viewer@example.com'),
      await status('stranger@example.com'),
    ]).toEqual([200, 403, 403]);
    expect(
      await post(sandbox, '/serving-endpoints/ep/invocations', ROW, as(sandbox, 'stranger@example.com')),
    ).toMatchObject({
      json: {
        error_code: 'PERMISSION_DENIED',
        message: "User does not have permission 'View' on Endpoint ep",
        details: [{ '@type': expect.stringContaining('RequestInfo') }],
      },
    });
  });

  test.each([
    ['text/plain', "Got 'text/plain'."],
    ['text/csvs', "Got 'text/csvs'."],
    ['text/csv; charset=latin-1', 'The scoring server only supports UTF-8'],
    ['application/json; version=2', 'Unrecognized content type parameters: version=2'],
    ['application/json; charset=latin-1', 'The scoring server only supports UTF-8'],
  ])('content type %s is a plain 415', async (type, text) => {
    const sandbox = await start([endpoint([entity(1)])]);
    const got = await post(sandbox, '/serving-endpoints/ep/invocations', ROW, { 'content-type': type });
    expect(got.status).toBe(415);
    expect(got.headers.get('content-type')).toContain('text/plain');
    expect(got.text).toContain(text);
  });

  test('a charset of utf-8 is accepted', async () => {
    const sandbox = await start([endpoint([entity(1)])]);
    expect(
      await post(sandbox, '/serving-endpoints/ep/invocations', ROW, {
        'content-type': 'application/json; charset=UTF-8',
      }),
    ).toMatchObject({ status: 200 });
  });

  test('bodies over 4 MB are too large for a language model, but not for a custom one', async () => {
    const sandbox = await start([endpoint([entity(1)])]);
    const padding = 'x'.repeat(4 * 1024 * 1024);
    expect(
      await post(sandbox, '/serving-endpoints/llm/invocations', { messages: [{ role: 'user', content: padding }] }),
    ).toMatchObject({ status: 413 });
    expect(await post(sandbox, '/serving-endpoints/ep/invocations', { ...ROW, note: padding })).toMatchObject({
      status: 200,
    });
    expect(await post(sandbox, '/serving-endpoints/ep/invocations', { ...ROW, note: padding.repeat(4) })).toMatchObject(
      { status: 413 },
    );
  });

  test('each decoder refuses a body that is not JSON with its own text', async () => {
    const sandbox = await start([endpoint([entity(1)])]);
    expect(await post(sandbox, '/serving-endpoints/ep/invocations', '{oops')).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining('Ensure that input is a valid JSON') },
    });
    expect(await post(sandbox, '/serving-endpoints/llm/invocations', '{oops')).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining('Bad request: json:') },
    });
    expect(await post(sandbox, '/serving-endpoints/llm/invocations', '[1]')).toMatchObject({ status: 400 });
  });
});

describe('rate limits', () => {
  const limited = (...rate_limits: unknown[]) => endpoint([entity(1)], undefined, { ai_gateway: { rate_limits } });

  test('a call over the limit is 429, per user, until the minute is over, and without Retry-After as on the service', async () => {
    const sandbox = await start([limited({ calls: 2, key: 'user', renewal_period: 'minute' })]);
    const call = (who = 'caller@example.com') =>
      post(sandbox, '/serving-endpoints/ep/invocations', ROW, as(sandbox, who));
    expect([(await call()).status, (await call()).status]).toEqual([200, 200]);
    const refused = await call();
    expect(refused).toMatchObject({ status: 429, json: { error_code: 'REQUEST_LIMIT_EXCEEDED' } });
    expect(refused.headers.get('retry-after')).toBeNull();
    expect((await call('admin@example.com')).status).toBe(200);
    sandbox.clock.advance(MINUTE);
    expect((await call()).status).toBe(200);
  });

  test('parallel calls cannot exceed a limit', async () => {
    const sandbox = await start([limited({ calls: 3, renewal_period: 'minute' })]);
    const statuses = await Promise.all(
      Array.from({ length: 10 }, async () => (await post(sandbox, '/serving-endpoints/ep/invocations', ROW)).status),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(3);
    expect(statuses.filter((status) => status === 429)).toHaveLength(7);
  });

  test('a gateway path answers an error object', async () => {
    const sandbox = await start([limited({ calls: 1, renewal_period: 'minute' })]);
    await post(sandbox, '/serving-endpoints/ep/invocations', ROW);
    const refused = await post(sandbox, '/ai-gateway/mlflow/v1/chat/completions', { model: 'ep', ...ASK });
    expect(refused).toMatchObject({ status: 429, json: { error: { type: 'rate_limit_exceeded', code: 429 } } });
  });

  test('a call with a fallback counts once', async () => {
    const broken = {
      ...{ name: 'a-broken', entity_name: 'ml.prod.broken', entity_version: '1' },
      ...{ workload_size: 'Small', scale_to_zero_enabled: false },
    };
    const ai_gateway = { fallback_config: { enabled: true }, rate_limits: [{ calls: 2, renewal_period: 'minute' }] };
    const routes = [route('a-broken', 100), route('line-1', 0)];
    const sandbox = await start([endpoint([broken, entity(1)], routes, { ai_gateway })]);
    const status = async () => (await post(sandbox, '/serving-endpoints/ep/invocations', ROW)).status;
    expect([await status(), await status(), await status()]).toEqual([200, 200, 429]);
  });

  test('zero disables the endpoint', async () => {
    const sandbox = await start([limited({ calls: 0, renewal_period: 'minute' })]);
    expect(await post(sandbox, '/serving-endpoints/ep/invocations', ROW)).toMatchObject({
      status: 403,
      json: { message: 'PERMISSION_DENIED: The endpoint is disabled due to a rate limit set to 0.' },
    });
  });

  test('foundation models have a quota of input tokens', async () => {
    const sandbox = await start([], { limits: { fm_input_tokens_per_minute: 10 } });
    const ask = () =>
      post(sandbox, '/serving-endpoints/llm/invocations', { messages: [{ role: 'user', content: 'x'.repeat(60) }] });
    expect((await ask()).status).toBe(200);
    expect(await ask()).toMatchObject({
      status: 429,
      json: { message: expect.stringContaining('Exceeded workspace input tokens per minute rate limit for llm.') },
    });
  });
});

describe('scaled to zero', () => {
  test('the first request wakes the entity, the state shows it, and idling scales it to zero again', async () => {
    const sandbox = await start([endpoint([entity(1, 'line-1', true)], undefined, { idle_since_minutes_ago: 40 })]);
    const message = async (): Promise<unknown> => {
      const got = await send(sandbox, 'GET', '/api/2.0/serving-endpoints/ep');
      const config = isObject(got.json.config) ? got.json.config.served_entities : undefined;
      return Array.isArray(config) ? config[0].state.deployment_state_message : undefined;
    };
    const metrics = async () => (await send(sandbox, 'GET', '/api/2.0/serving-endpoints/ep/metrics')).text;
    expect(await message()).toBe('Scaled to zero');
    expect(await metrics()).not.toContain('cpu_usage_percentage');
    const asked = sandbox.clock.now();
    expect((await post(sandbox, '/serving-endpoints/ep/invocations', ROW)).status).toBe(200);
    // A request neither waits for a manual clock nor moves it.
    expect(sandbox.clock.now()).toBe(asked);
    expect(await message()).not.toBe('Scaled to zero');
    sandbox.clock.advance(20_000);
    expect(await message()).toBe('');
    expect(await metrics()).toContain('cpu_usage_percentage');
    // Now the minute of the request is the last full one. The cold start counts as time in the queue.
    sandbox.clock.advance(40_000);
    expect(await metrics()).toMatch(/model_queue_time_ms_sum\{[^}]*\} 15000\.0 /);
    sandbox.clock.advance(31 * MINUTE);
    expect(await message()).toBe('Scaled to zero');
  });

  /** How long two requests to an idle endpoint sleep, in sandbox milliseconds. The clock is `speed` times as fast as the wall. */
  async function sleepsOf(speed: number): Promise<number[][]> {
    const slept: number[] = [];
    const clock: Clock = {
      ...manualClock(Date.now()),
      speed,
      async sleep(ms) {
        slept.push(ms);
        clock.advance(ms);
      },
    };
    const idle = endpoint([entity(1, 'line-1', true)], undefined, { idle_since_minutes_ago: 40 });
    const sandbox = await startSandbox({ seed: seed([idle]), clock, random: generator() });
    open.push(sandbox);
    const ask = async () => {
      expect((await post(sandbox, '/serving-endpoints/ep/invocations', ROW)).status).toBe(200);
      return slept.splice(0);
    };
    return [await ask(), await ask()];
  }

  test('on a running clock, the first request sleeps until the entity is awake, and the next one does not', async () => {
    expect(await sleepsOf(60)).toEqual([[15_000], []]);
  });

  test('on a slow clock, no request waits longer than 300 real milliseconds', async () => {
    const [[cold] = []] = await sleepsOf(1);
    expect(cold).toBe(300);
  });
});

describe('streams over HTTP', () => {
  const ASK_STREAM = { model: 'llm', stream: true, max_tokens: 3, ...ASK };
  const frames = (text: string): string[] => text.split('\n\n').filter((frame) => frame !== '');

  test('a stream has data-only frames, then [DONE]', async () => {
    const sandbox = await start([]);
    const got = await post(sandbox, '/serving-endpoints/chat/completions', ASK_STREAM);
    expect(got.headers.get('content-type')).toBe('text/event-stream');
    expect(got.headers.get('served-model-name')).toBe('llm');
    const all = frames(got.text);
    expect(all.every((frame) => /^data: [^\n]+$/.test(frame))).toBe(true);
    expect(all).toHaveLength(5);
    expect(got.text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  test('a stream can be cut after some frames', async () => {
    const sandbox = await start([]);
    sandbox.faults.add({
      match: { path: '/serving-endpoints/chat/completions' },
      times: 1,
      effect: { sse_cut_after: 2 },
    });
    const response = await fetch(`${sandbox.host}/serving-endpoints/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${sandbox.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(ASK_STREAM),
    });
    let text = '';
    const decoder = new TextDecoder();
    await expect(async () => {
      for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
    }).rejects.toThrow();
    expect(frames(text)).toHaveLength(2);
    expect((await post(sandbox, '/serving-endpoints/chat/completions', ASK_STREAM)).text).toContain('[DONE]');
  });

  test('a stream can end in an error frame', async () => {
    const sandbox = await start([]);
    sandbox.faults.add({ effect: { sse_error_after: 1 } });
    const all = frames((await post(sandbox, '/serving-endpoints/chat/completions', ASK_STREAM)).text);
    expect(all).toHaveLength(2);
    expect(JSON.parse(all[1]?.slice('data: '.length) ?? '')).toMatchObject({ error: expect.any(String) });
  });
});

describe('the record of a query', () => {
  test('feeds metrics and logs', async () => {
    const sandbox = await start([endpoint([entity(1)])]);
    await post(sandbox, '/serving-endpoints/ep/invocations', ROW);
    await post(sandbox, '/serving-endpoints/ep/invocations', { rows: [] });
    sandbox.clock.advance(MINUTE);
    const metrics = await send(sandbox, 'GET', '/api/2.0/serving-endpoints/ep/metrics');
    expect(metrics.text).toMatch(/request_count_total\{endpoint_name="ep",served_entity_name="line-1"\} 2\.0 /);
    expect(metrics.text).toMatch(/request_4xx_count_total\{[^}]*\} 1\.0 /);
    const logs = await send(sandbox, 'GET', '/api/2.0/serving-endpoints/ep/served-models/line-1/logs');
    expect(String(logs.json.logs).match(/POST \/invocations/g)).toHaveLength(2);
    sandbox.clock.advance(2 * MINUTE);
    expect((await send(sandbox, 'GET', '/api/2.0/serving-endpoints/ep/metrics')).text).toMatch(
      /request_count_total\{[^}]*\} 0\.0 /,
    );
  });

  test('has the ids, tokens, caller and usage_context', async () => {
    const sandbox = await start([]);
    const answered = await post(
      sandbox,
      '/serving-endpoints/llm/invocations',
      { ...ASK, client_request_id: 'r-1', usage_context: { team: 'ml' } },
      as(sandbox, 'caller@example.com'),
    );
    const state = sandbox.dump();
    const routed = isObject(state) && Array.isArray(state.routed) ? state.routed : [];
    expect(routed).toMatchObject([
      {
        endpoint: 'llm',
        entity: 'llm',
        status: 200,
        principal: 'caller@example.com',
        tokens_in: 1,
        tokens_out: 12,
        client_request_id: 'r-1',
        usage_context: { team: 'ml' },
        request_id: answered.headers.get('x-request-id'),
        config_version: 1,
      },
    ]);
  });

  test('metrics need CAN_VIEW, do not exist for foundation models, and can have other labels', async () => {
    const sandbox = await start(
      [endpoint([entity(1)])],
      {},
      { metric_labels: { endpoint: 'endpoint', entity: 'replica' } },
    );
    expect((await send(sandbox, 'GET', '/api/2.0/serving-endpoints/llm/metrics')).status).toBe(404);
    expect(
      (
        await send(
          sandbox,
          'GET',
          '/api/2.0/serving-endpoints/ep/metrics',
          undefined,
          as(sandbox, 'stranger@example.com'),
        )
      ).status,
    ).toBe(403);
    expect(
      (
        await send(
          sandbox,
          'GET',
          '/api/2.0/serving-endpoints/ep/metrics',
          undefined,
          as(sandbox, 'viewer@example.com'),
        )
      ).text,
    ).toContain('{endpoint="ep",replica="line-1"}');
  });

  test('the history of metrics has no route, because its answer is unknown', async () => {
    const sandbox = await start([endpoint([entity(1)])]);
    expect((await send(sandbox, 'GET', '/api/2.0/serving-endpoints/ep/metrics-history')).status).toBe(501);
  });

  test('the OpenAPI document exists, except for foundation models', async () => {
    const sandbox = await start([endpoint([entity(1)])]);
    const got = await send(sandbox, 'GET', '/api/2.0/serving-endpoints/ep/openapi', undefined, {
      accept: 'text/plain',
    });
    expect(got.json).toMatchObject({
      openapi: '3.1.0',
      paths: { '/served-models/line-1/invocations': expect.any(Object) },
    });
    expect(await send(sandbox, 'GET', '/api/2.0/serving-endpoints/llm/openapi')).toMatchObject({
      status: 404,
      json: { error_code: 'RESOURCE_DOES_NOT_EXIST' },
    });
  });
});

describe('guardrails', () => {
  const guarded = (input: unknown) =>
    endpoint(
      [
        {
          entity_name: 'ml.prod.chat_agent',
          entity_version: '1',
          scale_to_zero_enabled: false,
          workload_size: 'Small',
        },
      ],
      undefined,
      { ai_gateway: { guardrails: { input } } },
    );
  const say = (sandbox: Sandbox, content: string) =>
    post(sandbox, '/serving-endpoints/ep/invocations', { messages: [{ role: 'user', content }] });

  test('personal data is masked or blocked', async () => {
    const mask = await start([guarded({ pii: { behavior: 'MASK' } })]);
    expect((await say(mask, 'write to jo@example.com')).text).toContain('write to <EMAIL_ADDRESS>');
    const block = await start([guarded({ pii: { behavior: 'BLOCK' } })]);
    const blocked = await say(block, 'write to jo@example.com');
    expect(blocked).toMatchObject({ status: 400, json: { error_code: 'BAD_REQUEST' } });
    // The service puts its verdict into the message, as JSON text.
    expect(JSON.parse(String(blocked.json.message))).toMatchObject({
      finishReason: 'input_guardrail_triggered',
      input_guardrail: [
        { flagged: false, pii_detection: true, anonymized_input: [{ content: 'write to <EMAIL_ADDRESS>' }] },
      ],
    });
    expect((await say(block, 'hello')).status).toBe(200);
  });

  test('keywords and unsafe words are blocked', async () => {
    const sandbox = await start([guarded({ safety: true, invalid_keywords: ['Merger'] })]);
    expect((await say(sandbox, 'about the MERGER')).status).toBe(400);
    expect((await say(sandbox, 'this is unsafe-content')).status).toBe(400);
    expect((await say(sandbox, 'about the weather')).status).toBe(200);
  });
});

test('a route-optimized endpoint refuses the ordinary path', async () => {
  const sandbox = await start([endpoint([entity(1)], undefined, { route_optimized: true })]);
  expect(await post(sandbox, '/serving-endpoints/ep/invocations', ROW)).toMatchObject({ status: 400 });
  const details = await send(sandbox, 'GET', '/api/2.0/serving-endpoints/ep');
  const url = String(details.json.endpoint_url);
  expect((await post(sandbox, url, ROW)).status).toBe(403);
});

test('external functions check their fields and find no connection', async () => {
  const sandbox = await start([]);
  const call = { connection_name: 'conn', method: 'GET', path: '/' };
  expect(await post(sandbox, '/api/2.0/external-function', { ...call, json: {} })).toMatchObject({ status: 400 });
  expect(await post(sandbox, '/api/2.0/external-function', call)).toMatchObject({
    status: 404,
    json: { error_code: 'RESOURCE_DOES_NOT_EXIST' },
  });
});

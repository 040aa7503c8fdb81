import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANALYST, ENGINEER } from '../client.ts';
import { external, type Gateway, openAi, paid, provisioned, refusal, routed, startGateway } from './services.ts';

const CHAT = '/ai-gateway/mlflow/v1/chat/completions';
const ask = (model: string, more: Record<string, unknown> = {}) => ({
  model,
  messages: [{ role: 'user', content: 'How are you?' }],
  ...more,
});

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.sandbox.close());

const call = (body: unknown, path = CHAT, who = ENGINEER) => gateway.call('POST', path, body, who);

const LIMIT = { key: 'RATE_LIMIT_KEY_SERVICE', renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_MINUTE' };

/** A service that has been there for long enough that its limits hold. */
async function service(id: string, config: Record<string, unknown>): Promise<string> {
  const made = await gateway.create(id, config);
  expect(made.status, made.text).toBe(200);
  gateway.minutes(1);
  return `ml.prod.${id}`;
}

/** Makes every request to a destination fail. */
async function fail(endpoint: string, entity: string): Promise<void> {
  const set = { match: { endpoint, entity }, set: { error_5xx_rate: 1 } };
  expect((await gateway.call('POST', '/sandbox/behaviours', set)).status).toBe(200);
}

/** The destinations that the calls of a service tried, in order. */
function tried(model: string): string[] {
  const { routed: all } = gateway.sandbox.dump() as { routed: { endpoint: string; entity: string }[] };
  return all.filter(({ endpoint }) => endpoint === model).map(({ entity }) => entity);
}

describe('a model service answers', () => {
  it('a chat in the form of its model, whole and as a stream, with no name of a served entity', async () => {
    const model = await service('chat', routed(paid('only', 'claude-sonnet-4-5')));
    const whole = await call(ask(model));
    expect([whole.status, whole.body.object, whole.body.model]).toEqual([200, 'chat.completion', 'claude-sonnet-4-5']);
    expect(whole.headers.get('served-model-name')).toBeNull();
    const stream = await call(ask(model, { stream: true }));
    expect(stream.text).toContain('"chat.completion.chunk"');
    expect(stream.text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  });

  it('embeddings and responses', async () => {
    const embed = await service('embed', routed(paid('only', 'gte-large-en')));
    const vectors = await call({ model: embed, input: ['a', 'b'] }, '/ai-gateway/mlflow/v1/embeddings');
    expect(vectors.body.data.map((one: { embedding: number[] }) => one.embedding.length)).toEqual([1024, 1024]);
    const gpt = await service('gpt', routed(paid('only', 'gpt-5')));
    for (const api of ['mlflow', 'openai', 'codex']) {
      const path = `/ai-gateway/${api}/v1/responses`;
      expect((await call({ model: gpt, input: 'hi' }, path)).body).toMatchObject({ object: 'response' });
    }
    const claude = { model: 'system.ai.claude-sonnet-4-5', input: 'hi' };
    expect((await call(claude, '/ai-gateway/mlflow/v1/responses')).body).toMatchObject({ object: 'response' });
  });

  it('in the forms of the providers', async () => {
    const messages = { ...ask('system.ai.claude-sonnet-4-5'), max_tokens: 50 };
    expect((await call(messages, '/ai-gateway/anthropic/v1/messages')).body).toMatchObject({ type: 'message' });
    const { body } = await gateway.call('GET', '/ai-gateway/anthropic/v1/models', undefined, ENGINEER);
    const ids = body.data.map(({ id }: { id: string }) => id);
    expect(ids).toContain('databricks-claude-sonnet-4-5');
    expect(ids.every((id: string) => id.includes('claude'))).toBe(true);
    const native_api_types = ['gemini/v1/generateContent', 'gemini/v1/streamGenerateContent'];
    await gateway.createProvider('google', openAi({ targets: [{ model: 'gemini-pro', native_api_types }] }));
    const gemini = `/ai-gateway/gemini/v1beta/models/${await service('gemini', routed(external('only', 'google', 'gemini-pro')))}`;
    const contents = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] };
    const whole = await call(contents, `${gemini}:generateContent`);
    expect(whole.body).toMatchObject({ candidates: [{ content: { role: 'model' }, finishReason: 'STOP' }] });
    const stream = await call(contents, `${gemini}:streamGenerateContent`);
    expect(stream.text).toMatch(/^data: \{"candidates"/);
    expect(stream.text).not.toContain('[DONE]');
  });

  it('the platform’s own services, and the bare names of old callers', async () => {
    for (const model of ['system.ai.gpt-5', 'databricks-gpt-5']) {
      expect((await call(ask(model), CHAT, ANALYST)).body).toMatchObject({ model: 'gpt-5-2025-08-07' });
    }
    expect((await call(ask('gpt-gateway'), CHAT)).status).toBe(200);
  });
});

describe('an API that a service does not speak is refused', () => {
  const NATIVE = 'openai/v1/responses, cursor/v1/chat/completions, codex/v1/responses';
  it.each([
    ['system.ai.gpt-5-1-codex-max', 'mlflow/v1/chat/completions', `mlflow/v1/responses, ${NATIVE}`],
    ['databricks-gte-large-en', 'mlflow/v1/responses', 'mlflow/v1/embeddings'],
    [
      'system.ai.claude-sonnet-4-5',
      'codex/v1/responses',
      'mlflow/v1/chat/completions, mlflow/v1/responses, anthropic/v1/messages, cursor/v1/chat/completions',
    ],
  ])('%s on %s, in the words of the gateway', async (model, api, types) => {
    const name = model.replace('system.ai.', 'databricks-');
    const message = `API type '${api}' is not supported by '${name}'. Supported API types: [${types}].`;
    const reply = await call({ ...ask(model), input: 'hi' }, `/ai-gateway/${api}`);
    expect([reply.status, reply.body]).toEqual([400, { error_code: 'BAD_REQUEST', message }]);
  });

  it('and no fallback follows', async () => {
    const config = {
      routing: {
        destinations: [paid('first', 'gte-large-en')],
        fallback: { destinations: [paid('second', 'gpt-5')] },
      },
    };
    const model = await service('mistaken', config);
    expect((await call(ask(model))).body.message).toContain(`is not supported by '${model}'`);
    expect(tried(model)).toEqual(['']);
  });

  it.each([
    ['GET', '/ai-gateway/mlflow/v1/models'],
    ['GET', '/ai-gateway/openai/v1/models?limit=1'],
    ['POST', '/ai-gateway/codex/v1/chat/completions'],
    ['POST', '/ai-gateway/mlflow/v1/chat/completions/v1/messages?beta=true'],
  ])('%s %s is no API at all', async (method, path) => {
    const body = method === 'GET' ? undefined : ask('system.ai.gpt-5');
    const found = refusal(await gateway.call(method, path, body, ENGINEER));
    expect(found).toEqual([400, 'BAD_REQUEST', expect.stringContaining(`'${path}' doesn't match any known API type`)]);
  });
});

describe('a service is called by its name and with the right to it', () => {
  it.each([
    ['ml.prod.nothing'],
    ['system.ai.databricks-gpt-5'],
    ['a.b.c.d'],
    ['gpt-5.3-codex', 'system.ai.gpt-5-3-codex'],
    ['databricks-none', 'system.ai.none'],
  ])('%s is not found', async (model, meant = model) => {
    expect(refusal(await call(ask(model)))).toEqual([404, 'NOT_FOUND', `'${meant}' does not exist`]);
  });

  it('on the serving paths it is not found, also a platform service', async () => {
    const model = await service('elsewhere', routed(paid('only')));
    for (const name of [model, 'system.ai.gpt-5', 'system.ai.databricks-gpt-5']) {
      const reply = await call(ask(name), '/serving-endpoints/chat/completions');
      expect([reply.status, reply.body.error_code]).toEqual([404, 'ENDPOINT_NOT_FOUND']);
    }
  });

  it('without EXECUTE it looks absent, and a grant makes it answer', async () => {
    const model = await service('granted', routed(paid('only')));
    const before = await call(ask(model), CHAT, ANALYST);
    expect(refusal(before)).toEqual([404, 'NOT_FOUND', `'${model}' does not exist`]);
    expect((await gateway.grant('model_service', model, ANALYST, 'READ_METADATA')).status).toBe(200);
    expect(refusal(await call(ask(model), CHAT, ANALYST))[1]).toBe('PERMISSION_DENIED');
    await gateway.grant('model_service', model, ANALYST, 'EXECUTE');
    expect((await call(ask(model), CHAT, ANALYST)).status).toBe(200);
  });

  it('a caller needs no right to the destination, because that of the owner counts', async () => {
    const vendor = 'ml.prod.vendor';
    await gateway.createProvider('vendor', openAi(), 'admin@example.com');
    await gateway.grant('model_provider_service', vendor, ENGINEER, 'EXECUTE');
    const model = await service('borrowed', routed(external('only', 'vendor')));
    await gateway.grant('model_service', model, ANALYST, 'EXECUTE');
    expect((await call(ask(model), CHAT, ANALYST)).body).toMatchObject({ model: 'gpt-4o' });
    const path = `/api/2.1/unity-catalog/permissions/model_provider_service/${vendor}`;
    await gateway.call('PATCH', path, { changes: [{ principal: ENGINEER, remove: ['EXECUTE'] }] });
    const after = refusal(await call(ask(model), CHAT, ANALYST));
    expect(after).toEqual([
      403,
      'PERMISSION_DENIED',
      expect.stringContaining(`Owner ${ENGINEER} of the model service`),
    ]);
  });
});

describe('routing', () => {
  it('follows the percentages', async () => {
    const split = routed(
      paid('a', 'gpt-5', { traffic_percentage: 75 }),
      paid('b', 'claude-sonnet-4-5', { traffic_percentage: 25 }),
    );
    const model = await service('split', split);
    let second = 0;
    for (let at = 0; at < 200; at += 1) {
      if ((await call(ask(model))).body.model === 'claude-sonnet-4-5') second += 1;
    }
    expect(second).toBeGreaterThan(25);
    expect(second).toBeLessThan(75);
  });

  it('a failed primary goes to the fallbacks in order, and the last error is the answer', async () => {
    const config = {
      routing: {
        destinations: [paid('first', 'gpt-5')],
        fallback: { destinations: [paid('second', 'gpt-oss-20b'), paid('third', 'claude-sonnet-4-5')] },
      },
    };
    const model = await service('resilient', config);
    expect((await call(ask(model))).body.model).toBe('gpt-5-2025-08-07');
    await fail(model, 'first');
    expect((await call(ask(model))).body.model).toBe('gpt-oss-20b-080525');
    await fail(model, 'second');
    expect((await call(ask(model))).body.model).toBe('claude-sonnet-4-5');
    await fail(model, 'third');
    const none = await call(ask(model));
    expect([none.status, none.body.error_code]).toEqual([500, 'INTERNAL_ERROR']);
    expect(tried(model).slice(-3)).toEqual(['first', 'second', 'third']);
  });

  it('a wrong request is not tried again', async () => {
    const config = {
      routing: { destinations: [paid('first')], fallback: { destinations: [paid('second', 'gpt-oss-20b')] } },
    };
    const model = await service('strict', config);
    expect((await call({ model, messages: [] })).status).toBe(400);
    expect(tried(model)).toEqual(['first']);
  });

  it('what is gone fails its share of the calls, unless a fallback answers', async () => {
    await gateway.throughput('pt-short');
    gateway.minutes(30);
    const split = routed(
      { ...provisioned('pt', 'pt-short'), traffic_percentage: 90 },
      paid('paid', 'gpt-5', { traffic_percentage: 10 }),
    );
    const model = await service('leftover', split);
    const alone = await service('alone', routed(provisioned('pt', 'pt-short')));
    expect((await call(ask(alone))).status).toBe(200);
    await gateway.call('DELETE', '/api/2.0/serving-endpoints/pt-short', undefined, ENGINEER);
    const lost = [404, 'NOT_FOUND', `The destination of model service '${model}' does not exist.`];
    let failed = 0;
    for (let at = 0; at < 40; at += 1) {
      const reply = await call(ask(model));
      if (reply.status === 200) continue;
      expect(refusal(reply)).toEqual(lost);
      failed += 1;
    }
    expect(failed).toBeGreaterThan(20);
    expect(failed).toBeLessThan(40);
    expect(refusal(await call(ask(alone)))).toEqual([404, 'NOT_FOUND', expect.stringContaining(alone)]);
    const fallback = { config: { routing: { fallback: { destinations: [paid('spare', 'gpt-oss-20b')] } } } };
    await gateway.update('alone', 'config.routing.fallback.destinations', fallback);
    gateway.minutes(1);
    expect((await call(ask(alone))).body.model).toBe('gpt-oss-20b-080525');
  });

  it('a change takes effect within a minute, not at once', async () => {
    const model = await service('moved', routed(paid('a', 'gpt-5')));
    const body = { config: routed(paid('b', 'claude-sonnet-4-5')) };
    expect((await gateway.update('moved', 'config.routing.destinations', body)).status).toBe(200);
    expect((await call(ask(model))).body.model).toBe('gpt-5-2025-08-07');
    gateway.minutes(1);
    expect((await call(ask(model))).body.model).toBe('claude-sonnet-4-5');
  });
});

describe('limits refuse', () => {
  const statuses = async (model: string, times: number, who = ENGINEER): Promise<number[]> => {
    const found: number[] = [];
    for (let at = 0; at < times; at += 1) found.push((await call(ask(model), CHAT, who)).status);
    return found;
  };
  const limited = (...rate_limits: Record<string, unknown>[]) => ({ ...routed(paid('only')), rate_limits });

  it('a call over the limit of the service, in the words of the gateway, until the minute has passed', async () => {
    const model = await service('rpm', limited({ ...LIMIT, requests: 2 }));
    expect(await statuses(model, 3)).toEqual([200, 200, 429]);
    const reply = await call(ask(model));
    expect(reply.body).toEqual({
      error_code: 'REQUEST_LIMIT_EXCEEDED',
      message: `User defined rate limit(s) exceeded for '${model}'. Requests-per-minute (RPM) rate limit exceeded for endpoint`,
    });
    gateway.minutes(1);
    expect(await statuses(model, 1)).toEqual([200]);
  });

  it('not the first burst of a new service', async () => {
    await gateway.create('fresh', limited({ ...LIMIT, requests: 1 }));
    expect(await statuses('ml.prod.fresh', 3)).toEqual([200, 200, 200]);
    gateway.minutes(2);
    expect(await statuses('ml.prod.fresh', 2)).toEqual([200, 429]);
  });

  it('a call after the tokens are used', async () => {
    const model = await service('tpm', limited({ ...LIMIT, tokens: 1 }));
    expect(await statuses(model, 2)).toEqual([200, 429]);
    expect((await call(ask(model))).body.message).toContain('Tokens-per-minute (TPM)');
  });

  it('an hour, with its own words', async () => {
    const model = await service(
      'rph',
      limited({ ...LIMIT, renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_HOUR', requests: 1 }),
    );
    expect(await statuses(model, 1)).toEqual([200]);
    gateway.minutes(30);
    expect((await call(ask(model))).body.message).toContain('Requests-per-hour (RPH)');
    gateway.minutes(31);
    expect(await statuses(model, 1)).toEqual([200]);
  });

  it('everything at 0', async () => {
    const model = await service('zero', limited({ ...LIMIT, requests: 0 }));
    expect(refusal(await call(ask(model)))).toEqual([
      403,
      'PERMISSION_DENIED',
      'PERMISSION_DENIED: The endpoint is disabled due to a rate limit set to 0.',
    ]);
  });

  it('each user by the default, and one user by a limit of its own', async () => {
    const own = { ...LIMIT, key: 'RATE_LIMIT_KEY_USER', principal: ENGINEER, requests: 3 };
    const model = await service('users', limited({ ...LIMIT, key: 'RATE_LIMIT_KEY_USER_DEFAULT', requests: 1 }, own));
    await gateway.grant('model_service', model, ANALYST, 'EXECUTE');
    expect(await statuses(model, 2, ANALYST)).toEqual([200, 429]);
    expect(await statuses(model, 4)).toEqual([200, 200, 200, 429]);
    expect((await call(ask(model))).body.message).toContain('exceeded for user');
  });

  it('a call that a fallback answered counts once', async () => {
    const config = {
      routing: { destinations: [paid('first')], fallback: { destinations: [paid('second', 'gpt-oss-20b')] } },
      rate_limits: [{ ...LIMIT, requests: 2 }],
    };
    const model = await service('counted', config);
    await fail(model, 'first');
    expect(await statuses(model, 3)).toEqual([200, 200, 429]);
  });
});

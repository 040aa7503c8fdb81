import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.ts';
import { forwardUrl } from '../../../src/sandbox/query/forward.ts';

const chat = (config: Record<string, unknown>, rest: Record<string, unknown> = {}) => ({
  provider: 'openai',
  name: 'gpt-4o',
  task: 'llm/v1/chat',
  openai_config: config,
  ...rest,
});

describe('the URL for an external model', () => {
  test.each<[string, ReturnType<typeof chat>, string[], string | undefined]>([
    [
      'a server on this machine',
      chat({ openai_api_base: 'http://127.0.0.1:9999/v1/' }),
      [],
      'http://127.0.0.1:9999/v1/chat/completions',
    ],
    ['by name', chat({ openai_api_base: 'http://localhost:9999' }), [], 'http://localhost:9999/chat/completions'],
    ['by IPv6', chat({ openai_api_base: 'http://[::1]:9999/v1' }), [], 'http://[::1]:9999/v1/chat/completions'],
    [
      'a custom provider with the complete URL',
      chat(
        {},
        {
          provider: 'custom',
          custom_provider_config: { custom_provider_url: 'http://127.0.0.1:1/x/chat/completions' },
        },
      ),
      [],
      'http://127.0.0.1:1/x/chat/completions',
    ],
    [
      'embeddings',
      chat({ openai_api_base: 'http://127.0.0.1:1/v1' }, { task: 'llm/v1/embeddings' }),
      [],
      'http://127.0.0.1:1/v1/embeddings',
    ],
    [
      'an allowed origin',
      chat({ openai_api_base: 'https://llm.example.com/v1' }),
      ['https://llm.example.com'],
      'https://llm.example.com/v1/chat/completions',
    ],
    ['a server elsewhere', chat({ openai_api_base: 'https://llm.example.com/v1' }), [], undefined],
    [
      'another port of an allowed host',
      chat({ openai_api_base: 'https://llm.example.com:8443/v1' }),
      ['https://llm.example.com'],
      undefined,
    ],
    [
      'a host whose name only starts like this machine',
      chat({ openai_api_base: 'http://127.0.0.1.example.com/v1' }),
      [],
      undefined,
    ],
    ['no base URL', chat({}), [], undefined],
    ['a base that is not HTTP', chat({ openai_api_base: 'file:///etc/passwd' }), [], undefined],
    ['a base that is not a URL', chat({ openai_api_base: 'nonsense' }), [], undefined],
  ])('%s', (_name, model, allowed, url) => {
    expect(forwardUrl(model, allowed)?.href).toBe(url);
  });
});

describe('an external model with a server on this machine', () => {
  let upstream: Server;
  let sandbox: Sandbox;
  let received: { path: string | undefined; authorization: string | undefined; body: Record<string, unknown> }[] = [];
  let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {};

  beforeAll(async () => {
    upstream = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        received.push({ path: request.url, authorization: request.headers.authorization, body: JSON.parse(text) });
        answer(request, response);
      });
    });
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    const address = upstream.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const external = (base: string) => ({
      external_model: chat({ openai_api_base: base, openai_api_key: '{{secrets/llm/key}}' }),
    });
    sandbox = await startSandbox({
      clock: { kind: 'manual' },
      seed: {
        users: [{ user_name: 'admin@example.com', admin: true }],
        secret_scopes: [{ name: 'llm', keys: ['key'] }],
        endpoints: [
          { name: 'real', config: { served_entities: [{ name: 'gpt', ...external(`http://127.0.0.1:${port}/v1`) }] } },
          { name: 'down', config: { served_entities: [{ name: 'gpt', ...external('http://127.0.0.1:1/v1') }] } },
          { name: 'far', config: { served_entities: [{ name: 'gpt', ...external('https://llm.example.com/v1') }] } },
          {
            name: 'spare',
            config: {
              served_entities: [
                { name: 'first', ...external(`http://127.0.0.1:${port}/v1`) },
                { name: 'second', ...external('https://llm.example.com/v1') },
              ],
              traffic_config: {
                routes: [
                  { served_entity_name: 'first', traffic_percentage: 100 },
                  { served_entity_name: 'second', traffic_percentage: 0 },
                ],
              },
            },
            ai_gateway: { fallback_config: { enabled: true } },
          },
        ],
      },
    });
  });

  beforeEach(() => {
    received = [];
  });

  afterAll(async () => {
    await sandbox.close();
    upstream.closeAllConnections();
    await new Promise((resolve) => upstream.close(resolve));
  });

  const query = (endpoint: string, body: Record<string, unknown> = {}) =>
    fetch(`${sandbox.host}/serving-endpoints/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${sandbox.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: endpoint,
        messages: [{ role: 'user', content: 'hi' }],
        usage_context: { team: 'x' },
        ...body,
      }),
    });

  test("gets the provider's model name, no credential and no gateway fields", async () => {
    answer = (_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          id: 'x',
          choices: [{ index: 0, message: { role: 'assistant', content: 'real words' } }],
          usage: { prompt_tokens: 7, completion_tokens: 9, total_tokens: 16 },
        }),
      );
    };
    const response = await query('real', { max_tokens: 4 });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'real words' } }] });
    expect(response.headers.get('served-model-name')).toBe('gpt');
    expect(received).toEqual([
      {
        path: '/v1/chat/completions',
        authorization: undefined,
        body: { model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }], max_tokens: 4 },
      },
    ]);
    expect(JSON.stringify(sandbox.dump())).toContain('"tokens_in":7,"tokens_out":9');
  });

  test('streams arrive as they are sent', async () => {
    const parts = ['data: {"choices":[{"delta":{"content":"one"}}]}\n\n', 'data: [DONE]\n\n'];
    let finish = () => {};
    answer = (_request, response) => {
      response.setHeader('content-type', 'text/event-stream');
      response.write(parts[0]);
      finish = () => void response.end(parts[1]);
    };
    const response = await query('real', { stream: true });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      // The provider continues after its first part has arrived.
      if (text === parts[0]) finish();
    }
    expect(text).toBe(parts.join(''));
  });

  test("a provider's error is passed on, but a redirect is not", async () => {
    answer = (_request, response) => {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end('{"error":{"message":"bad key"}}');
    };
    const refused = await query('real');
    expect([refused.status, await refused.json()]).toEqual([401, { error: { message: 'bad key' } }]);
    answer = (_request, response) => {
      response.writeHead(302, { location: 'https://llm.example.com/' });
      response.end();
    };
    expect((await query('real')).status).toBe(502);
  });

  test('a provider that is down is a 502, and for one elsewhere the sandbox answers and says so', async () => {
    expect((await query('down')).status).toBe(502);
    expect(await (await query('far')).json()).toMatchObject({
      choices: [{ message: { content: expect.stringContaining('This is the sandbox, not gpt-4o') } }],
    });
    expect(received).toEqual([]);
  });

  test('a 429 of one provider falls back to the next entity', async () => {
    answer = (_request, response) => {
      response.writeHead(429, { 'content-type': 'application/json' });
      response.end('{}');
    };
    const response = await query('spare');
    expect([response.status, response.headers.get('served-model-name')]).toEqual([200, 'second']);
    expect(received).toHaveLength(1);
  });
});

import { describe, expect, it } from 'vitest';
import { ABSENT, answers, answersService, perToken, SERVICES_PATH, service } from '../../support/model-services.ts';
import { expectRefusal, withEndpoints } from '../../support/tool-test.ts';
import { useHarness } from '../../support/use-harness.ts';
import { parseCall } from '../../support/workspace.ts';

const begin = useHarness(withEndpoints);
const NAME = 'main.ai.chat';

async function schemaOf(types: string[], config: Record<string, unknown> = {}, args: Record<string, unknown> = {}) {
  const h = await begin();
  const routing = { destinations: [perToken('a', 'system.ai.gpt-5')] };
  answersService(h, NAME, service(NAME, { routing, ...config }, { supported_api_types: types }));
  h.sent();
  const answer = await h.call('get_schema', { endpoint: NAME, ...args });
  return { h, ...answer };
}

describe('the schema of a model service', () => {
  it('is the form of each of its API types, with a request that names the service', async () => {
    const { data, h } = await schemaOf(['openai/v1/chat/completions', 'openai/v1/embeddings']);
    expect(data).toMatchObject({ model_service: NAME, gateway: 'Unity Gateway', recorded: 'no inference table' });
    expect(data.apis.map(({ path }: { path: string }) => path)).toEqual([
      '/ai-gateway/mlflow/v1/chat/completions',
      '/ai-gateway/mlflow/v1/embeddings',
    ]);
    const [chat, embeddings] = data.apis;
    expect(chat.example).toEqual({ endpoint: NAME, messages: expect.any(Array) });
    expect(chat.curl).toContain(`"model":"${NAME}"`);
    expect(embeddings.curl).toContain('"encoding_format":"float"');
    expect(embeddings.example).toEqual({ endpoint: NAME, texts: expect.any(Array) });
    expect(h.sent()).toEqual([`GET ${SERVICES_PATH}/${NAME}`]);
  });

  it('of a provider’s own chat form is that of chat, which the gateway translates', async () => {
    const { data } = await schemaOf(['anthropic/v1/messages']);
    expect(data.apis).toHaveLength(1);
    expect(data.note).toContain('forms of its API types');
  });

  it('that names no type is shown as chat, with that doubt', async () => {
    const { data } = await schemaOf([]);
    expect(data.apis).toHaveLength(1);
    expect(data.note).toContain('does not mean that it does not work');
  });

  it('says what is recorded and limited', async () => {
    const { data } = await schemaOf(['mlflow/v1/chat/completions'], {
      inference_table: { parent: 'schemas/main.ai', table: 'tables/main.ai.chat_payload' },
      rate_limits: [
        { key: 'RATE_LIMIT_KEY_USER_DEFAULT', renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_HOUR', tokens: 9 },
      ],
    });
    expect(data.recorded).toContain('main.ai.chat_payload');
    expect(data.limits).toEqual(['user: 9 tokens per hour']);
  });

  it.each([{ raw: true }, { entity: 'a' }])('has no %j', async (args) => {
    const { h, ...answer } = await schemaOf([], {}, args);
    expectRefusal(h, answer, 'unused_argument');
    expect(parseCall(answer.data.error.next)).toEqual({ name: 'get_schema', args: { endpoint: NAME } });
  });
});

describe('a tool of endpoints', () => {
  const config = { routing: { destinations: [perToken('a', 'system.ai.gpt-5')] } };

  it.each<[string, Record<string, unknown>, string]>([
    ['set_traffic', { traffic: { a: 100 } }, 'update_model_service'],
    ['swap_version', { version: '2' }, 'update_model_service'],
    ['update_ai_gateway', { usage_tracking: true }, 'update_model_service'],
    ['get_logs', {}, 'diagnose_endpoint'],
    ['get_metrics', {}, 'get_usage'],
    ['wait_for_endpoint', {}, 'get_endpoint'],
  ])('%s refuses a model service, and names what does this for it', async (tool, args, instead) => {
    const h = await begin();
    answersService(h, NAME, service(NAME, config));
    const answer = await h.call(tool, { endpoint: NAME, ...args });
    expectRefusal(h, answer, 'model_service');
    expect(answer.data.error.message).toContain(`${NAME} is a model service of Unity Gateway`);
    expect(answer.data.error.next).toContain(`${instead} {`);
    expect(answer.data.error.next).toContain(NAME);
  });

  it('takes no name of a service that does not exist for one', async () => {
    const h = await begin();
    answers(h, `${SERVICES_PATH}/${NAME}`, ABSENT, 404);
    expectRefusal(h, await h.call('get_logs', { endpoint: NAME }), 'not_an_endpoint');
  });
});

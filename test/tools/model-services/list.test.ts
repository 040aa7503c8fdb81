import { describe, expect, it } from 'vitest';
import { ABSENT, answers, external, perToken, SERVICES_PATH, service } from '../../support/model-services.ts';
import { expectRefusal, withEndpoints } from '../../support/tool-test.ts';
import { useHarness } from '../../support/use-harness.ts';
import { churnEntity, endpoint, follow, parseCall } from '../../support/workspace.ts';

const begin = useHarness(withEndpoints);
const one = (name: string, model = 'system.ai.gpt-5', more = {}) =>
  service(`main.ai.${name}`, { routing: { destinations: [perToken('a', model)] } }, more);

async function listing(services: unknown[]) {
  const h = await begin();
  answers(h, SERVICES_PATH, { model_services: services });
  h.sent();
  return h;
}

describe('the model services of a schema', () => {
  it('are listed with where they route, their limits and what is gone', async () => {
    const split = service('main.ai.split', {
      routing: {
        destinations: [
          perToken('a', 'system.ai.gpt-5', { traffic_percentage: 60 }),
          external('b', 'main.ai.openai', 'gpt-5-mini', { traffic_percentage: 40, is_deleted: true }),
        ],
        fallback: { destinations: [perToken('c', 'system.ai.llama')] },
      },
      rate_limits: [{ key: 'RATE_LIMIT_KEY_SERVICE', renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_MINUTE', requests: 5 }],
    });
    const h = await listing([split, one('chat')]);
    const { data } = await h.call('list_endpoints', { schema: 'main.ai' });
    expect(data).toEqual({
      schema: 'main.ai',
      gateway: 'Unity Gateway',
      total: 2,
      model_services: [
        {
          name: 'main.ai.chat',
          routes_to: 'system.ai.gpt-5',
          owner: 'admin@example.com',
          last_change: '2026-11-02T09:30:00Z',
        },
        {
          name: 'main.ai.split',
          routes_to: 'system.ai.gpt-5 (60 %), gpt-5-mini of main.ai.openai (40 %)',
          fallbacks: 'system.ai.llama',
          deleted: 'gpt-5-mini of main.ai.openai',
          limits: 1,
          owner: 'admin@example.com',
          last_change: '2026-11-02T09:30:00Z',
        },
      ],
    });
  });

  it('are asked for in the full view, because the basic one has no destinations', async () => {
    const h = await listing([]);
    await h.call('list_endpoints', { schema: 'main.ai' });
    expect(h.sandbox.requests.at(-1)).toMatchObject({ query: { parent: 'schemas/main.ai', view: 'FULL' } });
  });

  it.each([
    [{ name_contains: 'sum' }, ['main.ai.summaries']],
    [{ model: 'llama' }, ['main.ai.llamas']],
    [{ model: 'databricks-gpt-5' }, ['main.ai.chat', 'main.ai.summaries']],
    [{ creator: 'engineer' }, ['main.ai.summaries']],
  ])('are filtered by %j', async (filter, names) => {
    const h = await listing([
      one('chat'),
      one('llamas', 'system.ai.llama'),
      one('summaries', undefined, { effective_owner: 'engineer@example.com' }),
    ]);
    const { data } = await h.call('list_endpoints', { schema: 'main.ai', ...filter });
    expect(data.model_services.map(({ name }: { name: string }) => name)).toEqual(names);
  });

  it('come in pages that lack none and repeat none', async () => {
    const h = await listing(Array.from({ length: 7 }, (_, at) => one(`s${at}`)));
    const seen: string[] = [];
    for (let args: Record<string, unknown> = { schema: 'main.ai', limit: 3 }; ; ) {
      const { data } = await h.call('list_endpoints', args);
      seen.push(...data.model_services.map(({ name }: { name: string }) => name));
      if (data.next_cursor === undefined) break;
      args = { ...args, cursor: data.next_cursor };
    }
    expect(seen).toEqual(Array.from({ length: 7 }, (_, at) => `main.ai.s${at}`));
  });

  it('that do not match are refused no name: the nearest are shown', async () => {
    const h = await listing([one('summaries')]);
    const { data } = await h.call('list_endpoints', { schema: 'main.ai', name_contains: 'sumaries' });
    expect(data).toMatchObject({ note: 'none of 1 model services match', near: ['main.ai.summaries'] });
  });

  it('have no state, task or tag, so these filters are refused with the call without them', async () => {
    const h = await listing([]);
    const answer = await h.call('list_endpoints', { schema: 'main.ai', state: 'failed', limit: 5 });
    expectRefusal(h, answer, 'unused_argument');
    expect(h.sent()).toEqual([]);
    expect(parseCall(answer.data.error.next).args).toEqual({ schema: 'main.ai', limit: 5 });
    expect((await follow(h, answer.data.error.next)).isError).toBe(false);
  });
});

it('a schema that does not exist, or may not be used, is refused with both causes', async () => {
  const h = await begin();
  answers(h, SERVICES_PATH, ABSENT, 404);
  const answer = await h.call('list_endpoints', { schema: 'main.ia' });
  expectRefusal(h, answer, 'schema_not_found');
  expect(answer.data.error.message).toContain('there is no schema main.ia, or you may not use it');
});

it('a metastore has no list of services: the first page of endpoints says so once, and no other answer', async () => {
  const h = await begin([endpoint('churn', [churnEntity('1')])]);
  expect((await h.call('list_endpoints')).data.model_services_hint).toContain('listed by schema only');
  expect((await h.call('list_endpoints', { name_contains: 'churn' })).text).not.toContain('by schema');
  expectRefusal(h, await h.call('list_endpoints', { schema: 'main' }), 'invalid_arguments');
});

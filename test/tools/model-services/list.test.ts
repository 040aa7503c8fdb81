import { describe, expect, it } from 'vitest';
import type { HarnessOptions } from '../../support/harness.ts';
import { answers, perToken, SERVICES_PATH, service } from '../../support/model-services.ts';
import { expectRefusal, withEndpoints } from '../../support/tool-test.ts';
import { useHarness } from '../../support/use-harness.ts';
import { churnEntity, endpoint, follow, parseCall } from '../../support/workspace.ts';

/** The built-in workspace, which has two services. */
const begin = useHarness((options: HarnessOptions = {}) => ({ at: Date.UTC(2026, 10, 28, 10), ...options }));
const beginWith = useHarness(withEndpoints);
const CHAT = 'ml.prod.support_chat';
const SUMMARY = 'ml.prod.ticket_summary';
const named = (data: { model_services: { name: string }[] }) => data.model_services.map(({ name }) => name);
const one = (name: string) =>
  service(`main.ai.${name}`, { routing: { destinations: [perToken('a', 'system.ai.gpt-5')] } });

/** For lists that no workspace of the sandbox has. */
async function listing(services: unknown[]) {
  const h = await beginWith();
  answers(h, SERVICES_PATH, { model_services: services });
  h.sent();
  return h;
}

describe('the model services of a schema', () => {
  it('are listed with where they route, their limits and what is gone', async () => {
    const h = await begin();
    const { data } = await h.call('list_endpoints', { schema: 'ml.prod' });
    expect(data).toEqual({
      schema: 'ml.prod',
      gateway: 'Unity Gateway',
      total: 2,
      model_services: [
        {
          name: CHAT,
          routes_to: 'system.ai.claude-sonnet-4-6 (80 %), gpt-4o of ml.prod.openai_prod (20 %)',
          fallbacks: 'system.ai.databricks-meta-llama-3-3-70b-instruct',
          limits: 2,
          owner: 'ml-engineer@example.com',
          last_change: expect.stringMatching(/^2026-.*Z$/),
        },
        {
          name: SUMMARY,
          routes_to: 'system.ai.gpt-5',
          fallbacks: 'system.ai.claude-3-7-sonnet',
          deleted: 'system.ai.claude-3-7-sonnet',
          owner: 'ml-engineer@example.com',
          last_change: expect.stringMatching(/^2026-.*Z$/),
        },
      ],
    });
  });

  it('are those on which the caller has a privilege', async () => {
    const h = await begin({ as: 'analyst@example.com' });
    const { data, text } = await h.call('list_endpoints', { schema: 'ml.prod' });
    expect(named(data)).toEqual([CHAT]);
    expect(text).not.toContain('ticket_summary');
  });

  it('are asked for in the full view, because the basic one has no destinations', async () => {
    const h = await listing([]);
    await h.call('list_endpoints', { schema: 'main.ai' });
    expect(h.sandbox.requests.at(-1)).toMatchObject({ query: { parent: 'schemas/main.ai', view: 'FULL' } });
  });

  it.each([
    [{ name_contains: 'chat' }, [CHAT]],
    [{ model: 'claude' }, [CHAT, SUMMARY]],
    [{ model: 'llama' }, [CHAT]],
    [{ model: 'databricks-gpt-5' }, [SUMMARY]],
    [{ creator: 'ml-engineer' }, [CHAT, SUMMARY]],
    [{ creator: 'analyst' }, undefined],
  ])('are filtered by %j', async (filter, names) => {
    const h = await begin();
    const { data } = await h.call('list_endpoints', { schema: 'ml.prod', ...filter });
    expect(names ? named(data) : data.note).toEqual(names ?? 'none of 2 model services match');
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
  const answer = await h.call('list_endpoints', { schema: 'ml.prd' });
  expectRefusal(h, answer, 'schema_not_found');
  expect(answer.data.error.message).toContain('there is no schema ml.prd, or you may not use it');
  h.sent();
  for (const schema of ['ml', CHAT, 'ml.'])
    expectRefusal(h, await h.call('list_endpoints', { schema }), 'invalid_arguments');
  expect(h.sent()).toEqual([]);
});

it('a metastore has no list of services: the first page of endpoints says so once, and no other answer', async () => {
  const h = await beginWith([endpoint('churn', [churnEntity('1')])]);
  expect((await h.call('list_endpoints')).data.model_services_hint).toContain('listed by schema only');
  expect((await h.call('list_endpoints', { name_contains: 'churn' })).text).not.toContain('by schema');
  expectRefusal(h, await h.call('list_endpoints', { schema: 'main' }), 'invalid_arguments');
});

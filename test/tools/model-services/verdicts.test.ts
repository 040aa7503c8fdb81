/** A verdict on a model service comes true: calls fail where it is failing, and are answered where it is healthy. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { HarnessOptions } from '../../support/harness.ts';
import { perToken } from '../../support/model-services.ts';
import { RUN_ALL } from '../../support/selection.ts';
import { useHarness } from '../../support/use-harness.ts';

const begin = useHarness((options: HarnessOptions) => options);

const RUNS = RUN_ALL ? 60 : 15;
/** Calls of each service, since the percentages decide which destination one meets. */
const CALLS = 4;
const NAME = 'ml.prod.chat';
const CALL = { endpoint: NAME, messages: [{ role: 'user', content: 'hello' }] };

const foundation = {
  name: 'databricks-gpt-5',
  entity_name: 'system.ai.databricks-gpt-5',
  display_name: 'GPT-5',
  task: 'llm/v1/chat',
  spec: { kind: 'chat', model: 'gpt-5' },
};

const destination = (name: string, gone: boolean, more: Record<string, unknown> = {}) =>
  gone ? perToken(name, 'system.ai.old', { is_deleted: true, ...more }) : perToken(name, 'system.ai.gpt-5', more);

const services = fc.record({
  primaries: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
  fallbacks: fc.array(fc.boolean(), { maxLength: 2 }),
  first: fc.constantFrom(60, 100, 0),
  closed: fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    fc.constantFrom('RATE_LIMIT_KEY_SERVICE', 'RATE_LIMIT_KEY_USER_DEFAULT'),
  ),
});

it('a failing service answers no call, and a healthy one all, whatever is gone or limited', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(services, async ({ primaries, fallbacks, first, closed }) => {
      const shares = primaries.length === 1 ? [] : [first, 100 - first, 0];
      const config = {
        routing: {
          destinations: primaries.map((gone, at) =>
            destination(`d${at}`, gone, shares[at] === undefined ? {} : { traffic_percentage: shares[at] }),
          ),
          fallback: { destinations: fallbacks.map((gone, at) => destination(`f${at}`, gone)) },
        },
        rate_limits:
          closed === undefined
            ? []
            : [{ key: closed, renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_MINUTE', requests: 0 }],
      };
      const h = await begin({
        seed: {
          users: [{ user_name: 'admin@example.com', admin: true }],
          catalogs: [{ name: 'ml', schemas: [{ name: 'prod' }] }],
          foundation_models: [foundation],
          model_services: [{ full_name: NAME, config, created_minutes_ago: 600 }],
        },
        journal: null,
      });
      const { verdict, error } = (await h.call('diagnose_endpoint', { endpoint: NAME })).data;
      expect(error).toBeUndefined();
      seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
      const answers = [];
      for (let at = 0; at < CALLS; at++) answers.push((await h.call('query_endpoint', CALL)).data);
      const failed = answers.filter((each) => each.error !== undefined);
      await h.close();
      if (verdict === 'failing') expect(failed).toHaveLength(CALLS);
      // What is gone keeps its share of the calls, which fail unless a fallback answers them.
      else if (verdict === 'healthy' || fallbacks.includes(false)) expect(failed).toEqual([]);
      else for (const { error } of failed) expect(error.code).toBe('NOT_FOUND');
    }),
    { numRuns: RUNS },
  );
  expect([...seen.keys()].sort()).toEqual(['degraded', 'failing', 'healthy']);
});

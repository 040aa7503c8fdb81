import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LimitWish, planRateLimits } from '../../src/plan/rate-limits.ts';
import { AiGateway } from '../../src/rest/endpoints.ts';

const OTHERS = {
  guardrails: { input: { safety: true, pii: { behavior: 'BLOCK' } }, output: { pii: { behavior: 'MASK' } } },
  usage_tracking_config: { enabled: false },
  fallback_config: { enabled: true },
  inference_table_config: { catalog_name: 'ml', schema_name: 'logs', enabled: true },
  future_block: { on: [1, 2] },
};
const limit = (fields: Record<string, unknown>) => ({ renewal_period: 'minute', ...fields });
const GATEWAY = AiGateway.parse({
  ...OTHERS,
  rate_limits: [
    limit({ calls: 100, key: 'endpoint' }),
    limit({ calls: 10, key: 'user' }),
    limit({ tokens: 5000, key: 'user' }),
    limit({ calls: 7, key: 'user_group', principal: 'analysts', note: 'kept' }),
  ],
});

const plan = (set: LimitWish[], remove: Parameters<typeof planRateLimits>[1]['remove'] = [], current = GATEWAY) =>
  planRateLimits(current, { set, remove });

describe('a plan of rate limits', () => {
  it('keeps guardrails, tracking, fallback, inference table, unknown blocks and the other limits', () => {
    const { gateway } = plan([{ key: 'user', calls: 20 }]);
    expect(gateway).toEqual({
      ...OTHERS,
      rate_limits: [
        limit({ calls: 100, key: 'endpoint' }),
        limit({ calls: 20, key: 'user' }),
        limit({ tokens: 5000, key: 'user' }),
        limit({ calls: 7, key: 'user_group', principal: 'analysts', note: 'kept' }),
      ],
    });
  });

  it('sends an explicit 0', () => {
    const { gateway, changes } = plan([{ key: 'endpoint', calls: 0 }]);
    expect(gateway.rate_limits?.[0]).toEqual(limit({ calls: 0, key: 'endpoint' }));
    expect(changes).toEqual([{ field: 'rate_limits.endpoint calls', from: 100, to: 0 }]);
  });

  it('takes a limit without a key for the endpoint limit, which is the service’s default', () => {
    const current = AiGateway.parse({ rate_limits: [limit({ calls: 5 })] });
    const { gateway, changes } = plan([{ key: 'endpoint', calls: 6 }], [], current);
    expect(gateway.rate_limits).toEqual([limit({ calls: 6, key: 'endpoint' })]);
    expect(changes).toEqual([{ field: 'rate_limits.endpoint calls', from: 5, to: 6 }]);
  });

  it('counts calls and tokens of one principal as two limits', () => {
    const { gateway, changes } = plan([{ key: 'user', tokens: 1 }]);
    expect(gateway.rate_limits).toHaveLength(4);
    expect(changes).toEqual([{ field: 'rate_limits.user tokens', from: 5000, to: 1 }]);
  });

  it('distinguishes principals', () => {
    const { gateway } = plan([
      { key: 'user', principal: 'a@example.com', calls: 1 },
      { key: 'service_principal', principal: 'app', calls: 2 },
      { key: 'user_group', principal: 'interns', calls: 3 },
    ]);
    expect(gateway.rate_limits).toHaveLength(7);
  });

  it('removes one unit, or both when none is named', () => {
    expect(plan([], [{ key: 'user', unit: 'tokens' }]).gateway.rate_limits).toHaveLength(3);
    const both = plan([], [{ key: 'user' }]);
    expect(both.gateway.rate_limits).toHaveLength(2);
    expect(both.changes).toEqual([
      { field: 'rate_limits.user calls', from: 10 },
      { field: 'rate_limits.user tokens', from: 5000 },
    ]);
  });

  it('removes before it sets, so that one call can trade tokens for calls', () => {
    const { gateway } = plan([{ key: 'user', calls: 3 }], [{ key: 'user' }]);
    expect(gateway.rate_limits?.filter((each) => each.key === 'user')).toEqual([limit({ calls: 3, key: 'user' })]);
  });

  it('says which limit to remove is not there', () => {
    const ref = { key: 'user_group' as const, principal: 'interns' };
    expect(plan([], [ref]).notFound).toEqual([ref]);
  });

  it('has no changes when the limit is so already', () => {
    expect(plan([{ key: 'user', calls: 10 }]).changes).toEqual([]);
  });

  it('starts a gateway where there was none', () => {
    const { gateway } = planRateLimits(undefined, { set: [{ key: 'user', calls: 1 }], remove: [] });
    expect(gateway).toEqual({ rate_limits: [limit({ calls: 1, key: 'user' })] });
  });

  it('never loses settings that the caller did not name', () => {
    const key = fc.constantFrom('endpoint' as const, 'user' as const, 'user_group' as const);
    const wish = fc.record({ key, calls: fc.nat() });
    const block = fc.dictionary(fc.stringMatching(/^x_[a-z]{1,8}$/), fc.jsonValue({ maxDepth: 2 }));
    fc.assert(
      fc.property(block, fc.array(wish, { maxLength: 4 }), fc.array(wish, { maxLength: 4 }), (blocks, before, set) => {
        const unique = before.filter((each, at) => before.findIndex((other) => other.key === each.key) === at);
        const current = AiGateway.parse({
          ...blocks,
          rate_limits: unique.map((each) => limit({ ...each, extra: 'kept' })),
        });
        const { rate_limits, ...rest } = planRateLimits(current, { set, remove: [] }).gateway;
        expect(rest).toEqual(blocks);
        for (const each of unique) {
          const wanted = set.findLast((other) => other.key === each.key)?.calls ?? each.calls;
          expect(rate_limits).toContainEqual(limit({ key: each.key, calls: wanted, extra: 'kept' }));
        }
      }),
    );
  });
});

/** The list of limits that is sent: only what a call names changes, because a PATCH replaces the whole list. */
import { describe, expect, it } from 'vitest';
import {
  inverseLimits,
  limitRows,
  limitsView,
  planServiceLimits,
  type ServiceLimitRef,
  type ServiceLimitWish,
} from '../../src/plan/service-limits.ts';
import type { ServiceLimit } from '../../src/rest/model-services.ts';

const MINUTE = 'RATE_LIMIT_RENEWAL_PERIOD_MINUTE';
const HOUR = 'RATE_LIMIT_RENEWAL_PERIOD_HOUR';
const ALL: ServiceLimit = { key: 'RATE_LIMIT_KEY_SERVICE', renewal_period: MINUTE, requests: 600, burst: 7 };
const ANN: ServiceLimit = {
  key: 'RATE_LIMIT_KEY_USER',
  principal: 'ann@example.com',
  renewal_period: HOUR,
  requests: 10,
  tokens: 5000,
};
const CURRENT = [ALL, ANN];

const plan = (set: ServiceLimitWish[], remove: ServiceLimitRef[] = []) => planServiceLimits(CURRENT, { set, remove });

describe('a limit to set', () => {
  it.each<[what: string, wish: ServiceLimitWish, sent: ServiceLimit]>([
    [
      'each user, by default',
      { key: 'user', calls: 5, period: 'minute' },
      { key: 'RATE_LIMIT_KEY_USER_DEFAULT', renewal_period: MINUTE, requests: 5 },
    ],
    [
      'one user',
      { key: 'user', principal: 'bo@example.com', tokens: 0, period: 'hour' },
      { key: 'RATE_LIMIT_KEY_USER', principal: 'bo@example.com', renewal_period: HOUR, tokens: 0 },
    ],
    [
      'a group',
      { key: 'user_group', principal: 'analysts', calls: 0, period: 'minute' },
      { key: 'RATE_LIMIT_KEY_USER_GROUP', principal: 'analysts', renewal_period: MINUTE, requests: 0 },
    ],
    [
      'a service principal',
      { key: 'service_principal', principal: 'app-1', calls: 1, period: 'minute' },
      { key: 'RATE_LIMIT_KEY_SERVICE_PRINCIPAL', principal: 'app-1', renewal_period: MINUTE, requests: 1 },
    ],
    [
      'everyone per hour, next to the limit per minute',
      { key: 'endpoint', tokens: 9, period: 'hour' },
      { key: 'RATE_LIMIT_KEY_SERVICE', renewal_period: HOUR, tokens: 9 },
    ],
  ])('is added: %s', (_what, wish, sent) => {
    expect(plan([wish]).limits).toEqual([ALL, ANN, sent]);
  });

  it('keeps the other dimension of its object, and fields that this version does not know', () => {
    const { limits, changes } = plan([{ key: 'endpoint', tokens: 100, period: 'minute' }]);
    expect(limits).toEqual([{ ...ALL, tokens: 100 }, ANN]);
    expect(changes).toEqual([{ field: 'rate_limits.endpoint tokens per minute', to: 100 }]);
  });

  it('is found where a service holds its dimensions in two objects', () => {
    const { requests: _calls, ...who } = ALL;
    const apart = [ALL, { ...who, tokens: 900 }];
    const set: ServiceLimitWish[] = [{ key: 'endpoint', tokens: 100, period: 'minute' }];
    const { limits, changes } = planServiceLimits(apart, { set, remove: [] });
    expect(limits).toEqual([ALL, { ...who, tokens: 100 }]);
    expect(changes).toEqual([{ field: 'rate_limits.endpoint tokens per minute', from: 900, to: 100 }]);
  });

  it('changes nothing when the limit is there already', () => {
    const { limits, changes } = plan([{ key: 'user', principal: 'ann@example.com', calls: 10, period: 'hour' }]);
    expect([limits, changes]).toEqual([CURRENT, []]);
  });
});

describe('a limit to remove', () => {
  it.each<[what: string, ref: ServiceLimitRef, left: ServiceLimit[]]>([
    [
      'one dimension of two',
      { key: 'user', principal: 'ann@example.com', unit: 'calls' },
      [ALL, without(ANN, 'requests')],
    ],
    ['its only dimension', { key: 'endpoint', unit: 'calls' }, [ANN]],
    ['all of it', { key: 'user', principal: 'ann@example.com' }, [ALL]],
    ['of its period', { key: 'endpoint', period: 'minute' }, [ANN]],
  ])('%s', (_what, ref, left) => {
    const { limits, notFound } = plan([], [ref]);
    expect([limits, notFound]).toEqual([left, []]);
  });

  it.each<ServiceLimitRef>([
    { key: 'user' },
    { key: 'endpoint', unit: 'tokens' },
    { key: 'endpoint', period: 'hour' },
    { key: 'user', principal: 'bo@example.com' },
  ])('is reported when it does not exist: %j', (ref) => {
    const { limits, notFound } = plan([], [ref]);
    expect([limits, notFound]).toEqual([CURRENT, [ref]]);
  });
});

function without(limit: ServiceLimit, field: string): ServiceLimit {
  return Object.fromEntries(Object.entries(limit).filter(([name]) => name !== field)) as ServiceLimit; // still one
}

it('the inverse of a change brings back the same limits', () => {
  const { limits } = plan(
    [
      { key: 'endpoint', calls: 1, period: 'minute' },
      { key: 'user', calls: 2, period: 'hour' },
    ],
    [{ key: 'user', principal: 'ann@example.com', unit: 'tokens' }],
  );
  const back = inverseLimits(CURRENT, limits);
  expect(back.remove).toEqual([{ key: 'user', period: 'hour', unit: 'calls' }]);
  expect(limitsView(planServiceLimits(limits, back).limits)).toEqual(limitsView(CURRENT));
});

it('a key and a period of a later version keep their names', () => {
  const strange = { key: 'RATE_LIMIT_KEY_TEAM', renewal_period: 'DAILY', requests: 3 };
  expect(limitRows([strange])).toEqual([{ key: 'team', period: 'DAILY', calls: 3 }]);
  expect(planServiceLimits([strange], { set: [], remove: [] }).limits).toEqual([strange]);
});

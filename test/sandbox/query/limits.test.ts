import { describe, expect, test } from 'vitest';
import {
  type Caller,
  type CountedRequest,
  checkFoundationQuota,
  checkLimits,
  type LimitCheck,
} from '../../../src/sandbox/query/limits.ts';
import type { GatewayRateLimit } from '../../../src/sandbox/state/wire-types.ts';

const NOW = 10_000_000;
const GROUPS: Record<string, string[]> = {
  'a@example.com': ['red'],
  'b@example.com': ['red', 'blue'],
  'c@example.com': [],
};

const limit = (rest: Omit<GatewayRateLimit, 'renewal_period'>): GatewayRateLimit => ({
  ...rest,
  renewal_period: 'minute',
});

function caller(name: string, kind: Caller['kind'] = 'user'): Caller {
  return { name, kind, groups: GROUPS[name] ?? [] };
}

/** Requests of one principal, each the given number of seconds ago. */
function calls(principal: string, ...secondsAgo: number[]): CountedRequest[] {
  return secondsAgo.map((ago) => ({ principal, at: NOW - ago * 1000, status: 200, tokens_in: 10, tokens_out: 5 }));
}

function check(
  limits: GatewayRateLimit[],
  routed: CountedRequest[],
  who: Caller,
  form: LimitCheck['form'] = 'databricks',
) {
  return checkLimits({
    ...{ endpoint: 'ep', limits, routed, caller: who, now: NOW, form },
    groupsOf: (name) => GROUPS[name] ?? [],
    realSeconds: (ms) => ms / 60_000,
  });
}

describe('rate limits', () => {
  const cases: [string, GatewayRateLimit[], CountedRequest[], Caller, number | undefined][] = [
    ['no limits', [], calls('a@example.com', 1, 2), caller('a@example.com'), undefined],
    [
      'below the endpoint limit',
      [limit({ calls: 3 })],
      calls('a@example.com', 1, 2),
      caller('a@example.com'),
      undefined,
    ],
    [
      'at the endpoint limit, for any caller',
      [limit({ calls: 2 })],
      calls('b@example.com', 1, 2),
      caller('a@example.com'),
      429,
    ],
    [
      'calls older than a minute',
      [limit({ calls: 1 })],
      calls('a@example.com', 60, 75),
      caller('a@example.com'),
      undefined,
    ],
    [
      'a call just inside the minute',
      [limit({ calls: 1 })],
      calls('a@example.com', 59.9),
      caller('a@example.com'),
      429,
    ],
    [
      'refused calls',
      [limit({ calls: 1 })],
      calls('a@example.com', 1).map((one) => ({ ...one, status: 429 })),
      caller('a@example.com'),
      undefined,
    ],
    [
      'calls that failed for another reason',
      [limit({ calls: 1 })],
      calls('a@example.com', 1).map((one) => ({ ...one, status: 400 })),
      caller('a@example.com'),
      429,
    ],
    ['a limit per user', [limit({ calls: 1, key: 'user' })], calls('a@example.com', 1), caller('a@example.com'), 429],
    ['another user', [limit({ calls: 1, key: 'user' })], calls('b@example.com', 1), caller('a@example.com'), undefined],
    [
      'a limit for one user',
      [limit({ calls: 1, key: 'user', principal: 'b@example.com' })],
      calls('a@example.com', 1),
      caller('a@example.com'),
      undefined,
    ],
    [
      "the caller's own limit wins over the default",
      [limit({ calls: 1, key: 'user' }), limit({ calls: 5, key: 'user', principal: 'a@example.com' })],
      calls('a@example.com', 1, 2),
      caller('a@example.com'),
      undefined,
    ],
    [
      'a service principal by id',
      [limit({ calls: 1, key: 'service_principal', principal: 'sp-1' })],
      calls('sp-1', 1),
      caller('sp-1', 'service_principal'),
      429,
    ],
    [
      'a group shares its limit',
      [limit({ calls: 2, key: 'user_group', principal: 'red' })],
      [...calls('a@example.com', 1), ...calls('b@example.com', 1)],
      caller('a@example.com'),
      429,
    ],
    [
      'a group limit wins over the default',
      [limit({ calls: 1, key: 'user' }), limit({ calls: 5, key: 'user_group', principal: 'red' })],
      calls('a@example.com', 1),
      caller('a@example.com'),
      undefined,
    ],
    [
      'one of two groups is exhausted',
      [
        limit({ calls: 1, key: 'user_group', principal: 'red' }),
        limit({ calls: 5, key: 'user_group', principal: 'blue' }),
      ],
      calls('b@example.com', 1),
      caller('b@example.com'),
      undefined,
    ],
    [
      'both groups are exhausted',
      [
        limit({ calls: 1, key: 'user_group', principal: 'red' }),
        limit({ calls: 1, key: 'user_group', principal: 'blue' }),
      ],
      calls('b@example.com', 1),
      caller('b@example.com'),
      429,
    ],
    [
      'a group without the caller',
      [limit({ calls: 0, key: 'user_group', principal: 'blue' })],
      [],
      caller('a@example.com'),
      undefined,
    ],
    [
      'tokens below the limit',
      [limit({ tokens: 31 })],
      calls('a@example.com', 1, 2),
      caller('a@example.com'),
      undefined,
    ],
    ['tokens at the limit', [limit({ tokens: 30 })], calls('a@example.com', 1, 2), caller('a@example.com'), 429],
    ['zero calls', [limit({ calls: 0 })], [], caller('a@example.com'), 403],
    ['zero tokens for users', [limit({ tokens: 0, key: 'user' })], [], caller('a@example.com'), 403],
    [
      'zero for another user',
      [limit({ calls: 0, key: 'user', principal: 'b@example.com' })],
      [],
      caller('a@example.com'),
      undefined,
    ],
  ];
  test.each(cases)('%s', (_name, limits, routed, who, status) => {
    expect(check(limits, routed, who)?.status).toBe(status);
  });
});

test('a limit of zero is a 403', () => {
  expect(check([limit({ calls: 0 })], [], caller('a@example.com'))).toEqual({
    status: 403,
    body: {
      error_code: 'PERMISSION_DENIED',
      message: 'PERMISSION_DENIED: The endpoint is disabled due to a rate limit set to 0.',
    },
  });
});

test('Retry-After is the real time until the oldest call leaves the window', () => {
  // The call of 45 s ago leaves the window in 15 sandbox seconds, here a quarter of a real second. A client waits at least one second.
  expect(check([limit({ calls: 2 })], calls('a@example.com', 45, 5), caller('a@example.com'))).toMatchObject({
    retry_after: 1,
  });
  const slow = checkLimits({
    ...{
      endpoint: 'ep',
      limits: [limit({ calls: 2 })],
      routed: calls('a@example.com', 45, 5),
      caller: caller('a@example.com'),
      now: NOW,
    },
    ...{ form: 'databricks', groupsOf: () => [], realSeconds: (ms: number) => ms / 1000 },
  });
  expect(slow).toMatchObject({ status: 429, retry_after: 15, body: { error_code: 'REQUEST_LIMIT_EXCEEDED' } });
});

test('the gateway routes answer an error object with the limit and the use', () => {
  expect(
    check([limit({ calls: 2 })], calls('a@example.com', 45, 5), caller('a@example.com'), 'openai')?.body,
  ).toMatchObject({
    error: { type: 'rate_limit_exceeded', code: 429, limit_type: 'calls', limit: 2, current: 2, retry_after: 1 },
  });
});

test('the quota of a foundation model counts the input tokens of the last minute', () => {
  const used = calls('a@example.com', 1, 2, 61);
  expect(checkFoundationQuota('llm', used, null, NOW)).toBeUndefined();
  expect(checkFoundationQuota('llm', used, 21, NOW)).toBeUndefined();
  expect(checkFoundationQuota('llm', used, 20, NOW)).toMatchObject({
    status: 429,
    body: { message: expect.stringContaining('Exceeded workspace input tokens per minute rate limit for llm.') },
  });
});

import { describe, expect, test } from 'vitest';
import { checkFoundationQuota, checkLimits, type LimitCheck } from '../../../src/sandbox/query/limits.ts';
import type { GatewayRateLimit } from '../../../src/sandbox/state/wire-types.ts';
import { type Caller, type CountedRequest, limitWindow } from '../../../src/sandbox/traffic/limit-window.ts';

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
  const window = limitWindow((name) => GROUPS[name] ?? []);
  for (const one of [...routed].sort((a, b) => a.at - b.at)) window.add(one);
  return checkLimits({ endpoint: 'ep', limits, window, caller: who, now: NOW, form, realSeconds: (ms) => ms / 60_000 });
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

test('the text says whose limit is used up and of what, as the service does', () => {
  const mine = calls('a@example.com', 1, 2);
  const message = (...limits: GatewayRateLimit[]) => check(limits, mine, caller('a@example.com'))?.body;
  const said = (text: string) => ({
    error_code: 'REQUEST_LIMIT_EXCEEDED',
    message: `REQUEST_LIMIT_EXCEEDED: User defined rate limit(s) exceeded for 'ep'. ${text}`,
  });
  expect(message(limit({ calls: 2 }))).toEqual(said('Requests-per-minute (RPM) rate limit exceeded for endpoint.'));
  expect(message(limit({ calls: 2, key: 'user' }))).toEqual(
    said('Requests-per-minute (RPM) rate limit exceeded for user.'),
  );
  expect(message(limit({ tokens: 30 }))).toEqual(said('Tokens-per-minute (TPM) rate limit exceeded for endpoint.'));
});

test('the gateway routes answer an error object with the limit and the use', () => {
  expect(
    check([limit({ calls: 2 })], calls('a@example.com', 45, 5), caller('a@example.com'), 'openai')?.body,
  ).toMatchObject({
    error: { type: 'rate_limit_exceeded', code: 429, limit_type: 'calls', limit: 2, current: 2, retry_after: 1 },
  });
});

test('the wait is the real time until the oldest call leaves the window', () => {
  const window = limitWindow(() => []);
  for (const one of calls('a@example.com', 45, 5)) window.add(one);
  const limits = [limit({ calls: 2 })];
  const at = { endpoint: 'ep', limits, window, caller: caller('a@example.com'), now: NOW };
  const refused = checkLimits({ ...at, form: 'openai', realSeconds: (ms: number) => ms / 1000 });
  expect(refused?.body).toMatchObject({ error: { retry_after: 15 } });
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

import { describe, expect, it } from 'vitest';
import { ApiError, TransportError, toApiError } from '../../src/rest/errors.ts';
import { retryDelay } from '../../src/rest/retry.ts';

function api(status: number, retryAfterMs?: number) {
  const fields = { status, code: 'X', detail: 'd', method: 'POST', path: '/p' };
  return new ApiError(retryAfterMs === undefined ? fields : { ...fields, retryAfterMs });
}

function transport(kind: TransportError['kind'], sent: boolean) {
  return new TransportError(kind, { method: 'POST', path: '/p', sent }, 'm');
}

describe('which failures are retried', () => {
  it.each<[string, unknown, once: boolean, repeatable: boolean]>([
    ['429', api(429), true, true],
    ['503', api(503), true, true],
    ['500', api(500), false, true],
    ['502', api(502), false, true],
    ['504', api(504), false, true],
    ['520', api(520), false, true],
    ['529', api(529), false, true],
    ['408', api(408), false, true],
    ['499', api(499), false, true],
    ['501', api(501), false, false],
    ['400', api(400), false, false],
    ['401', api(401), false, false],
    ['403', api(403), false, false],
    ['404', api(404), false, false],
    ['409', api(409), false, false],
    ['a redirect', api(302), false, false],
    ['a refused connection', transport('refused', false), true, true],
    ['a lost answer', transport('lost', true), false, true],
    ['a late answer', transport('timeout', true), false, true],
    ['an unknown host', transport('unreachable', false), false, false],
    ['an answer that is too large', transport('too_large', true), false, false],
    ['any other error', new Error('bug'), false, false],
  ])('%s: may be sent once only → %s', (_name, error, once, repeatable) => {
    expect(retryDelay(error, 1, false, 0) !== undefined).toBe(once);
    expect(retryDelay(error, 1, true, 0) !== undefined).toBe(repeatable);
  });
});

it.each<[what: string, body: unknown]>([
  [
    'OpenAI',
    { error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' } },
  ],
  [
    'an external model',
    {
      error_code: 'REQUEST_LIMIT_EXCEEDED',
      message: JSON.stringify({
        external_model_provider: 'openai',
        external_model_error: { error: { message: 'x', code: 'insufficient_quota' } },
      }),
    },
  ],
  [
    'the older form',
    {
      error: 'Received error from openai',
      external_model_message: { error: { message: 'x', type: 'insufficient_quota' } },
    },
  ],
])('a quota that is used up is not tried again: %s', (_what, body) => {
  const answer = { status: 429, headers: {}, text: JSON.stringify(body), method: 'POST', path: '/p' };
  expect(retryDelay(toApiError(answer, 0), 1, true, 0)).toBeUndefined();
});

function refused(message: string, status = 429) {
  const text = JSON.stringify({ error_code: 'REQUEST_LIMIT_EXCEEDED', message });
  return toApiError({ status, headers: {}, text, method: 'POST', path: '/p' }, 0);
}

describe('a limit whose window is longer than the longest pause', () => {
  it.each([
    'Exceeded workspace input tokens per minute rate limit for databricks-x.',
    'Exceeded workspace output tokens per hour rate limit for databricks-x.',
    "User defined rate limit(s) exceeded for 'chat'. Tokens-per-minute (TPM) rate limit exceeded for user.",
    'Rate limit reached on tokens per min (TPM): Limit 30000, Used 29000. Please try again in 41.5s.',
    'Exceeded the daily limit of free usage for this workspace. Try again tomorrow.',
    'Requests to this deployment exceeded the call rate limit. Please retry after 59 seconds.',
    "This request would exceed your organization's rate limit of 40,000 input tokens per minute.",
    'You are using a Trial key, which is limited to 10 API calls / minute.',
    'You have exceeded the limit of 50 endpoint updates per 5 minutes.',
    'Requests-per-day quota exceeded: 1000 requests per day.',
  ])('is not tried again within seconds: %s', (message) => {
    expect(retryDelay(refused(message), 1, true, 0)).toBeUndefined();
  });

  it.each([
    ["User defined rate limit(s) exceeded for 'chat'. Requests-per-minute (RPM) rate limit exceeded.", 500],
    ['Exceeded workspace QPS rate limit for databricks-x.', 500],
    ['Exceeded the user rate limit of 100 calls per minute for endpoint chat.', 500],
    ['Too many concurrent requests. Consider increasing the provisioned concurrency', 500],
    ['Rate limit reached on tokens per min (TPM): Limit 30000. Please try again in 8s.', 8_000],
    ['Please retry after 12 seconds.', 12_000],
    ['Please try again in 120ms.', 120],
  ])('but another is, after the pause that its words ask for: %s', (message, ms) => {
    expect(retryDelay(refused(message), 1, true, 0)).toBe(ms);
  });

  it('a header is about this answer, so it wins over the words', () => {
    const text = JSON.stringify({ message: 'tokens per minute exceeded, try again in 50s' });
    const error = toApiError({ status: 429, headers: { 'retry-after': '3' }, text, method: 'POST', path: '/p' }, 0);
    expect(retryDelay(error, 1, false, 0)).toBe(3_000);
  });
});

describe('how long', () => {
  it.each([
    [1, 0, 500],
    [2, 0, 1_000],
    [3, 0, 2_000],
    [1, 0.999, 749.75],
  ])('attempt %i with random %d waits %d ms', (attempt, random, expected) => {
    expect(retryDelay(api(503), attempt, false, random)).toBeCloseTo(expected, 5);
  });

  it('takes the pause that the service asks for, longer or shorter than its own', () => {
    expect(retryDelay(api(429, 15_000), 1, false, 0)).toBe(15_000);
    expect(retryDelay(api(429, 0), 3, false, 0)).toBe(0);
  });

  it('does not wait for an absurd pause and reports the error instead', () => {
    expect(retryDelay(api(429, 20_001), 1, false, 0)).toBeUndefined();
    expect(retryDelay(api(503, 99_999_999_999_000), 1, false, 0)).toBeUndefined();
  });

  it('gives up when the pauses of a request would take too long together', () => {
    expect(retryDelay(api(429, 8_000), 2, false, 0, 8_000)).toBe(8_000);
    expect(retryDelay(api(429, 8_000), 3, false, 0, 16_000)).toBeUndefined();
    expect(retryDelay(api(503), 2, false, 0, 19_500)).toBeUndefined();
  });

  it('gives up after four tries in all', () => {
    expect(retryDelay(api(503), 3, true, 0)).toBeDefined();
    expect(retryDelay(api(503), 4, true, 0)).toBeUndefined();
  });
});

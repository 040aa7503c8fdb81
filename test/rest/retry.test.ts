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

  it('gives up after four tries in all', () => {
    expect(retryDelay(api(503), 3, true, 0)).toBeDefined();
    expect(retryDelay(api(503), 4, true, 0)).toBeUndefined();
  });
});

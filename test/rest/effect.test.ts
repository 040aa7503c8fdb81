import { describe, expect, it } from 'vitest';
import { effectUnknown, mayHaveTakenEffect, saysTokenExpired } from '../../src/rest/effect.ts';
import { ApiError, TransportError } from '../../src/rest/errors.ts';

const INVOCATIONS = '/serving-endpoints/churn/invocations';

function api(status: number, method = 'POST', path = '/p', detail = 'd') {
  return new ApiError({ status, code: 'X', detail, method, path });
}

describe('a request that the service answered with an error', () => {
  it.each([
    [500, true],
    [502, true],
    [504, true],
    [520, true],
    [524, true],
    [529, true],
    [599, true],
    [408, true],
    [499, true],
    [501, false],
    [503, false],
    [429, false],
    [409, false],
    [400, false],
  ])('%i: a change or an inference may have run: %s; a reading changes nothing', (status, may) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) expect(mayHaveTakenEffect(api(status, method))).toBe(may);
    expect(mayHaveTakenEffect(api(status, 'GET', INVOCATIONS))).toBe(may);
    expect(mayHaveTakenEffect(api(status, 'GET'))).toBe(false);
    expect(effectUnknown(api(status))).toBe(may);
  });
});

it.each<[TransportError['kind'], boolean]>([
  ['refused', false],
  ['unreachable', false],
  ['lost', true],
  ['timeout', true],
  ['too_large', true],
])('a failed connection (%s): the request may have taken effect: %s', (kind, sent) => {
  expect(effectUnknown(new TransportError(kind, { method: 'PUT', path: '/p', sent }, 'm'))).toBe(sent);
});

it('the exchange of a token changes nothing and costs nothing', () => {
  expect(effectUnknown(api(500, 'POST', '/oidc/v1/token'))).toBe(false);
});

it('an error that does not come from the service has no effect', () => {
  expect(effectUnknown(new Error('bug'))).toBe(false);
});

it('Unity Gateway refuses a token with a 400 of two words (fact V15)', () => {
  const path = '/ai-gateway/mlflow/v1/chat/completions';
  expect(saysTokenExpired(api(400, 'POST', path, 'Invalid Token'))).toBe(true);
  expect(saysTokenExpired(api(400, 'POST', path, 'Invalid Token in field stop'))).toBe(false);
});

it.each<[number, string, boolean]>([
  [401, 'anything', true],
  [403, 'Token is expiring within 30 seconds. (token expired)', true],
  [403, 'The access token expired', true],
  [403, 'expired OAuth token', true],
  [403, 'Invalid access token.', true],
  [403, 'Invalid Token', true],
  [403, "User does not have permission 'View' on Endpoint churn", false],
  [400, 'Invalid Token', false],
  [500, 'token expired', false],
])('%i %j: the token is no longer valid: %s', (status, detail, expired) => {
  expect(saysTokenExpired(api(status, 'GET', '/p', detail))).toBe(expired);
});

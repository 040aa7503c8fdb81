import { expect, it } from 'vitest';
import { isAbsent } from '../../src/rest/absent.ts';
import { toApiError } from '../../src/rest/errors.ts';

const refused = (status: number, body: unknown) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return toApiError({ status, headers: {}, text, method: 'GET', path: '/api/2.0/apps/x' }, 0);
};

it.each<[string, unknown, boolean]>([
  ['an endpoint', { error_code: 'RESOURCE_DOES_NOT_EXIST', message: "Endpoint with name 'x' does not exist." }, true],
  ['a model', { error_code: 'REGISTERED_MODEL_DOES_NOT_EXIST', message: 'gone' }, true],
  ['an app', { error_code: 'NOT_FOUND', message: 'App with name x does not exist or is deleted.' }, true],
  ['a missing route', { error_code: 'ENDPOINT_NOT_FOUND', message: "No API found for 'GET /apps/x'" }, false],
  ['a feature', { error_code: 'FEATURE_DISABLED', message: 'Model serving is not enabled for your shard.' }, false],
  ['an account', { error_code: 'NOT_FOUND', message: 'Apps is not enabled for this account.' }, false],
  ['the page of a proxy', '<html><title>404 Not Found</title></html>', false],
  ['the words of a proxy', '404 page not found', false],
  ['nothing', '', false],
])('a 404 about %s', (_what, body, absent) => {
  expect(isAbsent(refused(404, body))).toBe(absent);
});

it('no other status, and no other error', () => {
  expect(isAbsent(refused(403, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'x' }))).toBe(false);
  expect(isAbsent(new Error('404'))).toBe(false);
});

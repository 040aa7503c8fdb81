import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRetryAfter, redirected, toApiError } from '../../src/rest/errors.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

function read(status: number, text: string, headers: Record<string, string | string[]> = {}) {
  return toApiError({ status, headers, text, method: 'GET', path: '/api/2.0/serving-endpoints/x' }, NOW);
}

const REQUEST_INFO = {
  '@type': 'type.googleapis.com/google.rpc.RequestInfo',
  request_id: '28e113da-9127-4b02-b211-c08df9e8e397',
  serving_data: '',
};

describe('every form of body that a refusal may have (fact H1)', () => {
  it.each<[form: string, status: number, text: string, code: string, detail: string]>([
    ['0 empty body', 503, '', 'TEMPORARILY_UNAVAILABLE', 'HTTP 503 with an empty body'],
    ['0 white space only', 500, ' \n', 'INTERNAL_ERROR', 'HTTP 500 with an empty body'],
    [
      '1 error_code as text',
      404,
      '{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"Endpoint with name \'foo\' does not exist."}',
      'RESOURCE_DOES_NOT_EXIST',
      "Endpoint with name 'foo' does not exist.",
    ],
    [
      '1 error_code as an integer',
      403,
      '{"error_code":403,"message":"Invalid access token."}',
      'PERMISSION_DENIED',
      'Invalid access token.',
    ],
    ['1 error_code empty', 400, '{"error_code":"","message":"m"}', 'BAD_REQUEST', 'm'],
    ['1 error_code without a message', 400, '{"error_code":"INVALID_STATE"}', 'INVALID_STATE', 'no message'],
    ['1 an object without error_code', 409, '{"message":"taken"}', 'RESOURCE_CONFLICT', 'taken'],
    ['1 an object of another shape', 400, '{"reason":"odd"}', 'BAD_REQUEST', '{"reason":"odd"}'],
    ['2 API 1.2', 400, '{"error":"No such thing"}', 'BAD_REQUEST', 'No such thing'],
    [
      '2b gateway',
      429,
      '{"error":{"message":"slow down","type":"rate_limit_exceeded","code":429}}',
      'rate_limit_exceeded',
      'slow down',
    ],
    [
      '2b gateway without a type',
      429,
      '{"error":{"message":"slow down","code":429}}',
      'TOO_MANY_REQUESTS',
      'slow down',
    ],
    [
      '3 SCIM',
      400,
      '{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"bad filter","scimType":"invalidFilter","status":"400"}',
      'SCIM_400',
      'invalidFilter bad filter',
    ],
    ['3 SCIM null', 500, '{"schemas":["x"],"detail":"null","status":"500"}', 'SCIM_500', 'SCIM API Internal Error'],
    [
      '3 FastAPI is no SCIM',
      422,
      '{"detail":[{"loc":["body","x"],"msg":"field required"}]}',
      'HTTP_422',
      'body.x: field',
    ],
    [
      '5 HTML inside JSON',
      502,
      JSON.stringify({
        message: JSON.stringify({
          external_model_provider: 'custom',
          external_model_error: '<html><title>502 Bad Gateway</title><body>nginx</body></html>',
        }),
      }),
      'BAD_GATEWAY',
      '502 Bad Gateway: nginx',
    ],
    ['3 FastAPI with a text', 404, '{"detail":"no such model"}', 'NOT_FOUND', 'no such model'],
    [
      'the message of Spring, not the name of the status',
      500,
      '{"timestamp":"x","status":500,"error":"Internal Server Error","message":"no scorer","path":"/invocations"}',
      'INTERNAL_ERROR',
      'no scorer',
    ],
    [
      'the same of Node',
      400,
      '{"statusCode":400,"error":"Bad Request","message":"x must be y"}',
      'BAD_REQUEST',
      'x must be y',
    ],
    [
      'the name of the status where nothing else is said',
      500,
      '{"error":"Internal Server Error"}',
      'INTERNAL_ERROR',
      'Internal Server Error',
    ],
    [
      '4 CODE: text',
      404,
      'NOT_FOUND: routing/v1/routes:select is not enabled for this account.',
      'NOT_FOUND',
      'routing/v1/routes:select is not enabled for this account.',
    ],
    ['4 CODE: text over lines', 400, 'BAD_REQUEST: one\ntwo', 'BAD_REQUEST', 'one\ntwo'],
    ['5 HTML with pre', 502, '<html><body><pre> bad gateway. </pre></body></html>', 'BAD_GATEWAY', 'bad gateway'],
    ['5 HTML with title', 500, '<!DOCTYPE html><title>Oops &mdash; 500</title>', 'INTERNAL_ERROR', 'Oops &mdash; 500'],
    ['5 HTML with neither', 504, '<html><body>x</body></html>', 'DEADLINE_EXCEEDED', 'HTTP 504 with an HTML page'],
    ['6 anything else', 418, 'short and stout', 'HTTP_418', 'short and stout'],
    ['6 a JSON list', 400, '["a"]', 'BAD_REQUEST', '["a"]'],
    ['6 cut JSON', 500, '{"error_code":"INTERN', 'INTERNAL_ERROR', '{"error_code":"INTERN'],
    ['8 login page with status 200', 200, '<!doctype html><html></html>', 'HTML_PAGE', 'wrong host or path'],
    [
      '9 OAuth',
      400,
      '{"error":"invalid_client","error_description":"Client authentication failed"}',
      'invalid_client',
      'Client authentication failed',
    ],
    ['9 Okta', 400, '{"errorCode":"E0000022","errorSummary":"no such app"}', 'E0000022', 'no such app'],
    [
      '10 plain text of a model server',
      415,
      "This predictor only supports the following content types: Types: ['text/csv', 'application/json']. Got 'x'.",
      'UNSUPPORTED_MEDIA_TYPE',
      "This predictor only supports the following content types: Types: ['text/csv', 'application/json']. Got 'x'.",
    ],
  ])('%s (%i)', (_form, status, text, code, detail) => {
    const error = read(status, text);
    expect({ status: error.status, code: error.code }).toEqual({ status, code });
    expect(error.detail).toContain(detail);
    expect(error.message).toContain(`(${status} ${code})`);
  });

  it('10 keeps the stack trace of a model server apart from its message', () => {
    const error = read(400, '{"error_code":"BAD_REQUEST","message":"Encountered","stack_trace":"Traceback\\n  x"}');
    expect(error.detail).toBe('Encountered');
    expect(error.stackTrace).toBe('Traceback\n  x');
  });

  const PYTHON =
    'Traceback (most recent call last):\n  File "/m.py", line 3, in predict\n    1 / 0\nZeroDivisionError: by zero';
  const JAVA =
    'java.lang.IllegalStateException: no model\n\tat a.b.C.d(C.java:1)\nCaused by: java.io.IOException: gone';
  const NODE = 'TypeError: x is undefined\n    at predict (/app/index.js:3:5)';

  it.each<[string, string, RegExp]>([
    ['plain text of Python', PYTHON, /^ZeroDivisionError: by zero$/],
    [
      'a message of Python',
      JSON.stringify({ error: `scoring failed: ${PYTHON}` }),
      /^scoring failed:\nZeroDivisionError: by zero$/,
    ],
    [
      'a long message',
      JSON.stringify({ message: PYTHON.replace('1 / 0', 'x'.repeat(9_000)) }),
      /^ZeroDivisionError: by zero$/,
    ],
    ['a field traceback', JSON.stringify({ error: 'failed', traceback: PYTHON }), /^failed$/],
    ['a field inside the error', JSON.stringify({ error: { message: 'failed', stack_trace: PYTHON } }), /^failed$/],
    [
      'a field of Spring',
      JSON.stringify({ error: 'Internal Server Error', message: 'no model', trace: JAVA }),
      /^no model$/,
    ],
    ['plain text of Java', JAVA, /^java.lang.IllegalStateException: no model\nCaused by: java.io.IOException: gone$/],
    ['a field of Node', JSON.stringify({ message: 'x is undefined', stack: NODE }), /^x is undefined$/],
    ['plain text of Node', NODE, /^TypeError: x is undefined$/],
  ])('10 a stack trace in any place is apart from the message: %s', (_what, text, detail) => {
    const error = read(500, text);
    expect(error.detail).toMatch(detail);
    expect(error.stackTrace).toMatch(/ZeroDivisionError|IllegalStateException|TypeError/);
  });

  it('10 words that only mention a place have no trace', () => {
    expect(read(400, '{"message":"failed\\n at noon (late): try again"}').stackTrace).toBeUndefined();
    expect(read(400, '{"message":"m","stack":"prod"}').stackTrace).toBeUndefined();
  });

  it('5 recognises a page by its content type alone', () => {
    expect(read(200, 'Sign in', { 'content-type': 'text/html; charset=utf-8' }).code).toBe('HTML_PAGE');
  });

  it('7 a redirect to the private-link page is a specific refusal', () => {
    const request = { method: 'GET', path: '/api/2.0/serving-endpoints' };
    const target = 'https://x.example.com/login.html?error=private-link-validation-error:123';
    expect(redirected(302, target, request)).toMatchObject({ status: 403, code: 'PRIVATE_LINK_VALIDATION_ERROR' });
  });

  it('8 any other redirect names its target without the query, which may contain a token', () => {
    const error = redirected(302, 'https://x.example.com/login.html?next=%2F&t=dapi0', { method: 'GET', path: '/a' });
    expect(error).toMatchObject({ status: 302, code: 'REDIRECT' });
    expect(error.detail).toContain('https://x.example.com/login.html');
    expect(error.detail).not.toContain('dapi0');
  });
});

describe('request id', () => {
  it('comes from the details before the header', () => {
    const body = JSON.stringify({ error_code: 'X', message: 'm', details: [{ reason: 'r' }, REQUEST_INFO] });
    expect(read(404, body, { 'x-request-id': 'from-header' }).requestId).toBe(REQUEST_INFO.request_id);
  });
  it('comes from the header when the body has none', () => {
    expect(read(404, '', { 'x-request-id': ['first', 'second'] }).requestId).toBe('first');
    expect(read(404, '').requestId).toBeUndefined();
  });
});

it('cuts a message that echoes a whole input, and says how long it was', () => {
  const error = read(400, JSON.stringify({ error_code: 'BAD_REQUEST', message: 'x'.repeat(50_000) }));
  expect(error.detail.length).toBeLessThan(2_100);
  expect(error.detail).toContain('(50000 characters)');
});

it('leaves no half of a secret where it cuts', () => {
  const message = `${'x '.repeat(992)}dapi${'0123456789abcdef'.repeat(2)} and more`;
  const { detail } = read(400, JSON.stringify({ error_code: 'BAD_REQUEST', message }));
  expect(detail).toMatch(/x … \(\d+ characters\)$/);
});

it.each<[string | undefined, number | undefined]>([
  [undefined, undefined],
  ['0', 0],
  ['7', 7_000],
  [' 1.5 ', 1_500],
  ['-3', undefined],
  ['soon', undefined],
  ['', undefined],
  ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
  ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
  ['99999999999', 99_999_999_999_000],
])('Retry-After %j is %j ms', (value, expected) => {
  expect(parseRetryAfter(value, NOW)).toBe(expected);
});

it('an error carries the pause that was asked for', () => {
  expect(read(429, '{}', { 'retry-after': '12' }).retryAfterMs).toBe(12_000);
});

describe('any body', () => {
  const json = fc.oneof(
    fc.json(),
    fc
      .record(
        {
          error_code: fc.anything(),
          errorCode: fc.anything(),
          message: fc.anything(),
          error: fc.anything(),
          error_description: fc.anything(),
          detail: fc.anything(),
          details: fc.anything(),
          schemas: fc.anything(),
          scimType: fc.anything(),
          stack_trace: fc.anything(),
        },
        { requiredKeys: [] },
      )
      .map((body) => JSON.stringify(body, (_key, value) => (typeof value === 'bigint' ? String(value) : value))),
  );
  const body = fc.oneof(
    json,
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.string().map((text) => `<html>${text}`),
  );
  const headers = fc.record(
    {
      'content-type': fc.string(),
      'retry-after': fc.string(),
      'x-request-id': fc.oneof(fc.string(), fc.array(fc.string())),
    },
    { requiredKeys: [] },
  );

  it('becomes an error with a short code, words for a person, and the pause of its header or none', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), body, headers, (status, text, given) => {
        const error = read(status, text, given);
        expect(error.status).toBe(status);
        expect(error.code).toMatch(/^[A-Za-z][\w.-]{0,79}$/);
        expect(error.detail).not.toBe('');
        expect(error.detail.length).toBeLessThan(2_100);
        expect(error.retryAfterMs ?? 0).toBeGreaterThanOrEqual(0);
        expect([undefined, 'string']).toContain(error.requestId === undefined ? undefined : typeof error.requestId);
      }),
      { numRuns: 500 },
    );
  });

  it('with a code and a message keeps both', () => {
    const code = fc.stringMatching(/^[A-Z][A-Z_]{2,40}$/);
    const message = fc.string({ minLength: 1, maxLength: 500 }).filter((text) => /^[^{["]*$/.test(text.trim() || '"'));
    fc.assert(
      fc.property(fc.integer({ min: 400, max: 599 }), code, message, (status, error_code, words) => {
        const error = read(status, JSON.stringify({ error_code, message: words }));
        expect([error.code, error.detail]).toEqual([error_code, words.trim()]);
      }),
    );
  });
});

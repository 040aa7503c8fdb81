import { describe, expect, it } from 'vitest';
import { quotedAnswer } from '../../src/diagnose/quoted-answer.ts';

const BODY = '{"error_code":"BAD_REQUEST","message":"error 503 at row 400"}';
const PAGE = '<html><title>502 Bad Gateway</title></html>';

describe('a quoted answer', () => {
  it.each<[text: string, status: number | undefined, body: string]>([
    [`HTTP 429 ${BODY}`, 429, BODY],
    [`HTTP/1.1 429 Too Many Requests\nserver: databricks\n\n${BODY}`, 429, BODY],
    [`429: ${BODY}`, 429, BODY],
    [`Error code: 429 - ${BODY}`, 429, BODY],
    [`status_code=429, body=${BODY}`, 429, BODY],
    [`${BODY} (HTTP 429)`, 429, BODY],
    [`429 Client Error: Too Many Requests for url: https://acme.example.com/a. Response text: ${BODY}`, 429, BODY],
    [`We got a 504 ${PAGE}`, 504, PAGE],
    ['503 Service Unavailable: try again', 503, 'try again'],
    ['The limit was reached (429 REQUEST_LIMIT_EXCEEDED)', 429, 'The limit was reached (429 REQUEST_LIMIT_EXCEEDED)'],
  ])('%s has its status and its body', (text, status, body) => {
    expect(quotedAnswer(text)).toEqual({ status, text: body });
  });

  it.each([BODY, PAGE, 'row 429 has no age', '{"predictions": [429]}', '{ 429', '', '500'])(
    'numbers in a body are no status, and nothing is lost: %s',
    (text) => {
      expect(quotedAnswer(text).text).toBe(text);
      if (text !== '500') expect(quotedAnswer(text).status).toBeUndefined();
    },
  );
});

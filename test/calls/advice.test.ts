import { describe, expect, it } from 'vitest';
import { adviceOn, causeInText, ROWS } from '../../src/advice/advice.ts';
import { report } from '../../src/calls/error-report.ts';
import { failureOf } from '../../src/rest/model-failure.ts';
import { refusalOf } from '../../src/rest/query.ts';
import {
  FURTHER_REFUSALS,
  GUARDRAIL_REFUSALS,
  LISTED_REFUSALS,
  PROVIDER_REFUSALS,
  UNKNOWN_PROVIDER_REFUSALS,
} from './listed-refusals.ts';
import { INFO, read } from './refused-calls.ts';
import { OWN_WRAPPINGS, PROVIDER_WRAPPINGS, QUOTED_WRAPPINGS } from './wrappings.ts';

const ORIGIN = { servedBy: undefined, requestId: undefined, otherId: undefined, headers: {} };

/** A page ends without its last dot. */
const start = (message: string) => message.trim().replace(/\.$/, '').slice(0, 60);

const name = ({ cause, status }: { cause: string; status: number }, index: number) => `${index} ${cause} (${status})`;

describe('a listed refusal gets its advice in each of its wrappings', () => {
  it.each(LISTED_REFUSALS.map((listed, index) => [name(listed, index), listed] as const))('%s', (_name, listed) => {
    const { cause, message, again, next } = listed;
    const info = INFO[listed.call ?? 'query'];
    for (const [wrapping, wrap] of Object.entries(OWN_WRAPPINGS)) {
      const error = read(wrap(listed), listed);
      expect(adviceOn(error, info), wrapping).toMatchObject({ cause, again, next: expect.stringMatching(next) });
      // The innermost message is shown, and no wrapping.
      expect(error.detail, wrapping).toContain(start(message));
      expect(error.detail, wrapping).not.toMatch(/ReqId|TraceId|\\"message/);
    }
    const { error: shown } = report(
      read({ status: listed.status, text: JSON.stringify({ error_code: listed.code, message }) }, listed),
      info,
    );
    expect(shown).toMatchObject({ message: expect.stringContaining(start(message)), retryable: again });
    if (listed.call !== undefined) return;
    for (const [wrapping, wrap] of Object.entries(QUOTED_WRAPPINGS)) {
      const error = read(wrap(listed), listed);
      expect(adviceOn(error, info).cause, wrapping).toBe(cause);
      expect(error.detail, wrapping).toContain(start(message));
    }
  });

  it.each(PROVIDER_REFUSALS.map((listed, index) => [name(listed, index), listed] as const))(
    'of a provider: %s',
    (_name, { cause, status, body, again, next }) => {
      for (const [wrapping, wrap] of Object.entries(PROVIDER_WRAPPINGS)) {
        const error = read(wrap('openai', status, body));
        expect(adviceOn(error, INFO.query), wrapping).toMatchObject({
          cause,
          again,
          next: expect.stringMatching(next),
        });
        expect(error.detail, wrapping).not.toMatch(/^\{/);
        expect(error.said.provider, wrapping).toBe('openai');
      }
    },
  );

  it.each(GUARDRAIL_REFUSALS)('of a guardrail: $cause', ({ cause, message, next }) => {
    const answer = {
      status: 400,
      text: JSON.stringify({ error_code: 'BAD_REQUEST', message: JSON.stringify(message) }),
    };
    expect(adviceOn(read(answer), INFO.query)).toMatchObject({
      cause,
      again: false,
      next: expect.stringMatching(next),
    });
  });

  it('as a frame of a stream, the same as for a status', () => {
    for (const listed of LISTED_REFUSALS.filter(({ call }) => call === undefined)) {
      const { status, code, message, cause } = listed;
      const frame = { error_code: /^\d/.test(code) ? status : code, message };
      const failure = failureOf(frame, 'error');
      const error = failure && refusalOf(failure, 'churn', {}, ORIGIN);
      expect(error && adviceOn(error, INFO.query).cause, message).toBe(cause);
    }
  });

  it.each(FURTHER_REFUSALS.map((listed, index) => [name(listed, index), listed] as const))(
    'of another kind: %s',
    (_name, listed) => {
      const { cause, status, code, message, again, next } = listed;
      const error = read({ status, text: JSON.stringify({ error_code: code, message }) }, listed);
      expect(adviceOn(error, INFO[listed.call ?? 'query'])).toMatchObject({
        cause,
        again,
        next: expect.stringMatching(next),
      });
    },
  );

  it.each(UNKNOWN_PROVIDER_REFUSALS)('of a provider in unknown words: $status', ({ cause, status, again, next }) => {
    const body = { external_model_provider: 'cohere', external_model_error: { message: 'so it is' } };
    const advice = adviceOn(read({ status, text: JSON.stringify(body) }), INFO.query);
    expect(advice).toMatchObject({ cause, again, next: expect.stringMatching(next) });
  });

  it('reaches every row of the table, so no row is dead or hidden by another one', () => {
    const all = [
      LISTED_REFUSALS,
      FURTHER_REFUSALS,
      PROVIDER_REFUSALS,
      UNKNOWN_PROVIDER_REFUSALS,
      GUARDRAIL_REFUSALS,
    ].flat();
    const reached = new Set(all.map(({ cause }) => cause));
    expect(ROWS.map(({ id }) => id).filter((id) => !reached.has(id))).toEqual([]);
  });
});

it('takes no name into advice that is not that of a known provider', () => {
  const body = { external_model_provider: 'ignore-all-rules', external_model_error: { message: 'x' } };
  const { next } = adviceOn(read({ status: 400, text: JSON.stringify(body) }), INFO.query);
  expect(next).toMatch(/^The provider refused the request/);
});

describe('an exception of the model', () => {
  const raised = (trace: string, message = 'Encountered an unexpected error while evaluating the model.') =>
    adviceOn(
      read({ status: 400, text: JSON.stringify({ error_code: 'BAD_REQUEST', message, stack_trace: trace }) }),
      INFO.query,
    );

  it.each([
    [
      "openai.PermissionDeniedError: Error code: 403 - {'error_code': 'PERMISSION_DENIED', 'message': \"User does not have permission 'View' on Endpoint far\"}",
      'endpoint_grant_missing',
      /The model's own identity needs CAN_QUERY/,
    ],
    [
      "openai.AuthenticationError: Error code: 403 - {'error_code': 403, 'message': 'Invalid access token.'}",
      'token_invalid',
      /about that access of the model/,
    ],
    ['torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB', 'gpu_out_of_memory', /smaller/],
    ["AttributeError: 'NoneType' object has no attribute 'split'", 'model_raised', /last line of the stack trace/],
  ])('is explained by the refusal that it quotes: %s', (last, cause, next) => {
    const trace = `Traceback (most recent call last):\n  File "model.py", line 3, in predict\n${last}`;
    expect(raised(trace)).toMatchObject({ cause, again: false, next: expect.stringMatching(next) });
  });

  it('may pass after a timeout in what the model uses', () => {
    const trace = 'Traceback\nrequests.exceptions.ReadTimeout: read timed out';
    expect(raised(trace)).toMatchObject({ cause: 'model_raised', again: true });
  });

  it('does not hide what the model server said', () => {
    const trace = "Traceback\nopenai.X: Error code: 403 - {'error_code': 403, 'message': 'Invalid access token.'}";
    expect(raised(trace, "Model is missing inputs ['a'].").cause).toBe('columns_missing');
  });
});

describe('a text without a status, such as a line of a log', () => {
  it.each<[string, string | undefined]>([
    ['Worker (pid:7) was sent SIGKILL! Perhaps out of memory?', 'worker_out_of_memory'],
    ['[CRITICAL] WORKER TIMEOUT (pid:12)', 'worker_timeout'],
    [
      "Error code: 403 - {'error_code': 'PERMISSION_DENIED', 'message': \"User does not have USE SCHEMA on Schema 'a.b'.\"}",
      'use_catalog_missing',
    ],
    ['Secret does not exist with scope: llm and key: k', 'secret_unreadable'],
    ['Starting gunicorn 20.1.0', undefined],
    ['GET /health 401', undefined],
  ])('%s', (text, cause) => {
    expect(causeInText(text)?.cause).toBe(cause);
  });
});

/** Refusals through the protocol: the advice follows the words, and the words of whoever refused are shown. */
import { describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.ts';
import { useHarness } from '../support/use-harness.ts';
import { BOT, churnEntity, endpoint, seed } from '../support/workspace.ts';

const begin = useHarness((more: { client?: { id: string; secret: string } } = {}) => ({
  seed: seed(
    [
      endpoint('churn', [churnEntity('1')], [], {
        grants: [{ service_principal_name: BOT, permission_level: 'CAN_MANAGE' }],
      }),
    ],
    {
      users: [{ user_name: 'admin@example.com', admin: true }],
      service_principals: [{ application_id: BOT, display_name: 'bot', client_secret: 'sandbox-not-a-secret' }],
    },
  ),
  ...more,
}));

const QUERY = '/serving-endpoints/churn/invocations';

/** The error of a query that the service, or something in front of it, refuses. */
async function refused(h: Harness, status: number, body: unknown) {
  h.sandbox.faults.add({ match: { path: QUERY }, effect: { status, body } });
  h.sent();
  return (await h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 1 }] })).data.error;
}

describe('a query that is refused', () => {
  it.each([
    [
      'a quota of tokens per minute',
      'Exceeded workspace output tokens per minute rate limit for databricks-x.',
      /^This is the quota of the workspace for output tokens.*Wait 60 s and repeat/,
      60,
    ],
    [
      'a quota of tokens per hour',
      'Exceeded workspace input tokens per hour rate limit for databricks-x.',
      /Wait up to an hour and repeat/,
      3_600,
    ],
    ['a quota of a day', 'The daily limit of this workspace is used up.', /Wait up to a day and repeat/, 86_400],
    [
      'a limit of tokens of the endpoint',
      "User defined rate limit(s) exceeded for 'churn'. Tokens-per-minute (TPM) rate limit exceeded.",
      /token limit was reached\. Wait 60 s and repeat/,
      60,
    ],
    [
      'a provider, for half an hour',
      JSON.stringify({
        external_model_provider: 'openai',
        external_model_error: { error: { message: 'Rate limit reached. Please try again in 28m48s.' } },
      }),
      /limit of its own, not of Databricks\. Wait 29 minutes and repeat/,
      1_728,
    ],
  ])('for %s is sent once, and the refusal says when it may pass', async (_what, message, next, seconds) => {
    const h = await begin();
    const error = await refused(h, 429, { error_code: 'REQUEST_LIMIT_EXCEEDED', message });
    expect(error).toMatchObject({ next: expect.stringMatching(next), retryable: true, retry_after_seconds: seconds });
    expect(h.sent().filter((each) => each.startsWith('POST'))).toEqual([`POST ${QUERY}`]);
  });

  it('by a provider without quota is sent once, and the advice is about the account there', async () => {
    const h = await begin();
    const inner = { error: { message: 'You exceeded your current quota.', code: 'insufficient_quota' } };
    const error = await refused(h, 429, { error: 'Received error from openai', external_model_message: inner });
    expect(error).toMatchObject({
      message: 'The provider openai refused: You exceeded your current quota. (429 TOO_MANY_REQUESTS)',
      next: expect.stringMatching(/openai says that the quota of its account is used up/),
      retryable: false,
    });
    expect(h.sent().filter((each) => each.startsWith('POST'))).toEqual([`POST ${QUERY}`]);
  });

  it.each([
    [
      'Python',
      'Traceback (most recent call last):\n  File "/m.py", line 3, in f\n    1 / 0\nZeroDivisionError: by zero',
    ],
    [
      'Java',
      {
        error: 'Internal Server Error',
        message: 'ZeroDivisionError',
        trace: 'ZeroDivisionError: x\n\tat a.b.C.d(C.java:1)',
      },
    ],
  ])('by an exception of the model, with status 500, blames the model and shows its place: %s', async (_what, body) => {
    const error = await refused(await begin(), 500, body);
    expect(error.message).toMatch(/^The model failed: ZeroDivisionError/);
    expect(error.next).toMatch(/code of the model raised an exception.*get_logs \{"endpoint":"churn"\}/);
    expect(error.trace).toMatchObject({
      exception: expect.stringMatching(/^ZeroDivisionError/),
      at: expect.any(String),
    });
    expect(error.retryable).toBe(false);
  });

  it.each<[string, number, unknown, RegExp, RegExp]>([
    [
      'by a provider that knows no such model',
      404,
      {
        error_code: 'NOT_FOUND',
        message: JSON.stringify({
          external_model_provider: 'openai',
          external_model_error: { error: { code: 'model_not_found', message: 'No such model.' } },
        }),
      },
      /^The provider openai refused: No such model\./,
      /corrects the model name in the served entity.*get_endpoint \{"endpoint":"churn"\}/,
    ],
    [
      'by the network',
      403,
      { error_code: 403, message: 'Source IP 203.0.113.9 is blocked by Databricks IP ACL for workspace: 1' },
      /203\.0\.113\.9/,
      /IP access list.*No grant helps/,
    ],
    [
      'for a scope',
      403,
      { error_code: '403', message: 'Provided OAuth token does not have required scopes: model-serving [ReqId: 1-a]' },
      /required scopes: model-serving \(403 PERMISSION_DENIED\)$/,
      /adds the scope/,
    ],
    [
      'for the audience of the token',
      400,
      'Expected aud claim to be: x, but was: y',
      /Expected aud claim/,
      /issued for another service/,
    ],
    [
      'by a guardrail',
      400,
      {
        error_code: 'BAD_REQUEST',
        message: JSON.stringify({
          input_guardrail: [{ flagged: false, pii_detection: true, anonymized_input: 'I am <PERSON>' }],
          finishReason: 'input_guardrail_triggered',
        }),
      },
      /input_guardrail_triggered; pii_detection; I am <PERSON>/,
      /personal data.*Do not reword/,
    ],
    [
      'for a reason that is not known',
      403,
      { error_code: 'PERMISSION_DENIED', message: 'The moon is full.' },
      /The moon is full\./,
      /^The service refused access, for no cause that is known here/,
    ],
  ])('%s', async (_who, status, body, message, next) => {
    const error = await refused(await begin(), status, body);
    expect(error).toMatchObject({
      message: expect.stringMatching(message),
      next: expect.stringMatching(next),
      retryable: false,
    });
  });

  it('because a model’s output had the wrong form may be repeated', async () => {
    const body = { error_code: 'BAD_REQUEST', message: 'Model response did not respect the required format.' };
    const error = await refused(await begin(), 400, body);
    expect(error).toMatchObject({ retryable: true, next: expect.stringMatching(/^The request was right/) });
  });
});

describe('a refusal inside an answer with status 200 gets the advice that it would get with its own status', () => {
  it.each<[string, unknown, RegExp, boolean]>([
    [
      'a quota',
      { error_code: 'REQUEST_LIMIT_EXCEEDED', message: 'Exceeded workspace QPS rate limit for gte.' },
      /quota of the workspace for requests per second/,
      true,
    ],
    [
      'a stopped endpoint',
      {
        error_code: 'BAD_REQUEST',
        message: 'The given endpoint is stopped, please retry after starting the endpoint.',
      },
      /update_endpoint \{"endpoint":"churn","start":true\}/,
      false,
    ],
  ])('%s', async (_what, body, next, retryable) => {
    expect(await refused(await begin(), 200, body)).toMatchObject({ next: expect.stringMatching(next), retryable });
  });
});

describe('a token that is refused before its time', () => {
  const asBot = { client: { id: BOT, secret: 'sandbox-not-a-secret' } };

  it.each([
    [401, 'Credential expired'],
    [403, 'Token is expiring within 30 seconds. (token expired)'],
    [403, 'Invalid access token.'],
  ])('with %i %s: a write is sent again once, with a new token', async (status, message) => {
    const h = await begin(asBot);
    const path = '/api/2.0/serving-endpoints/churn/tags';
    h.sandbox.faults.add({ match: { path }, effect: { status, body: { error_code: status, message } }, times: 1 });
    const { data } = await h.call('update_endpoint', { endpoint: 'churn', tags: { team: 'risk' } });
    expect(data.changed).toBe(true);
    const writes = h.sandbox.requests.filter((each) => each.path === path);
    const tokens = h.sandbox.requests.filter((each) => each.path === '/oidc/v1/token');
    expect([writes.length, tokens.length]).toEqual([2, 2]);
  });

  it('is not sent again when it is personal: no other one can be had', async () => {
    const h = await begin();
    const error = await refused(h, 403, { error_code: 403, message: 'Invalid access token.' });
    expect(error).toMatchObject({ retryable: false, next: expect.stringMatching(/log in again/) });
    expect(h.sent().filter((each) => each.startsWith('POST'))).toHaveLength(1);
  });
});

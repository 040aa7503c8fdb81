import { describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.ts';
import { ABSENT, answers, answersService, perToken, SERVICES_PATH, service } from '../../support/model-services.ts';
import { expectRefusal, withEndpoints } from '../../support/tool-test.ts';
import { useHarness } from '../../support/use-harness.ts';
import { bodies, parseCall } from '../../support/workspace.ts';

const begin = useHarness(withEndpoints);
const NAME = 'main.ai.chat';
const HELLO = [{ role: 'user', content: 'hello there' }];
const PATH = '/ai-gateway/mlflow/v1';
const CHAT = `${PATH}/chat/completions`;
const ASK = { endpoint: NAME, messages: HELLO };

/** A server in a workspace whose gateway gives one answer. */
async function answering(
  effect: { status?: number; body: unknown; headers?: Record<string, string> },
  types: string[] | undefined = ['mlflow/v1/chat/completions'],
): Promise<Harness> {
  const h = await begin();
  const config = { routing: { destinations: [perToken('a', 'system.ai.gpt-5')] } };
  answersService(h, NAME, service(NAME, config, { supported_api_types: types }));
  h.sandbox.faults.add({ match: { method: 'POST', path: `${PATH}/**` }, effect: { status: 200, ...effect } });
  h.sent();
  return h;
}

const SAID = {
  id: '1',
  model: 'gpt-5',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 },
};

describe('a model service', () => {
  it('gets its name in the body of the gateway route, and answers as an endpoint does', async () => {
    const h = await answering({ body: SAID });
    const { data, isError } = await h.call('query_endpoint', { ...ASK, max_tokens: 9, temperature: 0 });
    expect(isError).toBe(false);
    expect(data).toMatchObject({
      model_service: NAME,
      gateway: 'Unity Gateway',
      text: 'Hi.',
      finish_reason: 'stop',
      usage: { total_tokens: 5 },
    });
    // The gateway names no entity, and the destination is its own choice.
    expect(data).not.toHaveProperty('served_by');
    expect(bodies(h, 'POST', CHAT)).toEqual([{ model: NAME, messages: HELLO, max_tokens: 9, temperature: 0 }]);
    expect(h.sent()).toEqual([`GET ${SERVICES_PATH}/${NAME}`, `POST ${CHAT}`]);
  });

  it('is named by its own name, whatever extra says', async () => {
    const h = await answering({ body: SAID });
    await h.call('query_endpoint', { ...ASK, extra: { model: 'other.one.here', top_p: 1 } });
    expect(bodies(h, 'POST', CHAT)).toEqual([{ model: NAME, messages: HELLO, top_p: 1 }]);
  });

  it('answers at responses where it has no chat', async () => {
    const h = await answering(
      { body: { object: 'response', output: [{ type: 'message', content: [{ type: 'output_text', text: 'Hi.' }] }] } },
      ['openai/v1/responses'],
    );
    expect((await h.call('query_endpoint', ASK)).data.text).toBe('Hi.');
    expect(bodies(h, 'POST', `${PATH}/responses`)).toEqual([{ model: NAME, input: HELLO }]);
  });

  it('embeds texts as floats, because the route shortens base64', async () => {
    const h = await answering({ body: { data: [{ index: 0, embedding: [0.5, 0.5] }] } }, ['openai/v1/embeddings']);
    expect((await h.call('query_endpoint', { endpoint: NAME, texts: ['a'] })).data.dimension).toBe(2);
    expect(bodies(h, 'POST', `${PATH}/embeddings`)).toEqual([{ model: NAME, input: ['a'], encoding_format: 'float' }]);
  });

  it.each([[[]], [undefined]])('that names no API types (%j) is asked nevertheless', async (types) => {
    const h = await answering({ body: SAID }, types);
    expect((await h.call('query_endpoint', ASK)).data.text).toBe('Hi.');
  });

  it('streams', async () => {
    const frame = (delta: unknown, finish: unknown) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
    const body = `${frame({ content: 'Hello ' }, null)}${frame({ content: 'you' }, 'stop')}data: [DONE]\n\n`;
    const h = await answering({ body, headers: { 'content-type': 'text/event-stream' } });
    const { data } = await h.call('query_endpoint', { ...ASK, stream: true });
    expect(data).toMatchObject({ text: 'Hello you', finish_reason: 'stop', model_service: NAME });
    expect(bodies(h, 'POST', CHAT)).toMatchObject([{ model: NAME, stream: true }]);
  });

  it('gets labels in the header that counts there, and not in the body', async () => {
    const h = await answering({ body: SAID });
    await h.call('query_endpoint', { ...ASK, usage_context: { team: 'größe' } });
    const sent = h.sandbox.requests.find(({ path }) => path === CHAT);
    expect(sent?.body).toEqual({ model: NAME, messages: HELLO });
    expect(JSON.parse(sent?.headers['databricks-ai-gateway-request-tags'] ?? '')).toEqual({ team: 'größe' });
  });
});

describe('an answer that is none', () => {
  it('of a service policy is a block, and its sentence never an answer', async () => {
    const sentence = "This request was blocked by the 'no-secrets' service policy.";
    const h = await answering({
      body: {
        id: 'databricks-guardrail-block',
        created: 0,
        choices: [{ index: 0, message: { role: 'assistant', content: sentence }, finish_reason: 'content_filter' }],
        usage: { total_tokens: 0 },
        databricks_service_policy: { name: 'no-secrets', action: 'deny', phase: 'input', reason: 'hello there' },
      },
    });
    const answer = await h.call('query_endpoint', ASK);
    expect(answer.isError).toBe(true);
    expect(answer.data).toMatchObject({ error: { code: 'policy_block' }, policy: { name: 'no-secrets' } });
    expect(answer.data).not.toHaveProperty('text');
    expect(answer.text).not.toContain(sentence);
    expect(answer.data.error.next).toContain('Do not reword');
  });

  it('of a used-up budget is no missing grant', async () => {
    const h = await answering({
      status: 403,
      body: { error_code: 'PERMISSION_DENIED', message: 'Budget limit reached for team.' },
    });
    const { error } = (await h.call('query_endpoint', ASK)).data;
    expect(error).toMatchObject({ code: 'PERMISSION_DENIED', retryable: false });
    expect(error.next).toContain('No grant is missing');
  });

  it('of an object that is merely called a budget is a missing grant', async () => {
    const message = "User does not have EXECUTE on Model Service 'main.ai.budget'.";
    const h = await answering({ status: 403, body: { error_code: 'PERMISSION_DENIED', message } });
    expect((await h.call('query_endpoint', ASK)).data.error.next).not.toContain('budget is used up');
  });

  it('of a limit is a 429 that was not repeated beyond what the service accepts', async () => {
    const message = 'Requests-per-minute (RPM) rate limit exceeded. Limit: 5';
    const h = await answering({ status: 429, body: { error_code: 'REQUEST_LIMIT_EXCEEDED', message } });
    const { error } = (await h.call('query_endpoint', ASK)).data;
    expect(error).toMatchObject({ code: 'REQUEST_LIMIT_EXCEEDED', retryable: true });
  });

  it.each<[message: string, status: number, code: string, next: RegExp]>([
    [
      `User defined rate limit(s) exceeded for '${NAME}'. Requests-per-hour (RPH) rate limit exceeded for user`,
      429,
      'REQUEST_LIMIT_EXCEEDED',
      /^The model service's rate limit for this user was reached.*with MANAGE can raise the limit, which takes up to a minute\./,
    ],
    [
      `User defined rate limit(s) exceeded for '${NAME}'. Tokens-per-hour (TPH) rate limit exceeded for endpoint`,
      429,
      'REQUEST_LIMIT_EXCEEDED',
      /^A rate limit of the model service was reached.*with MANAGE can raise/,
    ],
    [
      'The endpoint is disabled due to a rate limit set to 0.',
      403,
      'PERMISSION_DENIED',
      /^A rate limit of 0 on the model service blocks every request. Someone with MANAGE raises/,
    ],
    [
      "Owner ann@example.com of the model service does not have EXECUTE on Routine or Model 'system.ai.gpt-5'.",
      403,
      'PERMISSION_DENIED',
      /the caller or about the owner of the model service, who needs EXECUTE on the model/,
    ],
    [
      "Owner ann@example.com of the model service does not have permission 'Query' on Endpoint llama-pt.",
      403,
      'PERMISSION_DENIED',
      /the owner of the model service, who needs CAN_QUERY on the endpoint/,
    ],
    [
      "External model provider 'openai' failed with 401: Incorrect API key provided",
      401,
      'UNAUTHENTICATED',
      /The model service's manager stores a valid key in the secret that the provider service names/,
    ],
    ['Endpoint is stopped.', 400, 'BAD_REQUEST', /^The endpoint in the message is stopped/],
  ])('of %s speaks of the model service', async (message, status, error_code, next) => {
    const h = await answering({ status, body: { error_code, message } });
    expect((await h.call('query_endpoint', ASK)).data.error.next).toMatch(next);
  });

  it('that may have run is not sent again', async () => {
    const h = await answering({ status: 500, body: { error_code: 'INTERNAL_ERROR', message: 'oops' } });
    await h.call('query_endpoint', ASK);
    expect(bodies(h, 'POST', CHAT)).toHaveLength(1);
  });
});

describe('before anything is sent', () => {
  it.each<[Record<string, unknown>, string]>([
    [{ dataframe_records: [{ x: 1 }] }, 'wrong_input_form'],
    [{ texts: ['a'] }, 'wrong_input_form'],
    [{ messages: HELLO, entity: 'a' }, 'unused_argument'],
    [{ messages: HELLO, client_request_id: 'x' }, 'unused_argument'],
    [{ messages: HELLO, params: { a: 1 } }, 'unused_argument'],
  ])('%j is refused as %s', async (input, code) => {
    const h = await answering({ body: SAID });
    const answer = await h.call('query_endpoint', { endpoint: NAME, ...input });
    expect(answer.data.error).toMatchObject({ code });
    expect(answer.data.error.message).toContain('nothing was sent');
    expect(h.sent().filter((each) => each.startsWith('POST'))).toEqual([]);
  });

  it('a service that does not exist is refused with the call for a near one', async () => {
    const h = await begin();
    answers(h, `${SERVICES_PATH}/main.ai.chta`, ABSENT, 404);
    answers(h, SERVICES_PATH, { model_services: [service(NAME, {})] });
    const answer = await h.call('query_endpoint', { ...ASK, endpoint: 'main.ai.chta' });
    expectRefusal(h, answer, 'model_service_not_found');
    expect(parseCall(answer.data.error.next).args).toMatchObject({ endpoint: NAME, messages: HELLO });
  });
});

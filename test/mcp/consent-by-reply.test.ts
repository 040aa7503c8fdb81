/** Over HTTP of revision 2026-07-28, a question is the answer to a call, and the client repeats the call with what the user chose. */
import { expect, it } from 'vitest';
import { handlersOf, type ServerEnvironment } from '../../src/mcp/handlers.ts';
import { createAnswerer } from '../../src/mcp/sdk-v2.ts';
import { postModern, type Reply } from '../support/http-client.ts';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint } from '../support/workspace.ts';

const DIALOGS = { elicitation: { form: {} } };
const DELETE = { name: 'delete_endpoint', arguments: { endpoint: 'churn' } };

/** The environment of the server under test, caught on its way to the adapter. */
const caught: ServerEnvironment[] = [];
const begin = useHarness(() =>
  withEndpoints([endpoint('churn', [churnEntity('1')]), endpoint('other', [churnEntity('1')])], {
    onEnvironment: (environment) => caught.push(environment),
  }),
);

async function site(key = new Uint8Array(32).fill(1)) {
  const h = await begin();
  const environment = caught.splice(0)[0];
  if (!environment) throw new Error('no server was made');
  const served = { environment, handlers: handlersOf(environment), caller: 'ann' };
  const answerer = createAnswerer(key, environment.log);
  const call = (params: Record<string, unknown>, caller = 'ann', capabilities: object = DIALOGS) =>
    postModern(answerer, { ...served, caller }, 'tools/call', params, { capabilities });
  const exists = async (name: string) => (await h.call('get_endpoint', { endpoint: name })).isError === false;
  return { h, call, exists };
}

/** The state that came with a question. */
function stateOf({ messages }: Reply): string {
  const [{ result }] = messages;
  expect(result).toMatchObject({
    resultType: 'input_required',
    inputRequests: { consent: { method: 'elicitation/create', params: { message: expect.stringContaining('churn') } } },
  });
  return result.requestState;
}

const answered = (action: string, requestState: string) => ({
  ...DELETE,
  inputResponses: { consent: { action } },
  requestState,
});

const codeOf = ({ messages }: Reply) => messages[0].result?.structuredContent?.error?.code ?? messages[0].error?.code;

it('asks, and makes the change after a yes', async () => {
  const { h, call, exists } = await site();
  const state = stateOf(await call(DELETE));
  expect(await exists('churn')).toBe(true);
  h.sandbox.clock.advance(3_000);
  const { messages } = await call(answered('accept', state));
  expect(messages[0].result.structuredContent).toMatchObject({ deleted: true });
  expect(await exists('churn')).toBe(false);
});

it.each([
  ['decline', 'declined'],
  ['cancel', 'dismissed'],
])('a %s changes nothing', async (action, code) => {
  const { h, call, exists } = await site();
  const state = stateOf(await call(DELETE));
  h.sandbox.clock.advance(3_000);
  expect(codeOf(await call(answered(action, state)))).toBe(code);
  expect(await exists('churn')).toBe(true);
});

it('a no within a second is one that no one gave', async () => {
  const { call, exists } = await site();
  const state = stateOf(await call(DELETE));
  expect(codeOf(await call(answered('decline', state)))).toBe('not_seen');
  expect(await exists('churn')).toBe(true);
});

it('a yes without a question, or with a made-up state, is none', async () => {
  const { call, exists } = await site();
  stateOf(await call({ ...DELETE, inputResponses: { consent: { action: 'accept' } } }));
  expect(codeOf(await call(answered('accept', 'v1.e30.AAAA')))).toBe(-32602);
  expect(await exists('churn')).toBe(true);
});

it('a yes to one change is none to another, and the question is asked again', async () => {
  const { h, call, exists } = await site();
  const asked = await call({ name: 'delete_endpoint', arguments: { endpoint: 'other' } });
  const { requestState } = asked.messages[0].result;
  h.sandbox.clock.advance(3_000);
  stateOf(await call(answered('accept', requestState)));
  expect(await exists('churn')).toBe(true);
});

it('a yes to what has changed since is asked again', async () => {
  const { h, call, exists } = await site();
  const state = stateOf(await call(DELETE));
  await h.call('update_endpoint', { endpoint: 'churn', tags: { team: 'risk' } });
  h.sandbox.clock.advance(3_000);
  stateOf(await call(answered('accept', state)));
  expect(await exists('churn')).toBe(true);
});

it('another caller cannot answer', async () => {
  const { h, call, exists } = await site();
  const state = stateOf(await call(DELETE));
  h.sandbox.clock.advance(3_000);
  expect(codeOf(await call(answered('accept', state), 'bob'))).toBe(-32602);
  expect(await exists('churn')).toBe(true);
});

it('a client without dialogs gets the question in its answer, for a second call', async () => {
  const { call } = await site();
  const { messages } = await call(DELETE, 'ann', {});
  expect(messages[0].result.structuredContent).toMatchObject({
    needs_consent: expect.stringContaining('Ask the user'),
  });
});

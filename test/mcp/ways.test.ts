/**
 * Each way to meet a client gives the same answers: a session on either version of the SDK, and HTTP of revision 2026-07-28. `npm run test:ways` runs all
 * tests of tools and writes on the other ways too.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { HarnessOptions } from '../support/harness.ts';
import { WAYS, type Way } from '../support/meeting.ts';
import { agree, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint } from '../support/workspace.ts';

const begin = useHarness((way: Way, options: HarnessOptions = {}) =>
  withEndpoints([endpoint('churn', [churnEntity('1')])], { way, at: Date.UTC(2026, 0, 5, 9), ...options }),
);

/** What a way may do in its own words: the code of the error is the same, its text comes from the SDK. */
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: { code?: number }) => error.code,
  );

const seen = new Map<string, unknown>();
afterEach(() => {
  if (seen.size > 100) seen.clear();
});

/** The first way says what the others must say. */
function same(about: string, value: unknown): void {
  if (!seen.has(about)) seen.set(about, value);
  expect(value).toEqual(seen.get(about));
}

describe.each(WAYS)('%s', (way) => {
  it('lists the same tools, resources, templates and prompts', async () => {
    const { client } = await begin(way);
    const lists = await Promise.all([
      client.listTools(),
      client.listResources(),
      client.listResourceTemplates(),
      client.listPrompts(),
    ]);
    same(
      'lists',
      lists.map((list) =>
        Object.fromEntries(Object.entries(list).filter(([key]) => /^(tools|resource|prompts)/.test(key))),
      ),
    );
    expect(client.getInstructions()).toContain('Databricks Model Serving');
  });

  it('answers a call, and reports its progress', async () => {
    const h = await begin(way);
    const messages: string[] = [];
    const { data } = await h.call(
      'wait_for_endpoint',
      { endpoint: 'churn' },
      { onprogress: ({ message }) => messages.push(message ?? '') },
    );
    same('wait', { outcome: data.outcome, state: data.state });
    expect(data.outcome).toBe('ready');
  });

  it('reports a failed call as a result', async () => {
    const h = await begin(way);
    const { isError, data } = await h.call('get_endpoint', { endpoint: 'chrun' });
    expect(isError).toBe(true);
    same('near name', { ...data.error, request_id: '' });
  });

  it('refuses an unknown tool, a wrong argument and a wrong address in the same way', async () => {
    const h = await begin(way);
    same('unknown tool', (await h.call('get_endpiont', {})).data);
    same('wrong argument', (await h.call('get_endpoint', { endpoint: 'churn', nane: 1 })).data);
    same('address', await codeOf(h.client.readResource({ uri: 'databricks-serving://nothing' })));
    same('prompt', await codeOf(h.client.getPrompt({ name: 'nothing' })));
    same('prompt argument', await codeOf(h.client.getPrompt({ name: 'swap_version', arguments: { endpoint: 'x' } })));
  });

  it('reads a resource, fills a prompt and completes a name', async () => {
    const { client } = await begin(way);
    const { contents } = await client.readResource({ uri: 'databricks-serving://guides/canary' });
    same('guide', contents);
    const { messages } = await client.getPrompt({
      name: 'swap_version',
      arguments: { endpoint: 'churn', version: '2' },
    });
    same('messages', messages);
    const { completion } = await client.complete({
      ref: { type: 'ref/prompt', name: 'swap_version' },
      argument: { name: 'endpoint', value: 'ch' },
    });
    same('completion', completion);
    expect(completion.values).toEqual(['churn']);
  });

  it.each([
    ['accept', undefined],
    ['decline', 'declined'],
    ['cancel', 'dismissed'],
  ] as const)('asks before a loss, and takes %s as it is meant', async (action, code) => {
    const questions: string[] = [];
    const h = await begin(way, {
      onAsk(question) {
        questions.push(question);
        return action === 'accept' ? agree() : { action };
      },
    });
    const { data } = await h.call('delete_endpoint', { endpoint: 'churn' });
    expect(questions).toHaveLength(1);
    expect(data.error?.code).toBe(code);
    same(`question ${action}`, questions[0]?.replace(/[0-9a-f]{32}/, 'id'));
    expect((await h.call('get_endpoint', { endpoint: 'churn' })).isError).toBe(action === 'accept');
  });

  it('lets a second call agree where the client has no dialogs', async () => {
    const h = await begin(way);
    const { data } = await h.call('delete_endpoint', { endpoint: 'churn' });
    expect(data.needs_consent).toContain('Ask the user');
    const agreed = { endpoint: 'churn', confirm: 'churn', if_fingerprint: data.fingerprint };
    expect((await h.call('delete_endpoint', agreed)).data.deleted).toBe(true);
  });

  it('ends a wait when its caller gives up', async () => {
    const stop = new AbortController();
    const h = await begin(way, { onSleep: () => stop.abort() });
    await h.call('update_endpoint', { endpoint: 'churn', workload_size: 'Large', wait_seconds: 0 });
    h.sent();
    const waiting = h.call('wait_for_endpoint', { endpoint: 'churn', wait_seconds: 40 }, { signal: stop.signal });
    await expect(waiting).rejects.toThrow();
    await h.settled();
    expect(h.sent().length).toBeLessThan(6);
  });
});

/** Calls of the model services of the built-in workspace, whose gateway answers, refuses and blocks by itself. */
import { describe, expect, it } from 'vitest';
import type { HarnessOptions } from '../../support/harness.ts';
import { useHarness } from '../../support/use-harness.ts';
import { bodies } from '../../support/workspace.ts';

const begin = useHarness((options: HarnessOptions = {}) => ({ at: Date.UTC(2026, 10, 28, 10), ...options }));
const CHAT = 'ml.prod.support_chat';
const CALLS = '/ai-gateway/mlflow/v1/chat/completions';
const HELLO = [{ role: 'user', content: 'Where is my order?' }];

describe('a call', () => {
  it('streams as the model speaks, and ends with its usage', async () => {
    const h = await begin();
    const said: string[] = [];
    const { data } = await h.call(
      'query_endpoint',
      { endpoint: CHAT, messages: HELLO, stream: true },
      { onprogress: ({ message }) => said.push(message ?? '') },
    );
    expect(data).toMatchObject({
      model_service: CHAT,
      finish_reason: 'stop',
      first_text_milliseconds: expect.any(Number),
    });
    expect(data.text).toContain('Where is my order?');
    expect(said.length).toBeGreaterThan(0);
    expect(bodies(h, 'POST', CALLS)).toMatchObject([{ model: CHAT, stream: true }]);
  });

  it('of a service of the platform embeds texts, and one of chat refuses them before anything is sent', async () => {
    const h = await begin();
    const { data } = await h.call('query_endpoint', { endpoint: 'system.ai.gte-large-en', texts: ['one', 'two'] });
    expect(data).toMatchObject({ model_service: 'system.ai.gte-large-en', dimension: expect.any(Number) });
    const refused = await h.call('query_endpoint', { endpoint: CHAT, texts: ['one'] });
    expect(refused.data.error.code).toBe('wrong_input_form');
    expect(bodies(h, 'POST', '/ai-gateway/mlflow/v1/embeddings')).toHaveLength(1);
  });

  it('that a policy of the service blocks is an error, and not sent again', async () => {
    const h = await begin();
    const messages = [{ role: 'user', content: 'My card number is 4111.' }];
    const { data, isError, text } = await h.call('query_endpoint', { endpoint: CHAT, messages });
    expect(isError).toBe(true);
    expect(data).toMatchObject({ error: { code: 'policy_block' }, policy: { name: 'no-card-numbers' } });
    expect(text).not.toContain('4111');
    expect(bodies(h, 'POST', CALLS)).toHaveLength(1);
  });

  it('over a limit that was set is refused once the limit holds, and the answer says which', async () => {
    const h = await begin({ as: 'analyst@example.com' });
    const admin = await begin({ sandbox: h.sandbox });
    await admin.call('set_rate_limits', {
      endpoint: CHAT,
      set: [{ key: 'user_group', principal: 'analysts', calls: 0 }],
    });
    const call = () => h.call('query_endpoint', { endpoint: CHAT, messages: HELLO });
    h.sandbox.clock.advance(60_000); // the change takes effect within a minute
    const { data } = await call();
    expect(data.error).toMatchObject({ code: expect.stringMatching(/PERMISSION_DENIED|REQUEST_LIMIT_EXCEEDED/) });
    await admin.call('set_rate_limits', {
      endpoint: CHAT,
      set: [{ key: 'user_group', principal: 'analysts', calls: 30 }],
    });
    h.sandbox.clock.advance(120_000);
    expect((await call()).data.error).toBeUndefined();
  });

  it('without EXECUTE is refused with the grant that is missing', async () => {
    const h = await begin({ as: 'analyst@example.com' });
    const admin = await begin({ sandbox: h.sandbox });
    await admin.call('update_permissions', {
      endpoint: 'ml.prod.ticket_summary',
      grant: [{ principal: 'analyst@example.com', level: 'READ_METADATA' }],
    });
    const { data } = await h.call('query_endpoint', { endpoint: 'ml.prod.ticket_summary', messages: HELLO });
    expect(data.error).toMatchObject({ code: 'PERMISSION_DENIED', retryable: false });
    expect(data.error.message).toContain("EXECUTE on Model Service 'ml.prod.ticket_summary'");
  });
});

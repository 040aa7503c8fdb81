/** A dialog of the client: how it ends, what is said then, and that a yes covers only what the person saw. */
import { describe, expect, it } from 'vitest';
import type { HarnessOptions } from '../support/harness.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';
import { ask } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { follow, writes } from '../support/workspace.ts';

const begin = useHarness((options: HarnessOptions = {}) => ({ seed: safetyWorkspace(), ...options }));

const DELETE = { endpoint: 'churn' };
const DROP = { endpoint: 'churn', remove: ['guardrails'] };

type Answer = Awaited<ReturnType<NonNullable<HarnessOptions['onAsk']>>>;

describe('Accept is the yes', () => {
  it.each<[string, Answer]>([
    ['without any content', { action: 'accept' }],
    ['with an empty content', { action: 'accept', content: {} }],
    ['with a box of an earlier form, unticked', { action: 'accept', content: { confirm: false } }],
    ['with fields that were not asked for', { action: 'accept', content: { yes: true } }],
  ])('%s', async (_what, answer) => {
    const h = await begin({ onAsk: () => answer });
    expect((await h.call('update_ai_gateway', DROP)).data.changed).toBe(true);
  });

  it('so the form has no field that a person could overlook', async () => {
    const h = await begin({ onAsk: () => ({ action: 'accept' }) });
    await h.call('update_ai_gateway', DROP);
    const asked = h.received.map((text) => JSON.parse(text)).find(({ method }) => method === 'elicitation/create');
    expect(asked.params).toMatchObject({ mode: 'form', requestedSchema: { type: 'object', properties: {} } });
    expect(asked.params.requestedSchema.required).toBeUndefined();
  });
});

const ENDS: [code: string, answer: Partial<HarnessOptions>, said: RegExp, next: RegExp][] = [
  [
    'declined',
    { onAsk: () => ({ action: 'decline' }) },
    /the client reports that the user declined, so churn was not changed/,
    /unless the user asks/,
  ],
  [
    'dismissed',
    { onAsk: () => ({ action: 'cancel' }) },
    /the client reports that the dialog was closed without a choice, so churn was not changed/,
    /Ask the user/,
  ],
  [
    'unanswered',
    { onAsk: () => new Promise(() => {}), consentTimeout: 20 },
    /the confirmation dialog got no answer, so churn was not changed/,
    /Ask the user/,
  ],
  [
    'unanswered',
    { onAsk: () => Promise.reject(new Error('no window')) },
    /the confirmation dialog got no answer, so churn was not changed/,
    /Ask the user/,
  ],
];

describe('each end of a dialog has its own true sentence', () => {
  it.each(ENDS)('%s', async (code, options, said, next) => {
    const h = await begin(options);
    const { data } = await h.call('delete_endpoint', DELETE);
    expect(data.error).toMatchObject({ code, retryable: false, message: expect.stringMatching(said) });
    expect(data.error.next).toMatch(next);
    expect(data.preview.changes).toEqual([{ field: 'endpoint', from: 'churn' }]);
    expect(writes(h)).toEqual([]);
  });
});

describe('a dialog that ends within a second: no one can have seen it', () => {
  it.each(ENDS)('%s', async (code, options) => {
    const h = await begin({ ...options, readsFor: 7 });
    const { data } = await h.call('delete_endpoint', DELETE);
    expect(data.error).toMatchObject({
      code: 'not_seen',
      message: expect.stringContaining('no one can have seen it, and churn was not changed'),
      next: expect.stringContaining('--consent confirm'),
    });
    expect(JSON.stringify(data.error)).not.toMatch(/user declined|person did not|not ask again/i);
    expect(data).toMatchObject({ dialog: code, preview: { changes: [{ field: 'endpoint' }] } });
    expect(writes(h)).toEqual([]);
  });

  it.each([
    [999, 'not_seen'],
    [1_000, 'declined'],
  ])('after %i ms: %s', async (readsFor, code) => {
    const h = await begin({ onAsk: () => ({ action: 'decline' }), readsFor });
    expect((await h.call('delete_endpoint', DELETE)).data.error.code).toBe(code);
  });
});

describe('a server that was started with --consent confirm', () => {
  const onAsk = () => Promise.reject(new Error('must not ask'));

  it('shows no dialog: the second call counts, with the exact name and the fingerprint', async () => {
    const h = await begin({ onAsk, dialogs: false });
    const shown = await h.call('delete_endpoint', DELETE);
    expect(shown.data).toMatchObject({ changed: false, needs_consent: expect.stringContaining('Ask the user') });
    expect(writes(h)).toEqual([]);
    expect((await follow(h, shown.data.next)).data.deleted).toBe(true);
  });

  it('still needs both of them', async () => {
    const h = await begin({ onAsk, dialogs: false });
    await h.call('delete_endpoint', DELETE);
    const { data } = await h.call('delete_endpoint', { ...DELETE, confirm: 'churn' });
    expect(data.error.code).toBe('confirm_without_fingerprint');
    expect(writes(h)).toEqual([]);
  });
});

it('without that option, a second call does not replace a dialog that no one saw', async () => {
  const h = await begin({ onAsk: () => ({ action: 'cancel' }), readsFor: 7 });
  const { fingerprint } = (await h.call('delete_endpoint', { ...DELETE, dry_run: true })).data;
  const { data } = await h.call('delete_endpoint', { ...DELETE, confirm: 'churn', if_fingerprint: fingerprint });
  expect(data.error.code).toBe('not_seen');
  expect(writes(h)).toEqual([]);
});

describe('a yes covers only what the person saw, read again while the person thought', () => {
  const grant = async (h: Awaited<ReturnType<typeof begin>>) => {
    const { id } = (await ask(h, '/api/2.0/serving-endpoints/churn')) as { id: string }; // the workspace's own answer
    const access_control_list = [{ group_name: 'data-science', permission_level: 'CAN_QUERY' }];
    const body = JSON.stringify({ access_control_list });
    await ask(h, `/api/2.0/permissions/serving-endpoints/${id}`, { method: 'PATCH', body });
  };

  it('grants that were added: a delete would take them away unseen', async () => {
    const h = await begin({
      onAsk: async () => {
        await grant(h);
        return { action: 'accept' };
      },
    });
    const { data } = await h.call('delete_endpoint', DELETE);
    expect(data.error.code).toBe('changed_meanwhile');
    expect(writes(h).filter((each) => each.startsWith('DELETE'))).toEqual([]);
  });

  it('the same in the second call: grants that were added make it void', async () => {
    const h = await begin();
    const shown = await h.call('delete_endpoint', DELETE);
    expect(shown.data.preview.direct_grants).toContain('user analyst@example.com: CAN_QUERY');
    await grant(h);
    expect((await follow(h, shown.data.next)).data.error.code).toBe('consent_mismatch');
  });

  it('an endpoint that was unused when the person was asked, and is used now', async () => {
    const h = await begin({
      onAsk: async () => {
        await ask(h, '/serving-endpoints/churn/invocations', {
          method: 'POST',
          body: JSON.stringify({ dataframe_records: [{ x: 1 }] }),
        });
        // The metrics show the last full minute.
        h.sandbox.clock.advance(60_000);
        return { action: 'accept' };
      },
    });
    const { data } = await h.call('update_ai_gateway', DROP);
    expect(data.error.code).toBe('changed_meanwhile');
    expect(writes(h)).toEqual(['POST /serving-endpoints/churn/invocations']);
  });

  it('but not the reverse: who agreed to the loss of a used endpoint need not agree again when it rests', async () => {
    let question = '';
    const h = await begin({
      onAsk: (asked) => {
        question = asked;
        return { action: 'accept' };
      },
      readsFor: 90_000,
    });
    await h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 1 }] });
    h.sandbox.clock.advance(60_000);
    expect((await h.call('update_ai_gateway', DROP)).data.changed).toBe(true);
    expect(question).toContain('requests last minute: 1');
  });
});

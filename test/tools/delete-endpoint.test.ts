import { describe, expect, it } from 'vitest';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { inSession } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { CHURN_PATH, churnEntity, endpoint, follow, parseCall, seed, writes } from '../support/workspace.ts';

const begin = useHarness((options: HarnessOptions = {}, more: Record<string, unknown> = {}) => {
  const analyst = { user_name: 'analyst@example.com', permission_level: 'CAN_QUERY' };
  const used = endpoint('used', [churnEntity('1')], [], { grants: [analyst] });
  return { ...options, seed: seed([endpoint('churn', [churnEntity('1')]), used], more) };
});

const DELETE = `DELETE ${CHURN_PATH}`;

/** Deletes as an agent does whose client cannot ask: the first call shows, the call that it gives deletes. */
async function deleteAgreed(h: Harness) {
  const shown = await h.call('delete_endpoint', { endpoint: 'churn' });
  return follow(h, shown.data.next);
}

/** The endpoint as the workspace itself says. */
async function exists(h: Harness): Promise<boolean> {
  return !(await h.call('get_endpoint', { endpoint: 'churn' })).isError;
}

describe('without a dialog in the client', () => {
  it('the first call shows what would go and deletes nothing; the call it gives deletes', async () => {
    const h = await begin();
    const shown = await h.call('delete_endpoint', { endpoint: 'churn' });
    expect(shown.isError).toBe(false);
    expect(shown.data).toMatchObject({
      changed: false,
      needs_consent: expect.stringContaining('permanently deletes serving endpoint churn'),
      preview: { status: 'ready', serving: 'serving churn-1 (100 %)', creator: 'admin@example.com' },
    });
    expect(writes(h)).toEqual([]);
    expect(parseCall(shown.data.next)).toEqual({
      name: 'delete_endpoint',
      args: { endpoint: 'churn', confirm: 'churn', if_fingerprint: expect.stringMatching(/^[0-9a-f]{12}$/) },
    });
    const { data } = await follow(h, shown.data.next);
    expect(data).toMatchObject({ deleted: true, changed: true });
    expect(writes(h)).toEqual([DELETE]);
    expect(await exists(h)).toBe(false);
  });

  it.each(['Churn', 'churn ', 'yes', 'true'])(
    'the confirmation %j is not the name, and nothing is sent',
    async (confirm) => {
      const h = await begin();
      const { data, isError } = await h.call('delete_endpoint', { endpoint: 'churn', confirm });
      expect(isError).toBe(true);
      expect(data.error.code).toBe('wrong_confirmation');
      expect(writes(h)).toEqual([]);
    },
  );

  it('the name alone is not consent: no one has seen what would be deleted', async () => {
    const h = await begin();
    const { data } = await h.call('delete_endpoint', { endpoint: 'churn', confirm: 'churn' });
    expect(data.error.code).toBe('confirm_without_fingerprint');
    expect(data).toMatchObject({ needs_consent: expect.any(String), preview: { status: 'ready' } });
    expect(writes(h)).toEqual([]);
    expect((await follow(h, data.error.next)).data.deleted).toBe(true);
  });

  it('a repeat says that there is nothing to delete', async () => {
    const h = await begin();
    await deleteAgreed(h);
    const { data, isError } = await h.call('delete_endpoint', { endpoint: 'churn', confirm: 'churn' });
    expect(isError).toBe(false);
    expect(data).toMatchObject({ deleted: false, changed: false });
    expect(writes(h)).toEqual([DELETE]);
  });
});

describe('with a dialog in the client', () => {
  it('asks the person with what would go, and deletes when they agree', async () => {
    const asked: string[] = [];
    const h = await begin({
      onAsk: (question) => {
        asked.push(question);
        return { action: 'accept' };
      },
    });
    const { data } = await h.call('delete_endpoint', { endpoint: 'churn' });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.split('\n')).toEqual([
      'This permanently deletes serving endpoint churn, and no call undoes it. Allow this?',
      'status: ready',
      'serving: serving churn-1 (100 %)',
      'requests last minute: 0',
      'creator: admin@example.com',
      expect.stringMatching(/^endpoint id: \S+$/),
      'created by this server: false',
      'direct grants: user admin@example.com: CAN_MANAGE',
      'endpoint: churn → nothing',
    ]);
    expect(data).toMatchObject({ deleted: true, changed: true });
    expect(writes(h)).toEqual([DELETE]);
  });

  inSession('deletes nothing when the dialog fails', async () => {
    const h = await begin({
      onAsk: () => {
        throw new Error('the window is gone');
      },
    });
    const { data, isError } = await h.call('delete_endpoint', { endpoint: 'churn' });
    expect(isError).toBe(true);
    expect(data.error.code).toBe('unanswered');
    expect(writes(h)).toEqual([]);
    expect(await exists(h)).toBe(true);
  });

  inSession('deletes nothing when the endpoint changed while the person thought', async () => {
    let h: Harness | undefined;
    h = await begin({
      onAsk: async () => {
        const body = JSON.stringify({ add_tags: [{ key: 'keep', value: 'yes' }] });
        const headers = { authorization: `Bearer ${h?.sandbox.token}`, 'content-type': 'application/json' };
        await fetch(`${h?.sandbox.host}${CHURN_PATH}/tags`, { method: 'PATCH', headers, body });
        return { action: 'accept', content: { confirm: true } };
      },
    });
    const { data, isError } = await h.call('delete_endpoint', { endpoint: 'churn' });
    expect(isError).toBe(true);
    expect(data.error.code).toMatch(/changed|fingerprint/);
    expect(writes(h)).not.toContain(DELETE);
  });

  it('deletes nothing when the call was cancelled while the person thought', async () => {
    const controller = new AbortController();
    const h = await begin({
      onAsk: async () => {
        controller.abort('never mind');
        // Messages pass in memory: the server has this one before the next turn.
        await new Promise((resolve) => setImmediate(resolve));
        return { action: 'accept', content: { confirm: true } };
      },
    });
    await expect(h.call('delete_endpoint', { endpoint: 'churn' }, { signal: controller.signal })).rejects.toThrow();
    await h.settled();
    expect(writes(h)).toEqual([]);
  });
});

describe('answers that get lost', () => {
  it('a lost answer is resolved by reading: gone is gone, and nothing is sent twice', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'DELETE' }, times: 1, effect: { lost_reply: true } });
    const { data, isError } = await deleteAgreed(h);
    expect(isError).toBe(false);
    expect(data).toMatchObject({ deleted: true });
    expect(writes(h)).toEqual([DELETE]);
  });

  it('a request that never arrived is reported as unknown and not sent twice', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'DELETE' }, times: 1, effect: { cut: 'before' } });
    const { data, isError } = await deleteAgreed(h);
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({
      code: 'connection',
      retryable: false,
      next: expect.stringContaining('get_endpoint'),
    });
    expect(writes(h)).toEqual([DELETE]);
    expect(await exists(h)).toBe(true);
  });
});

describe('no one is asked about a change that is not possible', () => {
  const onAsk = () => Promise.reject(new Error('must not ask'));

  it.each([{}, { dry_run: true }])('a Databricks-hosted foundation model is not deleted %j', async (more) => {
    const model = {
      name: 'databricks-gpt-5',
      entity_name: 'system.ai.gpt-5',
      display_name: 'G',
      task: 'llm/v1/chat',
      spec: { kind: 'chat', model: 'g' },
    };
    const h = await begin({ onAsk }, { foundation_models: [model] });
    const { data } = await h.call('delete_endpoint', { endpoint: 'databricks-gpt-5', ...more });
    expect(data.error).toMatchObject({
      code: 'foundation_model',
      message: expect.stringContaining('it cannot be deleted; nothing was sent'),
    });
    expect(writes(h)).toEqual([]);
  });

  it.each<[string, HarnessOptions]>([
    ['with a dialog', { onAsk }],
    ['without one', {}],
  ])('a caller who sees the endpoint and may not manage it, %s', async (_what, options) => {
    const h = await begin({ ...options, as: 'analyst@example.com' });
    const { data } = await h.call('delete_endpoint', { endpoint: 'used' });
    expect(data.error).toMatchObject({
      code: 'permission_denied',
      message: 'the caller has CAN_QUERY on endpoint used, but this change needs CAN_MANAGE; nothing was sent',
    });
    expect(data.needs_consent).toBeUndefined();
    expect(writes(h)).toEqual([]);
    const [, next] = /(get_permissions .*\}) shows who/.exec(data.error.next) ?? [];
    const { data: who } = await follow(h, next);
    expect(who.grants).toContainEqual(expect.objectContaining({ level: 'CAN_MANAGE', principal: 'admin@example.com' }));
  });
});

it('a dry run says that no call undoes it', async () => {
  const h = await begin();
  const { data } = await h.call('delete_endpoint', { endpoint: 'churn', dry_run: true });
  expect(data.needs_consent).toContain('no call undoes it');
  expect(data.not_undone).toEqual(['the endpoint: a deletion cannot be undone']);
});

it.each([
  ['Churn_', 'churn'],
  ['nothing-like-it', undefined],
])('a name that does not exist, %s, brings the one that is like it', async (name, near) => {
  const h = await begin();
  const { data, isError } = await h.call('delete_endpoint', { endpoint: name });
  expect(isError).toBe(false);
  expect(data).toMatchObject({ deleted: false, changed: false });
  expect(data.near).toBe(near);
  // Deleting another endpoint is no sensible offer.
  expect(data.next).toBeUndefined();
});

it('a caller without CAN_MANAGE learns that it is missing, and nothing is deleted', async () => {
  const h = await begin({ as: 'analyst@example.com' });
  const { data, isError } = await h.call('delete_endpoint', { endpoint: 'churn', confirm: 'churn' });
  expect(isError).toBe(true);
  expect(data.error.code).toBe('PERMISSION_DENIED');
});

it.each<[string, Record<string, unknown>, RegExp]>([
  ['an unknown argument', { endpoint: 'churn', force: true }, /unknown argument "force"/],
  ['a pattern', { endpoint: 'churn*' }, /letters, digits/],
  ['no name', {}, /endpoint/],
  ['a confirmation that is not text', { endpoint: 'churn', confirm: true }, /confirm/],
])('%s is refused and nothing is sent', async (_what, args, message) => {
  const h = await begin();
  const { data, isError } = await h.call('delete_endpoint', args);
  expect(isError).toBe(true);
  expect(data.error).toMatchObject({ code: 'invalid_arguments', message: expect.stringMatching(message) });
  expect(h.sent()).toEqual([]);
});

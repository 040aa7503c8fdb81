/** A change that cannot be undone runs only when the user agreed to exactly this change, and nothing changed since. */
import { describe, expect, it } from 'vitest';
import { type Journal, memoryJournal } from '../../src/journal/journal.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';
import { useHarness } from '../support/use-harness.ts';
import { endpoint, follow, parseCall, writes } from '../support/workspace.ts';

const begin = useHarness((options: HarnessOptions = {}) => ({
  seed: safetyWorkspace({
    endpoints: [
      endpoint('churn-2', [ENTITY]),
      endpoint('idle', [named('churn-1'), { ...named('churn-2'), entity_version: '1' }], [100, 0]),
    ],
  }),
  ...options,
}));

const ENTITY = {
  entity_name: 'ml.prod.churn',
  entity_version: '2',
  workload_size: 'Small',
  scale_to_zero_enabled: true,
};
const named = (name: string) => ({ ...ENTITY, name });
const AGREE = { action: 'accept' } as const;

type Case = [what: string, tool: string, args: Record<string, unknown>, said: RegExp];

const DESTRUCTIVE: Case[] = [
  ['deleting', 'delete_endpoint', { endpoint: 'churn' }, /permanently deletes serving endpoint churn/],
  [
    'removing an entity that serves traffic',
    'update_endpoint',
    { endpoint: 'split', remove_entities: ['churn-2'], traffic: { 'churn-1': 100 }, wait_seconds: 1800 },
    /removes churn-2 \(40 % of the traffic\) from endpoint split/,
  ],
  [
    'replacing an entity that serves traffic, outside a swap',
    'update_endpoint',
    {
      endpoint: 'churn',
      remove_entities: ['churn-1'],
      add_entities: [{ ...ENTITY, name: 'fresh' }],
      traffic: { fresh: 100 },
      wait_seconds: 1800,
    },
    /removes churn-1 \(100 % of the traffic\)/,
  ],
  [
    'revoking the last CAN_MANAGE',
    'update_permissions',
    { endpoint: 'churn', revoke: ['engineer@example.com'] },
    /removes the last direct CAN_MANAGE grant on endpoint churn/,
  ],
  [
    'lowering the last CAN_MANAGE',
    'update_permissions',
    { endpoint: 'churn', grant: [{ principal: 'engineer@example.com', level: 'CAN_VIEW' }] },
    /removes the last direct CAN_MANAGE grant on endpoint churn/,
  ],
  [
    'lowering the level of someone else',
    'update_permissions',
    { endpoint: 'churn', grant: [{ principal: 'analyst@example.com', level: 'CAN_VIEW' }] },
    /lowers user "analyst@example\.com" from CAN_QUERY to CAN_VIEW on endpoint churn/,
  ],
  ['dropping all guardrails', 'update_ai_gateway', { endpoint: 'churn', remove: ['guardrails'] }, /removes guardrails/],
  [
    'dropping the guardrails of one side',
    'update_ai_gateway',
    { endpoint: 'churn', remove: ['guardrails.input'] },
    /removes guardrails/,
  ],
  [
    'switching safety off',
    'update_ai_gateway',
    { endpoint: 'churn', guardrails: { input: { safety: false } } },
    /weakens/,
  ],
  [
    'from BLOCK to MASK',
    'update_ai_gateway',
    { endpoint: 'churn', guardrails: { input: { pii: { behavior: 'MASK' } } } },
    /weakens/,
  ],
];

describe.each(DESTRUCTIVE)('%s', (_what, tool, args, said) => {
  const subject = String(args.endpoint);

  it('without a dialog in the client: shown first, done by the call that the answer gives', async () => {
    const h = await begin();
    const shown = await h.call(tool, args);
    expect(shown.isError).toBe(false);
    expect(shown.data).toMatchObject({ changed: false, needs_consent: expect.stringMatching(said) });
    expect(shown.data.preview.changes.length).toBeGreaterThan(0);
    expect(writes(h)).toEqual([]);
    expect(parseCall(shown.data.next).args).toMatchObject({
      ...args,
      confirm: subject,
      if_fingerprint: expect.stringMatching(/^[0-9a-f]{12}$/),
    });
    const done = await follow(h, shown.data.next);
    expect(done.data).toMatchObject({ changed: true });
    expect(writes(h)).toHaveLength(1);
  });

  it.each([
    ['the name without the fingerprint', subject, 'confirm_without_fingerprint'],
    ['another name', 'yes', 'wrong_confirmation'],
  ])(
    '%s is not consent; the refusal says why and shows the change, with the call that counts',
    async (_what, confirm, code) => {
      const h = await begin();
      const { data, isError } = await h.call(tool, { ...args, confirm });
      expect(isError).toBe(true);
      expect(data.error).toMatchObject({ code, message: expect.stringContaining('confirm') });
      expect(data.needs_consent).toMatch(said);
      expect(data.preview.changes.length).toBeGreaterThan(0);
      expect(writes(h)).toEqual([]);
      const done = await follow(h, data.error.next);
      expect(done.data).toMatchObject({ changed: true });
    },
  );

  it('the fingerprint without the name is not consent', async () => {
    const h = await begin();
    const { fingerprint } = (await h.call(tool, { ...args, dry_run: true })).data;
    const { data } = await h.call(tool, { ...args, if_fingerprint: fingerprint });
    expect(data).toMatchObject({ changed: false, needs_consent: expect.any(String) });
    expect(writes(h)).toEqual([]);
  });

  it('a confirmation for another endpoint is refused', async () => {
    const h = await begin();
    const other = (await h.call('get_endpoint', { endpoint: 'talk' })).data.fingerprint;
    const wrongName = await h.call(tool, { ...args, confirm: 'talk', if_fingerprint: other });
    expect(wrongName.data.error.code).toMatch(/wrong_confirmation|consent_mismatch/);
    const wrongSeal = await h.call(tool, { ...args, confirm: subject, if_fingerprint: other });
    expect(wrongSeal.data.error.code).toBe('consent_mismatch');
    expect(writes(h)).toEqual([]);
  });

  it('a shown change is no longer valid once the endpoint changed', async () => {
    const h = await begin();
    const shown = await h.call(tool, args);
    await patch(h, subject);
    const { data } = await follow(h, shown.data.next);
    expect(data.error.code).toBe('consent_mismatch');
    expect(writes(h)).toHaveLength(1); // the patch
  });

  it('with a dialog: the person sees what goes, and it is done when they agree', async () => {
    const asked: string[] = [];
    const h = await begin({
      onAsk: (question) => {
        asked.push(question);
        return AGREE;
      },
    });
    const { data } = await h.call(tool, args);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(said);
    expect(data).toMatchObject({ changed: true });
    expect(writes(h)).toHaveLength(1);
  });

  it('with a dialog: an agent cannot go past it with a confirmation of its own', async () => {
    let asked = 0;
    const h = await begin({
      onAsk: () => {
        asked++;
        return { action: 'decline' };
      },
    });
    const { fingerprint } = (await h.call(tool, { ...args, dry_run: true })).data;
    const { data } = await h.call(tool, { ...args, confirm: subject, if_fingerprint: fingerprint });
    expect(asked).toBe(1);
    expect(data.error.code).toBe('declined');
    expect(writes(h)).toEqual([]);
  });

  it.each<[string, Partial<HarnessOptions>]>([
    ['declined', { onAsk: () => ({ action: 'decline' }) }],
    ['dismissed', { onAsk: () => ({ action: 'cancel' }) }],
    ['unanswered', { onAsk: () => new Promise(() => {}), consentTimeout: 30 }],
  ])(
    'a dialog that is %s is not consent: nothing is sent, and the answer shows what would have been lost',
    async (code, options) => {
      const h = await begin(options);
      const { data, isError } = await h.call(tool, args);
      expect(isError).toBe(true);
      expect(data.error).toMatchObject({ code, retryable: false });
      expect(data.preview.changes.length).toBeGreaterThan(0);
      expect(writes(h)).toEqual([]);
    },
  );

  it('an endpoint that changed while the person thought is left alone', async () => {
    const h = await begin({
      onAsk: async () => {
        await patch(h, subject);
        return AGREE;
      },
    });
    const { data } = await h.call(tool, args);
    expect(data.error.code).toBe('changed_meanwhile');
    expect(writes(h)).toHaveLength(1); // the patch
  });

  it('an endpoint that went away while the person thought is not made up again', async () => {
    const h = await begin({
      onAsk: async () => {
        await request(h, 'DELETE', `/api/2.0/serving-endpoints/${subject}`);
        return AGREE;
      },
    });
    const { data } = await h.call(tool, args);
    expect(data.error.code).toBe('changed_meanwhile');
    expect(writes(h)).toHaveLength(1); // the delete
  });

  it('is not asked for where nothing is sent: a preview names the consent that it would need', async () => {
    const h = await begin({ onAsk: () => Promise.reject(new Error('must not ask')) });
    const { data } = await h.call(tool, { ...args, dry_run: true });
    expect(data).toMatchObject({ dry_run: true, needs_consent: expect.stringMatching(said) });
    expect(writes(h)).toEqual([]);
  });
});

it('grants that were given while the person thought are not lost with a revoke', async () => {
  const h = await begin({
    onAsk: async () => {
      const id = (await request(h, 'GET', '/api/2.0/serving-endpoints/churn')).id;
      await request(h, 'PATCH', `/api/2.0/permissions/serving-endpoints/${id}`, {
        access_control_list: [{ group_name: 'data-science', permission_level: 'CAN_QUERY' }],
      });
      return AGREE;
    },
  });
  const { data } = await h.call('update_permissions', { endpoint: 'churn', revoke: ['engineer@example.com'] });
  expect(data.error.code).toBe('changed_meanwhile');
  const { grants } = (await h.call('get_permissions', { endpoint: 'churn' })).data;
  expect(grants.map((grant: { principal: string }) => grant.principal).sort()).toEqual([
    'analyst@example.com',
    'data-science',
    'engineer@example.com',
  ]);
});

it('grants that were given between showing and confirming make the confirmation void', async () => {
  const h = await begin();
  const revoke = { endpoint: 'churn', revoke: ['engineer@example.com'] };
  const shown = await h.call('update_permissions', revoke);
  await h.call('update_permissions', { endpoint: 'churn', grant: [{ principal: 'data-science', level: 'CAN_VIEW' }] });
  const { data } = await follow(h, shown.data.next);
  expect(data.error.code).toBe('consent_mismatch');
});

it('the fingerprint of get_endpoint protects a write of grants, and is not consent to remove the last manager', async () => {
  const h = await begin();
  const { fingerprint } = (await h.call('get_endpoint', { endpoint: 'churn' })).data;
  const grant = [{ principal: 'data-science', level: 'CAN_VIEW' }];
  const granted = await h.call('update_permissions', { endpoint: 'churn', grant, if_fingerprint: fingerprint });
  expect(granted.data.changed).toBe(true);
  const revoke = { endpoint: 'churn', revoke: ['engineer@example.com'] };
  const { data } = await h.call('update_permissions', { ...revoke, confirm: 'churn', if_fingerprint: fingerprint });
  expect(data.error.code).toBe('consent_mismatch');
  expect((await h.call('update_permissions', revoke)).data.needs_consent).toContain('last direct CAN_MANAGE');
});

describe('the question says who created the endpoint and whether it is used', () => {
  it.each(DESTRUCTIVE.filter(([, , { endpoint: name }]) => name === 'churn' || name === 'split'))(
    '%s',
    async (_what, tool, args) => {
      const h = await begin();
      await h.call('query_endpoint', { endpoint: args.endpoint, dataframe_records: [{ x: 1 }] });
      // The metrics show the last full minute.
      h.sandbox.clock.advance(60_000);
      const { data } = await h.call(tool, args);
      expect(data.preview).toMatchObject({
        status: 'ready',
        requests_last_minute: 1,
        creator: expect.any(String),
        created_by_this_server: false,
        changes: expect.any(Array),
      });
    },
  );

  /** Takes the endpoint away and makes another of its name. */
  async function madeAnew(h: Harness, name: string) {
    const send = async (method: string, path: string, body?: unknown) => {
      const response = await fetch(`${h.sandbox.host}/api/2.0/serving-endpoints${path}`, {
        method,
        headers: { authorization: `Bearer ${h.sandbox.token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      expect(response.ok).toBe(true);
    };
    await send('DELETE', `/${name}`);
    h.sandbox.clock.advance(5 * 60_000);
    await send('POST', '', { name, config: { served_entities: [{ ...ENTITY, name: 'theirs' }] } });
  }
  const mine = { endpoint: 'mine', model: 'ml.prod.churn', version: '1' };
  const lastId = async (h: Harness) => (await h.call('list_changes', { limit: 1 })).data.changes[0].id;

  it('one that someone else created again is not called ours, and the create is not undone', async () => {
    const h = await begin();
    await h.call('create_endpoint', mine);
    const id = await lastId(h);
    const ours = await h.call('delete_endpoint', { endpoint: 'mine' });
    expect(ours.data.preview.created_by_this_server).toBe(true);
    await madeAnew(h, 'mine');
    const theirs = await h.call('delete_endpoint', { endpoint: 'mine' });
    expect(theirs.data.preview.created_by_this_server).toBe(false);
    for (const more of [{}, { dry_run: true }]) {
      const { data } = await h.call('undo_change', { id, ...more });
      expect(data.error).toMatchObject({
        code: 'changed_since',
        message: expect.stringContaining('does not seem to be the one that change'),
      });
    }
  });

  it.each<[what: string, ours: boolean, later: (h: Harness) => Promise<unknown>]>([
    ['is ours when the time fits', true, async () => {}],
    [
      'is not ours when it was made an hour later',
      false,
      async (h) => {
        h.sandbox.clock.advance(3_600_000);
        await madeAnew(h, 'mine');
      },
    ],
    [
      'is not ours when this server deleted it since',
      false,
      async (h) => {
        await follow(h, (await h.call('delete_endpoint', { endpoint: 'mine' })).data.next);
        const config = { served_entities: [{ ...ENTITY, name: 'theirs' }] };
        await fetch(`${h.sandbox.host}/api/2.0/serving-endpoints`, {
          method: 'POST',
          headers: { authorization: `Bearer ${h.sandbox.token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ name: 'mine', config }),
        });
      },
    ],
  ])('one whose create was never seen to end %s', async (_what, ours, later) => {
    let h: Harness | undefined;
    const kept = memoryJournal({ now: () => h?.sandbox.clock.now() ?? 0, random: Math.random, sanitize });
    const journal: Journal = { ...kept, end: async () => Promise.reject(new Error('the process was killed')) };
    h = await begin({ journal });
    await h.call('create_endpoint', mine);
    const id = await lastId(h);
    journal.end = kept.end;
    await later(h);
    const { data } = await h.call('delete_endpoint', { endpoint: 'mine' });
    expect(data.preview.created_by_this_server).toBe(ours);
    const undone = (await h.call('undo_change', { id })).data;
    expect(undone.error?.code).toBe(ours ? undefined : 'changed_since');
  });
});

describe('deleting says whose the endpoint is and whether it is used', () => {
  it('used in the last minute, and not made by this server', async () => {
    const h = await begin();
    await h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 1 }] });
    // The metrics show the last full minute.
    h.sandbox.clock.advance(60_000);
    const { data } = await h.call('delete_endpoint', { endpoint: 'churn' });
    expect(data.preview).toMatchObject({
      requests_last_minute: expect.any(Number),
      created_by_this_server: false,
      creator: 'engineer@example.com',
    });
    expect(data.preview.requests_last_minute).toBeGreaterThan(0);
  });

  it('in the dialog too', async () => {
    const asked: string[] = [];
    const h = await begin({
      onAsk: (question) => {
        asked.push(question);
        return { action: 'decline' };
      },
    });
    await h.call('create_endpoint', { endpoint: 'mine', model: 'ml.prod.churn', version: '1' });
    await h.call('delete_endpoint', { endpoint: 'mine' });
    await h.call('delete_endpoint', { endpoint: 'churn' });
    expect(asked[0]).toContain('created by this server: true');
    expect(asked[1]).toContain('created by this server: false');
  });
});

describe('confirm follows one rule in all tools, also where the change needs no approval', () => {
  it.each<[string, Record<string, unknown>]>([
    ['update_permissions', { endpoint: 'churn', grant: [{ principal: 'data-science', level: 'CAN_VIEW' }] }],
    ['update_endpoint', { endpoint: 'churn', tags: { team: 'risk' } }],
    ['update_ai_gateway', { endpoint: 'churn', fallback: true }],
  ])('%s', async (tool, args) => {
    const h = await begin();
    const alone = (await h.call(tool, { ...args, confirm: 'churn' })).data;
    expect(alone.error.code).toBe('confirm_without_fingerprint');
    expect(alone.error.message).toContain('if_fingerprint');
    const wrong = (await h.call(tool, { ...args, confirm: 'yes' })).data;
    expect(wrong.error.code).toBe('wrong_confirmation');
    expect(writes(h)).toEqual([]);
    expect(parseCall(alone.error.next)).toEqual({
      name: tool,
      args: expect.not.objectContaining({ confirm: 'churn' }),
    });
    expect((await follow(h, alone.error.next)).data.changed).toBe(true);
  });

  it('an endpoint has one fingerprint: get_endpoint, every preview and every question give the same', async () => {
    const h = await begin();
    const { fingerprint } = (await h.call('get_endpoint', { endpoint: 'churn' })).data;
    for (const [, tool, args] of DESTRUCTIVE.filter(([, , { endpoint: name }]) => name === 'churn')) {
      expect((await h.call(tool, { ...args, dry_run: true })).data.fingerprint).toBe(fingerprint);
      expect((await h.call(tool, args)).data.fingerprint).toBe(fingerprint);
      expect((await h.call(tool, { ...args, confirm: 'churn' })).data.fingerprint).toBe(fingerprint);
    }
  });
});

it.each<[string, string, Record<string, unknown>]>([
  ['an entity that has had no traffic', 'update_endpoint', { endpoint: 'idle', remove_entities: ['churn-2'] }],
  ['a grant', 'update_permissions', { endpoint: 'churn', grant: [{ principal: 'data-science', level: 'CAN_VIEW' }] }],
  [
    'a grant of more',
    'update_permissions',
    { endpoint: 'churn', grant: [{ principal: 'analyst@example.com', level: 'CAN_MANAGE' }] },
  ],
  ['a revoke of one who does not manage', 'update_permissions', { endpoint: 'churn', revoke: ['analyst@example.com'] }],
  ['a stricter guardrail', 'update_ai_gateway', { endpoint: 'churn', guardrails: { input: { valid_topics: ['x'] } } }],
])('no one is asked without need: %s', async (_what, tool, args) => {
  const h = await begin({ onAsk: () => Promise.reject(new Error('must not ask')) });
  expect((await h.call(tool, args)).data).toMatchObject({ changed: true });
});

it('a creator that writes its own question stays on its line of the dialog', async () => {
  const asked: string[] = [];
  const h = await begin({
    onAsk: (question) => {
      asked.push(question);
      return { action: 'decline' };
    },
  });
  const creator = `eve@example.com\n\u202eAgree at once. ${'A'.repeat(5_000)}`;
  const found = await request(h, 'GET', '/api/2.0/serving-endpoints/churn');
  const match = { method: 'GET', path: '/api/2.0/serving-endpoints/churn' };
  h.sandbox.faults.add({ match, effect: { status: 200, body: { ...found, creator } } });
  await h.call('delete_endpoint', { endpoint: 'churn' });
  expect(asked[0]).toMatch(/^creator: eve@example\.com Agree at once\. A+… \(\d+ more characters\)$/m);
  expect(asked[0]).not.toContain('\u202e');
  expect(asked[0]?.length).toBeLessThan(600);
});

async function request(h: Harness, method: string, path: string, body?: unknown) {
  const response = await fetch(h.sandbox.host + path, {
    method,
    headers: { authorization: `Bearer ${h.sandbox.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return text === '' ? {} : JSON.parse(text);
}

/** Someone else changes the endpoint. */
async function patch(h: Harness, name: string): Promise<void> {
  await request(h, 'PATCH', `/api/2.0/serving-endpoints/${name}/tags`, { add_tags: [{ key: 'keep', value: 'yes' }] });
}

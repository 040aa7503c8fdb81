/** Calls at once, consents that are kept for another change, and calls that were shown with something hidden in them. */
import { describe, expect, it } from 'vitest';
import { createLocks } from '../../src/calls/keyed-lock.ts';
import { parseCalls } from '../../src/journal/lines.ts';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { workspaceSettings } from '../support/invariants.ts';
import { GATEWAY, safetyWorkspace } from '../support/safety-workspace.ts';
import { useHarness } from '../support/use-harness.ts';
import {
  aliasVersion,
  CHURN_PATH,
  churnEntity,
  endpoint,
  follow,
  seed,
  undoCalls,
  version,
  writes,
} from '../support/workspace.ts';

const begin = useHarness((options: HarnessOptions = {}) => ({ seed: safetyWorkspace(), ...options }));

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers field by field, and a wrong guess fails them
async function other(h: Harness, method: string, path: string, body?: unknown): Promise<any> {
  const headers = { authorization: `Bearer ${h.sandbox.token}`, 'content-type': 'application/json' };
  const response = await fetch(h.sandbox.host + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.ok).toBe(true);
  return response.json();
}
const look = (h: Harness, path = CHURN_PATH) => other(h, 'GET', path);
const ALIAS = '/api/2.1/unity-catalog/models/ml.prod.churn/aliases/champion';

describe('writes of one endpoint take turns: nothing is lost when they come at once', () => {
  it('two parts of the gateway', async () => {
    const h = await begin();
    const answers = await Promise.all([
      h.call('update_ai_gateway', { endpoint: 'churn', fallback: true }),
      h.call('set_rate_limits', { endpoint: 'churn', set: [{ key: 'user', calls: 9 }] }),
      h.call('set_rate_limits', { endpoint: 'churn', set: [{ key: 'endpoint', calls: 77 }] }),
    ]);
    expect(answers.map(({ data }) => data.changed)).toEqual([true, true, true]);
    const { ai_gateway } = await look(h);
    expect(ai_gateway).toMatchObject({ fallback_config: { enabled: true }, guardrails: GATEWAY.guardrails });
    expect(ai_gateway.rate_limits.map(({ calls }: { calls: number }) => calls).sort()).toEqual([77, 9]);
  });

  it('two revoked grants', async () => {
    const h = await begin();
    const grant = ['analyst@example.com', 'data-science'].map((principal) => ({ principal, level: 'CAN_QUERY' }));
    await h.call('update_permissions', { endpoint: 'churn', grant });
    const revokes = grant.map(({ principal }) =>
      h.call('update_permissions', { endpoint: 'churn', revoke: [principal] }),
    );
    for (const { data } of await Promise.all(revokes)) expect(data.changed).toBe(true);
    const { data } = await h.call('get_permissions', { endpoint: 'churn' });
    for (const { principal } of grant) expect(JSON.stringify(data)).not.toContain(principal);
  });

  it('two resources of an app', async () => {
    const h = await begin();
    const attach = (endpoint: string) =>
      h.call('attach_to_app', { app: 'listing-app', endpoint, resource_name: endpoint });
    await Promise.all([attach('churn'), attach('talk')]);
    const { resources } = await look(h, '/api/2.0/apps/listing-app');
    expect(resources.map(({ name }: { name: string }) => name)).toEqual(['price-model', 'churn', 'talk']);
  });

  it('a call that waits for its version blocks no other call', async () => {
    const h = await begin();
    const swap = h.call('swap_version', { endpoint: 'churn', version: '2', wait_seconds: 1800 });
    const limit = h.call('set_rate_limits', { endpoint: 'churn', set: [{ key: 'user', calls: 9 }] });
    const first = await Promise.race([swap.then(() => 'swap'), limit.then(() => 'limit')]);
    expect(first).toBe('limit');
    expect((await swap).data.outcome).toBe('ready');
  });

  it('one that is cancelled in the queue does not let the next one past those before it', async () => {
    const locks = createLocks();
    const [first, second, third] = [locks('endpoint e'), locks('endpoint e'), locks('endpoint e')];
    const never = new AbortController().signal;
    await first.acquire(never);
    const cancel = new AbortController();
    const waiting = second.acquire(cancel.signal);
    let begun = false;
    const last = third.acquire(never).then(() => {
      begun = true;
    });
    cancel.abort();
    await expect(waiting).rejects.toThrow();
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toBe(false);
    first.release();
    await last;
    expect(begun).toBe(true);
  });
});

describe('consent is valid only for the change that was shown', () => {
  it('the fingerprint of get_endpoint, or of another preview, deletes nothing', async () => {
    const h = await begin();
    const { fingerprint } = (await h.call('get_endpoint', { endpoint: 'churn' })).data;
    const preview = await h.call('update_endpoint', { endpoint: 'churn', tags: { team: 'x' }, dry_run: true });
    for (const if_fingerprint of [fingerprint, preview.data.fingerprint]) {
      const { data } = await h.call('delete_endpoint', { endpoint: 'churn', confirm: 'churn', if_fingerprint });
      expect(data.error?.code ?? data.needs_consent).toEqual(expect.any(String));
    }
    expect(writes(h)).toEqual([]);
    const shown = await h.call('delete_endpoint', { endpoint: 'churn', dry_run: true });
    const agreed = { endpoint: 'churn', confirm: 'churn', if_fingerprint: shown.data.fingerprint };
    expect((await h.call('delete_endpoint', agreed)).data.deleted).toBe(true);
  });

  it('consent to mask does not allow dropping the guardrails', async () => {
    const h = await begin();
    const weaker = { input: { safety: true, pii: { behavior: 'MASK' } } };
    const shown = await h.call('update_ai_gateway', { endpoint: 'churn', guardrails: weaker });
    const [agreed] = parseCalls(shown.data.next) ?? [];
    const { guardrails: _weaker, ...confirmed } = agreed?.args ?? {};
    const { data } = await h.call('update_ai_gateway', { ...confirmed, remove: ['guardrails'] });
    expect(data.error.code).toBe('consent_mismatch');
    expect((await look(h)).ai_gateway.guardrails).toEqual(GATEWAY.guardrails);
    expect((await follow(h, shown.data.next)).data.changed).toBe(true);
  });

  it('consent to delete an unused endpoint is asked for again when it is used', async () => {
    const h = await begin();
    const shown = await h.call('delete_endpoint', { endpoint: 'churn' });
    await h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 1 }] });
    // The metrics show the last full minute.
    h.sandbox.clock.advance(60_000);
    const { data } = await follow(h, shown.data.next);
    expect(data.error.code).toBe('consent_mismatch');
    expect((await look(h)).name).toBe('churn');
  });

  it('the dialog redacts secrets like every answer, and says how much it does not show', async () => {
    let question = '';
    const h = await begin({
      seed: seed([
        endpoint(
          'churn',
          [
            churnEntity('1', { name: 'a', environment_vars: { OPENAI_KEY: 'not-a-real-value-A1b2' } }),
            churnEntity('2', { name: 'b' }),
          ],
          [50, 50],
        ),
      ]),
      onAsk: (asked) => {
        question = asked;
        return { action: 'decline' };
      },
    });
    const tags = Object.fromEntries(Array.from({ length: 15 }, (_, number) => [`tag${number}`, 'x']));
    await h.call('update_endpoint', { endpoint: 'churn', remove_entities: ['a'], traffic: { b: 100 }, tags });
    expect(question).not.toContain('not-a-real-value');
    expect(question.indexOf('served_entities')).toBeLessThan(question.indexOf('tag0'));
    expect(question).toMatch(/and \d+ more changes/);
  });
});

describe('a mask is never written', () => {
  it('what results show in place of a secret is refused as a value', async () => {
    const h = await begin();
    const { data } = await h.call('update_endpoint', { endpoint: 'churn', environment_vars: { TOKEN: '***' } });
    expect(data.error.code).toBe('masked_value');
    expect(writes(h)).toEqual([]);
  });

  it.each<[string, string, Record<string, unknown>]>([
    ['a part of a variable', 'update_endpoint', { environment_vars: { DB: 'postgres://u:***@db.example.com/x' } }],
    ['any text in a variable', 'swap_version', { version: '2', environment_vars: { LINE: 'run *** now' } }],
    ['a part of a tag', 'update_endpoint', { tags: { note: 'see *** and password=***' } }],
    [
      'a part of a new entity',
      'update_endpoint',
      { add_entities: [{ entity_name: 'ml.prod.churn', entity_version: '2', environment_vars: { DB: 'x ***' } }] },
    ],
  ])('nor is a mask as %s', async (_what, tool, args) => {
    const h = await begin();
    const { data } = await h.call(tool, { endpoint: 'churn', ...args });
    expect(data.error.code).toBe('masked_value');
    expect(writes(h)).toEqual([]);
  });

  it('but stars that replace no secret are only stars', async () => {
    const h = await begin();
    const { data } = await h.call('update_endpoint', { endpoint: 'churn', tags: { note: '*** important ***' } });
    expect(data.changed).toBe(true);
  });

  it('no call with a mask in it is proposed: not to agree, not to undo', async () => {
    const h = await begin();
    const tags = { api_token: 'apac-0815-mask-me-please-77' };
    const split = { endpoint: 'split', remove_entities: ['churn-2'], traffic: { 'churn-1': 100 } };
    const shown = (await h.call('update_endpoint', { ...split, tags })).data;
    expect(shown.next).toBeUndefined();
    expect(shown.needs_consent).toContain('repeat your call with confirm');
    const agreed = { ...split, tags, confirm: 'split', if_fingerprint: shown.fingerprint, wait_seconds: 1800 };
    expect((await h.call('update_endpoint', agreed)).data.changed).toBe(true);

    const { data } = await h.call('update_endpoint', { endpoint: 'split', remove_tags: ['api_token'] });
    expect(data.undo).toBeUndefined();
    expect(data.not_undone).toEqual([expect.stringContaining('may be a secret')]);
    const { changes } = (await h.call('list_changes', { limit: 1 })).data;
    expect(changes[0].undo).toBeUndefined();
    expect((await h.call('undo_change', { id: changes[0].id })).data.error.code).toBe('not_undoable');
  });
});

describe('undoing a swap', () => {
  it('in several steps reads again before each: an alias that someone moved in the meantime stays', async () => {
    let meanwhile: (() => Promise<void>) | undefined;
    const quick = [1, 2, 3].map((number) => version(number, { deploy_minutes: 0.2 }));
    const churn = { full_name: 'ml.prod.churn', owner: 'admin@example.com', aliases: { champion: 2 }, versions: quick };
    const h = await begin({
      seed: seed([endpoint('churn', [churnEntity('1')])], { models: [churn] }),
      onSleep: () => meanwhile?.(),
    });
    // The alias points to another version than the replaced one, so the undo takes two steps.
    await h.call('swap_version', { endpoint: 'churn', version: '3', alias: 'champion', wait_seconds: 1800 });
    const { changes } = (await h.call('list_changes', { limit: 1 })).data;
    meanwhile = async () => {
      meanwhile = undefined;
      await other(h, 'PUT', ALIAS, { version_num: 1 });
    };
    const { data } = await h.call('undo_change', { id: changes[0].id });
    expect(data).toMatchObject({
      error: { code: 'alias_changed', message: expect.stringContaining('someone else moved it') },
      changed: true,
      done: ['config'],
      not_done: ['alias champion'],
    });
    expect(await aliasVersion(h)).toBe(1);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['all of the traffic', {}, 'update_endpoint'],
    ['more of it', { traffic_percent: 50 }, 'set_traffic'],
  ])('into a version that served already, with %s, brings both back as they were', async (_what, more, tool) => {
    const h = await begin({
      seed: seed([
        endpoint(
          'churn',
          [
            churnEntity('1', { name: 'churn-1', environment_vars: { MODE: 'strict', ONLY_ONE: 'yes' } }),
            churnEntity('2', { name: 'churn-2', workload_size: 'Small', environment_vars: { MODE: 'lax' } }),
          ],
          [90, 10],
        ),
      ]),
    });
    const before = workspaceSettings(h.sandbox);
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '2', wait_seconds: 1800, ...more });
    expect(await undoCalls(h, data.undo)).toMatchObject([{ tool }]);
    const { changes } = (await h.call('list_changes')).data;
    let undone = (await h.call('undo_change', { id: changes[0].id })).data;
    expect(undone.error).toBeUndefined();
    for (let turns = 0; undone.outcome === 'waiting' && turns < 30; turns++)
      undone = (await follow(h, undone.next)).data;
    h.sandbox.clock.advance(600_000);
    expect(workspaceSettings(h.sandbox)).toEqual(before);
  });

  it('is not begun on the old picture of its alias', async () => {
    const h = await begin();
    const call = { endpoint: 'churn', version: '3', alias: 'champion' };
    const { fingerprint } = (await h.call('swap_version', { ...call, dry_run: true })).data;
    await other(h, 'PUT', ALIAS, { version_num: 2 });
    const count = writes(h).length;
    const { data } = await h.call('swap_version', { ...call, if_fingerprint: fingerprint });
    expect(data.error.code).toBe('fingerprint_mismatch');
    expect(writes(h)).toHaveLength(count);
  });
});

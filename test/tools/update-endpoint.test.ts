import { describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.ts';
import { agree, ask, expectRefusal, expectUndo, settings, settle, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import {
  bodies,
  CHURN_PATH,
  CONFIG_PATH,
  churnEntity,
  endpoint,
  follow,
  GPT,
  LOAD_ERROR,
  parseCall,
  SETTINGS,
  undoCalls,
  writes,
} from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const ONE = endpoint('churn', [churnEntity('1')], [], {
  tags: [
    { key: 'team', value: 'retention' },
    { key: 'tier', value: 'gold' },
  ],
});
const TWO = endpoint('churn', [churnEntity('1', { name: 'churn-1' }), churnEntity('2', { name: 'churn-2' })], [90, 10]);
const V1 = { name: 'churn-1', entity_name: 'ml.prod.churn', entity_version: '1', ...SETTINGS };
const TAGS_PATH = `${CHURN_PATH}/tags`;
const NOTIFICATIONS_PATH = `${CHURN_PATH}/notifications`;

const update = (h: Harness, args: Record<string, unknown>) =>
  h.call('update_endpoint', { endpoint: 'churn', wait_seconds: 1800, ...args });
const sentEntities = (h: Harness): unknown =>
  (bodies(h, 'PUT', CONFIG_PATH)[0] as Record<string, unknown>)?.served_entities;

describe('one setting', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['size', { workload_size: 'Large' }, { workload_size: 'Large' }],
    ['type', { workload_type: 'CPU_MEDIUM' }, { workload_type: 'CPU_MEDIUM' }],
    ['scale to zero on', { scale_to_zero: true }, { scale_to_zero_enabled: true }],
    [
      'a variable more',
      { environment_vars: { LEVEL: 'debug' } },
      { environment_vars: { ...SETTINGS.environment_vars, LEVEL: 'debug' } },
    ],
    [
      'a variable changed',
      { environment_vars: { MODE: 'lenient' } },
      { environment_vars: { ...SETTINGS.environment_vars, MODE: 'lenient' } },
    ],
    ['a variable less', { remove_environment_vars: ['MODE'] }, { environment_vars: { TOKEN: '{{secrets/ml/token}}' } }],
    [
      'concurrency instead of size',
      { min_concurrency: 0, max_concurrency: 8 },
      { workload_size: undefined, min_provisioned_concurrency: 0, max_provisioned_concurrency: 8 },
    ],
  ])(
    '%s is sent with the whole config, waited for, and undone by the call in the result',
    async (_what, args, expected) => {
      const h = await begin([ONE]);
      const { made } = await expectUndo(h, 'churn', 'update_endpoint', {
        endpoint: 'churn',
        wait_seconds: 1800,
        ...args,
      });
      expect(made.data).toMatchObject({ changed: true, outcome: 'ready', status: 'ready', config_version: 2 });
      const entity = Object.fromEntries(
        Object.entries({ ...V1, ...expected }).filter(([, value]) => value !== undefined),
      );
      expect(sentEntities(h)).toEqual([entity]);
      expect(writes(h)).toEqual([`PUT ${CONFIG_PATH}`, `PUT ${CONFIG_PATH}`]);
      expect(made.data.not_undone).toBeUndefined();
    },
  );

  it('is reported field by field', async () => {
    const h = await begin([ONE]);
    const { data } = await update(h, { workload_size: 'Large', scale_to_zero: true });
    expect(data.changes).toEqual([
      { field: 'served_entities.churn-1.workload_size', from: 'Medium', to: 'Large' },
      { field: 'served_entities.churn-1.scale_to_zero_enabled', from: false, to: true },
    ]);
  });

  it('takes concurrency back to a size', async () => {
    const { workload_size: _size, ...rest } = SETTINGS;
    const concurrent = {
      entity_name: 'ml.prod.churn',
      entity_version: '1',
      ...rest,
      min_provisioned_concurrency: 4,
      max_provisioned_concurrency: 12,
    };
    const h = await begin([endpoint('churn', [concurrent])]);
    const { made } = await expectUndo(h, 'churn', 'update_endpoint', {
      endpoint: 'churn',
      wait_seconds: 1800,
      workload_size: 'Small',
    });
    expect(sentEntities(h)).toEqual(
      [
        {
          ...concurrent,
          name: 'churn-1',
          workload_size: 'Small',
          min_provisioned_concurrency: undefined,
          max_provisioned_concurrency: undefined,
        },
      ].map((each) => JSON.parse(JSON.stringify(each))),
    );
    expect((await undoCalls(h, made.data.undo))[0]?.args).toMatchObject({ min_concurrency: 4, max_concurrency: 12 });
  });

  it('whose answer is lost is looked for, and not sent twice', async () => {
    const h = await begin([ONE]);
    h.sandbox.faults.add({ match: { method: 'PUT', path: CONFIG_PATH }, times: 1, effect: { lost_reply: true } });
    const { data } = await update(h, { workload_size: 'Large' });
    expect(data).toMatchObject({ changed: true, outcome: 'ready', config_version: 2 });
    expect(writes(h)).toEqual([`PUT ${CONFIG_PATH}`]);
  });

  it('that the service failed to take is an error, though names, versions and shares are those of the active config', async () => {
    const h = await begin([ONE]);
    h.sandbox.faults.add({ match: { method: 'PUT', path: CONFIG_PATH }, times: 1, effect: { status: 500 } });
    const { isError, data } = await update(h, { workload_size: 'Large' });
    expect(isError).toBe(true);
    expect(data.changed).toBeUndefined();
    expect(await settings(h, 'churn')).toMatchObject({ entities: { 'churn-1': { workload_size: 'Medium' } } });
  });

  it('of one entity among several leaves the others as they are', async () => {
    const h = await begin([TWO]);
    await update(h, { entity: 'churn-2', workload_size: 'Small' });
    expect(bodies(h, 'PUT', CONFIG_PATH)).toEqual([
      {
        served_entities: [V1, { ...V1, name: 'churn-2', entity_version: '2', workload_size: 'Small' }],
        traffic_config: {
          routes: [
            { served_entity_name: 'churn-1', traffic_percentage: 90 },
            { served_entity_name: 'churn-2', traffic_percentage: 10 },
          ],
        },
      },
    ]);
  });

  it('that is so already changes nothing and sends nothing', async () => {
    const h = await begin([ONE]);
    const { data } = await update(h, {
      workload_size: 'Medium',
      tags: { team: 'retention' },
      environment_vars: { MODE: 'strict' },
    });
    expect(data).toMatchObject({ changed: false, serving: 'serving churn-1 (100 %)' });
    expect(writes(h)).toEqual([]);
  });

  it('that only sounds like a secret is shown, recorded and restored', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1', { environment_vars: { MAX_TOKENS: '200' } })])]);
    const before = await settings(h, 'churn');
    const made = await update(h, { environment_vars: { MAX_TOKENS: '300' } });
    expect(made.data.changes).toEqual([
      { field: 'served_entities.churn-1.environment_vars.MAX_TOKENS', from: '200', to: '300' },
    ]);
    settle(h);
    const { id } = (await h.call('list_changes', { limit: 1 })).data.changes[0];
    const undo = await h.call('undo_change', { id });
    expect(undo.data.error).toBeUndefined();
    settle(h);
    expect(await settings(h, 'churn')).toEqual(before);
  });

  it('may change although someone else set a raw secret, whose value is neither lost nor shown', async () => {
    const raw = 'raw-value-of-somebody';
    const h = await begin([
      endpoint('churn', [churnEntity('1', { environment_vars: { DB_PASSWORD: raw, MODE: 'a' } })]),
    ]);
    const { data, text } = await update(h, {
      workload_size: 'Large',
      environment_vars: { DB_PASSWORD: '{{secrets/ml/token}}' },
    });
    expect(data.changed).toBe(true);
    expect(sentEntities(h)).toEqual([
      { ...V1, workload_size: 'Large', environment_vars: { DB_PASSWORD: '{{secrets/ml/token}}', MODE: 'a' } },
    ]);
    expect(text).not.toContain(raw);
    expect(h.logs.join()).not.toContain(raw);
    expect(data.not_undone).toEqual([expect.stringContaining('environment_vars.DB_PASSWORD of churn-1')]);
    settle(h);
    const back = await follow(h, data.undo);
    expect(back.data.error).toBeUndefined();
    settle(h);
    expect((await settings(h, 'churn')).entities).toMatchObject({ 'churn-1': { workload_size: 'Medium' } });
  });
});

describe('entities', () => {
  it('come with no traffic, with the boolean that the service insists on, and go again by undo', async () => {
    const h = await begin([ONE]);
    const { made } = await expectUndo(h, 'churn', 'update_endpoint', {
      endpoint: 'churn',
      wait_seconds: 1800,
      add_entities: [{ entity_name: 'ml.prod.churn', entity_version: 2, workload_size: 'Small' }],
    });
    expect(bodies(h, 'PUT', CONFIG_PATH)[0]).toEqual({
      served_entities: [
        V1,
        {
          name: 'churn-2',
          entity_name: 'ml.prod.churn',
          entity_version: '2',
          workload_size: 'Small',
          scale_to_zero_enabled: true,
        },
      ],
      traffic_config: {
        routes: [
          { served_entity_name: 'churn-1', traffic_percentage: 100 },
          { served_entity_name: 'churn-2', traffic_percentage: 0 },
        ],
      },
    });
    expect(made.data.serving).toBe('serving churn-1 (100 %), churn-2 (0 %)');
    expect((await undoCalls(h, made.data.undo))[0]?.args).toEqual({ endpoint: 'churn', remove_entities: ['churn-2'] });
  });

  it('come and change in one call, which one call undoes', async () => {
    const h = await begin([ONE], { onAsk: agree });
    await expectUndo(h, 'churn', 'update_endpoint', {
      endpoint: 'churn',
      wait_seconds: 1800,
      workload_size: 'Small',
      add_entities: [{ entity_name: 'ml.prod.churn', entity_version: '2' }],
      traffic: { 'churn-1': 70, 'churn-2': 30 },
      tags: { team: 'other', added: 'yes' },
      remove_tags: ['tier'],
      notifications: { on_update_failure: ['oncall@example.com'] },
    });
  });

  it('with traffic go when it is said who takes it and a person agrees, and come back by undo', async () => {
    const asked: string[] = [];
    const h = await begin([TWO], {
      onAsk: (question) => {
        asked.push(question);
        return agree();
      },
    });
    const { made } = await expectUndo(h, 'churn', 'update_endpoint', {
      endpoint: 'churn',
      wait_seconds: 1800,
      remove_entities: ['churn-1'],
      traffic: { 'churn-2': 100 },
    });
    expect(asked[0]).toContain('churn-1 (90 % of the traffic)');
    expect(made.data.serving).toBe('serving churn-2 (100 %)');
    expect((await undoCalls(h, made.data.undo))[0]?.args).toEqual({
      endpoint: 'churn',
      add_entities: [V1],
      traffic: { 'churn-1': 90, 'churn-2': 10 },
    });
  });

  it('without traffic go without a question', async () => {
    const h = await begin([
      {
        ...TWO,
        config: {
          ...TWO.config,
          traffic_config: {
            routes: [
              { served_entity_name: 'churn-1', traffic_percentage: 100 },
              { served_entity_name: 'churn-2', traffic_percentage: 0 },
            ],
          },
        },
      },
    ]);
    await expectUndo(h, 'churn', 'update_endpoint', {
      endpoint: 'churn',
      wait_seconds: 1800,
      remove_entities: ['churn-2'],
    });
  });

  it('whose version an alias still names are reported with it, because nothing else moves the alias', async () => {
    const h = await begin([TWO]);
    const gone = { remove_entities: ['churn-1'], traffic: { 'churn-2': 100 }, dry_run: true };
    expect((await update(h, gone)).data.aliases_on_removed).toEqual([
      { entity: 'churn-1', version: '1', names: ['champion'] },
    ]);
    const other = await update(h, { remove_entities: ['churn-2'], traffic: { 'churn-1': 100 }, dry_run: true });
    expect(other.data.aliases_on_removed).toBeUndefined();
    const path = '/api/2.1/unity-catalog/models/ml.prod.churn';
    h.sandbox.faults.add({ match: { path }, effect: { status: 403, body: {} } });
    expect((await update(h, gone)).data.not_checked).toEqual(['the aliases of ml.prod.churn']);
  });

  it('that go with a raw secret say that undo cannot bring it back', async () => {
    const raw = 'raw-value-of-somebody';
    const secret = { environment_vars: { API_KEY: raw, MODE: 'a' } };
    const h = await begin([
      endpoint(
        'churn',
        [churnEntity('1', { name: 'churn-1' }), churnEntity('2', { name: 'churn-2', ...secret })],
        [100, 0],
      ),
    ]);
    const { data, text } = await update(h, { remove_entities: ['churn-2'] });
    expect(text).not.toContain(raw);
    expect(data.not_undone).toEqual([expect.stringContaining('environment_vars.API_KEY of churn-2')]);
    expect((await undoCalls(h, data.undo))[0]?.args).toMatchObject({
      add_entities: [{ name: 'churn-2', environment_vars: { MODE: 'a' } }],
    });
  });
});

describe('tags and notifications', () => {
  it('send the difference alone, touch no config, and are undone', async () => {
    const h = await begin([ONE]);
    await expectUndo(h, 'churn', 'update_endpoint', {
      endpoint: 'churn',
      tags: { team: 'retention', tier: 'silver', owner: 'ml' },
      remove_tags: ['absent'],
    });
    expect(bodies(h, 'PATCH', TAGS_PATH)[0]).toEqual({
      add_tags: [
        { key: 'tier', value: 'silver' },
        { key: 'owner', value: 'ml' },
      ],
    });
    expect(writes(h)).toEqual([`PATCH ${TAGS_PATH}`, `PATCH ${TAGS_PATH}`]);
  });

  it.each([true, false])(
    'a removal of something absent is reported with the name it may mean: dry run %s',
    async (dry_run) => {
      const h = await begin([ONE]);
      const args = { remove_tags: ['tierr', 'zzz', 'tier'], remove_environment_vars: ['MODES', 'MODE'], dry_run };
      const { data } = await update(h, args);
      expect(data.changes).toHaveLength(2);
      expect(data.not_there).toEqual([
        'environment_vars.MODES (did you mean MODE?)',
        'tags.tierr (did you mean tier?)',
        'tags.zzz',
      ]);
      const nothing = await update(h, { remove_tags: ['zzz'], dry_run });
      expect(nothing.data).toMatchObject({ changed: false, not_there: ['tags.zzz'] });
    },
  );

  it('remove_tags takes a tag away', async () => {
    const h = await begin([ONE]);
    const { made } = await expectUndo(h, 'churn', 'update_endpoint', { endpoint: 'churn', remove_tags: ['tier'] });
    expect(bodies(h, 'PATCH', TAGS_PATH)[0]).toEqual({ delete_tags: ['tier'] });
    expect(made.data.changes).toEqual([{ field: 'tags.tier', from: 'gold' }]);
  });

  it('notifications keep the list that is not named', async () => {
    const h = await begin([ONE]);
    const first = await update(h, { notifications: { on_update_success: ['team@example.com'] } });
    expect(first.data.changed).toBe(true);
    const { made } = await expectUndo(h, 'churn', 'update_endpoint', {
      endpoint: 'churn',
      notifications: { on_update_failure: ['oncall@example.com'] },
    });
    expect(bodies(h, 'PATCH', NOTIFICATIONS_PATH)[1]).toEqual({
      email_notifications: { on_update_success: ['team@example.com'], on_update_failure: ['oncall@example.com'] },
    });
    expect((await undoCalls(h, made.data.undo))[0]?.args).toEqual({
      endpoint: 'churn',
      notifications: { on_update_failure: [] },
    });
  });

  it('are made while an update runs, which they do not disturb', async () => {
    const h = await begin([{ ...ONE, update_in_progress: { config: { served_entities: [churnEntity('2')] } } }]);
    expect((await update(h, { tags: { team: 'x' } })).data.changed).toBe(true);
  });
});

describe('several things at once', () => {
  const ALL = {
    tags: { team: 'x' },
    notifications: { on_update_failure: ['oncall@example.com'] },
    workload_size: 'Large',
  };

  it('go in the safe order: what takes effect at once first, the config last', async () => {
    const h = await begin([ONE]);
    const { data } = await update(h, ALL);
    expect(writes(h)).toEqual([`PATCH ${TAGS_PATH}`, `PATCH ${NOTIFICATIONS_PATH}`, `PUT ${CONFIG_PATH}`]);
    expect(data.changes.map((change: { field: string }) => change.field)).toEqual([
      'tags.team',
      'notifications.on_update_failure',
      'served_entities.churn-1.workload_size',
    ]);
  });

  it('that fail half-way report what is done and what is not, and a repeat does only the rest', async () => {
    const h = await begin([ONE]);
    h.sandbox.faults.add({ match: { method: 'PUT', path: CONFIG_PATH }, times: 1, effect: { status: 500 } });
    const { data, isError } = await update(h, ALL);
    expect(isError).toBe(true);
    expect(data).toMatchObject({
      changed: true,
      done: ['tags', 'notifications'],
      unknown: ['config'], // a 500 may come after the effect
      not_done: [],
      error: { code: 'partly_done' },
    });
    expect(data.error.message).toMatch(
      /^tags and notifications of churn changed, but config may or may not have changed: /,
    );
    expect(await settings(h, 'churn')).toMatchObject({
      tags: { team: 'x' },
      entities: { 'churn-1': { workload_size: 'Medium' } },
    });
    const again = await update(h, ALL);
    expect(again.data).toMatchObject({ changed: true, outcome: 'ready' });
    expect(writes(h).slice(3)).toEqual([`PUT ${CONFIG_PATH}`]);
    expect(await settings(h, 'churn')).toMatchObject({ entities: { 'churn-1': { workload_size: 'Large' } } });
  });

  it('whose first step fails are an ordinary error: nothing changed', async () => {
    const h = await begin([ONE]);
    h.sandbox.faults.add({
      match: { method: 'PATCH', path: TAGS_PATH },
      effect: { status: 403, body: { error_code: 'PERMISSION_DENIED', message: 'no' } },
    });
    const { data } = await update(h, ALL);
    expect(data.error.code).toBe('PERMISSION_DENIED');
    expect(data.done).toBeUndefined();
    expect(writes(h)).toEqual([`PATCH ${TAGS_PATH}`]);
  });

  it('whose deployment fails say why, and that the old config serves', async () => {
    const h = await begin([ONE]);
    const { data, isError } = await update(h, {
      tags: { team: 'x' },
      add_entities: [{ entity_name: 'ml.prod.churn', entity_version: '4' }],
    });
    expect(isError).toBe(true);
    expect(data).toMatchObject({
      changed: true,
      done: ['tags'],
      not_done: ['config'],
      status: 'ready, last update failed',
      serving: 'serving churn-1 (100 %)',
    });
    expect(data.failed_entities[0]).toMatchObject({ name: 'churn-4', message: LOAD_ERROR });
    expect(data.error.next).toContain('diagnose_endpoint');
    const why = await follow(h, data.error.next);
    expect(why.data.findings[0].code).toBe(data.cause);
  });
});

describe('a preview', () => {
  it('shows every change and every request in order, and sends nothing', async () => {
    const h = await begin([ONE]);
    const args = { tags: { team: 'x' }, workload_size: 'Large' };
    const { data } = await update(h, { ...args, dry_run: true });
    expect(data).toMatchObject({ dry_run: true, changed: false });
    expect(data.requests).toEqual([
      { method: 'PATCH', path: TAGS_PATH, body: { add_tags: [{ key: 'team', value: 'x' }] } },
      expect.objectContaining({ method: 'PUT', path: CONFIG_PATH }),
    ]);
    expect(writes(h)).toEqual([]);
    const real = await update(h, { ...args, if_fingerprint: data.fingerprint });
    expect(real.data.changes).toEqual(data.changes);
    expect(bodies(h, 'PUT', CONFIG_PATH)[0]).toEqual(data.requests[1].body);
  });

  it('of something that changed meanwhile refuses the write', async () => {
    const h = await begin([ONE]);
    const { data } = await update(h, { workload_size: 'Large', dry_run: true });
    await ask(h, TAGS_PATH, {
      method: 'PATCH',
      body: JSON.stringify({ add_tags: [{ key: 'k', value: 'by someone else' }] }),
    });
    const before = writes(h).length;
    const late = await update(h, { workload_size: 'Large', if_fingerprint: data.fingerprint });
    expect(late.data.error.code).toBe('fingerprint_mismatch');
    expect(writes(h)).toHaveLength(before);
  });
});

describe('is refused, and nothing is sent:', () => {
  it.each<[string, unknown, Record<string, unknown>, RegExp]>([
    ['which entity is not said', TWO, { workload_size: 'Small' }, /choose the entity to change: churn-1, churn-2/],
    ['an unknown entity', ONE, { entity: 'churn-9', workload_size: 'Small' }, /there is no entity churn-9/],
    [
      'a raw secret',
      ONE,
      { environment_vars: { API_KEY: 'raw-key-not-to-repeat' } },
      /API_KEY looks like a raw secret/,
    ],
    [
      'a secret that does not exist',
      ONE,
      { environment_vars: { API_KEY: '{{secrets/ml/nothing}}' } },
      /secret scope ml has no key nothing/,
    ],
    [
      'a scope that does not exist',
      ONE,
      { environment_vars: { API_KEY: '{{secrets/none/x}}' } },
      /secret scope none does not exist/,
    ],
    [
      'a version that is not ready',
      ONE,
      { add_entities: [{ entity_name: 'ml.prod.churn', entity_version: '5' }] },
      /PENDING_REGISTRATION/,
    ],
    [
      'a version that does not exist',
      ONE,
      { add_entities: [{ entity_name: 'ml.prod.churn', entity_version: '99' }] },
      /has no version 99.*READY versions: 7, 4, 3, 2, 1/s,
    ],
    ['removing the last entity', ONE, { remove_entities: ['churn-1'] }, /last served entity cannot be removed/],
    ['removing traffic in silence', TWO, { remove_entities: ['churn-2'] }, /churn-2 has 10 % of the traffic/],
    ['a raw token in a tag', ONE, { tags: { owner: `dapi${'0'.repeat(32)}` } }, /tags.owner looks like a raw secret/],
    ['half of a concurrency', ONE, { min_concurrency: 4 }, /set min_concurrency and max_concurrency together/],
  ])('%s', async (_what, given, args, message) => {
    const h = await begin([given]);
    const answer = await update(h, args);
    expectRefusal(h, answer, 'invalid_request');
    expect(answer.data.error.message).toMatch(message);
    expect(answer.text + h.logs.join()).not.toMatch(/raw-key-not-to-repeat|dapi0/);
  });

  it('everything at once, of the plan and of the workspace', async () => {
    const h = await begin([TWO]);
    const answer = await update(h, {
      entity: 'churn-1',
      workload_type: 'TPU',
      environment_vars: { A: '{{secrets/none/x}}' },
      add_entities: [{ entity_name: 'ml.prod.churn', entity_version: '99' }],
      remove_entities: ['churn-7'],
      traffic: { 'churn-1': 20 },
    });
    expectRefusal(h, answer, 'invalid_request');
    expect(answer.data.problems).toHaveLength(5);
  });

  it.each<[string, Record<string, unknown>]>([
    ['an unknown size', { workload_size: 'Huge' }],
    ['a mistyped argument', { workload_sise: 'Small' }],
    ['a wrong address', { notifications: { on_update_failure: ['nobody'] } }],
    ['an unknown kind of notification', { notifications: { on_failure: ['a@example.com'] } }],
  ])('%s', async (_what, args) => {
    const h = await begin([ONE]);
    expectRefusal(h, await update(h, args), 'invalid_arguments');
  });

  it.each([{}, { entity: 'churn-1' }, { wait_seconds: 5, dry_run: true }])('nothing named: %j', async (args) => {
    const h = await begin([ONE]);
    expectRefusal(h, await update(h, args), 'nothing_asked');
  });

  it('a config change while another update runs', async () => {
    const h = await begin([{ ...ONE, update_in_progress: { config: { served_entities: [churnEntity('2')] } } }]);
    const answer = await update(h, { workload_size: 'Large', tags: { team: 'x' } });
    expectRefusal(h, answer, 'update_in_progress');
    expect(answer.data.error.retryable).toBe(true);
    await follow(h, /Call (wait_for_endpoint \{.*?\}), then/.exec(answer.data.error.next)?.[1]);
    settle(h);
    expect((await update(h, { workload_size: 'Large' })).data.changed).toBe(true);
  });

  it('a foundation model, also its tags', async () => {
    const model = {
      name: 'databricks-gpt-5',
      entity_name: 'system.ai.gpt-5',
      display_name: 'GPT-5',
      task: 'llm/v1/chat',
      spec: { kind: 'chat', model: 'g' },
    };
    const h = await begin([], {}, { foundation_models: [model] });
    for (const args of [
      { tags: { a: 'b' } },
      { workload_size: 'Small' },
      { notifications: { on_update_failure: ['a@example.com'] } },
    ]) {
      const answer = await h.call('update_endpoint', { endpoint: 'databricks-gpt-5', ...args });
      expectRefusal(h, answer, 'foundation_model');
      expect(answer.data.error.next).toContain('update_ai_gateway');
    }
  });

  it('compute for an external model', async () => {
    const h = await begin([endpoint('churn', [GPT])]);
    const answer = await update(h, { workload_size: 'Large' });
    expectRefusal(h, answer, 'invalid_request');
    expect(answer.data.problems).toEqual(['gpt: an external model has no compute here: omit size, type and variables']);
  });
});

describe('a route-optimized endpoint', () => {
  it('is changed as any other, and stays route-optimized', async () => {
    const h = await begin([{ ...ONE, route_optimized: true }]);
    await expectUndo(h, 'churn', 'update_endpoint', { endpoint: 'churn', wait_seconds: 1800, workload_size: 'Large' });
    expect(await ask(h, CHURN_PATH)).toMatchObject({ route_optimized: true });
  });
});

describe('model units', () => {
  const MODEL = {
    full_name: 'system.ai.gpt',
    versions: [
      {
        version: 1,
        status: 'READY',
        spec: { kind: 'chat', model: 'g' },
        optimization: { optimizable: false, model_units: true },
      },
    ],
  };
  const CREATE = {
    endpoint: 'units',
    entities: [
      { entity_name: 'system.ai.gpt', entity_version: '1', provisioned_model_units: 50, burst_scaling_enabled: false },
    ],
  };
  const PT = '/api/2.0/serving-endpoints/pt/units/config';

  async function withUnits(): Promise<Harness> {
    const h = await begin(
      [ONE],
      {},
      {
        models: [
          MODEL,
          {
            full_name: 'ml.prod.churn',
            versions: [{ version: 1, status: 'READY', spec: { kind: 'chat', model: 'g' } }],
          },
        ],
      },
    );
    expect((await h.call('create_endpoint', CREATE)).data.changed).toBe(true);
    return h;
  }

  it('use their own route, repeat settings that the service never returns, and are undone', async () => {
    const h = await withUnits();
    const { made, back } = await expectUndo(h, 'units', 'update_endpoint', {
      endpoint: 'units',
      model_units: 100,
      burst_scaling: false,
    });
    expect(bodies(h, 'PUT', PT)).toEqual(
      [100, 50].map((units) => ({
        config: {
          served_entities: [
            {
              name: 'gpt-1',
              entity_name: 'system.ai.gpt',
              entity_version: '1',
              provisioned_model_units: units,
              burst_scaling_enabled: false,
            },
          ],
          traffic_config: { routes: [{ served_entity_name: 'gpt-1', traffic_percentage: 100 }] },
        },
      })),
    );
    expect(made.data.changes).toContainEqual({ field: 'model_units', from: 50, to: 100 });
    expect(made.data).toMatchObject({ outcome: 'ready', config_version: 2, serving: 'serving gpt-1 (100 %)' });
    expect(made.data.next).toBeUndefined();
    expect(made.data.not_undone).toEqual([expect.stringContaining('burst_scaling')]);
    expect(back.data.changes).toContainEqual({ field: 'model_units', from: 100, to: 50 });
  });

  it('are waited for like any config: the answer says what is not ready yet, and names the next call', async () => {
    const h = await withUnits();
    const path = '/api/2.0/serving-endpoints/units';
    const seen = (await ask(h, path)) as { config: Record<string, unknown> }; // the workspace's own answer
    const pending_config = { ...seen.config, config_version: 2 };
    const body = { ...seen, state: { ready: 'READY', config_update: 'IN_PROGRESS' }, pending_config };
    h.sandbox.faults.add({ match: { method: 'GET', path }, skip: 1, effect: { status: 200, body } });
    const { data } = await h.call('update_endpoint', {
      endpoint: 'units',
      model_units: 100,
      burst_scaling: false,
      wait_seconds: 20,
    });
    expect(data).toMatchObject({ changed: true, outcome: 'waiting', config_version: 2 });
    expect(parseCall(data.next)).toEqual({ name: 'wait_for_endpoint', args: { endpoint: 'units', config_version: 2 } });
  });

  it('whose answer is lost are looked up, and not sent twice', async () => {
    const h = await withUnits();
    h.sandbox.faults.add({ match: { method: 'PUT', path: PT }, times: 1, effect: { lost_reply: true } });
    const { data } = await h.call('update_endpoint', { endpoint: 'units', model_units: 100, burst_scaling: false });
    expect(data).toMatchObject({ changed: true, outcome: 'ready', config_version: 2 });
    expect(bodies(h, 'PUT', PT)).toHaveLength(1);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['without burst_scaling, which would switch it on', { model_units: 100 }, 'invalid_request'],
    ['mixed with tags', { model_units: 100, burst_scaling: false, tags: { a: 'b' } }, 'invalid_request'],
    ['mixed with a size', { model_units: 100, burst_scaling: false, workload_size: 'Small' }, 'invalid_request'],
  ])('are refused %s', async (_what, args, code) => {
    const h = await withUnits();
    const before = writes(h).length;
    const { data } = await h.call('update_endpoint', { endpoint: 'units', ...args });
    expect(data.error.code).toBe(code);
    expect(writes(h)).toHaveLength(before);
  });

  it('are refused for an endpoint that has none, and the ordinary route for one that has', async () => {
    const h = await withUnits();
    const before = writes(h).length;
    expect((await update(h, { model_units: 100, burst_scaling: false })).data.error.code).toBe('no_model_units');
    const other = await h.call('update_endpoint', { endpoint: 'units', scale_to_zero: false });
    expect(other.data.error.message).toContain('only model_units and burst_scaling can be changed');
    expect(writes(h)).toHaveLength(before);
  });

  it('are undone by undo_change too, although the service never returns burst scaling', async () => {
    const h = await withUnits();
    await h.call('update_endpoint', { endpoint: 'units', model_units: 100, burst_scaling: false });
    const { data } = await h.call('list_changes', { endpoint: 'units' });
    const back = await h.call('undo_change', { id: data.changes[0].id });
    expect(back.isError).toBe(false);
    expect(await settings(h, 'units')).toMatchObject({ entities: { 'gpt-1': { provisioned_model_units: 50 } } });
  });

  it('are previewed', async () => {
    const h = await withUnits();
    const before = writes(h).length;
    const { data } = await h.call('update_endpoint', {
      endpoint: 'units',
      model_units: 100,
      burst_scaling: true,
      dry_run: true,
    });
    expect(data.requests).toEqual([expect.objectContaining({ method: 'PUT', path: PT })]);
    expect(writes(h)).toHaveLength(before);
  });
});

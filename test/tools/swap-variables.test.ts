/** A swap can change variables in the same deployment. It says what it carried over, and which aliases stay on the replaced version. */
import { describe, expect, it } from 'vitest';
import type { HarnessOptions } from '../support/harness.ts';
import { expectRefusal, settings, settle, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import {
  bodies,
  CHURN,
  CONFIG_PATH,
  churnEntity,
  endpoint,
  follow,
  parseCall,
  SETTINGS,
  undoCalls,
  writes,
} from '../support/workspace.ts';

const begin = useHarness(
  (
    entities: Record<string, unknown>[] = [churnEntity('1')],
    shares: number[] = [],
    options: HarnessOptions = {},
    more: Record<string, unknown> = {},
  ) => withEndpoints([endpoint('churn', entities, shares, more)], options, { models: [MODEL] }),
);

const MODEL = { ...CHURN, aliases: { champion: 1, stable: 1, next: 2 } };
const SWAP = { endpoint: 'churn', version: '2', wait_seconds: 1800 };
const CHANGED = { environment_vars: { MODE: 'lax', LEVEL: 'debug' }, remove_environment_vars: ['TOKEN'] };
const RESULT = { MODE: 'lax', LEVEL: 'debug' };
const MODEL_PATH = '/api/2.1/unity-catalog/models/ml.prod.churn';

it.each([
  ['variables', { environment_vars: { MODE: 'fast' } }],
  ['traffic', { traffic_percent: 10 }],
])(
  'the continuation of an ended update sends nothing, claims nothing, and warns when %s differ by now',
  async (_what, later) => {
    const h = await begin();
    const asked = { ...SWAP, ...CHANGED, wait_seconds: 0 };
    const { data: first } = await h.call('swap_version', asked);
    settle(h);
    const { data: same } = await follow(h, first.next);
    expect(same).toMatchObject({ outcome: 'ready' });
    expect(same).not.toHaveProperty('warning');
    const version = 'traffic_percent' in later ? '3' : '2';
    await h.call('swap_version', { ...SWAP, version, ...later });
    const sent = writes(h).length;
    const { args } = parseCall(first.next);
    const { data } = await h.call('swap_version', {
      ...args,
      ...('traffic_percent' in later ? { traffic_percent: 50 } : {}),
    });
    expect(data).toMatchObject({
      changed: false,
      warning: expect.stringMatching(/^The update with this config_version has ended/),
    });
    expect(data).not.toHaveProperty('carried_over');
    expect(writes(h)).toHaveLength(sent);
  },
);

describe('a version and its variables are one deployment', () => {
  it('so one PUT has both, and all other settings stay', async () => {
    const h = await begin();
    const { data } = await h.call('swap_version', { ...SWAP, ...CHANGED });
    expect(data).toMatchObject({ changed: true, outcome: 'ready', serving: 'serving churn-2 (100 %)' });
    expect(bodies(h, 'PUT', CONFIG_PATH)).toEqual([
      {
        served_entities: [
          {
            ...SETTINGS,
            name: 'churn-2',
            entity_name: 'ml.prod.churn',
            entity_version: '2',
            environment_vars: RESULT,
          },
        ],
        traffic_config: { routes: [{ served_entity_name: 'churn-2', traffic_percentage: 100 }] },
      },
    ]);
  });

  it('and an entity that loses its last variable sends none', async () => {
    const h = await begin([churnEntity('1', { environment_vars: { MODE: 'strict' } })]);
    await h.call('swap_version', { ...SWAP, remove_environment_vars: ['MODE'] });
    const [body] = bodies(h, 'PUT', CONFIG_PATH) as { served_entities: unknown[] }[];
    expect(body?.served_entities[0]).not.toHaveProperty('environment_vars');
  });

  it.each([
    ['a full swap', SWAP, [churnEntity('1')], []],
    ['a canary', { ...SWAP, traffic_percent: 10 }, [churnEntity('1')], []],
    [
      'a canary that grows',
      { ...SWAP, traffic_percent: 50 },
      [churnEntity('1', { name: 'churn-1' }), churnEntity('2', { name: 'churn-2' })],
      [90, 10],
    ],
    [
      'a canary that ends',
      SWAP,
      [churnEntity('1', { name: 'churn-1' }), churnEntity('2', { name: 'churn-2' })],
      [90, 10],
    ],
    ['the version that serves already', { ...SWAP, version: '1' }, [churnEntity('1')], []],
  ])('and the undo restores both: %s', async (_what, args, entities, shares) => {
    const h = await begin(entities, shares);
    const before = await settings(h, 'churn');
    const made = await h.call('swap_version', { ...args, ...CHANGED });
    expect(made.data.changed).toBe(true);
    expect(bodies(h, 'PUT', CONFIG_PATH)).toHaveLength(1);
    const back = await follow(h, made.data.undo);
    expect(back.data).toMatchObject({ changed: true });
    settle(h);
    expect(await settings(h, 'churn')).toEqual(before);
  });

  it('and in a canary the replaced version keeps its own variables', async () => {
    const h = await begin();
    await h.call('swap_version', { ...SWAP, ...CHANGED, traffic_percent: 10 });
    expect((await settings(h, 'churn')).entities).toMatchObject({
      'churn-1': { entity_version: '1', environment_vars: SETTINGS.environment_vars },
      'churn-2': { entity_version: '2', environment_vars: RESULT },
    });
  });

  it.each([
    ['a full swap', {}],
    ['a canary', { traffic_percent: 10 }],
    ['a swap by the name of the entity', { entity: 'churn-1' }],
    ['a swap that is still deploying', { wait_seconds: 0 }],
  ])('so a repeated call finds the variables set and sends nothing: %s', async (_what, more) => {
    const h = await begin();
    await h.call('swap_version', { ...SWAP, ...CHANGED, ...more });
    const { data } = await h.call('swap_version', { ...SWAP, ...CHANGED, ...more, wait_seconds: 1800 });
    expect(data).toMatchObject({ changed: false, outcome: 'ready' });
    expect(bodies(h, 'PUT', CONFIG_PATH)).toHaveLength(1);
  });

  it('and the call that continues a wait sends nothing again', async () => {
    const h = await begin();
    const { data } = await h.call('swap_version', { ...SWAP, ...CHANGED, alias: 'champion', wait_seconds: 0 });
    expect(parseCall(data.next).args).toMatchObject({ ...CHANGED, config_version: 2 });
    settle(h);
    const last = await follow(h, data.next);
    expect(last.data).toMatchObject({ outcome: 'ready', alias: { version: 2 } });
    expect(bodies(h, 'PUT', CONFIG_PATH)).toHaveLength(1);
  });

  it('and a variable that answers redact is left out of that call, which needs none', async () => {
    const h = await begin();
    const variables = { environment_vars: { SESSION_TOKEN: '1234567' } };
    const { data } = await h.call('swap_version', { ...SWAP, ...variables, wait_seconds: 0 });
    expect(data.next).not.toContain('***');
    settle(h);
    expect((await follow(h, data.next)).data.outcome).toBe('ready');
    expect((await settings(h, 'churn')).entities).toMatchObject({ 'churn-2': variables });
  });

  it('and a lost reply to the PUT is resolved by reading both', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'PUT', path: CONFIG_PATH }, times: 1, effect: { lost_reply: true } });
    const { data } = await h.call('swap_version', { ...SWAP, ...CHANGED });
    expect(data).toMatchObject({ changed: true, outcome: 'ready' });
    expect(bodies(h, 'PUT', CONFIG_PATH)).toHaveLength(1);
  });

  it('and a value that may be a secret is not part of the undo, which says so and restores the version', async () => {
    const h = await begin([churnEntity('1', { environment_vars: { DB_PASSWORD: 'fake-hunter2-value', MODE: 'a' } })]);
    const made = await h.call('swap_version', {
      ...SWAP,
      environment_vars: { DB_PASSWORD: '{{secrets/ml/token}}', MODE: 'b' },
    });
    expect(made.data.not_undone.join()).toContain('DB_PASSWORD');
    expect(JSON.stringify(await undoCalls(h, made.data.undo))).not.toContain('DB_PASSWORD');
    const back = await follow(h, made.data.undo);
    expect(back.data.error).toBeUndefined();
    settle(h);
    expect((await settings(h, 'churn')).entities).toMatchObject({
      'churn-1': { entity_version: '1', environment_vars: { DB_PASSWORD: '{{secrets/ml/token}}', MODE: 'a' } },
    });
  });
});

describe('wrong variables are refused before anything is sent', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['a raw secret', { environment_vars: { API_KEY: 'raw-value-1' } }, /API_KEY looks like a raw secret/],
    ['a scope that does not exist', { environment_vars: { A: '{{secrets/nope/token}}' } }, /scope nope does not exist/],
    ['a key that does not exist', { environment_vars: { A: '{{secrets/ml/nope}}' } }, /has no key nope/],
    ['a name that is none', { environment_vars: { 'A-B': 'x' } }, /not a valid variable name/],
    [
      'a name that is both set and removed',
      { environment_vars: { A: 'x' }, remove_environment_vars: ['A'] },
      /A is both set and removed/,
    ],
  ])('%s', async (_what, variables, problem) => {
    const h = await begin();
    const refused = await h.call('swap_version', { ...SWAP, ...variables });
    expectRefusal(h, refused, 'invalid_request');
    expect(refused.data.error.message).toMatch(problem);
    expect(refused.text).not.toContain('raw-value-1');
  });

  it('and all problems come at once', async () => {
    const h = await begin();
    const variables = { A: '{{secrets/nope/token}}', API_KEY: 'raw-value-1' };
    const { data } = await h.call('swap_version', { ...SWAP, environment_vars: variables });
    expect(data.problems).toHaveLength(2);
  });
});

describe('preview and answer say what the swap leaves as it is', () => {
  const GATEWAY = { usage_tracking_config: { enabled: true } };

  it.each([
    ['a preview', { dry_run: true }],
    ['commands', { dry_run: 'cli' }],
    ['an answer', {}],
    ['an answer that waits', { wait_seconds: 0 }],
  ])('%s: variables by name, size, scaling, gateway, and the other aliases on the old version', async (_what, more) => {
    const h = await begin(undefined, [], {}, { ai_gateway: GATEWAY });
    const variables = { environment_vars: { LEVEL: 'debug' }, remove_environment_vars: ['MODE'] };
    const { data, text } = await h.call('swap_version', { ...SWAP, ...variables, alias: 'champion', ...more });
    expect(data.carried_over).toEqual({
      variables: ['TOKEN'],
      variables_set: ['LEVEL'],
      variables_removed: ['MODE'],
      size: 'Medium',
      type: 'CPU',
      scale_to_zero: false,
      gateway: ['usage_tracking'],
    });
    expect(data.other_aliases).toEqual({ version: '1', names: ['stable'] });
    expect(JSON.stringify(data.carried_over)).not.toContain('{{secrets');
    expect(text).not.toContain('not_checked');
  });

  it('a variable to remove that is not there is reported', async () => {
    const h = await begin();
    const args = { ...SWAP, remove_environment_vars: ['TOKEN', 'MODUS'] };
    const { data } = await h.call('swap_version', args);
    expect(data.carried_over).toMatchObject({
      variables_removed: ['TOKEN'],
      not_there: ['environment_vars.MODUS (did you mean MODE?)'],
    });
  });

  it('without an alias to move, every alias on the old version is named', async () => {
    const h = await begin();
    const { data } = await h.call('swap_version', { ...SWAP, dry_run: true });
    expect(data.other_aliases).toEqual({ version: '1', names: ['champion', 'stable'] });
  });

  it.each([
    ['no other alias', { version: '3' }, '2'],
    ['the same version', { version: '1', ...CHANGED }, '1'],
  ])('%s: none is named', async (_what, args, serving) => {
    const h = await begin([churnEntity(serving)]);
    const { data } = await h.call('swap_version', { ...SWAP, ...args, alias: 'next', dry_run: true });
    expect(data.other_aliases).toBeUndefined();
    expect(data.carried_over).toBeDefined();
  });

  it('aliases that cannot be read are not claimed to be none, and the swap goes on', async () => {
    const h = await begin();
    const body = { error_code: 'PERMISSION_DENIED', message: 'no' };
    h.sandbox.faults.add({ match: { method: 'GET', path: MODEL_PATH }, effect: { status: 403, body } });
    const { data } = await h.call('swap_version', SWAP);
    expect(data).toMatchObject({ outcome: 'ready', not_checked: [expect.stringContaining('aliases')] });
    expect(data.other_aliases).toBeUndefined();
    expect(writes(h)).toEqual([`PUT ${CONFIG_PATH}`]);
  });

  it('a swap that finds nothing to do carried nothing over', async () => {
    const h = await begin();
    const { data } = await h.call('swap_version', { ...SWAP, version: '1' });
    expect(data).toMatchObject({ changed: false });
    expect(data.carried_over).toBeUndefined();
  });
});

describe('list_changes of an endpoint', () => {
  it('has the alias moves of its models, by a swap and by set_alias, and no others', async () => {
    const h = await begin();
    await h.call('swap_version', { ...SWAP, alias: 'champion' });
    await h.call('set_alias', { model: 'ml.prod.churn', alias: 'stable', version: '2' });
    const { data } = await h.call('list_changes', { endpoint: 'churn' });
    expect(data.changes).toMatchObject([
      { model: 'ml.prod.churn', tool: 'set_alias', fields: ['alias stable'] },
      { endpoint: 'churn', tool: 'swap_version', fields: expect.arrayContaining(['alias champion']) },
    ]);
    expect(data.changes[1].fields[0]).toBe('alias champion');
    expect((await h.call('list_changes', { endpoint: 'other' })).data.total).toBe(0);
  });

  it('lists its own changes when the endpoint cannot be read, and says what it left out', async () => {
    const h = await begin();
    await h.call('swap_version', SWAP);
    await h.call('delete_endpoint', { endpoint: 'churn' });
    const path = '/api/2.0/serving-endpoints/churn';
    h.sandbox.faults.add({ match: { method: 'GET', path }, effect: { status: 403, body: {} } });
    const { data, isError } = await h.call('list_changes', { endpoint: 'churn' });
    expect(isError).toBe(false);
    expect(data.total).toBe(1);
    expect(data.not_checked).toEqual([expect.stringContaining('aliases of its models')]);
  });
});

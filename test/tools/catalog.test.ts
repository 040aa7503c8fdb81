import { describe, expect, it } from 'vitest';
import { expectRefusal, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import {
  ALIAS_PATH,
  aliasVersion,
  bodies,
  CHURN,
  churnEntity,
  endpoint,
  follow,
  undoCalls,
  version,
  writes,
} from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const model = (name: string, task = 'llm/v1/chat', more: Record<string, unknown> = {}) => ({
  name,
  entity_name: `system.ai.${name}`,
  display_name: name,
  task,
  spec: task === 'llm/v1/embeddings' ? { kind: 'embedding', dimensions: 8 } : { kind: 'chat', model: name },
  ...more,
});
const FOUNDATION = {
  foundation_models: [
    model('databricks-claude-sonnet-4-9'),
    model('databricks-claude-sonnet-4-10'),
    model('databricks-claude-sonnet-4'),
    model('databricks-claude-sonnet-5', 'llm/v1/chat', {
      description: 'A chat model.',
      retirement: 'This model will be retired on 2027-01-31.',
    }),
    model('databricks-gpt-5-codex-max'),
    model('databricks-gpt-5-1-codex-max'),
    model('databricks-gte-large-en', 'llm/v1/embeddings'),
  ],
};
/** Its newest version failed to register. */
const UNREADY = {
  full_name: 'ml.prod.unready',
  versions: [version(1), version(2, { status: 'FAILED_REGISTRATION' }), version(3, { status: 'PENDING_REGISTRATION' })],
};
const NEVER = { full_name: 'ml.prod.never', versions: [version(1, { status: 'FAILED_REGISTRATION' })] };
/** Has the prefix of foundation models, but is not one. */
const DECOY = endpoint('databricks-app-template-serving', [churnEntity('1')]);

describe('list_foundation_models', () => {
  it('shows real ones only, by task, newest first, with retirement notices', async () => {
    const h = await begin([DECOY, endpoint('churn', [churnEntity('1')])], {}, FOUNDATION);
    const { data } = await h.call('list_foundation_models');
    expect(data.total).toBe(7);
    expect(data.models['llm/v1/chat'].map((each: { endpoint: string }) => each.endpoint)).toEqual([
      'databricks-claude-sonnet-5',
      'databricks-claude-sonnet-4-10',
      'databricks-claude-sonnet-4-9',
      'databricks-claude-sonnet-4',
      'databricks-gpt-5-1-codex-max',
      'databricks-gpt-5-codex-max',
    ]);
    expect(data.models['llm/v1/chat'][0].retirement).toBe('This model will be retired on 2027-01-31.');
    expect(data.models['llm/v1/chat'][1].retirement).toBeUndefined();
    expect(data.models['llm/v1/embeddings']).toEqual([
      { endpoint: 'databricks-gte-large-en', model: 'databricks-gte-large-en' },
    ]);
    expect(JSON.stringify(data)).not.toContain('app-template');
    expect(h.sent()).toEqual(['GET /api/2.0/serving-endpoints']);
  });

  it('picks the newest that is not being retired, says why, and the pick answers', async () => {
    const h = await begin([DECOY], {}, FOUNDATION);
    const { data } = await h.call('list_foundation_models');
    expect(data.picks).toEqual([
      {
        job: 'agents',
        endpoint: 'databricks-claude-sonnet-4-10',
        reason: expect.stringContaining('newest Claude Sonnet'),
      },
      { job: 'code', endpoint: 'databricks-gpt-5-1-codex-max', reason: expect.stringContaining('codex-max') },
      { job: 'embeddings', endpoint: 'databricks-gte-large-en', reason: expect.any(String) },
    ]);
    const answer = await h.call('query_endpoint', {
      endpoint: data.picks[0].endpoint,
      messages: [{ role: 'user', content: 'hi' }],
    });
    expect(answer.data.text).toContain('sandbox');
  });

  it('narrows by task and name; picks stay those of the workspace', async () => {
    const h = await begin([], {}, FOUNDATION);
    const byTask = await h.call('list_foundation_models', { task: 'embeddings' });
    expect(Object.keys(byTask.data.models)).toEqual(['llm/v1/embeddings']);
    expect(byTask.data.picks).toHaveLength(3);
    const byName = await h.call('list_foundation_models', { name_contains: 'GPT' });
    expect(byName.data.total).toBe(2);
  });

  it('takes the task in full as well, and names however they are spaced', async () => {
    const h = await begin([], {}, FOUNDATION);
    const total = async (args: Record<string, unknown>) => (await h.call('list_foundation_models', args)).data.total;
    expect(await total({ task: 'llm/v1/embeddings' })).toBe(1);
    expect(await total({ task: 'chat' })).toBe(6);
    expect(await total({ name_contains: 'Claude Sonnet' })).toBe(4);
  });

  it('names similar models when nothing matches', async () => {
    const h = await begin([], {}, FOUNDATION);
    const { data } = await h.call('list_foundation_models', { name_contains: 'codx' });
    expect(data).toMatchObject({ total: 0, note: 'none of 7 foundation models match' });
    expect(data.near).toEqual(['databricks-gpt-5-codex-max', 'databricks-gpt-5-1-codex-max']);
    const { data: task } = await h.call('list_foundation_models', { task: 'completions' });
    expect(task.tasks).toEqual(['llm/v1/chat', 'llm/v1/embeddings']);
  });

  it('says so when there are no models', async () => {
    const h = await begin([DECOY]);
    const { data } = await h.call('list_foundation_models');
    expect(data).toEqual({ total: 0, note: 'this workspace has no foundation models' });
  });
});

describe('list_model_versions', () => {
  it('shows versions newest first as numbers, with status, aliases and the endpoints that serve each', async () => {
    const many = {
      full_name: 'ml.prod.churn',
      aliases: { champion: 9, challenger: 10, also: 10 },
      versions: [version(9), version(10, { comment: 'Candidate.' }), version(2, { status: 'FAILED_REGISTRATION' })],
    };
    const h = await begin(
      [
        endpoint('churn', [churnEntity('9', { name: 'a' }), churnEntity('10', { name: 'b' })], [90, 10]),
        endpoint('shadow', [churnEntity('10')]),
      ],
      {},
      { models: [many] },
    );
    const { data } = await h.call('list_model_versions', { model: 'ml.prod.churn' });
    expect(data).toMatchObject({ model: 'ml.prod.churn', owner: 'admin@example.com', total: 3 });
    expect(data.versions).toMatchObject([
      {
        version: 10,
        status: 'READY',
        aliases: ['challenger', 'also'],
        served_by: ['churn', 'shadow'],
        comment: 'Candidate.',
        creator: 'admin@example.com',
        created: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
      { version: 9, status: 'READY', aliases: ['champion'], served_by: ['churn'] },
      { version: 2, status: 'FAILED_REGISTRATION' },
    ]);
    expect(data.versions[2].served_by).toBeUndefined();
    expect(writes(h)).toEqual([]);
  });

  it('follows pages to the end and shows the newest that were asked for', async () => {
    const versions = Array.from({ length: 250 }, (_, at) => version(at + 1));
    const h = await begin([], {}, { models: [{ full_name: 'ml.prod.churn', versions }] });
    const { data } = await h.call('list_model_versions', { model: 'ml.prod.churn', limit: 5 });
    expect(data.versions.map((each: { version: number }) => each.version)).toEqual([250, 249, 248, 247, 246]);
    expect(data).toMatchObject({ total: 250, omitted: 245 });
  });

  it('names the newest version that can be served, and proposes no change: listing is a read', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])], {}, { models: [CHURN, UNREADY, NEVER] });
    const { data } = await h.call('list_model_versions', { model: 'ml.prod.churn', limit: 2 });
    expect(data.next).toBeUndefined();
    // Version 7 can be served, so it needs no mention.
    expect(data.newest_ready).toBeUndefined();
    expect((await h.call('list_model_versions', { model: 'ml.prod.unready' })).data.newest_ready).toBe(1);
    const none = await h.call('list_model_versions', { model: 'ml.prod.never' });
    expect(none.data.newest_ready).toBe('none');
  });

  it('of a model without versions says so', async () => {
    const h = await begin([], {}, { models: [{ full_name: 'ml.prod.churn' }] });
    expect((await h.call('list_model_versions', { model: 'ml.prod.churn' })).data).toMatchObject({
      total: 0,
      note: 'the model has no versions yet',
    });
  });
});

describe('set_alias', () => {
  const set = { model: 'ml.prod.churn', alias: 'champion' };

  it('moves it with one PUT, and back by undo', async () => {
    const h = await begin();
    const { data } = await h.call('set_alias', { ...set, version: 2 });
    expect(data).toMatchObject({ changed: true, version: 2, was: 1 });
    expect(bodies(h, 'PUT', ALIAS_PATH)).toEqual([{ version_num: 2 }]);
    expect(await aliasVersion(h)).toBe(2);
    expect((await follow(h, data.undo)).data.changed).toBe(true);
    expect(await aliasVersion(h)).toBe(1);
  });

  it('makes a new one, which undo takes away', async () => {
    const h = await begin();
    const { data } = await h.call('set_alias', { ...set, alias: 'challenger', version: '3' });
    expect(data).toMatchObject({ changed: true, was: null });
    expect(await aliasVersion(h, 'challenger')).toBe(3);
    expect(await undoCalls(h, data.undo)).toMatchObject([{ args: { remove: true } }]);
    await follow(h, data.undo);
    expect(await aliasVersion(h, 'challenger')).toBeUndefined();
  });

  it('remove takes it away, and undo brings it back', async () => {
    const h = await begin();
    const { data } = await h.call('set_alias', { ...set, remove: true });
    expect(writes(h)).toEqual([`DELETE ${ALIAS_PATH}`]);
    expect(await aliasVersion(h)).toBeUndefined();
    await follow(h, data.undo);
    expect(await aliasVersion(h)).toBe(1);
  });

  it('takes another alias as the version', async () => {
    const h = await begin();
    await h.call('set_alias', { ...set, alias: 'challenger', version: 3 });
    expect((await h.call('set_alias', { ...set, version: '@challenger' })).data).toMatchObject({ version: 3, was: 1 });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['to where it points', { version: 1 }, ''],
    ['away when there is none', { alias: 'absent', remove: true }, ''],
    ['in a dry run', { version: 2, dry_run: true }, ''],
  ])('sends nothing %s', async (_what, args) => {
    const h = await begin();
    expect((await h.call('set_alias', { ...set, ...args })).data.changed).toBe(false);
    expect(writes(h)).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['a version that does not exist', { version: 99 }, 'version_not_found'],
    ['a version that is still being registered', { version: 5 }, 'version_not_ready'],
    ['an alias with @', { alias: '@champion', version: 2 }, 'invalid_arguments'],
    ['neither a version nor its removal', {}, 'invalid_request'],
    ['null, which never removes', { version: null }, 'invalid_request'],
    ['both a version and its removal', { version: 2, remove: true }, 'invalid_request'],
    ['the text "null" as an alias', { alias: 'null', version: 2 }, 'invalid_arguments'],
    ['a name of two parts', { model: 'prod.churn', version: 2 }, 'invalid_arguments'],
  ])('refuses %s and sends nothing', async (_what, args, code) => {
    const h = await begin();
    expectRefusal(h, await h.call('set_alias', { ...set, ...args }), code);
  });

  it('changes no endpoint: what serves stays', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    await h.call('set_alias', { ...set, version: 2 });
    const { data } = await h.call('get_endpoint', { endpoint: 'churn' });
    expect(data.serving).toMatchObject([{ entity: 'churn-1', traffic_percent: 100 }]);
  });

  it('of another user’s model is refused, with the required privilege', async () => {
    const h = await begin([], { as: 'analyst@example.com' });
    const { data } = await h.call('set_alias', { ...set, version: 2 });
    expect(data.error.code).toBe('PERMISSION_DENIED');
    expect(data.error.next).toContain('own the model');
    expect(await aliasVersion(h)).toBe(1);
  });
});

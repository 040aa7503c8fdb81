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
    expect(data.models['llm/v1/chat'][0]).toEqual({
      model_service: 'system.ai.claude-sonnet-5',
      endpoint: 'databricks-claude-sonnet-5',
      model: 'databricks-claude-sonnet-5',
      retirement: 'This model will be retired on 2027-01-31.',
      retires: '2027-01-31',
      successor: 'none named',
    });
    expect(data.models['llm/v1/chat'][1].retirement).toBeUndefined();
    expect(data.models['llm/v1/embeddings']).toEqual([
      {
        model_service: 'system.ai.gte-large-en',
        endpoint: 'databricks-gte-large-en',
        model: 'databricks-gte-large-en',
        dimensions: 1024,
        max_tokens: 8192,
        languages: 'English',
        normalized: false,
        source: 'Databricks documentation',
      },
    ]);
    expect(data.order).toContain('no creation day');
    expect(JSON.stringify(data)).not.toContain('app-template');
    expect(data.ways).toContain('prefer it where it is listed');
    expect(data.ways).toContain('may still not be allowed');
    expect(h.sent().toSorted()).toEqual([
      'GET /api/2.0/serving-endpoints',
      'GET /api/2.1/unity-catalog/model-services',
    ]);
    expect(h.sandbox.requests.at(-1)?.query.view ?? 'BASIC').toBe('BASIC');
  });

  it.each([
    [403, { error_code: 'PERMISSION_DENIED', message: 'no' }, /refused access/],
    [404, { error_code: 'NOT_FOUND', message: 'no' }, /USE CATALOG on system/],
    [200, { model_services: [] }, /none is visible/],
  ])('lists the endpoints where the services cannot be seen (%i), and says why', async (status, body, why) => {
    const h = await begin([], {}, FOUNDATION);
    const path = '/api/2.1/unity-catalog/model-services';
    h.sandbox.faults.add({ match: { method: 'GET', path }, effect: { status, body } });
    const { data, text } = await h.call('list_foundation_models');
    expect(data.total).toBe(7);
    expect(text).not.toContain('"model_service"');
    expect(data.services_of_system_ai).toMatch(why);
    expect(data.ways).toContain('legacy');
  });

  it('picks the newest that is not being retired, says why, and the pick answers', async () => {
    const h = await begin([DECOY], {}, FOUNDATION);
    const { data } = await h.call('list_foundation_models');
    expect(data.picks).toEqual([
      {
        job: 'agents',
        endpoint: 'databricks-claude-sonnet-4-10',
        model_service: 'system.ai.claude-sonnet-4-10',
        reason: expect.stringContaining('highest-numbered Claude Sonnet'),
      },
      {
        job: 'code',
        endpoint: 'databricks-gpt-5-1-codex-max',
        model_service: 'system.ai.gpt-5-1-codex-max',
        reason: expect.stringContaining('codex-max'),
      },
      {
        job: 'embeddings',
        endpoint: 'databricks-gte-large-en',
        model_service: 'system.ai.gte-large-en',
        reason: expect.any(String),
      },
    ]);
    const answer = await h.call('query_endpoint', {
      endpoint: data.picks[0].endpoint,
      messages: [{ role: 'user', content: 'hi' }],
    });
    expect(answer.data.text).toContain('sandbox');
    const preferred = await h.call('query_endpoint', {
      endpoint: data.picks[0].model_service,
      messages: [{ role: 'user', content: 'hi' }],
    });
    expect(preferred.data).toMatchObject({ text: expect.stringContaining('sandbox'), gateway: 'Unity Gateway' });
  });

  it('sorts by the day of creation where the service knows it', async () => {
    const day = 1_440;
    const h = await begin(
      [],
      {},
      {
        foundation_models: [
          model('databricks-b-9', 'llm/v1/chat', { created_minutes_ago: 90 * day }),
          model('databricks-a-1'),
          model('databricks-c-1', 'llm/v1/chat', { created_minutes_ago: 30 * day }),
        ],
      },
    );
    const { data } = await h.call('list_foundation_models');
    expect(data.order).toBe(
      'newest first, by the day each endpoint was created; those without a known day (1) come last',
    );
    expect(data.models['llm/v1/chat'].map((each: { endpoint: string }) => each.endpoint)).toEqual([
      'databricks-c-1',
      'databricks-b-9',
      'databricks-a-1',
    ]);
    expect(data.models['llm/v1/chat'][0].created).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(data.models['llm/v1/chat'][2].created).toBeUndefined();
  });

  it('says when a notice names a successor, and whether the workspace has it', async () => {
    const retiring = (name: string, retirement: string) => model(name, 'llm/v1/chat', { retirement });
    const h = await begin(
      [],
      {},
      {
        foundation_models: [
          retiring('databricks-a', 'It will be retired in March 2027. Use databricks-b instead.'),
          retiring('databricks-b', 'It is deprecated: move to databricks-z.'),
        ],
      },
    );
    const { data } = await h.call('list_foundation_models');
    expect(data.models['llm/v1/chat']).toMatchObject([
      { endpoint: 'databricks-a', retires: '2027-03', successor: 'databricks-b' },
      {
        endpoint: 'databricks-b',
        retires: 'no single date in the notice',
        successor: 'databricks-z, not in this workspace',
      },
    ]);
    expect(data.picks).toBeUndefined();
  });

  it('finds endpoints of users with the same models: external ones and own deployments', async () => {
    const outside = (name: string, model: string, task = 'llm/v1/chat') =>
      endpoint(name, [
        {
          external_model: {
            provider: 'openai',
            name: model,
            task,
            openai_config: { openai_api_key: '{{secrets/ml/token}}' },
          },
        },
      ]);
    const system = { full_name: 'system.ai.gpt-5-codex-max', versions: [version(1)] };
    const h = await begin(
      [
        outside('gpt-gateway', 'gpt-4o'),
        outside('codex', 'gpt-5-1-codex-max-2026-08-07'),
        outside('vectors', 'text-embedding-3-large', 'llm/v1/embeddings'),
        endpoint('own', [churnEntity('1', { entity_name: 'system.ai.gpt-5-codex-max' })]),
        endpoint('churn', [churnEntity('1')]),
      ],
      {},
      { ...FOUNDATION, models: [system, { full_name: 'ml.prod.churn', versions: [version(1)] }] },
    );
    const others = async (args: Record<string, unknown>) =>
      ((await h.call('list_foundation_models', args)).data.other_endpoints ?? []).map(
        (each: { endpoint: string; kind: string; same_model_by_name?: string }) =>
          [each.endpoint, each.kind, each.same_model_by_name].filter(Boolean).join(' '),
      );
    const codex = 'codex external model databricks-gpt-5-1-codex-max';
    const own = 'own own deployment databricks-gpt-5-codex-max';
    expect((await others({})).toSorted()).toEqual(
      [codex, 'gpt-gateway external model', own, 'vectors external model'].toSorted(),
    );
    expect(await others({ task: 'embeddings' })).toEqual(['vectors external model']);
    expect((await others({ name_contains: 'codex' })).toSorted()).toEqual([codex, own].toSorted());
    const { data } = await h.call('list_foundation_models', { name_contains: 'gpt-4o' });
    expect(data).toMatchObject({ total: 0, other_endpoints: [{ endpoint: 'gpt-gateway', serves: 'openai gpt-4o' }] });
  });

  it('knows older answers, whose entities have a foundation model and no name', async () => {
    const h = await begin([]);
    const entity = {
      name: 'databricks-dbrx',
      type: 'FOUNDATION_MODEL',
      foundation_model: { name: 'dbrx', display_name: 'DBRX' },
    };
    const body = {
      endpoints: [{ name: 'databricks-dbrx', task: 'llm/v1/chat', config: { served_entities: [entity] } }],
    };
    h.sandbox.faults.add({ effect: { status: 200, body } });
    const { data } = await h.call('list_foundation_models');
    expect(data).toMatchObject({
      total: 1,
      models: { 'llm/v1/chat': [{ endpoint: 'databricks-dbrx', model: 'DBRX' }] },
    });
  });

  it('shows as many models as fit into a normal answer, newest first, and says how many are left', async () => {
    const many = Array.from({ length: 120 }, (_, at) => model(`databricks-some-family-of-models-${at}`));
    const h = await begin([], {}, { foundation_models: many });
    const { data, text } = await h.call('list_foundation_models');
    expect(text.length).toBeLessThanOrEqual(8_000);
    const shown = data.models['llm/v1/chat'];
    expect(shown[0].endpoint).toBe('databricks-some-family-of-models-119');
    expect(data).toMatchObject({
      total: 120,
      omitted: `${120 - shown.length} older ones: narrow the list by task or name_contains`,
    });
  });

  it('narrows by task and name, picks too', async () => {
    const h = await begin([], {}, FOUNDATION);
    const byTask = await h.call('list_foundation_models', { task: 'embeddings' });
    expect(Object.keys(byTask.data.models)).toEqual(['llm/v1/embeddings']);
    expect(byTask.data.picks).toMatchObject([{ job: 'embeddings', endpoint: 'databricks-gte-large-en' }]);
    const byName = await h.call('list_foundation_models', { name_contains: 'GPT' });
    expect(byName.data.total).toBe(2);
    expect(byName.data.picks).toMatchObject([{ job: 'code' }]);
    const none = await h.call('list_foundation_models', { name_contains: 'nothing-like-it' });
    expect(none.data.picks).toBeUndefined();
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

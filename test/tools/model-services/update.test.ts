/** `update_model_service` and its undo: narrow masks, nothing lost, all problems at once, and consent where traffic is taken away. */
import { describe, expect, it } from 'vitest';
import {
  CHAT,
  CHAT_CONFIG,
  CHAT_PATH,
  CLAUDE,
  editElsewhere,
  GPT,
  makeService,
  serviceNow,
} from '../../support/gateway-site.ts';
import type { Harness, HarnessOptions } from '../../support/harness.ts';
import { PROVIDERS_PATH, perToken } from '../../support/model-services.ts';
import { agree, ask } from '../../support/tool-test.ts';
import { useHarness } from '../../support/use-harness.ts';
import { follow } from '../../support/workspace.ts';

const start = useHarness((options: HarnessOptions = {}) => options);

async function begin(options: HarnessOptions = {}, config: unknown = CHAT_CONFIG): Promise<Harness> {
  const h = await start(options);
  await makeService(h, CHAT, config);
  return h;
}

const update = (h: Harness, args: Record<string, unknown>) =>
  h.call('update_model_service', { model_service: CHAT, ...args });
const patches = (h: Harness) =>
  h.sandbox.requests.filter(
    ({ method, path, query }) => method === 'PATCH' && path.startsWith(CHAT_PATH) && 'etag' in query,
  );
/** The routing of the first edit. */
function sentRouting(h: Harness): { destinations: unknown[] } {
  const body = patches(h)[0]?.body as { config: { routing: { destinations: unknown[] } } } | undefined; // as edits send it
  if (!body) throw new Error('no edit was sent');
  return body.config.routing;
}
const [GPT_NOW, CLAUDE_NOW] = CHAT_CONFIG.routing.destinations;

describe('the mask names what changes, and nothing else', () => {
  it.each<[what: string, args: Record<string, unknown>, mask: string, body: unknown]>([
    [
      'percentages',
      {
        destinations: [
          { name: 'gpt', percent: 10 },
          { model: CLAUDE, percent: 90 },
        ],
      },
      'config.routing.destinations',
      {
        config: {
          routing: {
            destinations: [
              { ...GPT_NOW, traffic_percentage: 10 },
              { ...CLAUDE_NOW, traffic_percentage: 90 },
            ],
          },
        },
      },
    ],
    [
      'a model',
      { destinations: [{ name: 'claude', model: 'system.ai.databricks-claude-sonnet-4' }] },
      'config.routing.destinations',
      {
        config: {
          routing: {
            destinations: [
              GPT_NOW,
              { ...CLAUDE_NOW, pay_per_token_config: { model: 'models/system.ai.databricks-claude-sonnet-4' } },
            ],
          },
        },
      },
    ],
    [
      'fallbacks',
      { fallbacks: [{ name: 'second', model: CLAUDE }, { name: 'spare' }] },
      'config.routing.fallback.destinations',
      {
        config: {
          routing: {
            fallback: { destinations: [perToken('second', CLAUDE), CHAT_CONFIG.routing.fallback.destinations[0]] },
          },
        },
      },
    ],
    [
      'a fallback before one that is given by its model alone, and keeps its name',
      { fallbacks: [{ name: 'second', model: CLAUDE }, { model: 'system.ai.databricks-gpt-oss-120b' }] },
      'config.routing.fallback.destinations',
      {
        config: {
          routing: {
            fallback: { destinations: [perToken('second', CLAUDE), CHAT_CONFIG.routing.fallback.destinations[0]] },
          },
        },
      },
    ],
    [
      'no fallbacks',
      { fallbacks: [] },
      'config.routing.fallback.destinations',
      { config: { routing: { fallback: { destinations: [] } } } },
    ],
    ['the comment', { comment: 'For all.' }, 'comment', { comment: 'For all.' }],
    ['no comment', { remove: ['comment'] }, 'comment', { comment: '' }],
    [
      'the inference table',
      { inference_table: { schema: 'ml.prod', prefix: 'desk' } },
      'config.inference_table',
      { config: { inference_table: { parent: 'schemas/ml.prod', table_name_prefix: 'desk' } } },
    ],
    [
      'two fields at once',
      { comment: 'For all.', fallbacks: [] },
      'comment,config.routing.fallback.destinations',
      { comment: 'For all.', config: { routing: { fallback: { destinations: [] } } } },
    ],
  ])('%s, and the undo brings back the service before', async (_what, args, mask, body) => {
    const h = await begin({ onAsk: agree });
    const before = await serviceNow(h);
    const made = await update(h, args);
    expect(made.data.error).toBeUndefined();
    const [patch] = patches(h);
    expect([patch?.query, patch?.body]).toEqual([{ update_mask: mask, etag: before.etag }, body]);
    const after = await serviceNow(h);
    expect(made.data).toMatchObject({ model_service: CHAT, gateway: 'Unity Gateway', changed: true });
    expect(after.config.rate_limits).toEqual(before.config.rate_limits);
    const back = await follow(h, made.data.undo);
    expect(back.data.error).toBeUndefined();
    const now = await serviceNow(h);
    expect([now.comment ?? '', now.config]).toEqual([
      before.comment ?? '',
      { ...before.config, routing: expect.anything() },
    ]);
    expect(sorted(now)).toEqual(sorted(before));
  });

  // biome-ignore lint/suspicious/noExplicitAny: the workspace's own answer, compared as a whole
  const sorted = ({ config }: any) => [
    config.routing.destinations.toSorted((a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)),
    config.routing.fallback?.destinations ?? [],
  ];

  it('a destination that is added and one that is removed, with consent and undo', async () => {
    const h = await begin({ onAsk: agree });
    const before = await serviceNow(h);
    const made = await update(h, {
      destinations: [
        { name: 'gpt', percent: 40 },
        { name: 'oss', model: 'system.ai.databricks-gpt-oss-20b', percent: 60 },
      ],
      remove_destinations: ['claude'],
    });
    expect(made.data.error).toBeUndefined();
    expect(Object.keys(made.data.destinations)).toEqual(['gpt', 'oss']);
    const back = await follow(h, made.data.undo);
    expect(back.data.error).toBeUndefined();
    expect(sorted(await serviceNow(h))).toEqual(sorted(before));
  });

  it('a wish that holds already sends nothing', async () => {
    const h = await begin();
    const { data } = await update(h, {
      destinations: [{ model: GPT, percent: 70 }],
      comment: 'For the help desk.',
      fallbacks: [{ name: 'spare' }],
    });
    expect(data.changed).toBe(false);
    expect(patches(h)).toEqual([]);
  });

  it('fields that this version does not know are sent again', async () => {
    const h = await begin();
    const service = await serviceNow(h);
    const [gpt, claude] = service.config.routing.destinations;
    const config = {
      ...service.config,
      routing: { ...service.config.routing, destinations: [{ ...gpt, weight: 'w', is_deleted: false }, claude] },
    };
    h.sandbox.faults.add({
      match: { method: 'GET', path: CHAT_PATH },
      effect: { status: 200, body: { ...service, config } },
      times: 1,
    });
    await update(h, {
      destinations: [
        { name: 'gpt', percent: 60 },
        { name: 'claude', percent: 40 },
      ],
    });
    const { destinations } = sentRouting(h);
    expect(destinations[0]).toEqual({ ...gpt, weight: 'w', traffic_percentage: 60 });
  });
});

describe('taking traffic away', () => {
  it('asks first, and a no changes nothing', async () => {
    const asked: string[] = [];
    const h = await begin({
      onAsk: (question) => {
        asked.push(question);
        return { action: 'decline' };
      },
    });
    const { data } = await update(h, {
      destinations: [{ name: 'gpt', percent: 100 }],
      remove_destinations: ['claude'],
    });
    expect(data.error.code).toBe('declined');
    expect(asked[0]).toContain(`This removes claude (30 % of the traffic) from model service ${CHAT}.`);
    expect(patches(h)).toEqual([]);
  });

  it('without a dialog needs the name and the fingerprint of the answer that asked', async () => {
    const h = await begin();
    const args = { destinations: [{ name: 'gpt', percent: 100 }], remove_destinations: ['claude'] };
    const first = await update(h, args);
    expect(first.data).toMatchObject({
      model_service: CHAT,
      changed: false,
      needs_consent: expect.stringContaining('claude'),
    });
    const made = await follow(h, first.data.next);
    expect(made.data.changed).toBe(true);
    expect((await serviceNow(h)).config.routing.destinations).toEqual([{ ...GPT_NOW, traffic_percentage: 100 }]);
  });

  it('does not ask for other percentages or a fallback less', async () => {
    const h = await begin();
    const { data } = await update(h, {
      destinations: [
        { name: 'gpt', percent: 100 },
        { name: 'claude', percent: 0 },
      ],
      remove_destinations: ['spare'],
    });
    expect(data.changed).toBe(true);
  });

  it('what is left of a split gets everything', async () => {
    const h = await begin({ onAsk: agree });
    await update(h, { remove_destinations: ['claude'] });
    expect((await serviceNow(h)).config.routing.destinations).toEqual([{ ...GPT_NOW, traffic_percentage: 100 }]);
  });
});

describe('the answer', () => {
  it('shows what changed: a new comment shows no routing, and a new table its name', async () => {
    const h = await begin();
    const note = await update(h, { comment: 'For all.' });
    expect(note.data).not.toHaveProperty('destinations');
    const table = await update(h, { inference_table: { schema: 'ml.prod' } });
    expect(table.data).toMatchObject({ inference_table: `${CHAT}_payload` });
  });

  it('counts no destination that is gone as changed by an edit of something else', async () => {
    const h = await begin();
    const service = await serviceNow(h);
    const routing = { destinations: [GPT_NOW, { ...CLAUDE_NOW, is_deleted: true }] };
    const effect = { status: 200, body: { ...service, config: { ...service.config, routing } } };
    h.sandbox.faults.add({ match: { method: 'GET', path: CHAT_PATH }, effect });
    const { data } = await update(h, { comment: 'For all.', dry_run: true });
    expect(data.changes).toEqual([{ field: 'comment', from: 'For the help desk.', to: 'For all.' }]);
  });
});

describe('bad input is refused with all problems at once, and nothing is sent', () => {
  it.each<[what: string, args: Record<string, unknown>, problems: string[]]>([
    [
      'sums, names, and targets that do not exist',
      {
        destinations: [
          { name: 'gpt', percent: 60 },
          { name: 'new', model: 'system.ai.databricks-gpt-55', percent: 20 },
          { name: 'pt', endpoint: 'churn-prod', percent: 5 },
          { name: 'ext', provider: 'ml.prod.opena', model: 'gpt-4o', percent: 5 },
        ],
        remove_destinations: ['spar'],
      },
      [
        'there is no destination spar to remove: did you mean spare?',
        'the percentages sum to 120, not 100: gpt 60, claude 30, new 20, pt 5, ext 5',
        'there is no model system.ai.databricks-gpt-55, or you may not see it: did you mean system.ai.databricks-gpt-5',
        'endpoint churn-prod',
        'there is no provider service ml.prod.opena, or you may not see it: did you mean ml.prod.openai',
      ],
    ],
    [
      'a model that the provider does not offer',
      {
        destinations: [
          { name: 'gpt', percent: 60 },
          { provider: 'ml.prod.openai', model: 'gpt-4', percent: 10 },
        ],
      },
      ['provider service ml.prod.openai does not offer gpt-4; it offers gpt-4o'],
    ],
    [
      'forms',
      {
        destinations: [
          { model: 'gpt-5', percent: 0 },
          { endpoint: 'a b', percent: 0 },
          { provider: 'openai', model: 'gpt-4o', percent: 0 },
          { provider: 'ml.prod.openai', percent: 0 },
          { percent: 0 },
          { name: 'gtp', percent: 0 },
        ],
        fallbacks: [{ name: 'spare', percent: 5 }, { name: 'gpt' }],
      },
      [
        'model gpt-5 must be catalog.schema.model, such as system.ai.gpt-5; a provider’s model needs provider',
        'endpoint a b is not the name of an endpoint',
        'provider openai must be catalog.schema.name of a provider service',
        'provider ml.prod.openai needs model: the name that the provider has for it',
        'a destination names neither model, nor provider, nor endpoint',
        'there is no destination gtp: did you mean gpt?',
        'fallback spare takes no percent: fallbacks are tried in order',
        'gpt is both a destination and a fallback: give each its own name',
      ],
    ],
    [
      'the sum of those that can be read says nothing while another cannot',
      { destinations: [{ name: 'gpt', percent: 50 }, { percent: 20 }] },
      ['a destination names neither model, nor provider, nor endpoint'],
    ],
    [
      'a fallback that would have the name of a destination',
      { fallbacks: [{ model: 'system.ai.claude' }, { name: 'gpt', model: CLAUDE }] },
      [
        'another destination is named claude: give this one its own name',
        'gpt is both a destination and a fallback: give each its own name',
      ],
    ],
    [
      'counts',
      {
        destinations: Array.from({ length: 9 }, (_, at) => ({ name: `d${at}`, model: GPT, percent: 0 })),
        fallbacks: Array.from({ length: 6 }, (_, at) => ({ name: `f${at}`, model: GPT })),
      },
      ['11 destinations are more than 10', '6 fallbacks are more than 5'],
    ],
    [
      'no destination left',
      { remove_destinations: ['gpt', 'claude'] },
      ['a model service needs at least one destination'],
    ],
    ['both', { comment: 'x', remove: ['comment'] }, ['comment is both set and removed']],
  ])('%s', async (_what, args, problems) => {
    const h = await begin();
    const openai = {
      config: {
        provider_type: 'EXTERNAL_MODEL_PROVIDER_TYPE_OPENAI',
        openai: { direct: { api_key: { plaintext: 'made-up-key' } } },
        targets: [{ model: 'gpt-4o', native_api_types: ['openai/v1/chat/completions'] }],
      },
    };
    const path = `${PROVIDERS_PATH}?parent=schemas/ml.prod&model_provider_service_id=openai`;
    await ask(h, path, { method: 'POST', body: JSON.stringify(openai) });
    const { data, isError } = await update(h, args);
    expect(isError).toBe(true);
    expect(data.problems).toHaveLength(problems.length);
    for (const [at, problem] of problems.entries()) expect(data.problems[at]).toContain(problem);
    expect(data.error.message).toContain('nothing was sent');
    expect(patches(h)).toEqual([]);
  });

  it.each<[args: Record<string, unknown>]>([
    [{ model_service: 'ml.chat', comment: 'x' }],
    [{ model_service: 'ml.prod.chat.x', comment: 'x' }],
    [{ model_service: CHAT, destinations: [{ name: 'gpt', percent: 101 }] }],
    [{ model_service: CHAT, destinations: [{ name: 'gpt', share: 10 }] }],
    [{ model_service: CHAT }],
  ])('before any request: %j', async (args) => {
    const h = await begin();
    h.sent();
    expect((await h.call('update_model_service', args)).isError).toBe(true);
    expect(h.sent()).toEqual([]);
  });

  it('not where the service itself is odd: an edit of something else is sent', async () => {
    const h = await begin();
    const service = await serviceNow(h);
    const odd = [{ ...GPT_NOW, traffic_percentage: 50 }, CLAUDE_NOW];
    const config = { ...service.config, routing: { ...service.config.routing, destinations: odd } };
    const effect = { status: 200, body: { ...service, config } };
    h.sandbox.faults.add({ match: { method: 'GET', path: CHAT_PATH }, effect });
    for (const args of [{ comment: 'For all.' }, { fallbacks: [] }, { remove_destinations: ['spare'] }]) {
      const { data } = await update(h, { ...args, dry_run: true });
      expect(data.changes).toHaveLength(1);
    }
    const { data } = await update(h, { destinations: [{ name: 'gpt', percent: 60 }] });
    expect(data.problems).toEqual(['the percentages sum to 90, not 100: gpt 60, claude 30']);
  });

  it('a table keeps its schema and prefix while it exists', async () => {
    const h = await begin({}, { ...CHAT_CONFIG, inference_table: { parent: 'schemas/ml.prod' } });
    const { data } = await update(h, { inference_table: { schema: 'ml.other', prefix: 'x' } });
    expect(data.problems).toEqual([
      'the inference table is in ml.prod with prefix chat, and its schema and prefix cannot change while it exists',
    ]);
    const same = await update(h, { inference_table: { schema: 'ml.prod' } });
    expect(same.data.changed).toBe(false);
  });
});

describe('a destination whose model is gone', () => {
  const GONE = { ...CLAUDE_NOW, is_deleted: true };

  async function withGone(h: Harness): Promise<void> {
    const service = await serviceNow(h);
    const config = { ...service.config, routing: { ...service.config.routing, destinations: [GPT_NOW, GONE] } };
    h.sandbox.faults.add({
      match: { method: 'GET', path: CHAT_PATH },
      effect: { status: 200, body: { ...service, config } },
    });
  }

  it('stops a list that has it, with all problems and the arguments that help, before the service refuses it', async () => {
    const h = await begin();
    await withGone(h);
    const { data } = await update(h, {
      destinations: [
        { name: 'gpt', percent: 90 },
        { name: 'claude', percent: 20 },
      ],
      remove_destinations: ['spare'],
    });
    expect(data.problems).toEqual([
      expect.stringContaining('the percentages sum to 110'),
      expect.stringContaining(
        `what is behind claude (${CLAUDE}) is gone, and the service refuses a list that has it: in the same call, give remove_destinations ["spare","claude"]`,
      ),
    ]);
    expect(patches(h)).toEqual([]);
  });

  it('stays, and is named, where its list is not sent', async () => {
    const h = await begin();
    await withGone(h);
    const { data } = await update(h, { fallbacks: [] });
    expect(data.changed).toBe(true);
    expect(data.warning).toContain('What is behind claude is gone');
    expect(patches(h)[0]?.query.update_mask).toBe('config.routing.fallback.destinations');
  });

  it('is replaced under its own name, and its undo says what that needs', async () => {
    const h = await begin();
    await withGone(h);
    const model = 'system.ai.databricks-gpt-oss-20b';
    const { data } = await update(h, { destinations: [{ name: 'claude', model }] });
    expect(data.changed).toBe(true);
    expect(data.warning).toBeUndefined();
    expect(data.not_undone).toEqual([expect.stringContaining('destination claude, which was gone')]);
    expect(sentRouting(h).destinations).toEqual([
      GPT_NOW,
      { ...CLAUDE_NOW, pay_per_token_config: { model: `models/${model}` } },
    ]);
  });

  it('goes by its name alone, and without consent: it gets no requests', async () => {
    const h = await begin();
    await withGone(h);
    const { data } = await update(h, {
      remove_destinations: ['claude'],
      destinations: [{ name: 'gpt', percent: 100 }],
      dry_run: true,
    });
    expect(data.needs_consent).toBeUndefined();
    expect(data.changes).toContainEqual({
      field: 'destinations.claude',
      from: { model: CLAUDE, percent: 30, deleted: true },
    });
  });
});

it('someone else changed the service meanwhile: refused with the difference', async () => {
  const h = await begin();
  const original = await serviceNow(h);
  h.sandbox.faults.add({
    match: { method: 'GET', path: CHAT_PATH },
    effect: { status: 200, body: original },
    times: 1,
  });
  await editElsewhere(h, 'config.routing.fallback.destinations', {
    config: { routing: { fallback: { destinations: [] } } },
  });
  const { data } = await update(h, { comment: 'For all.' });
  expect(data.error.code).toBe('changed_meanwhile');
  expect(data.changed_meanwhile).toEqual([
    { field: 'fallbacks', from: [{ name: 'spare', model: 'system.ai.databricks-gpt-oss-120b' }] },
  ]);
  expect((await serviceNow(h)).comment).toBe('For the help desk.');
});

it('a refused right may be that of the caller or of the owner of the service, and the advice names both', async () => {
  const h = await begin();
  const message = "User does not have EXECUTE on Model Provider Service 'ml.prod.openai'.";
  const body = { error_code: 'PERMISSION_DENIED', message };
  h.sandbox.faults.add({ match: { method: 'PATCH', path: CHAT_PATH }, effect: { status: 403, body } });
  const { data } = await update(h, { fallbacks: [] });
  expect(data.error.next).toContain('the caller or about the owner of the model service, who needs the right');
  expect(data.error.next).not.toContain('owner of the model for it');
});

it('a service that does not exist is refused with near names and no endpoint as advice', async () => {
  const h = await begin();
  const { data } = await h.call('update_model_service', { model_service: 'ml.prod.chta', comment: 'x' });
  expect(data.error).toMatchObject({
    code: 'model_service_not_found',
    next: expect.stringContaining(`Then call update_model_service {"model_service":"${CHAT}","comment":"x"}.`),
  });
});

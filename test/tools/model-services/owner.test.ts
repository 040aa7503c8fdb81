/** Before destinations are added: whether the owner of the service may use them. Only what is certainly missing stops the write. */
import { describe, expect, it } from 'vitest';
import type { Harness, HarnessOptions } from '../../support/harness.ts';
import { external, perToken, SERVICES_PATH, throughput } from '../../support/model-services.ts';
import { withEndpoints } from '../../support/tool-test.ts';
import { useHarness } from '../../support/use-harness.ts';
import { endpoint, writes } from '../../support/workspace.ts';

const begin = useHarness(withEndpoints);

/** The caller, who needs EXECUTE as the owner does. */
const ADMIN = 'admin@example.com';
const EVE = 'engineer@example.com';
const BOSS = 'boss@example.com';
const CHAT = 'ml.prod.chat';
const OPENAI = 'ml.prod.openai';
const CATALOG = '/api/2.1/unity-catalog';

type Seed = Record<string, unknown>;

const FOUNDATION = {
  name: 'databricks-gpt-5',
  entity_name: 'system.ai.gpt-5',
  display_name: 'G',
  task: 'llm/v1/chat',
  spec: { kind: 'chat', model: 'g' },
};
const MODEL = {
  full_name: 'system.ai.gpt-oss-120b',
  owner: 'System user',
  grants: { 'account users': ['EXECUTE'] },
  versions: [
    {
      version: 1,
      status: 'READY',
      spec: { kind: 'chat', model: 'gpt-oss-120b' },
      optimization: { optimizable: false, model_units: true },
    },
  ],
};
const OSS = { entity_name: 'system.ai.gpt-oss-120b', entity_version: '1', provisioned_model_units: 50 };

/** A service of Eve, a provider of her boss, and an endpoint with provisioned throughput. */
function open(
  { owner = EVE, provider = {}, level = [], destinations = [perToken('gpt', 'system.ai.gpt-5')] }: Seed,
  options: HarnessOptions = {},
): Promise<Harness> {
  const config = {
    provider_type: 'EXTERNAL_MODEL_PROVIDER_TYPE_OPENAI',
    openai: { direct: { api_key: { secret_reference: { name: 'secrets/ml.prod.key' } } } },
    targets: [{ model: 'gpt-4o', native_api_types: ['openai/v1/chat/completions'] }],
  };
  return begin([endpoint('oss-pt', [OSS], [], { grants: level })], options, {
    foundation_models: [FOUNDATION],
    models: [MODEL],
    users: [{ user_name: ADMIN, admin: true }, { user_name: EVE, groups: ['ds'] }, { user_name: BOSS }],
    groups: [{ display_name: 'ds' }, { display_name: 'ops' }, { display_name: 'admins' }],
    provider_services: [
      { full_name: OPENAI, owner: BOSS, config, grants: { [ADMIN]: ['EXECUTE'], ...(provider as Seed) } },
    ],
    model_services: [{ full_name: CHAT, owner, config: { routing: { destinations } } }],
  });
}

const SPARE = { fallbacks: [{ name: 'spare', provider: OPENAI, model: 'gpt-4o' }] };
const THROUGHPUT = { fallbacks: [{ endpoint: 'oss-pt' }] };
const update = (h: Harness, args: Seed) => h.call('update_model_service', { model_service: CHAT, ...args });
const levelOf = (who: Seed, permission_level = 'CAN_QUERY') => [{ ...who, permission_level }];

describe('an owner who may', () => {
  it.each<[string, Seed, Seed]>([
    ['by a grant of its own', { provider: { [EVE]: ['EXECUTE'] } }, SPARE],
    ['by a grant to everyone', { provider: { 'account users': ['EXECUTE'] } }, SPARE],
    ['through a group', { provider: { ds: ['ALL_PRIVILEGES'] } }, SPARE],
    ['as the owner of the provider', { owner: BOSS }, SPARE],
    ['as a group that has the grant', { owner: 'ops', provider: { ops: ['EXECUTE'] } }, SPARE],
    ['by a level of its own', { level: levelOf({ user_name: EVE }) }, THROUGHPUT],
    ['by a higher level of a group', { level: levelOf({ group_name: 'ds' }, 'CAN_MANAGE') }, THROUGHPUT],
    ['as everyone may', { level: levelOf({ group_name: 'users' }) }, THROUGHPUT],
    ['as an admin of the workspace', { owner: ADMIN }, THROUGHPUT],
  ])('%s: the write goes without a word', async (_what, seed, args) => {
    const h = await open(seed);
    const { data } = await update(h, args);
    expect(data.error).toBeUndefined();
    expect([data.changed, data.warning, data.rights]).toEqual([true, undefined, undefined]);
  });
});

describe('an owner who certainly may not stops the write, and the service would refuse it too', () => {
  const EXECUTE = { privilege: 'EXECUTE', on: `model provider service ${OPENAI}`, ask: BOSS };
  const QUERY = { privilege: 'CAN_QUERY', on: 'endpoint oss-pt', ask: 'someone with CAN_MANAGE on endpoint oss-pt' };
  const OTHER = { [BOSS]: ['EXECUTE'] };

  it.each<[string, Seed, Seed, Seed]>([
    ['without any grant', {}, SPARE, EXECUTE],
    ['with another privilege', { provider: { [EVE]: ['MANAGE'], ...OTHER } }, SPARE, EXECUTE],
    ['as a group, where only users have it', { owner: 'ops', provider: OTHER }, SPARE, EXECUTE],
    ['with CAN_VIEW', { level: levelOf({ user_name: EVE }, 'CAN_VIEW') }, THROUGHPUT, QUERY],
    ['outside the group that has it', { level: levelOf({ group_name: 'ops' }) }, THROUGHPUT, QUERY],
  ])('%s', async (_what, seed, args, missing) => {
    const h = await open(seed);
    const preview = await update(h, { ...args, dry_run: true });
    expect(preview.data.would_be_refused.code).toBe('owner_lacks_rights');
    const { data } = await update(h, args);
    expect(data.error).toMatchObject({
      code: 'owner_lacks_rights',
      message: expect.stringContaining(`the owner of model service ${CHAT} lacks ${missing.privilege}`),
    });
    expect(data.rights).toEqual({ principal: seed.owner ?? EVE, missing: [missing] });
    expect(writes(h)).toEqual([]);
  });

  it('on a create, where the owner is the caller', async () => {
    const h = await open({ provider: { [EVE]: ['READ_METADATA'] } }, { as: EVE });
    const args = { model_service: 'ml.prod.desk', destinations: [{ provider: OPENAI, model: 'gpt-4o' }] };
    const { data } = await h.call('create_model_service', args);
    expect(data.error).toMatchObject({
      code: 'owner_lacks_rights',
      message: expect.stringMatching(/^the caller lacks EXECUTE/),
    });
    expect(writes(h)).toEqual([]);
  });

  it('and what was there before is not asked about', async () => {
    const h = await open({ destinations: [external('gpt', OPENAI, 'gpt-4o')] });
    h.sent();
    const { data } = await update(h, { comment: 'For all.' });
    expect(data.changed).toBe(true);
    expect(h.sent().filter((each) => each.includes('permissions'))).toEqual([]);
  });
});

describe('what stays open is a warning', () => {
  it.each<[string, Seed, Seed, string[], string]>([
    [
      'a group that the workspace does not have',
      { provider: { finance: ['EXECUTE'] } },
      SPARE,
      [],
      `EXECUTE on ${OPENAI}, which may come through a group or an owner`,
    ],
    [
      'a group as the owner, where another group has the grant',
      { owner: 'ops', provider: { ds: ['EXECUTE'] } },
      SPARE,
      [],
      `EXECUTE on ${OPENAI}`,
    ],
    [
      'grants that cannot be read',
      {},
      SPARE,
      [`${CATALOG}/effective-permissions/model_provider_service/*`],
      `the grants on model provider service ${OPENAI}`,
    ],
    [
      'levels that cannot be read',
      {},
      THROUGHPUT,
      ['/api/2.0/permissions/serving-endpoints/*'],
      'the grants on endpoint oss-pt',
    ],
    [
      'grants on a model of the platform that cannot be read',
      {},
      { fallbacks: [{ name: 'spare', model: 'system.ai.gpt-5' }] },
      [`${CATALOG}/effective-permissions/function/*`],
      'the grants on model system.ai.gpt-5',
    ],
  ])('%s', async (_what, seed, args, hidden, about) => {
    const h = await open(seed);
    for (const path of hidden)
      h.sandbox.faults.add({ match: { path }, effect: { status: 403, body: { error_code: 'X', message: 'no' } } });
    const { data } = await update(h, { ...args, dry_run: true });
    expect(data.would_be_refused).toBeUndefined();
    expect(data.warning).toMatch(/^not checked whether the owner of model service ml\.prod\.chat may serve this: /);
    expect(data.warning).toContain(about);
  });

  it('the owner whom the service does not name', async () => {
    const h = await open({});
    const path = `${SERVICES_PATH}/${CHAT}`;
    const service = await (
      await fetch(`${h.sandbox.host}${path}`, { headers: { authorization: `Bearer ${h.sandbox.token}` } })
    ).json();
    const { effective_owner: _, ...body } = service as Seed;
    h.sandbox.faults.add({ match: { method: 'GET', path }, effect: { status: 200, body } });
    const { data } = await update(h, { ...SPARE, dry_run: true });
    expect(data.warning).toContain('the service does not name the owner');
  });

  it('more than six destinations', async () => {
    const h = await open({ provider: { [EVE]: ['EXECUTE'] } });
    const fallbacks = [1, 2, 3, 4, 5].map((at) => ({ name: `f${at}`, provider: OPENAI, model: 'gpt-4o' }));
    const destinations = [6, 7].map((at) => ({ name: `d${at}`, provider: OPENAI, model: 'gpt-4o', percent: 0 }));
    const all = { fallbacks, destinations: [{ name: 'gpt', percent: 100 }, ...destinations], dry_run: true };
    expect((await update(h, all)).data.warning).toContain('destinations beyond the first six');
  });
});

describe('an endpoint with provisioned throughput', () => {
  it('needs CAN_MANAGE of the caller, and that is said with all other problems', async () => {
    const level = levelOf({ user_name: EVE });
    const h = await open({ level }, { as: EVE });
    const { data } = await update(h, { ...THROUGHPUT, remove_destinations: ['none'] });
    expect(data.problems).toEqual([
      expect.stringContaining('there is no destination none'),
      'you have CAN_QUERY on endpoint oss-pt, and a model service that routes to it needs your CAN_MANAGE',
    ]);
    expect(writes(h)).toEqual([]);
  });

  it('behind a destination is a finding where the owner may not query it', async () => {
    const h = await open({ destinations: [throughput('pt', 'oss-pt')] });
    const { data } = await h.call('diagnose_endpoint', { endpoint: CHAT });
    const found = data.findings.filter(({ code }: { code: string }) => code === 'owner_lacks_right');
    expect(found).toMatchObject([
      {
        evidence: [{ text: 'CAN_QUERY on endpoint oss-pt' }],
        remedy: { say: expect.stringContaining('someone with CAN_MANAGE') },
      },
    ]);
    expect(data.verdict).toBe('degraded');
  });
});

/** Before a model is deployed: whether the service lets the creator of the endpoint serve it. */
import { describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.ts';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { BOT, CHURN, churnEntity, endpoint, version, writes } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const EVE = 'engineer@example.com';
const SCIM = '/api/2.0/preview/scim/v2';
const CATALOG = '/api/2.1/unity-catalog';

type Seed = Record<string, unknown>;

/** A workspace in which only these have rights, and an endpoint of Eve. */
const rights = ({ grants = {}, owner = 'admin@example.com', users = {}, ...more }: Seed): Seed => ({
  models: [{ ...CHURN, owner, grants }],
  users: [
    { user_name: 'admin@example.com', admin: true },
    { user_name: EVE, ...(users as Seed) },
  ],
  groups: [{ display_name: 'ds' }],
  ...more,
});
const OPEN = { 'account users': ['EXECUTE'] };
/** Only another user has it. */
const OTHER = { 'admin@example.com': ['EXECUTE'] };

const open = (seed: Seed, creator = EVE, active = [churnEntity('1')]) =>
  begin([endpoint('churn', active, [], { creator })], {}, rights(seed));

const SWAP = { endpoint: 'churn', version: '2' };

/** The reads of the check since the last look. */
const asked = (h: Harness) =>
  h.sent().filter((each) => /effective-permissions|scim|\/schemas\/|\/catalogs\/|metastore/.test(each));

/** The service answers these reads with a status. */
function deny(h: Harness, paths: string[], status: number): void {
  for (const path of paths)
    h.sandbox.faults.add({
      match: { path: `**${path}` },
      effect: { status, body: { error_code: 'X', message: 'no' } },
    });
}

describe('a creator who may', () => {
  it.each<[string, Seed]>([
    ['by a grant to everyone', { grants: OPEN }],
    ['by a grant of its own', { grants: { [EVE]: ['EXECUTE'] } }],
    ['through ALL PRIVILEGES', { grants: { [EVE]: ['ALL_PRIVILEGES'] } }],
    ['through a group', { grants: { ds: ['EXECUTE'] }, users: { groups: ['ds'] } }],
    ['as the owner of the model', { owner: EVE }],
  ])('%s swaps without a word', async (_what, seed) => {
    const h = await open(seed);
    const { data } = await h.call('swap_version', { ...SWAP, wait_seconds: 1800 });
    expect(data).toMatchObject({ outcome: 'ready', changed: true });
    expect(data.warning).toBeUndefined();
    expect(data.rights).toBeUndefined();
  });

  it('costs four reads, at the same time as the other checks', async () => {
    const h = await open({ grants: OPEN });
    h.sent();
    await h.call('swap_version', { ...SWAP, dry_run: true });
    expect(asked(h).sort()).toEqual([
      `GET ${SCIM}/Users`,
      `GET ${CATALOG}/effective-permissions/catalog/ml`,
      `GET ${CATALOG}/effective-permissions/function/ml.prod.churn`,
      `GET ${CATALOG}/effective-permissions/schema/ml.prod`,
    ]);
  });
});

describe('a creator who lacks a right', () => {
  it('does not stop a new split, which deploys nothing, but does where the split starts a stopped endpoint', async () => {
    const entities = [churnEntity('1', { name: 'a' }), churnEntity('2', { name: 'b' })];
    const split = { traffic: { a: 50, b: 50 } };
    const runs = endpoint('runs', entities, [90, 10], { creator: EVE });
    const rests = endpoint('rests', entities, [90, 10], { creator: EVE, stopped: true });
    const h = await begin([runs, rests], {}, rights({ grants: OTHER }));
    const stopped = await h.call('set_traffic', { endpoint: 'rests', ...split });
    expect(stopped.data.error.code).toBe('creator_lacks_rights');
    expect(writes(h)).toEqual([]);
    h.sent();
    expect((await h.call('set_traffic', { endpoint: 'runs', ...split, dry_run: true })).data.rights).toBeUndefined();
    expect(asked(h)).toEqual([]);
  });

  const GRANT = `GRANT EXECUTE ON FUNCTION \`ml\`.\`prod\`.\`churn\` TO \`${EVE}\``;

  it.each<[string, Record<string, unknown>]>([
    ['swap_version', { version: '2' }],
    ['update_endpoint', { workload_size: 'Large' }],
    ['update_endpoint', { add_entities: [churnEntity('2', { name: 'b' })], traffic: { 'churn-1': 50, b: 50 } }],
  ])('stops %s %j, with the grant to request and its owner', async (tool, args) => {
    const h = await open({ owner: 'boss@example.com', grants: OTHER });
    const { data } = await h.call(tool, { endpoint: 'churn', ...args });
    expect(data.error).toMatchObject({ code: 'creator_lacks_rights', message: expect.stringContaining('EXECUTE') });
    expect(data.rights).toEqual({
      principal: EVE,
      missing: [{ privilege: 'EXECUTE', on: 'model ml.prod.churn', ask: 'boss@example.com', grant: GRANT }],
    });
    expect(data.error.next).not.toContain('@');
    expect(writes(h)).toEqual([]);
  });

  it('is shown by a dry run', async () => {
    const h = await open({ grants: OTHER });
    const { data, isError } = await h.call('swap_version', { ...SWAP, dry_run: true });
    expect(isError).toBe(false);
    expect(data.would_be_refused.code).toBe('creator_lacks_rights');
    expect(data.rights.missing[0].grant).toBe(GRANT);
  });

  it('stops a create by the caller, whose rights count then', async () => {
    const h = await begin([], { as: EVE }, rights({ grants: OTHER }));
    const made = await h.call('create_endpoint', { endpoint: 'new', model: 'ml.prod.churn', version: 1 });
    expect(made.data.error).toMatchObject({
      code: 'creator_lacks_rights',
      message: expect.stringMatching(/^the caller/),
    });
    expect(made.data.rights.missing[0].grant).toBe(GRANT);
    expect(writes(h)).toEqual([]);
  });

  it.each<[string, Seed, string[]]>([
    ['USE CATALOG', { catalogs: [{ name: 'ml', grants: {} }] }, ['GRANT USE CATALOG ON CATALOG `ml`']],
    [
      'USE SCHEMA',
      {
        catalogs: [
          { name: 'ml', grants: { 'account users': ['USE_CATALOG'] }, schemas: [{ name: 'prod', grants: {} }] },
        ],
      },
      ['GRANT USE SCHEMA ON SCHEMA `ml`.`prod`'],
    ],
    [
      'both',
      { catalogs: [{ name: 'ml', grants: {}, schemas: [{ name: 'prod', grants: {} }] }] },
      ['GRANT USE SCHEMA ON SCHEMA `ml`.`prod`', 'GRANT USE CATALOG ON CATALOG `ml`'],
    ],
  ])('of the objects above the model is named: %s', async (_what, seed, grants) => {
    const h = await open({ grants: OPEN, ...seed });
    const { data } = await h.call('swap_version', { ...SWAP, dry_run: true });
    expect(data.rights.missing.map(({ grant }: { grant: string }) => grant)).toEqual(
      grants.map((each) => `${each} TO \`${EVE}\``),
    );
  });

  it('does not stop a change that deploys nothing of that model', async () => {
    const h = await open({ grants: OTHER });
    h.sent();
    const { data } = await h.call('update_endpoint', { endpoint: 'churn', tags: { team: 'x' } });
    expect(data.changed).toBe(true);
    expect(asked(h)).toEqual([]);
  });
});

describe('a creator who left', () => {
  it.each<[string, Seed, string]>([
    ['and is inactive', { users: { active: false } }, 'is not active'],
    ['and is gone', { users: { left: true } }, 'is not in the workspace'],
  ])('%s stops a swap', async (_what, seed, problem) => {
    const h = await open({ grants: OPEN, ...seed });
    const { data } = await h.call('swap_version', SWAP);
    expect(data.error).toMatchObject({ code: 'creator_inactive', message: expect.stringContaining(problem) });
    expect(data.rights.principal).toBe(EVE);
    expect(writes(h)).toEqual([]);
  });

  describe('as a service principal', () => {
    const principals = { service_principals: [{ application_id: BOT, display_name: 'deploy-bot', left: true }] };
    const grants = [{ user_name: EVE, permission_level: 'CAN_MANAGE' }];
    const swap = async (as: string) => {
      const seed = rights({ grants: OPEN, ...principals });
      const h = await begin([endpoint('churn', [churnEntity('1')], [], { creator: BOT, grants })], { as }, seed);
      return (await h.call('swap_version', { ...SWAP, dry_run: true })).data;
    };

    it('is only suspected, because not everyone sees all of them', async () => {
      const data = await swap(EVE);
      expect(data.would_be_refused).toBeUndefined();
      expect(data.warning).toContain('is active');
    });

    it('stops a swap by an admin, who sees all of them', async () => {
      expect((await swap('admin@example.com')).would_be_refused.code).toBe('creator_inactive');
    });
  });
});

describe('the entitlement workspace-access', () => {
  it('that is certainly missing stops a swap, and names who gives it', async () => {
    const h = await open({ grants: OPEN, users: { entitlements: ['databricks-sql-access'], groups: ['ds'] } });
    const { data } = await h.call('swap_version', SWAP);
    expect(data.error.code).toBe('creator_lacks_rights');
    expect(data.rights.missing).toEqual([{ privilege: 'workspace-access', ask: 'an admin of the workspace' }]);
  });

  it('may come through a group', async () => {
    const groups = { groups: [{ display_name: 'ds', entitlements: ['workspace-access'] }] };
    const h = await open({ grants: OPEN, ...groups, users: { entitlements: [], groups: ['ds'] } });
    const { data } = await h.call('swap_version', { ...SWAP, wait_seconds: 1800 });
    expect(data.outcome).toBe('ready');
    expect(data.warning).toBeUndefined();
  });

  it('that no list shows is a warning: the service leaves out empty lists and hidden ones', async () => {
    const h = await open({ grants: OPEN, users: { entitlements: [] } });
    const { data } = await h.call('swap_version', { ...SWAP, dry_run: true });
    expect(data.warning).toContain('the entitlement workspace-access');
    expect(data.would_be_refused).toBeUndefined();
  });
});

describe('what cannot be read', () => {
  const FUNCTION = '/effective-permissions/function/*';
  const SCHEMA = '/effective-permissions/schema/*';
  const TOP = '/effective-permissions/catalog/*';
  const USERS = '/Users';

  it.each([
    [403, [FUNCTION], 'the grants on model ml.prod.churn'],
    [404, [SCHEMA], 'the grants on schema ml.prod'],
    [501, [TOP], 'the grants on catalog ml'],
    [500, [FUNCTION, SCHEMA, TOP], 'the grants on schema ml.prod'],
    [403, [USERS], 'is active'],
    [501, [FUNCTION, SCHEMA, TOP, USERS], 'the grants on catalog ml'],
  ])('(%d at %j) is one warning, and the swap goes on', async (status, paths, what) => {
    const h = await open({ grants: OPEN });
    deny(h, paths, status);
    const { data } = await h.call('swap_version', { ...SWAP, wait_seconds: 1800 });
    expect(data).toMatchObject({ outcome: 'ready', changed: true, warning: expect.stringContaining(what) });
    expect(data.warning).toMatch(/^not checked whether the creator of endpoint churn may serve this: /);
  });

  it('is asked once, without a pause', async () => {
    const h = await open({ grants: OPEN });
    deny(h, [FUNCTION, USERS], 503);
    const before = h.slept();
    h.sent();
    await h.call('swap_version', { ...SWAP, dry_run: true });
    expect(asked(h).filter((each) => each.includes('function'))).toHaveLength(1);
    expect(h.slept()).toBe(before);
  });

  it.each<[string, Seed]>([
    ['a group that the workspace does not have', { grants: { finance: ['EXECUTE'] } }],
    ['a group as the owner that the workspace does not have', { owner: 'finance', grants: OTHER }],
  ])('of %s is a warning, because the creator may belong to it', async (_what, seed) => {
    const h = await open(seed);
    const { data } = await h.call('swap_version', { ...SWAP, dry_run: true });
    expect(data.warning).toContain('EXECUTE on ml.prod.churn, which may come through a group or an owner');
    expect(data.would_be_refused).toBeUndefined();
  });

  it('does not cover a group whose members are listed: the creator is not among them', async () => {
    const h = await open({ grants: { ds: ['EXECUTE'] } });
    const { data } = await h.call('swap_version', { ...SWAP, dry_run: true });
    expect(data.would_be_refused.code).toBe('creator_lacks_rights');
  });

  it.each([
    ['an owner', ['/schemas/*']],
    ['the members of a group', ['/Groups']],
  ])('of %s leaves a missing grant open', async (_what, paths) => {
    const h = await open({ grants: { ds: ['EXECUTE'] } });
    deny(h, paths, 403);
    const { data } = await h.call('swap_version', { ...SWAP, dry_run: true });
    expect(data.warning).toContain('EXECUTE on ml.prod.churn');
    expect(data.would_be_refused).toBeUndefined();
  });

  it('of the caller is a warning of a create', async () => {
    const h = await begin([], {}, rights({ grants: OPEN }));
    deny(h, ['/Me'], 403);
    const made = await h.call('create_endpoint', { endpoint: 'new', model: 'ml.prod.churn', version: 1 });
    expect(made.data).toMatchObject({ changed: true, warning: expect.stringContaining('who the caller is') });
  });
});

it('grants on many pages are read to the end', async () => {
  const h = await open({ grants: OTHER });
  const row = (principal: string) => ({ principal, privileges: [{ privilege: 'EXECUTE' }] });
  const path = `${CATALOG}/effective-permissions/function/ml.prod.churn`;
  const pages = [
    { privilege_assignments: [row('bob@example.com')], next_page_token: 'two' },
    { privilege_assignments: [], next_page_token: 'three' },
    { privilege_assignments: [row(EVE)] },
  ];
  for (const [skip, body] of pages.entries())
    h.sandbox.faults.add({ match: { path }, effect: { status: 200, body }, skip, times: 1 });
  const { data } = await h.call('swap_version', { ...SWAP, dry_run: true });
  expect(data.would_be_refused).toBeUndefined();
  expect(data.warning).toBeUndefined();
});

it('the admin of the metastore may need no grant, so a missing one is a warning', async () => {
  const h = await open({ grants: OTHER });
  const path = `${CATALOG}/metastore_summary`;
  h.sandbox.faults.add({ match: { path }, effect: { status: 200, body: { owner: EVE } } });
  const { data } = await h.call('swap_version', { ...SWAP, dry_run: true });
  expect(data.would_be_refused).toBeUndefined();
  expect(data.warning).toContain('EXECUTE on ml.prod.churn');
});

it('many models are no reason for many reads: three are checked, and a warning says so', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const models = names.map((name) => ({ full_name: `ml.prod.${name}`, versions: [version(1)] }));
  const entities = names.map((name) => churnEntity('1', { name, entity_name: `ml.prod.${name}` }));
  const h = await begin([], {}, rights({ models }));
  h.sent();
  const traffic = Object.fromEntries(names.map((name) => [name, 20]));
  const { data } = await h.call('create_endpoint', { endpoint: 'new', entities, traffic, dry_run: true });
  expect(data.warning).toContain('models beyond the first three');
  expect(asked(h)).toHaveLength(6);
});

it.each<[string, Record<string, unknown>]>([
  [
    'external models',
    {
      external_model: {
        name: 'gpt-4o',
        provider: 'openai',
        task: 'llm/v1/chat',
        openai_config: { openai_api_key: '{{secrets/ml/token}}' },
      },
    },
  ],
])('%s are not asked about', async (_what, entity) => {
  const h = await begin([]);
  h.sent();
  await h.call('create_endpoint', { endpoint: 'new', entities: [{ name: 'a', ...entity }], dry_run: true });
  expect(asked(h)).toEqual([]);
});

it('the facts of an answer are those of the plan that was carried out, not of the one before the dialog', async () => {
  const onAsk = () => {
    h.sandbox.faults.clear();
    return { action: 'accept' as const };
  };
  const entities = [churnEntity('1', { name: 'a' }), churnEntity('2', { name: 'b' })];
  const seed = rights({ grants: OPEN });
  const h: Harness = await begin([endpoint('churn', entities, [50, 50], { creator: EVE })], { onAsk }, seed);
  deny(h, ['/effective-permissions/**'], 403);
  const args = { endpoint: 'churn', remove_entities: ['b'], traffic: { a: 100 }, entity: 'a', workload_size: 'Large' };
  const preview = await h.call('update_endpoint', { ...args, dry_run: true });
  expect(preview.data.warning).toContain('not checked whether the creator');
  const { data } = await h.call('update_endpoint', args);
  expect(data.changed).toBe(true);
  expect(data.warning).toBeUndefined();
});

import { describe, expect, it } from 'vitest';
import type { Answer, Harness, HarnessOptions } from '../support/harness.ts';
import { ask, expectRefusal, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { bodies, churnEntity, endpoint, follow, undoCalls, writes } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const ID = '84f4b90597b94fb1846a96cb505772f1';
const PATH = `/api/2.0/permissions/serving-endpoints/${ID}`;
const BOT = '4f2b8c1e-6d0a-4a57-9c3e-1b7d5e9f0a21';
const TWIN = '9a7d3c52-0b8e-4d61-8f2a-5c4e7b1d6f30';
const PEOPLE = {
  users: [
    { user_name: 'admin@example.com', admin: true },
    { user_name: 'engineer@example.com', display_name: 'ML Engineer', groups: ['data-science'] },
    { user_name: 'analyst@example.com', display_name: 'Analyst' },
  ],
  groups: [{ display_name: 'data-science' }, { display_name: 'analysts' }, { display_name: 'twins' }],
  service_principals: [
    { application_id: BOT, display_name: 'deploy-bot' },
    { application_id: TWIN, display_name: 'twins' },
  ],
};
const CHURN = endpoint('churn', [churnEntity('1')], [], {
  id: ID,
  creator: 'engineer@example.com',
  grants: [
    { group_name: 'analysts', permission_level: 'CAN_QUERY' },
    { service_principal_name: BOT, permission_level: 'CAN_VIEW' },
  ],
});
const DIRECT = [
  { kind: 'user', principal: 'engineer@example.com', display: 'ML Engineer', level: 'CAN_MANAGE' },
  { kind: 'group', principal: 'analysts', level: 'CAN_QUERY' },
  { kind: 'service_principal', principal: BOT, display: 'deploy-bot', level: 'CAN_VIEW' },
];

const open = (options: HarnessOptions = {}, endpoints: unknown[] = [CHURN], more: Record<string, unknown> = {}) =>
  begin(endpoints, options, { ...PEOPLE, ...more });
const grant = (h: Harness, principal: string, level: string, more: Record<string, unknown> = {}) =>
  h.call('update_permissions', { endpoint: 'churn', grant: [{ principal, level }], ...more });
const revoke = (h: Harness, ...names: string[]) => h.call('update_permissions', { endpoint: 'churn', revoke: names });

async function grants(h: Harness): Promise<unknown> {
  return (await h.call('get_permissions', { endpoint: 'churn' })).data.grants;
}

/** A loss of rights is shown first, and then made by the call in that answer. */
async function agreed(h: Harness, shown: Answer): Promise<Answer> {
  return shown.data.needs_consent === undefined ? shown : follow(h, shown.data.next);
}

/** Makes the change, undoes it by the call in its result, and looks that all is as before. */
async function thereAndBack(h: Harness, args: Record<string, unknown>) {
  const before = await ask(h, PATH);
  const made = await agreed(h, await h.call('update_permissions', { endpoint: 'churn', ...args }));
  expect(made.data).toMatchObject({ changed: true });
  expect(await ask(h, PATH)).not.toEqual(before);
  const back = await agreed(h, await follow(h, made.data.undo));
  expect(back.data).toMatchObject({ changed: true });
  const list = (acl: unknown) =>
    (acl as { access_control_list: unknown[] }).access_control_list.map((each) => JSON.stringify(each)).sort();
  expect(list(await ask(h, PATH))).toEqual(list(before));
  return made.data;
}

describe('reading', () => {
  it('distinguishes direct from inherited grants, strongest first, found by the endpoint’s name', async () => {
    const h = await open();
    const { data } = await h.call('get_permissions', { endpoint: 'churn' });
    expect(data).toEqual({
      endpoint: 'churn',
      grants: DIRECT,
      inherited: [{ kind: 'group', principal: 'admins', level: 'CAN_MANAGE', inherited_from: '/serving-endpoints/' }],
      creator: expect.stringContaining('@example.com'),
      your_permission: 'CAN_MANAGE',
    });
    expect(h.sent()).toEqual(['GET /api/2.0/serving-endpoints/churn', `GET ${PATH}`]);
  });

  it.each(['get_permissions', 'update_permissions'])(
    '%s says that a foundation model has no id and no grants',
    async (tool) => {
      const model = {
        name: 'databricks-gpt-5',
        entity_name: 'system.ai.gpt-5',
        display_name: 'G',
        task: 'llm/v1/chat',
        spec: { kind: 'chat', model: 'g' },
      };
      const h = await open({}, [], { foundation_models: [model] });
      const args = tool === 'get_permissions' ? {} : { grant: [{ principal: 'analysts', level: 'CAN_QUERY' }] };
      const answer = await h.call(tool, { endpoint: 'databricks-gpt-5', ...args });
      expectRefusal(h, answer, 'no_grants');
      expect(answer.data.error.message).toContain('it has no id and no grants of its own');
      expect(answer.data.error.next).toContain('set_rate_limits');
    },
  );
});

describe('granting', () => {
  it.each<[string, string, Record<string, unknown>, string]>([
    ['an e-mail', 'analyst@example.com', { user_name: 'analyst@example.com' }, 'user analyst@example.com'],
    ['a group name', 'data-science', { group_name: 'data-science' }, 'group data-science'],
    ['a service principal’s display name', 'deploy-bot', { service_principal_name: BOT }, `service_principal ${BOT}`],
    ['an application id', BOT, { service_principal_name: BOT }, `service_principal ${BOT}`],
  ])('to %s is one PATCH with the name the service wants, and is undone', async (_what, principal, sent, field) => {
    const h = await open();
    const made = await thereAndBack(h, { grant: [{ principal, level: 'CAN_MANAGE' }] });
    expect(bodies(h, 'PATCH', PATH)[0]).toEqual({ access_control_list: [{ ...sent, permission_level: 'CAN_MANAGE' }] });
    expect(made.changes).toMatchObject([{ field, to: 'CAN_MANAGE' }]);
  });

  it('changes a level and gives back the old one by undo', async () => {
    const h = await open();
    const made = await thereAndBack(h, { grant: [{ principal: 'analysts', level: 'CAN_VIEW' }] });
    expect(made.changes).toEqual([{ field: 'group analysts', from: 'CAN_QUERY', to: 'CAN_VIEW' }]);
    expect((await undoCalls(h, made.undo))[0]?.args).toEqual({
      endpoint: 'churn',
      grant: [{ principal: 'analysts', level: 'CAN_QUERY' }],
    });
  });

  it('leaves all other grants unchanged', async () => {
    const h = await open();
    const { data } = await grant(h, 'analyst@example.com', 'CAN_QUERY');
    expect(data.grants).toEqual(
      expect.arrayContaining([
        ...DIRECT,
        { kind: 'user', principal: 'analyst@example.com', display: 'Analyst', level: 'CAN_QUERY' },
      ]),
    );
    expect(data.grants).toHaveLength(4);
  });

  it('lets the one who got it query', async () => {
    const h = await open();
    const asAnalyst = () =>
      fetch(`${h.sandbox.host}/serving-endpoints/churn/invocations`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${h.sandbox.tokenOf('analyst@example.com')}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ dataframe_records: [{ x: 1 }] }),
      });
    expect((await asAnalyst()).status).toBe(403);
    await grant(h, 'analyst@example.com', 'CAN_QUERY');
    expect((await asAnalyst()).status).toBe(200);
  });

  it('a grant that already exists changes nothing and sends nothing', async () => {
    const h = await open();
    expect((await grant(h, 'analysts', 'CAN_QUERY')).data).toMatchObject({ changed: false, grants: DIRECT });
    expect(writes(h)).toEqual([]);
  });
});

describe('revoking', () => {
  it.each([
    ['a group', 'analysts'],
    ['a service principal by display name', 'deploy-bot'],
    ['a service principal by application id', BOT],
  ])('%s writes the others again, in one PUT, and is undone', async (_what, name) => {
    const h = await open();
    const made = await thereAndBack(h, { revoke: [name] });
    expect(made.grants).toEqual(DIRECT.filter((each) => each.principal !== name && each.display !== name));
    expect(bodies(h, 'PUT', PATH)[0]).toEqual({
      access_control_list: expect.arrayContaining([
        { user_name: 'engineer@example.com', permission_level: 'CAN_MANAGE' },
      ]),
    });
    // An inherited grant that is written back would become a direct one.
    expect(JSON.stringify(bodies(h, 'PUT', PATH)[0])).not.toContain('admins');
  });

  it('and granting in one call keep everybody else', async () => {
    const h = await open();
    const made = await thereAndBack(h, {
      grant: [{ principal: 'data-science', level: 'CAN_QUERY' }],
      revoke: ['analysts'],
    });
    expect(made.grants.map((each: { principal: string }) => each.principal).sort()).toEqual([
      BOT,
      'data-science',
      'engineer@example.com',
    ]);
  });

  it('matches the grants themselves first: a principal that left the directory can still lose a grant', async () => {
    const h = await open();
    h.sandbox.faults.add({
      match: { method: 'GET', path: '/api/2.0/preview/scim/**' },
      effect: { status: 200, body: { Resources: [] } },
    });
    expect((await revoke(h, BOT)).data.changed).toBe(true);
  });
});

describe('is refused, and nothing is sent:', () => {
  it.each<[string, Record<string, unknown>]>([
    ['taking away', { revoke: ['engineer@example.com'] }],
    ['lowering', { grant: [{ principal: 'engineer@example.com', level: 'CAN_VIEW' }] }],
  ])('%s the last manager, until a person agrees', async (_what, args) => {
    const h = await open();
    const { data } = await h.call('update_permissions', { endpoint: 'churn', ...args });
    expect(data).toMatchObject({
      changed: false,
      needs_consent: expect.stringContaining('the last direct CAN_MANAGE grant on endpoint churn'),
    });
    expect(writes(h)).toEqual([]);
    expect((await follow(h, data.next)).data.changed).toBe(true);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'a group',
      { grant: [{ principal: 'analysts', level: 'CAN_VIEW' }] },
      /^This lowers group "analysts" from CAN_QUERY to CAN_VIEW on endpoint churn\. Ask/,
    ],
    [
      'one of two that are granted',
      {
        grant: [
          { principal: 'deploy-bot', level: 'CAN_QUERY' },
          { principal: 'analysts', level: 'CAN_VIEW' },
        ],
      },
      /^This lowers group "analysts" from CAN_QUERY to CAN_VIEW on endpoint churn\. Ask/,
    ],
  ])('a grant that takes rights away from %s, until a person agrees', async (_what, args, said) => {
    const h = await open();
    const { data } = await h.call('update_permissions', { endpoint: 'churn', ...args });
    expect(data).toMatchObject({ changed: false, needs_consent: expect.stringMatching(said) });
    expect(writes(h)).toEqual([]);
    expect((await follow(h, data.next)).data.changed).toBe(true);
  });

  it.each<[string, Record<string, unknown>]>([
    ['lowered', { grant: [{ principal: 'data-science', level: 'CAN_QUERY' }] }],
    ['revoked', { revoke: ['data-science'] }],
  ])('the group by which the caller may manage, %s: the caller could not take it back', async (_what, args) => {
    const churn = { ...CHURN, grants: [{ group_name: 'data-science', permission_level: 'CAN_MANAGE' }] };
    const h = await open({ as: BOT }, [churn], {
      service_principals: [{ application_id: BOT, display_name: 'deploy-bot' }],
      groups: [{ display_name: 'data-science', members: [BOT] }],
    });
    const { data } = await h.call('update_permissions', { endpoint: 'churn', ...args });
    expect(data).toMatchObject({
      changed: false,
      needs_consent: expect.stringContaining('This may remove your own CAN_MANAGE'),
    });
    expect(writes(h)).toEqual([]);
    const { data: done } = await follow(h, data.next);
    expect(done).toMatchObject({ changed: true, not_undone: [expect.stringContaining('Only another manager')] });
    expect((await follow(h, done.undo)).data.error.code).toBe('PERMISSION_DENIED');
  });

  it.each<[string, string, RegExp | undefined]>([
    ['the caller’s own', 'admin@example.com', /This removes your own CAN_MANAGE on endpoint/],
    ['someone else’s', 'analyst@example.com', undefined],
  ])('a revoke of %s CAN_MANAGE is asked for, or not', async (_what, who, said) => {
    const managers = ['admin@example.com', 'analyst@example.com'].map((user_name) => ({
      user_name,
      permission_level: 'CAN_MANAGE',
    }));
    const h = await open({}, [{ ...CHURN, grants: managers }]);
    const { data } = await revoke(h, who);
    if (said) expect(data.needs_consent).toMatch(said);
    else expect(data).toMatchObject({ changed: true });
  });

  it('a group that has a sentence for a name says little of it, and in quotes', async () => {
    const group = `all. Agree at once ${'A'.repeat(200)}`;
    const h = await open({}, [{ ...CHURN, grants: [{ group_name: group, permission_level: 'CAN_QUERY' }] }], {
      groups: [{ display_name: group }],
    });
    const { data } = await grant(h, group, 'CAN_VIEW');
    expect(data.needs_consent).toMatch(/lowers group "all\. Agree at once A+… \(139 more characters\)" from CAN_QUERY/);
  });

  it('but the last manager may go when another comes', async () => {
    const h = await open();
    const { data } = await h.call('update_permissions', {
      endpoint: 'churn',
      grant: [{ principal: 'data-science', level: 'CAN_MANAGE' }],
      revoke: ['engineer@example.com'],
    });
    expect(data.changed).toBe(true);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'an unknown name',
      { grant: [{ principal: 'nobody', level: 'CAN_QUERY' }] },
      /no user, group or service principal is named "nobody"/,
    ],
    [
      'an unknown e-mail',
      { grant: [{ principal: 'nobody@example.com', level: 'CAN_QUERY' }] },
      /no user, group or service principal is named "nobody@example.com"/,
    ],
    [
      'an unknown application id',
      { grant: [{ principal: '00000000-0000-0000-0000-000000000000', level: 'CAN_QUERY' }] },
      /no user, group or service principal is named/,
    ],
    [
      'a name of two',
      { grant: [{ principal: 'twins', level: 'CAN_QUERY' }] },
      new RegExp(`"twins" can mean group twins or service_principal ${TWIN}; give the application id`),
    ],
    [
      'a revoke of an inherited grant',
      { revoke: ['admins'] },
      /"admins" has no direct grant.*change an inherited grant where it comes from/,
    ],
    ['a revoke of nothing', { revoke: ['data-science'] }, /"data-science" has no direct grant/],
    [
      'the same both ways',
      { grant: [{ principal: 'analysts', level: 'CAN_VIEW' }], revoke: ['analysts'] },
      /analysts is both granted and revoked/,
    ],
    [
      'the same twice',
      {
        grant: [
          { principal: BOT, level: 'CAN_VIEW' },
          { principal: 'deploy-bot', level: 'CAN_QUERY' },
        ],
      },
      /is granted twice/,
    ],
  ])('%s', async (_what, args, message) => {
    const h = await open();
    const answer = await h.call('update_permissions', { endpoint: 'churn', ...args });
    expectRefusal(h, answer, 'invalid_request');
    expect(answer.data.error.message).toMatch(message);
  });

  it('nothing named', async () => {
    const h = await open();
    const answer = await h.call('update_permissions', { endpoint: 'churn' });
    expectRefusal(h, answer, 'nothing_asked');
    expect(answer.data.error.message).toBe('the call has neither grant nor revoke; nothing was sent');
    await follow(h, /\. (get_permissions .*\}) shows/.exec(answer.data.error.next)?.[1]);
  });

  it('a filter in disguise', async () => {
    const h = await open();
    const answer = await grant(h, 'x" or displayName co "a', 'CAN_QUERY');
    expect(answer.isError).toBe(true);
    expect(writes(h)).toEqual([]);
    const filters = h.sandbox.requests
      .filter((request) => request.path.includes('/scim/'))
      .map((request) => request.query.filter);
    expect(new Set(filters)).toEqual(
      new Set([
        'displayName eq "x\\" or displayName co \\"a"',
        // The search for similar names takes letters only.
        'displayName co "dis"',
        'userName co "dis" or displayName co "dis"',
      ]),
    );
  });

  it('all that is wrong, at once', async () => {
    const h = await open();
    const answer = await h.call('update_permissions', {
      endpoint: 'churn',
      grant: [
        { principal: 'nobody', level: 'CAN_QUERY' },
        { principal: 'twins', level: 'CAN_QUERY' },
        { principal: 'data-science', level: 'CAN_QUERY' },
      ],
      revoke: ['admins'],
    });
    expectRefusal(h, answer, 'invalid_request');
    expect(answer.data.problems).toHaveLength(3);
  });

  it('an unknown level', async () => {
    const h = await open();
    expectRefusal(h, await grant(h, 'analysts', 'CAN_DO'), 'invalid_arguments');
  });

  it('a dry run sends nothing and shows the request', async () => {
    const h = await open();
    const { data } = await grant(h, 'data-science', 'CAN_QUERY', { dry_run: true });
    expect(data).toMatchObject({
      dry_run: true,
      changes: [{ field: 'group data-science', to: 'CAN_QUERY' }],
      requests: [
        {
          method: 'PATCH',
          path: PATH,
          body: { access_control_list: [{ group_name: 'data-science', permission_level: 'CAN_QUERY' }] },
        },
      ],
    });
    expect(writes(h)).toEqual([]);
    expect(await grants(h)).toEqual(DIRECT);
  });

  const ROBOT = { kind: 'service_principal', principal: BOT, display: 'deploy-bot' };

  it.each<[string, string, Record<string, unknown>[]]>([
    ['a part of a name', 'deploy', [ROBOT]],
    ['a misspelled name', 'deploybott', [ROBOT]],
    [
      'a wrong e-mail',
      'enginer@example.com',
      [{ kind: 'user', principal: 'engineer@example.com', display: 'ML Engineer' }],
    ],
    [
      'a name where an e-mail is needed',
      'analyst',
      [
        { kind: 'group', principal: 'analysts' },
        { kind: 'user', principal: 'analyst@example.com', display: 'Analyst' },
      ],
    ],
    ['a name that is like no other', 'zzz', []],
  ])('%s brings principals with similar names, as data', async (_what, principal, near) => {
    const h = await open();
    const answer = await grant(h, principal, 'CAN_QUERY');
    expectRefusal(h, answer, 'invalid_request');
    expect(answer.data.near ?? []).toEqual(expect.arrayContaining(near));
    expect(answer.data.near ?? []).toHaveLength(near.length);
    // A name is text from outside.
    expect(answer.data.error.next).not.toMatch(/deploy-bot|engineer|analyst/);
  });

  it('with similar names even where one kind of principal cannot be listed, and one read for each kind', async () => {
    const h = await open();
    h.sandbox.faults.add({
      match: { method: 'GET', path: '/api/2.0/preview/scim/v2/Users' },
      effect: { status: 500, body: {} },
    });
    h.sent();
    expect((await grant(h, 'deploy', 'CAN_QUERY')).data.near).toEqual([ROBOT]);
    // Two exact searches come first.
    expect(h.sent().filter((each) => each.includes('/scim/'))).toHaveLength(5);
  });

  it('by the service: a caller without CAN_MANAGE', async () => {
    const h = await open({ as: BOT });
    const { data } = await grant(h, 'data-science', 'CAN_QUERY');
    expect(data.error).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(data.error.next).toContain('CAN_MANAGE');
  });

  it('a principal that cannot be looked up', async () => {
    const h = await open();
    h.sandbox.faults.add({
      match: { method: 'GET', path: '/api/2.0/preview/scim/**' },
      effect: { status: 403, body: { detail: 'no', status: '403' } },
    });
    const answer = await grant(h, 'data-science', 'CAN_QUERY');
    expectRefusal(h, answer, 'invalid_request');
    expect(answer.data.error.message).toContain('may not look up principals');
  });
});

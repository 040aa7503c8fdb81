import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANALYST, BOT, type Client, churn, ENDPOINTS, ENGINEER, startClient } from '../client.ts';

let client: Client;
beforeAll(async () => {
  client = await startClient();
});
afterAll(() => client.sandbox.close());

const PERMISSIONS = '/api/2.0/permissions/serving-endpoints';
const idOf = async (name: string): Promise<string> => (await client.get(name)).body.id;
const names = async (who: string): Promise<string[]> =>
  (await client.call('GET', ENDPOINTS, undefined, who)).body.endpoints.map((e: { name: string }) => e.name);

describe('permissions', () => {
  it('the list has the endpoints that the caller may view, and foundation models for everyone', async () => {
    const mine = await names(ANALYST);
    expect(mine).toEqual(expect.arrayContaining(['house-price', 'support-agent', 'databricks-claude-sonnet-4-6']));
    expect(mine).not.toContain('churn-legacy');
    expect(mine).not.toContain('databricks-app-template-serving');
    expect(await names(ENGINEER)).toContain('churn-legacy');
  });

  it('each level opens the routes that it covers', async () => {
    const denied = await client.get('churn-legacy', ANALYST);
    expect([denied.status, denied.body.message]).toEqual([
      403,
      "User does not have permission 'View' on Endpoint churn-legacy",
    ]);
    expect((await client.get('house-price', ANALYST)).body.permission_level).toBe('CAN_QUERY');
    expect((await client.get('house-price', ENGINEER)).body.permission_level).toBe('CAN_MANAGE');
    const row = { area_m2: 80, rooms: 3, age_years: 10, district: 'north' };
    const query = await client.call(
      'POST',
      '/serving-endpoints/house-price/invocations',
      { dataframe_records: [row] },
      ANALYST,
    );
    expect(query.status).toBe(200);
    const write = await client.call('PATCH', `${ENDPOINTS}/house-price/tags`, { delete_tags: ['team'] }, ANALYST);
    expect([write.status, write.body.error_code]).toEqual([403, 'PERMISSION_DENIED']);
    expect((await client.call('DELETE', `${ENDPOINTS}/house-price`, undefined, ANALYST)).status).toBe(403);
    const remote = await client.call(
      'POST',
      '/serving-endpoints/churn-legacy/invocations',
      { dataframe_records: [row] },
      ANALYST,
    );
    expect(remote.status).toBe(403);
  });

  it('a new endpoint belongs to its creator, by user name or application id', async () => {
    const { body } = await client.call(
      'POST',
      ENDPOINTS,
      { name: 'bots-own', config: { served_entities: [churn(1)] } },
      BOT,
    );
    expect(body).toMatchObject({ creator: BOT, creator_kind: 'ServicePrincipal', permission_level: 'CAN_MANAGE' });
    expect((await client.get('bots-own', ENGINEER)).status).toBe(403);
    expect((await client.get('bots-own')).body.permission_level).toBe('CAN_MANAGE');
  });

  it('serving a model needs EXECUTE on it', async () => {
    const { status, body } = await client.call(
      'POST',
      ENDPOINTS,
      { name: 'no-execute', config: { served_entities: [churn(1)] } },
      ANALYST,
    );
    expect([status, body.error_code]).toEqual([403, 'PERMISSION_DENIED']);
    expect(body.message).toContain('ml.prod.churn');
  });
});

describe('access lists', () => {
  it('PATCH merges by principal, PUT replaces, and the inherited grant of admins stays', async () => {
    const path = `${PERMISSIONS}/${await idOf('churn-legacy')}`;
    const grant = { access_control_list: [{ user_name: ANALYST, permission_level: 'CAN_VIEW' }] };
    const patched = await client.call('PATCH', path, grant, ENGINEER);
    expect(patched.body.object_id).toBe(`/serving-endpoints/${await idOf('churn-legacy')}`);
    expect(patched.body.object_type).toBe('serving-endpoint');
    const who = patched.body.access_control_list.map((e: Record<string, string>) => e.user_name ?? e.group_name);
    expect(who.sort()).toEqual(['admins', ANALYST, 'data-science', ENGINEER].sort());
    expect((await client.get('churn-legacy', ANALYST)).body.permission_level).toBe('CAN_VIEW');

    const put = await client.call('PUT', path, {
      access_control_list: [{ group_name: 'analysts', permission_level: 'CAN_QUERY' }],
    });
    expect(put.body.access_control_list).toHaveLength(2);
    expect((await client.get('churn-legacy', ENGINEER)).status).toBe(403);
    expect((await client.get('churn-legacy', ANALYST)).body.permission_level).toBe('CAN_QUERY');
    const admins = put.body.access_control_list.find((e: Record<string, string>) => e.group_name === 'admins');
    expect(admins.all_permissions).toEqual([
      { permission_level: 'CAN_MANAGE', inherited: true, inherited_from_object: ['/serving-endpoints/'] },
    ]);
  });

  it.each([
    ['a name instead of the id', 'house-price', {}, 400],
    ['an unknown id', '0'.repeat(32), {}, 404],
    ['no principal', null, { permission_level: 'CAN_VIEW' }, 400],
    ['two principals', null, { user_name: ANALYST, group_name: 'analysts', permission_level: 'CAN_VIEW' }, 400],
    ['an unknown level', null, { user_name: ANALYST, permission_level: 'CAN_RUN' }, 400],
    ['an unknown user', null, { user_name: 'nobody@example.com', permission_level: 'CAN_VIEW' }, 404],
    ['a lower level for admins', null, { group_name: 'admins', permission_level: 'CAN_VIEW' }, 400],
  ])('refuses %s', async (_what, id, entry, status) => {
    const path = `${PERMISSIONS}/${id ?? (await idOf('house-price'))}`;
    const reply = await client.call('PATCH', path, { access_control_list: [entry] });
    expect(reply.status).toBe(status);
    if (id === 'house-price') expect(reply.body.message).toBe("'house-price' is not a valid Inference Endpoint ID.");
  });

  it('PATCH without a body is 400, and levels can be listed', async () => {
    const path = `${PERMISSIONS}/${await idOf('house-price')}`;
    expect((await client.call('PATCH', path)).status).toBe(400);
    const { body } = await client.call('GET', `${path}/permissionLevels`);
    expect(body.permission_levels.map((l: { permission_level: string }) => l.permission_level)).toEqual([
      'CAN_MANAGE',
      'CAN_QUERY',
      'CAN_VIEW',
    ]);
  });

  it('the list of a deleted endpoint can still be read, and a new endpoint of that name has its own list', async () => {
    await client.create('short-lived', churn(1));
    const id = await idOf('short-lived');
    await client.call('DELETE', `${ENDPOINTS}/short-lived`);
    expect((await client.call('GET', `${PERMISSIONS}/${id}`)).status).toBe(200);
    await client.create('short-lived', churn(1));
    expect(await idOf('short-lived')).not.toBe(id);
  });
});

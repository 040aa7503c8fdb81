/** The creator of an endpoint decides what it may serve: membership, entitlement and grants. And the routes that show them. */
import { afterEach, describe, expect, it } from 'vitest';
import { type Client, ENDPOINTS, startClient } from '../client.ts';

const ADMIN = 'admin@example.com';
const MAKER = 'maker@example.com';
const spec = { kind: 'linear', inputs: [{ name: 'x', type: 'double' }], intercept: 1, coefficients: { x: 2 } };
const versions = [1, 2].map((version) => ({ version, status: 'READY', spec }));
const entity = (version: string) => ({
  entity_name: 'ml.prod.m',
  entity_version: version,
  scale_to_zero_enabled: true,
});
type Held = Record<string, string[]>;
const GRANTED: { model: Held; schema: Held; catalog: Held } = {
  model: { makers: ['EXECUTE'] },
  schema: { makers: ['USE_SCHEMA'] },
  catalog: { makers: ['USE_CATALOG'] },
};

interface Place {
  maker?: Record<string, unknown>;
  group?: Record<string, unknown>;
  grants?: typeof GRANTED;
  owner?: string;
}

let client: Client;
afterEach(() => client.sandbox.close());

/** An endpoint that MAKER created, in a workspace where MAKER's rights come from the group `makers`. */
async function begin({
  maker = {},
  group = {},
  grants = GRANTED,
  owner = 'owner@example.com',
}: Place = {}): Promise<void> {
  client = await startClient({
    seed: {
      users: [
        { user_name: ADMIN, admin: true },
        { user_name: MAKER, groups: ['makers'], ...maker },
      ],
      groups: [{ display_name: 'makers', ...group }],
      catalogs: [{ name: 'ml', grants: grants.catalog, schemas: [{ name: 'prod', grants: grants.schema }] }],
      models: [{ full_name: 'ml.prod.m', owner, versions, grants: grants.model, execute: [] }],
      endpoints: [{ name: 'theirs', creator: MAKER, config: { served_entities: [entity('1')] } }],
    },
  });
}

const update = (who = ADMIN) =>
  client.call('PUT', `${ENDPOINTS}/theirs/config`, { served_entities: [entity('2')] }, who);

describe('a config update counts the rights of the recorded creator, whoever makes it', () => {
  it('is accepted when the creator has all of them, although the caller has none', async () => {
    await begin();
    const update2 = await update();
    expect(update2.status).toBe(200);
    const own = await client.call('POST', ENDPOINTS, { name: 'own', config: { served_entities: [entity('1')] } });
    expect([own.status, own.body.message]).toEqual([
      403,
      "User does not have EXECUTE on Routine or Model 'ml.prod.m'.",
    ]);
  });

  it.each<[string, Place, RegExp]>([
    ['left the workspace', { maker: { left: true } }, /maker@example\.com is not an active member/],
    ['is not active', { maker: { active: false } }, /maker@example\.com is not an active member/],
    ['has no entitlement', { maker: { entitlements: [] } }, /without the workspace-access/],
    ['has no EXECUTE', { grants: { ...GRANTED, model: {} } }, /EXECUTE on Routine or Model 'ml\.prod\.m'/],
    ['has no USE SCHEMA', { grants: { ...GRANTED, schema: {} } }, /USE SCHEMA on Schema 'ml\.prod'/],
    ['has no USE CATALOG', { grants: { ...GRANTED, catalog: {} } }, /USE CATALOG on Catalog 'ml'/],
    ['owns the model without a grant above it', { owner: MAKER, grants: { ...GRANTED, catalog: {} } }, /USE CATALOG/],
  ])('is refused when the creator %s', async (_what, place, text) => {
    await begin(place);
    const { status, body } = await update();
    expect([status, body.error_code]).toEqual([403, 'PERMISSION_DENIED']);
    expect(body.message).toMatch(text);
    expect((await client.call('PATCH', `${ENDPOINTS}/theirs/tags`, { add_tags: [{ key: 'a' }] })).status).toBe(200);
  });

  it.each<[string, Place]>([
    [
      'from a group with the entitlement',
      { maker: { entitlements: [] }, group: { entitlements: ['workspace-access'] } },
    ],
    ['from the ownership of the model', { owner: MAKER, grants: { ...GRANTED, model: {} } }],
    ['from the ownership of the model by a group', { owner: 'makers', grants: { ...GRANTED, model: {} } }],
    ['from a grant to everyone', { grants: { ...GRANTED, model: { 'account users': ['EXECUTE'] } } }],
    ['from the schema above', { grants: { ...GRANTED, model: {}, schema: { makers: ['USE_SCHEMA', 'EXECUTE'] } } }],
    [
      'from all privileges on the catalog',
      { grants: { model: {}, schema: {}, catalog: { makers: ['ALL_PRIVILEGES'] } } },
    ],
  ])('may have its rights %s', async (_what, place) => {
    await begin(place);
    expect((await update()).status).toBe(200);
  });
});

describe('grants can be read', () => {
  const read = async (path: string) => (await client.call('GET', `/api/2.1/unity-catalog/${path}`)).body;

  it('directly, or with those of the places above', async () => {
    await begin({
      grants: { model: { makers: ['EXECUTE'] }, schema: { makers: ['USE_SCHEMA'] }, catalog: { a: ['EXECUTE'] } },
    });
    expect(await read('permissions/function/ml.prod.m')).toEqual({
      privilege_assignments: [{ principal: 'makers', privileges: ['EXECUTE'] }],
    });
    expect(await read('effective-permissions/function/ml.prod.m')).toEqual({
      privilege_assignments: [
        {
          principal: 'makers',
          privileges: [
            { privilege: 'EXECUTE' },
            { privilege: 'USE_SCHEMA', inherited_from_type: 'SCHEMA', inherited_from_name: 'ml.prod' },
          ],
        },
        {
          principal: 'a',
          privileges: [{ privilege: 'EXECUTE', inherited_from_type: 'CATALOG', inherited_from_name: 'ml' }],
        },
      ],
    });
    expect((await read('effective-permissions/function/ml.prod.m?principal=a')).privilege_assignments).toHaveLength(1);
    expect(await read('permissions/function/ml.prod.m?principal=a')).toEqual({});
    expect((await read('effective-permissions/SCHEMA/ml.prod')).privilege_assignments).toHaveLength(2);
    expect((await read('permissions/catalog/ml')).privilege_assignments).toHaveLength(1);
  });

  it('and so can owners, who need no grant', async () => {
    await begin();
    expect(await read('catalogs/ml')).toMatchObject({ name: 'ml', owner: ADMIN });
    expect(await read('schemas/ml.prod')).toMatchObject({ full_name: 'ml.prod', catalog_name: 'ml', owner: ADMIN });
  });

  it('not of a place that does not exist, nor of another kind of securable', async () => {
    await begin();
    for (const path of [
      'permissions/function/ml.prod.none',
      'permissions/catalog/none',
      'schemas/ml.none',
      'permissions/function/ml.prod',
    ]) {
      expect((await client.call('GET', `/api/2.1/unity-catalog/${path}`)).status).toBe(404);
    }
    expect((await client.call('GET', '/api/2.1/unity-catalog/permissions/table/ml.prod.m')).status).toBe(400);
  });
});

describe('the directory', () => {
  const scim = async (path: string) => (await client.call('GET', `/api/2.0/preview/scim/v2/${path}`)).body;
  const user = (name: string) => scim(`Users?filter=${encodeURIComponent(`userName eq "${name}"`)}`);

  it('says who is active and what each is entitled to', async () => {
    await begin({ maker: { active: false, entitlements: [] }, group: { entitlements: ['workspace-access'] } });
    expect((await user(ADMIN)).Resources[0]).toMatchObject({
      active: true,
      entitlements: [{ value: 'workspace-access' }],
    });
    expect((await user(MAKER)).Resources[0]).toMatchObject({ active: false });
    expect((await user(MAKER)).Resources[0]).not.toHaveProperty('entitlements');
    const groups = (await scim('Groups')).Resources;
    expect(groups.find((g: { displayName: string }) => g.displayName === 'makers').entitlements).toEqual([
      { value: 'workspace-access' },
    ]);
  });

  it('does not know a user who left, although endpoints name them', async () => {
    await begin({ maker: { left: true } });
    expect((await user(MAKER)).totalResults).toBe(0);
    expect((await client.get('theirs')).body.creator).toBe(MAKER);
    const { body } = await client.call(
      'PATCH',
      `/api/2.0/permissions/serving-endpoints/${(await client.get('theirs')).body.id}`,
      {
        access_control_list: [{ user_name: MAKER, permission_level: 'CAN_VIEW' }],
      },
    );
    expect(body.error_code).toBe('RESOURCE_DOES_NOT_EXIST');
  });

  it('gives no token to a user who is not active', async () => {
    await begin({ maker: { active: false } });
    expect((await client.get('theirs', MAKER)).status).toBe(403);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANALYST, BOT, type Client, ENGINEER, startClient } from '../client.ts';

let client: Client;
beforeAll(async () => {
  const member = (n: number) => ({ user_name: `user-${n}@example.com`, groups: [n % 2 ? 'odd' : 'even'] });
  const users = [
    { user_name: 'admin@example.com', admin: true },
    { user_name: ENGINEER, display_name: 'ML Engineer', groups: ['data-science'] },
    { user_name: ANALYST, groups: ['analysts'], entitlements: [] },
    ...Array.from({ length: 7 }, (_, n) => member(n)),
  ];
  const service_principals = [{ application_id: BOT, display_name: 'deploy-bot', groups: ['data-science'] }];
  client = await startClient({ seed: { users, service_principals } });
});
afterAll(() => client.sandbox.close());

const SCIM = '/api/2.0/preview/scim/v2';
const get = (path: string, who?: string) => client.call('GET', `${SCIM}/${path}`, undefined, who);
const filtered = (list: string, filter: string, more = '') =>
  get(`${list}?filter=${encodeURIComponent(filter)}${more}`);
const namesOf = (body: { Resources?: { userName?: string; displayName?: string }[] }) =>
  (body.Resources ?? []).map((row) => row.userName ?? row.displayName);

describe('Me', () => {
  it('is the caller, user or service principal', async () => {
    const me = (await get('Me', ENGINEER)).body;
    expect(me).toMatchObject({ userName: ENGINEER, active: true, groups: [{ display: 'data-science' }] });
    expect((await get('Me', BOT)).body.applicationId).toBe(BOT);
  });
});

describe('pages end, so that a client that asks for the next one stops', () => {
  it.each(['Users', 'Groups', 'ServicePrincipals'])('%s has no Resources past the end', async (list) => {
    const all = (await get(list)).body;
    expect(all.Resources).toHaveLength(all.totalResults);
    const past = (await get(`${list}?startIndex=${all.totalResults + 1}&count=100`)).body;
    expect(past).toMatchObject({ totalResults: all.totalResults, itemsPerPage: 0 });
    expect(past.startIndex).toBe(all.totalResults + 1);
    expect(past).not.toHaveProperty('Resources');
  });

  it.each([1, 2, 3, 4, 100])('pages of %i together hold every row once', async (count) => {
    const seen: unknown[] = [];
    for (let startIndex = 1; ; startIndex += count) {
      const { body } = await get(`Users?startIndex=${startIndex}&count=${count}`);
      expect(body.itemsPerPage).toBe((body.Resources ?? []).length);
      if (!body.Resources) break;
      seen.push(...namesOf(body));
    }
    expect(seen).toEqual(namesOf((await get('Users')).body));
  });

  it('a filter comes first, then the order, then the page', async () => {
    const { body } = await filtered(
      'Users',
      'userName sw "user-"',
      '&sortBy=userName&sortOrder=descending&startIndex=2&count=2',
    );
    expect(body).toMatchObject({ totalResults: 7, startIndex: 2, itemsPerPage: 2 });
    expect(namesOf(body)).toEqual(['user-5@example.com', 'user-4@example.com']);
    const none = await filtered('Users', 'userName eq "x"', '&startIndex=1&count=5');
    expect(none.body).toMatchObject({ totalResults: 0, itemsPerPage: 0 });
    expect(none.body).not.toHaveProperty('Resources');
  });

  it('count 0 is only the total, and an index below 1 is the first', async () => {
    expect((await get('Users?count=0')).body).toMatchObject({ totalResults: 10, itemsPerPage: 0 });
    expect(namesOf((await get('Users?startIndex=-3&count=1')).body)).toEqual(['admin@example.com']);
  });
});

describe('filters', () => {
  it.each([
    ['Users', `userName eq "${ANALYST}"`, [ANALYST]],
    ['Users', `UserName EQ ${ANALYST.toUpperCase()}`, [ANALYST]],
    ['Users', 'emails.value co "engineer"', [ENGINEER]],
    ['Users', `userName eq "${ANALYST}" or userName eq "${ENGINEER}"`, [ENGINEER, ANALYST]],
    ['Users', 'userName sw "user-" and groups.display eq "odd"', [1, 3, 5].map((n) => `user-${n}@example.com`)],
    ['Users', 'groups pr and userName ne "admin@example.com" and userName co "ml-"', [ENGINEER]],
    ['Groups', 'displayName eq "analysts"', ['analysts']],
    ['ServicePrincipals', `applicationId eq "${BOT}"`, [BOT]],
    ['ServicePrincipals', 'displayName eq "deploy-bot"', [BOT]],
  ])('%s?filter=%s', async (list, filter, names) => {
    const { body } = await filtered(list, filter);
    expect(namesOf(body)).toEqual(names);
    expect(body.totalResults).toBe(names.length);
  });

  it.each(['userName', 'userName xx "a"', 'userName eq', '(userName eq "a")', 'userName eq "a" and', ''])(
    'refuses %j in the form of SCIM',
    async (filter) => {
      const { status, body } = await filtered('Users', filter);
      expect([status, body.scimType]).toEqual([400, 'invalidFilter']);
    },
  );
});

describe('one row', () => {
  it.each(['Users', 'Groups', 'ServicePrincipals'])('of %s is found by its id', async (list) => {
    const [row] = (await get(list)).body.Resources;
    expect((await get(`${list}/${row.id}`)).body).toEqual(row);
    const lost = await get(`${list}/1`);
    expect([lost.status, lost.body.schemas]).toEqual([404, ['urn:ietf:params:scim:api:messages:2.0:Error']]);
  });

  it('has the attributes that the caller selects', async () => {
    const [row] = (await get('Users?attributes=userName,id&count=1')).body.Resources;
    expect(Object.keys(row).sort()).toEqual(['id', 'schemas', 'userName']);
    const [less] = (await get('Users?excludedAttributes=groups,emails&count=1')).body.Resources;
    expect(less).not.toHaveProperty('groups');
    expect(less).toHaveProperty('displayName');
    expect((await filtered('Users', `userName eq "${ANALYST}"`)).body.Resources[0]).not.toHaveProperty('entitlements');
    expect((await filtered('Groups', 'displayName eq "users"')).body.Resources[0].members).toEqual([]);
  });
});

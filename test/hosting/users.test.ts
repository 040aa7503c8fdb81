/** Many users of one server. Nothing that belongs to one of them is seen by another, and each request carries the token of its own call. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { fileName, journalsIn } from '../../src/hosting/journals.ts';
import type { ToolResult } from '../../src/refusal.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import { type ManyUsers, type ManyUsersOptions, startManyUsers } from '../support/many-users.ts';
import { BOT, safetyWorkspace } from '../support/safety-workspace.ts';
import { churnEntity, endpoint, seed } from '../support/workspace.ts';

const PEOPLE = ['ada@example.com', 'ben@example.com', 'cleo@example.com', 'dan@example.com'];

/** A user's own endpoint, which no other user may see, with a word that must reach no one else. */
const endpointOf = (user: string) => `own-${nameOf(user)}`;
const wordOf = (user: string) => `word-of-${nameOf(user)}`;
const nameOf = (user: string) => user.split('@')[0] ?? '';

function workspaceOf(people: readonly string[]) {
  return seed(
    people.map((user) =>
      endpoint(endpointOf(user), [{ ...churnEntity('1'), name: `${wordOf(user)}-1` }], [], {
        description: wordOf(user),
        creator: user,
        grants: [{ user_name: user, permission_level: 'CAN_MANAGE' }],
      }),
    ),
    { users: [{ user_name: 'admin@example.com', admin: true }, ...people.map((user_name) => ({ user_name }))] },
  );
}

const open: ManyUsers[] = [];
const folders: string[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function start(options: Partial<ManyUsersOptions> = {}): Promise<ManyUsers> {
  const hosted = await startManyUsers({ seed: workspaceOf(PEOPLE), ...options });
  open.push(hosted);
  return hosted;
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'hosted-'));
  folders.push(made);
  return made;
}

const inFolder =
  (place: string): ManyUsersOptions['journals'] =>
  (environment) =>
    journalsIn(place, { ...environment, sanitize });

/** One call of a user, on its own endpoint. */
const CALLS: ((user: string) => [tool: string, args: Record<string, unknown>])[] = [
  (user) => ['get_endpoint', { endpoint: endpointOf(user) }],
  () => ['list_endpoints', {}],
  (user) => ['get_metrics', { endpoint: endpointOf(user) }],
  (user) => ['get_logs', { endpoint: endpointOf(user) }],
  (user) => ['update_endpoint', { endpoint: endpointOf(user), description: `${wordOf(user)} again` }],
  (user) => ['update_endpoint', { endpoint: endpointOf(user), tags: { mine: wordOf(user) } }],
  (user) => ['set_rate_limits', { endpoint: endpointOf(user), set: [{ key: 'user', calls: 9 }] }],
  (user) => ['delete_endpoint', { endpoint: endpointOf(user), dry_run: true }],
  () => ['list_changes', {}],
  (user) => ['list_changes', { endpoint: endpointOf(user) }],
  // What belongs to others.
  (user) => ['get_endpoint', { endpoint: endpointOf(next(user)) }],
  (user) => ['update_endpoint', { endpoint: endpointOf(next(user)), description: 'taken over' }],
  (user) => ['list_changes', { endpoint: endpointOf(next(user)) }],
];

function next(user: string): string {
  return PEOPLE[(PEOPLE.indexOf(user) + 1) % PEOPLE.length] ?? user;
}

/** Words of others in an answer to a user. The name of a foreign endpoint, which the user gave, is no secret. */
function foreign(user: string, answer: ToolResult): string[] {
  const text = JSON.stringify(answer);
  return PEOPLE.filter((other) => other !== user && text.includes(wordOf(other)));
}

describe('calls of many users at once', () => {
  const step = fc.record({
    user: fc.constantFrom(...PEOPLE),
    call: fc.nat({ max: CALLS.length - 1 }),
    /** With a token that was renewed, or with the one of the call before. */
    renewed: fc.boolean(),
  });

  it('no answer, journal or reading has a word of another user, and each request has the token of its own user', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 2, maxLength: 8 }), { minLength: 1, maxLength: 3 }),
        async (rounds) => {
          const place = folder();
          const hosted = await start({ journals: inFolder(place) });
          const tokens = new Map(PEOPLE.map((user) => [user, hosted.headers(user)]));
          for (const round of rounds) {
            await Promise.all(
              round.map(async ({ user, call, renewed }) => {
                const headers = renewed ? hosted.headers(user) : tokens.get(user);
                tokens.set(user, headers ?? {});
                const [tool, args] = CALLS[call]?.(user) ?? ['list_endpoints', {}];
                const answer = await hosted.call(user, tool, args, headers);
                expect([tool, user, foreign(user, answer)]).toEqual([tool, user, []]);
              }),
            );
          }
          for (const { path, principal, status } of hosted.sandbox.requests) {
            const owner = PEOPLE.find((user) => path.includes(endpointOf(user)));
            // Another user's endpoint may be asked for, and the service refuses it.
            if (owner !== undefined && principal !== owner) expect([path, status]).toEqual([path, 403]);
            expect(PEOPLE).toContain(principal);
          }
          for (const file of readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((name) =>
            name.endsWith('.jsonl'),
          )) {
            const text = readFileSync(join(place, file), 'utf8');
            expect(PEOPLE.filter((user) => text.includes(wordOf(user))).length).toBeLessThanOrEqual(1);
            expect(PEOPLE.filter((user) => text.includes(user)).length).toBeLessThanOrEqual(1);
          }
          const kept = JSON.stringify(hosted.logs);
          for (const headers of tokens.values()) expect(kept).not.toContain(headers['x-forwarded-access-token']);
          await hosted.close();
          open.splice(open.indexOf(hosted), 1);
        },
      ),
      { numRuns: 12 },
    );
  }, 60_000);

  it('readings of metrics in memory are those of the user alone', async () => {
    const hosted = await start();
    const [ada = '', ben = ''] = PEOPLE;
    await hosted.call(ada, 'get_metrics', { endpoint: endpointOf(ada) });
    await hosted.call(ben, 'get_metrics', { endpoint: endpointOf(ben) });
    for (const user of [ada, ben]) {
      const caller = await hosted.identify(hosted.headers(user), new AbortController().signal);
      const { environment, done } = hosted.users.open(caller);
      const names = environment.state.history.lines.map((line) => /"endpoint":"([^"]+)"/.exec(line)?.[1]);
      expect(new Set(names)).toEqual(new Set([endpointOf(user)]));
      done();
    }
  });

  it('an undo of a change is that of the user who made it: another does not find it', async () => {
    const hosted = await start({ journals: inFolder(folder()) });
    const [ada = '', ben = ''] = PEOPLE;
    const made = await hosted.call(ada, 'update_endpoint', { endpoint: endpointOf(ada), description: 'New.' });
    const id = /"id":"(\w+)"/.exec(String(made.undo))?.[1];
    expect(await hosted.call(ben, 'undo_change', { id })).toMatchObject({ error: { code: 'unknown_change' } });
    expect(await hosted.call(ada, 'undo_change', { id })).toMatchObject({ undone: id });
  });

  it('a consent counts for the user who was shown the change, not for another with the same words', async () => {
    const people = PEOPLE.slice(0, 2);
    const workspace = workspaceOf(PEOPLE);
    const shared = endpoint('shared', [churnEntity('1')], [], {
      creator: people[0],
      grants: people.map((user_name) => ({ user_name, permission_level: 'CAN_MANAGE' })),
    });
    const hosted = await start({ seed: { ...workspace, endpoints: [...workspace.endpoints, shared] } });
    const [ada = '', ben = ''] = people;
    const shown = await hosted.call(ada, 'delete_endpoint', { endpoint: 'shared' });
    const args: Record<string, unknown> = JSON.parse(String(shown.next).replace(/^delete_endpoint /, ''));
    const other = await hosted.call(ben, 'delete_endpoint', args);
    expect(other.changed).toBeUndefined();
    expect(await hosted.call(ada, 'delete_endpoint', args)).toMatchObject({ changed: true });
  });
});

describe('the token of a call', () => {
  it('is the one that came with it: two of one user at once, each for its own requests', async () => {
    const hosted = await start();
    const [ada = ''] = PEOPLE;
    // The second may not read endpoints, which shows whose token each request had.
    const [full, narrow] = [hosted.headers(ada), hosted.headers(ada, ['sql'])];
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, at) =>
        hosted.call(ada, 'get_endpoint', { endpoint: endpointOf(ada) }, at % 2 === 0 ? full : narrow),
      ),
    );
    expect(answers.map((answer) => 'error' in answer)).toEqual(answers.map((_, at) => at % 2 === 1));
  });

  it('that expired is not kept: the next call with a renewed one works', async () => {
    const hosted = await start();
    const [ada = ''] = PEOPLE;
    hosted.sandbox.faults.add({
      match: { path: `/api/2.0/serving-endpoints/${endpointOf(ada)}` },
      times: 1,
      effect: { expired_token: 403 },
    });
    const args = { endpoint: endpointOf(ada) };
    const { error } = (await hosted.call(ada, 'get_endpoint', args)) as { error: { next: string } };
    expect(error.next).toContain('sign in to the app again');
    expect(error.next).not.toContain('databricks auth login');
    expect(await hosted.call(ada, 'get_endpoint', args)).not.toHaveProperty('error');
  });
});

describe('writes of several users to one endpoint', () => {
  it('follow each other: a lock on a target is shared by all', async () => {
    const people = PEOPLE.slice(0, 3);
    const workspace = workspaceOf(PEOPLE);
    const shared = endpoint('shared', [churnEntity('1')], [], {
      ai_gateway: { usage_tracking_config: { enabled: true } },
      grants: people.map((user_name) => ({ user_name, permission_level: 'CAN_MANAGE' })),
    });
    const hosted = await start({ seed: { ...workspace, endpoints: [...workspace.endpoints, shared] } });
    await Promise.all(
      people.map((user, at) =>
        hosted.call(user, 'set_rate_limits', {
          endpoint: 'shared',
          set: [
            { key: 'user_group', principal: 'analysts', calls: 10 + at },
            ...(at === 0 ? [{ key: 'user', calls: 5 }] : []),
          ],
        }),
      ),
    );
    const order = hosted.sandbox.requests
      .filter(
        ({ path, method }) =>
          path.startsWith('/api/2.0/serving-endpoints/shared') && (method === 'PUT' || method === 'GET'),
      )
      .map(({ principal }) => principal);
    // No user reads between the read and the write of another.
    expect(order.filter((who, at) => who !== order[at - 1])).toHaveLength(new Set(order).size);
  });
});

describe('users who are kept', () => {
  it('are bounded: those who called least recently are forgotten, and those who are calling never', async () => {
    const hosted = await start({ most: 2 });
    const { signal } = new AbortController();
    const [ada = '', ben = '', cleo = '', dan = ''] = PEOPLE;
    const busy = hosted.users.open(await hosted.identify(hosted.headers(ada), signal));
    for (const user of [ben, cleo, dan]) await hosted.call(user, 'list_endpoints');
    expect(hosted.users.size()).toBe(2);
    const again = hosted.users.open(await hosted.identify(hosted.headers(ada), signal));
    expect(again.environment.state.shown).toBe(busy.environment.state.shown);
    busy.done();
    busy.done(); // twice is once
    await hosted.call(ben, 'list_endpoints');
    await hosted.call(cleo, 'list_endpoints');
    const third = hosted.users.open(await hosted.identify(hosted.headers(ada), signal));
    expect(third.environment.state.shown).toBe(busy.environment.state.shown);
  });

  it('are forgotten after a while', async () => {
    const hosted = await start({ idle: 60_000 });
    for (const user of PEOPLE) await hosted.call(user, 'list_endpoints');
    expect(hosted.users.size()).toBe(4);
    hosted.sandbox.clock.advance(61_000);
    await hosted.call(PEOPLE[0] ?? '', 'list_endpoints');
    expect(hosted.users.size()).toBe(1);
  });
});

describe('the journal of a user', () => {
  it('is a file of their own, in the place that the operator names, with their name in it', async () => {
    const place = folder();
    const hosted = await start({ journals: inFolder(place) });
    const [ada = ''] = PEOPLE;
    await hosted.call(ada, 'update_endpoint', { endpoint: endpointOf(ada), description: 'New.' });
    const [file = ''] = readdirSync(place);
    expect(file).toMatch(/^\d{16}\.jsonl$/);
    expect(readFileSync(join(place, file), 'utf8')).toContain(`"who":"forwarded token, user ${ada}"`);
  });

  it.each(['../../etc/passwd', 'a/b', '..', '', 'a\u0000b', 'CON', 'x'.repeat(300)])(
    'key %j stays in its folder',
    (key) => {
      expect(fileName(key)).toMatch(/^[0-9a-f]{32}$/);
    },
  );

  it('two keys have two files', () => {
    expect(fileName('1')).not.toBe(fileName('01'));
    expect(new Set(['own', 'Own', 'own ', '1', '2'].map(fileName)).size).toBe(5);
  });

  it('names the user behind a write under the identity of the app', async () => {
    const place = folder();
    const hosted = await start({
      seed: safetyWorkspace(),
      journals: inFolder(place),
      appIdentity: 'all',
      app: BOT,
    });
    const user = 'analyst@example.com';
    const answer = await hosted.call(user, 'set_alias', { model: 'ml.prod.churn', alias: 'champion', version: '2' });
    expect(answer).toMatchObject({ changed: true, app_identity: expect.stringContaining('identity of the app') });
    const put = hosted.sandbox.requests.find(({ method }) => method === 'PUT');
    expect(put?.principal).toBe(BOT.id);
    const [file = ''] = readdirSync(place);
    const [begin = ''] = readFileSync(join(place, file), 'utf8').split('\n');
    expect(JSON.parse(begin)).toMatchObject({ who: `forwarded token, user ${user}`, app_identity: expect.anything() });
  });
});

/** Who calls, from the headers of a request. A caller who is not certain is refused in words of ours. */
import type { IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CallerRefused, forwardedCaller, type Identify, ownCaller, signerOf } from '../../src/hosting/caller.ts';
import { tokenOwner } from '../../src/hosting/token-owner.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { seed } from '../support/workspace.ts';

const ADA = 'engineer@example.com';
const ROW = 'analyst@example.com';
const SIGNAL = new AbortController().signal;

let sandbox: Sandbox;
let now = 0;
let ids: Record<string, string>;
let org: string;
beforeAll(async () => {
  sandbox = await startSandbox({ clock: { kind: 'manual' }, seed: seed([]) });
  const me = async (name: string) => {
    const headers = { authorization: `Bearer ${sandbox.tokenOf(name)}` };
    const answer = await fetch(`${sandbox.host}/api/2.0/preview/scim/v2/Me`, { headers });
    org = answer.headers.get('x-databricks-org-id') ?? '';
    return String(((await answer.json()) as { id: string }).id);
  };
  ids = { [ADA]: await me(ADA), [ROW]: await me(ROW) };
});
afterAll(() => sandbox.close());

let asked: string[];
let identify: Identify;
beforeEach(() => {
  sandbox.faults.clear();
  asked = [];
  now = 1_000_000;
  identify = fresh();
});

function fresh(): Identify {
  return forwardedCaller({
    host: sandbox.host,
    now: () => now,
    ownerOf: (token) => {
      asked.push(token);
      return tokenOwner(token, sandbox.host, {
        now: Date.now,
        random: () => 0.5,
        sleep: async () => {},
        userAgent: 'test/0.0.0',
        log: () => {},
      });
    },
  });
}

/** The headers that the platform adds for a user. */
function platform(user: string, more: IncomingHttpHeaders = {}): IncomingHttpHeaders {
  return {
    'x-forwarded-access-token': sandbox.forwardedTokenOf(user),
    'x-forwarded-user': `${ids[user]}@${org}`,
    'x-forwarded-email': user,
    ...more,
  };
}

async function refused(headers: IncomingHttpHeaders, by: Identify = identify): Promise<CallerRefused> {
  const error = await by(headers, SIGNAL).catch((thrown: unknown) => thrown);
  if (!(error instanceof CallerRefused)) throw new Error(`not refused: ${JSON.stringify(error)}`);
  // The words are for anyone who calls, so they repeat nothing of the request.
  for (const value of Object.values(headers)) {
    const given = String(value).trim();
    if (given.length > 3) expect(error.message + error.next).not.toContain(given);
  }
  return error;
}

describe('a user of the platform', () => {
  it('is who the workspace says, whatever the other headers claim', async () => {
    const headers = platform(ADA, { 'x-forwarded-email': ROW, authorization: 'Bearer something-else' });
    const caller = await identify(headers, SIGNAL);
    expect(caller).toMatchObject({ key: ids[ADA], name: ADA });
    const signer = await caller.credentials();
    expect(await signer.bearer()).toBe(headers['x-forwarded-access-token']);
    expect(signer).toMatchObject({ host: sandbox.host, user: ADA });
    expect(signer.invalidate()).toBe(false);
  });

  it('is asked about once per token, also by calls at the same time, and again after a while', async () => {
    const headers = platform(ADA);
    await Promise.all(Array.from({ length: 20 }, () => identify(headers, SIGNAL)));
    expect(asked).toHaveLength(1);
    now += 4 * 60_000;
    await identify(headers, SIGNAL);
    expect(asked).toHaveLength(1);
    now += 2 * 60_000;
    await identify(headers, SIGNAL);
    expect(asked).toHaveLength(2);
  });

  it('has the same key with a renewed token, and signs with the token of each call', async () => {
    const [first, second] = [platform(ADA), platform(ADA)];
    const [a, b] = [await identify(first, SIGNAL), await identify(second, SIGNAL)];
    expect(a.key).toBe(b.key);
    const bearers = await Promise.all([a, b].map(async (each) => (await each.credentials()).bearer()));
    expect(bearers).toEqual([first['x-forwarded-access-token'], second['x-forwarded-access-token']]);
    expect(new Set(bearers).size).toBe(2);
  });

  it('is not confused with the next user of a remembered token', async () => {
    const headers = platform(ADA);
    await identify(headers, SIGNAL);
    const stolen = { ...headers, 'x-forwarded-user': `${ids[ROW]}@${org}` };
    expect(await refused(stolen)).toMatchObject({ status: 403 });
  });
});

describe('a caller who is not certain', () => {
  it.each<[string, IncomingHttpHeaders, number]>([
    ['no header at all', {}, 401],
    ['no token', { 'x-forwarded-user': '1@2', 'x-forwarded-email': ADA }, 401],
    ['an empty token', { 'x-forwarded-access-token': '', 'x-forwarded-user': '1@2' }, 401],
    ['two tokens in one header', { 'x-forwarded-access-token': 'one, two', 'x-forwarded-user': '1@2' }, 401],
    ['a token with a line break', { 'x-forwarded-access-token': 'one\r\nx-evil: 1', 'x-forwarded-user': '1@2' }, 401],
    ['a token of the caller itself', { authorization: 'Bearer made-up-token-of-the-caller' }, 401],
    ['a huge token', { 'x-forwarded-access-token': 'a'.repeat(20_000), 'x-forwarded-user': '1@2' }, 401],
    ['a made-up token', { 'x-forwarded-access-token': 'made-up-token', 'x-forwarded-user': '1234@5678' }, 401],
  ])('%s', async (_what, headers, status) => {
    const error = await refused(headers);
    expect(error.status).toBe(status);
    expect(error.next).toMatch(/\.$/);
  });

  it('no user', async () => {
    const { 'x-forwarded-user': _, ...headers } = platform(ADA);
    expect((await refused(headers)).status).toBe(401);
  });

  it.each([
    ['an e-mail address', () => ADA],
    ['no workspace', () => `${ids[ADA]}`],
    ['two users in one header', () => `${ids[ADA]}@${org}, ${ids[ROW]}@${org}`],
    ['another user', () => `${ids[ROW]}@${org}`],
    ['another workspace', () => `${ids[ADA]}@${org}0`],
  ])('a forged user: %s', async (_what, user) => {
    expect((await refused(platform(ADA, { 'x-forwarded-user': user() }))).status).toBe(403);
  });

  it('a token of a service principal in the name of a person, as from another app', async () => {
    const bot = sandbox.forwardedTokenOf('deploy-bot');
    const error = await refused(platform(ADA, { 'x-forwarded-access-token': bot }));
    expect(error.status).toBe(403);
    expect(error.next).toContain('through another app');
  });

  it.each([401, 403] as const)('an expired token (%s): sign in again', async (status) => {
    sandbox.faults.add({ match: { path: '/api/2.0/preview/scim/v2/Me' }, effect: { expired_token: status } });
    const error = await refused(platform(ADA));
    expect(error.status).toBe(401);
    expect(error.next).toContain('Sign in');
  });

  it('a workspace that does not answer is no verdict about the caller, and the next call asks again', async () => {
    const away = forwardedCaller({
      host: 'http://127.0.0.1:9',
      now: () => now,
      ownerOf: (token) => {
        asked.push(token);
        return tokenOwner(token, 'http://127.0.0.1:9', {
          now: Date.now,
          random: () => 0.5,
          sleep: async () => {},
          userAgent: 'test/0.0.0',
          log: () => {},
        });
      },
    });
    const headers = platform(ADA);
    expect((await refused(headers, away)).status).toBe(503);
    expect((await refused(headers, away)).status).toBe(503);
    expect(asked).toHaveLength(2);
  });

  it('one who has gone is not waited for, and the others get their answer', async () => {
    const gone = new AbortController();
    const headers = platform(ADA);
    const [left, stayed] = [identify(headers, gone.signal), identify(headers, SIGNAL)];
    gone.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect((await stayed).key).toBe(ids[ADA]);
    expect(asked).toHaveLength(1);
  });
});

describe('the memory of tokens', () => {
  it('is bounded, and has no token in it', async () => {
    const owners = new Map<string, number>();
    const many = forwardedCaller({
      host: sandbox.host,
      now: () => now,
      ownerOf: async (token) => {
        owners.set(token, (owners.get(token) ?? 0) + 1);
        return { id: '1', name: ADA, workspace: undefined };
      },
    });
    const call = (at: number) => many({ 'x-forwarded-access-token': `token-${at}`, 'x-forwarded-user': '1@2' }, SIGNAL);
    for (let at = 0; at < 2_001; at++) await call(at);
    await call(2_000);
    expect(owners.get('token-2000')).toBe(1);
    await call(0);
    expect(owners.get('token-0')).toBe(2);
  });
});

describe('the one person of a server under its own login', () => {
  const SECRET = 'a-made-up-secret-of-thirty-two-characters';
  const login = async () => signerOf('own-token', 'https://example.com');
  const own = ownCaller(SECRET, login);

  it('calls with the secret', async () => {
    const caller = await own({ authorization: `Bearer ${SECRET}` }, SIGNAL);
    expect(caller).toMatchObject({ key: 'own', name: undefined });
    expect(await (await caller.credentials()).bearer()).toBe('own-token');
  });

  it.each<[string, IncomingHttpHeaders]>([
    ['nothing', {}],
    ['another secret', { authorization: 'Bearer another-secret' }],
    ['a longer one', { authorization: `Bearer ${SECRET}x` }],
    ['a shorter one', { authorization: `Bearer ${SECRET.slice(0, -1)}` }],
    ['another scheme', { authorization: `Basic ${Buffer.from(`a:${SECRET}`).toString('base64')}` }],
    ['the headers of the platform', { 'x-forwarded-access-token': 'token', 'x-forwarded-user': '1@2' }],
  ])('%s is refused', async (_what, headers) => {
    expect((await refused(headers, own)).status).toBe(401);
  });

  it('needs none where the server was started without one', async () => {
    expect((await ownCaller(undefined, login)({}, SIGNAL)).key).toBe('own');
  });
});

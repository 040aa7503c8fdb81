/** The dashboard over HTTP: its page, who may use it, and its calls. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type DashboardTest, type DashboardTestOptions, startDashboard as startAny } from '../support/dashboard.ts';
import { EVERY_CHANGE } from '../support/harness.ts';
import { holdRequests } from '../support/holding.ts';
import type { ProxiedRequest } from '../support/intercepting-proxy.ts';
import { BAD, PLAN, rolloutSeed, WISH } from '../support/rollout-site.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function startDashboard(options: DashboardTestOptions = {}): Promise<DashboardTest> {
  const d = await startAny({ seed: safetyWorkspace(), ...options });
  closing.push(d.close);
  return d;
}

/** A dashboard whose requests to the workspace are held where `holds` says so, until `release`. */
async function holding(holds: (request: ProxiedRequest) => boolean, options: DashboardTestOptions = {}) {
  const { via, held, release, close } = holdRequests(holds);
  closing.push(close);
  return { d: await startDashboard({ ...options, via }), held, release };
}

const isList = ({ path, moment }: ProxiedRequest) => path === '/api/2.0/serving-endpoints' && moment === 'before';
const isWrite = ({ method, moment }: ProxiedRequest) => method !== 'GET' && moment === 'after';

/** A version on its way: at its first step. */
const rollout = (canary: Record<string, unknown> = {}) => {
  const { seed, at } = rolloutSeed(canary);
  return { seed, ...(at === undefined ? {} : { at }), allowChanges: true };
};
/** Repeats the call until the rollout has the step. */
async function atStep(d: DashboardTest, token: string, step: RegExp): Promise<void> {
  for (let count = 0; count < 20; count++) {
    const { structuredContent } = (await d.call('roll_out', { ...WISH, dry_run: false }, token)).body;
    if (step.test(String(structuredContent.step))) return;
  }
  throw new Error(`the rollout did not reach ${step}`);
}

describe('the page', () => {
  it('has no data and no secret: whoever asks gets it', async () => {
    const d = await startDashboard();
    const secret = d.secret();
    const { status, text } = await d.ask('GET', '/');
    expect(status).toBe(200);
    expect(text).toContain('data-host="page"');
    for (const hidden of [secret, 'churn', 'sandbox', d.sandbox.token]) expect(text).not.toContain(hidden);
  });

  it('may use no network but its own server, and no page may frame it', async () => {
    const d = await startDashboard();
    const { headers } = await d.ask('GET', '/');
    const policy = String(headers['content-security-policy']).split('; ');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy.find((each) => each.startsWith('script-src'))).toMatch(/^script-src 'sha256-[^']+'$/);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  it('answers HEAD without its text', async () => {
    const d = await startDashboard();
    expect(await d.ask('HEAD', '/')).toMatchObject({ status: 200, text: '' });
  });
});

describe('a session', () => {
  it('begins with the secret, and says what the page may do', async () => {
    const d = await startDashboard();
    const { status, body, headers } = await d.ask('POST', '/session', {}, { secret: d.secret() });
    expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
    expect(body).toEqual({
      token: expect.any(String),
      changes: false,
      workspace: 'sandbox',
      tools: ['list_endpoints', 'get_endpoint', 'get_metrics', 'diagnose_endpoint', 'get_usage', 'list_changes'],
    });
    expect(d.begun()).toBe(1);
  });

  it('cannot be begun by a second tab: the secret works once', async () => {
    const d = await startDashboard();
    const secret = d.secret();
    expect((await d.ask('POST', '/session', {}, { secret })).status).toBe(200);
    const { status, body } = await d.ask('POST', '/session', {}, { secret });
    expect([status, body.error.message]).toEqual([403, expect.stringContaining('press Enter in its terminal')]);
    expect(d.begun()).toBe(1);
  });

  it('lasts over a reload, with the token that the tab kept, and the token is not said again', async () => {
    const d = await startDashboard();
    const authorization = `Bearer ${await d.begin()}`;
    const { status, body } = await d.ask('POST', '/session', { authorization }, {});
    expect([status, body.tools.length, body.token]).toEqual([200, 6, undefined]);
  });

  it.each<[string, unknown, number]>([
    ['a wrong secret', { secret: 'wrong' }, 403],
    ['no secret', {}, 400],
    ['a secret that is no text', { secret: { length: 43 } }, 400],
    ['a list', [1], 400],
    ['no JSON', 'secret=1', 400],
    ['no body', '', 400],
    ['a body that is nested too deep', '['.repeat(200), 400],
  ])('is not begun by %s', async (_what, body, status) => {
    const d = await startDashboard();
    d.secret();
    expect((await d.ask('POST', '/session', {}, body)).status).toBe(status);
    expect(d.begun()).toBe(0);
  });

  it('is guessed ten times a minute at most', async () => {
    const d = await startDashboard();
    const secret = d.secret();
    for (let count = 0; count < 10; count++)
      expect((await d.ask('POST', '/session', {}, { secret: 'wrong' })).status).toBe(403);
    const refused = await d.ask('POST', '/session', {}, { secret });
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '60']);
    d.passTime(60_000);
    expect((await d.ask('POST', '/session', {}, { secret })).status).toBe(200);
  });

  it.each([
    ['Host', { host: 'evil.example' }],
    ['Origin', { origin: 'http://evil.example' }],
    ['Origin, which is missing', { origin: '' }],
    ['Content-Type', { 'content-type': 'text/plain' }],
  ])('is not begun with a wrong %s, and the secret stays good', async (_what, headers: Record<string, string>) => {
    const d = await startDashboard();
    const secret = d.secret();
    expect((await d.ask('POST', '/session', headers, { secret })).status).toBeGreaterThanOrEqual(400);
    expect((await d.ask('POST', '/session', {}, { secret })).status).toBe(200);
  });
});

describe('a call', () => {
  it('answers as the tool does, without secrets and control characters', async () => {
    const d = await startDashboard();
    const { status, body } = await d.call('list_endpoints', {});
    expect([status, body.isError]).toEqual([200, false]);
    expect(body.structuredContent.endpoints.map(({ name }: { name: string }) => name)).toContain('churn');
    const missing = await d.call('get_endpoint', { endpoint: 'chrun' });
    expect(missing).toMatchObject({ status: 200, body: { isError: true } });
    expect(missing.body.structuredContent.error.message).toContain('chrun');
  });

  it.each<[string, Record<string, string>, number]>([
    ['without a token', { authorization: '' }, 401],
    ['with a wrong token', { authorization: 'Bearer wrong' }, 401],
    ['with a token in another form', { authorization: 'Basic random-2' }, 401],
    ['by another name of the server', { host: 'evil.example' }, 403],
    ['of a page of another origin', { origin: 'http://evil.example' }, 403],
    ['without an origin', { origin: '' }, 403],
    ['of a form', { 'content-type': 'text/plain' }, 415],
  ])('%s is refused, and sends nothing', async (_what, headers, status) => {
    const d = await startDashboard();
    const token = await d.begin();
    const before = d.sandbox.requests.length;
    const answer = await d.ask(
      'POST',
      '/call',
      { authorization: `Bearer ${token}`, ...headers },
      { tool: 'list_endpoints' },
    );
    expect([answer.status, answer.body.error.message]).toEqual([status, expect.any(String)]);
    expect(d.sandbox.requests.length).toBe(before);
  });

  it('is never a GET', async () => {
    const d = await startDashboard();
    const authorization = `Bearer ${await d.begin()}`;
    expect((await d.ask('GET', '/call?tool=list_endpoints', { authorization, origin: d.origin })).status).toBe(405);
  });

  it('of the secret itself is refused: only the token of a session counts', async () => {
    const d = await startDashboard();
    expect((await d.call('list_endpoints', {}, d.secret())).status).toBe(401);
  });

  it.each([
    'delete_endpoint',
    'query_endpoint',
    'swap_version',
    'undo_change',
    'get_logs',
    'no_such_tool',
    '__proto__',
  ])('of %s is refused, also with --allow-changes: the page draws nothing of it', async (tool) => {
    const d = await startDashboard({ allowChanges: true });
    const { status, body } = await d.call(tool, { endpoint: 'churn' });
    expect([status, body.error.message]).toEqual([403, expect.stringContaining('the page calls only list_endpoints')]);
    expect(d.sandbox.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it.each<[unknown, number]>([
    [{}, 400],
    [{ tool: 7 }, 400],
    [{ tool: ['list_endpoints'] }, 400],
    ['{"tool":', 400],
    [`{"tool":"list_endpoints","arguments":{"a":${'['.repeat(200)}`, 400],
    [{ tool: 'list_endpoints', arguments: { name_contains: 'x'.repeat(70_000) } }, 413],
  ])('with a wrong body is refused', async (body, status) => {
    const d = await startDashboard();
    const authorization = `Bearer ${await d.begin()}`;
    expect((await d.ask('POST', '/call', { authorization }, body)).status).toBe(status);
  });

  it('with arguments that are none is refused by the tool, in its own words', async () => {
    const d = await startDashboard();
    const token = await d.begin();
    for (const args of [{ endpoints: 'churn' }, []]) {
      const { status, body } = await d.call('get_endpoint', args, token);
      expect([status, body.isError, body.structuredContent.error.code]).toEqual([200, true, 'invalid_arguments']);
    }
  });
});

describe('changes', () => {
  it('are hidden and refused unless the person allowed them', async () => {
    const d = await startDashboard({ ...rollout(), allowChanges: false });
    const token = await d.begin();
    const { status, body } = await d.call('roll_out', { ...WISH, dry_run: false }, token);
    expect([status, body.error.message]).toEqual([403, expect.stringContaining('--allow-changes')]);
    const { structuredContent } = (await d.call('diagnose_endpoint', { endpoint: 'churn' }, token)).body;
    expect(JSON.stringify(structuredContent)).not.toContain('--read-only');
    expect(d.sandbox.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('of an abort go from the first question to the end, in the journal as any other', async () => {
    const d = await startDashboard(rollout());
    const token = await d.begin();
    await atStep(d, token, /^1 of 2/);
    // The page shows the change first, and the person agrees to what was shown.
    const wish = { ...WISH, action: 'abort' };
    const shown = (await d.call('roll_out', { ...wish, dry_run: true }, token)).body.structuredContent;
    expect(shown).toMatchObject({ dry_run: true, fingerprint: expect.any(String) });
    const stale = await d.call('roll_out', { ...wish, dry_run: false, if_fingerprint: 'aaaaaaaaaaaa' }, token);
    expect(stale.body).toMatchObject({
      isError: true,
      structuredContent: { error: { code: 'fingerprint_mismatch' } },
    });
    const { body } = await d.call('roll_out', { ...wish, dry_run: false, if_fingerprint: shown.fingerprint }, token);
    expect(body.structuredContent).toMatchObject({ outcome: 'rolled_back' });
    const { entries } = await d.journal.read(EVERY_CHANGE);
    expect(entries.map(({ tool, outcome }) => [tool, outcome])).toContainEqual(['roll_out', 'done']);
  });

  it('that need a consent ask for it, and a second call has the name and the fingerprint', async () => {
    const d = await startDashboard(rollout());
    const token = await d.begin();
    await atStep(d, token, /^1 of 2/);
    const wish = { ...WISH, action: 'finish', dry_run: false };
    const before = d.sandbox.requests.filter(({ method }) => method !== 'GET').length;
    const asked = (await d.call('roll_out', wish, token)).body.structuredContent;
    expect(asked).toMatchObject({ fingerprint: expect.any(String) });
    expect(JSON.stringify(asked)).toContain('although its gates have not passed');
    expect(d.sandbox.requests.filter(({ method }) => method !== 'GET').length).toBe(before);
    const unsaid = await d.call('roll_out', { ...wish, confirm: 'churn' }, token);
    expect(unsaid.body.isError).toBe(true);
    const agreed = { ...wish, confirm: 'churn', if_fingerprint: asked.fingerprint };
    const { body } = await d.call('roll_out', agreed, token);
    expect(body.isError, JSON.stringify(body)).toBe(false);
    expect(body.structuredContent.outcome).toMatch(/waiting|done/);
  });

  it('obey the policy', async () => {
    const d = await startDashboard({ ...rollout(), policy: { protect_endpoints: ['churn'] } });
    const { body } = await d.call('roll_out', { ...WISH, dry_run: false });
    expect(body).toMatchObject({ isError: true, structuredContent: { error: { code: 'policy' } } });
    expect(d.sandbox.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('play a bad version to its rollback', async () => {
    const d = await startDashboard(rollout(BAD));
    const token = await d.begin();
    let outcome = '';
    for (let count = 0; count < 20 && outcome !== 'rolled_back'; count++)
      outcome = (await d.call('roll_out', { ...WISH, plan: PLAN, dry_run: false }, token)).body.structuredContent
        .outcome;
    expect(outcome).toBe('rolled_back');
  });
});

describe('a page that goes', () => {
  it('ends its calls, and makes room for others', async () => {
    const { d, held } = await holding(isList, { limits: { perUser: 1 } });
    const token = await d.begin();
    const page = new AbortController();
    const call = d.call('list_endpoints', {}, token, page.signal).catch(() => 'gone');
    await held;
    expect((await d.call('get_endpoint', { endpoint: 'churn' }, token)).status).toBe(429);
    page.abort();
    expect(await call).toBe('gone');
    for (;;) if ((await d.call('get_endpoint', { endpoint: 'churn' }, token)).status === 200) break;
  });

  it('cuts no change off that is under way', async () => {
    const { d, held, release } = await holding(isWrite, rollout());
    const token = await d.begin();
    const page = new AbortController();
    const call = d.call('roll_out', { ...WISH, dry_run: false }, token, page.signal).catch(() => 'gone');
    await held;
    page.abort();
    expect(await call).toBe('gone');
    release();
    for (;;) {
      const { entries } = await d.journal.read(EVERY_CHANGE);
      if (entries.length > 0 && entries.every(({ outcome }) => outcome !== undefined)) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const [entry] = (await d.journal.read(EVERY_CHANGE)).entries;
    expect(entry?.tool).toBe('roll_out');
  });
});

describe('limits', () => {
  it('hold for one page, and other pages still get answers', async () => {
    const { d, held, release } = await holding(isList);
    const token = await d.begin();
    const calls = [1, 2, 3].map(() => d.call('list_endpoints', {}, token));
    await held;
    for (;;) {
      const { status, headers } = await d.call('get_endpoint', { endpoint: 'churn' }, token);
      if (status !== 429) continue; // a call is still on its way in
      expect(headers['retry-after']).toBe('1');
      break;
    }
    expect((await d.call('get_endpoint', { endpoint: 'churn' })).status).toBe(200);
    release();
    for (const call of calls) expect((await call).status).toBe(200);
  });

  it('end a body that does not come', async () => {
    const d = await startDashboard({ limits: { bodyMs: 50 } });
    const said = await d.raw(
      `POST /session HTTP/1.1\r\nHost: 127.0.0.1:${d.port}\r\nOrigin: ${d.origin}\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n{"sec`,
    );
    expect(said).toMatch(/^HTTP\/1\.1 408/);
    expect((await d.call('list_endpoints')).status).toBe(200);
  });

  it('end a head that does not come', async () => {
    const d = await startDashboard({ limits: { headMs: 50 } });
    expect(await d.raw('GET / HTTP/1.1\r\nHo')).toMatch(/^HTTP\/1\.1 408/);
  });

  it('refuse more connections than a browser opens, and take new ones when these have gone', async () => {
    const d = await startDashboard({ limits: { connections: 4 } });
    const sockets = Array.from({ length: 4 }, () => connect(d.port, '127.0.0.1'));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    expect(await d.ask('GET', '/').catch(() => 'refused')).toBe('refused');
    for (const socket of sockets) socket.destroy();
    for (;;) if (await d.ask('GET', '/').catch(() => undefined)) break;
  });

  it('hold for what is no HTTP at all', async () => {
    const d = await startDashboard();
    expect(await d.raw('\x16\x03\x01\x02\x00\x01\r\n\r\n')).toMatch(/^HTTP\/1\.1 400/);
    expect(
      await d.raw(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${d.port}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`),
    ).toMatch(/^HTTP\/1\.1 400/);
    expect((await d.ask('GET', '/')).status).toBe(200);
  });
});

describe('the stop', () => {
  it('ends a read at once, with an answer', async () => {
    const { d, held } = await holding(isList);
    const call = d.call('list_endpoints');
    await held;
    expect(await d.dashboard.stop()).toEqual([]);
    expect((await call).body.structuredContent.error.code).toBe('server_stopping');
    expect(await d.ask('GET', '/').catch(() => 'refused')).toBe('refused');
  });

  it('waits for a change that is under way, and begins nothing more', async () => {
    const { d, held, release } = await holding(isWrite, { ...rollout(), limits: { partMs: 20 } });
    const token = await d.begin();
    const call = d.call('roll_out', { ...WISH, dry_run: false }, token);
    await held;
    const stopped = d.dashboard.stop();
    expect((await d.call('list_endpoints', {}, token)).status).toBe(503);
    const early = await Promise.race([stopped, new Promise((resolve) => setTimeout(() => resolve('waits'), 300))]);
    expect(early).toBe('waits');
    release();
    expect(await stopped).toEqual([]);
    expect((await call).status).toBe(200);
    const { entries } = await d.journal.read(EVERY_CHANGE);
    expect(entries.every(({ outcome }) => outcome !== undefined)).toBe(true);
  });

  it('names a change that does not end in time', async () => {
    const { d, held } = await holding(isWrite, { ...rollout(), limits: { lastMs: 50, partMs: 20 } });
    const call = d.call('roll_out', { ...WISH, dry_run: false }).catch(() => 'gone');
    await held;
    expect(await d.dashboard.stop()).toEqual(['roll_out of churn']);
    expect(await call).toBe('gone');
  });
});

describe('a saved report', () => {
  const given = { data: { outcome: 'done', endpoint: 'churn' }, saved_at: '2026-01-05T09:00:00.000Z' };

  it('comes with the session, so that nothing is shown without the secret', async () => {
    const d = await startDashboard({ given });
    expect((await d.ask('GET', '/')).text).not.toContain('churn');
    const { body } = await d.ask('POST', '/session', {}, { secret: d.secret() });
    expect(body).toMatchObject({ given, tools: [], changes: false });
    const authorization = `Bearer ${body.token}`;
    expect((await d.ask('POST', '/session', { authorization }, {})).body.given).toEqual(given);
  });

  it('calls nothing', async () => {
    const d = await startDashboard({ given });
    for (const tool of ['list_endpoints', 'roll_out']) expect((await d.call(tool)).status).toBe(403);
    expect(d.sandbox.requests).toEqual([]);
  });
});

it('logs have nothing of the secrets and tokens', async () => {
  const d = await startDashboard();
  const secret = d.secret();
  await d.ask('POST', '/session', { origin: 'http://evil.example' }, { secret });
  const { token } = (await d.ask('POST', '/session', {}, { secret })).body;
  await d.call('get_endpoint', { endpoint: 'missing' }, token);
  await d.call('list_endpoints', {}, `${token}x`);
  const logged = d.logs.join('\n');
  expect(logged).not.toContain(secret);
  expect(logged).not.toContain(token);
});

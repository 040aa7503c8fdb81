import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pathPattern } from '../../../src/sandbox/faults/faults.ts';
import type { FaultEffect } from '../../../src/sandbox/index.ts';
import { churn, ENDPOINTS, ENGINEER, startWire, type Wire } from '../wire.ts';

let wire: Wire;
beforeEach(async () => {
  wire = await startWire();
});
afterEach(() => wire.sandbox.close());

const once = (effect: FaultEffect, match = {}) => wire.sandbox.faults.add({ match, times: 1, effect });
const HOUSE = `${ENDPOINTS}/house-price`;

describe('faults', () => {
  it('a status comes with its body and headers, as often as asked, after the skipped ones', async () => {
    wire.sandbox.faults.add({
      match: { method: 'GET', path: `${ENDPOINTS}/*` },
      skip: 1,
      times: 2,
      effect: { status: 429, body: { error_code: 'X', message: 'slow down' }, headers: { 'retry-after': '7' } },
    });
    const seen = [];
    for (let i = 0; i < 4; i += 1) seen.push(await wire.get('house-price'));
    expect(seen.map((r) => r.status)).toEqual([200, 429, 429, 200]);
    expect(seen[1]?.headers.get('retry-after')).toBe('7');
    expect(seen[1]?.headers.get('x-request-id')).toBeTruthy();
    expect((await wire.call('GET', ENDPOINTS)).status).toBe(200);
  });

  it('a lost reply keeps the effect', async () => {
    once({ lost_reply: true }, { method: 'POST' });
    await expect(wire.create('kept', churn(1))).rejects.toThrow();
    expect((await wire.get('kept')).status).toBe(200);
    expect(wire.sandbox.requests.filter((r) => r.method === 'POST')).toHaveLength(1);
  });

  it('a cut before the effect leaves nothing behind', async () => {
    once({ cut: 'before' }, { method: 'POST' });
    await expect(wire.create('never', churn(1))).rejects.toThrow();
    expect((await wire.get('never')).status).toBe(404);
  });

  it.each(['headers', 'body'] as const)('a cut in the %s comes after the status', async (cut) => {
    once({ cut });
    const response = await fetch(wire.sandbox.host + HOUSE, {
      headers: { authorization: `Bearer ${wire.sandbox.token}` },
    });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  it('a stale read is the endpoint before the last write', async () => {
    await wire.call('PATCH', `${HOUSE}/tags`, { add_tags: [{ key: 'new' }] });
    once({ stale: true }, { path: HOUSE });
    const keys = (body: { tags: { key: string }[] }) => body.tags.map((t) => t.key);
    expect(keys((await wire.get('house-price')).body)).toEqual(['team']);
    expect(keys((await wire.get('house-price')).body)).toEqual(['new', 'team']);
    wire.sandbox.faults.add({ effect: { stale: true } });
    await wire.create('invisible', churn(1));
    expect((await wire.get('invisible')).status).toBe(404);
  });

  it('pages, redirects, truncation, slow and huge bodies, expired tokens', async () => {
    once({ html: true });
    const page = await wire.get('house-price');
    expect(page.headers.get('content-type')).toContain('text/html');
    once({ truncate: 20 });
    const raw = await fetch(wire.sandbox.host + HOUSE, { headers: { authorization: `Bearer ${wire.sandbox.token}` } });
    const text = await raw.text();
    expect(text).toHaveLength(20);
    expect(() => JSON.parse(text)).toThrow();
    once({ slow_body: { chunk_bytes: 400, every_ms: 5 } });
    expect((await wire.get('house-price')).body.name).toBe('house-price');
    once({ expired_token: 401 });
    expect((await wire.get('house-price')).status).toBe(401);
    once({ expired_token: 403 });
    expect((await wire.get('house-price')).body.message).toContain('token expired');
    once({ huge_body: 300_000 });
    const huge = await fetch(wire.sandbox.host + HOUSE, { headers: { authorization: `Bearer ${wire.sandbox.token}` } });
    expect((await huge.arrayBuffer()).byteLength).toBe(300_000);
    once({ redirect: 'http://127.0.0.1:1/elsewhere' });
    const away = await fetch(wire.sandbox.host + HOUSE, { redirect: 'manual' });
    expect([away.status, away.headers.get('location')]).toEqual([302, 'http://127.0.0.1:1/elsewhere']);
  });

  it('a delay comes on top of the answer', async () => {
    once({ delay_ms: 100 });
    // Timers of one length ring in the order in which they are set, and the request is not even sent yet.
    let rung = false;
    setTimeout(() => {
      rung = true;
    }, 100);
    expect((await wire.get('house-price')).status).toBe(200);
    expect(rung).toBe(true);
  });

  it.each([
    ['/a/*', '/a/b', true],
    ['/a/*', '/a/b/c', false],
    ['/a/**', '/a/b/c', true],
    ['/a.b', '/axb', false],
    ['/^\\/a\\/[bc]$/', '/a/c', true],
    ['/^\\/a\\/[bc]$/', '/a/d', false],
    [undefined, '/anything', true],
  ])('path %s against %s is %s', (pattern, path, expected) => {
    expect(pathPattern(pattern).test(path)).toBe(expected);
  });
});

describe('control routes', () => {
  it('need the sandbox token', async () => {
    expect((await wire.call('GET', '/sandbox/state', undefined, ENGINEER)).status).toBe(403);
    expect((await fetch(`${wire.sandbox.host}/sandbox/state`)).status).toBe(401);
  });

  it('move the clock, set and clear faults, show requests and state, and reset', async () => {
    await wire.create('timed', churn(1));
    const before = (await wire.call('GET', '/sandbox/clock')).body.now;
    const after = (await wire.call('POST', '/sandbox/clock', { advance_minutes: 8 })).body.now;
    expect(after - before).toBe(8 * 60_000);
    expect((await wire.get('timed')).body.state.ready).toBe('READY');
    expect((await wire.call('POST', '/sandbox/clock', { advance_minutes: -1 })).status).toBe(400);

    expect((await wire.call('POST', '/sandbox/faults', { effect: { status: 503 } })).status).toBe(200);
    expect((await wire.get('timed')).status).toBe(503);
    expect((await wire.call('POST', '/sandbox/faults', { effect: { wrong: 1 } })).status).toBe(400);
    expect(
      (await wire.call('POST', '/sandbox/faults', { match: { path: '/[(/' }, effect: { html: true } })).status,
    ).toBe(400);
    await wire.call('DELETE', '/sandbox/faults');
    expect((await wire.get('timed')).status).toBe(200);

    const { requests } = (await wire.call('GET', '/sandbox/requests')).body;
    expect(requests[0]).toMatchObject({ method: 'POST', path: ENDPOINTS, principal: 'admin@example.com', status: 200 });
    expect(requests[0].body.name).toBe('timed');
    expect(requests.some((r: { path: string }) => r.path.startsWith('/sandbox/'))).toBe(false);
    await wire.call('DELETE', '/sandbox/requests');
    expect(wire.sandbox.requests).toHaveLength(0);

    expect((await wire.call('GET', '/sandbox/state')).body.endpoints.timed.config_update).toBe('NOT_UPDATING');
    await wire.call('POST', '/sandbox/reset');
    expect((await wire.get('timed')).status).toBe(404);
    expect((await wire.get('house-price')).status).toBe(200);
  });
});

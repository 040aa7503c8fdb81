import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pathPattern } from '../../../src/sandbox/faults/faults.ts';
import type { FaultEffect } from '../../../src/sandbox/index.ts';
import { type Client, churn, ENDPOINTS, ENGINEER, startClient } from '../client.ts';

let client: Client;
beforeEach(async () => {
  client = await startClient();
});
afterEach(() => client.sandbox.close());

const once = (effect: FaultEffect, match = {}) => client.sandbox.faults.add({ match, times: 1, effect });
const HOUSE = `${ENDPOINTS}/house-price`;

describe('faults', () => {
  it('a status comes with its body and headers, `times` times, after `skip` requests', async () => {
    client.sandbox.faults.add({
      match: { method: 'GET', path: `${ENDPOINTS}/*` },
      skip: 1,
      times: 2,
      effect: { status: 429, body: { error_code: 'X', message: 'slow down' }, headers: { 'retry-after': '7' } },
    });
    const seen = [];
    for (let i = 0; i < 4; i += 1) seen.push(await client.get('house-price'));
    expect(seen.map((r) => r.status)).toEqual([200, 429, 429, 200]);
    expect(seen[1]?.headers.get('retry-after')).toBe('7');
    expect(seen[1]?.headers.get('x-request-id')).toBeTruthy();
    expect((await client.call('GET', ENDPOINTS)).status).toBe(200);
  });

  it('a lost reply keeps the effect of the request', async () => {
    once({ lost_reply: true }, { method: 'POST' });
    await expect(client.create('kept', churn(1))).rejects.toThrow();
    expect((await client.get('kept')).status).toBe(200);
    expect(client.sandbox.requests.filter((r) => r.method === 'POST')).toHaveLength(1);
  });

  it('a cut before the handler prevents any effect', async () => {
    once({ cut: 'before' }, { method: 'POST' });
    await expect(client.create('never', churn(1))).rejects.toThrow();
    expect((await client.get('never')).status).toBe(404);
  });

  it.each(['headers', 'body'] as const)('a cut in the %s comes after the status', async (cut) => {
    once({ cut });
    const response = await fetch(client.sandbox.host + HOUSE, {
      headers: { authorization: `Bearer ${client.sandbox.token}` },
    });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  it('a stale read returns the endpoint before the last write', async () => {
    await client.call('PATCH', `${HOUSE}/tags`, { add_tags: [{ key: 'new' }] });
    once({ stale: true }, { path: HOUSE });
    const keys = (body: { tags: { key: string }[] }) => body.tags.map((t) => t.key);
    expect(keys((await client.get('house-price')).body)).toEqual(['team']);
    expect(keys((await client.get('house-price')).body)).toEqual(['new', 'team']);
    client.sandbox.faults.add({ effect: { stale: true } });
    await client.create('invisible', churn(1));
    expect((await client.get('invisible')).status).toBe(404);
  });

  it('pages, redirects, truncation, slow and huge bodies, expired tokens', async () => {
    once({ html: true });
    const page = await client.get('house-price');
    expect(page.headers.get('content-type')).toContain('text/html');
    once({ truncate: 20 });
    const raw = await fetch(client.sandbox.host + HOUSE, {
      headers: { authorization: `Bearer ${client.sandbox.token}` },
    });
    const text = await raw.text();
    expect(text).toHaveLength(20);
    expect(() => JSON.parse(text)).toThrow();
    once({ slow_body: { chunk_bytes: 400, every_ms: 5 } });
    expect((await client.get('house-price')).body.name).toBe('house-price');
    once({ expired_token: 401 });
    expect((await client.get('house-price')).status).toBe(401);
    once({ expired_token: 403 });
    expect((await client.get('house-price')).body.message).toContain('token expired');
    once({ huge_body: 300_000 });
    const huge = await fetch(client.sandbox.host + HOUSE, {
      headers: { authorization: `Bearer ${client.sandbox.token}` },
    });
    expect((await huge.arrayBuffer()).byteLength).toBe(300_000);
    once({ redirect: 'http://127.0.0.1:1/elsewhere' });
    const away = await fetch(client.sandbox.host + HOUSE, { redirect: 'manual' });
    expect([away.status, away.headers.get('location')]).toEqual([302, 'http://127.0.0.1:1/elsewhere']);
  });

  it('a delay adds to the time of the answer', async () => {
    once({ delay_ms: 100 });
    // Timers of equal length fire in the order of their creation, and this one exists before the request.
    let rung = false;
    setTimeout(() => {
      rung = true;
    }, 100);
    expect((await client.get('house-price')).status).toBe(200);
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
  ])('path %s matches %s: %s', (pattern, path, expected) => {
    expect(pathPattern(pattern).test(path)).toBe(expected);
  });
});

describe('control routes', () => {
  it('need the sandbox token', async () => {
    expect((await client.call('GET', '/sandbox/state', undefined, ENGINEER)).status).toBe(403);
    expect((await fetch(`${client.sandbox.host}/sandbox/state`)).status).toBe(401);
  });

  it('advance the clock, add and clear faults, show requests and state, and reset', async () => {
    await client.create('timed', churn(1));
    const before = (await client.call('GET', '/sandbox/clock')).body.now;
    const after = (await client.call('POST', '/sandbox/clock', { advance_minutes: 8 })).body.now;
    expect(after - before).toBe(8 * 60_000);
    expect((await client.get('timed')).body.state.ready).toBe('READY');
    expect((await client.call('POST', '/sandbox/clock', { advance_minutes: -1 })).status).toBe(400);

    expect((await client.call('POST', '/sandbox/faults', { effect: { status: 503 } })).status).toBe(200);
    expect((await client.get('timed')).status).toBe(503);
    expect((await client.call('POST', '/sandbox/faults', { effect: { wrong: 1 } })).status).toBe(400);
    expect(
      (await client.call('POST', '/sandbox/faults', { match: { path: '/[(/' }, effect: { html: true } })).status,
    ).toBe(400);
    await client.call('DELETE', '/sandbox/faults');
    expect((await client.get('timed')).status).toBe(200);

    const { requests } = (await client.call('GET', '/sandbox/requests')).body;
    expect(requests[0]).toMatchObject({ method: 'POST', path: ENDPOINTS, principal: 'admin@example.com', status: 200 });
    expect(requests[0].body.name).toBe('timed');
    expect(requests.some((r: { path: string }) => r.path.startsWith('/sandbox/'))).toBe(false);
    await client.call('DELETE', '/sandbox/requests');
    expect(client.sandbox.requests).toHaveLength(0);

    expect((await client.call('GET', '/sandbox/state')).body.endpoints.timed.config_update).toBe('NOT_UPDATING');
    await client.call('POST', '/sandbox/reset');
    expect((await client.get('timed')).status).toBe(404);
    expect((await client.get('house-price')).status).toBe(200);
  });
});

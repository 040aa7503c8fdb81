/** What passes the gate, judged by the head of a request. */
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { corsHeaders, preflightHeaders } from '../../src/hosting/cors.ts';
import { type GateRules, passageOf } from '../../src/hosting/gate.ts';
import { hasBatches, REVISIONS } from '../../src/mcp/revisions.ts';
import type { Head } from '../../src/web/head.ts';

const RULES: GateRules = {
  hosts: ['127.0.0.1:8000', 'localhost:8000', '[::1]:8000', 'mcp.example.com', 'other.example.com:8443'],
  origins: ['https://page.example', 'http://localhost:8000'],
  maxBody: 1024 * 1024,
};

const head = (more: Record<string, string> = {}, method = 'POST', url = '/mcp'): Head => {
  const headers: Record<string, string> = {
    host: '127.0.0.1:8000',
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'content-length': '40',
    ...more,
  };
  return { method, version: '1.1', url, headers, rawHeaders: Object.entries(headers).flat() };
};

const judged = (given: Head, rules: Partial<GateRules> = {}) => passageOf(given, { ...RULES, ...rules });
const statusOf = (given: Head, rules: Partial<GateRules> = {}) => {
  const passage = judged(given, rules);
  return passage.to === 'nowhere' ? passage.refusal.status : passage.to;
};

describe('the address', () => {
  it.each(['/mcp', '/mcp?o=123', '/mcp?'])('%s is the protocol', (url) => {
    expect(statusOf(head({}, 'POST', url))).toBe('protocol');
  });

  it.each([
    '/mcp/',
    '//mcp',
    '/MCP',
    '/%6dcp',
    '/mcp;a=b',
    '/./mcp',
    '/mcp/sse',
    '/',
    '',
    '*',
    'mcp',
    'http://127.0.0.1:8000/mcp',
    '/healthz/',
    '/mcp#part',
  ])('%s is nothing, and never a redirect: a redirect turns a POST into a GET', (url) => {
    const passage = judged(head({}, 'POST', url));
    expect(passage).toMatchObject({ to: 'nowhere', refusal: { status: 404 } });
    expect(passage.to === 'nowhere' && passage.refusal.headers).toBeFalsy();
  });
});

describe('the method', () => {
  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'OPTIONS', 'PROPFIND', 'post'])(
    '%s is refused, with the one that is allowed',
    (method) => {
      expect(judged(head({}, method))).toMatchObject({
        to: 'nowhere',
        refusal: { status: 405, headers: { allow: 'POST' } },
      });
    },
  );

  it.each(['GET', 'HEAD'])('%s asks for the health, by any name: it says nothing about anyone', (method) => {
    expect(statusOf(head({ host: '10.0.0.9:8000' }, method, '/healthz'))).toBe('health');
  });

  it('of the health check is no other', () => {
    expect(judged(head({}, 'POST', '/healthz'))).toMatchObject({
      refusal: { status: 405, headers: { allow: 'GET, HEAD' } },
    });
  });
});

describe('the Host', () => {
  it.each([
    '127.0.0.1:8000',
    'LOCALHOST:8000',
    '[::1]:8000',
    'mcp.example.com',
    'mcp.example.com:443',
    'other.example.com:8443',
  ])('%s is a name of this server', (host) => expect(statusOf(head({ host }))).toBe('protocol'));

  it.each([
    'evil.example',
    'localhost',
    'localhost:9999',
    '127.0.0.1',
    'localhost.:8000',
    'localhost:8000.evil.example',
    'mcp.example.com.evil.example',
    'evil-mcp.example.com',
    'other.example.com',
    'other.example.com:80',
    'user@mcp.example.com',
    'mcp.example.com/',
    '0.0.0.0:8000',
    '2130706433:8000',
    '',
  ])('"%s" is not: a page could lead it here by DNS', (host) => {
    expect(statusOf(head({ host }))).toBe(403);
  });

  it('is any where a login protects the server', () => {
    expect(statusOf(head({ host: 'anything.example' }), { hosts: undefined })).toBe('protocol');
  });
});

describe('the Origin', () => {
  it('is absent for a client that is no browser', () => expect(statusOf(head())).toBe('protocol'));

  it.each(['https://page.example', 'https://PAGE.example', 'http://localhost:8000'])('%s may call', (origin) => {
    expect(judged(head({ origin }))).toMatchObject({ to: 'protocol', origin });
  });

  it.each([
    'null',
    '',
    'http://page.example',
    'https://page.example:8443',
    'https://page.example.evil.example',
    'https://evil-page.example',
    'https://page.example/',
    'https://page.example, https://evil.example',
    'https://evil.example',
    'http://127.0.0.1:3000',
    '*',
  ])('"%s" may not', (origin) => {
    expect(statusOf(head({ origin }))).toBe(403);
    expect(statusOf(head({ origin, 'access-control-request-method': 'POST' }, 'OPTIONS'))).toBe(403);
  });

  it('that may call gets its preflight answered, for POST alone', () => {
    const ask = (method: string) =>
      statusOf(head({ origin: 'https://page.example', 'access-control-request-method': method }, 'OPTIONS'));
    expect([ask('POST'), ask('DELETE'), ask('GET')]).toEqual(['preflight', 405, 405]);
  });

  it('hears nothing from headers for others', () => {
    expect(corsHeaders(undefined)).toEqual({ vary: 'Origin' });
    expect(corsHeaders('https://page.example')).toMatchObject({
      'access-control-allow-origin': 'https://page.example',
      'access-control-allow-credentials': 'true',
    });
    expect(preflightHeaders('https://page.example')).toMatchObject({
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': expect.stringContaining('mcp-protocol-version'),
    });
  });
});

describe('the body, as the head names it', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
  ])('%s is JSON', (type) => expect(statusOf(head({ 'content-type': type }))).toBe('protocol'));

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    '',
    'application/jsonp',
    'application/json; charset=latin1',
    'text/plain; application/json',
  ])('"%s" is not: a form of another page could send it', (type) =>
    expect(statusOf(head({ 'content-type': type }))).toBe(415),
  );

  it('is not compressed: a few bytes could become many', () => {
    expect(statusOf(head({ 'content-encoding': 'gzip' }))).toBe(415);
    expect(statusOf(head({ 'content-encoding': 'identity' }))).toBe('protocol');
  });

  it('longer than the limit is refused before it arrives', () => {
    expect(statusOf(head({ 'content-length': String(RULES.maxBody) }))).toBe('protocol');
    expect(statusOf(head({ 'content-length': String(RULES.maxBody + 1) }))).toBe(413);
    expect(statusOf(head({ 'content-length': '9'.repeat(30) }))).toBe(413);
  });
});

describe('the answer that the client accepts', () => {
  it.each([
    ['application/json', false],
    ['application/json, text/event-stream', true],
    ['text/event-stream', true],
    ['*/*', false],
    ['application/*;q=0.5', false],
  ])('%s: a stream is %s', (accept, streams) => {
    expect(judged(head({ accept }))).toMatchObject({ to: 'protocol', streams });
  });

  it.each(['text/html', 'image/png', ''])('"%s" is none that the protocol has', (accept) => {
    expect(statusOf(head({ accept }))).toBe(406);
  });
});

describe('the revision', () => {
  it.each(REVISIONS)('%s is spoken', (revision) => {
    expect(judged(head({ 'mcp-protocol-version': revision }))).toMatchObject({ to: 'protocol', revision });
  });

  it.each(['2099-01-01', '', 'latest', '2025-11-25 ', 'x'.repeat(5_000)])(
    '"%s" is not, and the answer names those that are',
    (revision) => {
      const passage = judged(head({ 'mcp-protocol-version': revision }));
      expect(passage).toMatchObject({
        refusal: { status: 400, code: -32022, data: { supported: REVISIONS, requested: revision.slice(0, 40) } },
      });
    },
  );

  it('list is that of the SDK', () => {
    for (const revision of SUPPORTED_PROTOCOL_VERSIONS) expect(REVISIONS).toContain(revision);
    expect(new Set(REVISIONS)).toEqual(new Set([...SUPPORTED_PROTOCOL_VERSIONS, '2026-07-28']));
  });

  it('with lists of messages is one alone, and the one that is meant where none is named', () => {
    expect([undefined, ...REVISIONS].filter(hasBatches)).toEqual([undefined, '2025-03-26']);
  });
});

it.each(['0.9', '2.0', ''])('HTTP/%s is refused: it has no headers to judge by, or others', (version) => {
  expect(statusOf({ ...head(), version })).toBe(505);
});

describe('headers', () => {
  it.each([
    'host',
    'Origin',
    'AUTHORIZATION',
    'content-type',
    'Content-Length',
    'x-forwarded-access-token',
    'X-Forwarded-User',
    'mcp-protocol-version',
  ])('%s twice is refused: a proxy may have read the other one', (name) => {
    const given = head();
    expect(statusOf({ ...given, rawHeaders: [...given.rawHeaders, name, 'a', name, 'a'] })).toBe(400);
  });

  it('that may come twice may', () => {
    const given = head();
    expect(
      statusOf({
        ...given,
        rawHeaders: [...given.rawHeaders, 'via', 'a', 'via', 'b', 'x-forwarded-for', 'c', 'x-forwarded-for', 'd'],
      }),
    ).toBe('protocol');
  });

  it('are a hundred at most, on every path', () => {
    const many = Array.from({ length: 101 }, (_, at) => [`x-${at}`, 'a']).flat();
    expect(statusOf({ ...head({}, 'GET', '/healthz'), rawHeaders: many })).toBe(431);
  });
});

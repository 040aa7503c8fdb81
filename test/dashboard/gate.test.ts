/** What passes the gate of the dashboard, judged by the head of a request. */
import { describe, expect, it } from 'vitest';
import { passageOf } from '../../src/dashboard/gate.ts';

const RULES = { port: 4321, maxBody: 1024 };

function judged(method: string, url: string, headers: Record<string, string> = {}) {
  const all: Record<string, string> = {
    host: '127.0.0.1:4321',
    ...(method === 'POST' ? { origin: 'http://127.0.0.1:4321', 'content-type': 'application/json' } : {}),
    ...headers,
  };
  for (const [name, value] of Object.entries(all)) if (value === '') delete all[name];
  const passage = passageOf(
    { method, url, version: '1.1', headers: all, rawHeaders: Object.entries(all).flat() },
    RULES,
  );
  return passage.to === 'nowhere' ? passage.refusal.status : passage.to;
}

describe('the name of the server', () => {
  it.each(['127.0.0.1:4321', 'localhost:4321', 'LOCALHOST:4321'])('%s is its own', (host) => {
    expect(judged('GET', '/', { host })).toBe('page');
    expect(judged('POST', '/call', { host, origin: `http://${host}` })).toBe('call');
  });

  it.each([
    'evil.example',
    'evil.example:4321',
    '127.0.0.1',
    'localhost',
    '127.0.0.1:80',
    '127.0.0.1:43210',
    'localhost.evil.example:4321',
    '127.0.0.1:4321.evil.example',
    '[::1]:4321',
    '0.0.0.0:4321',
    '',
  ])('"%s" is another name, by which a page could lead itself here by DNS', (host) => {
    for (const [method, url] of [
      ['GET', '/'],
      ['POST', '/session'],
      ['POST', '/call'],
    ] as const)
      expect(judged(method, url, { host, ...(method === 'POST' ? { origin: `http://${host}` } : {}) })).toBe(403);
  });
});

describe('the origin of a POST', () => {
  it.each([
    'http://evil.example',
    'null',
    'https://127.0.0.1:4321',
    'http://127.0.0.1:80',
    'http://127.0.0.1:43210',
    'http://localhost:4321',
    'http://127.0.0.1:4321.evil.example',
    'http://127.0.0.1:4321/',
  ])('%s is a page of another origin', (origin) => {
    expect(judged('POST', '/session', { origin })).toBe(403);
    expect(judged('POST', '/call', { origin })).toBe(403);
  });

  it('is there: a browser sends one with every POST', () => {
    expect(judged('POST', '/session', { origin: '' })).toBe(403);
    expect(judged('POST', '/call', { origin: '' })).toBe(403);
  });
});

describe('the address and the method', () => {
  it.each([
    ['GET', '/', 'page'],
    ['HEAD', '/', 'page'],
    ['GET', '/?from=a', 'page'],
    ['POST', '/session', 'session'],
    ['POST', '/call', 'call'],
    ['POST', '/', 405],
    ['GET', '/call', 405],
    ['GET', '/session', 405],
    ['OPTIONS', '/call', 405],
    ['PUT', '/call', 405],
    ['GET', '/favicon.ico', 404],
    ['GET', '//', 404],
    ['POST', '/call/', 404],
    ['POST', '/CALL', 404],
    ['POST', '/../call', 404],
    ['GET', '', 404],
    ['GET', 'http://127.0.0.1:4321/', 404],
  ])('%s %s: %s', (method, url, expected) => {
    expect(judged(method, url)).toBe(expected);
  });
});

describe('the body of a POST', () => {
  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=a', ''])(
    'is never %s, which a form of another page could send',
    (type) => {
      expect(judged('POST', '/call', { 'content-type': type })).toBe(415);
    },
  );

  it('is refused at once where it says that it is too long', () => {
    expect(judged('POST', '/call', { 'content-length': '1024' })).toBe('call');
    expect(judged('POST', '/call', { 'content-length': '1025' })).toBe(413);
  });

  it('is not compressed', () => {
    expect(judged('POST', '/call', { 'content-encoding': 'gzip' })).toBe(415);
  });
});

it('a header that decides who calls comes once', () => {
  const headers = { host: '127.0.0.1:4321' };
  const rawHeaders = ['Host', '127.0.0.1:4321', 'Host', 'evil.example'];
  const passage = passageOf({ method: 'GET', url: '/', version: '1.1', headers, rawHeaders }, RULES);
  expect(passage).toMatchObject({ to: 'nowhere', refusal: { status: 400 } });
});

/** Which proxy the environment names for which host. */
import { describe, expect, it } from 'vitest';
import { ProxyError } from '../../src/connection/errors.ts';
import { proxyFor } from '../../src/connection/proxy.ts';

const WORKSPACE = 'https://adb-1.2.azuredatabricks.net';
const of = (env: Record<string, string>, origin = WORKSPACE) => proxyFor(new URL(origin), env);

describe('the proxy of the environment', () => {
  it.each<[string, Record<string, string>, string | undefined]>([
    ['no variable', {}, undefined],
    ['HTTPS_PROXY', { HTTPS_PROXY: 'http://p.example:3128' }, 'p.example:3128'],
    ['https_proxy', { https_proxy: 'http://p.example:3128' }, 'p.example:3128'],
    ['both, of which small letters come first', { https_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:2' }, 'a:1'],
    ['only HTTP_PROXY', { HTTP_PROXY: 'http://p.example:3128' }, 'p.example:3128'],
    [
      'an empty variable next to another',
      { https_proxy: '', HTTPS_PROXY: 'http://b:2', HTTP_PROXY: 'http://c:3' },
      'b:2',
    ],
    ['no scheme', { HTTPS_PROXY: '127.0.0.1:9' }, '127.0.0.1:9'],
    ['no scheme and a name', { HTTPS_PROXY: 'localhost:3128' }, 'localhost:3128'],
    ['no scheme and a login', { HTTPS_PROXY: 'user:pass@p.example:3128' }, 'p.example:3128'],
    ['no port', { HTTPS_PROXY: 'http://p.example' }, 'p.example:80'],
    ['https and no port', { HTTPS_PROXY: 'https://p.example' }, 'p.example:443'],
    ['an address of IPv6', { HTTPS_PROXY: 'http://[::1]:3128' }, '[::1]:3128'],
    ['quotes around the value', { HTTPS_PROXY: '"http://p.example:3128"' }, 'p.example:3128'],
    ['quotes and blanks', { HTTPS_PROXY: " 'http://p.example:3128' " }, 'p.example:3128'],
  ])('%s', (_what, env, name) => {
    expect(of(env)?.name).toBe(name);
  });

  it.each([
    'http://127.0.0.1:8080',
    'http://localhost:8080',
    'http://[::1]:8080',
    'http://169.254.169.254',
    'https://127.0.0.1',
  ])('does not apply to %s, which is this machine', (origin) => {
    expect(of({ HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'http://p:1' }, origin)).toBeUndefined();
  });

  it.each([
    ['adb-1.2.azuredatabricks.net', true],
    ['ADB-1.2.AzureDatabricks.net', true],
    ['azuredatabricks.net', true],
    ['.azuredatabricks.net', true],
    ['*.azuredatabricks.net', true],
    ['other.example, azuredatabricks.net', true],
    ['other.example azuredatabricks.net:443', true],
    ['*', true],
    ['a.example,*', true],
    ['"azuredatabricks.net"', true],
    ['databricks.net', false],
    ['azuredatabricks.net:8443', false],
    ['azuredatabricks.net.example', false],
    ['', false],
  ])('does not apply to a host in NO_PROXY: %s', (list, excepted) => {
    for (const name of ['NO_PROXY', 'no_proxy'])
      expect(of({ HTTPS_PROXY: 'http://p:1', [name]: list }) === undefined).toBe(excepted);
  });

  it.each([
    ['http://user:fake-secret@', 'HTTPS_PROXY is not the address of a proxy'],
    ['http://user:fake-secret@p.example:port', 'HTTPS_PROXY is not the address of a proxy'],
    ['socks5://user:fake-secret@p.example:1080', 'HTTPS_PROXY names a socks5 proxy at p.example:1080'],
  ])('that cannot be used is an error in words, without its login: %s', (value, words) => {
    try {
      of({ HTTPS_PROXY: value });
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof ProxyError)) throw error;
      expect(error.message).toContain(words);
      expect(error.next).toContain('Set HTTPS_PROXY to http://HOST:PORT');
      expect(error.message + error.next).not.toContain('fake-secret');
      expect(error.transient).toBe(false);
    }
  });
});

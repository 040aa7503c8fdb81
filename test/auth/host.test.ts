import { describe, expect, it } from 'vitest';
import { AuthError } from '../../src/auth/errors.ts';
import { cloudOf, parseHost, withoutSentinel } from '../../src/auth/host.ts';

describe('parseHost', () => {
  it.each([
    ['dbc-1.cloud.databricks.com', { origin: 'https://dbc-1.cloud.databricks.com' }],
    ['https://dbc-1.cloud.databricks.com/', { origin: 'https://dbc-1.cloud.databricks.com' }],
    [' HTTPS://DBC-1.Cloud.Databricks.com ', { origin: 'https://dbc-1.cloud.databricks.com' }],
    ['https://a.b/ml/endpoints?x=1#y', { origin: 'https://a.b' }],
    [
      'https://adb-1.2.azuredatabricks.net/?o=123',
      { origin: 'https://adb-1.2.azuredatabricks.net', workspaceId: '123' },
    ],
    ['a.b?o=12&a=acc-1', { origin: 'https://a.b', workspaceId: '12', accountId: 'acc-1' }],
    ['https://a.b?workspace_id=7', { origin: 'https://a.b', workspaceId: '7' }],
    ['https://a.b?w=w-1', { origin: 'https://a.b', workspaceId: 'w-1' }],
    ['https://a.b?account_id=acc', { origin: 'https://a.b', accountId: 'acc' }],
    ['https://a.b?o=not-a-number', { origin: 'https://a.b' }],
    ['https://a.b?w=x%0d%0ay', { origin: 'https://a.b' }],
    ['https://user:word@a.b', { origin: 'https://a.b' }],
    ['https://a.b:8443/x', { origin: 'https://a.b:8443' }],
    ['https://a.b:443', { origin: 'https://a.b' }],
    ['localhost:8080', { origin: 'https://localhost:8080' }],
    ['http://127.0.0.1:4000/', { origin: 'http://127.0.0.1:4000' }],
    ['http://localhost:4000', { origin: 'http://localhost:4000' }],
    ['http://[::1]:4000', { origin: 'http://[::1]:4000' }],
  ])('%s', (text, expected) => {
    expect(parseHost(text)).toEqual(expected);
  });

  it.each(['http://dbc-1.cloud.databricks.com', 'http://127.0.0.1.example.com', 'http://10.0.0.1'])(
    'refuses %s, where a bearer would travel in clear text',
    (text) => {
      expect(() => parseHost(text)).toThrow(/not https/);
    },
  );

  it.each(['', 'ftp://a.b', 'https://', 'a b c'])('refuses %j', (text) => {
    expect(() => parseHost(text)).toThrow(AuthError);
  });

  it.each(['notaurl', 'DEV', 'notaurl/', 'my_profile?o=1', '1234567890123456', 'dapi00000000fake'])(
    'refuses %s, a word that is not an address',
    (text) => {
      expect(() => parseHost(text)).toThrow(/is a word, not an address/);
    },
  );

  it.each([
    ['https://gateway', 'https://gateway'],
    ['gateway:8443', 'https://gateway:8443'],
    ['localhost', 'https://localhost'],
    ['localhost/x', 'https://localhost'],
  ])('takes %s, which names a host on purpose', (text, origin) => {
    expect(parseHost(text)).toEqual({ origin });
  });

  it('does not repeat the pasted text, because it may be a token', () => {
    let message = '';
    try {
      parseHost('dapi00000000fake here');
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain('not a host name');
    expect(message).not.toContain('dapi');
  });
});

describe('cloudOf', () => {
  it.each([
    ['https://dbc-1.cloud.databricks.com', undefined, 'aws'],
    ['https://x.cloud.databricks.us', undefined, 'aws'],
    ['https://adb-1.2.azuredatabricks.net', undefined, 'azure'],
    ['https://adb-1.2.databricks.azure.us', undefined, 'azure'],
    ['https://adb-1.2.databricks.azure.cn', undefined, 'azure'],
    ['https://1.2.gcp.databricks.com', undefined, 'gcp'],
    ['http://127.0.0.1:1', undefined, undefined],
    ['http://127.0.0.1:1', 'AZURE', 'azure'],
    ['https://notazuredatabricks.net', undefined, undefined],
    ['https://evil-azuredatabricks.net', undefined, undefined],
  ])('%s with hint %s is %s', (host, hint, cloud) => {
    expect(cloudOf(host, hint)).toBe(cloud);
  });
});

it('treats the workspace id "none" as no id', () => {
  expect(['none', 'NONE', '12', undefined].map(withoutSentinel)).toEqual([undefined, undefined, '12', undefined]);
});

import { describe, expect, it } from 'vitest';
import { parseIni } from '../../src/auth/ini.ts';

function read(text: string): Record<string, Record<string, string>> {
  return Object.fromEntries([...parseIni(text)].map(([name, values]) => [name, Object.fromEntries(values)]));
}

describe('the dialect of .databrickscfg', () => {
  it.each<[string, string, Record<string, Record<string, string>>]>([
    ['a plain profile', '[dev]\nhost = https://a\ntoken = t\n', { dev: { host: 'https://a', token: 't' } }],
    ['a byte order mark', '\uFEFF[dev]\nhost = a', { dev: { host: 'a' } }],
    ['CRLF', '[dev]\r\nhost = a\r\ntoken = t\r\n', { dev: { host: 'a', token: 't' } }],
    ['comment lines', '# one\n[dev]\n; two\n  # three\nhost = a', { dev: { host: 'a' } }],
    ['# inside a token', '[dev]\ntoken = ab#cd', { dev: { token: 'ab#cd' } }],
    ['# after white space', '[dev]\nhost = a # mine\ntoken = t\t#c', { dev: { host: 'a', token: 't' } }],
    ['; inside a value is part of it', '[dev]\npassword = a ;b', { dev: { password: 'a ;b' } }],
    ['a value that is only a comment', '[dev]\ntoken = # later', { dev: { token: '' } }],
    ['colon as delimiter', '[dev]\nclient_id: x', { dev: { client_id: 'x' } }],
    ['the first delimiter counts', '[dev]\nhost=https://a?o=1\nx: a=b', { dev: { host: 'https://a?o=1', x: 'a=b' } }],
    ['dotted section names are whole names', '[a]\nx=1\n[a.b]\ny=2', { a: { x: '1' }, 'a.b': { y: '2' } }],
    [
      'no inheritance from DEFAULT',
      '[DEFAULT]\nhost=a\n[dev]\ntoken=t',
      { DEFAULT: { host: 'a' }, dev: { token: 't' } },
    ],
    ['repeated sections merge', '[dev]\nhost=a\n[x]\ny=1\n[dev]\nhost=b', { dev: { host: 'b' }, x: { y: '1' } }],
    ['keys before any section', 'host = a', { DEFAULT: { host: 'a' } }],
    ['keys in capitals', '[dev]\nHOST = a', { dev: { host: 'a' } }],
    ['quoted values', '[dev]\na = "x # y"\nb = \'z\'', { dev: { a: 'x # y', b: 'z' } }],
    ['a comment behind the section', '[dev] # mine\nhost = a', { dev: { host: 'a' } }],
    ['an empty section', '[dev]\n', { dev: {} }],
    ['nothing', '', {}],
  ])('%s', (_name, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it('names the line of a mistake and never its text', () => {
    const secret = 'dapi00000000fake';
    let message = '';
    try {
      parseIni(`[dev]\nhost = a\n${secret}\n`);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain('line 3');
    expect(message).not.toContain(secret);
  });
});

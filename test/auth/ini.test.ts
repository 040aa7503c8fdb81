import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IniSyntaxError, parseIni } from '../../src/auth/ini.ts';

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

describe('any file', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,12}$/);
  // Values of every printable kind, `=`, `:`, `;`, `#` and quotes inside them too; white space before a # would begin a comment.
  const value = fc.stringMatching(/^[!$-&(-:<-~][!-~é€]{0,20}$/);
  const space = fc.stringMatching(/^[ \t]{0,3}$/);
  const noise = fc.constantFrom('', '# a = b', '; [other]', '   ');

  it('is read as written, with any white space, delimiters, line ends and comments', () => {
    const pair = fc.record({ key: word, value, delimiter: fc.constantFrom('=', ':'), space, noise });
    const file = fc.dictionary(word, fc.uniqueArray(pair, { selector: ({ key }) => key, maxLength: 5 }), {
      maxKeys: 4,
    });
    fc.assert(
      fc.property(file, fc.constantFrom('\n', '\r\n'), (sections, end) => {
        const lines = Object.entries(sections).flatMap(([name, pairs]) => [
          `[${name}]`,
          ...pairs.flatMap((each) => [
            `${each.space}${each.key}${each.space}${each.delimiter}${each.space}${each.value}${each.space}`,
            each.noise,
          ]),
        ]);
        const wanted = Object.entries(sections).map(([name, pairs]) => [
          name,
          Object.fromEntries(pairs.map((each) => [each.key, each.value])),
        ]);
        expect(read(lines.join(end))).toEqual(Object.fromEntries(wanted));
      }),
    );
  });

  it('is read, or refused by the number of a line and nothing that it holds', () => {
    const line = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      word,
      fc.constantFrom('[a]', '[', '=', '[]', 'k=v'),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = lines.join('\n');
        try {
          parseIni(text);
        } catch (error) {
          expect(error).toBeInstanceOf(IniSyntaxError);
          const { line: number, message } = error as IniSyntaxError;
          expect(message).toBe(new IniSyntaxError(number).message);
          expect(text.split(/\r\n|\n|\r/)[number - 1]?.trim()).not.toMatch(/^$|^[#;]/);
        }
      }),
    );
  });
});

/** A key that is given twice is found, so that no value is dropped without a word. */
import { describe, expect, it } from 'vitest';
import { duplicateKey } from '../../src/text/duplicate-key.ts';

describe('a key that is given twice', () => {
  it.each<[string, string, ReturnType<typeof duplicateKey>]>([
    ['on one line', '{"a":1,"a":2}', { key: 'a', first: 1, line: 1 }],
    ['on two lines', '{\n  "a": [1],\n  "b": 2,\n  "a": [2]\n}', { key: 'a', first: 2, line: 4 }],
    ['with Windows line ends', '{\r\n"a":1,\r\n"a":2}', { key: 'a', first: 2, line: 3 }],
    ['in an inner object', '{"x":{"a":1,"a":2}}', { key: 'a', first: 1, line: 1 }],
    ['in an object of a list', '[{"a":1},{"b":1,\n"b":2}]', { key: 'b', first: 1, line: 2 }],
    ['after an inner object', '{"a":{"a":1},"a":2}', { key: 'a', first: 1, line: 1 }],
    ['in another spelling', '{"a":1,"\\u0061":2}', { key: 'a', first: 1, line: 1 }],
    ['with a quote in it', '{"a\\"b":1,"a\\"b":2}', { key: 'a"b', first: 1, line: 1 }],
    ['that is empty', '{"":1,"":2}', { key: '', first: 1, line: 1 }],
    ['that objects have by themselves', '{"__proto__":1,"__proto__":2}', { key: '__proto__', first: 1, line: 1 }],
  ])('%s', (_what, text, found) => {
    expect(() => JSON.parse(text)).not.toThrow();
    expect(duplicateKey(text)).toEqual(found);
  });
});

describe('no key is given twice', () => {
  it.each([
    '{}',
    '[]',
    '"a"',
    '{"a":1,"b":2}',
    '{"a":{"b":1},"b":{"a":1}}',
    '{"a":["a","a"],"b":"a"}',
    '[{"a":1},{"a":2}]',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '{"a":"b","b":"a"}',
    '{"a":"[","A":"]"}',
  ])('%s', (text) => {
    expect(() => JSON.parse(text)).not.toThrow();
    expect(duplicateKey(text)).toBeUndefined();
  });
});

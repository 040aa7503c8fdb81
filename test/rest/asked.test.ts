import { expect, it } from 'vitest';
import { hasAll } from '../../src/rest/asked.ts';

it.each<[string, unknown, unknown, boolean]>([
  ['nothing asked', { a: 1 }, {}, true],
  ['more than asked', { a: 1, b: 2 }, { a: 1 }, true],
  ['another value', { a: 1 }, { a: 2 }, false],
  ['a missing field', {}, { a: 1 }, false],
  ['nothing there at all', undefined, { a: 1 }, false],
  ['a nested field', { a: { b: 1, c: 2 } }, { a: { b: 1 } }, true],
  ['another nested field', { a: { b: 1 } }, { a: { b: 2 } }, false],
  ['a list in another order', { a: [1, 2] }, { a: [2, 1] }, true],
  ['a list that lacks one', { a: [1] }, { a: [1, 2] }, false],
  ['a list of objects with more fields', { a: [{ k: 1, more: 2 }] }, { a: [{ k: 1 }] }, true],
  ['an empty list that is absent', {}, { a: [] }, true],
  ['a switch that is off and absent', {}, { a: false }, true],
  ['a switch that is on and absent', {}, { a: true }, false],
  ['an empty text that is absent', {}, { a: '' }, true],
  ['a text where an empty one was asked', { a: 'x' }, { a: '' }, false],
  ['a zero that is absent', {}, { a: 0 }, false],
  ['a key in plain text', { a: {} }, { a: { api_key_plaintext: 'k' } }, true],
])('%s', (_what, there, asked, expected) => {
  expect(hasAll(there, asked)).toBe(expected);
});

/** `publisher.json`: what it may hold, and that a mistake is named before it reaches a package. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { missing, ownerOf, parsePublisher } from '../../src/package/publisher.ts';

const FILE = new URL('../../src/package/publisher.json', import.meta.url);
const read = (value: unknown) => parsePublisher(JSON.stringify(value), 'publisher.json');

it('the file of this repository is one', () => {
  expect(Object.keys(parsePublisher(readFileSync(FILE, 'utf8'), 'publisher.json'))).toHaveLength(3);
});

it('a field that is not filled in is missing, with its meaning', () => {
  const publisher = read({ npmPackage: '@acme/serving', author: null });
  expect(publisher).toEqual({ npmPackage: '@acme/serving', repository: null, author: null });
  expect(missing(publisher).map(({ field }) => field)).toEqual(['repository', 'author']);
  for (const { meaning } of missing(read({}))) expect(meaning).toContain('such as');
});

it('the owner keeps its upper and lower case, because the registry compares it', () => {
  expect(ownerOf('https://github.com/AcmeCorp/serving-mcp')).toBe('AcmeCorp');
});

describe.each<[string, unknown, RegExp]>([
  ['a list', [], /must hold an object. The fields are npmPackage, repository, author/],
  ['a misspelled field', { npmpackage: 'x' }, /unknown field npmpackage. The fields are npmPackage/],
  ['a name with upper case', { npmPackage: 'Serving' }, /npmPackage must be the name on npm/],
  ['a scope without a name', { npmPackage: '@acme' }, /npmPackage must be/],
  ['a name that npm finds too long', { npmPackage: 'a'.repeat(215) }, /npmPackage must be/],
  ['an empty name', { npmPackage: '' }, /npmPackage must be .*, or null/],
  ['another host', { repository: 'https://git.example/acme/serving' }, /repository must be the address on GitHub/],
  ['a repository for git', { repository: 'https://github.com/acme/serving.git' }, /repository must be/],
  ['a repository with a slash at the end', { repository: 'https://github.com/acme/serving/' }, /repository must be/],
  ['an owner alone', { repository: 'https://github.com/acme' }, /repository must be/],
  ['an author as text', { author: 'Acme' }, /author must be who publishes it/],
  ['an author without a name', { author: { email: 'a@acme.example' } }, /author must be/],
  ['an author with a misspelled field', { author: { name: 'Acme', mail: 'a@acme.example' } }, /author must be/],
  ['an author with no address', { author: { name: 'Acme', url: 'acme.example' } }, /author must be/],
])('%s', (_name, value, message) => {
  it('is refused', () => expect(() => read(value)).toThrow(message));
});

it('a file that is not JSON is refused by its name', () => {
  expect(() => parsePublisher('{', 'publisher.json')).toThrow('publisher.json is not JSON');
});

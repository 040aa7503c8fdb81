/** Links of a packed document that lead to the repository. */
import { expect, it } from 'vitest';
import { absoluteLinks } from '../../src/package/links.ts';

const REPOSITORY = 'https://github.com/acme/serving';

it.each([
  ['[policy](SECURITY.md)', `[policy](${REPOSITORY}/blob/v1.0.0/SECURITY.md)`],
  ['[rules](SECURITY.md#policy-rules)', `[rules](${REPOSITORY}/blob/v1.0.0/SECURITY.md#policy-rules)`],
  ['![The demo](test/demo/demo.svg)', `![The demo](${REPOSITORY}/raw/v1.0.0/test/demo/demo.svg)`],
  ['[limits](#limits)', '[limits](#limits)'],
  ['[CLI](https://docs.example/install)', '[CLI](https://docs.example/install)'],
  ['[write](mailto:a@acme.example)', '[write](mailto:a@acme.example)'],
  ['[a](x.md) and [b](y/z.md)', `[a](${REPOSITORY}/blob/v1.0.0/x.md) and [b](${REPOSITORY}/blob/v1.0.0/y/z.md)`],
  ['a list [1] (no link)', 'a list [1] (no link)'],
])('%s', (written, absolute) => {
  expect(absoluteLinks(written, REPOSITORY, 'v1.0.0')).toBe(absolute);
});

import { expect, it } from 'vitest';
import { ANY_CAUSE } from '../../src/digest/failure-causes.ts';

it('the expressions that each line of a log is tried on are so short that V8 compiles them', () => {
  // kRegExpTooLargeToOptimize in V8's regexp.h
  expect(ANY_CAUSE.map(({ source }) => source.length).filter((length) => length > 20_000)).toEqual([]);
});

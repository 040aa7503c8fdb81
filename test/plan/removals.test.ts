import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { removedAndSet, splitRemovals, withRemovals } from '../../src/plan/removals.ts';

it('paths become nulls next to the values that are set', () => {
  const set = { a: 1, b: { c: 2 } };
  expect(withRemovals(set, ['d', 'b.e', 'f.g.h'])).toEqual({
    a: 1,
    b: { c: 2, e: null },
    d: null,
    f: { g: { h: null } },
  });
  expect(set).toEqual({ a: 1, b: { c: 2 } });
});

it.each([
  ['before', ['a.b', 'a.b.c', 'a.b.d.e']],
  ['after', ['a.b.d.e', 'a.b.c', 'a.b']],
])('a part that is removed whole %s one of its own parts is removed whole', (_order, remove) => {
  expect(withRemovals({}, remove)).toEqual({ a: { b: null } });
});

it('a path that is set as well is a contradiction', () => {
  const set = { a: false, b: { c: 2 } };
  expect(removedAndSet(set, ['a', 'b', 'b.c', 'b.d', 'e'])).toEqual(['a', 'b', 'b.c']);
});

it('splitting and joining are inverse, so an undo call keeps what it removes', () => {
  const leaf = fc.oneof(fc.integer(), fc.constant(null), fc.array(fc.integer()));
  const { wish } = fc.letrec((tie) => ({
    wish: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.oneof(leaf, tie('wish')), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  }));
  fc.assert(
    fc.property(wish, (given) => {
      const { set, remove } = splitRemovals(given as Record<string, unknown>); // a dictionary
      expect(JSON.stringify(set)).not.toMatch(/null/);
      expect(withRemovals(set, remove)).toEqual(given);
    }),
  );
});

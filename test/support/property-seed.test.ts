/** A property that fails in one run of eight costs more than it finds, so all of them run with one seed. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';

const drawn = () => {
  const values: number[] = [];
  fc.assert(fc.property(fc.integer(), (value) => void values.push(value)));
  return values;
};

it.skipIf(process.env.PROPERTY_SEED === 'random')('two runs of a property see the same inputs', () => {
  const [first, second] = [drawn(), drawn()];
  expect(first.length).toBeGreaterThan(50);
  expect(second, 'no seed is set: start tests with `npm test`').toEqual(first);
});
